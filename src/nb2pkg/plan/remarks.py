"""Comments of units that become one function: what all say stays in it, what one says goes to its call."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from nb2pkg.cells.text import Positions
from nb2pkg.model import Replacement, Statement


@dataclass(frozen=True, slots=True)
class Remarks:
    """Where the comments of several units go.

    Args:
        common: above and below each statement, what all have there.
        notes: per unit, the comments that are not in all.
        removed: edits that take comments which are not in all out of the first unit's statements.
    """

    common: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    removed: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class _Comment:
    text: str
    start: int
    end: int


def common_remarks(sides: Sequence[tuple[Statement, ...]]) -> Remarks:
    """Return where the comments of units go whose statements correspond to each other."""
    common: list[tuple[str, str]] = []
    notes: list[list[str]] = [[] for _ in sides]
    removed: list[Replacement] = []
    for row in zip(*sides, strict=True):
        above, below = ({s.comments for s in row}, {s.end_comments for s in row})
        common.append((row[0].comments if len(above) == 1 else "", row[0].end_comments if len(below) == 1 else ""))
        inner = [_inner(s.source) for s in row]
        everywhere = set.intersection(*({c.text for c in found} for found in inner))
        for number, statement in enumerate(row):
            notes[number] += [statement.comments] if len(above) > 1 else []
            notes[number] += [c.text for c in inner[number] if c.text not in everywhere]
            notes[number] += [statement.end_comments] if len(below) > 1 else []
        removed += [_without(row[0], c) for c in inner[0] if c.text not in everywhere]
    return Remarks(tuple(common), tuple("\n".join(filter(None, n)) for n in notes), tuple(removed))


def _inner(source: str) -> list[_Comment]:
    """Return the comments within the text of a statement."""
    if "#" not in source:
        return []
    found = []
    positions = Positions(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            start = positions.offset(line, 0) + column
            found.append(_Comment(token.string, start, start + len(token.string)))
    return found


def _without(statement: Statement, comment: _Comment) -> Replacement:
    """Return the edit that takes a comment away: with its line, where nothing else stands there."""
    source = statement.source
    start = len(source[: comment.start].rstrip(" \t"))
    alone = start > 0 and source[start - 1] == "\n"
    return Replacement(statement.index, start - 1 if alone else start, comment.end, "")
