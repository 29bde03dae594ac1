"""One value of a whole column: sums, means, counts, and the values that stand in it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from nb2pkg.promises.cells import known, numbers, present
from nb2pkg.promises.values import (
    NAN,
    NUMBERS,
    Array,
    Column,
    Labels,
    Raised,
    Series,
    column_of,
    counted,
    is_missing,
    need,
)


def reduced(name: str) -> Callable[..., Any]:
    """Return the method that makes one value of a column."""

    def reduce(s: Series, axis: Any = 0, skipna: bool = True) -> Any:
        need(axis in (0, "index", None) and skipna is True)
        return value_of(name, s)

    return reduce


def value_of(name: str, s: Series) -> Any:
    """Return `sum`, `mean`, … of a column."""
    if name in ("count", "nunique"):
        values = present(s)
        return len(values) if name == "count" else len(set(values))
    if name in ("min", "max") and s.dtype in ("datetime", "str"):
        values = present(s)
        need(len(values) == len(s.cells) and values)
        return min(values) if name == "min" else max(values)
    if name in ("any", "all"):
        need(s.dtype == "bool")
        return {"any": any, "all": all}[name](known(s))
    if s.dtype == "str" and name != "sum":
        raise Raised("TypeError", culprit=s.source)
    values = numbers(s)
    if name == "sum":
        return sum(values) if values or s.dtype == "int" else 0.0
    if not values or (name in ("std", "var") and len(values) < 2):
        return NAN
    return _STATISTICS[name](values)


_STATISTICS: dict[str, Callable[[list[Any]], Any]] = {
    "mean": lambda v: math.fsum(v) / len(v),
    "median": lambda v: float(statistics.median(v)),
    "min": min,
    "max": max,
    "std": lambda v: statistics.stdev([float(x) for x in v]),
    "var": lambda v: statistics.variance([float(x) for x in v]),
    "prod": lambda v: math.prod(v),
}


REDUCTIONS = (*_STATISTICS, "sum", "count", "nunique", "any", "all")


def quantile(s: Series, q: Any = 0.5) -> Any:
    need(isinstance(q, (int, float)))
    return percentile(numbers(s), q)


def percentile(values: Sequence[Any], share: float) -> float:
    """Return the value below which a share of the values lies, by straight lines between them."""
    need(values and 0 <= share <= 1)
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def mode(s: Series) -> Series:
    values = present(s)
    need(values and s.dtype in ("int", "float", "str"))
    most = max(values.count(v) for v in values)
    best = sorted({v for v in values if values.count(v) == most})
    return Series(Column(tuple(best), s.dtype), counted(len(best)), s.name)


def unique(s: Series) -> Array:
    need(s.dtype in (*NUMBERS, "str", "object"))
    cells = list(dict.fromkeys(known(s)))
    need(sum(is_missing(c) for c in cells) <= 1)
    return Array(cells, (len(cells),), s.dtype)


def value_counts(s: Series, normalize: bool = False) -> Series:
    values = present(s)
    need(s.dtype in ("int", "str", "bool", "float"))
    counts = {v: values.count(v) for v in dict.fromkeys(values)}
    need(len(set(counts.values())) == len(counts), "an order of equal counts")
    ordered = sorted(counts, key=lambda v: -counts[v])
    cells = [counts[v] / len(values) if normalize else counts[v] for v in ordered]
    return Series(column_of(cells), Labels(tuple(ordered), "\0"), None)


def idx(best: Callable[..., Any]) -> Callable[[Series], Any]:
    def idx(s: Series) -> Any:
        values = numbers(s)
        need(values and len(values) == len(s.cells))
        return s.index.cells[s.cells.index(best(values))]

    return idx


def agg(s: Series, func: Any) -> Any:
    need(isinstance(func, str) and func in REDUCTIONS)
    return value_of(func, s)
