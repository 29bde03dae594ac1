"""A cell whose results nothing uses, and which shows nothing.

## Why it hurts

Readers take it for a part of the analysis, and a test would have to run it for nothing. What is left over from a trial
hides what matters.

## What is found

A cell that only binds names which no later cell reads before they are bound anew, calls nothing that could have an
effect (printing, drawing, writing, seeding, options, functions of the notebook), shows no value, and has no saved
output. Imports, definitions, magics, and the cells at the end, which may hold the results, are none.

## How to mend it

Delete the cell, or show what it computes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.flow.effects import effects_of
from nb2pkg.lint.facts.mutation import mutated
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement

# Functions without an effect beyond their result.
_PURE = frozenset("""
    len sum min max abs round sorted list dict set tuple frozenset str int float bool range zip enumerate map filter
    reversed repr type isinstance any all pow divmod hash chr ord format slice complex bytes
    """.split())
# Methods of tables, arrays, texts and containers that only return something.
_METHODS = frozenset("""
    groupby mean sum median std var min max count describe head tail copy dropna fillna drop merge join sort_values
    sort_index reset_index set_index astype apply map applymap agg aggregate transform pivot_table pivot melt
    value_counts unique nunique isnull isna notnull notna isin between corr cov rename replace split strip lower upper
    format items keys values get index reshape flatten ravel transpose dot round cumsum cumprod diff shift rolling
    expanding resample query assign to_numpy tolist stack unstack quantile idxmax idxmin argmax argmin argsort clip abs
    any all first last nlargest nsmallest drop_duplicates duplicated select_dtypes filter explode cut startswith
    endswith contains extract title capitalize encode decode isdigit find rfind size pct_change ewm droplevel
    swaplevel xs squeeze nonzero searchsorted repeat date strftime total_seconds year month union intersection
    difference issubset issuperset join_axes most_common
    """.split())
_CONTAINERS = ("numpy.", "pandas.", "math.", "statistics.", "itertools.", "collections.", "re.", "copy.", "datetime.")
_GIVEN = frozenset({"parameters", "injected-parameters"})  # papermill's: what runs the notebook may read them
_EFFECTFUL = ("random", "seed", "save", "to_", "set_", "show", "plot", "option", "load", "print", "register", "sql")


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that nothing depends on."""
    cells: dict[int, list[Statement]] = {}
    for statement in notebook.statements:
        cells.setdefault(statement.cell.number, []).append(statement)
    changes = mutated(notebook)
    effects = {c.statement.cell.number for c in notebook.calls if not _is_pure(notebook, c.name, c.node)}
    binding = {n for n, found in cells.items() if n not in effects and _only_binds(notebook, found)}
    last = max(cells.keys() - binding, default=0)
    late = _always_read(notebook)
    live = set(late)
    for number, found in reversed(cells.items()):
        if number in binding and number < last and not found[0].cell.raw_outputs and not found[0].cell.tags & _GIVEN:
            made = {n for s in found for n in s.names.defs}
            changed = {m.name for s in found for m in changes.get(s.index, ())}
            if (made or changed) and not (made | changed) & live and not changed & made:
                message = f"nothing later depends on cell {number}, and it shows nothing"
                place = notebook.cell_place(found[0].cell)
                yield Finding(place, "NB210", "info", message, "delete it, or show its result")
        for statement in reversed(found):
            live -= statement.names.kills - statement.names.uses - late
            live |= statement.names.uses


def _always_read(notebook: Notebook) -> frozenset[str]:
    """Return the names that functions read, and those that magics and cells that can't be read mention."""
    found = {name for s in notebook.statements for name in s.names.late_uses}
    for number, code in notebook.codes.items():
        found.update(name for names in code.reads.values() for name in names)
        if code.tree is None:
            found.update(re.findall(r"\w+", notebook.cells[number - 1].source))
    return frozenset(found)


def _only_binds(notebook: Notebook, statements: list[Statement]) -> bool:
    """True for a cell of assignments, loops and branches, without anything that is shown."""
    if notebook.codes[statements[0].cell.number].escapes:
        return False
    for statement in statements:
        node = statement.node
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom, ast.With, ast.AsyncWith, ast.Try)):
            return False
        if isinstance(node, ast.Expr) and (statement.displayed or not isinstance(node.value, (ast.Call, ast.Constant))):
            return False
        if statement.names.late_writes or statement.names.deletes or effects_of(node):
            return False
        if isinstance(node, (ast.Raise, ast.Assert, ast.Delete)):
            return False
    return any(isinstance(s.node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While)) for s in statements)


def _is_pure(notebook: Notebook, name: str, node: ast.Call) -> bool:
    """True for a call that does nothing but return a value, which is used."""
    if isinstance(notebook.parent(node), ast.Expr):
        return False
    if name.startswith("builtins."):
        return name[9:] in _PURE
    if name.startswith("."):
        return name[1:] in _METHODS
    return name.startswith(_CONTAINERS) and not any(word in name for word in _EFFECTFUL)


CASES = """
#=== bad | nobody reads it
# %%
a = 1
# %%
b = a + 1
# %%
print(a)
#=== bad | bound anew before anyone reads it
# %%
values = [3, 1]
# %%
top = max(values)
# %%
top = sorted(values)[0]
# %%
print(top)
#=== bad | a table that is dropped
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
# %%
means = df.groupby("a").mean()
# %%
print(df)
#=== good | it is read later
# %%
a = 1
# %%
b = a + 1
# %%
print(b)
#=== good | a function reads it
# %%
rate = 2
# %%
def pay(x):
    return x * rate
# %%
print(pay(1))
#=== good | an effect
# %%
import numpy as np
df = [1]
# %%
np.random.seed(0)
state = np.random.get_state()
# %%
print(df)
#=== good | the results at the end
# %%
a = 1
print(a)
# %%
result = a + 1
#=== good | it is shown
# %%
a = 1
# %%
b = a + 1
b
# %%
print(a)
#=== good | it changes what is read later
# %%
rows = []
# %%
rows.append(1)
n = 1
# %%
print(rows)
"""
