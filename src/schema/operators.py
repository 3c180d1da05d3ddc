#!/usr/bin/env python3
"""Writes operators/*.txt, the schemas of the custom resources of common GitOps tools.

    GOMODCACHE=/tmp/modules python3 src/schema/operators.py /tmp/checkouts

The CustomResourceDefinitions come from the projects' releases: from Go modules, which `go` fetches where
they are not there yet, and, of projects whose releases are no modules, from Git repositories that are
cloned into the folder given. SOURCES pins every release. Only facts are written: types, what is
required, constraints, validations; no descriptions. The same inputs give the same bytes.

A file begins with the release, and a line for each kind:

    release NAME VERSION
    kind GROUP/VERSION KIND PLURAL namespaced|cluster SCHEMA [pods=PATH] [more-pods]

SCHEMA counts the lines behind the first empty one, from 0. Each of those is a part of an OpenAPI schema as
in a CustomResourceDefinition, in JSON, where {"$ref": N} stands for line N, {"$ref": "NAME"} for a
definition of kubernetes.txt. `pods=` is the path to the PodSpec that objects bear, `more-pods` says that pod
templates stand elsewhere too. Versions that are not served are left out.
"""

import collections
import json
import pathlib
import subprocess
import sys

import yaml

# (file, name, [(module, version, folder or file in it)]); a version that names a commit is of a Git repository.
SOURCES = [
    ("argo-cd", "Argo CD", [("github.com/argoproj/argo-cd/v3", "v3.6.1", "manifests/crds")]),
    ("argo-rollouts", "Argo Rollouts", [("github.com/argoproj/argo-rollouts", "v1.10.2", "manifests/crds")]),
    ("argo-workflows", "Argo Workflows", [("https://github.com/argoproj/argo-workflows", "v4.1.2=f016ad8", "manifests/base/crds/full")]),
    ("cert-manager", "cert-manager", [("github.com/cert-manager/cert-manager", "v1.21.2", "deploy/crds")]),
    ("external-secrets", "External Secrets", [("github.com/external-secrets/external-secrets", "v1.3.2", "config/crds/bases")]),
    ("flux-helm", "Flux's helm-controller", [("https://github.com/fluxcd/helm-controller", "v1.6.3=0f61a86", "config/crd/bases")]),
    ("flux-image-automation", "Flux's image-automation-controller", [("https://github.com/fluxcd/image-automation-controller", "v1.2.1=d36e2ea", "config/crd/bases")]),
    ("flux-image-reflector", "Flux's image-reflector-controller", [("https://github.com/fluxcd/image-reflector-controller", "v1.2.0=debe2aa", "config/crd/bases")]),
    ("flux-kustomize", "Flux's kustomize-controller", [("github.com/fluxcd/kustomize-controller", "v1.10.1", "config/crd/bases")]),
    ("flux-notification", "Flux's notification-controller", [("https://github.com/fluxcd/notification-controller", "v1.9.3=2e46958", "config/crd/bases")]),
    ("flux-source", "Flux's source-controller", [("github.com/fluxcd/source-controller", "v1.10.1", "config/crd/bases")]),
    ("gateway-api", "Gateway API", [("sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/standard"), ("sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/experimental")]),
    ("keda", "KEDA", [("github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases")]),
    ("kyverno", "Kyverno", [("github.com/kyverno/kyverno", "v1.19.1", "config/crds/kyverno"), ("github.com/kyverno/kyverno", "v1.19.1", "config/crds/policies.kyverno.io")]),
    ("prometheus-operator", "Prometheus operator", [("https://github.com/prometheus-operator/prometheus-operator", "v0.93.0=6adcebc", "example/prometheus-operator-crd")]),
]

class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which `=`, a comparison in some schemas, is a string."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)

# What says nothing about which objects are sound.
IDLE = {"description", "title", "example", "externalDocs", "x-kubernetes-map-type"}

# Fields whose values the schema lists, but whose list other tools lengthen in the cluster: Flux Operator adds
# its own kinds to those that send and get events.
LENGTHENED = [
    ("notification.toolkit.fluxcd.io", "Alert", ["spec", "eventSources", "kind"]),
    ("notification.toolkit.fluxcd.io", "Receiver", ["spec", "resources", "kind"]),
]

# Parts that are repeated and at least so long become a line of their own.
SHORT = 48


def folder(module, version, checkouts):
    """Where a source lies on this machine."""
    if not module.startswith("https://"):
        # `go mod download` refuses modules that want a newer Go, but has unpacked them then.
        subprocess.run(["go", "mod", "download", "-json", f"{module}@{version}"], capture_output=True, cwd="/")
        cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
        return pathlib.Path(cache, f"{module}@{version}")
    commit = version.split("=")[1]
    place = pathlib.Path(checkouts, module.rsplit("/", 1)[1])
    if not place.exists():
        subprocess.run(["git", "clone", "--quiet", module, place], check=True)
        subprocess.run(["git", "-C", place, "checkout", "--quiet", commit], check=True)
    return place


