"""Arrays of numpy: indexing, methods, and functions that make or change them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from nb2pkg.promises.cells import kind_of, narrowed
from nb2pkg.promises.operators import as_array, broadcast
from nb2pkg.promises.plain import LONGEST
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Doubt,
    Frame,
    Index,
    Raised,
    Series,
    certain,
    column_of,
    is_missing,
    is_number,
    need,
)

Shape = tuple[int, ...]


def array_of(value: Any) -> Array:
    """Return the array that numpy makes of a value."""
    if isinstance(value, Array):
        return value
    if isinstance(value, Series):
        need(value.dtype in ("int", "float", "bool", "str", "object"))
        return Array(list(value.cells), (len(value.cells),), value.dtype)
    if isinstance(value, Frame):
        from nb2pkg.promises.frames import ATTRIBUTES

        return ATTRIBUTES["values"](value)  # type: ignore[no-any-return]
    if isinstance(value, (Index, range)):
        value = list(value.cells if isinstance(value, Index) else value)
    if isinstance(value, (list, tuple)):
        return _nested(value)
    return as_array(value)


def _nested(value: Sequence[Any]) -> Array:
    if value and all(isinstance(v, (list, tuple, Array, Series)) for v in value):
        parts = [array_of(v) for v in value]
        if len({p.shape for p in parts}) > 1:
            raise Doubt("rows of several lengths")
        dtype = _joint([p.dtype for p in parts])
        cells = [c for p in parts for c in p.cells]
        return Array(_as(cells, dtype), (len(parts), *parts[0].shape), dtype)
    need(all(is_number(v) or isinstance(v, str) or v is UNKNOWN for v in value), "cells of several kinds")
    if any(v is UNKNOWN for v in value):
        return Array(list(value), (len(value),), "")
    kinds = {type(v) for v in value}
    need(str not in kinds or len(kinds) == 1, "cells of several kinds")
    dtype = "float" if float in kinds or not value else "str" if str in kinds else "bool" if kinds == {bool} else "int"
    return Array(_as(list(value), dtype), (len(value),), dtype)


def _joint(kinds: Sequence[str]) -> str:
    if len(set(kinds)) == 1:
        return kinds[0]
    need(set(kinds) <= {"int", "float"}, "cells of several kinds")
    return "float"


def _as(cells: Sequence[Any], dtype: str) -> list[Any]:
    if dtype == "float":
        return [c if c is UNKNOWN or c is None else float(c) for c in cells]
    return [int(c) if dtype == "int" and isinstance(c, bool) else c for c in cells]


def _places(shape: Shape, key: Any) -> tuple[list[int], Shape, bool]:
    """Return the places of the cells that a key means, the shape of the result, and whether it is a view."""
    keys = list(key) if isinstance(key, tuple) else [key]
    need(sum(k is Ellipsis for k in keys) <= 1 and not any(isinstance(k, (Series, Frame)) for k in keys))
    if any(k is Ellipsis for k in keys):
        at = next(i for i, k in enumerate(keys) if k is Ellipsis)
        rest = len(shape) - sum(k is not None for k in keys) + 1
        keys[at : at + 1] = [slice(None)] * rest
    keys += [slice(None)] * (len(shape) - sum(k is not None for k in keys))
    need(sum(k is not None for k in keys) == len(shape), "too many indices")
    axes: list[list[int]] = []
    made: list[int] = []
    lists, dimension = 0, 0
    for k in keys:
        if k is None:
            made.append(1)
            continue
        size = shape[dimension]
        dimension += 1
        chosen = _axis_places(k, size)
        if isinstance(chosen, int):
            axes.append([chosen])
            continue
        lists += not isinstance(k, slice)
        axes.append(chosen)
        made.append(len(chosen))
    need(lists <= 1, "several lists of places")
    need(lists == 0 or not any(isinstance(k, int) for k in keys) or len(keys) == 2)
    steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    flat = [sum(i * s for i, s in zip(place, steps, strict=True)) for place in product(*axes)]
    return flat, tuple(made), lists == 0


def _axis_places(key: Any, size: int) -> int | list[int]:
    if isinstance(key, slice):
        need(all(p is None or isinstance(p, int) for p in (key.start, key.stop, key.step)))
        return list(range(size))[key]
    if isinstance(key, Array):
        need(len(key.shape) == 1 and certain(key) and key.dtype in ("bool", "int"))
        key = list(key.cells)
    if isinstance(key, (list, range)):
        if key and all(isinstance(k, bool) for k in key):
            need(len(key) == size)
            return [i for i, k in enumerate(key) if k]
        need(all(isinstance(k, int) and -size <= k < size for k in key))
        return [range(size)[k] for k in key]
    need(isinstance(key, int) and not isinstance(key, bool), "a place that is not known")
    if not -size <= key < size:
        raise Raised("IndexError")
    place: int = range(size)[key]
    return place


def item(array: Array, key: Any) -> Any:
    """Return `array[key]`."""
    if isinstance(key, Array) and key.dtype == "bool" and len(key.shape) > 1:
        need(key.shape == array.shape and certain(key))
        cells = [c for c, k in zip(array.cells, key.cells, strict=True) if k]
        return Array(cells, (len(cells),), array.dtype)
    places, shape, view = _places(array.shape, key)
    if view and not shape:
        need(array.dtype in ("int", "float", "bool", "str"), "a number of a narrow type")
        return array.cells[places[0]]
    if view:
        array.shared = True
    return Array([array.cells[i] for i in places], shape, array.dtype, shared=view)


def set_item(array: Array, key: Any, value: Any) -> None:
    """Carry out `array[key] = value`."""
    need(not array.shared and array.dtype in ("int", "float", "bool"), "an array that shares its memory")
    if isinstance(key, Array) and key.dtype == "bool" and len(key.shape) > 1:
        need(key.shape == array.shape and certain(key))
        places = [i for i, k in enumerate(key.cells) if k]
        shape: Shape = (len(places),)
    else:
        places, shape, _ = _places(array.shape, key)
    new = array_of(value)
    need(certain(new) and (new.dtype == array.dtype or (array.dtype == "float" and new.dtype == "int")), "another kind")
    for place, cell in zip(places, broadcast(new, shape), strict=True):
        array.cells[place] = float(cell) if array.dtype == "float" else cell


def _shape_of(*parts: Any) -> Shape:
    shape: Shape = tuple(parts[0]) if len(parts) == 1 and isinstance(parts[0], (tuple, list)) else parts
    need(all(isinstance(n, int) and not isinstance(n, bool) for n in shape) and math.prod(shape) <= LONGEST)
    return shape


def reshape(array: Any, *shape: Any) -> Array:
    """Return `array.reshape(…)`."""
    array = array_of(array)
    wanted, size = [*_shape_of(*shape)], len(array.cells)
    if -1 in wanted:
        known = math.prod(n for n in wanted if n != -1)
        need(wanted.count(-1) == 1 and known)
        wanted[wanted.index(-1)] = size // known
    if math.prod(wanted) != size:
        raise Raised("ValueError")
    array.shared = True
    return Array(list(array.cells), tuple(wanted), array.dtype, shared=True)


def _flat(array: Any, *, view: bool) -> Array:
    array = array_of(array)
    array.shared = array.shared or view
    return Array(list(array.cells), (len(array.cells),), array.dtype, shared=view)


def transpose(array: Any) -> Array:
    """Return `array.T`."""
    array = array_of(array)
    need(len(array.shape) <= 2)
    array.shared = True
    if len(array.shape) < 2:
        return array  # type: ignore[no-any-return]
    rows, width = array.shape
    cells = [array.cells[i * width + j] for j in range(width) for i in range(rows)]
    return Array(cells, (width, rows), array.dtype, shared=True)


def _astype(array: Array, dtype: Any) -> Array:
    kind = kind_of(dtype)
    need(array.dtype in ("int", "float", "bool", "uint8") and kind in ("int", "float", "bool") and certain(array))
    need(not any(is_missing(c) for c in array.cells) or kind == "float")
    make: Callable[[Any], Any] = {"int": int, "float": float, "bool": bool}[kind]
    cells = [make(c) for c in array.cells]
    narrow = "float32" in str(getattr(dtype, "name", dtype))
    return Array([narrowed(c) for c in cells] if narrow else cells, array.shape, kind)


def lines(array: Array, axis: int) -> tuple[list[list[Any]], Shape]:
    """Return the cells along an axis, line by line, and the shape without it."""
    axis = range(len(array.shape))[axis]
    rest = array.shape[:axis] + array.shape[axis + 1 :]
    steps = [math.prod(array.shape[i + 1 :]) for i in range(len(array.shape))]
    found = []
    for place in product(*(range(n) for n in rest)):
        full = [*place[:axis], 0, *place[axis:]]
        base = sum(i * s for i, s in zip(full, steps, strict=True))
        found.append([array.cells[base + k * steps[axis]] for k in range(array.shape[axis])])
    return found, rest


_REDUCE: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "mean": lambda v: math.fsum(v) / len(v),
    "min": min,
    "max": max,
    "std": lambda v: statistics.pstdev([float(x) for x in v]),
    "var": lambda v: statistics.pvariance([float(x) for x in v]),
    "median": lambda v: float(statistics.median(v)),
    "prod": math.prod,
    "argmax": lambda v: v.index(max(v)),
    "argmin": lambda v: v.index(min(v)),
    "any": any,
    "all": all,
}
_FLOATS = {"mean", "std", "var", "median"}


def reduced(name: str) -> Callable[..., Any]:
    """Return the function that makes one value of the cells along an axis."""

    def reduce(value: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if isinstance(value, (Series, Frame)):
            need(name not in ("std", "var", "argmax", "argmin", "median"), "which rule of pandas holds")
        array = array_of(value)
        need(array.dtype in ("int", "float", "bool") and certain(array) and array.cells)
        need(not any(is_missing(c) for c in array.cells), "gaps")
        need(array.dtype != "bool" or name in ("sum", "mean", "any", "all"))
        function = _REDUCE[name]
        if axis is None:
            need((not keepdims and name not in ("any", "all")) or array.dtype == "bool")
            return function(list(array.cells))
        need(isinstance(axis, int) and -len(array.shape) <= axis < len(array.shape))
        parts, rest = lines(array, axis)
        cells = [function(part) for part in parts]
        if not rest:
            return cells[0]
        at = range(len(array.shape))[axis]
        shape = (*rest[:at], 1, *rest[at:]) if keepdims else rest
        return Array(cells, shape, "float" if name in _FLOATS else column_of(cells).dtype)

    return reduce


def _argsort(value: Any, axis: int = -1) -> Array:
    array = array_of(value)
    need(
        certain(array)
        and array.dtype in ("int", "float", "str")
        and len(array.shape) in (1, 2)
        and axis in (-1, len(array.shape) - 1)
    )
    parts, _ = lines(array, -1)
    need(all(len(set(p)) == len(p) and not any(is_missing(c) for c in p) for p in parts), "an order of equal cells")
    return Array([i for p in parts for i in sorted(range(len(p)), key=p.__getitem__)], array.shape, "int")


def sorted_array(value: Any) -> Array:
    """Return `np.sort(value)` of one dimension."""
    array = array_of(value)
    need(len(array.shape) == 1 and certain(array) and not any(is_missing(c) for c in array.cells))
    return Array(sorted(array.cells), array.shape, array.dtype)


def cumulated(value: Any) -> Array:
    """Return `np.cumsum(value)` of one dimension."""
    array = array_of(value)
    need(len(array.shape) == 1 and array.dtype in ("int", "float") and certain(array))
    cells: list[Any] = []
    for cell in array.cells:
        cells.append(cell + cells[-1] if cells else cell)
    return Array(cells, array.shape, array.dtype)


def _clip(array: Any, low: Any, high: Any) -> Array:
    array = array_of(array)
    need(all(is_number(v) for v in (low, high)) and array.dtype in ("int", "float") and certain(array))
    need(array.dtype == "float" or (isinstance(low, int) and isinstance(high, int)))
    return Array([min(max(c, low), high) for c in array.cells], array.shape, array.dtype)


def rounded(value: Any, decimals: int = 0) -> Any:
    """Return `np.round(value, decimals)`."""
    if isinstance(value, (Series, Frame)):
        raise Doubt("a column in numpy")
    array = array_of(value)
    need(array.dtype == "float" and isinstance(decimals, int) and decimals >= 0 and certain(array))
    made = [c if is_missing(c) else round(c, decimals) for c in array.cells]
    return Array(made, array.shape, "float") if array.shape else made[0]


def as_list(array: Array) -> Any:
    """Return `array.tolist()`."""
    if not array.shape:
        return array.cells[0]
    width = math.prod(array.shape[1:])
    if len(array.shape) == 1:
        return list(array.cells)
    return [
        as_list(Array(array.cells[i * width : (i + 1) * width], array.shape[1:], array.dtype))
        for i in range(array.shape[0])
    ]


def _copied(array: Array) -> Array:
    return Array(list(array.cells), array.shape, array.dtype)


def matmul(a: Any, b: Any) -> Any:
    """Return `a @ b` of one or two dimensions."""
    a, b = array_of(a), array_of(b)
    need(len(a.shape) in (1, 2) and len(b.shape) in (1, 2) and {a.dtype, b.dtype} <= {"int", "float"})
    if a.shape[-1] != b.shape[0]:
        raise Raised("ValueError")
    need(certain(a) and certain(b))
    rows = lines(a, -1)[0]
    columns = lines(b, 0)[0]
    cells = [sum(x * y for x, y in zip(row, column, strict=True)) for row in rows for column in columns]
    shape = a.shape[:-1] + b.shape[1:]
    return Array(cells, shape, "float" if "float" in (a.dtype, b.dtype) else "int") if shape else cells[0]


METHODS: dict[str, Callable[..., Any]] = {
    "reshape": reshape,
    "ravel": lambda a: _flat(a, view=True),
    "flatten": lambda a: _flat(a, view=False),
    "transpose": transpose,
    "astype": _astype,
    "copy": _copied,
    "tolist": as_list,
    "argsort": _argsort,
    "cumsum": cumulated,
    "clip": _clip,
    "round": rounded,
    "dot": matmul,
    **{name: reduced(name) for name in _REDUCE if name != "median"},
}
ATTRIBUTES: dict[str, Callable[[Array], Any]] = {
    "shape": lambda a: a.shape,
    "size": lambda a: len(a.cells),
    "ndim": lambda a: len(a.shape),
    "T": transpose,
}
argsort, clip = _argsort, _clip
