"""Findings as GitHub's workflow commands: annotations beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from nb2pkg.lint.findings import FileReport, Reported
from nb2pkg.report.check.identity import storable

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return a command a finding, each with the line in the JSON file, where a pull request can show it."""
    return "".join(f"{_command(report.path, reported)}\n" for report in reports for reported in report.findings)


def _command(path: str, reported: Reported) -> str:
    finding, place = reported.finding, reported.finding.place
    properties = {"file": path, "line": str(max(reported.file_line, 1)), "title": finding.code}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    parts = [f"cell {place.cell}"] if place.cell else []
    parts += [f"line {place.line}"] if place.line and place.cell else []
    message = f"{', '.join(parts)}: {finding.message}" if parts else finding.message
    message += f"\nhelp: {finding.help}" if finding.help else ""
    return f"::{_LEVELS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return storable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
