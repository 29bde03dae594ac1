"""Cells of a column: kinds, and which of them are known, there or numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from nb2pkg.promises.values import UNKNOWN, Column, Labels, Series, certain, column_of, is_missing, need

_KINDS = {
    "int": ("int", "int64", "int32", "builtins.int", "numpy.int64", "numpy.int32", "numpy.int_", "Int"),
    "float": ("float", "float64", "float32", "builtins.float", "numpy.float64", "numpy.float32", "numpy.float_"),
    "str": ("str", "builtins.str"),
    "bool": ("bool", "builtins.bool", "numpy.bool_"),
    "category": ("category",),
    "datetime": ("datetime64[ns]", "numpy.datetime64"),
    "object": ("object", "O", "builtins.object"),
}


def kind_of(spec: Any) -> str:
    """Return the kind that `astype` was given.

    Raises:
        Doubt: it is none that is known.
    """
    name = getattr(spec, "name", getattr(getattr(spec, "value", None), "name", spec))
    found = [kind for kind, names in _KINDS.items() if isinstance(name, str) and name in names]
    need(found, "a kind that is not known")
    return found[0]


def is_narrow(spec: Any) -> bool:
    """True for float32."""
    return "float32" in str(getattr(spec, "name", getattr(getattr(spec, "value", None), "name", spec)))


def narrowed(cell: Any) -> Any:
    """Return a number as float32 holds it."""
    return cell if cell is UNKNOWN or is_missing(cell) else struct.unpack("f", struct.pack("f", cell))[0]


def like(series: Series, cells: Sequence[Any], dtype: str | None = None) -> Series:
    """Return a new column with the labels and name of another one."""
    column = column_of(cells) if dtype is None else Column(tuple(cells), dtype)
    return Series(column, series.index, series.name)


def known(series: Series) -> tuple[Any, ...]:
    """Return the cells, all of which must be known."""
    need(certain(series), "cells that are not known")
    return series.cells


def present(series: Series) -> list[Any]:
    """Return the cells that are not missing; all must be known."""
    return [c for c in known(series) if not is_missing(c)]


def numbers(series: Series) -> list[Any]:
    """Return the numbers of a column of numbers, without gaps."""
    series.note("number")
    need(series.column.numeric, "numbers of what is no number")
    return present(series)


def numbers_with_gaps(series: Series) -> tuple[Any, ...]:
    """Return the cells of a column of numbers, gaps included."""
    numbers(series)
    return series.cells


def taken(s: Series, places: Sequence[int]) -> Series:
    """Return rows of a column."""
    column = Column(tuple(s.cells[i] for i in places), s.dtype)
    return Series(column, Labels(tuple(s.index.cells[i] for i in places), s.index.name), s.name, s.source)
