"""Methods of a column, as far as they do the same in all releases of pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nb2pkg.promises import operators
from nb2pkg.promises.cells import is_narrow, kind_of, known, like, narrowed, numbers, taken
from nb2pkg.promises.dates import parsed_dates
from nb2pkg.promises.demands import demands_of
from nb2pkg.promises.reducing import REDUCTIONS, agg, idx, mode, quantile, reduced, unique, value_counts
from nb2pkg.promises.values import (
    NAN,
    UNKNOWN,
    Array,
    Column,
    Frame,
    Function,
    Index,
    Raised,
    Ref,
    Series,
    certain,
    column_of,
    counted,
    is_missing,
    is_number,
    need,
)

ABSENT = object()


# Functions of libraries that are applied to cells, and what they ask of those.
_ASKED = {"pandas.to_datetime": "date", "builtins.len": "text", "builtins.float": "digits", "builtins.int": "digits"}


def _where_missing(wanted: bool) -> Callable[..., Series]:
    def check(s: Series) -> Series:
        s.note("null")
        return like(s, [is_missing(c) == wanted for c in known(s)], "bool")

    return check


def _fillna(s: Series, value: Any = ABSENT, *, inplace: bool = False) -> Any:
    s.note("null")
    need(value is not ABSENT and (is_number(value) or isinstance(value, str)), "a filling that is not known")
    if not any(is_missing(c) for c in s.cells):
        return None if inplace else Series(s.column, s.index, s.name, s.source)
    need(not is_missing(value), "a filling that is missing itself")
    cells = [value if is_missing(c) else c for c in s.cells]
    if inplace:
        return _in_place(s, cells, s.dtype if s.dtype in ("float", "str") else "")
    return Series(Column(tuple(cells), _filled(s, value, cells)), s.index, s.name, s.source)


def _filled(s: Series, value: Any, cells: Sequence[Any]) -> str:
    if s.dtype == "float" and is_number(value) and not isinstance(value, bool):
        return "float"
    if s.dtype == "str" and isinstance(value, str):
        return "str"
    need(s.dtype != "category" and s.dtype != "datetime")
    return "" if all(is_number(c) for c in cells) else "object"


def _in_place(s: Series, cells: Sequence[Any], dtype: str) -> None:
    """Change a column in place: whether the table that it was taken from changes too depends on the release."""
    if s.owner is not None:
        frame, label = s.owner
        unsure = tuple(
            a if a is b or (type(a) is type(b) and a == b) else UNKNOWN for a, b in zip(s.cells, cells, strict=True)
        )
        frame.columns[label] = Column(unsure, dtype)
        s.owner = None
    s.column = Column(tuple(cells), dtype)


def _astype(s: Series, dtype: Any, *, copy: bool = True) -> Series:
    kind = kind_of(dtype)
    s.note("to " + kind)
    if kind == s.dtype and not is_narrow(dtype):
        return Series(s.column, s.index, s.name, s.source)
    cells = [converted(c, s.dtype, kind) for c in s.cells]
    if kind == "datetime":
        return like(s, parsed_dates(cells), "datetime")
    return like(s, [narrowed(c) for c in cells] if is_narrow(dtype) else cells, kind)


def converted(cell: Any, dtype: str, kind: str) -> Any:
    """Return a cell as `astype` makes it."""
    if cell is UNKNOWN:
        need(dtype in ("int", "bool") and kind in ("int", "float"), "cells that are not known")
        return UNKNOWN
    if is_missing(cell):
        if kind == "int":
            raise Raised("ValueError")
        need(kind in ("float", "category") and dtype != "object", "a gap as text")
        return NAN if kind == "float" else cell
    need(not (kind == "bool" and isinstance(cell, str)))
    if kind in ("category", "object", "datetime"):
        return cell
    need(isinstance(cell, (int, float, str)) and (kind != "str" or not isinstance(cell, float) or abs(cell) < 1e15))
    try:
        if kind == "int":
            return int(cell)
        return {"float": float, "str": str, "bool": bool}[kind](cell)
    except ValueError:
        raise Raised("ValueError") from None


def _map(s: Series, arg: Any, na_action: Any = None) -> Series:
    need(na_action is None, "gaps that are passed over")
    if isinstance(arg, Series):
        need(len(set(arg.index.cells)) == len(arg.index.cells))
        arg = dict(zip(arg.index.cells, arg.cells, strict=True))
    if isinstance(arg, dict):
        s.note("equal", *arg)
        s.note("mapped")
        need(type(arg) is dict and s.dtype != "category")
        return like(s, [NAN if is_missing(c) and None not in arg else arg.get(c, NAN) for c in known(s)])
    return _apply(s, arg)


def _apply(s: Series, func: Any) -> Series:
    need(callable(func), "a function that is not known")
    _note_function(s, func)
    need(s.dtype not in ("category", "") and not (s.dtype in ("str", "object") and any(is_missing(c) for c in s.cells)))
    cells = [func(c) for c in known(s)]
    need(not any(isinstance(c, (Series, Frame, Array)) for c in cells), "columns made of cells")
    return like(s, cells)


def _note_function(s: Series, func: Any) -> None:
    value = getattr(func, "value", None)
    value = getattr(value, "function", value)
    if isinstance(value, Ref) and value.name in _ASKED:
        s.note(_ASKED[value.name])
    if isinstance(value, Function) and value.parameters:
        for kind, literal in demands_of(value.node, value.parameters[0]):
            s.note(kind, literal)


def _replace(s: Series, to_replace: Any = ABSENT, value: Any = ABSENT, *, inplace: bool = False) -> Any:
    pairs = replacements(to_replace, value)
    s.note("equal", *pairs)
    need(s.dtype not in ("category", "datetime"))
    cells = [replaced(c, pairs) for c in s.cells]
    if all(a is b for a, b in zip(cells, s.cells, strict=True)):
        return None if inplace else Series(s.column, s.index, s.name)
    dtype = column_of(cells).dtype
    dtype = dtype if dtype == s.dtype else ""
    return _in_place(s, cells, dtype) if inplace else like(s, cells, dtype)


def replacements(old: Any, new: Any) -> dict[Any, Any]:
    """Return what `replace` replaces: old value -> new value."""
    if isinstance(old, dict):
        need(new is ABSENT and not any(isinstance(v, (dict, list)) for v in old.values()))
        pairs = old
    elif isinstance(old, list):
        need(new is not ABSENT)
        values = new if isinstance(new, list) else [new] * len(old)
        need(len(values) == len(old))
        pairs = dict(zip(old, values, strict=True))
    else:
        need(new is not ABSENT and new is not None)
        pairs = {old: new}
    need(all(isinstance(k, (int, float, str)) and not isinstance(k, bool) for k in pairs) and certain(pairs))
    need(not any(is_missing(k) or is_missing(v) for k, v in pairs.items()), "gaps are replaced")
    return pairs


def replaced(cell: Any, pairs: dict[Any, Any]) -> Any:
    """Return what `replace` makes of a cell."""
    need(cell is not UNKNOWN and not isinstance(cell, bool), "cells that are not known")
    return cell if is_missing(cell) else pairs.get(cell, cell)


def _dropna(s: Series) -> Series:
    s.note("null")
    kept = [i for i, c in enumerate(known(s)) if not is_missing(c)]
    return taken(s, kept)


def _isin(s: Series, values: Any) -> Series:
    values = list(values.cells if isinstance(values, (Series, Array, Index)) else values)
    s.note("equal", *values)
    need(certain(values) and not any(is_missing(v) for v in values))
    return like(s, [c in values for c in known(s)], "bool")


def _between(s: Series, left: Any, right: Any, inclusive: Any = "both") -> Series:
    need(inclusive == "both")
    s.note("threshold", left, right)
    return operators.binary(  # type: ignore[no-any-return]
        "BitAnd", operators.compare("GtE", s, left), operators.compare("LtE", s, right)
    )


def _clip(s: Series, lower: Any = None, upper: Any = None) -> Series:
    s.note("threshold", *(v for v in (lower, upper) if v is not None))
    need(all(v is None or is_number(v) for v in (lower, upper)) and s.column.numeric)
    cells = [_clipped(c, lower, upper) for c in known(s)]
    return like(s, cells, s.dtype if all(isinstance(v, (int, type(None))) for v in (lower, upper)) else "")


def _clipped(cell: Any, lower: Any, upper: Any) -> Any:
    if is_missing(cell):
        return cell
    cell = cell if lower is None else max(cell, lower)
    return cell if upper is None else min(cell, upper)


def _round(s: Series, decimals: int = 0) -> Series:
    need(s.dtype == "int" or (s.dtype == "float" and decimals >= 0))
    return like(
        s, [c if is_missing(c) else round(c, decimals) * 1.0 for c in known(s)] if s.dtype == "float" else s.cells
    )


def _running(step: Callable[[Any, Any], Any]) -> Callable[[Series], Series]:
    def run(s: Series) -> Series:
        numbers(s)
        need(s.dtype in ("int", "float") and not any(is_missing(c) for c in s.cells))
        cells: list[Any] = []
        for cell in s.cells:
            cells.append(step(cells[-1], cell) if cells else cell)
        return like(s, cells, s.dtype)

    return run


def _shift(s: Series, periods: int = 1) -> Series:
    need(isinstance(periods, int) and s.dtype in ("int", "float") and abs(periods) <= len(s.cells))
    gap = (NAN,) * abs(periods)
    cells = gap + s.cells[: len(s.cells) - periods] if periods >= 0 else s.cells[-periods:] + gap
    return like(s, [float(c) if c is not UNKNOWN else c for c in cells], "float") if periods else s


def _diff(s: Series, periods: int = 1) -> Series:
    numbers(s)
    return operators.binary("Sub", s, _shift(s, periods))  # type: ignore[no-any-return]


def _pct_change(s: Series) -> Series:
    need(not any(is_missing(c) for c in s.cells))
    numbers(s)
    return operators.binary("Sub", operators.binary("Div", s, _shift(s)), 1)  # type: ignore[no-any-return]


def _filled_from(step: int) -> Callable[[Series], Series]:
    def fill(s: Series) -> Series:
        s.note("null")
        need(s.dtype in ("float", "str", "int", "bool"))
        cells: list[Any] = []
        for cell in known(s)[::step]:
            cells.append(cells[-1] if is_missing(cell) and cells else cell)
        return Series(Column(tuple(cells[::step]), s.dtype), s.index, s.name)

    return fill


def _sort_values(s: Series, ascending: bool = True) -> Series:
    values = known(s)
    need(isinstance(ascending, bool) and not any(is_missing(v) for v in values) and len(set(values)) == len(values))
    need(s.dtype in ("int", "float", "str", "datetime"))
    return taken(s, sorted(range(len(values)), key=lambda i: values[i], reverse=not ascending))


def _head(s: Series, n: int = 5) -> Series:
    return taken(s, range(len(s.cells))[:n])


def _tail(s: Series, n: int = 5) -> Series:
    return taken(s, range(len(s.cells))[-n:] if n else [])


def _reset_index(s: Series, drop: bool = False) -> Any:
    if drop is True:
        return Series(s.column, counted(len(s.cells)), s.name)
    need(s.name is not None and s.index.name is not None and s.index.name != "\0", "names of new columns")
    return Frame({s.index.name: column_of(s.index.cells), s.name: s.column}, counted(len(s.cells)))


def _to_frame(s: Series, name: Any = None) -> Frame:
    label = s.name if name is None else name
    need(label is not None)
    return Frame({label: s.column}, s.index)


def _rename(s: Series, index: Any) -> Series:
    need(isinstance(index, str))
    return Series(s.column, s.index, index)


def _abs(s: Series) -> Series:
    numbers(s)
    return like(s, [abs(c) for c in s.cells], s.dtype)


def _array(s: Series) -> Array:
    need(s.dtype not in ("category", "datetime"))
    return Array(list(s.cells), (len(s.cells),), s.dtype, shared=True)


def _where(s: Series, cond: Any, other: Any = NAN) -> Series:
    return chosen(s, cond, other, keep=True)


def _mask(s: Series, cond: Any, other: Any = NAN) -> Series:
    return chosen(s, cond, other, keep=False)


def chosen(s: Series, cond: Any, other: Any, *, keep: bool) -> Series:
    """Return a column with the cells replaced for which a condition holds (or not)."""
    need(isinstance(cond, Series) and cond.index == s.index and cond.dtype == "bool" and certain(cond))
    if isinstance(other, Series):
        need(other.index == s.index)
        others: Sequence[Any] = other.cells
    else:
        need(is_number(other) or isinstance(other, str))
        others = [other] * len(s.cells)
    made = column_of(c if c2 == keep else o for c, c2, o in zip(known(s), cond.cells, others, strict=True))
    return Series(made if made.dtype == s.dtype else Column(made.cells, ""), s.index, s.name)


def _operator(name: str) -> Callable[[Series, Any], Any]:
    return lambda s, other: operators.binary(name, s, other)


def _comparison(name: str) -> Callable[[Series, Any], Any]:
    return lambda s, other: operators.compare(name, s, other)


def _copied(s: Series, deep: bool = True) -> Series:
    need(deep is True)
    return Series(s.column, s.index, s.name, s.source)


def _items(s: Series) -> list[tuple[Any, Any]]:
    return list(zip(s.index.cells, s.cells, strict=True))


METHODS: dict[str, Callable[..., Any]] = {
    "isnull": _where_missing(True),
    "isna": _where_missing(True),
    "notnull": _where_missing(False),
    "notna": _where_missing(False),
    "fillna": _fillna,
    "astype": _astype,
    "map": _map,
    "apply": _apply,
    "replace": _replace,
    "dropna": _dropna,
    "quantile": quantile,
    "mode": mode,
    "unique": unique,
    "isin": _isin,
    "between": _between,
    "clip": _clip,
    "round": _round,
    "cumsum": _running(lambda a, b: a + b),
    "cummax": _running(max),
    "cummin": _running(min),
    "cumprod": _running(lambda a, b: a * b),
    "shift": _shift,
    "diff": _diff,
    "pct_change": _pct_change,
    "ffill": _filled_from(1),
    "bfill": _filled_from(-1),
    "value_counts": value_counts,
    "sort_values": _sort_values,
    "head": _head,
    "tail": _tail,
    "reset_index": _reset_index,
    "to_frame": _to_frame,
    "rename": _rename,
    "abs": _abs,
    "idxmax": idx(max),
    "idxmin": idx(min),
    "to_numpy": _array,
    "where": _where,
    "mask": _mask,
    "copy": _copied,
    "agg": agg,
    "aggregate": agg,
    "items": _items,
    "tolist": lambda s: list(s.cells),
    "to_list": lambda s: list(s.cells),
    "to_dict": lambda s: dict(_items(s)),
    **{name: reduced(name) for name in REDUCTIONS},
    **{n: _operator(o) for n, o in (("add", "Add"), ("sub", "Sub"), ("mul", "Mult"), ("div", "Div"), ("pow", "Pow"))},
    **{
        n: _comparison(o)
        for n, o in (("eq", "Eq"), ("ne", "NotEq"), ("lt", "Lt"), ("le", "LtE"), ("gt", "Gt"), ("ge", "GtE"))
    },
}
