"""Running the cell again changes its own input once more.

## Why it hurts

Run twice, which happens to everyone, the cell gives other numbers or stops, and nothing in the notebook tells. The
saved result may come from one run or from three.

## What is found

A cell that takes a name or a column from above and binds it anew by a step that doesn't give the same when it is
repeated: `x = x * 2`, `x += 1`, `df["a"] = df["a"].map({...})`, a slice, a shift, a join, a column that is dropped or
taken out; or that changes it in place: `append`, `extend`, `pop`, `del df["a"]`. Names that the cell itself starts from
are none (`total = 0` and a loop that adds to it), nor are steps that can be repeated: `fillna`, `sort_values`,
`astype`, `dropna`, `str.lower`.

## How to mend it

Give the result a new name (`scaled = x * 2`), or put the step into the cell that makes its input.

## Related

NBLyzer, a research prototype, analyses idempotence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb2pkg.flow.scopes import target_names
from nb2pkg.lint.facts.mutation import Mutation, mutated, root
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Methods whose result, given as input, gives another result or an error.
_METHODS = frozenset("""
    append merge join pop shift diff cumsum cumprod pct_change explode melt pivot stack unstack
    transpose add sub mul div multiply divide subtract pow insert
    """.split())
_CALLS = frozenset("""
    numpy.log numpy.log2 numpy.log10 numpy.log1p numpy.exp numpy.expm1 numpy.sqrt numpy.square numpy.cumsum numpy.diff
    numpy.append numpy.concatenate numpy.hstack numpy.vstack numpy.insert numpy.delete numpy.expand_dims numpy.transpose
    pandas.concat pandas.merge math.log math.exp math.sqrt torch.unsqueeze
    """.split())
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.MatMult)
_ONCE = frozenset({"append", "extend", "insert", "pop", "popleft", "appendleft", "remove", "reverse", "del", "rotate"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell and name that another run of the cell would change again."""
    changes = mutated(notebook)
    started: set[str] = set()  # by the cell so far, from nothing that it changes
    told: set[str] = set()
    cell = 0
    for statement in notebook.statements:
        if statement.cell.number != cell:
            started, told, cell = set(), set(), statement.cell.number
        own = _first_bound(statement.node)
        for name, node in (*_rebound(notebook, statement), *_changed(statement, changes)):
            fresh = name in started or own.get(name, node.lineno) < node.lineno
            if not name or fresh or name in told or not _is_from_above(notebook, statement, name):
                continue
            if not _is_guarded(notebook, node, name):
                told.add(name)
                yield _finding(notebook, statement, name, node)
        if isinstance(statement.node, (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)):
            started |= statement.names.defs
        else:
            started |= statement.names.kills - statement.names.uses


def _is_from_above(notebook: Notebook, statement: Statement, name: str) -> bool:
    """True when a cell above binds a name."""
    return any(s.cell.number < statement.cell.number for s in notebook.bindings.get(name, ()))


def _is_guarded(notebook: Notebook, node: ast.AST, name: str) -> bool:
    """True below an `if` that asks something of the name: whether the column is still there."""
    return any(
        isinstance(above, ast.If) and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(above.test))
        for above in notebook.parents(node)
    )


def _first_bound(node: ast.stmt) -> dict[str, int]:
    """Return the line at which a compound statement first binds each name from something else."""
    found: dict[str, int] = {}
    if not hasattr(node, "body"):
        return found
    for inner in ast.walk(node):
        if isinstance(inner, (ast.For, ast.AsyncFor)):
            found.update({name: inner.lineno for name in target_names(inner.target)})
        elif isinstance(inner, (ast.With, ast.AsyncWith)):
            opened = [item.optional_vars for item in inner.items if item.optional_vars is not None]
            found.update({name: inner.lineno for target in opened for name in target_names(target)})
    for step in _statements(node):
        if isinstance(step, ast.Assign) and step is not node:
            for target in step.targets:
                if isinstance(target, ast.Name) and not any(
                    isinstance(n, ast.Name) and n.id == target.id for n in ast.walk(step.value)
                ):
                    found.setdefault(target.id, step.lineno)
    return found


def _rebound(notebook: Notebook, statement: Statement) -> Iterator[tuple[str, Any]]:
    """Yield name and node of what a statement computes from itself: names, columns, attributes."""
    for node in _statements(statement.node):
        if isinstance(node, ast.AugAssign):
            if isinstance(node.op, (*_OPERATORS, ast.Mod)):
                yield root(node.target), node
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = _key(node.targets[0])
            if target and _repeats(notebook, node.value, target):
                yield root(node.targets[0]), node


def _key(node: ast.expr) -> str:
    """Return a text that is the same for the same name, column or attribute; empty for other expressions."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
        elif isinstance(node, ast.Subscript):
            parts.append(f"[{ast.dump(node.slice)}]")
        else:
            return ""
        node = node.value
    return node.id + "".join(reversed(parts))


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the simple statements that run when a top-level statement does."""
    todo: list[ast.stmt] = [node]
    while todo:
        found = todo.pop()
        if isinstance(found, (*FUNCTIONS, ast.ClassDef)):
            continue
        inner = [s for part in ("body", "orelse", "finalbody") for s in getattr(found, part, ())]
        if not inner:
            yield found
        todo.extend(s for s in reversed(inner) if isinstance(s, ast.stmt))


