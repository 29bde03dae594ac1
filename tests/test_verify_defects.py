"""`verify` finds planted defects and points to the cell whose code is broken; what is untouched is equal."""

from __future__ import annotations

from collections import Counter

import pytest
from executed import FOLDERS, runnable
from seeded import SEEDED, Seeded
from verifying import Bench

# These run always; the others, and other notebooks, only when slow tests are asked for.
QUICK = {
    "constant",
    "wrong column",
    "missing dropna",
    "copy of an alias",
    "metric",
    "missing print",
    "lost figure",
    "digits of a file",
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def marked(defect: Seeded) -> object:
    quick = defect.kind in QUICK and defect.notebook == "orders"
    return pytest.param(defect, id=defect.kind, marks=[] if quick else [pytest.mark.slow])


@pytest.mark.parametrize("defect", [marked(defect) for defect in SEEDED])
def test_defect_is_found_in_its_cell(defect: Seeded, bench: Bench) -> None:
    report = bench.seed(defect)

    assert not report.equal
    assert report.cause is not None
    assert (report.cause.cell, report.cause.text != "") == (defect.cell, True), report.cause


@pytest.mark.parametrize("name", ["orders", *runnable(FOLDERS, pytest.mark.slow)])
def test_untouched_package_is_equal(name: str, bench: Bench) -> None:
    report = bench.verify(name)

    assert report.equal, report.cause
    assert Counter(cell.status for cell in report.cells) == {"equal": len(report.cells)}
    assert {result.status for result in report.results} <= {"equal"}
    assert report.cause is None


def test_enough_kinds_of_defects_are_planted() -> None:
    assert len({defect.kind for defect in SEEDED}) == len(SEEDED) >= 30
    assert {defect.kind for defect in SEEDED} >= QUICK
