#!/usr/bin/env python3
"""How many documents of repositories are judged with `--render`, and why the others are not.

usage: coverage.py ORDAIN FOLDER...

Each FOLDER is a repository. `helm` and `kustomize` must be installed. The share that is printed last is that of
documents left out although nothing that they need is missing from the repository.
"""
import collections, json, re, subprocess, sys


UNUSED = "nothing that is built takes it in"


def check(ordain, folder):
    command = [ordain, "check", folder, "--no-config", "--render", "--format", "json"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{folder}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


def cause(message):
    """Why an overlay or a chart was not rendered."""
    if "nothing is fetched" in message or "without its dependency" in message:
        return "what it takes in is on another machine"
    if "no such file or directory" in message:
        return "a file that it names is not in the repository"
    if message.startswith("ApplicationSet"):
        return "only Argo CD knows what an ApplicationSet deploys"
    return message


def main():
    ordain, folders = sys.argv[1], sys.argv[2:]
    documents = 0
    left_out = collections.Counter()
    not_rendered = collections.Counter()
    for folder in folders:
        report = check(ordain, folder)
        summary = report["summary"]
        documents += summary["evaluated"] + len(summary["unevaluated"])
        counts = collections.Counter()
        for one in summary["unevaluated"]:
            if one["reason"] not in ("template", "kustomize patch", "kustomize base"):
                counts[one["reason"]] += 1
        for finding in report["findings"]:
            message = finding["message"].replace("\n", " ")
            if finding["rule"] == "M0402":
                not_rendered[cause(message)] += 1
            if finding["rule"] == "M0401":
                number = re.match(r"(\d+) document", message)
                outside = UNUSED
                if "template" in message:
                    outside = "a template that no chart has: its values are not in the repository"
                counts[outside] += int(number[1]) if number else 1
        rest = len(summary["unevaluated"]) - sum(counts.values())
        counts["of an overlay or a chart that was not rendered"] += rest
        left_out.update(counts)
    print(f"{documents} documents in {len(folders)} repositories, {sum(left_out.values())} not evaluated:")
    for reason, count in left_out.most_common():
        print(f"{count:6}  {reason}")
    print(f"{left_out[UNUSED] / documents:.2%} lack nothing and are not evaluated")
    print("overlays and charts that were not rendered:")
    for reason, count in not_rendered.most_common():
        print(f"{count:6}  {reason}")


main()
