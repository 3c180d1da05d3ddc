"""Verdicts -> the table that is committed as documentation."""

import pathlib

HEAD = """# Conformance

One meaning in every engine: `tests/conformance/run` judges every test of the standard library, and manifests
made from them by taking fields away, nulling, retyping, emptying and respelling, natively and in the real
engines, each as written and as the API server would admit it. It writes this table, and fails if the table
that is committed says something else.

- `same`: findings, their messages and the objects that they name are those of the native evaluation.
- `same in part`: so too, of the kinds that the target can judge; `ordain build` names the others.
- `refused`: the target can't carry the rule, and `ordain build` says so by name.
"""

# Rules that are the same everywhere have no row, so that a new one need not be entered.
RULES = """
## Rules of the standard library

Every rule that is not in this table is `same` in each engine.
"""


def render(verdicts, engines, notes):
    """The document: `verdicts` has for each rule a cell for each engine."""
    lines = [HEAD]
    lines += [f"| engine | version | judges |\n| --- | --- | --- |"]
    lines += [f"| {engine.name} | {engine.version} | {engine.judges} |" for engine in engines]
    names = [engine.name for engine in engines]
    lines += [RULES, "| rule | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for rule, cells in sorted(verdicts.items()):
        if all(cells[name] == "same" for name in names):
            continue
        lines.append(f"| `{rule}` | " + " | ".join(cells[name].replace("|", "\\|") for name in names) + " |")
    return "\n".join(lines) + "\n\n" + pathlib.Path(notes).read_text()


def drift(path, text, is_update):
    """Whether the committed document says something else; with `is_update`, it is written anew."""
    path = pathlib.Path(path)
    if is_update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return []
    committed = path.read_text().splitlines() if path.exists() else []
    computed = text.splitlines()
    return [f"- {line}" for line in committed if line not in computed] + [
        f"+ {line}" for line in computed if line not in committed
    ] + ([] if committed == computed else ["the committed table differs; `tests/conformance/run --update` writes it"])
