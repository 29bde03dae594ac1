"""A cell has code, but was never executed, while others were.

## Why it hurts

Nobody knows whether this code works or what it would change in the cells below it. A run from top to bottom executes it
for the first time, so the saved results may not be what comes out.

## What is found

A code cell without an execution count in a notebook in which at least one other code cell has one. Empty cells, cells
of comments only, cells tagged `skip-execution` or `raises-exception`, and notebooks whose counts a tool has removed are
none. What shows an output without a count is NB203's.

## How to mend it

Run the notebook from top to bottom and save it, or delete the cell. If it must not run, tag it `skip-execution`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import Cell

_HELP = "run all cells from top to bottom and save, delete the cell, or tag it `skip-execution`"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell with code that has no execution count, when others have one."""
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    if not any(cell.count is not None for cell in code):
        return
    for cell in code:
        if cell.count is None and not cell.raw_outputs and _has_code(cell):
            message = f"cell {cell.number} has code but was never executed, others were"
            yield Finding(notebook.cell_place(cell), "NB204", "info", message, _HELP)


def _has_code(cell: Cell) -> bool:
    if cell.skipped or "raises-exception" in cell.tags:
        return False
    lines = (line.strip() for line in cell.source.split("\n"))
    return any(line and not line.startswith("#") for line in lines)


CASES = """
#=== bad | never run, its neighbour was
# %% count=1
a = 1
# %%
b = a + 1
#=== bad | only the last was run
# %%
import math
# %% count=7
print(3)
#=== bad | a magic counts as code
# %% count=1
a = 1
# %%
#!%timeit a + 1
#=== good | all counts were removed by a tool
# %%
a = 1
# %%
b = a + 1
#=== good | empty, or comments alone
# %% count=1
a = 1
# %%
# to do: more
# %%
#=== good | it is not meant to run
# %% count=1
a = 1
# %% tags=skip-execution
import torch
#=== good | it was run: NB203 has the rest
# %% count=1
a = 1
# %% out=3
print(3)
"""
