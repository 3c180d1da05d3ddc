"""Emitted Rego in the real OPA and the real Conftest."""

import collections
import json
import pathlib
import tempfile

from cases import described, identity
import engine
from engine import Difference, Failure, run


class Opa:
    name = "OPA"
    target = "rego"
    judges = "`rego`, in `opa eval` with errors of built-ins strict; `opa check --strict` takes each module"

    def __init__(self, tools):
        self.opa = f"{tools}/opa"
        self.version = engine.version(tools, "opa")

    def differences(self, rule):
        """All cases at one go."""
        run([self.opa, "check", "--strict", str(rule.folder / "module.rego")])
        with tempfile.TemporaryDirectory() as scratch:
            data = pathlib.Path(scratch) / "data.json"
            data.write_text(json.dumps({"conformance": {"inputs": inputs(rule)}}))
            command = [self.opa, *EVALUATE, "-d", str(rule.folder / "module.rego"), "-d", str(data)]
            out = run([*command, query(rule, "data.conformance.inputs")])
        yield from differing(rule, out)


# A built-in that fails is an error, not an absent result.
EVALUATE = ["eval", "--format", "json", "--strict-builtin-errors"]


def inputs(rule):
    """What OPA is given for each case: its documents one by one, or all as one input."""
    return [[case.documents] if rule.is_combined else case.objects for case in rule.cases]


def query(rule, cases):
    """The results of the rule for each input of each case, which stand where `cases` says."""
    return (
        f"[case_results | some case in {cases}; case_results := [found | "
        f"some document in case; found := data.{rule.package}.{rule.entry} with input as document]]"
    )


def differing(rule, out):
    """The cases of which OPA's answer to the query differs."""
    answers = json.loads(out)["result"][0]["expressions"][0]["value"]
    for case, answer in zip(rule.cases, answers, strict=True):
        # A document for which the entry is undefined gives no list at all.
        if len(answer) != (1 if rule.is_combined else len(case.documents)):
            raise Failure(f"{rule.name}: OPA gave no results for a document")
        results = [result for found in answer for result in found]
        found = collections.Counter(
            described({**result, "object": identity(result.get("object"))}) for result in results
        )
        if found != case.found():
            yield Difference(case, case.found(), found)


class Conftest:
    name = "Conftest"
    target = "rego"
    judges = "`rego`, in `conftest test`, with `--combine` for rules over several documents"

    def __init__(self, tools):
        self.conftest = f"{tools}/conftest"
        self.version = engine.version(tools, "conftest")

    def differences(self, rule):
        """All cases at one go, but a case a process where rules see all files that are given."""
        command = [self.conftest, "test", "--no-color", "--output", "json", "--no-fail"]
        command += ["--policy", str(rule.folder / "module.rego"), "--namespace", rule.package]
        if rule.is_combined:
            answers = [(case, run([*command, "--combine", *self.files(case)])) for case in rule.cases]
            found = {id(case): self.found(json.loads(answer)) for case, answer in answers}
        else:
            paths = [path for case in rule.cases for path in self.files(case)]
            results = json.loads(run([*command, *paths]))
            found = {}
            for case in rule.cases:
                own = set(self.files(case))
                results_of_case = [result for result in results if result["filename"] in own]
                if not results_of_case:
                    raise Failure(f"{rule.name}: Conftest gave no result for {case.folder}")
                found[id(case)] = self.found(results_of_case)
        for case in rule.cases:
            if found[id(case)] != case.messages():
                yield Difference(case, case.messages(), found[id(case)])

    @staticmethod
    def files(case):
        return sorted(str(path) for path in (case.folder / "files").iterdir())

    @staticmethod
    def found(results):
        kinds = ("failures", "warnings")
        return collections.Counter(
            finding["msg"] for result in results for kind in kinds for finding in result.get(kind) or []
        )
