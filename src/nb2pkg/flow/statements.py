"""Notebook -> statements: the top-level statements of all cells with their exact text and comments."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nb2pkg.errors import RefusedError
from nb2pkg.model import Cell, Location, Notebook, Statement

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a statement stands in its cell: lines from 1, columns as characters from 0."""

    first: int
    start: int
    last: int
    end: int


def split_statements(notebook: Notebook) -> tuple[Statement, ...]:
    """Return the top-level statements of a notebook in order, without analysis.

    Raises:
        RefusedError: a cell does not parse.
    """
    found: list[Statement] = []
    waiting: list[str] = []  # comments of cells that hold nothing else: they go to the next statement that stays
    for cell in notebook.cells:
        if cell.kind != "code" or cell.skipped:
            continue
        statements = list(_cell_statements(notebook, cell, len(found)))
        if not statements:
            waiting += _comments(cell.python.split("\n")).splitlines()
        for statement in statements:
            if waiting and not isinstance(statement.node, (ast.Import, ast.ImportFrom)):
                comments = "\n".join([*waiting, *statement.comments.splitlines()])
                statement, waiting = replace(statement, comments=comments), []
            found.append(statement)
    if waiting and found:
        found[-1] = replace(found[-1], end_comments="\n".join([*found[-1].end_comments.splitlines(), *waiting]))
    return tuple(found)


def _cell_statements(notebook: Notebook, cell: Cell, index: int) -> Iterator[Statement]:
    lines = _LINE_END.split(cell.python)
    body = _parse(notebook, cell)
    previous = 0
    spans = [_span(node, lines) for node in body]
    for number, (node, span) in enumerate(zip(body, spans, strict=True)):
        shared = number + 1 < len(spans) and spans[number + 1].first == span.last
        above = lines[previous : span.first - 1]
        is_last = number + 1 == len(body)
        yield Statement(
            index=index + number,
            location=Location(notebook.path, cell.number, _source_line(cell, span.first), span.start + 1),
            cell_id=cell.id,
            source=_text(lines, span, shared=shared),
            comments="\n".join(line.strip() for line in above if line.strip().startswith("#")),
            node=node,
            displayed=is_last and isinstance(node, ast.Expr) and not cell.silent,
            blank_before=number > 0 and any(not line.strip() for line in above),
            end_comments=_comments(lines[span.last :]) if is_last else "",
        )
        previous = span.last


def _comments(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines if line.strip().startswith("#"))


def _parse(notebook: Notebook, cell: Cell) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(cell.python).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = _source_line(cell, getattr(error, "lineno", None) or 1)
        raise RefusedError(
            f"the cell does not parse: {getattr(error, 'msg', None) or type(error).__name__}",
            location=Location(notebook.path, cell.number, line),
            hint="mend the cell, or tag it skip-execution if it is not meant to run",
        ) from None


def _source_line(cell: Cell, line: int) -> int:
    return cell.lines[line - 1] if 0 < line <= len(cell.lines) else line


def _column(line: str, offset: int) -> int:
    """Return the character column of a UTF-8 byte offset."""
    return offset if line.isascii() else len(line.encode("utf-8")[:offset].decode("utf-8", "ignore"))


def _span(node: ast.stmt, lines: list[str]) -> _Span:
    decorators = getattr(node, "decorator_list", [])
    if decorators:
        first = min(d.lineno for d in decorators)
        start = lines[first - 1].index("@")
    else:
        first, start = node.lineno, _column(lines[node.lineno - 1], node.col_offset)
    last = node.end_lineno or node.lineno
    return _Span(first, start, last, _column(lines[last - 1], node.end_col_offset or 0))


def _text(lines: list[str], span: _Span, *, shared: bool) -> str:
    """Return a statement's exact text; a comment behind it belongs to it, a semicolon does not."""
    rest = lines[span.last - 1][span.end :]
    comment = rest[rest.index("#") :] if "#" in rest and not shared else ""
    if span.first == span.last:
        text = lines[span.first - 1][span.start : span.end]
    else:
        head = lines[span.first - 1][span.start :]
        text = "\n".join([head, *lines[span.first : span.last - 1], lines[span.last - 1][: span.end]])
    return f"{text}  {comment}" if comment else text
