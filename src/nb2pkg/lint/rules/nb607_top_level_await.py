"""`await` at top level: it works only where an event loop is running already.

## Why it hurts

A notebook has such a loop, a test or a script has none, so the cell's code can't be moved there as it stands. Each
test of it needs a plugin, or `asyncio.run`.

## What is found

`await`, `async for` and `async with` outside of functions. Within `async def` they are where they belong.

## How to mend it

Put it into an `async def main()`; in the notebook `await main()`, in a package `asyncio.run(main())`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for the first top-level `await` of each cell."""
    told: set[int] = set()
    sites = [s for kind in (ast.Await, ast.AsyncFor, ast.AsyncWith) for s in notebook.find(kind)]
    for site in sorted(sites, key=lambda s: (s.statement.index, s.node.lineno, s.node.col_offset)):
        if site.function is None and site.statement.cell.number not in told:
            told.add(site.statement.cell.number)
            message = "`await` at top level needs an event loop in tests"
            help_ = "put it into an `async def main()`, and run that with `asyncio.run`"
            yield Finding(notebook.place(site.node, site.statement), "NB607", "info", message, help_)


CASES = """
#=== bad | a call
# %%
import asyncio
await asyncio.sleep(0)
#=== bad | a loop
# %%
async for row in rows():
    print(row)
#=== bad | a context manager
# %%
async with open_it() as f:
    pass
#=== good | in a function
# %%
async def f():
    await g()
#=== good | run by asyncio
# %%
import asyncio
async def f(): return 1
x = asyncio.run(f())
#=== good | a name
# %%
awaited = 3
"""
