"""Findings as GitLab's code quality report, a subset of Code Climate's format."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nb2pkg.lint.findings import FileReport, Reported
from nb2pkg.report.check.identity import identified, storable
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return all findings as JSON; lines are those of the file, where a merge request can show them."""
    return json.dumps([_issue(*found) for found in identified(reports)], indent=2) + "\n"


def _issue(report: FileReport, reported: Reported, identity: str) -> dict[str, Any]:
    finding, place = reported.finding, reported.finding.place
    at = f"cell {place.cell}: " if place.cell else ""
    return {
        "description": storable(f"{at}{finding.message}"),
        "check_name": finding.code,
        "fingerprint": identity,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": storable(report.path.removeprefix("./")),
            "lines": {"begin": max(reported.file_line, 1)},
        },
    }
