"""Functions of numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nb2pkg.promises import arrays, operators
from nb2pkg.promises.arrays import array_of
from nb2pkg.promises.cells import kind_of
from nb2pkg.promises.operators import broadcast
from nb2pkg.promises.plain import LONGEST
from nb2pkg.promises.reducing import percentile, reduced
from nb2pkg.promises.values import (
    NAN,
    UNKNOWN,
    Array,
    Column,
    Doubt,
    Frame,
    Raised,
    Series,
    certain,
    column_of,
    is_missing,
    is_number,
    need,
)


def _each(function: Callable[[float], Any], *, kind: str = "float") -> Callable[[Any], Any]:
    """Return the function that does the same to each cell of an array, a column or a table, or to a number."""

    def call(value: Any) -> Any:
        if isinstance(value, Frame):
            return Frame({k: call(value.series(k)).column for k in value.columns}, value.index)
        if isinstance(value, Series):
            value.note("number")
            need(value.dtype in ("int", "float"), "what is no number")
            return Series(Column(tuple(_one(function, c) for c in value.cells), kind), value.index, value.name)
        if is_number(value):
            return _one(function, value)
        array = array_of(value)
        need(array.dtype in ("int", "float"), "what is no number")
        return Array([_one(function, c) for c in array.cells], array.shape, kind)

    return call


def _one(function: Callable[[float], Any], cell: Any) -> Any:
    if cell is UNKNOWN:
        return UNKNOWN
    if is_missing(cell):
        return NAN
    try:
        return function(cell)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise Doubt("outside of what the function is defined for") from None


_MATH: dict[str, Callable[[float], Any]] = {
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "log1p": math.log1p,
    "expm1": math.expm1,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "tanh": math.tanh,
    "arctan": math.atan,
    "deg2rad": math.radians,
    "radians": math.radians,
}


def _whole(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `floor` or `ceil`: what they make of whole numbers, int or float, depends on the release."""

    def call(value: Any) -> Any:
        if isinstance(value, Series) and value.dtype == "int":
            return Series(Column(value.cells, ""), value.index, value.name)
        if is_number(value):
            need(isinstance(value, float))
        elif not isinstance(value, Series):
            need(not isinstance(value, Frame) and array_of(value).dtype == "float", "whole numbers made whole")
        return _each(lambda cell: float(function(cell)))(value)

    return call


def _keeps(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        if is_number(value):
            return function(value)
        need(not isinstance(value, Frame))
        kind = value.dtype if isinstance(value, Series) else array_of(value).dtype
        return _each(function, kind=kind)(value)

    return call


def _isnan(value: Any) -> Any:
    if isinstance(value, Series):
        return Series(Column(tuple(is_missing(c) for c in value.cells), "bool"), value.index, value.name)
    need(is_number(value))
    return is_missing(value)


def _array(value: Any, dtype: Any = None) -> Array:
    made = arrays.METHODS["copy"](array_of(value))
    return made if dtype is None else arrays.METHODS["astype"](made, dtype)  # type: ignore[no-any-return]


def _arange(*bounds: Any) -> Array:
    need(all(is_number(b) for b in bounds) and 1 <= len(bounds) <= 3)
    if all(isinstance(b, int) for b in bounds):
        cells: list[Any] = list(range(*bounds))
        need(len(cells) <= LONGEST)
        return Array(cells, (len(cells),), "int")
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1) if len(bounds) == 2 else bounds
    share = (stop - start) / step
    whole = all(float(b).is_integer() for b in bounds)
    need(0 < share <= LONGEST and (whole or abs(share - round(share)) > 1e-6), "how many steps there are")
    cells = [float(start + i * step) for i in range(math.ceil(share))]
    return Array(cells, (len(cells),), "float")


def _linspace(start: Any, stop: Any, num: int = 50) -> Array:
    need(is_number(start) and is_number(stop) and isinstance(num, int) and 1 < num <= LONGEST)
    cells = [start + (stop - start) * i / (num - 1) for i in range(num)]
    return Array([float(c) for c in cells], (num,), "float")


