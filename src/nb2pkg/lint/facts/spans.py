"""Where a node stands in the text of its cell, as offsets: for edits."""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import accumulate

from nb2pkg.lint.findings import Edit, Place
from nb2pkg.lint.notebook import Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def span(notebook: Notebook, node: Any, statement: Statement) -> tuple[int, int]:
    """Return the offsets of a node's start and end in the source of its cell."""
    place = notebook.place(node, statement)
    return offsets(statement.cell.source, place)


def offsets(source: str, place: Place) -> tuple[int, int]:
    """Return the offsets in a text of a place's start and end."""
    starts = _line_starts(source)
    last = len(starts) - 2
    return (
        starts[min(place.line - 1, last)] + place.column - 1,
        starts[min(place.end_line - 1, last)] + place.end_column - 1,
    )


@lru_cache(maxsize=4)
def _line_starts(source: str) -> tuple[int, ...]:
    """Return the offset of each line of a text, and the one behind it; a cell is asked for many times in turn."""
    return (0, *accumulate(len(line) + 1 for line in source.split("\n")))


def added_argument(notebook: Notebook, call: ast.Call, statement: Statement, text: str) -> Edit | None:
    """Return the edit that adds a keyword argument at the end of a call; None where its text can't be told."""
    source = statement.cell.source
    start, end = span(notebook, call, statement)
    if source[end - 1 : end] != ")":
        return None
    given = [*call.args, *(k.value for k in call.keywords)]
    if not given:
        at = source.rfind("(", start, end) + 1
        return Edit(statement.cell.number, at, at, text) if not source[at : end - 1].strip() else None
    last = max(span(notebook, g, statement)[1] for g in given)
    between = source[last : end - 1]
    if "#" in between:
        return None
    kept = between.rstrip()
    at = last + len(kept)
    return Edit(statement.cell.number, at, at, (" " if kept.endswith(",") else ", ") + text)


def wrapped(notebook: Notebook, node: Any, statement: Statement, function: str) -> tuple[Edit, Edit]:
    """Return the edits that make an expression the argument of a function."""
    start, end = span(notebook, node, statement)
    number = statement.cell.number
    return Edit(number, start, start, f"{function}("), Edit(number, end, end, ")")
