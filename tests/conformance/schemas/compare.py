"""Kubeconform's verdict on every object of some folders against Ordain's.

    compare.py ORDAIN KUBECONFORM DEFINITIONS [--each] FOLDER…

Prints how many objects both take or refuse alike, and of those that they don't, how many for which cause.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]



class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which `=` is a string."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)

# (cause, what Ordain's codes or kubeconform's message match); the first that matches is taken.
ORDAIN_ALONE = [
    ("removed API version", "S0102"),
    ("no such kind", "S0101"),
    ("malformed name", "S0110"),
    ("malformed label", "S0111"),
    ("malformed base64", "S0112"),
    ("malformed quantity", "S0107"),
    ("elements that can't be told apart", "S0109"),
    ("no name", "no `metadata.name`"),
    ("field that the API demands although its schema does not", "S0105"),
    ("value that the API does not take although its schema does", "S0108"),
    ("number beyond its bits", "S0106"),
    ("value that the schema refuses", "S0113"),
    ("value that a rule of its definition refuses", "S0114"),
    ("unknown field", "S0104"),
]
KUBECONFORM_ALONE = [
    ("not YAML to kubeconform", "error unmarshalling|error while parsing|yaml:|invalid map key"),
    ("no schema", "could not find schema"),
    ("null where a schema says no null", "got null|null, want|oneOf failed, subschemas 0, 1 matched"),
    ("template of a controller", r"\{\{"),
]


def definition_names(value):
    """The definitions that a schema refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rsplit("/", 1)[1]
        for part in value.values():
            yield from definition_names(part)
    elif isinstance(value, list):
        for part in value:
            yield from definition_names(part)


def relative(value):
    """A schema whose references stay within its file."""
    if isinstance(value, dict):
        out = {key: relative(part) for key, part in value.items()}
        if isinstance(value.get("$ref"), str):
            out["$ref"] = "#/$defs/" + value["$ref"].rsplit("/", 1)[1]
        return out
    return [relative(part) for part in value] if isinstance(value, list) else value


def write_api(definitions, folder):
    """A file for each kind of the API."""
    for name, definition in definitions.items():
        for gvk in definition.get("x-kubernetes-group-version-kind", []):
            needed, below = {}, [name]
            while below:
                other = below.pop()
                if other not in needed:
                    needed[other] = relative(definitions[other])
                    below.extend(definition_names(definitions[other]))
            # Kubeconform takes the version for the group where there is none.
            place = folder / (gvk["group"] or gvk["version"]) / gvk["version"] / f"{gvk['kind'].lower()}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({"$ref": f"#/$defs/{name}", "$defs": needed}))


