"""Findings as SARIF 2.1.0, which GitHub's code scanning and editors read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from nb2pkg import __version__
from nb2pkg.lint.docs import markdown, page
from nb2pkg.lint.findings import FileReport, Place, Reported
from nb2pkg.report.check.identity import identified, storable
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return all findings as one SARIF log; regions count within the source of the cell that a location names."""
    codes = sorted({reported.finding.code for report in reports for reported in report.findings})
    index = {code: number for number, code in enumerate(codes)}
    run = {
        "tool": {
            "driver": {"name": "nb2pkg", "semanticVersion": __version__, "rules": [_rule(code) for code in codes]}
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that the check ran in."}}},
        "results": [_result(*found, index) for found in identified(reports)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    found = page(code)
    why = found.sections.get("Why it hurts", found.summary)
    mend = found.sections.get("How to mend it", found.summary)
    return {
        "id": code,
        "name": found.row.name,
        "shortDescription": {"text": found.summary},
        "fullDescription": {"text": why},
        "help": {"text": f"{why}\n\n{mend}" if found.sections else found.summary, "markdown": markdown(code)},
        "defaultConfiguration": {"enabled": found.row.default, "level": _LEVELS[found.row.severity]},
        "properties": {"tags": ["notebook"]},
    }


def _result(report: FileReport, reported: Reported, identity: str, index: dict[str, int]) -> dict[str, Any]:
    finding = reported.finding
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": storable(text)},
        "locations": [_location(report.path, reported)],
        # The second name is the one that GitHub's code scanning looks for.
        "partialFingerprints": {"nb2pkg/v1": identity, "primaryLocationLineHash": f"{identity}:1"},
        "properties": {"fileLine": max(reported.file_line, 1)},
    }


def _location(path: str, reported: Reported) -> dict[str, Any]:
    place = reported.finding.place
    physical: dict[str, Any] = {"artifactLocation": artifact(path)}
    if place.line:
        physical["region"] = _region(place, reported.source)
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.cell:
        cell = {"kind": "cell", "fullyQualifiedName": f"cell {place.cell}"}
        cell |= {"decoratedName": storable(reported.cell_id)} if reported.cell_id else {}
        location["logicalLocations"] = [cell]
    return location


def _region(place: Place, source: str) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    if place.end_line >= place.line and place.end_column:
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    if source:
        region["snippet"] = {"text": storable(source)}
    return region


def artifact(path: str) -> dict[str, str]:
    """Return where a file is, as a URI: below the root where its path is relative."""
    uri = quote(storable(path.removeprefix("./")), safe="/")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    if path[1:3] == ":/":  # C:/work
        return {"uri": f"file:///{path[0]}:{quote(storable(path[2:]), safe='/')}"}
    return {"uri": uri, "uriBaseId": ROOT}
