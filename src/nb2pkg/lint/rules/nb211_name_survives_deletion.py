"""A name is deleted, and a later cell still reads it.

## Why it hurts

Run from top to bottom the notebook stops with a `NameError` at the read. It went well once because the cells were run
in another order, which no test can repeat.

## What is found

`del name`, `%xdel name` or `%reset -f` at top level, and a read that surely happens below it with nothing between that
may bind the name again. Deletions in branches, loops and functions, names that a function binds by `global`, reads that
are guarded, and cells tagged `raises-exception` are left alone; so is all that stands below a star import or `%run`,
which may bind the name.

## How to mend it

Move the `del` below the last use, or leave it out: what a function holds is freed when the function returns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import PROVIDED, Notebook, Statement

_DELETING = frozenset({"xdel", "reset"})
_HIDING = frozenset({"exec", "globals", "locals", "vars"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each deleted name, where it is first read again."""
    if not notebook.find(ast.Delete) and not any(
        e.name in _DELETING for c in notebook.codes.values() for e in c.escapes
    ):
        return
    deleted: dict[str, Statement] = {}
    bound: set[str] = set()
    elsewhere = {name for s in notebook.statements for name in s.names.late_writes}  # by functions, when called
    for statement in notebook.statements:
        names = statement.names
        if deleted and "raises-exception" not in statement.cell.tags:
            for name in sorted(names.must_uses & deleted.keys()):
                gone = deleted.pop(name)
                yield _finding(notebook, statement, name, gone)
        if _may_bind_anything(statement):
            deleted.clear()
        for name in names.defs | names.late_writes:
            deleted.pop(name, None)
        bound |= names.defs
        for name in sorted(_deletes(statement, bound) - elsewhere - PROVIDED):
            deleted[name] = statement
        bound -= deleted.keys()


def _may_bind_anything(statement: Statement) -> bool:
    node = statement.node
    star = isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    return star or statement.code.opaque or bool(statement.names.uses & _HIDING)


def _deletes(statement: Statement, bound: set[str]) -> frozenset[str]:
    """Return the names that a statement surely deletes."""
    node = statement.node
    if isinstance(node, ast.Delete):
        return statement.names.deletes
    if not isinstance(node, ast.Pass) or not statement.code.escapes:
        return frozenset()
    line = statement.code.source_line(node.lineno)
    for escape in statement.code.escapes:
        if escape.line == line and escape.kind == "%":
            words = escape.argument.split()
            if escape.name == "xdel":
                return frozenset(words[-1:]) & bound
            if escape.name == "reset" and words == ["-f"]:
                return frozenset(bound)
    return frozenset()


def _finding(notebook: Notebook, statement: Statement, name: str, gone: Statement) -> Finding:
    here = "here" if gone.cell is statement.cell else f"in cell {statement.cell.number}"
    return Finding(
        _place(notebook, statement, name),
        "NB211",
        "error",
        f"`{name}` is deleted in cell {gone.cell.number} but read {here}",
        "move the deletion below the last use, or leave it out",
    )


def _place(notebook: Notebook, statement: Statement, name: str) -> Place:
    for node in ast.walk(statement.node):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store):
            return notebook.place(node, statement)
    return notebook.place(statement.node, statement)


CASES = """
#=== bad | deleted, then read
# %%
df = [1]
del df
# %%
print(df)
#=== bad | deleted by a magic
# %%
big = list(range(10))
#!%xdel big
# %%
total = sum(big)
#=== bad | deleted twice
# %%
a = b = 1
del a, b
# %%
del b
#=== bad | all names are gone
# %%
import math
#!%reset -f
# %%
print(math.pi)
#=== good | the builtin is there again
# %%
list = [3, 1]
print(list)
# %%
del list
print(list("ab"))
#=== good | bound again
# %%
df = [1]
del df
# %%
df = [2]
print(df)
#=== good | deleted in a branch
# %%
import sys
df = [1]
if len(sys.argv) > 1:
    del df
# %%
print(df)
#=== good | bound again by a function
# %%
rate = 1
def setup():
    global rate
    rate = 2
del rate
setup()
print(rate)
#=== good | an item, not the name
# %%
data = {"a": 1}
del data["a"]
print(data)
#=== good | guarded
# %%
df = [1]
del df
# %%
try:
    df
except NameError:
    df = [2]
print(df)
#=== good | the deletion at the end
# %%
df = [1]
print(df)
# %%
del df
"""
