"""IPython's history of results (`_`, `__`, `_3`, `Out[3]`) as names of its own, where it is known which is meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from nb2pkg.cells.text import Edit, Positions, apply_edits, parse
from nb2pkg.model import Cell, Notebook

# Methods of frames and arrays that always have a value.
_VALUES = frozenset("""
    head tail describe value_counts isna isnull notna sum mean median std min max count nunique unique sample corr
    groupby agg copy astype fillna dropna sort_values reset_index round reshape
    """.split())
_NUMBERED = re.compile(r"_(\d+)$")


def name_results(notebook: Notebook) -> Notebook:
    """Return the notebook with each result that a later cell reads from the history bound to a name.

    `_` skips results that are None, as IPython does. What can't be known stays, and is refused as unbound.
    """
    trees = {
        c.number: parse(c.python) for c in notebook.cells if c.kind == "code" and c.python.strip() and not c.skipped
    }
    names = {n.id for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.Name)}
    stored = {
        n.id for t in trees.values() for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    args = {n.arg for t in trees.values() for n in ast.walk(t) if isinstance(n, ast.arg)}
    wanted = {n for n in names if n in {"_", "__", "Out"} or _NUMBERED.match(n)} - stored - args
    if not wanted:
        return notebook
    taken = names | args | {n.name for t in trees.values() for n in ast.walk(t) if isinstance(n, _NAMED)}
    results: list[tuple[int, str, bool]] = []  # number of the cell among those that ran, name, may be None
    cells: list[Cell] = []
    count = 0
    for cell in notebook.cells:
        if cell.number not in trees:
            cells.append(cell)
            continue
        count += 1
        tree = trees[cell.number]
        edits = list(_reads(tree, cell, wanted, results))
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr) and not cell.silent and not _prints(last.value):
            name = _free(f"result_{count}", taken)
            start, end = Positions(cell.python).span(last)
            edits.append(Edit(start, start, f"{name} = (", ()))
            edits.append(Edit(end, end, f"); __nb_show({name})", ()))
            results.append((count, name, _may_be_none(last.value)))
        python, lines = apply_edits(cell.python, cell.lines, edits)
        cells.append(replace(cell, python=python, lines=lines))
    return replace(notebook, cells=tuple(cells))


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"shown_{name}"
    return name


def _prints(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "display"}


def _reads(tree: ast.Module, cell: Cell, wanted: set[str], results: list[tuple[int, str, bool]]) -> Iterator[Edit]:
    positions = Positions(cell.python)
    taken: set[int] = set()
    for n in _now(tree):
        text = None
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and n.value.id == "Out" and "Out" in wanted:
            number = n.slice.value if isinstance(n.slice, ast.Constant) else None
            text = next((name for c, name, _ in results if c == number), None)
            taken.add(id(n.value))
        elif isinstance(n, ast.Name) and n.id in wanted and id(n) not in taken:
            text = _meant(n.id, results)
        if text is not None and isinstance(n, ast.expr):
            yield Edit(*positions.span(n), text, ())


def _now(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with the cell: a function reads the history of the moment when it is called."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)):
            stack += reversed(list(ast.iter_child_nodes(node)))


def _meant(name: str, results: list[tuple[int, str, bool]]) -> str | None:
    """Return the expression for a name of the history, or None where it can't be known."""
    numbered = _NUMBERED.match(name)
    if numbered:
        return next((n for count, n, _ in results if count == int(numbered[1])), None)
    if name == "Out":
        known = not any(maybe for *_, maybe in results)
        return "{" + ", ".join(f"{count}: {n}" for count, n, _ in results) + "}" if known else None
    if name == "__":
        return results[-2][1] if len(results) > 1 and not any(maybe for *_, maybe in results[-2:]) else None
    if name != "_":
        return None
    text = "''"  # what `_` is at first
    for _, earlier, maybe in results:
        text = f"({earlier} if {earlier} is not None else {text})" if maybe else earlier
    return text


def _may_be_none(node: ast.expr) -> bool:
    """True unless an expression surely has a value."""
    sure = (ast.Compare, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.JoinedStr, ast.ListComp, ast.SetComp, ast.DictComp)
    if isinstance(node, ast.Constant):
        return node.value is None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VALUES:
        return False
    if isinstance(node, ast.BinOp):
        return any(_may_be_none(part) and not isinstance(part, ast.Name) for part in (node.left, node.right))
    return not isinstance(node, (*sure, ast.Lambda))
