"""The fuzzer finds the planted defects, each within so many notebooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from defects import DEFECTS, Defect, planted
from fuzz import random_notebooks
from harness import close_worker, examine
from notebook_strategies import RandomNotebook

EXAMPLES = 600


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


@pytest.fixture(scope="module")
def right_notebooks() -> list[RandomNotebook]:
    """Notebooks that are converted rightly: what fails with a defect in place fails because of it."""
    return [n for n in random_notebooks(EXAMPLES, 1) if examine(n.cells, n.headings).kind == "same"]


@pytest.mark.slow
def test_most_notebooks_are_right(right_notebooks: list[RandomNotebook]) -> None:
    assert len(right_notebooks) >= EXAMPLES * 0.95


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_fuzzer_finds_defect(defect: Defect, right_notebooks: list[RandomNotebook]) -> None:
    with planted(defect):
        found = any(examine(n.cells, n.headings).bad for n in right_notebooks)
    assert found, f"{len(right_notebooks)} notebooks did not show it"


def test_enough_defects_are_planted() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 15
