"""The forms of suppressions, and what each covers; loaded for the few notebooks that hold one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from sys import maxsize

from nb2pkg.lint.comments import Comment, comments
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

_FLAGS = re.IGNORECASE | re.ASCII


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


def of_cell(number: int, source: str, tags: Collection[str], metadata: Mapping[str, Any]) -> Iterable[Suppression]:
    """Yield what a cell hides; `source` is empty where its comments are none of Python."""
    yield from of_metadata(metadata, Place(number))
    for tag in sorted(tags):
        yield from _of_tag(tag, Place(number))
    yield from _of_comments(number, source)


def of_metadata(metadata: Mapping[str, Any], place: Place) -> Iterable[Suppression]:
    """Yield what metadata of a cell or (place 0) of the notebook hides."""
    own = metadata.get("nb2pkg")
    asked = own.get("ignore") if isinstance(own, dict) else None
    if asked is True:
        yield Suppression(place, "metadata", (Entry(""),))
    listed = [asked] if isinstance(asked, str) else asked
    if isinstance(listed, list):
        codes = [item for text in listed if isinstance(text, str) for item in re.split(r"[\s,]+", text) if item]
        if codes:
            yield Suppression(place, "metadata", tuple(Entry(item.upper()) for item in codes))


def _of_tag(tag: str, place: Place) -> Iterable[Suppression]:
    if match := re.fullmatch(
        r"nb2pkg-ignore(?:-([\w-]+))?|nb2pkg\s*:\s*ignore(?:\s*\[([^\]]*)\])?", tag.strip(), _FLAGS
    ):
        listed = match[1] if match[1] is not None else match[2]
        codes = re.split(r"[\s,]+", listed.strip(" ,")) if listed is not None else [""]
        yield Suppression(place, "tag", tuple(Entry(item.upper()) for item in codes if item or listed is None))


def _of_comments(number: int, source: str) -> Iterable[Suppression]:
    # Other tools' codes may stand beside ours; words that follow are the reason.
    noqa = re.compile(r"#\s*(noqa)(?![\w-])(\s*:\s*([A-Z]+[0-9]+\b(?:[\s,]+[A-Z]+[0-9]+\b)*)?)?", _FLAGS)
    ignore = re.compile(r"#\s*(nb2pkg)\s*:\s*ignore(?![\w-])(\s*\[([^\]]*)\]?)?", _FLAGS)
    for comment in comments(source):
        matches = [m for pattern in (noqa, ignore) for m in pattern.finditer(source, comment.start, comment.end)]
        for match in sorted(matches, key=lambda m: m.start()):
            suppression = _of_match(match, comment, number, source)
            if suppression:
                yield suppression


def _of_match(match: re.Match[str], comment: Comment, number: int, source: str) -> Suppression | None:
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
        part_of_line(number, comment.line, source, match.start(), match.end()),
        form,
        entries or ((Entry(""),) if bare else ()),
        first,
        last,
        source,
        (comment.start, comment.end),
        (match.start(), match.end()),
        match.span(3) if match[3] else (0, 0),
    )


def part_of_line(number: int, line: int, source: str, start: int, end: int) -> Place:
    """Return the place of a part of one line."""
    line_start = source.rfind("\n", 0, start) + 1
    return Place(number, line, start - line_start + 1, line, end - line_start + 1)


class Index:
    """Suppressions by what they cover; a file with thousands of comments is searched as fast as any other.

    Args:
        suppressions: of a notebook.
        only: leave out those that don't hide this code.
    """

    def __init__(self, suppressions: Sequence[Suppression], only: str = "") -> None:
        self._suppressions = suppressions
        self._whole: dict[int, list[int]] = {}
        self._lines: dict[int, list[tuple[int, int, int]]] = {}  # first line, last line, index
        for index, suppression in enumerate(suppressions):
            cell = suppression.place.cell
            if only and not any(only.startswith(entry.code) for entry in suppression.entries):
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
