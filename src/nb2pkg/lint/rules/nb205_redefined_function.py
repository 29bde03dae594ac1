"""A function or class is defined twice under one name, and used in between.

## Why it hurts

Which of the two a cell means depends on when it runs, so results change when cells are run in another order. A package
or a test can import only one of them by that name.

## What is found

Two `def` or `class` of one name at top level whose code differs, with a cell between them that uses the name. Nothing
is said when the second builds on the first, for registrations (`singledispatch`, `overload`, `register`, properties),
for `_`, and for alternatives in `if` or `try`. There is one finding a name, at the first definition.

## How to mend it

Give the second its own name (`clean_text`, `clean_lower`), or delete the first and run the notebook again.

## Related

ruff and pyflakes have F811, which reports a redefinition only when the first was *not* used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from itertools import pairwise

from nb2pkg.flow.effects import dotted
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement

_REGISTERING = frozenset(
    {"register", "overload", "singledispatch", "dispatch", "property", "setter", "getter", "deleter"}
)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each name that is defined again after it was used."""
    defined: dict[str, list[Statement]] = {}
    for statement in notebook.statements:
        if isinstance(statement.node, (*FUNCTIONS, ast.ClassDef)):
            defined.setdefault(statement.node.name, []).append(statement)
    several = {name: found for name, found in defined.items() if len(found) > 1 and name.strip("_")}
    touched = _touched(notebook, several.keys()) if several else {}
    for name, found in several.items():
        if not any(_is_registered(s.node, name) for s in found):
            yield from _compared(notebook, name, found, touched.get(name, []))


def _touched(notebook: Notebook, wanted: Set[str]) -> dict[str, list[Statement]]:
    """Return, by name, the statements that read, bind or delete it."""
    found: dict[str, list[Statement]] = {}
    for statement in notebook.statements:
        names = statement.names
        for name in wanted & (names.uses | names.kills | names.deletes):
            found.setdefault(name, []).append(statement)
    return found


def _compared(notebook: Notebook, name: str, found: list[Statement], touched: list[Statement]) -> Iterator[Finding]:
    for first, second in pairwise(found):
        between = [s for s in touched if first.index < s.index < second.index]
        if name in second.names.uses or not _is_used(name, between) or _is_same(first.node, second.node):
            continue
        where = f"cell {second.cell.number}" if second.cell is not first.cell else "this cell"
        message = f"`{name}` is defined again in {where}: which one a test means depends on the moment"
        if len(found) > 2:
            message += f" (it has {len(found)} definitions)"
        help = "give the second its own name, or delete the one that is no longer needed"
        yield Finding(_place(notebook, first, name), "NB205", "warning", message, help)
        return


def _is_registered(node: ast.stmt, name: str) -> bool:
    decorators = getattr(node, "decorator_list", [])
    words = [dotted(d.func if isinstance(d, ast.Call) else d) for d in decorators]
    return any(w.rpartition(".")[2] in _REGISTERING or w.startswith(f"{name}.") for w in words)


def _is_used(name: str, between: list[Statement]) -> bool:
    """True when a statement between two definitions reads the name, and nothing else binds it there."""
    if any(name in s.names.kills or name in s.names.deletes for s in between):
        return False
    return any(name in s.names.uses for s in between)


def _is_same(first: ast.stmt, second: ast.stmt) -> bool:
    """True when two definitions have the same code, whatever their docstrings say."""
    return _code(first) == _code(second)


def _code(node: ast.stmt) -> str:
    assert isinstance(node, (*FUNCTIONS, ast.ClassDef))
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1 else node.body
    parts = [*node.decorator_list, *([] if isinstance(node, ast.ClassDef) else [node.args]), *body]
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return type(node).__name__ + "".join(ast.dump(part) for part in [*parts, *bases])


def _place(notebook: Notebook, statement: Statement, name: str) -> Place:
    """Return the place of the name in a definition."""
    node = statement.node
    whole = notebook.place(node, statement)
    lines = statement.cell.source.split("\n")
    line = lines[whole.line - 1] if whole.line <= len(lines) else ""
    found = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)").match(line, whole.column - 1)
    if found is None or found[1] != name:
        return Place(whole.cell, whole.line, whole.column, whole.line, len(line.rstrip()) + 1)
    return Place(whole.cell, whole.line, found.start(1) + 1, whole.line, found.end(1) + 1)


CASES = """
#=== bad | two functions of one name, both used
# %%
def clean(s):
    return s.strip()
a = clean(" x ")
# %%
def clean(s):
    return s.lower()
b = clean("Y")
#=== bad | two classes
# %%
class Model:
    depth = 2
# %%
small = Model()
# %%
class Model:
    depth = 9
big = Model()
#=== bad | a function, then a class
# %%
def make():
    return 1
print(make())
# %%
class make:
    pass
#=== good | singledispatch registrations
# %%
from functools import singledispatch
@singledispatch
def show(v): return "?"
show(1)
@show.register
def _(v: int): return "int"
show(2)
@show.register
def _(v: str): return "str"
#=== good | alternatives
# %%
import sys
if sys.version_info > (3, 11):
    def f(x): return x
else:
    def f(x): return x + 0
f(1)
#=== good | nobody used the first
# %%
def clean(s):
    return s.strip()
# %%
def clean(s):
    return s.lower()
b = clean("Y")
#=== good | the same again
# %%
def clean(s):
    return s.strip()
a = clean(" x ")
# %%
def clean(s):
    # without blanks
    return s.strip()
b = clean("Y")
#=== good | a class that is extended step by step
# %%
class Net:
    depth = 1
net = Net()
# %%
class Net(Net):
    width = 2
net = Net()
"""
