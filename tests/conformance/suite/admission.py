"""Emitted policies of admission, asked for one object at a time: a verdict, and the messages of its refusal."""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import tempfile

import engine
from engine import Difference, Failure, run


class Kubernetes:
    """The API server's own code, with its type checker and its budgets of cost."""

    name = "Kubernetes"
    target = "vap"
    judges = "`vap`, in the API server's own admission plugin, validated and type-checked without warnings"

    def __init__(self, tools):
        specification = pathlib.Path(tools) / "openapi"
        self.command = [f"{tools}/vap", "-spec", str(specification)]
        self.api = Api(specification)
        self.version = engine.version(tools, "vap")

    def prepare(self, rules):
        """Asks about all rules in one process, since reading the API takes longer than judging."""
        policies = {rule.folder: joined(rule, self.target) for rule in rules}
        # Those of the library are checked by tests/conformance/vap/run, for several releases.
        others = [policies[rule.folder] for rule in rules if not rule.is_of_library]
        asked = [
            {"id": [str(rule.folder), place], "policy": str(policies[rule.folder]), "object": case.objects[number]}
            for rule in rules
            for place, (case, number) in enumerate(objects(rule, self.api))
        ]
        lines = "".join(json.dumps(question) + "\n" for question in asked)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            paths = [str(path) for path in others]
            shares = [paths[first :: os.cpu_count()] for first in range(min(len(paths), os.cpu_count()))]
            checked = [pool.submit(run, [*self.command, "check", *share], accepted=(0, 1)) for share in shares]
            answers = [json.loads(line) for line in run(self.command, input=lines).splitlines()]
        complaints = [share.result().splitlines() for share in checked]
        if [] in complaints:
            raise Failure("the check of policies says nothing")
        self.complaints = sum(complaints, [])
        self.answers = {tuple(answer["id"]): (answer["verdict"], answer["messages"]) for answer in answers}

    def differences(self, rule):
        complaints = [line for line in self.complaints if line.startswith(f"{rule.folder}/")]
        if complaints:
            raise Failure("; ".join(complaints))
        asked = objects(rule, self.api)
        found = [self.answers[str(rule.folder), place] for place in range(len(asked))]
        yield from differing(rule, asked, found, is_complete=True)


class Api:
    """What Kubernetes serves, by its OpenAPI documents."""

    def __init__(self, folder):
        self.served = set()
        for path in pathlib.Path(folder).glob("*_openapi.json"):
            for schema in json.loads(path.read_text()).get("components", {}).get("schemas", {}).values():
                for kind in schema.get("x-kubernetes-group-version-kind", []):
                    self.served.add((kind["group"], kind["version"], kind["kind"]))
        self.groups = {group for group, _, _ in self.served}

    def serves(self, contents):
        """Whether the API server would take an object of that version and kind; of custom kinds, always."""
        group, _, version = contents["apiVersion"].rpartition("/")
        return group not in self.groups or (group, version, contents["kind"]) in self.served

    def custom(self, contents):
        """Group, version and kind of an object that is none of Kubernetes' own."""
        group, _, version = contents["apiVersion"].rpartition("/")
        return None if group in self.groups else (group, version, contents["kind"])


def definition_of(group, version, kind):
    """A definition of a kind of which any fields are allowed."""
    singular = kind.lower()
    plural = re.sub("y$", "ie", re.sub("sh$", "she", singular)) + "s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": singular, "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


