"""What the engines share: running a tool, and how a difference is told."""

import collections
import dataclasses
import pathlib
import subprocess

from cases import Case


class Failure(Exception):
    """A tool that could not be asked, or whose answer is no verdict: never taken for one."""


@dataclasses.dataclass
class Difference:
    """A case of which an engine says something else than is found natively."""

    case: Case
    native: collections.Counter
    found: collections.Counter

    def told(self, rule, engine):
        lines = [f"DIFFERENT: {engine} on `{rule.name}` ({self.case.form}), {self.case.folder}"]
        lines += [f"  only native: {ascii(text)}" for text in (self.native - self.found).elements()]
        lines += [f"  only {engine}: {ascii(text)}" for text in (self.found - self.native).elements()]
        return "\n".join([*lines, self.case.test(rule)])


def run(command, accepted=(0,), **options):
    """What a command prints; any other exit code than the accepted ones is a failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode not in accepted:
        shown = " ".join(command[:6])
        raise Failure(f"`{shown} …` ended with {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


def version(tools, name):
    """The version of a tool, from the mark that its installation left."""
    marks = [path.name for path in pathlib.Path(tools).glob(f".{name}-v*")]
    if len(marks) != 1:
        raise Failure(f"{name} in {tools} is marked as {marks}; remove the folder and install anew")
    return marks[0].removeprefix(f".{name}-")
