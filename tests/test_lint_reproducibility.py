"""Reproducibility: the order in which calls run, seeds, and the fixes that the rules offer."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.lint.beside import Beside
from nb2pkg.lint.check import check_bytes
from nb2pkg.lint.facts.randomness import runs
from nb2pkg.lint.fixes import apply_fixes
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.source import Cell, Source

IMPORT = "from sklearn.cluster import KMeans\n"


def saved(*cells: str) -> bytes:
    """Return a notebook file of code cells."""
    made: list[dict[str, object]] = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None, "id": f"c{n}"}
        for n, text in enumerate(cells)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}).encode()


def fixed(code: str, *cells: str) -> list[str]:
    """Return the sources of a notebook after all fixes of a rule, the unsafe ones too."""
    data = saved(*cells)
    fixes = [f.fix for f in check_bytes(data, "a.ipynb", frozenset({code})) if f.fix is not None]
    after = json.loads(apply_fixes(data, fixes).data)
    return ["".join(cell["source"]) for cell in after["cells"]]


def order(*cells: str) -> list[str]:
    """Return the names of what a notebook calls, in the order of `runs`; in brackets what may never run."""
    source = Source(tuple(Cell(n, "code", text) for n, text in enumerate(cells, 1)), {})
    notebook = Notebook("a.ipynb", source, "\n".join(cells), beside=Beside(), options=Options())
    names = [(run.call.name or ast.unparse(run.call.node.func), run.reached) for run in runs(notebook) if run.call]
    return [name if reached else f"({name})" for name, reached in names]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("KMeans()", "KMeans(random_state=0)"),
        ("KMeans(3)", "KMeans(3, random_state=0)"),
        ("KMeans(3,)", "KMeans(3, random_state=0)"),
        (
            "KMeans(\n    n_clusters=3,\n    max_iter=9,\n)",
            "KMeans(\n    n_clusters=3,\n    max_iter=9, random_state=0\n)",
        ),
        ("KMeans((3))", "KMeans((3), random_state=0)"),
        ("KMeans(random_state=None)", "KMeans(random_state=0)"),
        ("[KMeans(n) for n in (2, 3)]", "[KMeans(n, random_state=0) for n in (2, 3)]"),
        ("f'é {1}', KMeans('é')", "f'é {1}', KMeans('é', random_state=0)"),
    ],
)
def test_random_state_is_added(call: str, wanted: str) -> None:
    """The argument goes to the end of the call, whatever the call looks like."""
    (source,) = fixed("NB302", f"{IMPORT}model = {call}")
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(f"{IMPORT}model = {wanted}"))


def test_seed_constant_of_the_notebook_is_used() -> None:
    """The seed is the notebook's own, where it has one above."""
    assert fixed("NB302", "SEED = 42", f"{IMPORT}model = KMeans(3)")[1].endswith("KMeans(3, random_state=SEED)")
    assert fixed("NB302", f"{IMPORT}model = KMeans(3)", "SEED = 42")[0].endswith("KMeans(3, random_state=0)")


def test_no_fix_among_comments() -> None:
    """Where a comment stands behind the last argument the finding has no fix."""
    (found,) = check_bytes(saved(f"{IMPORT}model = KMeans(\n    3  # three\n)"), "a.ipynb", frozenset({"NB302"}))
    assert found.fix is None


def test_fix_in_a_timed_line() -> None:
    """Code behind a magic is edited at its own place."""
    assert fixed("NB302", f"{IMPORT}%time model = KMeans(3)")[0].endswith("%time model = KMeans(3, random_state=0)")


def test_fix_in_lines_of_windows() -> None:
    """Lines that end in CR LF do not move the edit."""
    text = "from sklearn.cluster import KMeans\r\na = 1\r\nmodel = KMeans(3)\r\nb = 2"
    assert fixed("NB302", text)[0].replace("\r\n", "\n") == text.replace("\r\n", "\n").replace(
        "(3)", "(3, random_state=0)"
    )


def test_listing_is_sorted() -> None:
    """The listing alone is wrapped."""
    cell = "import os\nimport pandas as pd\ndf = pd.concat([pd.read_csv(n) for n in os.listdir('d') if n])"
    assert fixed("NB304", cell) == [cell.replace("os.listdir('d')", "sorted(os.listdir('d'))")]


@given(st.lists(st.sampled_from(["3", "n_clusters=3", "max_iter=9", "init='random'"]), unique=True), st.booleans())
def test_fixed_once_is_fixed(arguments: list[str], broken: bool) -> None:
    """After the fix nothing is found, and nothing but the argument has changed."""
    arguments.sort(key=lambda a: "=" in a)
    if {"3", "n_clusters=3"} <= set(arguments):
        arguments.remove("n_clusters=3")
    call = "KMeans(\n    " + ",\n    ".join(arguments) + "\n)" if broken else f"KMeans({', '.join(arguments)})"
    (source,) = fixed("NB302", f"{IMPORT}model = {call}")
    assert not check_bytes(saved(source), "a.ipynb", frozenset({"NB302"}))
    tree = ast.parse(source)
    (made,) = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    assert made.keywords.pop().arg == "random_state"
    assert ast.dump(tree) == ast.dump(ast.parse(f"{IMPORT}model = {call}"))


def test_calls_run_in_order() -> None:
    """A function runs where it is first used, a method where its name is called, what nobody uses at the end."""
    assert order(
        "def f():\n    return g()\ndef g():\n    return len([])\ndef unused():\n    return max(1, 2)",
        "class A:\n    def __init__(self):\n        abs(1)\n    def run(self):\n        sum([])",
        "print(1)\nf()\na = A()",
        "a.run()",
    ) == [
        "builtins.print", "f", "g", "builtins.len", "A", "builtins.abs", ".run", "builtins.sum", "(builtins.max)",
    ]  # fmt: skip


def test_a_chain_of_functions_is_no_recursion() -> None:
    """Thousands of functions that call each other are followed without a deep stack."""
    cells = [f"def f{n}():\n    return f{n + 1}()" for n in range(3000)]
    assert len(order(*cells, "def f3000():\n    return 1", "f0()")) == 3001


def test_seed_in_a_cell_that_is_no_python() -> None:
    """A cell that can't be read, but speaks of seeds, is taken to seed."""
    found = check_bytes(
        saved("import numpy as np", "np.random.seed(0) if", "x = np.random.rand()"), "a.ipynb", frozenset({"NB301"})
    )
    assert found == ()
