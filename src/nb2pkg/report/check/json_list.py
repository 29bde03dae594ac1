"""Findings as a list of JSON objects, one a finding, for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nb2pkg.lint.findings import FileReport, Fix, Reported
from nb2pkg.report.check.identity import storable
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return all findings as JSON, in ASCII, whatever the terminal's encoding; there are no colours.

    What a finding has not is null: the cell of a finding of the file, the line of a finding of a whole cell.
    """
    found = [as_json(report.path, reported) for report in reports for reported in report.findings]
    return json.dumps(found, indent=2) + "\n"


def as_json(path: str, reported: Reported) -> dict[str, Any]:
    """Return one finding as a JSON object."""
    finding, place = reported.finding, reported.finding.place
    return {
        "code": finding.code,
        "name": reported.name,
        "severity": finding.severity,
        "message": storable(finding.message),
        "help": storable(finding.help),
        "path": storable(path),
        "cell": place.cell or None,
        "cell_id": storable(reported.cell_id) or None,
        "line": place.line or None,
        "column": place.column or None,
        "end_line": place.end_line or None,
        "end_column": place.end_column or None,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "message": storable(fix.message),
        "safe": fix.safe,
        "edits": [
            {"cell": edit.cell, "start": edit.start, "end": edit.end, "text": storable(edit.text)} for edit in fix.edits
        ],
        "removed_cells": list(fix.removed_cells),
        "cleared_outputs": list(fix.cleared_outputs),
    }
