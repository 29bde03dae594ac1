"""Imports of what libraries no longer have: they stay in their place, and people are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import analysed, code_of, converted

from nb2pkg.flow.gone import gone


@pytest.mark.parametrize(
    ("imported", "library", "since"),
    [
        ("sklearn.preprocessing.Imputer", "scikit-learn", "0.22"),
        ("sklearn.cross_validation", "scikit-learn", "0.20"),
        ("sklearn.cross_validation.train_test_split", "scikit-learn", "0.20"),
        ("sklearn.externals.joblib", "scikit-learn", "0.24"),
        ("collections.Iterable", "Python", "3.12"),
    ],
)
def test_what_is_gone(imported: str, library: str, since: str) -> None:
    found = gone(imported)
    assert found is not None
    assert (found.library, found.since) == (library, since)


@pytest.mark.parametrize(
    "imported",
    ["sklearn", "sklearn.preprocessing", "sklearn.preprocessing.StandardScaler", "collections.Counter", "scipy.stats"],
)
def test_what_is_there(imported: str) -> None:
    assert gone(imported) is None


def test_the_import_stays_and_what_is_above_it_runs(tmp_path: Path) -> None:
    project = converted(
        tmp_path,
        "print('before')",
        "from sklearn.preprocessing import Imputer, StandardScaler",
        "imputer = Imputer()\nscaler = StandardScaler()",
    )
    modules = code_of(project)
    assert "    from sklearn.preprocessing import Imputer, StandardScaler\n" in modules["pipeline"]
    assert not any("Imputer" in line for text in modules.values() for line in text.splitlines() if line[:4] == "from")
    assert [(f.code, f.location.cell, f.message) for f in project.findings] == [
        ("NB303", 2, "`sklearn.preprocessing.Imputer` is gone from scikit-learn 0.22 on")
    ]


def test_other_imports_move(tmp_path: Path) -> None:
    flow = analysed(tmp_path, "from sklearn.preprocessing import StandardScaler\nimport scipy.misc")
    assert [i.name for i in flow.imports] == ["StandardScaler"]


def test_imports_that_nothing_reads_stay_beside_a_star(tmp_path: Path) -> None:
    modules = code_of(converted(tmp_path, "from sympy import *\nimport hvplot.pandas", "x = symbols('x')\nprint(x)"))
    assert "import hvplot.pandas\n" in modules["pipeline"]
