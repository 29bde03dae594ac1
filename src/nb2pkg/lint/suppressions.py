"""What people wrote so that a finding is not reported: comments, tags of cells, metadata; and what is left of it.

```python
x = draw()  # noqa: NB301
x = draw()  # nb2pkg: ignore[NB301, NB4]
```

A comment behind code covers its statement. One on a line of its own that names codes covers what comes next, and the
whole cell where it stands above all code. `# noqa` of other tools counts for ours, too, and is never called unused.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from sys import maxsize
from typing import Any, NamedTuple, Protocol

from nb2pkg.lint.comments import Comment, comments
from nb2pkg.lint.findings import Edit, Finding, Fix, Place
from nb2pkg.lint.rules.table import ROWS

_CODE = "NB707"
_FLAGS = re.IGNORECASE | re.ASCII


class CellLike(Protocol):
    """What is needed of a cell; line ends of its source are line feeds."""

    @property
    def number(self) -> int:
        """From 1, all kinds of cells counted."""

    @property
    def source(self) -> str:
        """As written."""

    @property
    def kind(self) -> str:
        """`code`, `markdown` or `raw`."""

    @property
    def tags(self) -> frozenset[str]:
        """Of its metadata."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """As saved."""


class Entry(NamedTuple):
    """One code of a suppression: in capitals, and where a comment spells it, as offsets in the source."""

    code: str
    start: int = 0
    end: int = 0


class Suppression(NamedTuple):
    """Something that hides findings.

    Args:
        place: of the comment's directive; the cell or the file (0) for tags and metadata.
        form: how it is written.
        entries: its codes or starts of codes; one that is empty hides all.
        first: line that it covers from; 0: the whole cell or file.
        last: line that it covers to.
        source: of the cell, for comments.
        comment: offsets of the whole comment in the source.
        directive: offsets of its part that speaks to us.
        listed: offsets of the list of codes in it, other tools' included.
    """

    place: Place
    form: str  # tag, metadata, ignore, noqa
    entries: tuple[Entry, ...]
    first: int = 0
    last: int = 0
    source: str = ""
    comment: tuple[int, int] = (0, 0)
    directive: tuple[int, int] = (0, 0)
    listed: tuple[int, int] = (0, 0)


Suppressions = tuple[Suppression, ...]
Used = frozenset[tuple[int, int]]  # index of a suppression, index of one of its entries


def find_suppressions(cells: Iterable[CellLike], notebook_metadata: Mapping[str, Any]) -> Suppressions:
    """Return what hides findings in a notebook, in the order in which it stands there."""
    found = [*_of_metadata(notebook_metadata, Place())]
    for cell in cells:
        place = Place(cell.number)
        found += _of_metadata(cell.metadata, place)
        for tag in sorted(cell.tags) if cell.tags else ():
            found += _of_tag(tag, place)
        if cell.kind == "code" and "#" in cell.source and _may_suppress(cell.source):
            found += _of_comments(cell)
    return tuple(found)


def _may_suppress(source: str) -> bool:
    lower = source.lower()
    return "noqa" in lower or "nb2pkg" in lower


def _of_metadata(metadata: Mapping[str, Any], place: Place) -> Iterable[Suppression]:
    own = metadata.get("nb2pkg")
    asked = own.get("ignore") if isinstance(own, dict) else None
    if asked is True:
        yield Suppression(place, "metadata", (Entry(""),))
    listed = [asked] if isinstance(asked, str) else asked
    if isinstance(listed, list):
        codes = [item for text in listed if isinstance(text, str) for item in re.split(r"[\s,]+", text) if item]
        if codes:
            yield Suppression(place, "metadata", tuple(Entry(code.upper()) for code in codes))


def _of_tag(tag: str, place: Place) -> Iterable[Suppression]:
    if match := re.fullmatch(
        r"nb2pkg-ignore(?:-([\w-]+))?|nb2pkg\s*:\s*ignore(?:\s*\[([^\]]*)\])?", tag.strip(), _FLAGS
    ):
        listed = match[1] if match[1] is not None else match[2]
        codes = re.split(r"[\s,]+", listed.strip(" ,")) if listed is not None else [""]
        yield Suppression(place, "tag", tuple(Entry(code.upper()) for code in codes if code or listed is None))


def _of_comments(cell: CellLike) -> Iterable[Suppression]:
    # Other tools' codes may stand beside ours; words that follow are the reason.
    noqa = re.compile(r"#\s*(noqa)(?![\w-])(\s*:\s*([A-Z]+[0-9]+\b(?:[\s,]+[A-Z]+[0-9]+\b)*)?)?", _FLAGS)
    ignore = re.compile(r"#\s*(nb2pkg)\s*:\s*ignore(?![\w-])(\s*\[([^\]]*)\]?)?", _FLAGS)
    source = cell.source
    for comment in comments(source):
        matches = [m for pattern in (noqa, ignore) for m in pattern.finditer(source, comment.start, comment.end)]
        for match in sorted(matches, key=lambda m: m.start()):
            suppression = _of_match(match, comment, cell)
            if suppression:
                yield suppression


def _of_match(match: re.Match[str], comment: Comment, cell: CellLike) -> Suppression | None:
    """Return what a directive of a comment hides; None if it is another tool's business."""
    form = "noqa" if match[1].lower() == "noqa" else "ignore"
    bare = match[2] is None
    entries = tuple(
        Entry(item.group().upper(), match.start(3) + item.start(), match.start(3) + item.end())
        for item in re.finditer(r"[^\s,]+", match[3] or "")
        if form == "ignore" or item.group().upper().startswith("NB")
    )
    if not bare and not entries and form == "noqa":
        return None
    first, last = min(comment.line, comment.first), max(comment.line, comment.last)
    if comment.alone and bare and form == "noqa":
        first = last = comment.line  # as other tools take it
    elif comment.leading:
        first = last = 0
    return Suppression(
        _place(cell.number, comment.line, cell.source, match.start(), match.end()),
        form,
        entries or ((Entry(""),) if bare else ()),
        first,
        last,
        cell.source,
        (comment.start, comment.end),
        (match.start(), match.end()),
        match.span(3) if match[3] else (0, 0),
    )


