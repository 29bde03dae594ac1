"""A cell holds too many statements to be understood, or tested, as one thing.

## Why it hurts

A cell is the smallest piece that a notebook executes: nothing in a long one can be repeated, checked or replaced
alone. It becomes one long function when the notebook is turned into a package.

## What is found

A cell with more than `max-statements` statements. Statements inside of loops, branches and `with` blocks count; a
function or a class counts as one, however long it is; `a = 1; b = 2` are two.

## How to mend it

Split the cell where one thought ends: where few variables are needed further down (NB405 says where). Give the parts a
name by making each a function.

## Options

`max-statements` (40): how many statements a cell may hold.

## Related

pylint has R0915 (too-many-statements) for functions; it says nothing of the code outside of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.blocks import statements_in
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_HELP = "split it where one thought ends, or make functions of its parts"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that is too long."""
    most = notebook.options.max_statements
    cells = {cell.number: cell for cell in notebook.cells}
    for number, lowered in notebook.codes.items():
        # A statement needs a line end or a semicolon: most cells needn't be looked at.
        if lowered.tree is None or lowered.python.count("\n") + lowered.python.count(";") < most:
            continue
        count = sum(1 for _ in statements_in(lowered.tree.body))
        if count > most:
            message = f"cell {number} has {count} statements (more than {most})"
            yield Finding(notebook.cell_place(cells[number]), "NB403", "info", message, _HELP)


CASES = """
#=== bad | one statement too many | settings=max_statements:3
# %%
a = 1
b = 2
c = a + b
print(c)
#=== bad | inside of a loop | settings=max_statements:3
# %%
for i in range(3):
    a = i + 1
    b = a + 1
    print(a, b)
#=== bad | two on a line | settings=max_statements:3
# %%
a = 1; b = 2
c = 3; d = 4
#=== bad | branches of every kind | settings=max_statements:6
# %%
if a:
    b = 1
else:
    b = 2
try:
    c = 1
except ValueError:
    c = 2
finally:
    d = 3
#=== good | as many as may be | settings=max_statements:3
# %%
a = 1
b = 2
print(a + b)
#=== good | a long function, and a call of it | settings=max_statements:3
# %%
def total(values):
    found = 0
    for value in values:
        found += value
    return found
total([1, 2])
#=== good | a long class | settings=max_statements:3
# %%
class Colours:
    red = 1
    green = 2
    blue = 3
    black = 4
#=== good | one statement on many lines | settings=max_statements:3
# %%
table = [
    1,
    2,
    3,
    4,
]
"""
