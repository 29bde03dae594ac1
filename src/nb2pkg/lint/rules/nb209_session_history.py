"""The code reads what IPython remembers of the session: `_`, `Out[3]`, `In`.

## Why it hurts

What these names hold depends on which cells were run, and how often, so the next run may take another value without any
error. In a script or a test there is no such history at all.

## What is found

Reads of `_`, `__`, `___`, `_3`, `_i`, `_i3`, `Out` and `In` where no cell above binds the name. Throw-away names
(`first, _ = pair`, `for _ in range(3)`), parameters, and translations (`_("text")`) are none.

## How to mend it

Give the value a name in the cell that makes it, and read that name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook, Statement

_LAST = frozenset({"_", "__", "___", "_i", "_ii", "_iii"})
_LISTS = frozenset({"In", "Out", "_ih", "_oh"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each name of the history, where a cell first reads it."""
    told: set[tuple[int, str]] = set()
    for node, statement, _function in notebook.find(ast.Name):
        name = node.id
        if name[0] not in "_IO" or not _is_history(name) or not isinstance(node.ctx, ast.Load):
            continue
        key = (statement.cell.number, name)
        if key in told or not _is_read(notebook, statement, name) or _is_called(notebook, node):
            continue
        told.add(key)
        where = f"cell with execution count {name.strip('_i')}" if name[-1].isdigit() else "cell that makes it"
        yield Finding(
            notebook.place(node, statement),
            "NB209",
            "warning",
            f"`{name}` is IPython's memory of the session: its value depends on which cells were run, and when",
            f"give the value a name in the {where}, and read that name",
        )


def _is_history(name: str) -> bool:
    return name in _LAST or name in _LISTS or (name[0] == "_" and name[1:].removeprefix("i").isdecimal())


def _is_read(notebook: Notebook, statement: Statement, name: str) -> bool:
    """True when a statement reads a name of the notebook that nothing above it binds."""
    names = statement.names
    if name not in names.uses | names.late_uses or (statement.unsure and name in _LISTS):
        return False
    return not any(bound.index <= statement.index for bound in notebook.bindings.get(name, ()))


def _is_called(notebook: Notebook, node: ast.Name) -> bool:
    above = notebook.parent(node)
    return isinstance(above, ast.Call) and above.func is node


CASES = """
#=== bad | the last result
# %%
3 * 4
# %%
x = _ + 1
#=== bad | a result by its number
# %%
3 * 4
# %%
x = Out[1] + _1
#=== bad | the history of inputs
# %%
for source in In:
    print(source)
#=== bad | read when the function is called
# %%
def again():
    return _ * 2
#=== good | a throw-away name
# %%
first, _ = (1, 2)
print(_)
#=== good | loops, comprehensions, parameters
# %%
rows = [[0 for _ in range(3)] for _ in range(3)]
total = 0
for _ in range(3):
    total += _
key = lambda _: _ + 1
def third(_, __):
    return __
#=== good | translation
# %%
from django.utils.translation import gettext as _
print(_("Hello"))
#=== good | a class of one's own
# %%
class Out:
    pass
result = Out()
#=== good | the pattern that matches anything
# %%
command = "go"
match command:
    case "stop":
        speed = 0
    case _:
        speed = 1
"""
