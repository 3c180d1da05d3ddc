"""Objects with the native verdicts, and those of Kubernetes' own code -> a table by rule, and where they differ."""

import collections
import json
import pathlib
import subprocess
import sys


def main(program, folder):
    requests = [json.loads(line) for line in (pathlib.Path(folder) / "requests.jsonl").read_text().splitlines()]
    asked = "".join(json.dumps({key: request[key] for key in ("id", "policy", "object", "oldObject")}) + "\n" for request in requests)
    done = subprocess.run(program, input=asked, capture_output=True, text=True, cwd=folder, check=True)
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
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
