"""Baselines: files that list the findings which a team accepts for now."""

from __future__ import annotations

from nb2pkg.errors import UsageError
from nb2pkg.lint.baseline import apply, read_baseline, write_baseline
from nb2pkg.lint.findings import FileReport
from nb2pkg.lint.fixes import write_atomically


def accepted(path: str, reports: list[FileReport]) -> list[FileReport]:
    """Return the reports without the findings that a baseline lists.

    Raises:
        UsageError: the baseline can't be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"the baseline {path} can't be read: {why}", hint="make it with --write-baseline") from None
    known = read_baseline(text, path)
    left = []
    for report in reports:
        findings, taken = apply(known, report.path, report.findings)
        left.append(report._replace(findings=findings, suppressed=report.suppressed + taken))
    return left


def listed(path: str, reports: list[FileReport]) -> tuple[list[FileReport], str]:
    """Write a baseline of all findings; return the reports without them, and what to say of that."""
    write_atomically(path, write_baseline(reports, path).encode("utf-8"))
    count = sum(len(report.findings) for report in reports)
    note = f"Accepted {count} finding{'' if count == 1 else 's'} in {path}."
    return [report._replace(findings=()) for report in reports], note
