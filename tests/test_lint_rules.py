"""Every rule against the cases in its own file: it reports the bad ones, and leaves the look-alikes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2pkg.lint.cases import Case
from nb2pkg.lint.check import check_bytes
from nb2pkg.lint.docs import cases, documented, page
from nb2pkg.lint.examine import examine
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules.table import BY_CODE, ROWS

FEWEST = 3  # cases of each kind
CASES = [(code, case) for code in documented() for case in cases(code)]


def named(value: object) -> str:
    """Return the name of a parameter of a test."""
    return f"{value.kind}: {value.why}" if isinstance(value, Case) else str(value)


def findings(code: str, case: Case, folder: Path) -> tuple[Finding, ...]:
    """Return what a rule finds in a case whose notebook and files lie in a folder."""
    place = folder / case.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(case.data)
    for name, text in case.files:
        (place.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (place.parent / name).write_text(text, encoding="utf-8")
    options = Options(**case.numbers)
    if code == "NB707":  # known when the other rules have run
        codes = frozenset(row.code for row in ROWS if row.default)
        report = examine(case.data, case.name, codes, "", options)
        return tuple(reported.finding for reported in report.findings if reported.finding.code == code)
    return check_bytes(case.data, case.name, frozenset({code}), str(place.parent), options)


@pytest.mark.parametrize("code", documented())
def test_rule_has_cases_of_both_kinds(code: str) -> None:
    assert len(page(code).bad) >= FEWEST
    assert len(page(code).good) >= FEWEST
    assert len({case.why for case in cases(code)}) == len(cases(code)), "each case says something of its own"


@pytest.mark.parametrize(("code", "case"), CASES, ids=named)
def test_case_is_found_or_left_alone(code: str, case: Case, tmp_path: Path) -> None:
    found = findings(code, case, tmp_path)
    assert {finding.code for finding in found} <= {code}
    assert bool(found) == (case.kind == "bad"), found
    assert found == findings(code, case, tmp_path), "the same each time"
    for finding in found:
        assert_well_formed(finding, case)


def assert_well_formed(finding: Finding, case: Case) -> None:
    """Assert that a finding stands in the notebook, and says what people can read."""
    place = finding.place
    severities = ("error", "warning", "info")
    assert (
        finding.severity in severities[severities.index(BY_CODE[finding.code].severity) :]
    ), "not more than its rule says"
    assert finding.message.strip() == finding.message != ""
    assert "\n" not in finding.message + finding.help
    assert not finding.message.endswith(".")
    if case.raw is not None:
        return
    assert 0 <= place.cell <= len(case.cells)
    if place.cell and place.line:
        lines = case.cells[place.cell - 1].source.split("\n")
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        assert (place.end_line, place.end_column) >= (place.line, place.column)
    if finding.fix:
        assert BY_CODE[finding.code].fix