def _place(number: int, line: int, source: str, start: int, end: int) -> Place:
    """Return the place of a part of one line."""
    line_start = source.rfind("\n", 0, start) + 1
    return Place(number, line, start - line_start + 1, line, end - line_start + 1)


class _Index:
    """Suppressions by what they cover; a file with thousands of comments is searched as fast as any other."""

    def __init__(self, suppressions: Suppressions, code: str | None = None) -> None:
        self._suppressions = suppressions
        self._whole: dict[int, list[int]] = {}
        self._lines: dict[int, list[tuple[int, int, int]]] = {}  # first line, last line, index
        for index, suppression in enumerate(suppressions):
            cell = suppression.place.cell
            if code and not any(code.startswith(entry.code) for entry in suppression.entries):
                continue
            if suppression.first:
                self._lines.setdefault(cell, []).append((suppression.first, suppression.last, index))
            else:
                self._whole.setdefault(cell, []).append(index)
        self._reach = {}  # the last line that is covered up to each one in the order of first lines
        for cell, spans in self._lines.items():
            spans.sort()
            self._reach[cell] = [*accumulate((last for _, last, _ in spans), max)]

    def hiding(self, finding: Finding) -> Iterator[tuple[int, int]]:
        """Yield the entries that cover a finding and name its code."""
        for index in self._covering(finding.place):
            for i, entry in enumerate(self._suppressions[index].entries):
                if finding.code.startswith(entry.code):
                    yield index, i

    def _covering(self, place: Place) -> Iterator[int]:
        yield from self._whole.get(0, ())
        if not place.cell:
            return
        yield from self._whole.get(place.cell, ())
        spans, end = self._lines.get(place.cell), max(place.line, place.end_line)
        if not spans or not place.line:
            return
        at = bisect_right(spans, (end, maxsize, 0)) - 1
        while at >= 0 and self._reach[place.cell][at] >= place.line:
            _, last, index = spans[at]
            if last >= place.line:
                yield index
            at -= 1


