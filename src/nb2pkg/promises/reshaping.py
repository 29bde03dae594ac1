"""Tables in other shapes: queries, rows one by one, columns below each other, arrays."""

from __future__ import annotations

import ast
from typing import Any

from nb2pkg.promises import operators
from nb2pkg.promises.frame_tools import become, is_columns, listed, note_each, with_columns
from nb2pkg.promises.rows import frame_taken
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Column,
    Doubt,
    Frame,
    Labels,
    Series,
    certain,
    column_of,
    counted,
    is_number,
    need,
)


def apply(f: Frame, func: Any, axis: Any = 0) -> Any:
    need(callable(func))
    if not is_columns(axis):
        made = {k: func(f.series(k)) for k in f.columns}
        if all(isinstance(v, Series) and v.index == f.index for v in made.values()):
            return with_columns(f, {k: v.column for k, v in made.items()})
        need(all(is_number(v) for v in made.values()))
        return Series(column_of(made.values()), Labels(tuple(f.columns)))
    cells = [func(row_of(f, i)) for i in range(len(f))]
    need(all(is_number(c) or isinstance(c, str) or c is None for c in cells) and cells)
    return Series(column_of(cells), f.index)


def row_of(f: Frame, place: int) -> Series:
    """Return a row as `apply` passes it; its numbers must not change by standing beside others."""
    kinds = {c.dtype for c in f.columns.values()}
    need(len(kinds - {"str", "object"}) <= 1 or kinds & {"str", "object"}, "a row of several kinds")
    labels = tuple(f.columns)
    row = Series(Column(tuple(c.cells[place] for c in f.columns.values()), "object"), Labels(labels))
    return row


def query(f: Frame, expr: Any, inplace: bool = False) -> Any:
    need(isinstance(expr, str) and "@" not in expr and "`" not in expr and len(expr) < 200)
    try:
        node = ast.parse(expr.strip(), mode="eval").body
    except SyntaxError:
        raise Doubt("a query that does not parse") from None
    condition = _condition(f, node)
    need(isinstance(condition, Series) and condition.dtype == "bool" and certain(condition))
    return become(f, frame_taken(f, [i for i, c in enumerate(condition.cells) if c]), inplace=inplace)


def _condition(f: Frame, node: ast.expr) -> Any:
    """Return the value of a part of a query."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return f.series(node.id, "NameError")
    if isinstance(node, ast.BoolOp) or (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr))):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.left, node.right]
        name = "BitAnd" if isinstance(node.op, (ast.And, ast.BitAnd)) else "BitOr"
        values = [_condition(f, part) for part in parts]
        made = values[0]
        for value in values[1:]:
            made = operators.binary(name, made, value)
        return made
    need(isinstance(node, ast.Compare) and len(node.ops) == 1, "a query of another kind")
    assert isinstance(node, ast.Compare)
    name, left, right = type(node.ops[0]).__name__, _condition(f, node.left), _condition(f, node.comparators[0])
    need(name in operators.ORDER)
    if isinstance(left, Series) and not isinstance(right, Series):
        left.note("equal" if name in ("Eq", "NotEq") else "threshold", right)
    return operators.compare(name, left, right)


def join(f: Frame, other: Any) -> Frame:
    parts = other if isinstance(other, list) else [other]
    made = dict(f.columns)
    for part in parts:
        new = {part.name: part.column} if isinstance(part, Series) else part.columns
        need(part.index == f.index and not set(new) & set(made) and len(set(f.index.cells)) == len(f))
        made |= new
    return with_columns(f, made)


def melt(f: Frame, id_vars: Any = (), value_vars: Any = None, var_name: Any = None, value_name: Any = "value") -> Frame:
    kept = listed(id_vars) if id_vars not in ((), None) else []
    molten = [k for k in f.columns if k not in kept] if value_vars is None else listed(value_vars)
    name = "variable" if var_name is None else var_name
    need(len({f.series(k).dtype for k in molten}) == 1)
    columns = {k: Column(f.series(k).cells * len(molten), f.series(k).dtype) for k in kept}
    columns[name] = column_of(k for k in molten for _ in range(len(f)))
    columns[value_name] = Column(tuple(c for k in molten for c in f.columns[k].cells), f.columns[molten[0]].dtype)
    return Frame(columns, counted(len(f) * len(molten)))


def values_of(f: Frame) -> Array:
    kinds = {c.dtype for c in f.columns.values()}
    need(
        kinds <= {"int", "float"} or (len(kinds) == 1 and kinds <= {"bool", "str", "object"}),
        "several kinds in one array",
    )
    note_each(f, [None], "places")
    dtype = "float" if "float" in kinds else next(iter(kinds))
    cells = [c.cells[i] for i in range(len(f)) for c in f.columns.values()]
    cells = [float(c) if dtype == "float" and c is not UNKNOWN else c for c in cells]
    return Array(cells, (len(f), len(f.columns)), dtype, shared=True)


def transposed(f: Frame) -> Frame:
    need(len({c.dtype for c in f.columns.values()}) == 1 and f.index.cells)
    dtype = next(iter(f.columns.values())).dtype
    columns = {
        label: Column(tuple(c.cells[i] for c in f.columns.values()), dtype) for i, label in enumerate(f.index.cells)
    }
    return Frame(columns, Labels(tuple(f.columns)))


def iterrows(f: Frame) -> list[tuple[Any, Series]]:
    return [(f.index.cells[i], row_of(f, i)) for i in range(len(f))]


def to_dict(f: Frame, orient: Any = "dict") -> Any:
    if orient == "records":
        return [{k: c.cells[i] for k, c in f.columns.items()} for i in range(len(f))]
    if orient == "list":
        return {k: list(c.cells) for k, c in f.columns.items()}
    need(orient == "dict")
    return {k: dict(zip(f.index.cells, c.cells, strict=True)) for k, c in f.columns.items()}
