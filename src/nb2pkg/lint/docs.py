"""The documentation of the rules, made from their files: docstring, cases, and their row of the table.

The files are read, not imported: a page needs their text alone.
"""

from __future__ import annotations

import ast
import os
from functools import cache

from nb2pkg.lint.cases import Case, parse_cases
from nb2pkg.lint.examples import example
from nb2pkg.lint.rules.table import BY_CODE, ROWS, Row
from nb2pkg.tuples import NamedTuple

REQUIRED = ("Why it hurts", "What is found", "How to mend it")
OPTIONAL = ("Related", "Options")
GROUPS = {
    "NB1": "File and environment",
    "NB2": "Order and state",
    "NB3": "Reproducibility",
    "NB4": "Structure",
    "NB5": "Machine learning",
    "NB6": "Conversion blockers",
    "NB7": "Hygiene",
}
_NOVEL = "not known from other tools"


class PageError(ValueError):
    """The documentation of a rule lacks its fixed shape."""


class Page(NamedTuple):
    """What is to be said of a rule.

    Args:
        row: of the table.
        summary: one sentence; the rule's name where it has no file yet.
        sections: title -> Markdown, in the order of the file.
        cases: the examples, in the order of the file.
    """

    row: Row
    summary: str
    sections: dict[str, str]
    cases: tuple[Case, ...]

    @property
    def bad(self) -> tuple[Case, ...]:
        """Examples that the rule reports."""
        return tuple(case for case in self.cases if case.kind == "bad")

    @property
    def good(self) -> tuple[Case, ...]:
        """Look-alikes that the rule leaves alone."""
        return tuple(case for case in self.cases if case.kind == "good")


def documented() -> tuple[str, ...]:
    """Return the codes of the rules that have a file, sorted."""
    return tuple(row.code for row in ROWS if os.path.exists(_file(row)))


def cases(code: str) -> tuple[Case, ...]:
    """Return the examples of a rule."""
    return page(code).cases


@cache
def page(code: str) -> Page:
    """Return the page of a rule; raise KeyError for an unknown code, PageError where its file is not in shape."""
    row = BY_CODE[code]
    if not os.path.exists(_file(row)):
        return Page(row, row.name.replace("-", " "), {}, ())
    with open(_file(row), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    summary, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    sections = _sections(rest)
    titles = [title for title in sections if title not in OPTIONAL]
    if not summary.endswith(".") or titles != list(REQUIRED):
        raise PageError(f"{code}: a summary that ends with a full stop, and the sections {', '.join(REQUIRED)}")
    return Page(row, summary, sections, parse_cases(_constant(tree, "CASES")))


def _file(row: Row) -> str:
    return os.path.join(os.path.dirname(__file__), "rules", f"{row.module.rpartition('.')[2]}.py")


def _sections(text: str) -> dict[str, str]:
    parts = ("\n" + text).split("\n## ")
    if parts[0].strip():
        raise PageError(f"text before the first section: {parts[0].strip()}")
    return {title.strip(): body.strip() for title, _, body in (part.partition("\n") for part in parts[1:])}


def _constant(tree: ast.Module, name: str) -> str:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant):
            return str(value.value)
    return ""


def _facts(row: Row) -> list[tuple[str, str]]:
    facts = [("Name", row.name), ("Severity", row.severity), ("Default", "on" if row.default else "off")]
    facts += [("Fix", row.fix)] if row.fix else []
    return facts + ([("Novel", _NOVEL)] if row.novel else [])


def markdown(code: str) -> str:
    """Return the page of a rule in Markdown: docs/rules/NB203.md."""
    found = page(code)
    blocks = [f"# {code} {found.row.name}", found.summary]
    blocks.append("| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in _facts(found.row)))
    for title in (*REQUIRED[:2], "examples", REQUIRED[2], *OPTIONAL):
        if title == "examples":
            blocks += _example_blocks("Reported", found.bad) + _example_blocks("Not reported", found.good)
        elif title in found.sections:
            blocks += [f"## {title}", found.sections[title]]
    return "\n\n".join(blocks) + "\n"


def _example_blocks(title: str, shown: tuple[Case, ...]) -> list[str]:
    blocks = [f"## {title}"] if shown else []
    for case in shown:
        text = example(case)
        fence = "```"
        while fence in text:
            fence += "`"
        blocks += [f"{case.why[:1].upper()}{case.why[1:]}:", f"{fence}python\n{text}\n{fence}"]
    return blocks


def index_markdown() -> str:
    """Return the table of all rules in Markdown: docs/rules/README.md; those with a file link to their page."""
    known = set(documented())
    blocks = ["# Rules of `nb2pkg check`", f"★: {_NOVEL}."]
    for group, title in GROUPS.items():
        lines = [f"## {group}xx {title}\n", "| code | name | severity | default | fix | |", "|---|---|---|---|---|---|"]
        for row in ROWS:
            if row.code.startswith(group):
                code = f"[{row.code}]({row.code}.md)" if row.code in known else row.code
                said = page(row.code).summary.replace("|", "\\|") if row.code in known else ""
                star = " ★" if row.novel else ""
                default = "on" if row.default else "off"
                lines.append(f"| {code} | {row.name}{star} | {row.severity} | {default} | {row.fix} | {said} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def terminal(code: str) -> str:
    """Return the page of a rule as a terminal shows it: plain text, one example of each kind."""
    found = page(code)
    facts = ", ".join([found.row.severity, "on by default" if found.row.default else "off by default"])
    facts += f", {found.row.fix} fix" if found.row.fix else ""
    facts += f", {_NOVEL}" if found.row.novel else ""
    blocks = [f"{code} {found.row.name} ({facts})", found.summary]
    for title in (*REQUIRED[:2], "examples", REQUIRED[2], *OPTIONAL):
        if title in found.sections:
            blocks.append(f"{title}\n{_indented(found.sections[title])}")
        elif title == "examples":
            shown = (("Reported", found.bad[:1]), ("Not reported", found.good[:1]))
            blocks += [f"{name}: {case.why}\n{_indented(example(case))}" for name, of in shown for case in of]
    return "\n\n".join(blocks) + "\n"


def listing() -> str:
    """Return all rules as a terminal shows them, a line each."""
    lines = []
    for row in ROWS:
        fix = f"{row.fix} fix" if row.fix else ""
        lines.append(f"{row.code}  {row.name:<24} {row.severity:<8} {'on' if row.default else 'off':<4} {fix}".rstrip())
    return "\n".join(lines) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