def strip(schema):
    """A schema without what says nothing."""
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in IDLE or value == "" and key == "format":
            continue
        if key == "properties":
            value = {name: strip(part) for name, part in sorted(value.items())}
        elif key in ("items", "additionalProperties", "not"):
            value = strip(value)
        elif key in ("allOf", "anyOf", "oneOf"):
            value = [strip(part) for part in value]
        elif key == "x-kubernetes-validations":
            value = [{name: part for name, part in rule.items() if name in ("rule", "message", "messageExpression", "fieldPath", "optionalOldSelf")} for rule in value]
        out[key] = value
    return out


def lengthen(schema, path):
    """Takes the list of values from a field."""
    for name in path:
        schema = schema.get("items", schema)["properties"][name]
    del schema["enum"]


def is_pod_template(schema):
    """Whether it restates PodTemplateSpec, as crd.rs decides it."""
    spec = schema.get("properties", {}).get("spec", {}).get("properties", {})
    return "restartPolicy" in spec and "image" in spec.get("containers", {}).get("items", {}).get("properties", {})


def pods(schema, path=()):
    """The paths of pod templates: keys, and `*` for elements and values."""
    if not isinstance(schema, dict):
        return
    if is_pod_template(schema):
        yield path
        return
    for name, part in schema.get("properties", {}).items():
        if name != "status":
            yield from pods(part, (*path, name))
    for key in ("items", "additionalProperties"):
        yield from pods(schema.get(key), (*path, "*"))


def parts(schema):
    """The schemas directly below one, as (holder, key)."""
    for name in schema.get("properties", {}):
        yield schema["properties"], name
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            yield schema, key
    for key in ("allOf", "anyOf", "oneOf"):
        for index in range(len(schema.get(key, []))):
            yield schema[key], index


def encode(schema):
    return json.dumps(schema, separators=(",", ":"), sort_keys=True)


class Lines:
    """Schemas in which what is repeated stands once."""

    def __init__(self):
        self.count = collections.Counter()
        self.lines = []
        self.index = {}

    def survey(self, schema):
        text = encode(schema)
        self.count[text] += 1
        if self.count[text] == 1:
            for holder, key in parts(schema):
                self.survey(holder[key])

    def line(self, schema):
        """The number of the line that says the schema."""
        whole = encode(schema)
        if whole not in self.index:
            if is_pod_template(schema):
                return "core.v1.PodTemplateSpec"
            copy = json.loads(whole)
            self.shorten(copy)
            self.lines.append(encode(copy))
            self.index[whole] = len(self.lines) - 1
        return self.index[whole]

    def shorten(self, schema):
        for holder, key in parts(schema):
            part = holder[key]
            text = encode(part)
            if is_pod_template(part) or self.count[text] > 1 and len(text) > SHORT:
                holder[key] = {"$ref": self.line(part)}
            else:
                self.shorten(part)


def definitions(place):
    """The CustomResourceDefinitions of a file or of a folder's files."""
    files = [place] if place.is_file() else sorted(place.glob("*.yaml"))
    if not files:
        raise SystemExit(f"nothing at {place}")
    for path in files:
        for document in yaml.load_all(path.read_text(), Loader):
            if document and document.get("kind") == "CustomResourceDefinition":
                yield document


def write(file, name, sources, checkouts):
    kinds = {}
    for module, version, inside in sources:
        for document in definitions(folder(module, version, checkouts) / inside):
            spec = document["spec"]
            for entry in spec["versions"]:
                schema = entry.get("schema", {}).get("openAPIV3Schema")
                if entry["served"] and schema:
                    key = (spec["group"], entry["name"], spec["names"]["kind"])
                    # Status is the controller's; nobody writes it down.
                    schema = strip(schema)
                    if "status" in schema.get("properties", {}):
                        schema["properties"]["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    for other_group, other_kind, path in LENGTHENED:
                        if (other_group, other_kind) == (key[0], key[2]):
                            lengthen(schema, path)
                    # Of several files about a kind, the later ones know better.
                    kinds[key] = (spec["names"]["plural"], spec["scope"], schema)
    lines = Lines()
    for _, _, schema in kinds.values():
        lines.survey(schema)
    head = [f"release {name} {sources[0][1].split('=')[0]}"]
    for (group, version, kind), (plural, scope, schema) in sorted(kinds.items()):
        found = list(pods(schema))
        straight = sorted((len(path), path) for path in found if "*" not in path)
        words = [f"kind {group}/{version} {kind} {plural}", "cluster" if scope == "Cluster" else "namespaced", str(lines.line(schema))]
        if straight:
            words.append("pods=" + ".".join((*straight[0][1], "spec")))
        if len(found) > (1 if straight else 0):
            words.append("more-pods")
        head.append(" ".join(words))
    text = "\n".join([*head, "", *lines.lines]) + "\n"
    pathlib.Path(__file__).with_name("operators").joinpath(f"{file}.txt").write_text(text)
    return len(text)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for file, name, sources in SOURCES:
        print(file, write(file, name, sources, sys.argv[1]))


main()
