"""The traps of compiling one meaning to several languages, each with the tests that hold it."""

import pathlib
import re


def faults(top):
    """What `traps.md` names that doesn't exist, and traps without a test."""
    text = (top / "tests" / "conformance" / "traps.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    found = []
    numbers = [int(number) for number, _, _ in rows]
    if numbers != list(range(1, 17)):
        found.append(f"traps.md: rows are numbered {numbers}, not from 1 to 16")
    for number, _, tests in rows:
        named = re.findall(r"`([^`]+)`", tests)
        if not named:
            found.append(f"traps.md: trap {number} has no test")
        for name in named:
            if not exists(top, name):
                found.append(f"traps.md: trap {number}: there is no test `{name}`")
    return found


def exists(top, name):
    """Whether a test `file::function` is declared as one."""
    path, _, function = name.rpartition("::")
    file = pathlib.Path(top / path)
    if not file.is_file():
        return False
    text = file.read_text()
    if file.suffix == ".rs":
        return re.search(rf"#\[test\]\s+fn {re.escape(function)}\(\)", text) is not None
    return re.search(rf"^\s*(def|func|class) {re.escape(function)}\b", text, re.MULTILINE) is not None
