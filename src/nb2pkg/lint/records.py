"""Reports of files as bytes, for the cache and between processes.

A record begins with what a summary needs and with the text that people read, so that a run in which nothing changed
prints it without building a finding; the rest is JSON.
"""

from __future__ import annotations

from nb2pkg.lint.findings import Edit, FileReport, Finding, Fix, Place, Reported, Score, Term
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

_SEPARATOR = "\x00"
PATH = "\x01"  # in texts, where control characters are escaped


class Record(NamedTuple):
    """What is kept of one file.

    Args:
        found: how many findings there are.
        fixable: how many of them have a safe fix.
        score: the testability score.
        text: the findings as text without colours, `PATH` where the file's path is to stand: files with the same
            content share a record.
        report: the whole report, as JSON.
    """

    found: int
    fixable: int
    score: int
    text: str
    report: str

    def encoded(self) -> bytes:
        """Return the record as bytes."""
        head = f"{self.found} {self.fixable} {self.score}"
        return _SEPARATOR.join((head, self.text, self.report)).encode("utf-8", "surrogatepass")


def record(report: FileReport, text: str) -> Record:
    """Return the record of a report with its text."""
    fixable = sum(1 for r in report.findings if r.finding.fix is not None and r.finding.fix.safe)
    value = report.score.value if report.score else 100
    return Record(len(report.findings), fixable, value, text, _dumped(report))


def decoded(data: bytes) -> Record | None:
    """Return a record of such bytes, or None for others."""
    parts = data.decode("utf-8", "surrogatepass").split(_SEPARATOR)
    numbers = parts[0].split(" ")
    if len(parts) != 3 or len(numbers) != 3 or not all(n.isdigit() for n in numbers):
        return None
    return Record(int(numbers[0]), int(numbers[1]), int(numbers[2]), parts[1], parts[2])


def report_of(found: Record, path: str) -> FileReport:
    """Return the report that a record holds, for a file of a name."""
    import json  # a run in which nothing changed does without

    findings, score, suppressed = json.loads(found.report)
    value = Score(score[0], tuple(Term(*term) for term in score[1]), score[2]) if score else None
    return FileReport(path, tuple(_reported(item) for item in findings), value, suppressed)


def _dumped(report: FileReport) -> str:
    import json

    # Named tuples are lists to JSON. ASCII, so that the separator is escaped.
    return json.dumps([report.findings, report.score, report.suppressed], separators=(",", ":"))


def _reported(item: list[Any]) -> Reported:
    finding = item[0]
    return Reported(Finding(Place(*finding[0]), *finding[1:])._replace(fix=_fix(finding[5])), *item[1:])


def _fix(item: list[Any] | None) -> Fix | None:
    if item is None:
        return None
    return Fix(item[0], item[1], tuple(Edit(*edit) for edit in item[2]), tuple(item[3]), tuple(item[4]))
