"""A long notebook defines no function at all.

## Why it hurts

A test calls a function and looks at what it returns: where there is none, nothing of the notebook can be tested but
the whole. Its steps can't be used in another notebook except by copying them.

## What is found

A notebook with at least `max-top-level-lines` lines of code (no blank lines, comments or magics) and no `def`
anywhere, methods included. One finding for the file. A notebook with a cell that can't be parsed and that holds `def`
is none.

## How to mend it

Make a function of each step that has a name in your head: `load`, `clean`, `add_features`, `fit`. Start with the cells
that were copied (NB406), or let `nb2pkg convert` write the functions.

## Options

`max-top-level-lines` (100): from how many lines of code on a notebook should have a function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import FUNCTIONS, Notebook

_HELP = "make functions of the steps that have a name: load, clean, fit; 'nb2pkg convert' writes them from the cells"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding when a notebook is long and has no function."""
    most = notebook.options.max_top_level_lines
    if notebook.text.count("\n") < most and sum(c.source.count("\n") + 1 for c in notebook.cells) < most:
        return
    if any(notebook.find(kind) for kind in FUNCTIONS):
        return
    if any(lowered.tree is None and "def " in lowered.python for lowered in notebook.codes.values()):
        return
    lines = sum(_lines(lowered.tree) for lowered in notebook.codes.values() if lowered.tree is not None)
    if lines >= most:
        message = f"{lines} lines of code and no function: nothing here can be tested"
        yield Finding(Place(), "NB407", "warning", message, _HELP)


def _lines(tree: ast.Module) -> int:
    """Return how many lines the code of a cell stands on; what became of a magic, `pass`, doesn't count."""
    found: set[int] = set()
    for node in tree.body:
        if not isinstance(node, ast.Pass):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(found)


CASES = """
#=== bad | many lines | options=max_top_level_lines:4
# %%
a = 1
b = a + 1
# %%
c = a + b
print(c)
#=== bad | loops and a lambda are no functions | options=max_top_level_lines:4
# %%
double = lambda v: 2 * v
# %%
for i in range(3):
    print(double(i))
print("done")
#=== bad | a class that holds data only | options=max_top_level_lines:4
# %%
class Settings:
    rate = 1
# %%
a = Settings.rate
print(a)
#=== good | short | options=max_top_level_lines:4
# %%
a = 1
print(a)
#=== good | a function | options=max_top_level_lines:4
# %%
def double(v):
    return 2 * v
# %%
a = double(2)
print(a)
#=== good | a method | options=max_top_level_lines:4
# %%
class Box:
    def size(self):
        return 3
# %%
print(Box().size())
#=== good | comments are no code | options=max_top_level_lines:4
# %%
# one
# two
# three
a = 1
print(a)
"""