def _filled(value: Any) -> Callable[..., Array]:
    def make(shape: Any, dtype: Any = "float") -> Array:
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        need(all(isinstance(n, int) and n >= 0 for n in shape) and math.prod(shape) <= LONGEST)
        kind = kind_of(dtype)
        need(kind in ("int", "float", "bool"))
        cell = {"int": int, "float": float, "bool": bool}[kind](value)
        return Array([cell] * math.prod(shape), shape, kind)

    return make


def _full(shape: Any, fill_value: Any) -> Array:
    need(is_number(fill_value))
    made = _filled(0)(shape)
    return Array([fill_value] * len(made.cells), made.shape, column_of([fill_value]).dtype)


def _like(value: Any) -> Callable[[Any], Array]:
    def make(other: Any) -> Array:
        array = array_of(other)
        need(array.dtype in ("int", "float"))
        return Array(
            [int(value) if array.dtype == "int" else float(value)] * len(array.cells), array.shape, array.dtype
        )

    return make


def _eye(n: int) -> Array:
    need(isinstance(n, int) and n * n <= LONGEST)
    return Array([float(i == j) for i in range(n) for j in range(n)], (n, n), "float")


def concatenate(parts: Any, axis: int = 0) -> Array:
    """Return `np.concatenate(parts, axis)`."""
    need(isinstance(parts, (list, tuple)) and parts)
    made = [array_of(p) for p in parts]
    size = len(made[0].shape)
    need(
        all(len(a.shape) == size for a in made)
        and size in (1, 2)
        and isinstance(axis, int)
        and axis in range(-size, size)
    )
    kinds = {a.dtype for a in made}
    need(kinds <= {"int", "float"} or len(kinds) == 1, "cells of several kinds")
    dtype = "float" if "float" in kinds else next(iter(kinds))
    axis = range(size)[axis]
    if any(a.shape[:axis] + a.shape[axis + 1 :] != made[0].shape[:axis] + made[0].shape[axis + 1 :] for a in made):
        raise Raised("ValueError")
    if size == 1 or axis == 0:
        cells = [c for a in made for c in a.cells]
        shape = (sum(a.shape[0] for a in made), *made[0].shape[1:])
    else:
        cells = [
            c for i in range(made[0].shape[0]) for a in made for c in a.cells[i * a.shape[1] : (i + 1) * a.shape[1]]
        ]
        shape = (made[0].shape[0], sum(a.shape[1] for a in made))
    return Array([float(c) if dtype == "float" and c is not UNKNOWN else c for c in cells], shape, dtype)


def _rows(parts: Any) -> list[Array]:
    need(isinstance(parts, (list, tuple)))
    return [a if len(a.shape) > 1 else Array(a.cells, (1, *a.shape), a.dtype) for a in map(array_of, parts)]


def _hstack(parts: Any) -> Array:
    need(isinstance(parts, (list, tuple)))
    made = [array_of(p) for p in parts]
    return concatenate(made, 0 if len(made[0].shape) == 1 else 1)


def _column_stack(parts: Any) -> Array:
    need(isinstance(parts, (list, tuple)))
    made = [array_of(p) for p in parts]
    return concatenate([a if len(a.shape) > 1 else Array(a.cells, (len(a), 1), a.dtype) for a in made], 1)


def _where(condition: Any, x: Any = UNKNOWN, y: Any = UNKNOWN) -> Any:
    need(x is not UNKNOWN and y is not UNKNOWN, "places")
    test = array_of(condition)
    need(test.dtype == "bool" and certain(test))
    kinds = [array_of(v) if not isinstance(v, Array) else v for v in (x, y)]
    need(len({a.dtype for a in kinds}) == 1 or {a.dtype for a in kinds} <= {"int", "float"}, "cells of several kinds")
    yes, no = (broadcast(a, test.shape) for a in kinds)
    cells = [a if t else b for t, a, b in zip(test.cells, yes, no, strict=True)]
    dtype = "float" if "float" in {a.dtype for a in kinds} else kinds[0].dtype
    return Array([float(c) if dtype == "float" and c is not UNKNOWN else c for c in cells], test.shape, dtype)


