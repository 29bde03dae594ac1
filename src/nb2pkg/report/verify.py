"""The report of `verify` as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from nb2pkg.run.verdict import CellVerdict, Report

_FEW = 3  # values of a cell that are named


def report_lines(report: Report) -> list[str]:
    """Return the report for people: the verdict first, then cell by cell, then values and files."""
    return [
        *_head(report),
        "",
        *_all_cell_lines(report.cells),
        *_result_lines(report),
        *_file_lines(report),
        *(f"note: {note}" for note in report.notes),
    ]


def _head(report: Report) -> Iterator[str]:
    counts = Counter(cell.status for cell in report.cells)
    verdict = "equal" if report.equal else "different"
    told = ", ".join(f"{number} {status}" for status, number in counts.most_common())
    yield f"{report.notebook} and {report.package}: {verdict} (cells: {told or 'none'})"
    cause = report.cause
    if cause is not None:
        line = f", line {cause.line}" if cause.line else ""
        yield f"first difference: cell {cause.cell}{line}: {cause.text}"
        if cause.source:
            yield f"    {cause.source}"
        if cause.place:
            yield f"    in the package: {cause.place}"
    if report.failure:
        yield report.failure


def _all_cell_lines(cells: Sequence[CellVerdict]) -> Iterator[str]:
    """Yield the lines of all cells; equal ones that follow each other share a line."""
    for plain, group in groupby(cells, key=lambda cell: cell.status == "equal" and not cell.reason):
        found = [*group]
        if plain and len(found) > 1:
            yield f"cells {found[0].number} to {found[-1].number}: equal ({len(found)} code cells)"
        else:
            yield from (line for cell in found for line in _cell_lines(cell))


def _cell_lines(cell: CellVerdict) -> Iterator[str]:
    reason = f": {cell.reason}" if cell.reason else ""
    yield f"cell {cell.number}: {cell.status}{reason}"
    if cell.status in ("equal", "not reached"):
        return
    yield from (f"    {line}" for line in cell.diff)
    for value in cell.values[:_FEW]:
        place = f" ({value.place})" if value.place else ""
        yield f"    line {value.line}: {value.name}: {value.text}{place}"
    if len(cell.values) > _FEW:
        yield f"    and {len(cell.values) - _FEW} more values"
    for number, figure in enumerate(cell.figures, 1):
        if figure.text or figure.note:
            yield f"    figure {number}: {figure.text or figure.note}"


def _result_lines(report: Report) -> Iterator[str]:
    if report.results:
        yield ""
        yield "values at the end:"
    for result in report.results:
        told = result.text or result.wanted
        yield f"  {result.name}: {result.status}{f': {told}' if told else ''}{_reason(result.reason)}"


def _reason(text: str) -> str:
    return f" ({text})" if text else ""


def _file_lines(report: Report) -> Iterator[str]:
    if report.files:
        yield ""
        yield "files written:"
    for file in report.files:
        yield f"  {file.path}: {file.status}{f': {file.text}' if file.text else ''}"


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as JSON data."""
    cause = report.cause
    return {
        "notebook": report.notebook,
        "project": report.project,
        "package": report.package,
        "equal": report.equal,
        "cause": (
            None
            if cause is None
            else {
                "cell": cause.cell,
                "line": cause.line,
                "source": cause.source,
                "text": cause.text,
                "place": cause.place,
            }
        ),
        "failure": report.failure,
        "cells": [_cell_data(cell) for cell in report.cells],
        "results": [
            {
                "name": r.name,
                "status": r.status,
                "notebook": r.wanted,
                "package": r.got,
                "text": r.text,
                "reason": r.reason,
            }
            for r in report.results
        ],
        "files": [{"path": f.path, "status": f.status, "text": f.text} for f in report.files],
        "notes": list(report.notes),
        "python": report.python,
        "seconds": {what: round(seconds, 2) for what, seconds in report.seconds.items()},
    }


def _cell_data(cell: CellVerdict) -> dict[str, Any]:
    return {
        "cell": cell.number,
        "status": cell.status,
        "reason": cell.reason,
        "diff": list(cell.diff),
        "values": [
            {"line": v.line, "name": v.name, "text": v.text, "place": v.place, "reason": v.reason} for v in cell.values
        ],
        "figures": [{"text": f.text, "note": f.note} for f in cell.figures],
    }
