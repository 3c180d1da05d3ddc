"""Exported cases (see tests/suite/engines/export.rs) -> rules with their cases."""

import collections
import dataclasses
import json
import pathlib


@dataclasses.dataclass
class Case:
    """Documents, with what was found natively."""

    folder: pathlib.Path
    form: str
    documents: list
    native: list

    @property
    def objects(self):
        return [document["contents"] for document in self.documents]

    def found(self):
        """Each finding as text, as often as it was found."""
        return collections.Counter(described(finding) for finding in self.native)

    def messages(self):
        return collections.Counter(finding["msg"] for finding in self.native)

    def test(self, rule):
        """The case as a test block of a policy file."""
        documents = "".join(f"    ---\n    {json.dumps(contents)}\n" for contents in self.objects)
        verdict = "rejects" if self.native else "accepts"
        setting = f" with {{ {', '.join(rule.parameters)} }}" if rule.parameters else ""
        return f'test {rule.name} {{\n  {verdict} """\n{documents}  """{setting}\n}}'


@dataclasses.dataclass
class Rule:
    """A rule with its parameters set, as every target has it."""

    folder: pathlib.Path
    name: str
    package: str
    entry: str
    is_combined: bool
    parameters: list
    refused: dict
    is_of_library: bool
    cases: list

    def built(self, target):
        """The files that the target has of the rule."""
        return sorted(path for path in (self.folder / "build" / target).glob("**/*") if path.is_file())


def load(folder):
    """All rules that were exported, sorted by name."""
    rules = []
    library = json.loads((pathlib.Path(folder) / "library.json").read_text())
    for path in sorted(pathlib.Path(folder).glob("*/rule.json")):
        facts = json.loads(path.read_text())
        rules.append(
            Rule(
                folder=path.parent,
                name=facts["rule"],
                package=facts["package"],
                entry=facts["entry"],
                is_combined=facts["combined"],
                parameters=facts["parameters"],
                refused=facts["refused"],
                is_of_library=facts["rule"] in library,
                cases=[read(case) for case in sorted(path.parent.glob("*/case.json"))],
            )
        )
    return rules


def read(path):
    case = json.loads(path.read_text())
    return Case(folder=path.parent, form=case["form"], documents=case["documents"], native=case["native"])


def described(finding):
    return json.dumps([finding["msg"], finding.get("help"), finding["object"]])


def identity(reference):
    """What names an object, in the order in which native findings have it."""
    return [(reference or {}).get(key, "") for key in ("apiVersion", "kind", "name", "namespace")]
