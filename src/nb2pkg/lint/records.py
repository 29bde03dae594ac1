"""Reports of files as bytes, for the cache and between processes.

What a summary needs and the text that people read are kept apart from the rest, so that a run in which nothing changed
prints without reading or building a finding.
"""

from __future__ import annotations

from nb2pkg.lint.findings import Edit, FileReport, Finding, Fix, Place, Reported, Score, Term
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

PATH = b"\x01"  # in texts, where control characters are escaped


class Record(NamedTuple):
    """What is kept of one file.

    Args:
        found: how many findings there are.
        fixable: how many of them have a safe fix.
        score: the testability score.
        key: what the report is kept under; empty where it is not kept.
        text: the findings as UTF-8 without colours, `PATH` where the file's path is to stand: files with the same
            content share a record.
        report: the whole report, as JSON; empty where it has not been loaded.
    """

    found: int
    fixable: int
    score: int
    key: bytes
    text: bytes
    report: bytes = b""

    def encoded(self) -> bytes:
        """Return all but the report as bytes."""
        head = f"{self.found} {self.fixable} {self.score} {self.key.hex()}\n"
        return head.encode() + self.text


def record(report: FileReport, text: str, key: bytes = b"") -> Record:
    """Return the record of a report with its text."""
    fixable = sum(1 for r in report.findings if r.finding.fix is not None and r.finding.fix.safe)
    value = report.score.value if report.score else 100
    return Record(len(report.findings), fixable, value, key, text.encode("utf-8", "replace"), _dumped(report))


def decoded(data: bytes) -> Record | None:
    """Return a record, without its report, of such bytes, or None for others."""
    head, newline, text = data.partition(b"\n")
    parts = head.split(b" ")
    if not newline or len(parts) != 4 or not all(part.isdigit() for part in parts[:3]):
        return None
    return Record(int(parts[0]), int(parts[1]), int(parts[2]), bytes.fromhex(parts[3].decode("ascii")), text)


def report_of(found: Record, path: str) -> FileReport:
    """Return the report that a record holds, for a file of a name."""
    import json  # a run in which nothing changed does without

    findings, score, suppressed = json.loads(found.report)
    value = Score(score[0], tuple(Term(*term) for term in score[1]), score[2]) if score else None
    return FileReport(path, tuple(_reported(item) for item in findings), value, suppressed)


def _dumped(report: FileReport) -> bytes:
    import json

    # Named tuples are lists to JSON.
    return json.dumps([report.findings, report.score, report.suppressed], separators=(",", ":")).encode("ascii")


def _reported(item: list[Any]) -> Reported:
    finding = item[0]
    return Reported(Finding(Place(*finding[0]), *finding[1:])._replace(fix=_fix(finding[5])), *item[1:])


def _fix(item: list[Any] | None) -> Fix | None:
    if item is None:
        return None
    return Fix(item[0], item[1], tuple(Edit(*edit) for edit in item[2]), tuple(item[3]), tuple(item[4]))
