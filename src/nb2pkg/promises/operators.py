"""Operators on values that are known: plain ones, columns, tables, arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from nb2pkg.promises.values import (
    NAN,
    NUMBERS,
    UNKNOWN,
    Array,
    Column,
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

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
}
LOGIC: dict[str, Callable[[Any, Any], Any]] = {"BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
MIRRORED = {"Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE", "Eq": "Eq", "NotEq": "NotEq"}
LARGEST = 2**31  # beyond it numbers may not fit the columns of some machine
LONGEST = 10_000
_PLAIN = (int, float, str, bytes, list, tuple, set, frozenset, dict, datetime, date, timedelta, type(None))


def binary(name: str, left: Any, right: Any) -> Any:
    """Return what an operator makes of two values.

    Raises:
        Doubt: it is not certain.
        Raised: it surely raises.
    """
    if isinstance(left, (Frame, Series, Array)) or isinstance(right, (Frame, Series, Array)):
        return _elementwise(name, left, right)
    need(isinstance(left, _PLAIN) and isinstance(right, _PLAIN), "operands of unknown kinds")
    if name in ARITHMETIC:
        return _plain(name, left, right)
    need(name in LOGIC and isinstance(left, (int, set, frozenset)) and certain(left) and certain(right))
    need(type(left) is type(right), "bits of different kinds")
    return LOGIC[name](left, right)


def _plain(name: str, left: Any, right: Any) -> Any:
    for text, times in ((left, right), (right, left)):
        if isinstance(text, (str, bytes, list, tuple)) and name == "Mult":
            need(isinstance(times, int) and len(text) * times <= LONGEST, "too long")
    if isinstance(left, str) and name == "Mod":
        need(all(isinstance(v, (int, str)) for v in (right if isinstance(right, tuple) else (right,))))
    if is_number(left) and is_number(right) and name == "Pow":
        need(
            abs(right) <= 64 and abs(left) <= LARGEST and (left >= 0 or isinstance(right, int)) and (left or right > 0)
        )
    try:
        made = ARITHMETIC[name](left, right)
    except ZeroDivisionError:
        raise Raised("ZeroDivisionError") from None
    except TypeError:
        raise Raised("TypeError") from None
    except (ValueError, OverflowError, KeyError):
        raise Doubt("an operator that fails") from None
    need(not isinstance(made, complex) and not (isinstance(made, int) and abs(made) > 10**15))
    need(not isinstance(made, float) or math.isfinite(made) or not (math.isfinite(left) and math.isfinite(right)))
    return made


def compare(name: str, left: Any, right: Any) -> Any:
    """Return what a comparison gives; see `binary`."""
    if name in ("Is", "IsNot"):
        need(left is None or right is None or (isinstance(left, bool) and isinstance(right, bool)))
        need(left is not UNKNOWN and right is not UNKNOWN)
        return (left is right) == (name == "Is")
    if name in ("In", "NotIn"):
        return _contains(right, left) == (name == "In")
    if isinstance(left, (Frame, Series, Array)) or isinstance(right, (Frame, Series, Array)):
        return _elementwise(name, left, right)
    need(isinstance(left, _PLAIN) and isinstance(right, _PLAIN), "operands of unknown kinds")
    need(certain(left) and certain(right), "values that are not known")
    try:
        return ORDER[name](left, right)
    except TypeError:
        raise Raised("TypeError") from None


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, Frame):
        return item in container.columns
    if isinstance(container, Series):
        return item in container.index.cells
    if isinstance(container, Index):
        return item in container.cells
    need(isinstance(container, (str, bytes, list, tuple, set, frozenset, dict, range)), "unknown container")
    need(certain(item) and (isinstance(container, (dict, range)) or certain(container)))
    try:
        return item in container
    except TypeError:
        raise Raised("TypeError") from None


def _elementwise(name: str, left: Any, right: Any) -> Any:
    left, right = _as_operand(left), _as_operand(right)
    if isinstance(left, Frame) or isinstance(right, Frame):
        return _frames(name, left, right)
    if isinstance(left, Series) or isinstance(right, Series):
        return _series(name, left, right)
    return _arrays(name, left, right)


def _as_operand(value: Any) -> Any:
    if isinstance(value, (Frame, Series, Array)):
        return value
    if isinstance(value, (list, tuple)):
        return Array(list(value), (len(value),), column_of(value).dtype)
    need(isinstance(value, (int, float, str, datetime, timedelta)) or value is None, "operand of unknown kind")
    return value


def _frames(name: str, left: Any, right: Any) -> Frame:
    frame = left if isinstance(left, Frame) else right
    if isinstance(left, Frame) and isinstance(right, Frame):
        need(list(left.columns) == list(right.columns) and left.index == right.index, "tables that need aligning")
        pairs = {k: (left.series(k), right.series(k)) for k in left.columns}
    else:
        other = right if frame is left else left
        need(not isinstance(other, (Series, Array)), "a table and a column")
        pairs = {k: (left.series(k), other) if frame is left else (other, right.series(k)) for k in frame.columns}
    return Frame({k: _series(name, a, b).column for k, (a, b) in pairs.items()}, frame.index, names=frame.names)


def _series(name: str, left: Any, right: Any) -> Series:
    base = left if isinstance(left, Series) else right
    size = len(base.cells)
    if isinstance(left, Series) and isinstance(right, Series):
        need(left.index == right.index, "columns that need aligning")
        need(len(set(left.index.cells)) == size or left.index is right.index, "labels that stand twice")
        label = left.name if left.name == right.name else None
    else:
        label = base.name
    columns = [_column(value, size) for value in (left, right)]
    return Series(cells_of(name, *columns), base.index, label)


def _column(value: Any, size: int) -> Column:
    if isinstance(value, Series):
        return value.column
    if isinstance(value, Array):
        need(value.shape == (size,), "arrays of other lengths")
        return Column(tuple(value.cells), value.dtype)
    return Column((value,) * size, column_of([value]).dtype)


def cells_of(name: str, left: Column, right: Column) -> Column:
    """Return the column that an operator makes of two columns of one length."""
    made = tuple(_cell(name, a, b, left, right) for a, b in zip(left.cells, right.cells, strict=True))
    if name in ORDER or name in LOGIC:
        return Column(made, "bool" if all(isinstance(c, bool) for c in made) else "")
    return Column(made, _dtype(name, left, right, made))


def _dtype(name: str, left: Column, right: Column, made: Sequence[Any]) -> str:
    kinds = {left.dtype, right.dtype}
    if kinds <= {*NUMBERS}:
        return "float" if "float" in kinds or name == "Div" else "int"
    if kinds == {"str"}:
        return "str" if all(isinstance(c, str) for c in made) else ""
    if kinds <= {"datetime", "timedelta"} and made:
        return column_of(made).dtype
    return "" if all(is_number(c) or c is UNKNOWN for c in made) else "object"


def _cell(name: str, a: Any, b: Any, left: Column, right: Column) -> Any:
    if a is UNKNOWN or b is UNKNOWN:
        known = left.dtype in NUMBERS and right.dtype in NUMBERS
        need(known and (name not in LOGIC or (left.dtype == right.dtype == "bool")), "cells that are not known")
        return UNKNOWN
    if name in ORDER:
        return _ordered(name, a, b)
    if name in LOGIC:
        need(isinstance(a, bool) and isinstance(b, bool), "logic on what is not bool")
        return LOGIC[name](a, b)
    if is_missing(a) or is_missing(b):
        need(left.numeric and right.numeric and name != "Pow", "text with gaps")
        return NAN
    if is_number(a) and is_number(b):
        return _number(name, a, b)
    need(name in ("Add", "Sub"), "arithmetic of what is no number")
    if isinstance(a, str) and isinstance(b, str) and name == "Add":
        return a + b
    need(isinstance(a, (datetime, timedelta)) and isinstance(b, (datetime, timedelta)))
    try:
        return ARITHMETIC[name](a, b)
    except TypeError:
        raise Doubt("dates that don't add up") from None


def _ordered(name: str, a: Any, b: Any) -> bool:
    if is_missing(a) or is_missing(b):
        return name == "NotEq"
    if isinstance(a, datetime) and isinstance(b, str):
        b = as_date(b)
    elif isinstance(b, datetime) and isinstance(a, str):
        a = as_date(a)
    same = (is_number(a) and is_number(b)) or type(a) is type(b)
    if not same:
        need(name in ("Eq", "NotEq") and not isinstance(a, (datetime, date)), "an order of different kinds")
        return name == "NotEq"
    return bool(ORDER[name](a, b))


def as_date(text: str) -> datetime:
    """Return the time that a text in ISO form gives.

    Raises:
        Doubt: it has another form.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d" if len(text) == 10 else "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise Doubt("a date in another form") from None