def plain(schema):
    """A structural schema as JSON schema, closed where the API server drops what it does not know."""
    if isinstance(schema.get("$ref"), int):
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    if "$ref" in schema:
        return {}
    silent = ("default", "description", "example", "externalDocs", "format", "nullable", "title")
    out = {key: value for key, value in schema.items() if not key.startswith("x-") and key not in silent}
    for key in ("items", "not", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = plain(out[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in out:
            out[key] = [plain(part) for part in out[key]]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if out.pop(exclusive, False):
            out[exclusive] = out.pop(bound)
    if schema.get("nullable") and "type" in out:
        out["type"] = [out["type"], "null"]
    if "properties" in out:
        out["properties"] = {name: plain(part) for name, part in out["properties"].items()}
        is_open = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
        if "type" in out and not is_open:
            out.setdefault("additionalProperties", False)
    return out


def whole(schema):
    """The schema of a whole object, in which every object has a head whether the definition says so or not."""
    if "properties" in schema:
        schema["properties"] = {"apiVersion": {}, "kind": {}, "metadata": {}, **schema["properties"]}
    return schema


def write_custom(folder):
    """A file for each custom resource whose schema is built in."""
    for path in sorted((ROOT / "src/schema/operators").glob("*.txt")):
        head, parts = path.read_text().split("\n\n", 1)
        needed = {str(index): plain(json.loads(line)) for index, line in enumerate(parts.splitlines())}
        for line in head.splitlines()[1:]:
            _, api_version, kind, _, _, root, *_ = line.split(" ")
            place = folder / api_version / f"{kind.lower()}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({**whole(needed[root]), "$defs": needed}))


def write_definitions(folder, repository):
    """A file for each custom resource that a repository defines."""
    for path in sorted(pathlib.Path(repository).rglob("*.y*ml")):
        text = path.read_text(errors="replace") if path.is_file() else ""
        if "kind: CustomResourceDefinition" not in text:
            continue
        try:
            documents = list(yaml.load_all(text, Loader))
        except yaml.YAMLError:
            continue
        for document in documents:
            if not isinstance(document, dict) or document.get("kind") != "CustomResourceDefinition":
                continue
            spec = document.get("spec") or {}
            for version in spec.get("versions") or []:
                schema = (version.get("schema") or {}).get("openAPIV3Schema")
                if schema:
                    place = folder / spec["group"] / version["name"] / f"{spec['names']['kind'].lower()}.json"
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_text(json.dumps(whole(plain(schema)), default=str))


def ask_kubeconform(kubeconform, schemas, folder):
    """(file, kind, name) -> (is refused, what is said)."""
    template = f"{schemas}/{{{{.Group}}}}/{{{{.ResourceAPIVersion}}}}/{{{{.ResourceKind}}}}.json"
    command = [kubeconform, "-verbose", "-strict", "-output", "json", "-schema-location", template, "-ignore-missing-schemas", folder]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    verdicts = {}
    for said in answer["resources"]:
        if not said.get("kind"):
            continue
        key = (str(pathlib.Path(said["filename"]).resolve()), said["kind"], said["name"])
        if said["status"] == "statusSkipped":
            verdicts.setdefault(key, (None, ""))
        else:
            refused = said["status"] != "statusValid"
            if refused or verdicts.get(key, (None,))[0] is not True:
                verdicts[key] = (refused, said.get("msg", ""))
    return verdicts


def ask_ordain(ordain, folder):
    """(file, kind, name), or the file -> what is said; and file -> why parts of it were not judged."""
    command = [ordain, "check", "--no-config", "--format", "json", folder]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    said = collections.defaultdict(list)
    for finding in answer["findings"]:
        code, thing = finding["code"], finding.get("object") or {}
        # A version that goes in a later release is still there.
        if code.startswith("M0"):
            said[str(pathlib.Path(finding["file"]).resolve())].append(f"{code} {finding['message']}")
        elif code.startswith("S01") and code not in ("S0103", "S0115"):
            key = (str(pathlib.Path(finding["file"]).resolve()), thing.get("kind", ""), thing.get("name") or "")
            said[key].append(f"{code} {finding['message']}")
    unjudged = {str(pathlib.Path(part["file"]).resolve()): part["reason"] for part in answer["summary"]["unevaluated"]}
    return said, unjudged


def cause(table, text):
    return next((name for name, pattern in table if re.search(pattern, text)), "not explained")


def main():
    ordain, kubeconform, definitions, *folders = sys.argv[1:]
    each = "--each" in folders
    folders = [folder for folder in folders if folder != "--each"]
    counts = collections.Counter()
    for folder in folders:
        with tempfile.TemporaryDirectory() as schemas:
            write_custom(pathlib.Path(schemas))
            write_api(json.loads(pathlib.Path(definitions).read_text())["$defs"], pathlib.Path(schemas))
            write_definitions(pathlib.Path(schemas), folder)
            theirs = ask_kubeconform(kubeconform, schemas, folder)
            ours, unjudged = ask_ordain(ordain, folder)
            for key, (refused, message) in sorted(theirs.items()):
                # A text that does not read says nothing of which object it is.
                said = ours.get(key, []) or (ours.get(key[0], []) if refused else [])
                counts["objects"] += 1
                if refused is None:
                    counts["without a schema for kubeconform"] += 1
                    if said:
                        row = f"Ordain alone refuses: {cause(ORDAIN_ALONE, said[0])}, of a kind without a schema"
                        counts[row] += 1
                elif refused == bool(said):
                    counts["refused by both" if refused else "taken by both"] += 1
                    continue
                elif said:
                    row = f"Ordain alone refuses: {cause(ORDAIN_ALONE, said[0])}"
                    counts[row] += 1
                else:
                    why = unjudged.get(key[0])
                    why = f"not judged, and said so: {why}" if why else cause(KUBECONFORM_ALONE, message)
                    row = f"kubeconform alone refuses: {why}"
                    counts[row] += 1
                if each and (said or refused):
                    print(f"{row}\n  {' '.join(key)}\n  {'; '.join(said)}{message}")
    for row, count in sorted(counts.items()):
        print(f"| {row} | {count} |")
    sys.exit(any("not explained" in row for row in counts))


main()