class Kyverno:
    """The Kyverno CLI, which knows what it judged by the object's UID."""

    # Starting the CLI takes as long as judging some fifty objects, and each rule is asked about the objects of all that
    # share a process, so that a few rules at one go are the fastest.
    AT_ONCE = 4

    # The CLI puts objects without a namespace into `default` before policies see them, as a client does. What these
    # rules say of such an object, the column of Kubernetes has.
    OF_WRITTEN_NAMESPACES = {"argo-namespace", "namespace-specified"}

    def __init__(self, tools, api, name, target, judges):
        self.api = api
        self.name, self.target, self.judges = name, target, judges
        self.kyverno = f"{tools}/kyverno"
        self.version = engine.version(tools, "kyverno")
        self.answers = {}

    def prepare(self, rules):
        shares = [rules[first : first + self.AT_ONCE] for first in range(0, len(rules), self.AT_ONCE)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for answers in pool.map(self.several, shares):
                self.answers.update(answers)

    def judged(self, rule):
        return [case for case in rule.cases if case.form == "written"]

    def asked(self, rule):
        """Objects as they were written: what the API server fills in, the column of Kubernetes has seen already."""
        return [
            (case, number)
            for case, number in objects(rule, self.api)
            if case.form == "written"
            and (rule.name not in self.OF_WRITTEN_NAMESPACES or case.objects[number]["metadata"].get("namespace"))
        ]

    def several(self, rules):
        """The verdicts for several rules; where the CLI fails, the rule at fault is found when each is asked alone."""
        try:
            asked = [(rule, *own) for rule in rules for own in self.asked(rule)]
            found = self.verdicts([(rule, case.objects[number]) for rule, case, number in asked])
        except Failure:
            return {}
        answers = collections.defaultdict(list)
        for (rule, _, _), answer in zip(asked, found, strict=True):
            answers[rule.folder].append(answer)
        return answers

    def differences(self, rule):
        asked = self.asked(rule)
        if rule.folder in self.answers:
            found = self.answers[rule.folder]
        else:
            found = self.verdicts([(rule, case.objects[number]) for case, number in asked])
        first = list(differing(rule, asked, found, is_complete=False))
        # Objects of one name were told apart by other names. Whether it is that that differs, is asked again.
        again = {id(difference.case) for difference in first}
        for place, (case, number) in enumerate(asked):
            if id(case) in again:
                found[place] = self.verdicts([(rule, case.objects[number])])[0]
        if again:
            yield from differing(rule, asked, found, is_complete=False)

    def verdicts(self, asked):
        """What the CLI says of pairs of a rule and an object.

        Kinds of Kubernetes it knows; of others it has to be told, and of two in one group it keeps one.
        """
        contents = apart([own for _, own in asked])
        kinds = collections.defaultdict(list)
        for place, own in enumerate(contents):
            kinds[self.api.custom(own)].append(place)
        found = {}
        for kind, places in kinds.items():
            of_kind = [(asked[place][0], contents[place]) for place in places]
            found.update(zip(places, self.verdicts_of_kind(kind, of_kind), strict=True))
        return [found[place] for place in range(len(contents))]

    def verdicts_of_kind(self, kind, asked):
        names = {}
        for rule, _ in asked:
            names.setdefault(rule.folder, f"{rule.name}-{len(names)}")
        with tempfile.TemporaryDirectory() as scratch:
            command = self.command(pathlib.Path(scratch), {rule.folder: rule for rule, _ in asked}, names)
            path = pathlib.Path(scratch) / "objects.yaml"
            marked = [
                {**own, "metadata": {**own["metadata"], "uid": f"case-{number}"}}
                for number, (_, own) in enumerate(asked)
            ]
            path.write_text("".join(f"---\n{yaml(own)}\n" for own in marked))
            if kind is not None:
                definition = pathlib.Path(scratch) / "definition.yaml"
                definition.write_text(json.dumps(definition_of(*kind)))
                command = [*command, "--crd-paths", str(definition)]
            # Both what is found and what can't be done end with 1; the latter says nothing.
            out = run([*command, "--resource", str(path)], accepted=(0, 1))
            if not out.strip():
                run([*command, "--resource", str(path)])
        results = collections.defaultdict(list)
        for line in out.splitlines():
            for result in json.loads(line)["results"] if line.startswith("{") else []:
                for subject in result["resources"]:
                    results[result["policy"], subject["uid"]].append(result)
        return [
            verdict(results[names[rule.folder], f"case-{number}"], own) for number, (rule, own) in enumerate(asked)
        ]

    def command(self, scratch, rules, names):
        """The command but for the objects, with the policies of rules under names that tell them apart."""
        parts = collections.defaultdict(list)
        for folder, rule in rules.items():
            for file in rule.built(self.target):
                for document in named(file.read_text(), rule.name, names[folder]).split("\n---\n"):
                    kind = re.search(r"^kind: (\w+)$", document, re.MULTILINE)[1]
                    part = {"CustomResourceDefinition": "definitions", "RuleParameters": "parameters"}.get(kind, "policies")
                    parts[part].append(document)
        paths = {}
        for part, texts in parts.items():
            paths[part] = scratch / f"{part}.yaml"
            paths[part].write_text("\n---\n".join(texts) + "\n")
        command = [self.kyverno, "apply", str(paths["policies"]), "--policy-report", "--output-format", "json"]
        if "parameters" in paths:
            command += ["--parameter-resource", str(paths["parameters"])]
        return command


def named(text, name, other):
    """What was built for a rule under another name."""
    return re.sub(
        rf"^(  name: |  policyName: |  paramRef:\n    name: ){re.escape(name)}$", rf"\g<1>{other}", text, flags=re.MULTILINE
    )


def yaml(contents):
    """JSON that is YAML too: a pair of surrogates is no letter in YAML, and what YAML forbids is escaped."""
    text = json.dumps(contents, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda letter: f"\\u{ord(letter[0]):04x}", text)


def verdict(results, contents):
    """The verdict on an object and its messages, with the name that the object had at first."""
    refusals = [result for result in results if result["result"] != "pass"]
    is_error = any(result["result"] == "error" for result in refusals)
    first = contents["metadata"]["name"].split(MARK)[0]
    messages = [re.sub(re.escape(first) + MARK + r"\d+", first, result.get("message") or "") for result in refusals]
    return "error" if is_error else "deny" if refusals else "allow", messages


# Stands between a name and a number that tells objects apart; no name of the suite has it.
MARK = "-case-number-"


def apart(contents):
    """The objects with names of their own where several have the same one: the CLI takes each only once."""
    seen = collections.Counter()
    others = []
    for own in contents:
        name = own["metadata"]["name"]
        key = (own["apiVersion"], own["kind"], str(own["metadata"].get("namespace") or "default"), name)
        seen[key] += 1
        if seen[key] > 1:
            own = {**own, "metadata": {**own["metadata"], "name": f"{name}{MARK}{seen[key]}"}}
        others.append(own)
    return others


def joined(rule, target):
    """All files that a target has of a rule as one, which the tools take."""
    path = rule.folder / f"{target}.yaml"
    files = [file for file in rule.built(target) if file.suffix == ".yaml"]
    if not files:
        raise Failure(f"{rule.name}: nothing was built for {target}")
    path.write_text("---\n".join(file.read_text() for file in files))
    return path


def objects(rule, api):
    """The documents of all cases that can be sent to a cluster, as a case and a number."""
    return [
        (case, number)
        for case in rule.cases
        for number, contents in enumerate(case.objects)
        if is_admissible(contents) and api.serves(contents)
    ]


def is_admissible(contents):
    """Whether it can be sent to a cluster at all: it says what it is and has a name."""
    metadata = contents.get("metadata") if isinstance(contents, dict) else None
    if not isinstance(metadata, dict):
        return False
    return all(
        isinstance(text, str) and text for text in (contents.get("apiVersion"), contents.get("kind"), metadata.get("name"))
    )


def differing(rule, asked, found, is_complete):
    """Cases with an object of which the verdict or the messages differ.

    A refusal lists what is found, a text for each clause; `is_complete` says that the engine gives those of
    all clauses. What the object's faults are called is the engine's business.
    """
    by_case = collections.defaultdict(lambda: (collections.Counter(), collections.Counter()))
    for (case, number), (verdict, messages) in zip(asked, found, strict=True):
        native, other = by_case[id(case)]
        findings = [finding for finding in case.native if finding["document"] == number]
        expected = "deny" if findings else "allow"
        text = json.dumps([number, expected, sorted(finding["msg"] for finding in findings)])
        native[text] += 1
        is_same = verdict == expected and (
            any(finding["clause"] == 0 for finding in findings) or says(rule, findings, messages, is_complete)
        )
        other[text if is_same else json.dumps([number, verdict, messages])] += 1
    for case in rule.cases:
        native, other = by_case[id(case)]
        if native != other:
            yield Difference(case, native, other)


def says(rule, findings, messages, is_complete):
    """Whether refusals list the findings' messages, and nothing else, but for what is cut off for its length."""
    # CEL prints quantities as the manifest spells them; other engines have one spelling for each.
    expected = {alike(finding["msg"]) for finding in findings}
    texts = [alike(text).replace(f"{alike(rule.name)}: ", "", 1) for text in messages]
    if is_complete and not all(any(own in text or text.endswith("…") for text in texts) for own in expected):
        return False
    for text in texts:
        if text.endswith("…"):
            continue
        for own in sorted(expected, key=len, reverse=True):
            text = text.replace(own, "")
        if text.replace("; ", ""):
            return False
    return True


# Kubernetes takes a suffix alone, as in `Ki`, for zero.
QUANTITY = re.compile(
    r"(?<![\w.-])[+-]?\d+(\.\d+)?([eE][+-]?\d+)?[A-Za-z]{0,3}(?![\w-])|(?<=`)([numkMGTPE]|[KMGTPE]i)(?=`)"
)


def alike(text):
    """A message on one line, without the digits and units of quantities, and without bounds that stand for them."""
    return re.sub("(more|less) than #", "#", QUANTITY.sub("#", text.replace("\n", " ")))
