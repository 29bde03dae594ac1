"""Loops and branches outside of functions are nested deeply.

## Why it hurts

Each level multiplies the ways through the code, and none of them can be tested apart from the others. When the cell
fails in the middle, the variables of all levels are left in an unknown state.

## What is found

A statement of a cell in which loops, branches, `with` and `try` blocks stand more than `max-depth` deep. `elif` adds no
level, nor do comprehensions, and the bodies of functions and classes aren't looked at. One finding a statement, at the
first line that is too deep.

## How to mend it

Make a function of what the inner loop does, or turn the condition around and leave early with `continue`.

## Options

`max-depth` (3): how deep blocks may stand.

## Related

pylint has R1702 (too-many-nested-blocks), ruff PLR1702, both for functions too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nb2pkg.lint.facts.blocks import DEFINITIONS
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_HELP = "make a function of what the inner block does, or leave early with `continue`"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each top-level statement that nests too deeply."""
    most = notebook.options.max_depth
    for statement in notebook.statements:
        if isinstance(statement.node, DEFINITIONS) or not hasattr(statement.node, "body"):
            continue
        depth, place = _deepest(statement.node, most)
        if place is not None:
            message = f"loops and branches stand {depth} deep at top level (more than {most})"
            where = notebook.line_place(statement.cell, statement.code.source_line(place.lineno))
            yield Finding(where, "NB410", "info", message, _HELP)


def _deepest(node: ast.stmt, most: int) -> tuple[int, ast.stmt | None]:
    """Return how deep blocks stand in a statement, and the first block that is deeper than allowed."""
    deepest = 0
    first: ast.stmt | None = None
    stack = [(node, 1)]
    while stack:
        block, depth = stack.pop()
        deepest = max(deepest, depth)
        if depth > most and first is None:
            first = block
        stack.extend(reversed([(b, d) for b, d in _inner(block, depth) if hasattr(b, "body") or hasattr(b, "cases")]))
    return deepest, first


def _inner(block: ast.stmt, depth: int) -> Iterator[tuple[ast.stmt, int]]:
    """Yield the statements that a block holds, with the depth that they'd have as blocks."""
    parts: list[tuple[Sequence[ast.stmt], int]] = [(getattr(block, "body", []), depth + 1)]
    for part in [*getattr(block, "handlers", ()), *getattr(block, "cases", ())]:
        parts.append((part.body, depth + 1))
    orelse: list[ast.stmt] = getattr(block, "orelse", [])
    is_elif = isinstance(block, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If)
    parts += [(orelse, depth if is_elif else depth + 1), (getattr(block, "finalbody", []), depth + 1)]
    for body, level in parts:
        for node in body:
            if not isinstance(node, DEFINITIONS):
                yield node, level


CASES = """
#=== bad | four levels
# %%
for a in range(3):
    for b in range(3):
        if a > b:
            while b:
                b -= 1
#=== bad | below try and with
# %%
with open("f") as file:
    try:
        for line in file:
            if line:
                print(line)
    except ValueError:
        pass
#=== bad | in an else branch
# %%
if x:
    pass
else:
    for a in range(3):
        for b in range(3):
            if a:
                print(b)
#=== good | three levels
# %%
for a in range(3):
    for b in range(3):
        if a > b:
            print(a, b)
#=== good | a chain of elif is one level
# %%
for a in range(3):
    for b in range(3):
        if a == 0:
            print(0)
        elif a == 1:
            print(1)
        elif a == 2:
            print(2)
        else:
            print(3)
#=== good | in a function
# %%
def f(rows):
    for a in rows:
        for b in a:
            if b:
                for c in b:
                    print(c)
#=== good | a comprehension
# %%
x = [c for a in rows if a for b in a if b for c in b if c]
"""
