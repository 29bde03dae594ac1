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

from nb2pkg.lint.facts.blocks import statements_in
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
#=== bad | one statement too many | options=max_statements:2
# %%
a = 1
b = 2
print(a + b)
#=== bad | inside a loop | options=max_statements:2
# %%
for i in range(3):
    square = i * i
    print(square)
#=== bad | two on a line | options=max_statements:2
# %%
a = 1; b = 2
print(a, b)
#=== good | as many as may be | options=max_statements:2
# %%
a = 1
print(a)
#=== good | a long function, and a call of it | options=max_statements:2
# %%
def all_of_it():
    a = 1
    b = 2
    print(a + b)
all_of_it()
#=== good | a long class | options=max_statements:2
# %%
class Table:
    a = 1
    b = 2
    c = 3
#=== good | one long statement | options=max_statements:2
# %%
table = [
    1,
    2,
    3,
]
"""
