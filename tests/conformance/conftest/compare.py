"""Policies written for Conftest: what `ordain check --rego` and the real `conftest test` find has to be the same.

    python3 tests/conformance/conftest/compare.py ORDAIN CONFTEST
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DATA, DOCUMENTS = HERE / "data.yaml", HERE / "documents.yaml"
# Functions and rules that negations are about.
HELPERS = {
    "v1": "identity(x) := x\nnothing(x) := y if y := x.missing\npair(x, y) := [x, y]\nvalue := input.missing\ntruth if input.kind == \"Pod\"\n",
    "v0": "identity(x) = x\nnothing(x) = y { y := x.missing }\npair(x, y) = [x, y]\nvalue = input.missing\ntruth { input.kind == \"Pod\" }\n",
}
RULE = {"v1": "deny_{} contains msg if {{ {}; msg := {} }}\n", "v0": "deny_{}[msg] {{ {}; msg := {} }}\n"}


def main():
    ordain, conftest = sys.argv[1:]
    passed = failed = 0
    for name, dialect, policy in cases():
        with tempfile.TemporaryDirectory() as folder:
            path = policy
            if isinstance(policy, str):
                path = pathlib.Path(folder) / f"{name}.rego"
                path.write_text(policy)
            ours, theirs = of_ordain(ordain, path), of_conftest(conftest, path, dialect)
        for finding in (ours - theirs).elements():
            print(f"DIFFERENT: {dialect} {name}: only Ordain: {finding}")
        for finding in (theirs - ours).elements():
            print(f"DIFFERENT: {dialect} {name}: only Conftest: {finding}")
        same = sum((ours & theirs).values())
        failed += sum((ours - theirs).values()) + sum((theirs - ours).values())
        if not same:
            failed += 1
            print(f"FAILED: {dialect} {name} finds nothing, which compares nothing")
        passed += same
    for path in sorted((HERE / "refused").glob("*.rego")):
        code = path.read_text().split()[1]
        done = check(ordain, path)
        refused = done.returncode == 2 and code in done.stdout
        theirs = test(conftest, path, "v1")
        if refused and theirs.returncode != 0:
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {path.name} has to be refused by both, by Ordain with {code}: {done.stdout} {done.stderr} {theirs.stdout}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def cases():
    """Name, dialect, and the path or text of the policies."""
    negations = (HERE / "negations.txt").read_text().splitlines()
    for dialect in ["v0", "v1"]:
        for path in sorted((HERE / dialect).iterdir()):
            yield path.name, dialect, path
        rules = [RULE[dialect].format(number, body, json.dumps(body)) for number, body in enumerate(negations)]
        # A rule that always finds something shows that the package was judged.
        rules.append(RULE[dialect].format("all", "true", '"all"'))
        keywords = "import future.keywords.in\n" if dialect == "v0" else ""
        yield "negations", dialect, "package negations\n" + keywords + HELPERS[dialect] + "".join(rules)


def check(ordain, policy):
    command = [ordain, "check", "--no-config", "--only", "image-tag", "--format", "json", "--rego", policy]
    return subprocess.run([*command, "--rego-data", DATA, DOCUMENTS], capture_output=True, text=True, check=False)


def test(conftest, policy, dialect):
    command = [conftest, "test", "--no-color", "--output", "json", "--all-namespaces", "--rego-version", dialect]
    return subprocess.run([*command, "--policy", policy, "--data", DATA, DOCUMENTS], capture_output=True, text=True, check=False)


def of_ordain(ordain, policy):
    done = check(ordain, policy)
    if done.returncode not in (0, 1):
        raise SystemExit(f"FAILED: no verdict by {policy}: {done.stdout} {done.stderr}")
    found = collections.Counter()
    for finding in json.loads(done.stdout)["findings"]:
        identifier = finding["rule"] or ""
        if identifier.startswith("rego."):
            grave = "failure" if finding["severity"] == "high" else "warning"
            found[(identifier, grave, finding["message"])] += 1
    return found


def of_conftest(conftest, policy, dialect):
    done = test(conftest, policy, dialect)
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"FAILED: Conftest does not judge by {policy}: {done.stdout} {done.stderr}")
    found = collections.Counter()
    for result in json.loads(done.stdout):
        for grave, key in [("failure", "failures"), ("warning", "warnings")]:
            for finding in result.get(key) or []:
                query = finding["metadata"]["query"].removeprefix("data.")
                found[(f"rego.{query}", grave, finding["msg"])] += 1
    return found


if __name__ == "__main__":
    sys.exit(main())
