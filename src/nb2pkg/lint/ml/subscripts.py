"""`X[...]`: rows at a cut, rows by a mask, columns by name."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.columns import beside, chosen, names_in, taken
from nb2pkg.lint.ml.facts import BELOW, BESIDE
from nb2pkg.lint.ml.state import State
from nb2pkg.lint.ml.values import Index, Labels, Rows, Sequence, Statistic
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_FLIPPED = {ast.Gt: "<=", ast.GtE: "<", ast.NotEq: "=="}
_PLAIN = {ast.Lt: "<", ast.LtE: "<=", ast.Eq: "=="}
_BY_PLACE = frozenset({"iloc", "iat"})
_BY_LABEL = frozenset({"loc", "at"})


def subscript(state: State, node: ast.Subscript) -> Any:
    """Return what is known of `value[slice]`."""
    accessor = ""
    base = node.value
    if isinstance(base, ast.Attribute) and base.attr in _BY_PLACE | _BY_LABEL | {"ix"}:
        accessor, base = base.attr, base.value
    elif isinstance(base, ast.Attribute) and state.notebook.qualified(base) in BESIDE | BELOW:
        return _stacked(state, node.slice)
    held = state.value(base)
    if isinstance(held, (Labels, Statistic)):
        return held
    if isinstance(held, Sequence):
        return _item(held, node.slice)
    if not isinstance(held, Rows):
        state.value(node.slice)
        return None
    return selected(state, held, node.slice, accessor)


def selected(state: State, rows: Rows, key: ast.expr, accessor: str) -> Any:
    """Return the part of some data that a subscript takes."""
    if isinstance(key, ast.Tuple) and key.elts:
        part = _rows(state, rows, key.elts[0], accessor or "iloc")
        for column in key.elts[1:2] if isinstance(part, Rows) else ():
            part = _columns(state, part, column)
        return part
    if isinstance(key, ast.Slice) or accessor:
        return _rows(state, rows, key, accessor or "iloc")
    value = state.value(key)
    names = names_in(value)
    if names is not None and (isinstance(value, str) or names):
        return taken(rows, value) if isinstance(value, str) else chosen(rows, names)
    if isinstance(value, Labels):
        return rows.plain()
    return _by_value(state, rows, key, value)


def _item(held: Sequence, key: ast.expr) -> Any:
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub) and isinstance(key.operand, ast.Constant):
        place = -key.operand.value if isinstance(key.operand.value, int) else None
    else:
        place = key.value if isinstance(key, ast.Constant) and isinstance(key.value, int) else None
    return held.items[place] if place is not None and -len(held.items) <= place < len(held.items) else None


def _stacked(state: State, key: ast.expr) -> Any:
    """`np.c_[a, b]`."""
    parts = [state.value(e) for e in (key.elts if isinstance(key, ast.Tuple) else [key])]
    rows = [p for p in parts if isinstance(p, Rows)]
    return beside(rows) if rows else None


def _columns(state: State, rows: Rows, key: ast.expr) -> Rows:
    if isinstance(key, ast.Slice):
        if key.lower is None and key.upper is None and key.step is None:
            return rows
        return rows.plain(prediction=rows.prediction)
    value = state.value(key)
    names = names_in(value)
    if names is None or not names:
        return rows.plain(prediction=rows.prediction)
    return taken(rows, value) if isinstance(value, str) else chosen(rows, names)


def _rows(state: State, rows: Rows, key: ast.expr, accessor: str) -> Any:
    if isinstance(key, ast.Slice):
        return _sliced(state, rows, key)
    value = state.value(key)
    if isinstance(value, (str, int)) or (accessor == "iloc" and isinstance(key, ast.Constant)):
        return None  # one row
    return _by_value(state, rows, key, value)


def _by_value(state: State, rows: Rows, key: ast.expr, value: Any) -> Rows:
    """Return the rows that a mask, or an array of row numbers, takes."""
    if isinstance(value, Index):
        return rows.cut(state.history.half(value.half.split, value.half.side))
    if isinstance(value, Rows) and value.mask:
        text, side = _mask(key)
        split = state.split_at("mask", text, key, rows)
        return rows.cut(state.history.half(split, side))
    if isinstance(value, Rows) and value.halves:
        return rows.but(cuts=rows.cuts | value.halves)
    if isinstance(value, Rows) and value.takes:
        return rows.plain(cuts=rows.cuts | {state.history.next()})
    return rows.cut(state.history.next(), groups=(), takes=frozenset())


def _mask(key: ast.expr) -> tuple[str, str]:
    """Return words for a condition, the same for it and for its opposite, and which of the two it is."""
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, (ast.Invert, ast.Not)):
        return ast.unparse(key.operand), "test"
    if isinstance(key, ast.Compare) and len(key.ops) == 1:
        kind = type(key.ops[0])
        operator = _FLIPPED.get(kind) or _PLAIN.get(kind)
        if operator:
            words = f"{ast.unparse(key.left)} {operator} {ast.unparse(key.comparators[0])}"
            return words, "test" if kind in _FLIPPED else "train"
    return ast.unparse(key), "train"


def _sliced(state: State, rows: Rows, key: ast.Slice) -> Rows:
    """Return the rows from or up to a cut."""
    if key.step is not None:
        return rows.cut(("step", ast.unparse(key)))
    lower, upper = _bound(key.lower), _bound(key.upper)
    if not lower and not upper:
        return rows
    if lower and upper and not upper.startswith("len(") and not upper.endswith(".shape[0]"):
        return rows.cut(("slice", lower, upper))
    split = state.split_at("slice", lower or upper, key, rows)
    return rows.cut(state.history.half(split, "test" if lower else "train"))


def _bound(node: ast.expr | None) -> str:
    if node is None or (isinstance(node, ast.Constant) and node.value in (0, None)):
        return ""
    return ast.unparse(node)
