"""Findings as JUnit's XML, which every CI shows: a suite a notebook, a failed case a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nb2pkg.lint.findings import FileReport, Reported
from nb2pkg.report.check.text import where

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_ATTRIBUTE = {**_TEXT, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


def render(reports: Sequence[FileReport], colour: bool = False) -> str:
    """Return all files as XML; a notebook without findings is one case that passes."""
    found = sum(len(report.findings) for report in reports)
    tests = sum(len(report.findings) or 1 for report in reports)
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append(f'<testsuites name="nb2pkg check" tests="{tests}" failures="{found}" errors="0" time="0">')
    for report in reports:
        lines += _suite(report)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(report: FileReport) -> Iterator[str]:
    name, found = _attribute(report.path), len(report.findings)
    counts = f'tests="{found or 1}" failures="{found}" errors="0" skipped="0" time="0"'
    yield f'  <testsuite name="{name}" {counts}>'
    if not found:
        yield f'    <testcase classname="{name}" name="nb2pkg check" time="0"/>'
    for reported in report.findings:
        yield from _case(report.path, reported)
    yield "  </testsuite>"


def _case(path: str, reported: Reported) -> Iterator[str]:
    finding = reported.finding
    at = where("", finding.place).removeprefix(":")
    name = _attribute(" ".join(filter(None, (finding.code, reported.name, at))))
    lines = [f"{where(path, finding.place)}: {finding.message}", reported.source.strip()]
    lines += [f"help: {finding.help}"] if finding.help else []
    body = _escaped("\n".join(line for line in lines if line), _TEXT)
    yield f'    <testcase classname="{_attribute(path)}" name="{name}" time="0">'
    yield f'      <failure type="{finding.severity}" message="{_attribute(finding.message)}">{body}</failure>'
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return _escaped(text, _ATTRIBUTE)


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in _NOT_XML.sub("\ufffd", text))
