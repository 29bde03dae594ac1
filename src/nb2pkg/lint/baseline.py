"""Findings that a team accepts for now: `--baseline FILE` reports only what is new.

A finding is known again by its rule, its line and its message without numbers, and not by its place: cells may move
and other lines may change. Where several are alike, their number counts: one more is new.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence

from nb2pkg.lint.digests import digest_of
from nb2pkg.lint.findings import FileReport, Reported
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import NoReturn

_FORMAT = 1
_KEY = "nb2pkg-baseline"


class Baseline(NamedTuple):
    """The findings that are accepted.

    Args:
        files: path, with slashes, from the folder -> (code, fingerprint) -> how many of them.
        folder: of the baseline's file.
    """

    files: dict[str, dict[tuple[str, str], int]]
    folder: str = ""


def fingerprint(code: str, source_line: str, message: str, name: str) -> str:
    """Return what a finding is known by wherever it moves.

    Args:
        code: of the rule.
        source_line: the line of the cell; how its words are spaced does not count.
        message: what was found; numbers in it do not count, but for those in backticks, which are code.
        name: of the rule.
    """
    told = re.sub(r"`[^`]*`|\d+(?:[.,]\d+)*", lambda found: found[0] if found[0][0] == "`" else "#", message)
    parts = (code, name, " ".join(source_line.split()), " ".join(told.split()))
    return digest_of(*(part.encode("utf-8", "surrogatepass") for part in parts), size=8).hex()


def apply(baseline: Baseline, path: str, reported: Sequence[Reported]) -> tuple[tuple[Reported, ...], int]:
    """Return the findings of a file that are new, and how many are accepted.

    Args:
        baseline: what is accepted.
        path: of the file, as it can be opened.
        reported: its findings, in order: of findings that are alike, the first are those that are known.
    """
    known = dict(baseline.files.get(_place_of(path, baseline.folder), {}))
    left = []
    for one in reported:
        key = _key_of(one)
        if known.get(key, 0):
            known[key] -= 1
        else:
            left.append(one)
    return tuple(left), len(reported) - len(left)


def write_baseline(reports: Sequence[FileReport], file: str = "") -> str:
    """Return a baseline that accepts all findings of some files.

    Args:
        reports: of the files.
        file: where it will be written; paths are relative to its folder. Empty: they stay as they are.
    """
    folder = _folder_of(file)
    files: dict[str, dict[tuple[str, str], int]] = {}
    for report in reports:
        counts = files.setdefault(_place_of(report.path, folder), {})
        for one in report.findings:
            key = _key_of(one)
            counts[key] = counts.get(key, 0) + 1
    texts = []
    for path, counts in sorted(files.items()):
        lines = [json.dumps([*key, count]) for key, count in sorted(counts.items())]
        if lines:
            texts.append(f"    {json.dumps(path)}: [\n      " + ",\n      ".join(lines) + "\n    ]")
    inner = "{\n" + ",\n".join(texts) + "\n  }" if texts else "{}"
    return f'{{\n  "{_KEY}": {_FORMAT},\n  "files": {inner}\n}}\n'


def read_baseline(text: str, file: str = "") -> Baseline:
    """Return a baseline.

    Args:
        text: of the file.
        file: its path.

    Raises:
        UsageError: it is none.
    """
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        _refuse(f"is not valid JSON: {getattr(error, 'msg', error)}", file, line, getattr(error, "colno", 0))
    except RecursionError:
        _refuse("is nested too deeply", file)
    if not isinstance(data, dict) or _KEY not in data:
        _refuse(f"is no baseline of nb2pkg: there is no `{_KEY}` in it", file)
    if data[_KEY] != _FORMAT:
        _refuse(f"has format {json.dumps(data[_KEY])[:20]}, but only {_FORMAT} is known", file)
    files = data.get("files")
    if not isinstance(files, dict):
        _refuse("`files` must be an object", file)
    return Baseline({path: _counts(path, rows, file) for path, rows in files.items()}, _folder_of(file))


def _counts(path: str, rows: object, file: str) -> dict[tuple[str, str], int]:
    """Return the findings of one notebook; of rows for the same finding, as a merge leaves them, the counts add up."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows if isinstance(rows, list) else [rows]:
        match row:
            case [str(code), str(known), int(count)] if not isinstance(count, bool) and count >= 0:
                counts[code, known] = counts.get((code, known), 0) + count
            case _:
                _refuse(f"{json.dumps(path)}: each finding must be a list of code, fingerprint and number", file)
    return counts


def _key_of(one: Reported) -> tuple[str, str]:
    finding = one.finding
    return finding.code, one.fingerprint or fingerprint(finding.code, one.source, finding.message, one.name)


def _folder_of(file: str) -> str:
    return os.path.dirname(os.path.abspath(file)) if file else ""


def _place_of(path: str, folder: str) -> str:
    """Return a path as a baseline in a folder names it."""
    if folder:
        try:
            path = os.path.relpath(path, folder)
        except ValueError:  # another drive
            path = os.path.abspath(path)
    return path if os.sep == "/" else path.replace(os.sep, "/")


def _refuse(message: str, file: str, line: int = 0, column: int = 0) -> NoReturn:
    from nb2pkg.errors import UsageError  # 30 ms, which only errors cost
    from nb2pkg.model import Location

    location = Location(file, 0, line, column) if file else None
    raise UsageError(f"the baseline {message}", location=location, hint="delete it, and accept today's findings anew")
