"""Columns and functions of the preprocessing that no test mentions.

## Why it hurts

Someone has begun to test this project, but the step in which most mistakes are made has no test: a column that is
computed wrongly gives a model that runs and is wrong.

## What is found

Only where tests lie beside the notebook or above it in the same project (`test_*.py`, or a folder `tests` or `test`):
columns that the notebook makes or fills (`df["ratio"] = df["a"] / df["b"]`), and functions that clean, join, reshape or
encode tables, whose name stands in no test file. One finding a notebook, at the first of them.

## How to mend it

Write a test that calls the function with a table of a few rows, one of them with a missing value, and looks at the
column. Make a function of the step first if it is none yet.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.beside import Beside
from nb2pkg.lint.facts.globals import nodes_of
from nb2pkg.lint.facts.stages import is_preparing, makes_column
from nb2pkg.lint.facts.words import listed
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import FUNCTIONS, Notebook

_ROOTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", ".git"})
_MOST_FILES = 500
_MOST_ABOVE = 5


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding when tests lie near the notebook, and none mentions some of its preprocessing."""
    made = sorted([*_columns(notebook), *_functions(notebook)])
    files = _test_files(notebook.beside) if made else []
    if not files:
        return
    tested = {word for path in files for word in re.findall(r"\w[\w ]*", notebook.beside.text(path))}
    known = tested | {word for text in tested for word in text.split()}
    missing = {name: place for place, name in reversed(made) if name not in known}
    if missing:
        names = [name for name in dict.fromkeys(name for _, name in made) if name in missing]
        message = f"preprocessing of {listed(names)} isn't covered by any test beside the notebook"
        advice = f"write a test with a few rows, one of them with a missing value, that looks at `{names[0]}`"
        yield Finding(missing[names[0]], "NB409", "info", message, advice)


def _columns(notebook: Notebook) -> Iterator[tuple[Place, str]]:
    """Yield the columns that are made from others, in functions too."""
    for site in notebook.find(ast.Assign):
        if makes_column(site.node):
            yield notebook.place(site.node.targets[0], site.statement), site.node.targets[0].slice.value


def _functions(notebook: Notebook) -> Iterator[tuple[Place, str]]:
    """Yield the functions whose body prepares a table, unless they are found by a column."""
    for function in notebook.functions:
        nodes = [node for node, _, _ in nodes_of(function.node, frozenset())]
        if any(isinstance(n, ast.Assign) and makes_column(n) for n in nodes) or any(
            isinstance(n, FUNCTIONS) for n in nodes
        ):
            continue
        if any(isinstance(n, ast.Call) and is_preparing(notebook.qualified(n.func)) for n in nodes):
            line = function.statement.code.source_line(function.node.lineno)
            yield notebook.line_place(function.statement.cell, line), function.node.name


def _test_files(beside: Beside) -> list[str]:
    """Return the paths, relative to the notebook, of the test files beside it and above it in its project."""
    found: list[str] = []
    folder = "."
    for _ in range(_MOST_ABOVE):
        names = beside.names(folder)
        found += [f"{folder}/{name}" for name in names if _is_test(name)]
        for below in ("tests", "test"):
            found += _below(beside, f"{folder}/{below}") if below in names else []
        if not _ROOTS.isdisjoint(names):
            break
        folder = f"{folder}/.."
    else:
        return [path for path in found if not path.startswith("./..")]  # no project around it
    return found[:_MOST_FILES]


def _below(beside: Beside, folder: str) -> list[str]:
    """Return the Python files in a folder of tests and in the folders directly in it."""
    found: list[str] = []
    for name in beside.names(folder):
        if name.endswith(".py"):
            found.append(f"{folder}/{name}")
        elif "." not in name:
            found += [f"{folder}/{name}/{inner}" for inner in beside.names(f"{folder}/{name}") if inner.endswith(".py")]
    return found


def _is_test(name: str) -> bool:
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


CASES = """
#=== bad | a column that no test mentions | files=tests/test_clean.py:def test_income(): pass
# %%
import pandas as pd
df = pd.read_csv("d.csv")
df["ratio"] = df["income"] / df["size"]
#=== bad | a function, and a test beside the notebook | files=test_load.py:from project import load
# %%
def clean(df):
    return df.dropna().drop_duplicates()
#=== bad | one of two columns | files=tests/test_clean.py:assert list(clean(rows)["ratio"]) == [1]
# %%
def clean(df):
    df["ratio"] = df["a"] / df["b"]
    df["total"] = df["a"] + df["b"]
    return df
#=== good | no tests at all
# %%
df["ratio"] = df["income"] / df["size"]
#=== good | a test mentions the column | files=tests/test_clean.py:assert list(clean(rows)["ratio"]) == [1]
# %%
def clean(df):
    df["ratio"] = df["a"] / df["b"]
    return df
#=== good | a test calls the function | files=test_clean.py:from project import clean
# %%
def clean(df):
    return df.dropna().drop_duplicates()
#=== good | a dictionary, and a prediction | files=tests/test_clean.py:def test_nothing(): pass
# %%
found = {}
found["n"] = len(df)
df["guess"] = model.predict(df[["a"]])
"""
