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
#=== bad | two cells | settings=max_top_level_lines:6
# %%
a = load()
b = a.dropna()
c = b.describe()
# %%
print(a)
print(b)
print(c)
#=== bad | loops and a lambda are no functions | settings=max_top_level_lines:6
# %%
double = lambda v: 2 * v
for i in range(3):
    a = double(i)
    b = a + 1
    c = b + 1
    print(c)
#=== bad | a class that only holds data | settings=max_top_level_lines:6
# %%
class Settings:
    rate = 1
    size = 2
    name = "a"
    text = "b"
    last = 5
#=== good | short | settings=max_top_level_lines:6
# %%
a = load()
b = a.dropna()
print(b)
#=== good | a function | settings=max_top_level_lines:6
# %%
def double(v):
    return 2 * v
# %%
a = 1
b = double(a)
c = double(b)
print(a, b, c)
#=== good | a method | settings=max_top_level_lines:6
# %%
class Box:
    def size(self):
        return 3
a = Box()
b = a.size()
print(b)
#=== good | comments, blank lines and magics are no code | settings=max_top_level_lines:6
# %%
#!%matplotlib inline
# first
# second

# third
a = 1
# %%
b = 2

print(a, b)
#=== good | a function in a cell that does not parse | settings=max_top_level_lines:6
# %%
def double(v:
    return 2 * v
# %%
a = 1
b = 2
c = 3
d = 4
e = 5
print(a, b, c, d, e)
"""
