"""Where things stand in the text of a notebook file: cells, their sources string by string, outputs, counts.

Only the way down to the cells is walked here, without recursion; each value that nobody asks about is left to the
decoder of `json`, which is as fast as reading the file was, and knows exactly what `json.loads` knows.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from nb2pkg.tuples import NamedTuple

_DECODE = json.JSONDecoder().raw_decode
_BLANK = re.compile(r"[ \t\r\n]*").match
_MAJOR = 4


class Span(NamedTuple):
    """A part of the file's text: from the first character to the one after the last."""

    start: int
    end: int


class Piece(NamedTuple):
    """A string of a source: its place, quotes included, and what it says."""

    start: int
    end: int
    value: str


class CellLayout(NamedTuple):
    """One cell.

    Args:
        span: of its object.
        line: of the file that the object starts in.
        source: the string or the list of strings.
        pieces: the strings of the source in order.
        listed: the source is a list.
        plain: the source is a string or holds nothing but strings, so that it can be edited.
        outputs: the list of saved outputs.
        execution_count: the number or `null`.
    """

    span: Span
    line: int
    source: Span | None
    pieces: tuple[Piece, ...]
    listed: bool
    plain: bool
    outputs: Span | None
    execution_count: Span | None

    @property
    def text(self) -> str:
        """The source as saved: strings joined, line ends as they are."""
        return "".join([piece.value for piece in self.pieces])


class Layout(NamedTuple):
    """A notebook file of format 4: its text, the list of cells and what is in it."""

    text: str
    cells_span: Span
    cells: tuple[CellLayout, ...]


def layout(text: str) -> Layout | None:
    """Find the cells in the text of a notebook file, which may not start with a byte order mark.

    Returns:
        Where they stand; None where the text is no notebook of format 4.
    """
    cells: list[CellLayout] = []

    def walk(key: str, at: int) -> int:
        if key != "cells":
            return _end(text, at)
        cells.clear()  # the last value of a key counts
        return _cells(text, at, cells)

    try:
        fields, end = _object(text, _skip(text, 0), walk)
        if _skip(text, end) != len(text) or "cells" not in fields or "nbformat" not in fields:
            return None
        major, _ = _DECODE(text, fields["nbformat"].start)
        if type(major) is not int or major != _MAJOR:
            return None
        return Layout(text, fields["cells"], tuple(cells))
    except (ValueError, RecursionError, MemoryError):  # as json.loads
        return None


def file_lines(layout: Layout, cell: int) -> tuple[int, ...]:
    """Return the line of the file (from 1) of each line of a cell's source; there is always one.

    Args:
        layout: of the file.
        cell: number of the cell, from 1.
    """
    found = layout.cells[cell - 1]
    if not found.pieces:
        start = found.source.start if found.source else found.span.start
        return (found.line + layout.text.count("\n", found.span.start, start),)
    lines = []
    at, line = found.span.start, found.line
    for piece in found.pieces:
        line += layout.text.count("\n", at, piece.start)
        at = piece.start
        lines.append(line)
    starts = starts_of(found.pieces)
    source = found.text
    first = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", source))]
    return tuple(lines[bisect_right(starts, offset) - 1] for offset in first)


def starts_of(pieces: tuple[Piece, ...]) -> list[int]:
    """Return where each string starts in the joined source."""
    return [0, *accumulate(len(piece.value) for piece in pieces[:-1])]


def _skip(text: str, at: int) -> int:
    """Return the first place from `at` on that is no blank."""
    match = _BLANK(text, at)
    return match.end() if match else at


def _end(text: str, at: int) -> int:
    """Return the place after the value that starts at `at`."""
    end: int = _DECODE(text, at)[1]
    return end


def _cells(text: str, at: int, cells: list[CellLayout]) -> int:
    """Add the cells of the list that starts at `at`; return the place after it."""
    seen, line = 0, 1

    def walk(at: int) -> int:
        nonlocal seen, line
        line += text.count("\n", seen, at)
        seen = at
        cell = _cell(text, at, line)
        cells.append(cell)
        return cell.span.end

    return _elements(text, at, walk)


def _elements(text: str, at: int, walk: Callable[[int], int]) -> int:
    """Go through the list that starts at `at`; return the place after it.

    Args:
        text: of the file.
        at: where the list starts.
        walk: is given where an element starts, and returns where it ends.

    Raises:
        ValueError: there is no list.
    """
    at = _skip(text, _expect(text, at, "["))
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _skip(text, walk(at))
        if text[at : at + 1] == "]":
            return at + 1
        at = _skip(text, _expect(text, at, ","))


def _object(text: str, at: int, walk: Callable[[str, int], int]) -> tuple[dict[str, Span], int]:
    """Go through the object that starts at `at`.

    Args:
        text: of the file.
        at: where the object starts.
        walk: is given a key and where its value starts, and returns where it ends.

    Returns:
        The values by their keys, the last one of a key, and the place after the object.

    Raises:
        ValueError: there is no object.
    """
    found: dict[str, Span] = {}
    at = _skip(text, _expect(text, at, "{"))
    if text[at : at + 1] == "}":
        return found, at + 1
    while True:
        _expect(text, at, '"')
        key, end = _DECODE(text, at)
        at = _skip(text, _expect(text, _skip(text, end), ":"))
        end = walk(key, at)
        found[key] = Span(at, end)
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return found, at + 1
        at = _skip(text, _expect(text, at, ","))


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise ValueError(f"no {mark} at {at}")
    return at + 1


def _cell(text: str, at: int, line: int) -> CellLayout:
    """Return the cell whose object starts at `at`, in a line of the file."""
    pieces: list[Piece] = []
    listed, plain = False, True

    def string(at: int) -> int:
        nonlocal plain
        value, end = _DECODE(text, at)
        if isinstance(value, str):
            pieces.append(Piece(at, end, value))
        else:
            plain = False
        return int(end)

    def walk(key: str, at: int) -> int:
        nonlocal listed, plain
        if key != "source":
            return _end(text, at)
        pieces.clear()
        listed, plain = text[at : at + 1] == "[", True
        return _elements(text, at, string) if listed else string(at)

    fields, end = _object(text, at, walk)
    source = fields.get("source")
    return CellLayout(
        span=Span(at, end),
        line=line,
        source=source,
        pieces=tuple(pieces),
        listed=listed,
        plain=plain and source is not None,
        outputs=fields.get("outputs"),
        execution_count=fields.get("execution_count"),
    )
