"""Writes the tables beside this file from clones of the peers' own repositories.

usage: generate.py CLONES   (a folder with kube-linter, polaris, kube-score, datree, kyverno-policies and gatekeeper-library,
each a git directory)

What is taken are facts: names of checks, whether they run by default, and digests by which a policy is recognised as the
public one. The order of columns is told in the first lines of each table.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import yaml

CLONES = Path(sys.argv[1])
HERE = Path(__file__).parent

# go-yaml, which these tools read with, takes `=` and dates for strings.
LOADER = type("Loader", (yaml.SafeLoader,), {})
LOADER.yaml_implicit_resolvers = {
    key: [entry for entry in entries if entry[0] not in ("tag:yaml.org,2002:value", "tag:yaml.org,2002:timestamp")]
    for key, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def git(repository, *arguments):
    run = subprocess.run(["git", "-C", str(CLONES / repository), *arguments], capture_output=True, check=True, text=True)
    return run.stdout


def show(repository, path):
    return git(repository, "show", f"HEAD:{path}")


def files(repository, start, end):
    names = git(repository, "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    return [name for name in names if name.startswith(start) and name.endswith(end)]


def documents(text):
    try:
        return [document for document in yaml.load_all(text, LOADER) if isinstance(document, dict)]
    except yaml.YAMLError:
        return []


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value):
    return hashlib.sha256(compact(value).encode()).hexdigest()[:12]


def write(name, repository, address, columns, lines):
    commit = git(repository, "rev-parse", "--short=12", "HEAD").strip()
    head = f"# From {address} at {commit}.\n# {columns}\n"
    (HERE / name).write_text(head + "".join(f"{line}\n" for line in lines))


def kube_linter():
    page = show("kube-linter", "docs/generated/checks.md")
    by_default = {part.split("\n")[0].strip() for part in page.split("\n## ")[1:] if "**Enabled by default**: Yes" in part}
    lines = []
    for path in files("kube-linter", "pkg/builtinchecks/yamls/", ".yaml"):
        check = documents(show("kube-linter", path))[0]
        kinds = ",".join(check["scope"]["objectKinds"])
        when = "default" if check["name"] in by_default else "optional"
        lines.append("\t".join([check["name"], check["template"], when, kinds, compact(check.get("params") or {})]))
    columns = "check, template, whether it runs by default, kinds, parameters"
    write("kube-linter.txt", "kube-linter", "https://github.com/stackrox/kube-linter", columns, sorted(lines))


def polaris():
    checks = documents(show("polaris", "pkg/config/default.yaml"))[0]["checks"]
    lines = [f"{name}\t{severity}" for name, severity in sorted(checks.items())]
    write("polaris.txt", "polaris", "https://github.com/FairwindsOps/polaris", "check, severity by default", lines)


def kube_score():
    rows = [row.split("|") for row in show("kube-score", "README_CHECKS.md").splitlines() if row.startswith("| ")]
    lines = [f"{row[1].strip()}\t{row[4].strip()}" for row in rows if row[1].strip() != "ID"]
    columns = "check, whether it runs by default"
    write("kube-score.txt", "kube-score", "https://github.com/zegl/kube-score", columns, sorted(lines))


def datree():
    policies = documents(show("datree", "pkg/defaultPolicies/defaultPolicies.yaml"))[0]["policies"]
    names = {rule["identifier"] for policy in policies if policy.get("isDefault") for rule in policy["rules"]}
    write("datree.txt", "datree", "https://github.com/datreeio/datree", "rule of the default policy", sorted(names))


def kyverno():
    lines = set()
    for path in files("kyverno-policies", "", (".yaml", ".yml")):
        if "/." in path or "chainsaw" in path or "/test" in path.lower():
            continue
        for policy in documents(show("kyverno-policies", path)):
            name, spec = policy.get("metadata", {}).get("name"), policy.get("spec")
            if not name or not isinstance(spec, dict):
                continue
            if policy.get("kind") in ("ClusterPolicy", "Policy"):
                for rule in spec.get("rules") or []:
                    if rule.get("validate"):
                        what = {key: rule[key] for key in KYVERNO_RULE if key in rule}
                        what["validate"] = {
                            key: value for key, value in rule["validate"].items() if key not in KYVERNO_FREE
                        }
                        lines.add(f"{name}/{rule['name']}\t{digest(what)}\t{digest(rule.get('match'))}")
            elif policy.get("kind") == "ValidatingPolicy":
                what = {key: spec[key] for key in ("variables", "matchConditions") if key in spec}
                what["validations"] = [validation.get("expression") for validation in spec.get("validations") or []]
                lines.add(f"{name}/\t{digest(what)}\t{digest(spec.get('matchConstraints'))}")
    columns = "policy/rule, digest of what it demands, digest of what it matches"
    write("kyverno.txt", "kyverno-policies", "https://github.com/kyverno/policies", columns, sorted(lines))


KYVERNO_RULE = ("context", "preconditions", "celPreconditions", "exclude")
KYVERNO_FREE = ("message", "failureAction", "failureActionOverrides", "allowExistingViolations")


def gatekeeper():
    lines = []
    for path in files("gatekeeper-library", "library/", "/template.yaml"):
        template = documents(show("gatekeeper-library", path))[0]
        _, group, folder, _ = path.split("/")
        check = ("psp-" if group == "pod-security-policy" else "") + folder
        spec = template["spec"]
        lines.append("\t".join([spec["crd"]["spec"]["names"]["kind"], check, digest(spec["targets"])]))
    columns = "kind of the constraints, check, digest of the template's targets"
    address = "https://github.com/open-policy-agent/gatekeeper-library"
    write("gatekeeper.txt", "gatekeeper-library", address, columns, sorted(lines))


for table in (kube_linter, polaris, kube_score, datree, kyverno, gatekeeper):
    table()
