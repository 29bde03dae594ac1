"""A cell does not parse, so nothing can be run from top to bottom.

## Why it hurts

*Restart and run all* stops at this cell, and so does every test that runs the notebook. What a cell that does not
parse binds and changes is unknown, so most other rules stay silent about what follows.

## What is found

Code cells that Python 3 can't parse once IPython's syntax is set aside. Magics, shell lines, lines that ask for help
(`df.head?`), `await` at top level and cells in another language (`%%R`, `%%bash`) are none; nor are cells tagged
`raises-exception` or `skip-execution`. Nothing is said of cells that ran in a newer Python than the one that runs
nb2pkg. Cells in Python 2 are told once, at the first of them.

## How to mend it

Correct the cell, or make it a markdown cell if it is only meant to be read. A cell that shows a mistake on purpose gets
the tag `raises-exception`; Jupyter then carries on after it. Python 2 is ported with `2to3`, or `print x` by hand.

## Related

ruff and flake8 report E999 or `invalid-syntax`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from nb2pkg.cells.python2 import is_python2
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.lowering import Code
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import Cell

_HELP = "correct the cell, make it a markdown cell, or tag it raises-exception if it fails on purpose"
_HELP_PYTHON2 = "port the notebook to Python 3, with 2to3 or by hand, and run it again"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that does not parse; one for all of those in Python 2."""
    old: list[tuple[Cell, Code]] = []
    newer = _is_newer(notebook.source.metadata.get("language_info"))
    for cell in notebook.cells:
        code = notebook.codes.get(cell.number)
        if code is None or not code.error or "raises-exception" in cell.tags:
            continue
        if newer and cell.count is not None and all(output.kind != "error" for output in cell.outputs):
            continue  # it ran, in a Python with more syntax than this one has
        line = cell.source.split("\n")[code.error_line - 1 : code.error_line]
        if line and is_python2(line[0]):
            old.append((cell, code))
        else:
            yield Finding(_place(notebook, cell, code), "NB102", "error", _message(cell, code), _HELP)
    if old:
        cell, code = old[0]
        more = f", as {'do' if len(old) > 2 else 'does'} {_count(len(old) - 1)}" if len(old) > 1 else ""
        message = f"cell {cell.number} does not parse: it looks like Python 2{more}"
        yield Finding(_place(notebook, cell, code), "NB102", "error", message, _HELP_PYTHON2)


def _is_newer(info: object) -> bool:
    """Return whether a notebook was saved by a newer Python than the one that runs now."""
    version = info.get("version") if isinstance(info, dict) else None
    parts = version.split(".")[:2] if isinstance(version, str) else []
    return len(parts) == 2 and all(p.isdecimal() for p in parts) and (*map(int, parts),) > sys.version_info[:2]


def _count(number: int) -> str:
    return f"{number} more cells" if number > 1 else "one more cell"


def _message(cell: Cell, code: Code) -> str:
    if "surrogates not allowed" in code.error:
        return f"cell {cell.number} does not parse: it holds half of a character (a lone surrogate)"
    why = " ".join(code.error.removeprefix("the cell does not parse: ").split())
    return f"cell {cell.number} does not parse: {why}"


def _place(notebook: Notebook, cell: Cell, code: Code) -> Place:
    """Return the line from where Python stopped to read, or all of it where that is not in the line."""
    place = notebook.line_place(cell, max(code.error_line, 1))
    if place.column < code.error_column < place.end_column:
        return place._replace(column=code.error_column)
    return place


CASES = """
#=== bad | a bracket that never closes
# %%
x = 1
# %%
print(x
#=== bad | Python 2
# %%
print "hello"
#=== bad | an exercise that was never filled in
# %%
#!total =
total + 1
#=== bad | text that should be a markdown cell
# %%
Now we load the data and look at it
#=== good | magics, shell lines and help
# %%
#!%matplotlib inline
#!!ls
#!files = !ls
#!len?
#=== good | magics in a cell that is captured
# %%
#!%%capture log
#!!pip install pandas
import pandas as pd
#!%matplotlib inline
#=== good | await at top level
# %%
import asyncio
await asyncio.sleep(0)
#=== good | another language
# %%
#!%%bash
for f in *.csv; do echo $f; done
#=== good | the cell is meant to fail
# %% tags=raises-exception
print "hello"
#=== good | the cell is never executed
# %% tags=skip-execution
def f(:
#=== good | a command without its percent sign
# %%
pip install pandas
"""
