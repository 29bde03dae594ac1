"""Two names stand for one object, and it is changed in place.

## Why it hurts

A change by one name shows up under the other, cells away from where anyone would look. The result depends on which
cells ran before, so a test of one cell needs them all.

## What is found

`b = a` where `a` is surely no number or text, followed by a change in place through one of the two names (`b["x"] = 1`,
`b.append(1)`, `b.drop(..., inplace=True)`) and a later read of the other, with neither bound anew in between. Copies
(`a.copy()`, `list(a)`), changes before the second name exists, and fitting a model are none.

## How to mend it

Copy where two objects are meant (`b = a.copy()`), or use one name. Better still, make a new object instead of changing
one: `b = a.assign(x=1)`.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from nb2pkg.lint.facts.mutation import FITTING, Mutation, mutated
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each second name of an object that is changed in place."""
    pairs = [
        (statement, alias, name)
        for statement in notebook.statements
        for alias, name in _aliases(statement)
        if _is_object(notebook, statement, name)
    ]
    if not pairs:
        return
    touched = _touched(notebook, {name for _, *both in pairs for name in both})
    changes = mutated(notebook)
    for statement, alias, name in pairs:
        later = sorted({i for n in (alias, name) for i in _after(touched.get(n, []), statement.index)})
        cells = _changing_cells([notebook.statements[i] for i in later], alias, name, changes)
        if cells:
            yield _finding(notebook, statement, alias, name, cells)


def _touched(notebook: Notebook, wanted: set[str]) -> dict[str, list[int]]:
    """Return, by name, the indices of the statements that read, bind or delete it, in order."""
    found: dict[str, list[int]] = {}
    for statement in notebook.statements:
        names = statement.names
        for name in wanted & (names.uses | names.late_uses | names.defs | names.deletes):
            found.setdefault(name, []).append(statement.index)
    return found


def _after(indices: list[int], index: int) -> list[int]:
    return indices[bisect_right(indices, index) :]


def _aliases(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield (second name, first name) that a statement makes stand for one object."""
    node = statement.node
    if not isinstance(node, ast.Assign):
        return
    names = [t.id for t in node.targets if isinstance(t, ast.Name)]
    if isinstance(node.value, ast.Name) and len(names) == len(node.targets):
        yield from ((name, node.value.id) for name in names if name != node.value.id)
    elif len(names) > 1 and isinstance(node.value, (ast.List, ast.Dict, ast.Set, ast.Call)):
        yield from ((name, names[0]) for name in names[1:])


def _is_object(notebook: Notebook, statement: Statement, name: str) -> bool:
    """False for modules, functions, and what is surely a number, a text or a tuple."""
    bound = [s for s in notebook.bindings.get(name, ()) if s.index <= statement.index]
    if not bound or name in notebook.context.aliases:
        return False
    node = bound[-1].node
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return False
    return not (isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.JoinedStr, ast.Tuple)))


def _changing_cells(
    later: list[Statement], alias: str, name: str, changes: Mapping[int, tuple[Mutation, ...]]
) -> tuple[int, ...]:
    """Return the cells that change the object by one name, when the other name is read after that."""
    cells: list[int] = []
    waiting: set[str] = set()  # names whose read would see a change made by the other
    seen = False
    for statement in later:
        names = statement.names
        seen = seen or bool(waiting & (names.uses | names.late_uses))
        for change in changes.get(statement.index, ()):
            if change.name in {alias, name} and change.function is None and change.how not in FITTING:
                cells.append(statement.cell.number)
                waiting.add(name if change.name == alias else alias)
        if {alias, name} & (names.defs | names.deletes) - _augmented(statement):
            break
    return tuple(dict.fromkeys(cells)) if seen else ()


def _augmented(statement: Statement) -> frozenset[str]:
    """Return the name that a statement changes in place by an operator: it is still the same object."""
    node = statement.node
    target = node.target if isinstance(node, ast.AugAssign) else None
    return frozenset({target.id}) if isinstance(target, ast.Name) else frozenset()


def _finding(notebook: Notebook, statement: Statement, alias: str, name: str, cells: tuple[int, ...]) -> Finding:
    where = f"in cell {cells[0]}" if len(cells) == 1 else f"in {len(cells)} cells"
    return Finding(
        notebook.place(statement.node, statement),
        "NB208",
        "warning",
        f"`{name}` is changed in place {where}; `{alias}` is the same object",
        f"copy it where two objects are meant: `{alias} = {name}.copy()`",
    )


CASES = """
#=== bad | a table with two names
# %%
import pandas as pd
df = pd.read_csv("d.csv")
clean = df
# %%
clean["a"] = 0
# %%
print(df.head())
#=== bad | two names of one list
# %%
train = test = []
# %%
train.append(1)
# %%
print(len(test))
#=== bad | changed by the first name
# %%
rows = [3, 1]
kept = rows
# %%
rows.sort()
# %%
print(kept)
#=== good | a copy
# %%
import pandas as pd
df = pd.read_csv("d.csv")
clean = df.copy()
clean["a"] = 0
print(df.head())
#=== good | a number
# %%
n = 3
m = n
# %%
m += 1
print(n)
#=== good | bound anew before the change
# %%
rows = [3, 1]
kept = rows
# %%
kept = [1]
kept.append(2)
print(rows)
#=== good | nobody reads the other name
# %%
rows = [3, 1]
kept = rows
kept.append(2)
print(kept)
"""
