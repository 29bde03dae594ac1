"""The saved notebook was not run from top to bottom.

## Why it hurts

The outputs that readers see came out of another program than the one that stands there. A run from top to bottom, which
is what a test does, may give other numbers or stop.

## What is found

The execution counts that Jupyter saves decrease from a code cell to the next one that has a count. Gaps are fine (a
cell was run twice), equal and missing counts say nothing. There is one finding a notebook, at the first such pair.

## How to mend it

*Restart the kernel and run all cells*, look at the results, and save. Where the notebook can't be run from top to
bottom, move the cells into the order in which they work.

## Related

pynblint and julynter report it; nbstripout removes the counts, and with them what they tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_HELP = "restart the kernel, run all cells from top to bottom, and save"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield one finding for the first pair of cells whose execution counts decrease."""
    counted = [
        (cell, cell.count)
        for cell in notebook.cells
        if cell.kind == "code"
        and cell.count is not None
        and cell.count > 0
        and not cell.skipped
        and cell.source.strip()
    ]
    pairs = [(above, below) for above, below in pairwise(counted) if below[1] < above[1]]
    if not pairs:
        return
    (above, high), (below, low) = pairs[0]
    message = (
        "cells were executed in another order than they stand: "
        f"cell {above.number} (execution {high}) after cell {below.number} (execution {low})"
    )
    if len(pairs) > 1:
        message += f"; the order breaks at {len(pairs)} places"
    yield Finding(notebook.cell_place(below), "NB202", "warning", message, _HELP)


CASES = """
#=== bad | the second cell was run first
# %% count=2
a = 1
# %% count=1
b = 2
#=== bad | a cell above was run again at the end
# %% count=9
rate = 0.2
# %% count=3
total = 10 * rate
# %% count=4
print(total)
#=== bad | a cell without a count between
# %% count=5
a = 1
# %%
b = 2
# %% count=4
c = 3
#=== good | gaps are fine
# %% count=3
a = 1
# %% count=9
b = a
#=== good | no counts at all
# %%
a = 1
# %%
b = a
#=== good | a copied cell has the same count
# %% count=3
a = 1
# %% count=3
b = 1
#=== good | an empty cell has kept its count
# %% count=3
a = 1
# %% count=1
# %% count=4
b = a
"""
