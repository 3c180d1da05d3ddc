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
            command = [self.opa, *rego.EVALUATE, "-b", str(files[0]), "-i", str(path)]
            out = run([*command, rego.query(rule, "input")])
        yield from rego.differing(rule, out)
