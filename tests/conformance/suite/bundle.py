"""Emitted bundles in the real OPA."""

import json
import pathlib
import tempfile

import engine
import rego
from engine import Failure, run


class Bundle:
    name = "OPA's bundle"
    target = "bundle"
    judges = "`bundle`, in `opa eval -b` with errors of built-ins strict, parameters read from `data`"

    def __init__(self, tools):
        self.opa = f"{tools}/opa"
        self.version = engine.version(tools, "opa")

    def differences(self, rule):
        """All cases at one go; they come as input, since nothing but a bundle may give data beside a bundle."""
        files = rule.built(self.target)
        if [path.name for path in files] != ["bundle.tar.gz"]:
            raise Failure(f"{rule.name}: of the bundle was built {files}")
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "input.json"
            path.write_text(json.dumps(rego.inputs(rule)))
            self.inspect(rule, files[0])
            command = [self.opa, *rego.EVALUATE, "-b", str(files[0]), "-i", str(path)]
            out = run([*command, rego.query(rule, "input")])
        yield from rego.differing(rule, out)

    def inspect(self, rule, bundle):
        """OPA reads from the annotations what the bundle is asked for, and what the rule is about."""
        read = json.loads(run([self.opa, "inspect", "--annotations", "--format", "json", str(bundle)]))
        annotations = [own["annotations"] for own in read["annotations"]]
        entries = [own for own in annotations if own.get("entrypoint")]
        packages = [own for own in annotations if own["scope"] == "package"]
        if [own["scope"] for own in entries] != ["document"] or [own["custom"]["id"] for own in packages] != [rule.name]:
            raise Failure(f"{rule.name}: `opa inspect` reads {annotations}")
