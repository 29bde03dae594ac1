"""Many variables go into a cell and out of it: it is cut at the wrong place.

## Why it hurts

As a function the cell would need all these parameters and return all these values, and a test would have to prepare
the first and look at the second.

## What is found

A cell for which the variables that it reads from cells above, and those that it binds and cells below read, are more
than `max-crossing` together. Imports, functions, classes and constants don't count. The help names the line after
which the fewest variables cross, among those that aren't near its ends.

## How to mend it

Cut the cell at the line that the finding names, or move statements to the cell that makes or needs their variables.
Variables that always go together belong in one table or object.

## Options

`max-crossing` (10): how many variables may go in and out together.

## Related

pylint has R0913 (too-many-arguments) and R0914 (too-many-locals) for functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook, Statement


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that too many variables go into and out of."""
    needs: dict[int, set[str]] = {}
    gives: dict[int, set[str]] = {}
    plain: dict[str, bool] = {}
    statements: dict[int, list[Statement]] = {}
    for statement in notebook.statements:
        here = statement.cell.number
        statements.setdefault(here, []).append(statement)
        for name, sources in notebook.reaching[statement.index].items():
            for there in {notebook.statements[s].cell.number for s in sources} - {here}:
                if plain.setdefault(name, _is_plain(notebook, name)):
                    continue
                needs.setdefault(here, set()).add(name)
                gives.setdefault(there, set()).add(name)
    for number in sorted(needs.keys() | gives.keys()):
        i, o = len(needs.get(number, ())), len(gives.get(number, ()))
        if i + o > notebook.options.max_crossing:
            message = f"cell {number} needs {i} names and gives {o}: cut it elsewhere"
            place = notebook.cell_place(notebook.cells[number - 1])
            yield Finding(place, "NB405", "info", message, _help(notebook, statements[number]))


def _is_plain(notebook: Notebook, name: str) -> bool:
    return name in notebook.imported or notebook.is_constant(name) or notebook.is_definition(name)


def _help(notebook: Notebook, statements: list[Statement]) -> str:
    if len(statements) < 4:
        return "move its statements to the cells that make or need their variables"
    crossing = _crossing(notebook, statements)
    margin = len(statements) // 3
    gaps = range(max(margin, 1), len(statements) - margin)
    best = min(gaps, key=lambda gap: (crossing[gap], abs(2 * gap - len(statements))))
    last = statements[best - 1]
    line = last.code.source_line(last.node.end_lineno or last.node.lineno)
    count = f"{crossing[best]} of its own variables cross" if crossing[best] != 1 else "1 of its own variables crosses"
    return f"cut it after line {line}: there {count}"


def _crossing(notebook: Notebook, statements: list[Statement]) -> list[int]:
    """Return, for each place between two statements of a cell, how many of the cell's variables cross it."""
    first = statements[0].index
    reads: dict[tuple[str, int], int] = {}  # a variable and where it was bound -> where it is last read
    for statement in statements:
        for name, sources in notebook.reaching[statement.index].items():
            for source in sources:
                if source >= first and name not in notebook.imported:
                    reads[name, source] = statement.index
    changes = [0] * (len(statements) + 2)
    for (_, bound), read in reads.items():
        if read > bound:
            changes[bound - first + 1] += 1
            changes[read - first + 1] -= 1
    total, found = 0, []
    for change in changes:
        total += change
        found.append(total)
    return found


CASES = """
#=== bad | three in and three out | options=max_crossing:5
# %%
a = load()
b = load()
c = load()
# %%
low = a + b + c
high = low * 2
mean = high / low
# %%
print(low, high, mean)
#=== bad | many out | options=max_crossing:2
# %%
a = b = c = load()
# %%
print(a + b + c)
#=== bad | two in and two out | options=max_crossing:3
# %%
a, b = load()
# %%
a2 = a + 1
b2 = b + 1
# %%
print(a2, b2)
#=== good | constants, imports and functions | options=max_crossing:3
# %%
import numpy as np
import pandas as pd
A = B = C = D = 1
def double(v):
    return v * 2
# %%
x = np.sum([A, B, C, D])
y = pd.Series(double(x))
#=== good | what stays inside | options=max_crossing:5
# %%
a, b, c = load()
total = a + b + c
rest = total - a
# %%
print(total)
#=== good | bound but not read below | options=max_crossing:3
# %%
a, b, c, d = load()
# %%
print(a)
"""
