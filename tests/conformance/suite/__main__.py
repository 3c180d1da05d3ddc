"""Exported cases -> what the real engines say of them, as a table; the exit code says whether all agree.

    python3 tests/conformance/suite CASES TOOLS [--update]
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import sys
import time

import cases
import engines
import table
import traps
from engine import Failure

TOP = pathlib.Path(__file__).resolve().parents[3]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases")
    parser.add_argument("tools")
    parser.add_argument("--update", action="store_true", help="write the table instead of holding it against the committed one")
    arguments = parser.parse_args()
    rules = cases.load(arguments.cases)
    library = json.loads((pathlib.Path(arguments.cases) / "library.json").read_text())
    every = engines.every(arguments.tools)
    judgement = Judgement()
    for fault in traps.faults(TOP):
        judgement.fail(fault)
    for engine in every:
        judgement.prepare(engine, rules)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(judgement.judge, engine, rule) for engine in every for rule in rules]
        for task in tasks:
            task.result()
    text = table.render(judgement.verdicts(library, every), every, pathlib.Path(__file__).parent / "notes.md")
    for line in table.drift(TOP / "docs" / "conformance.md", text, arguments.update):
        judgement.fail(line)
    judgement.summary(every)
    print(f"{judgement.passed} passed, {judgement.failed} failed")
    return 0 if judgement.passed and not judgement.failed else 1


class Judgement:
    """What was found so far."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        # Engine and rule -> how many cases it agreed and disagreed on.
        self.agreed = collections.Counter()
        self.differed = collections.Counter()
        self.seconds = collections.Counter()

    def fail(self, text):
        self.failed += 1
        print(text, flush=True)

    def prepare(self, engine, rules):
        """Lets an engine that takes all rules at one go do so."""
        if hasattr(engine, "prepare"):
            start = time.monotonic()
            try:
                engine.prepare([rule for rule in rules if rule.refused.get(engine.target) is None])
            except (Failure, OSError) as failure:
                self.fail(f"FAILED: {engine.name}: {failure!r}")
            self.seconds[engine.name] += time.monotonic() - start

    def judge(self, engine, rule):
        """Asks one engine about all cases of a rule."""
        start = time.monotonic()
        key = (engine.name, rule.name)
        if rule.refused.get(engine.target) is not None:
            return
        try:
            differences = list(engine.differences(rule))
        except (Failure, OSError, ValueError, KeyError, IndexError) as failure:
            self.differed[key] += 1
            self.fail(f"FAILED: {engine.name} on `{rule.name}` in {rule.folder}: {failure!r}")
            return
        for difference in differences:
            self.differed[key] += 1
            self.fail(difference.told(rule, engine.name))
        cases = engine.judged(rule) if hasattr(engine, "judged") else rule.cases
        same = len(cases) - len(differences)
        self.agreed[key] += same
        self.passed += same
        self.seconds[engine.name] += time.monotonic() - start

    def verdicts(self, library, every):
        """Rule -> engine -> what the table says."""
        return {
            rule: {engine.name: self.cell(rule, targets, engine) for engine in every}
            for rule, targets in library.items()
        }

    def cell(self, rule, targets, engine):
        key = (engine.name, rule)
        refused, in_part = targets["refused"], targets["in_part"]
        if engine.target not in refused:
            self.fail(f"`ordain build` has no target `{engine.target}` for {engine.name}")
            return "no target"
        if refused[engine.target] is not None:
            return f"refused: {refused[engine.target]}"
        if self.differed[key]:
            return "DIFFERENT"
        if self.agreed[key]:
            return f"same in part: {in_part[engine.target]}" if engine.target in in_part else "same"
        self.fail(f"no case of `{rule}` was judged by {engine.name}")
        return "not judged"

    def summary(self, every):
        for engine in every:
            agreed = sum(count for (name, _), count in self.agreed.items() if name == engine.name)
            differed = sum(count for (name, _), count in self.differed.items() if name == engine.name)
            seconds = self.seconds[engine.name]
            print(f"{engine.name:32} {agreed:7} cases the same {differed:5} different {seconds:8.1f} s")


if __name__ == "__main__":
    sys.exit(main())
