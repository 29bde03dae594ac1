"""Reports of files as JSON, which the cache keeps beside the text that people read."""

from __future__ import annotations

import json

from nb2pkg.lint.findings import Edit, FileReport, Finding, Fix, Place, Reported, Score, Term
from nb2pkg.lint.records import Record
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def record(report: FileReport, text: str, key: bytes = b"") -> Record:
    """Return the record of a report with its text."""
    fixable = sum(1 for r in report.findings if r.finding.is_fixable)
    value = report.score.value if report.score else 100
    return Record(len(report.findings), fixable, value, key, text.encode("utf-8", "replace"), _dumped(report))


def report_of(found: Record, path: str) -> FileReport:
    """Return the report that a record holds, for a file of a name."""
    findings, score, suppressed = json.loads(found.report)
    value = Score(score[0], tuple(Term(*term) for term in score[1]), score[2]) if score else None
    return FileReport(path, tuple(_reported(item) for item in findings), value, suppressed)


def _dumped(report: FileReport) -> bytes:
    # Named tuples are lists to JSON.
    return json.dumps([report.findings, report.score, report.suppressed], separators=(",", ":")).encode("ascii")


def _reported(item: list[Any]) -> Reported:
    finding = item[0]
    return Reported(Finding(Place(*finding[0]), *finding[1:])._replace(fix=_fix(finding[5])), *item[1:])


def _fix(item: list[Any] | None) -> Fix | None:
    if item is None:
        return None
    return Fix(item[0], item[1], tuple(Edit(*edit) for edit in item[2]), tuple(item[3]), tuple(item[4]))
