"""Emitted constraint templates and constraints in the real `gator`."""

import collections
import json
import pathlib
import tempfile

import engine
from admission import apart, is_admissible, yaml
from cases import identity
from engine import Difference, Failure, run


class Gator:
    name = "Gatekeeper"
    target = "gatekeeper"
    judges = "`gatekeeper`, in `gator test`, a process a case where rules see `data.inventory`; `gator sync test` takes what is synced, `gator verify` the library's tests"

    def __init__(self, tools, api):
        self.api = api
        self.gator = f"{tools}/gator"
        self.version = engine.version(tools, "gator")

    def prepare(self, rules):
        """The tests of the library, as `ordain build` writes them for `gator verify`."""
        library = rules[0].folder.parent / "library" / "gatekeeper" / "verify"
        suite = (library / "suite.yaml").read_text()
        if suite.count("violations: \"yes\"") < 80 or suite.count("violations: \"no\"") < 80:
            raise Failure("the suite of the library has fewer cases than rules")
        run([self.gator, "verify", str(library)])

    def differences(self, rule):
        policies = [path for path in rule.built(self.target) if path.parent.name in ("templates", "constraints")]
        if len(policies) != 2:
            raise Failure(f"{rule.name}: for Gatekeeper was built {policies}")
        # Whether what templates say that they need is in the set of what is synced.
        run([self.gator, "sync", "test", "-f", "-n", str(policies[0].parents[1])])
        batches = [[case] for case in rule.cases] if rule.is_combined else [rule.cases]
        for batch in batches:
            yield from self.judge(rule, policies, batch)

    def judge(self, rule, policies, cases):
        """Cases whose objects don't see one another are judged at one go."""
        asked = [(case, number) for case in cases for number in self.admissible(case)]
        results = self.ask(policies, [case.objects[number] for case, number in asked]) if asked else []
        found = collections.defaultdict(set)
        for result in results:
            # Rules over all kinds judge the suite's own templates and constraints too, which have no UID.
            uid = result["violatingObject"]["metadata"].get("uid")
            if uid is not None:
                found[uid].add(self.told(rule, result))
        for case in cases:
            numbers = set(self.admissible(case))
            # Objects that a cluster would not take are not there for the others either.
            if rule.is_combined and len(numbers) < len(case.objects):
                continue
            native = {
                json.dumps([finding["object"], finding["msg"]])
                for finding in case.native
                if finding["document"] in numbers
            }
            own = [found[f"case-{place}"] for place, (other, _) in enumerate(asked) if other is case]
            other = set().union(*own)
            if other != native:
                yield Difference(case, collections.Counter(native), collections.Counter(other))

    def ask(self, policies, objects):
        """The results for objects, which are told apart by their UIDs."""
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "objects.yaml"
            marked = [
                {**own, "metadata": {**own["metadata"], "uid": f"case-{place}"}} for place, own in enumerate(objects)
            ]
            path.write_text("".join(f"---\n{yaml(own)}\n" for own in marked))
            files = [argument for file in [*policies, path] for argument in ("-f", str(file))]
            # Only what is denied ends with 1, and so does what can't be done, which gives no JSON.
            out = run([self.gator, "test", "--output", "json", *files], accepted=(0, 1))
        if not out.strip():
            raise Failure("gator gives no answer")
        return json.loads(out) or []

    @staticmethod
    def told(rule, result):
        details = result["metadata"]["details"]
        if details["rule"] != rule.name:
            raise Failure(f"gator tells of {details['rule']}")
        return json.dumps([identity(details.get("object")), result["msg"]])

    def admissible(self, case):
        objects = enumerate(case.objects)
        return [number for number, contents in objects if is_admissible(contents) and self.api.serves(contents)]
