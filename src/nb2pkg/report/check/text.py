"""Findings as people read them: place, code and message, the source line with a mark, help, and a summary.

A hook prints this, so that nothing is imported here that costs time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nb2pkg.lint.findings import FileReport, Place, Reported
from nb2pkg.report.check.summary import summary

_INDENT = "    "
_RESET = "\x1b[0m"
_BOLD, _RED, _YELLOW, _BLUE, _CYAN = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m"
_COLOURS = {"error": _RED, "warning": _YELLOW, "info": _BLUE}


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return all findings and a summary as text.

    Args:
        reports: of all files, those without findings included.
        colour: with the escapes that colour it on a terminal.
    """
    counts = [(len(r.findings), sum(1 for reported in r.findings if reported.finding.is_fixable)) for r in reports]
    return "".join(findings_text(report, colour) for report in reports) + summary(counts)


def findings_text(report: FileReport, colour: bool = False, path: str = "") -> str:
    """Return the findings of one file as text, a line end behind each line.

    Args:
        report: of the file.
        colour: with the escapes that colour it on a terminal.
        path: what stands for the file's path in the text; empty: the path itself.
    """
    if not report.findings:
        return ""
    from nb2pkg.report.check.source_line import printable

    shown = path or printable(report.path)
    return "".join(f"{line}\n" for reported in report.findings for line in _finding(shown, reported, colour))


def where(path: str, place: Place) -> str:
    """Return a place as all formats for people name it: `churn.ipynb:cell 7:3:1`, as far as it is known."""
    cell = f":cell {place.cell}" if place.cell else ""
    return f"{path}{cell}:{place.line}:{max(place.column, 1)}" if place.line else path + cell


def _finding(path: str, reported: Reported, colour: bool) -> Iterator[str]:
    from nb2pkg.report.check.source_line import marked, printable  # clean notebooks do without

    place, code, severity, message, help_, _ = reported.finding
    tint, bold, cyan = (_COLOURS[severity], _BOLD, _CYAN) if colour else ("", "", "")
    at = _tinted(where(path, place), bold)
    star = " [*]" if reported.finding.is_fixable else ""
    yield f"{at}: {_tinted(f'{code} [{severity[0].upper()}]', tint)} {printable(message)}{star}"
    if place.line and reported.source.strip():
        # What goes on in further lines is meant to the end of this one.
        end = place.end_column if place.end_line <= place.line else len(reported.source) + 1
        text, blanks, mark = marked(reported.source, place.column, end)
        yield f"{_INDENT}{text}"
        yield f"{_INDENT}{blanks}{_tinted(mark, tint)}"
    if help_:
        yield f"{_INDENT}{_tinted('help:', cyan)} {printable(help_)}"


def _tinted(text: str, tint: str) -> str:
    return f"{tint}{text}{_RESET}" if tint else text