def _repeats(notebook: Notebook, value: ast.expr, target: str) -> bool:
    """True when a value is made from its target by a step that gives another result each time."""
    terms, computed = [value], False
    while terms:
        term = terms.pop()
        if isinstance(term, ast.BinOp) and isinstance(term.op, _OPERATORS):
            terms += [term.left, term.right]
            computed = True
        elif (computed and _is(term, target)) or _step_repeats(notebook, term, target):
            return True
    return False


def _step_repeats(notebook: Notebook, value: ast.expr, target: str) -> bool:
    if isinstance(value, ast.Call):
        return _call_repeats(notebook, value, target)
    if isinstance(value, ast.Attribute) and value.attr == "T":
        return _is(value.value, target)
    if isinstance(value, ast.Subscript):
        rows = value.value
        inner = rows.value if isinstance(rows, ast.Attribute) and rows.attr == "iloc" else rows
        return _is(inner, target) and _cuts(value.slice)
    return False


def _call_repeats(notebook: Notebook, value: ast.Call, target: str) -> bool:
    """True when one of a chain of calls, the one that gets the target, gives another result each time."""
    node: ast.expr = value
    while isinstance(node, ast.Call):
        if notebook.qualified(node.func) in _CALLS:
            given = [e for a in node.args for e in (a.elts if isinstance(a, (ast.List, ast.Tuple)) else [a])]
            return any(_is(a, target) for a in given)
        if not isinstance(node.func, ast.Attribute):
            return False
        if _is(node.func.value, target):
            return _method_repeats(node, node.func.attr)
        node = node.func.value
    return False


def _method_repeats(call: ast.Call, method: str) -> bool:
    words = {k.arg: k.value for k in call.keywords}
    if method == "drop":
        return "errors" not in words and bool(call.args or words.keys() & {"columns", "index", "labels"})
    if method == "reset_index":
        return "drop" not in words
    if method == "set_index":
        return _names_columns(call)
    if method == "map":
        return bool(call.args) and isinstance(call.args[0], ast.Dict) and not _is_onto_itself(call.args[0])
    return method in _METHODS


def _names_columns(call: ast.Call) -> bool:
    """True for `set_index("date")`, which takes the column away; False for an index from elsewhere."""
    given = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "keys"), None)
    first = given.elts[0] if isinstance(given, ast.List) and given.elts else given
    return isinstance(first, ast.Constant) and not any(k.arg == "drop" for k in call.keywords)


def _is_onto_itself(node: ast.Dict) -> bool:
    """True when all that a table maps to stands in it, unchanged."""
    keys = [k.value for k in node.keys if isinstance(k, ast.Constant)]
    return all(isinstance(v, ast.Constant) and v.value in keys for v in node.values)


def _is(node: ast.expr, text: str) -> bool:
    return _key(node) == text


def _cuts(index: ast.expr) -> bool:
    """True for a slice that takes something away at the start, or from the end by number."""
    if not isinstance(index, ast.Slice):
        return False
    lower, upper = index.lower, index.upper
    starts = lower is not None and not (isinstance(lower, ast.Constant) and lower.value in (0, None))
    return starts or isinstance(upper, ast.UnaryOp) or (index.step is not None and lower is None and upper is None)


def _changed(statement: Statement, changes: Mapping[int, tuple[Mutation, ...]]) -> Iterator[tuple[str, Any]]:
    for change in changes.get(statement.index, ()):
        if change.function is None and (change.how in _ONCE or _drops(change)):
            yield change.name, change.node


def _drops(change: Mutation) -> bool:
    node = change.node
    return (
        change.how == "inplace"
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"drop", "set_index", "reset_index", "insert"}
        and not any(k.arg in {"errors", "drop"} for k in node.keywords)
        and (node.func.attr != "set_index" or _names_columns(node))
    )


def _finding(notebook: Notebook, statement: Statement, name: str, node: Any) -> Finding:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    what = ast.unparse(target) if isinstance(target, ast.expr) else name
    return Finding(
        notebook.place(node, statement),
        "NB207",
        "warning",
        f"running cell {statement.cell.number} again changes `{what}` again",
        "give the result a name of its own, or put this step into the cell that makes its input",
    )


CASES = """
#=== bad | the number grows with each run
# %%
x = 3
# %%
x = x * 2
#=== bad | a column that is computed from itself
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
# %%
df["a"] = df["a"] / 100
#=== bad | a list that grows
# %%
rows = []
# %%
rows.append(1)
#=== bad | a column that is gone the second time
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
# %%
df = df.drop(columns="b")
#=== bad | codes that are not found again
# %%
import pandas as pd
df = pd.DataFrame({"sex": ["m", "f"]})
# %%
df["sex"] = df["sex"].map({"m": 0, "f": 1})
#=== bad | an operator
# %%
count = 0
# %%
count += 1
#=== bad | a column taken out
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "y": [3, 4]})
# %%
y = df.pop("y")
#=== good | a loop with a start of its own
# %%
values = [1, 2]
# %%
total = 0
rows = []
for v in values:
    total += v
    rows.append(v)
#=== good | it can be repeated
# %%
import pandas as pd
df = pd.DataFrame({"a": ["X", None]})
# %%
df["a"] = df["a"].fillna("y").str.lower()
df = df.sort_values("a").drop_duplicates()
#=== good | a new name
# %%
x = 3
# %%
doubled = x * 2
#=== good | made and changed in one cell
# %%
x = 3
x = x * 2
#=== good | only while the column is there
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
# %%
if "a" in df.columns:
    df = df.drop(columns=["a"])
#=== good | made anew in each turn of the loop
# %%
part = 0
# %%
for n in range(3):
    part = n * 2
    part += 1
#=== good | a column from others
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
# %%
df["b"] = df["a"] * 2
"""
