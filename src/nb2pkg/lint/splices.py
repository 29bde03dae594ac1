"""Edits the source of a cell where it stands in the file: in one string, or in a list of lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from nb2pkg.lint.findings import Edit
from nb2pkg.lint.jsontext import CellLayout, Layout, Span, starts_of
from nb2pkg.tuples import NamedTuple

_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)").finditer


class Splice(NamedTuple):
    """New text for a part of the file's text."""

    start: int
    end: int
    text: str


def cut_elements(container: Span, spans: Sequence[Span], first: int, last: int) -> Splice:
    """Return what takes elements `first` to `last` out of a list, with the right comma and blanks."""
    if first == 0 and last == len(spans) - 1:
        return Splice(*container, "[]")
    if last < len(spans) - 1:
        return Splice(spans[first].start, spans[last + 1].start, "")
    return Splice(spans[first - 1].end, spans[last].end, "")


class _Saved(NamedTuple):
    """An edit of a source as saved, with its own line ends."""

    start: int
    end: int
    text: str


class SourceEditor:
    """The source of one cell, to be edited string by string."""

    def __init__(self, found: Layout, cell: CellLayout) -> None:
        self._found, self._cell = found, cell
        self._source = cell.text
        self._starts = starts_of(cell.pieces)
        self._escapes: dict[int, tuple[list[int], list[int]]] = {}
        pairs = [match.start() for match in re.finditer("\r\n", self._source)] if "\r" in self._source else []
        self._pairs = [start - i for i, start in enumerate(pairs)]  # where these line ends stand when they are one long
        bare = "\r" if "\r" in self._source and "\n" not in self._source else "\n"
        self._newline = "\r\n" if pairs else bare

    def splices(self, edits: Iterable[Edit]) -> list[Splice]:
        """Return what makes edits, which do not overlap, in the file's text."""
        saved = sorted(
            _Saved(self._saved(edit.start), self._saved(edit.end), edit.text.replace("\n", self._newline))
            for edit in edits
        )
        if not self._cell.listed:
            return [Splice(self._place(0, e.start), self._place(0, e.end), self._encoded(e.text)) for e in saved]
        if not self._cell.pieces:
            return [self._filled("".join(edit.text for edit in saved))]
        return [self._regrouped(*group) for group in self._groups(saved)]

    def _saved(self, offset: int) -> int:
        """Return the offset in the source as saved of one in the source with line ends of one character."""
        return offset + bisect_left(self._pairs, offset)

    def _encoded(self, text: str) -> str:
        """Return text as it stands within a JSON string, in the style of the file."""
        encoded = json.dumps(text, ensure_ascii=self._found.text.isascii())[1:-1]
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half.group()):04x}", encoded)

    def _place(self, index: int, offset: int) -> int:
        """Return where a character of a string, counted from the string's start, stands in the file's text."""
        piece = self._cell.pieces[index]
        if index not in self._escapes:
            self._escapes[index] = _escapes(self._found.text[piece.start + 1 : piece.end - 1])
        at, surplus = self._escapes[index]
        before = bisect_left(at, offset)
        return piece.start + 1 + offset + (surplus[before - 1] if before else 0)

    def _raw(self, start: int, end: int) -> str:
        """Return a part of the source as it is written in the file, without what parts its strings."""
        parts, pieces = [], self._cell.pieces
        index = bisect_right(self._starts, start) - 1
        while start < end:
            base = self._starts[index]
            stop = min(end, base + len(pieces[index].value))
            parts.append(self._found.text[self._place(index, start - base) : self._place(index, stop - base)])
            start, index = stop, index + 1
        return "".join(parts)

    def _groups(self, edits: Iterable[_Saved]) -> list[tuple[int, int, list[_Saved]]]:
        """Return runs of strings that change, with their edits; between two runs there is one that stays."""
        groups: list[tuple[int, int, list[_Saved]]] = []
        for edit in edits:
            first = bisect_right(self._starts, edit.start) - 1
            last = max(first, bisect_left(self._starts, edit.end) - 1)
            cut = last + 1 < len(self._starts) and edit.end == self._starts[last + 1]
            left_over = not edit.text.endswith(("\r", "\n")) if edit.text else edit.start > self._starts[first]
            if cut and left_over:  # a line that loses its end goes on in the next string
                last += 1
            if groups and first <= groups[-1][1] + 1:
                begun, reached, own = groups.pop()
                groups.append((begun, max(reached, last), [*own, edit]))
            else:
                groups.append((first, last, [edit]))
        return groups

    def _regrouped(self, first: int, last: int, edits: Iterable[_Saved]) -> Splice:
        """Return the change of strings `first` to `last` of a list of lines."""
        pieces = self._cell.pieces
        at, end = self._starts[first], self._starts[last] + len(pieces[last].value)
        parts = []
        for edit in edits:
            parts += [self._raw(at, edit.start), self._encoded(edit.text)]
            at = edit.end
        content = "".join([*parts, self._raw(at, end)])
        if not content and self._cell.source:
            return cut_elements(self._cell.source, [Span(p.start, p.end) for p in pieces], first, last)
        by_line = not any("\n" in piece.value[:-1] for piece in pieces[first : last + 1])
        lines = _lines(content) if by_line else [content]
        return Splice(pieces[first].start, pieces[last].end, self._separator().join(f'"{line}"' for line in lines))

    def _filled(self, text: str) -> Splice:
        """Return the change of a list without strings, with the blanks that other lists of the file have."""
        start, end = self._cell.source or self._cell.span
        lists = (cell for cell in self._found.cells if cell.listed and cell.plain and cell.pieces and cell.source)
        other = next(lists, None)
        before = after = ""
        if other and other.source:
            before = self._found.text[other.source.start + 1 : other.pieces[0].start]
            after = self._found.text[other.pieces[-1].end : other.source.end - 1]
        lines = self._separator().join(f'"{line}"' for line in _lines(self._encoded(text)))
        return Splice(start, end, f"[{before}{lines}{after}]")

    def _separator(self) -> str:
        """Return what parts two lines: of this cell, else of another one, else as it would be here."""
        text = self._found.text
        for cell in (self._cell, *self._found.cells):
            if cell.listed and cell.plain and len(cell.pieces) > 1:
                return text[cell.pieces[0].end : cell.pieces[1].start]
        source, pieces = self._cell.source or self._cell.span, self._cell.pieces
        before = text[source.start + 1 : pieces[0].start] if pieces else ""
        return "," + (before or (" " if text[source.start - 1] == " " else ""))


def _escapes(raw: str) -> tuple[list[int], list[int]]:
    """Return where escapes stand in what a JSON string says, and how much longer they made its text up to there."""
    at: list[int] = []
    surplus: list[int] = []
    longer = 0
    if "\\" in raw:
        for match in _ESCAPE(raw):
            at.append(match.start() - longer)
            longer += len(match.group()) - 1
            surplus.append(longer)
    return at, surplus


def _lines(raw: str) -> list[str]:
    """Return the text of a JSON string cut after each line feed."""
    ends = [match.end() for match in _ESCAPE(raw) if match.group() in ("\\n", "\\u000a", "\\u000A")]
    starts = [0, *ends]
    return [raw[start:end] for start, end in zip(starts, [*ends, len(raw)], strict=True) if start < end]
