"""One name stands for values of different types in different cells.

## Why it hurts

What a cell does with the name depends on which binding ran last, so a run in another order fails or, worse, goes on
with the wrong thing. A function made of these cells can't say what it takes.

## What is found

A name that cells bind to values whose types are surely known and differ: a table here, a number there. Numbers among
themselves, sequences of whatever container, data that
only changes its container (`X = X.values`), two models of one library, loop variables, and values whose
type can't be told without running the code are none. There is one finding a name.

## How to mend it

Give the second value a name of its own: `mean_price` instead of `price` once more.

## Related

mypy reports it in typed code, in functions and modules, not across the cells of a notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2pkg.flow.type_facts import Type
    from nb2pkg.flow.types import NameTypes

_NUMBERS = frozenset({"int", "float", "bool", "complex"})
_DATA = frozenset({"list", "tuple", "range", "set", "dict", "Series", "Index", "ndarray", "DataFrame", "Tensor"})
_SEQUENCES = frozenset({"list", "tuple", "range", "Series", "Index", "ndarray"})
_KINDS = {"DataFrame": "a DataFrame", "Series": "a Series", "ndarray": "an array", "str": "a text", "int": "a number"}
_SKIPPED = frozenset({"Callable", "type", "ModuleType", "NoneType", ""})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each name that cells bind to values of different types."""
    several = {n for n, bound in notebook.bindings.items() if len({s.cell.number for s in bound}) > 1 and n.strip("_")}
    if not several:
        return
    types = _types(notebook)
    if types is None:
        return
    for name in sorted(several):
        first: tuple[Statement, Type] | None = None
        for statement in notebook.bindings[name]:
            kind = types.after(name, statement.index)
            if kind is None or kind.name in _SKIPPED or not isinstance(statement.node, (ast.Assign, ast.AnnAssign)):
                continue
            if first is not None and _differs(first[1], kind, statement, name) and first[0].cell is not statement.cell:
                yield _finding(notebook, name, first, (statement, kind))
                break
            first = statement, kind


def _types(notebook: Notebook) -> NameTypes | None:
    """Return the types of the notebook's names, as the converter infers them; None where it can't."""
    from nb2pkg.flow.types import infer_types
    from nb2pkg.model import Flow, Location, Timeline
    from nb2pkg.model import Notebook as Document
    from nb2pkg.model import Statement as Step

    steps = tuple(
        Step(s.index, Location(notebook.path, s.cell.number, s.node.lineno), s.cell.id, "", "", s.node, s.names)
        for s in notebook.statements
    )
    nothing = Timeline({})
    document = Document(notebook.path, (), "python", "")
    try:
        return infer_types(Flow(document, steps, notebook.reaching, nothing, nothing, context=notebook.context))
    except (RecursionError, ValueError, TypeError, KeyError, AttributeError):  # a guess less, no failure more
        return None


def _differs(first: Type, second: Type, statement: Statement, name: str) -> bool:
    both = {first.name, second.name}
    if first.name == second.name or both <= _NUMBERS or both <= _SEQUENCES:
        return False
    library = first.module.partition(".")[0]
    if library == second.module.partition(".")[0] and library not in {"", "builtins", "pandas", "numpy"}:
        return False  # two models of one library, two pictures
    return not (name in statement.names.uses and both <= _DATA)


def _finding(notebook: Notebook, name: str, first: tuple[Statement, Type], second: tuple[Statement, Type]) -> Finding:
    (here, one), (there, other) = first, second
    node = next(
        (n for n in ast.walk(here.node) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)),
        here.node,
    )
    return Finding(
        notebook.place(node, here),
        "NB206",
        "info",
        f"`{name}` is {_told(one)} here, {_told(other)} in cell {there.cell.number}",
        "give the second value a name of its own",
    )


def _told(kind: Type) -> str:
    if kind.name in _NUMBERS:
        return "a number"
    article = "an" if kind.name[:1].lower() in "aeiou" else "a"
    return _KINDS.get(kind.name, f"{article} {kind.name}")


CASES = """
#=== bad | a table, then a number
# %%
import pandas as pd
price = pd.DataFrame({"a": [1, 2]})
# %%
price = 3
#=== bad | a text, then a list
# %%
names = "a b"
# %%
names = ["a", "b"]
#=== bad | a number, then a text
# %%
n = 5
print(n)
# %%
n = "five"
#=== good | a table stays a table
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
# %%
df = df.dropna()
#=== good | numbers
# %%
n = 5
# %%
n = 2.5
#=== good | the same data in another container
# %%
import numpy as np
x = [1, 2]
# %%
x = np.array(x)
#=== good | one model, then another
# %%
from sklearn.linear_model import Lasso, Ridge
model = Ridge()
# %%
model = Lasso()
#=== good | nobody knows what it returns
# %%
n = 5
# %%
from somewhere import make
n = make()
#=== good | in one cell
# %%
n = 5
n = "five"
"""
