"""A cell's saved output ends with an error.

## Why it hurts

The notebook was saved in a state in which it does not run to its end: the cells below show results of another run.
A test that executes the notebook stops here.

## What is found

Cells with a traceback among their saved outputs. Cells tagged `raises-exception` (Jupyter carries on after them) or
`skip-execution` are meant to be so, as are those with nbval's mark `# NBVAL_RAISES_EXCEPTION`.

## How to mend it

Correct the cell, *Restart and run all*, and save. Where the error is what you want to show, catch it with
`try`/`except` and print it, or tag the cell `raises-exception`.

## Related

`nbmake` and `nbval` find such cells by executing them.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_HELP = "correct it and run the notebook again, or tag the cell raises-exception if it fails on purpose"
_MEANT = frozenset({"raises-exception", "nbval-raises-exception"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that ended with an error."""
    for cell in notebook.cells:
        if not cell.raw_outputs or cell.skipped or not _MEANT.isdisjoint(cell.tags):
            continue
        if "NBVAL_RAISES_EXCEPTION" in cell.source:
            continue
        error = next((output for output in cell.outputs if output.kind == "error"), None)
        if error is not None:
            name = f": `{error.name}`" if error.name.replace(".", "_").isidentifier() else ""
            message = f"cell {cell.number} ended with an error{name}"
            yield Finding(notebook.cell_place(cell), "NB708", "warning", message, _HELP)


CASES = """
#=== bad | a name error
# %% error=NameError
print(x)
#=== bad | interrupted by hand
# %% error=KeyboardInterrupt
while True: pass
#=== bad | the second cell
# %% out=1
print(1)
# %% error=ValueError
int("a")
#=== good | meant to fail
# %% error=ValueError tags=raises-exception
int("a")
#=== good | meant to fail, as nbval has it
# %% error=ValueError
# NBVAL_RAISES_EXCEPTION
int("a")
#=== good | an error as text
# %% out=ValueError
print("ValueError")
#=== good | never executed
# %% error=ValueError tags=skip-execution
int("a")
"""
