"""What changes in place: `lint/facts/mutation.py`."""

from __future__ import annotations

import pytest

from nb2pkg.lint.beside import Beside
from nb2pkg.lint.facts.mutation import mutated
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.source import Cell, Source


def notebook(*cells: str) -> Notebook:
    """Return a notebook of code cells."""
    return Notebook(
        "a.ipynb",
        Source(tuple(Cell(n, "code", text) for n, text in enumerate(cells, 1)), {}),
        "\n".join(cells),
        beside=Beside(),
        options=Options(),
    )


def changes(code: str) -> list[tuple[str, str, bool]]:
    """Return name, manner and whether a function has to be called, for each change in a cell."""
    return [(m.name, m.how, m.function is not None) for found in mutated(notebook(code)).values() for m in found]


@pytest.mark.parametrize(
    ("code", "name", "how"),
    [
        ("rows.append(1)", "rows", "append"),
        ("df['a'] = 1", "df", "item"),
        ("df.loc[0, 'a'], y = 1, 2", "df", "item"),
        ("df.columns = ['a']", "df", "attribute"),
        ("df['a'].fillna(0, inplace=True)", "df", "inplace"),
        ("y = df.pop('y')", "df", "pop"),
        ("del df['a']", "df", "del"),
        ("model.fit(x, y)", "model", "fit"),
        ("import random\nrandom.shuffle(rows)", "rows", "shuffle"),
        ("import numpy as np\nnp.add(a, b, out=c)", "c", "out"),
        ("rows += [1]", "rows", "+="),
        ("import numpy as np\na = np.zeros(3)\na *= 2", "a", "*="),
        ("[rows.append(x) for x in y]", "rows", "append"),
    ],
)
def test_change(code: str, name: str, how: str) -> None:
    """Each way to change an object is seen with its name."""
    assert changes(code) == [(name, how, False)]


@pytest.mark.parametrize(
    "code",
    [
        "total = frame.add(other)",
        "n += 1",
        "del df",
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 100",
        "f(x).append(1)",
        "df = df.fillna(0)",
        "for row in rows: [r.append(1) for r in row]",
        "def f(rows):\n    rows.append(1)",
        "def f():\n    rows = []\n    def g():\n        rows.append(1)\n    g()",
        "df.fillna(0, inplace=False)",
    ],
)
def test_no_change(code: str) -> None:
    """What makes new objects, modules, and functions' own names are left alone."""
    assert changes(code) == []


def test_change_by_a_function() -> None:
    """What a function does to an object of the notebook is told with the function."""
    assert changes("rows = []\ndef f(x):\n    rows.append(x)\ng = lambda x: rows.append(x)") == [
        ("rows", "append", True),
        ("rows", "append", True),
    ]