def apply(findings: Iterable[Finding], suppressions: Suppressions) -> tuple[tuple[Finding, ...], Used]:
    """Return the findings that nothing hides, and what hid the others."""
    if not suppressions:
        return tuple(findings), frozenset()
    index = _Index(suppressions)
    left: list[Finding] = []
    used: set[tuple[int, int]] = set()
    for finding in findings:
        hiding = [*index.hiding(finding)]
        used.update(hiding)
        if not hiding:
            left.append(finding)
    return tuple(left), frozenset(used)


def unused(suppressions: Suppressions, used: Used, enabled: Collection[str]) -> tuple[Finding, ...]:
    """Return findings (NB707) of suppressions that hid nothing and of codes that no rule has.

    Args:
        suppressions: of the notebook.
        used: those that hid a finding.
        enabled: codes of the rules that looked at this notebook; others may have use for their suppressions.
    """
    if _CODE not in enabled:
        return ()
    found = _complaints_of_all(suppressions, used, enabled)
    index = _Index(suppressions, _CODE)
    hiding = {item for own, finding in found for item in index.hiding(finding) if item[0] != own}
    if hiding - used:  # what hides nothing else hides these
        found = _complaints_of_all(suppressions, used | hiding, enabled)
    naming = {n for n, item in enumerate(suppressions) if any(entry.code == _CODE for entry in item.entries)}
    left = {f for own, f in found if not any(n != own or n in naming for n, _ in index.hiding(f))}
    return tuple(sorted(left))


def _complaints_of_all(suppressions: Suppressions, used: Used, enabled: Collection[str]) -> list[tuple[int, Finding]]:
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
    where = "hides nothing here"
    if suppression.form in ("tag", "metadata"):
        where = f"in the {'cell' if suppression.place.cell else 'notebook'}'s {suppression.form} hides nothing"
    idle = {
        i: _unknown(entry.code) or f"{entry.code or 'ignore'} {where}"
        for i, entry in enumerate(suppression.entries)
        if i not in used and _is_idle(suppression, entry, enabled)
    }
    if not suppression.entries:
        idle = {-1: "the comment names no code, and hides nothing"}
    fix = _fix(suppression, idle) if idle else None
    for i, message in idle.items():
        place = suppression.place
        if i >= 0 and suppression.entries[i].end:
            place = _place(place.cell, place.line, suppression.source, *suppression.entries[i][1:])
        yield Finding(place, _CODE, "warning", message, "remove it: it would hide what comes later", fix)


def _is_idle(suppression: Suppression, entry: Entry, enabled: Collection[str]) -> bool:
    """Return whether an entry that hid nothing is to be reported: the rules looked that are on unless named."""
    if entry.code == _CODE or (not entry.code and suppression.form == "noqa"):
        return False
    return all(code in enabled for code in _rules(entry.code))


@lru_cache(maxsize=1000)
def _rules(start: str) -> tuple[str, ...]:
    """Return the rules that a code or a start of codes names: those that are on by default if there are any."""
    rows = [row for row in ROWS if row.code.startswith(start)]
    return tuple(row.code for row in rows if row.default) or tuple(row.code for row in rows)


def _unknown(code: str) -> str:
    return "" if _rules(code) else f"{code} is the code of no rule"


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
    code = source[line_start:start].rstrip()
    if code:
        return Edit(cell, line_start + len(code), end, "")
    if end < len(source):
        return Edit(cell, line_start, end + 1, "")
    return Edit(cell, max(0, line_start - 1), end, "")
