"""A function reads or writes files and transforms data as well.

## Why it hurts

A test of the transformation must bring a file along, and one of the reading gets the transformed table. Where a file
is written, each test leaves something behind.

## What is found

A function whose body has a call that reads or writes data (`read_csv`, `open`, `json.load`, `requests.get`, `to_csv`,
`np.save`) and cleans, joins, reshapes or encodes a table (`dropna`, `merge`, `get_dummies`), makes columns from others,
or arranges the table in two ways or more (`drop`, `rename`, `set_index`). Saving a figure isn't meant, nor a function
that only calls two others which do one of these each.

## How to mend it

Split it: one function returns the table as it was read, the other takes a table and returns a table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.facts.globals import nodes_of
from nb2pkg.lint.facts.stages import is_arranging, is_preparing, is_reading_or_writing, makes_column
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Function, Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each function that does both, at the call that reads or writes."""
    for function in notebook.functions:
        calls, lines = _found(notebook, function)
        if calls and lines:
            yield _finding(notebook, function, calls[0], lines[0])


def _found(notebook: Notebook, function: Function) -> tuple[list[ast.Call], list[int]]:
    """Return the calls of a function that read or write, and the lines at which it transforms."""
    calls: list[ast.Call] = []
    lines: list[int] = []
    arranged: dict[str, int] = {}
    for node, _, _ in nodes_of(function.node, frozenset()):
        if isinstance(node, ast.Call):
            name = notebook.qualified(node.func)
            if is_reading_or_writing(name):
                calls.append(node)
            elif is_preparing(name):
                lines.append(node.func.end_lineno or node.lineno)
            elif is_arranging(name):
                arranged.setdefault(name, node.func.end_lineno or node.lineno)
        elif isinstance(node, ast.Assign) and makes_column(node):
            lines.append(node.lineno)
    if len(arranged) > 1:
        lines.append(min(arranged.values()))
    return calls, sorted(lines)


def _finding(notebook: Notebook, function: Function, call: ast.Call, line: int) -> Finding:
    name = function.name
    message = f"`{name}` reads or writes files and transforms data (line {function.statement.code.source_line(line)})"
    advice = f"let `{name}` take a table and return one, and read and write where it is called"
    return Finding(notebook.place(call, function.statement), "NB408", "info", message, advice)


CASES = """
#=== bad | reads and cleans
# %%
import pandas as pd
def load(path):
    df = pd.read_csv(path)
    df = df.dropna()
    df["ratio"] = df["a"] / df["b"]
    return df
#=== bad | joins and writes
# %%
def combine(left, right, path):
    both = left.merge(right, on="id").fillna(0)
    both.to_csv(path)
#=== bad | a method
# %%
import json
class Report:
    def build(self, df):
        df["month"] = df["date"].dt.month
        df["total"] = df["price"] * df["count"]
        with open(self.path) as file:
            names = json.load(file)
        return df, names
#=== bad | reads and arranges
# %%
import pandas as pd
def load(path):
    df = pd.read_csv(path).rename(columns=str.lower)
    return df.drop(columns="id")
#=== good | apart
# %%
import pandas as pd
def load(path):
    return pd.read_csv(path)
def clean(df):
    df = df.dropna()
    df["ratio"] = df["a"] / df["b"]
    return df
def prepared(path):
    return clean(load(path))
#=== good | saves a figure
# %%
import matplotlib.pyplot as plt
def show(df):
    df.dropna().drop_duplicates().plot()
    plt.savefig("a.png")
#=== good | reads only, with an index
# %%
import pandas as pd
def load(path):
    df = pd.read_csv(path)
    return df.set_index("id")
#=== good | texts, no tables
# %%
def words(path):
    text = open(path).read()
    return text.replace("a", "b").strip().lower()
"""