def _number(name: str, a: Any, b: Any) -> Any:
    need(not (isinstance(a, bool) and isinstance(b, bool)), "arithmetic of two bools")
    need(b != 0 or name not in ("Div", "FloorDiv", "Mod"), "a division by zero")
    if name == "Pow":
        need(abs(b) <= 16 and (a >= 0 or isinstance(b, int)) and (isinstance(a, float) or b >= 0) and (a or b > 0))
    try:
        made = ARITHMETIC[name](a, b)
    except (ArithmeticError, ValueError):
        raise Doubt("arithmetic that fails") from None
    need(not isinstance(made, complex) and abs(made) <= LARGEST, "a number that may not fit")
    return made


def _arrays(name: str, left: Any, right: Any) -> Array:
    a, b = as_array(left), as_array(right)
    shape = _common(a.shape, b.shape)
    size = math.prod(shape)
    need(size <= LONGEST, "an array that is too large")
    columns = [Column(tuple(broadcast(x, shape)), x.dtype) for x in (a, b)]
    need(
        {a.dtype, b.dtype} <= {"int", "float", "bool"} or name in ORDER or _exact(name, a, b), "arrays of a narrow type"
    )
    made = cells_of(name, *columns)
    return Array(list(made.cells), shape, made.dtype)


def _exact(name: str, a: Array, b: Array) -> bool:
    """True where a narrow type (`uint8`, `float32`) gives what plain numbers give: the result is as wide as float."""
    return name == "Div" and {a.dtype, b.dtype} <= {"uint8", "int", "float", "bool"}


