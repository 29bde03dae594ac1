"""NB707: suppressions that hide nothing, and what takes them out of comments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from nb2pkg.lint.directives import Entry, Index, Suppression, part_of_line
from nb2pkg.lint.findings import Edit, Finding, Fix
from nb2pkg.lint.rules.table import ROWS

CODE = "NB707"
_SPARE = "remove it, or it hides what is written here later"
_WRONG = "write the code that the finding shows, or remove it"


def find_unused(
    suppressions: Sequence[Suppression], used: frozenset[tuple[int, int]], enabled: Collection[str]
) -> tuple[Finding, ...]:
    """Return the findings of `nb2pkg.lint.suppressions.unused`."""
    found = _complaints_of_all(suppressions, used, enabled)
    index = Index(suppressions, CODE)
    hiding = {item for own, finding in found for item in index.hiding(finding) if item[0] != own}
    if hiding - used:  # what hides nothing else hides these
        found = _complaints_of_all(suppressions, used | hiding, enabled)
    naming = {n for n, item in enumerate(suppressions) if any(entry.code == CODE for entry in item.entries)}
    left = {f for own, f in found if not any(n != own or n in naming for n, _ in index.hiding(f))}
    return tuple(sorted(left))


def _complaints_of_all(
    suppressions: Sequence[Suppression], used: Collection[tuple[int, int]], enabled: Collection[str]
) -> list[tuple[int, Finding]]:
    by_index: dict[int, set[int]] = {}
    for index, i in used:
        by_index.setdefault(index, set()).add(i)
    return [
        (index, finding)
        for index, suppression in enumerate(suppressions)
        for finding in _complaints(suppression, by_index.get(index, set()), enabled)
    ]


def _complaints(suppression: Suppression, used: Collection[int], enabled: Collection[str]) -> Iterable[Finding]:
    """Yield a finding for each code of a suppression that is of no use."""
    where, whole = "", "nb2pkg: ignore"
    if suppression.form in ("tag", "metadata"):
        owner = "cell" if suppression.place.cell else "notebook"
        part, whole = ("tags", "nb2pkg-ignore") if suppression.form == "tag" else ("metadata", "ignore")
        where = f" in the {owner}'s {part}"
    idle = {
        i: (
            (f"`{entry.code or whole}`{where} hides nothing", _SPARE)
            if _rules(entry.code)
            else (f"`{entry.code}`{where} is the code of no rule", _WRONG)
        )
        for i, entry in enumerate(suppression.entries)
        if i not in used and _is_idle(suppression, entry, enabled)
    }
    if not suppression.entries:
        idle = {-1: (f"`{whole}`{where} names no code, and hides nothing", _WRONG)}
    fix = _fix(suppression, idle) if idle else None
    for i, texts in idle.items():
        place = suppression.place
        if i >= 0 and suppression.entries[i].end:
            place = part_of_line(place.cell, place.line, suppression.source, *suppression.entries[i][1:])
        yield Finding(place, CODE, "warning", *texts, fix)


def _is_idle(suppression: Suppression, entry: Entry, enabled: Collection[str]) -> bool:
    """Return whether an entry that hid nothing is to be reported: the rules looked that are on unless named."""
    if entry.code == CODE or (not entry.code and suppression.form == "noqa"):
        return False
    return all(code in enabled for code in _rules(entry.code))


@lru_cache(maxsize=1000)
def _rules(start: str) -> tuple[str, ...]:
    """Return the rules that a code or a start of codes names: those that are on by default if there are any."""
    rows = [row for row in ROWS if row.code.startswith(start)]
    return tuple(row.code for row in rows if row.default) or tuple(row.code for row in rows)


def _fix(suppression: Suppression, idle: Collection[int]) -> Fix | None:
    """Return what takes codes out of a comment: other tools' codes and other words stay."""
    if not suppression.source:
        return None
    source, cell = suppression.source, suppression.place.cell
    gone = {suppression.entries[i].start for i in idle if i >= 0}
    items = [(m.start(), m.group()) for m in re.compile(r"[^\s,]+").finditer(source, *suppression.listed)]
    kept = [text for start, text in items if start not in gone]
    if kept:
        first_end = items[0][0] + len(items[0][1])
        between = source[first_end : items[1][0]]
        edit = Edit(cell, items[0][0], items[-1][0] + len(items[-1][1]), between.join(kept))
        codes = ", ".join(suppression.entries[i].code for i in sorted(idle))
        return Fix(f"remove {codes} from the comment", True, (edit,))
    edit = _without(suppression)
    top = not edit.text and source.find("#") == suppression.comment[0] and not source[: edit.start].strip()
    if top and re.compile(r"\s*%%").match(source, edit.end):  # the comment keeps a line from being a cell magic
        return None
    return Fix("remove the comment", True, (edit,))


def _without(suppression: Suppression) -> Edit:
    """Return the edit that takes a directive out of its comment, or the comment out of the cell."""
    source, cell = suppression.source, suppression.place.cell
    (start, end), (own_start, own_end) = suppression.comment, suppression.directive
    before, after = source[start:own_start].rstrip(), source[own_end:end].lstrip(" \t,;:-–—").rstrip()
    if before:
        return Edit(cell, start + len(before), end, f"  {after}" if after else "")
    if after:
        return Edit(cell, start, end, after if after.startswith("#") else f"# {after}")
    line_start = source.rfind("\n", 0, start) + 1
    statement = source[line_start:start].rstrip()
    if statement:
        return Edit(cell, line_start + len(statement), end, "")
    if end < len(source):
        return Edit(cell, line_start, end + 1, "")
    return Edit(cell, max(0, line_start - 1), end, "")
