"""Safe fixes leave what a notebook computes: random ones, mended, show the same as before, and convert as before."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from fuzz import random_notebooks
from harness import close_worker, examine, execute_cells, notebook_bytes

from nb2pkg.commands.check_fix import Guard, mend
from nb2pkg.commands.check_jobs import Job
from nb2pkg.lint.check import read
from nb2pkg.lint.findings import Fix
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules.table import ROWS

JOB = Job("a.ipynb", None, frozenset(row.code for row in ROWS), tuple(Options()), "")
COUNT = 60
# What --fix takes away, and what looks alike and must stay.
ADDED = (
    "import os",
    "import os, sys",
    "import os\nprint(os.sep)",
    "from math import pi, sqrt\nprint(pi)",
    "from math import (\n    pi,\n    sqrt,\n)\nprint(sqrt(4))",
    "import json  # noqa: NB701",
    "import random; print(random.Random(3).random())",
    "import itertools; import functools",
    "x_text = 'import os'  # noqa: NB604",
    "try:\n    import decimal\nexcept ImportError:\n    decimal = None",
    "import math as m\ndef area(r):\n    return m.pi * r\nprint(area(1))",
    "",
    "   ",
    "# only words",
    "import string\nprint(eval('string.digits'))",
    "import collections.abc\nprint(collections.__name__)",
)


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


@cache
def books() -> tuple[tuple[str, ...], ...]:
    """Return the cells of random notebooks with cells that fixes change, or must not."""
    rng = random.Random(7)
    found = []
    for notebook in random_notebooks(COUNT, 7):
        cells = list(notebook.cells)
        for text in rng.sample(ADDED, 4):
            cells.insert(rng.randint(0, len(cells)), text)
        found.append(tuple(cells))
    return tuple(found)


def mended(cells: Sequence[str]) -> tuple[bytes, bytes, int]:
    """Return a notebook before and after its safe fixes, and how many these were."""
    before = notebook_bytes(cells)
    after, count = mend(before, JOB, unsafe=False)
    return before, after, count


def sources(data: bytes) -> list[str]:
    """Return the sources of a notebook's cells."""
    return [cell["source"] for cell in json.loads(data)["cells"]]


@pytest.mark.parametrize("number", range(COUNT))
def test_mended_notebook_shows_the_same(number: int) -> None:
    before, after, _ = mended(books()[number])
    was, now = execute_cells(sources(before)), execute_cells(sources(after))
    assert (now.stdout, now.error) == (was.stdout, was.error)


def test_something_was_mended() -> None:
    assert sum(mended(cells)[2] for cells in books()) > COUNT


@pytest.mark.parametrize("number", range(COUNT))
def test_second_fix_changes_nothing(number: int) -> None:
    _, after, _ = mended(books()[number])
    assert mend(after, JOB, unsafe=False) == (after, 0)


@pytest.mark.parametrize("number", range(0, COUNT, 6))
def test_mended_notebook_converts_as_before(number: int) -> None:
    before, after, _ = mended(books()[number])
    verdict = examine(sources(after))
    assert verdict.kind == examine(sources(before)).kind
    assert not verdict.bad, verdict.detail


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("import os\nx = 1\nprint(x)", True),
        ("x = 1\nprint(x)", True),
        ("x = 2\nprint(x)", False),  # computes something else
        ("x = 1\nprint(x", False),  # no longer parses
        ("print(x)\nx = 1", False),
    ],
)
def test_what_would_change_the_flow_is_refused(text: str, fine: bool) -> None:
    before = read(notebook_bytes(["import os\nx = 1\nprint(x)"]), "a.ipynb")
    assert isinstance(before, Notebook)
    guard = Guard(before, JOB, [Fix("a safe one", True)])
    assert guard(notebook_bytes([text])) == fine
