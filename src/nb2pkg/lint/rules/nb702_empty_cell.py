"""A cell is empty.

## Why it hurts

An empty cell makes readers look for what was there, and shifts the numbers of the cells below in reports and reviews.
It takes part in no test.

## What is found

Cells without any text. Cells with a tag, with attachments, with saved outputs, with a part in a slide show, or that
belong to an assignment (nbgrader) may be empty on purpose and are left alone.

## How to mend it

Delete the cell; `--fix` does so.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Fix
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import Cell


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each empty cell."""
    empty = [cell for cell in notebook.cells if _is_empty(cell)]
    removable = len(empty) < len(notebook.cells)  # a notebook keeps one cell
    for cell in empty:
        fix = Fix("remove the empty cell", True, removed_cells=(cell.number,)) if removable else None
        message = f"cell {cell.number} is empty"
        yield Finding(notebook.cell_place(cell), "NB702", "info", message, "delete the cell", fix)


def _is_empty(cell: Cell) -> bool:
    if cell.source and not cell.source.isspace():
        return False
    metadata = cell.metadata
    if cell.raw_outputs or cell.tags or metadata.get("attachments") or metadata.get("nbgrader"):
        return False
    slides = metadata.get("slideshow")
    return not isinstance(slides, dict) or slides.get("slide_type") in (None, "", "-", "skip")


CASES = """
#=== bad | nothing in it
# %%
x = 1
# %%
#=== bad | an empty markdown cell
# %% [markdown]
# %%
x = 1
#=== bad | only blanks
# %%
#!   
# %%
x = 1
#=== good | a comment
# %%
# nothing to do here yet
#=== good | a tag
# %% tags=parameters
# %%
x = 1
#=== good | all cells hold something
# %% [markdown]
text
# %%
x = 1
#=== good | outputs that are still shown
# %% out=3
"""