def _unique(value: Any) -> Array:
    array = array_of(value)
    need(certain(array) and not any(is_missing(c) for c in array.cells))
    cells = sorted(set(array.cells))
    return Array(cells, (len(cells),), array.dtype)


def _percentile(scale: float) -> Callable[..., Any]:
    def call(value: Any, q: Any) -> Any:
        array = array_of(value)
        need(array.dtype in ("int", "float") and certain(array) and not any(is_missing(c) for c in array.cells))
        if is_number(q):
            return percentile(array.cells, q / scale)
        made = [percentile(array.cells, s / scale) for s in array_of(q).cells]
        return Array(made, (len(made),), "float")

    return call


def _random(*shape: Any, size: Any = None) -> Any:
    """Return numbers of which only the shape is known."""
    wanted = shape if size is None else (size,) if isinstance(size, int) else tuple(size)
    need(all(isinstance(n, int) for n in wanted) and wanted and math.prod(wanted) <= LONGEST)
    return Array([UNKNOWN] * math.prod(wanted), wanted, "float")


def _pairwise(name: str) -> Callable[[Any, Any], Any]:
    return lambda a, b: operators.binary(name, a, b)


def _extreme(best: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def call(a: Any, b: Any) -> Any:
        need(is_number(a) and is_number(b) and not is_missing(a) and not is_missing(b))
        return best(a, b)

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"numpy.{name}": _each(function) for name, function in _MATH.items()},
    "numpy.floor": _whole(math.floor),
    "numpy.ceil": _whole(math.ceil),
    "numpy.abs": _keeps(abs),
    "numpy.absolute": _keeps(abs),
    "numpy.square": _keeps(lambda c: c * c),
    "numpy.sign": _keeps(lambda c: type(c)((c > 0) - (c < 0))),
    "numpy.isnan": _isnan,
    "numpy.array": _array,
    "numpy.asarray": _array,
    "numpy.arange": _arange,
    "numpy.linspace": _linspace,
    "numpy.zeros": _filled(0),
    "numpy.ones": _filled(1),
    "numpy.full": _full,
    "numpy.zeros_like": _like(0),
    "numpy.ones_like": _like(1),
    "numpy.eye": _eye,
    "numpy.concatenate": concatenate,
    "numpy.vstack": lambda parts: concatenate(_rows(parts), 0),
    "numpy.hstack": _hstack,
    "numpy.column_stack": _column_stack,
    "numpy.where": _where,
    "numpy.unique": _unique,
    "numpy.percentile": _percentile(100),
    "numpy.quantile": _percentile(1),
    "numpy.reshape": lambda a, shape: arrays.reshape(a, shape),
    "numpy.ravel": lambda a: arrays.METHODS["ravel"](array_of(a)),
    "numpy.transpose": arrays.transpose,
    "numpy.argsort": arrays.argsort,
    "numpy.sort": arrays.sorted_array,
    "numpy.cumsum": arrays.cumulated,
    "numpy.clip": arrays.clip,
    "numpy.round": arrays.rounded,
    "numpy.dot": arrays.matmul,
    "numpy.matmul": arrays.matmul,
    "numpy.expand_dims": lambda a, axis: arrays.item(array_of(a), (None, Ellipsis) if axis == 0 else (Ellipsis, None)),
    "numpy.add": _pairwise("Add"),
    "numpy.subtract": _pairwise("Sub"),
    "numpy.multiply": _pairwise("Mult"),
    "numpy.divide": _pairwise("Div"),
    "numpy.power": _pairwise("Pow"),
    "numpy.maximum": _extreme(max),
    "numpy.minimum": _extreme(min),
    "numpy.random.seed": lambda seed=None: None,
    "numpy.random.rand": _random,
    "numpy.random.randn": _random,
    **{
        f"numpy.{n}": reduced(n)
        for n in ("sum", "mean", "min", "max", "std", "var", "median", "prod", "argmax", "argmin")
    },
}
CONSTANTS: dict[str, Any] = {
    "numpy.nan": NAN,
    "numpy.NaN": NAN,
    "numpy.inf": math.inf,
    "numpy.pi": math.pi,
    "numpy.e": math.e,
    "numpy.newaxis": None,
}
