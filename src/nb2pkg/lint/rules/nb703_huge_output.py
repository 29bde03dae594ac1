"""A cell's saved output is huge.

## Why it hurts

The notebook becomes slow to open, to review and to keep in a repository, whose history never forgets it. Outputs that
nobody can read also hide whether anything has changed.

## What is found

Cells whose saved outputs take up more than one megabyte in the file: data frames as JSON, interactive plots,
animations, endless logs.

## How to mend it

Show less (`df.head()`), save the figure as a picture of a moderate size, or write it into a file. `--unsafe-fixes`
clears the saved outputs of such cells: they are gone until the cell is run again.

## Related

The pre-commit hook `check-added-large-files` looks at files as a whole; `nbstripout` removes all outputs.

## Options

`max-output-bytes` (1000000): how much a cell may hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Fix
from nb2pkg.lint.notebook import Notebook

_HELP = "show less, or write the result into a file; then clear the output and save the notebook"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell with more than the allowed size of output."""
    limit = notebook.options.max_output_bytes
    if len(notebook.text) * (1 if notebook.text.isascii() else 4) <= limit:
        return
    for cell in notebook.cells:
        size = len(_saved(cell.raw_outputs)) if cell.raw_outputs else 0
        if size > limit:
            message = f"the saved output of cell {cell.number} takes {_spelled(size)}"
            fix = Fix("clear the saved output", False, cleared_outputs=(cell.number,))
            yield Finding(notebook.cell_place(cell), "NB703", "info", message, _HELP, fix)


def _saved(outputs: list[object]) -> bytes:
    return json.dumps(outputs, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _spelled(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.1f} kB"


CASES = """
#=== bad | a long line of text | options=max_output_bytes:140
# %% out=0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38
print(*range(39))
#=== bad | a display | options=max_output_bytes:120
# %% display='abcdefghijklmnopqrstuvwxyz'
"abcdefghijklmnopqrstuvwxyz"
#=== bad | the second of two cells | options=max_output_bytes:50
# %%
x = 1
# %% out=1
print(x)
#=== good | a short output
# %% out=1
print(1)
#=== good | long code, no output | options=max_output_bytes:50
# %%
text = "a long text that is not an output, however long it may be: only what is saved as output counts"
#=== good | below the bound | options=max_output_bytes:2000
# %% out=1 2 3 4 5 6 7 8 9
print(*range(1, 10))
"""
