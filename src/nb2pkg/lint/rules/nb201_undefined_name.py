"""A name is read that no cell above binds.

## Why it hurts

Run from top to bottom the notebook stops here with a `NameError`, so no test can get past this cell. It worked once
because the session still held the name from a cell that was deleted, moved or run in another order.

## What is found

A read that surely happens, at a place that no cell above can have bound the name for: also in a function, at the
first call of it. It is said when a cell *below* binds the name. Builtins, names that IPython or a Spark kernel
provides, names after a star import, `%run` or `exec`, cells tagged `raises-exception`, and reads guarded by
`try`/`except NameError` or by `"name" in globals()` are none.

## How to mend it

Add the cell that binds the name, or move it up. Where it is a leftover, remove the read. *Restart and run all* shows
whether the notebook stands on its own.

## Related

ruff and pyflakes have F821, which looks at one file of Python and takes any binding in it, also a later one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.flow.defuse import def_use
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import FUNCTIONS, HISTORY, PROVIDED, Function, Notebook, Statement

# What the kernels of Spark and Databricks bind before the first cell.
_OF_SPARK = frozenset({"spark", "sc", "sqlContext", "sqlCtx", "dbutils", "displayHTML"})
_HELP = "add the cell that binds it, or move it up; 'Restart and run all' shows whether the notebook stands on its own"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each name, where it is first read without having been bound."""
    maybe: set[str] = set()
    told: set[str] = set()
    provided = _OF_SPARK if "spark" in notebook.text.lower() else frozenset[str]()
    functions = {f.name: f for f in notebook.functions if "." not in f.name}
    for statement in notebook.statements:
        if statement.unsure:
            return
        names = statement.names
        missing = [(name, "") for name in sorted(names.must_uses - maybe)]
        for called in sorted(names.must_uses & functions.keys()):
            if _is_called(statement.node, called) and called in maybe:
                reads = _must_reads(functions[called])
                missing += [(name, called) for name in sorted(reads - maybe - names.defs)]
        for name, function in missing:
            if name not in told and name not in provided and _is_missing(name, statement):
                told.add(name)
                yield _finding(notebook, statement, name, function)
        if isinstance(statement.node, ast.Delete):
            maybe -= names.deletes
            told |= names.deletes  # NB211 has these
        maybe |= names.defs | names.late_writes | names.must_uses


def _is_missing(name: str, statement: Statement) -> bool:
    if name in PROVIDED or name in HISTORY or name.startswith("__nb_") or _is_history(name):
        return False
    if "raises-exception" in statement.cell.tags:
        return False
    alone = isinstance(statement.node, ast.Expr) and isinstance(statement.node.value, ast.Name)
    if not alone or statement.cell.source.strip() != name:
        return True
    from nb2pkg.cells.magic_names import AUTOMAGIC  # `ls` alone in a cell

    return name not in AUTOMAGIC


def _is_history(name: str) -> bool:
    return name[0] == "_" and name[1:].lstrip("i").isdigit()


def _is_called(node: ast.stmt, name: str) -> bool:
    """True when the statement itself surely calls a function by its name: `f(x)`, `y = f(x)`, `print(f(x))`."""
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)) or node.value is None:
        return False
    value = node.value
    calls = [value, *(a for a in getattr(value, "args", ()))]
    return any(isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.func.id == name for c in calls)


def _must_reads(function: Function) -> frozenset[str]:
    """Return the names outside of a function that each call of it surely reads."""
    if any(isinstance(n, (ast.Yield, ast.YieldFrom, ast.Await)) for n in ast.walk(function.node)):
        return frozenset()
    if isinstance(function.node, ast.AsyncFunctionDef) or function.node.decorator_list:
        return frozenset()
    found: set[str] = set()
    for node in function.node.body:
        try:
            found |= def_use(node).must_uses
        except RecursionError:
            break
        if not isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)):
            break  # what follows may not be reached
    return frozenset(found) & function.free.all_reads


def _finding(notebook: Notebook, statement: Statement, name: str, function: str) -> Finding:
    later = next((s.cell.number for s in notebook.bindings.get(name, ()) if s.index > statement.index), None)
    message = f"`{name}` is bound by no cell above"
    if function:
        message += f", and `{function}` reads it in this call"
    if later is not None:
        message += f" (cell {later} binds it)" if later != statement.cell.number else " (it is bound further down)"
    return Finding(_place(notebook, statement, function or name), "NB201", "error", message, _HELP)


def _place(notebook: Notebook, statement: Statement, name: str) -> Place:
    for node in ast.walk(statement.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            return notebook.place(node, statement)
    node = statement.node
    return notebook.place(
        node.decorator_list[0] if isinstance(node, FUNCTIONS) and node.decorator_list else node, statement
    )


CASES = """
#=== bad | bound by no cell
# %%
import math
# %%
print(math.sqrt(measurements[0]))
#=== bad | only a later cell binds it
# %%
print(total)
# %%
total = 3
#=== bad | a function reads it before it is there
# %%
def show():
    return rate
show()
# %%
rate = 3
#=== bad | the argument of a timed call
# %%
#!%time y = f(x)
#=== good | read late, bound before the call
# %%
def show():
    return rate
# %%
rate = 3
show()
#=== good | guarded
# %%
try:
    cache
except NameError:
    cache = {}
#=== good | a star import, a magic that runs a file
# %%
from math import *
sqrt(2)
#=== good | names of IPython, lines that are no Python
# %%
#!%matplotlib inline
#!files = !ls
display(files)
#=== good | what a Spark kernel provides
# %%
df = spark.read.csv("a.csv")
sc.stop()
#=== good | in the globals or not
# %%
if "df" not in globals():
    df = [1]
df
#=== good | the cell is meant to fail
# %% tags=raises-exception
undefined_thing
#=== good | a command without its percent sign
# %%
ls
"""
