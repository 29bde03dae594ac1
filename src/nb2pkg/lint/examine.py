"""One file -> its report: findings without those that the notebook suppresses, with what formats show beside them."""

from __future__ import annotations

from nb2pkg.lint.check import findings_of, read, sorting_key
from nb2pkg.lint.findings import FileReport, Finding, Reported
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules.table import BY_CODE
from nb2pkg.lint.score import score
from nb2pkg.lint.source import Cell

_SECRETS = frozenset({"NB106"})


def examine(data: bytes, path: str, codes: frozenset[str], folder: str, options: Options) -> FileReport:
    """Return the report of one file.

    Args:
        data: the file.
        path: as reports name it.
        codes: the rules that are on.
        folder: where it lies; empty: nowhere.
        options: the numbers that rules go by.
    """
    notebook = read(data, path, folder, options)
    findings = found = findings_of(notebook, codes)
    suppressed = 0
    if isinstance(notebook, Notebook):
        findings, suppressed = unsuppressed(notebook, findings, codes)
    secrets = found if codes >= _SECRETS or not findings else findings_of(notebook, _SECRETS)
    reported = _reported(notebook, findings, secrets) if findings else ()
    return FileReport(path, reported, score(findings), suppressed)


def unsuppressed(
    notebook: Notebook, findings: tuple[Finding, ...], codes: frozenset[str]
) -> tuple[tuple[Finding, ...], int]:
    """Return the findings that no comment, tag or metadata takes away, and how many were; NB707 among the findings."""
    if "nb2pkg" not in notebook.text and "noqa" not in notebook.code_text.lower():
        return findings, 0
    from nb2pkg.lint.suppressions import apply, find_suppressions, unused

    suppressions = find_suppressions(notebook.cells, notebook.source.metadata)
    left, used = apply(findings, suppressions)
    taken = len(findings) - len(left)
    if "NB707" in codes:
        idle, _ = apply(unused(suppressions, used, codes), suppressions)
        left = tuple(sorted((*left, *idle), key=sorting_key))
    return left, taken


def _reported(
    notebook: Notebook | Finding, findings: tuple[Finding, ...], secrets: tuple[Finding, ...]
) -> tuple[Reported, ...]:
    if isinstance(notebook, Finding):
        return tuple(Reported(f, BY_CODE[f.code].name, fingerprint=f.message) for f in findings)
    if not notebook.text.lstrip().startswith("{"):  # a script or a text: only what lies in JSON is mended
        findings = tuple(finding._replace(fix=None) for finding in findings)
    secret = _secret_lines(secrets)
    cells = {f.place.cell for f in findings if 0 < f.place.cell <= len(notebook.cells)}
    lines = {number: _shown_lines(notebook.cells[number - 1], secret) for number in cells}
    return tuple(_with_source(notebook, finding, lines.get(finding.place.cell, [])) for finding in findings)


def _shown_lines(cell: Cell, secret: frozenset[tuple[int, int]]) -> list[str]:
    """Return the lines of a cell, those that hold a secret empty."""
    lines = cell.source.split("\n")
    return ["" if (cell.number, n) in secret else line for n, line in enumerate(lines, 1)] if secret else lines


def _secret_lines(findings: tuple[Finding, ...]) -> frozenset[tuple[int, int]]:
    """Return cell and line of all lines that hold a secret: no report shows them, whatever it is about."""
    places = [finding.place for finding in findings if finding.code in _SECRETS]
    return frozenset((p.cell, line) for p in places for line in range(p.line, max(p.line, p.end_line) + 1))


def _with_source(notebook: Notebook, finding: Finding, lines: list[str]) -> Reported:
    from nb2pkg.lint.baseline import fingerprint

    place, name = finding.place, BY_CODE[finding.code].name
    shown = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    about = shown or next((line for line in lines if line.strip()), "")
    mark = fingerprint(finding.code, about, finding.message, name)
    return Reported(finding, name, notebook.cells[place.cell - 1].id if lines else "", shown, fingerprint=mark)


def located(report: FileReport, data: bytes) -> FileReport:
    """Return a report whose findings name the lines of the file (JSON) that they stand in.

    Args:
        report: of the file.
        data: its bytes.
    """
    from nb2pkg.lint.jsontext import file_lines, layout

    found = layout(data.decode("utf-8-sig", "replace"))
    if found is None:
        return report
    known: dict[int, tuple[int, ...]] = {}

    def line_of(reported: Reported) -> int:
        cell, line = reported.finding.place[:2]
        if not 0 < cell <= len(found.cells):
            return 1
        if cell not in known:
            known[cell] = file_lines(found, cell)
        lines = known[cell]
        return lines[min(max(line, 1), len(lines)) - 1]

    return report._replace(findings=tuple(r._replace(file_line=line_of(r)) for r in report.findings))
