"""Objects with the native verdicts, and those of Kubernetes' own code -> a table by rule, and where they differ."""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def answered(requests, program, folder):
    """The answers by their ids. Each processor takes whole policies, so that none is compiled twice."""
    policies = sorted({request["policy"] for request in requests})
    workers = os.cpu_count() or 1
    shares = [{policy for policy in policies[share::workers]} for share in range(workers)]

    def ask(share):
        asked = (request for request in requests if request["policy"] in share)
        lines = (json.dumps({key: request[key] for key in ("id", "policy", "object", "oldObject")}) for request in asked)
        done = subprocess.run(program, input="\n".join(lines), capture_output=True, text=True, cwd=folder, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return {answer["id"]: answer for answers in pool.map(ask, shares) for answer in answers}


def main(program, folder):
    requests = [json.loads(line) for line in (pathlib.Path(folder) / "requests.jsonl").read_text().splitlines()]
    answers = answered(requests, program, folder)
    table = collections.defaultdict(collections.Counter)
    differing = 0
    not_served = 0
    for request in requests:
        answer = answers[request["id"]]
        # What programs read from files, such as the configuration of a kubelet, no API server is asked about.
        if not answer["served"]:
            not_served += 1
            continue
        rule = pathlib.Path(request["policy"]).stem
        expected = "deny" if request["native"] else "allow"
        table[rule][expected] += 1
        if answer["verdict"] == expected:
            continue
        differing += 1
        table[rule]["differing"] += 1
        print(f"{request['id']}: natively {expected} {request['native']}, here {answer['verdict']} {answer['messages']}")
        print(f"  {json.dumps(request['object'])}")
    print(f"{'rule':40}{'allow':>10}{'deny':>10}{'differing':>12}")
    for rule, counts in sorted(table.items()):
        print(f"{rule:40}{counts['allow']:>10}{counts['deny']:>10}{counts['differing']:>12}")
    judged = len(requests) - not_served
    print(f"{judged} objects, {differing} differing verdicts; {not_served} objects that no API server takes")
    return 0 if judged and not differing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], sys.argv[1]))