def as_array(value: Any) -> Array:
    """Return a number, or an array, as an array."""
    if isinstance(value, Array):
        return value
    need(isinstance(value, (int, float, str)), "an operand of unknown kind")
    return Array([value], (), column_of([value]).dtype)


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    width = max(len(a), len(b))
    pairs = zip((1,) * (width - len(a)) + a, (1,) * (width - len(b)) + b, strict=True)
    shape = []
    for x, y in pairs:
        if x != y and 1 not in (x, y):
            raise Raised("ValueError", "operands could not be broadcast together")
        shape.append(y if x == 1 else x)
    return tuple(shape)


def broadcast(array: Array, shape: tuple[int, ...]) -> list[Any]:
    """Return the cells of an array that is repeated to a shape."""
    if array.shape == shape:
        return list(array.cells)
    own = (1,) * (len(shape) - len(array.shape)) + array.shape
    steps = [math.prod(own[i + 1 :]) if own[i] > 1 else 0 for i in range(len(own))]
    return [array.cells[sum(i * s for i, s in zip(place, steps, strict=True))] for place in product(*map(range, shape))]


def unary(name: str, value: Any) -> Any:
    """Return what a sign or a negation makes of a value; see `binary`."""
    if name == "Not":
        return not truth(value)
    if isinstance(value, Series):
        return Series(
            Column(tuple(_signed(name, c, value.dtype) for c in value.cells), value.dtype), value.index, value.name
        )
    if isinstance(value, Array):
        return Array([_signed(name, c, value.dtype) for c in value.cells], value.shape, value.dtype)
    if isinstance(value, Frame):
        parts = {k: unary(name, value.series(k)).column for k in value.columns}
        return Frame(parts, value.index, names=value.names)
    need(is_number(value) and not (name == "Invert" and not isinstance(value, int)))
    return -value if name == "USub" else +value if name == "UAdd" else ~value


def _signed(name: str, cell: Any, dtype: str) -> Any:
    if name == "Invert":
        need(dtype == "bool", "the opposite of what is not bool")
        return UNKNOWN if cell is UNKNOWN else not cell
    need(dtype in ("int", "float"), "the sign of what is no number")
    return cell if cell is UNKNOWN or name == "UAdd" else -cell


def truth(value: Any) -> bool:
    """Return whether a value counts as true.

    Raises:
        Doubt: that is not known.
    """
    if isinstance(value, (Series, Frame)):
        raise Raised("ValueError", "ambiguous")
    if isinstance(value, Array):
        need(len(value.cells) == 1 and certain(value))
        return bool(value.cells[0])
    need(isinstance(value, (*_PLAIN, range)) and value is not UNKNOWN, "a condition that is not known")
    return bool(value)
