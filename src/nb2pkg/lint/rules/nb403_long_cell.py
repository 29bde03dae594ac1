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


_LINES = "\n".join(f"x{number} = {number} + 1" for number in range(41))
_SHORT = "\n".join(f"x{number} = {number} + 1" for number in range(40))
_INNER = "\n".join(f"    x{number} = {number} + 1" for number in range(41))
_PAIRS = "\n".join(f"x{number} = {number}; y{number} = {number}" for number in range(21))
CASES = f"""
#=== bad | one statement too many
# %%
{_LINES}
#=== bad | inside a loop
# %%
for i in range(3):
{_INNER}
#=== bad | two on a line
# %%
{_PAIRS}
#=== good | as many as may be
# %%
{_SHORT}
#=== good | a long function, and a call of it
# %%
def all_of_it():
{_INNER}
all_of_it()
#=== good | a long class
# %%
class Table:
{_INNER}
#=== good | one long statement
# %%
table = [
{_LINES.replace(" = ", " == ").replace(chr(10), "," + chr(10))}
]
"""
