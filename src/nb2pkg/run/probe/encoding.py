"""Values as JSON that loses nothing: what JSON lacks is tagged, a tuple as `{"$tuple": [1, 2]}`.

The reader is `tests/recorded.py` of the generated project. What can't be written raises `Unstorable`.
"""

from __future__ import annotations

import math
import sys
from typing import Any

_DEEPEST = 12
_MOST = 20_000  # values in one file of JSON


class Unstorable(Exception):
    """A value that no file can hold."""


def encoded(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON."""
    if value is None or type(value) in (bool, int, str):
        return value
    if depth > _DEEPEST:
        raise Unstorable("nested too deep")
    if type(value) is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if type(value) in (list, tuple, set, frozenset):
        if len(value) > _MOST:
            raise Unstorable("too long")
        items = [encoded(item, depth + 1) for item in value]
        if type(value) in (set, frozenset):
            return {"$set": sorted(items, key=repr)}
        return items if type(value) is list else {"$tuple": items}
    if isinstance(value, dict):
        return _mapping(value, depth)
    return _of_library(value, depth)


def _mapping(value: dict[Any, Any], depth: int) -> Any:
    kind = type(value).__name__
    if len(value) > _MOST:
        raise Unstorable("too long")
    if kind == "Bunch":
        return {"$bunch": _mapping(dict(value), depth)}
    if type(value) is not dict:
        raise Unstorable(f"a {kind}")
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: encoded(item, depth + 1) for key, item in value.items()}
    return {"$dict": [[encoded(key, depth + 1), encoded(item, depth + 1)] for key, item in value.items()]}


def _of_library(value: Any, depth: int) -> Any:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None:
        if isinstance(value, numpy.generic) and value.dtype.kind in "biufUSMm":
            return {"$scalar": [str(value.dtype), _cell(value)]}
        if type(value) is numpy.ndarray:
            return {"$array": _array(value)}
    if pandas is not None:
        if value is pandas.NaT or value is pandas.NA:
            return {"$missing": "NaT" if value is pandas.NaT else "NA"}
        if type(value) is pandas.Timestamp:
            return {"$timestamp": value.isoformat()}
        if type(value) is pandas.Timedelta:
            return {"$timedelta": value.isoformat()}
        if type(value) is pandas.DataFrame:
            return {"$frame": _frame(value)}
        if type(value) is pandas.Series:
            return {"$series": _series(value)}
        if isinstance(value, pandas.Index):
            return {"$index": _index(value)}
    raise Unstorable(f"a {type(value).__name__}")


def _array(value: Any) -> dict[str, Any]:
    if value.size > _MOST or value.dtype.kind not in "biufUSOMm":
        raise Unstorable(f"an array of {value.dtype}")
    dtype = "object" if value.dtype.kind == "O" else str(value.dtype)
    cells = [_cell(item) for item in (value.astype(str) if value.dtype.kind in "Mm" else value).ravel().tolist()]
    return {"dtype": dtype, "shape": list(value.shape), "values": cells}


def _cell(item: Any) -> Any:
    """Return one entry of a column or array; NaN is tagged."""
    if hasattr(item, "item") and hasattr(item, "dtype"):
        item = str(item) if item.dtype.kind in "Mm" else item.item()
    if isinstance(item, bytes):
        raise Unstorable("bytes")
    return encoded(item)


def _frame(value: Any) -> dict[str, Any]:
    if value.size > _MOST:
        raise Unstorable("too large")
    columns = [_column(value.iloc[:, i]) for i in range(value.shape[1])]
    return {"columns": _index(value.columns), "index": _index(value.index), "values": columns}


def _series(value: Any) -> dict[str, Any]:
    if value.size > _MOST:
        raise Unstorable("too large")
    return {"name": encoded(value.name), "index": _index(value.index), "values": _column(value)}


def _column(value: Any) -> dict[str, Any]:
    pandas, dtype = sys.modules["pandas"], value.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        category = value.cat if hasattr(value, "cat") else value
        codes = [int(code) for code in category.codes]
        return {
            "dtype": "category",
            "codes": codes,
            "categories": _index(category.categories),
            "ordered": bool(category.ordered),
        }
    if str(dtype) == "object":
        return {"dtype": "object", "values": [_cell(item) for item in value]}
    if getattr(dtype, "kind", "O") in "biufc" and not hasattr(dtype, "na_value"):
        return {"dtype": str(dtype), "values": [_cell(item) for item in value]}
    cells = [None if pandas.isna(item) else item for item in value]
    texts = [c if c is None or type(c) in (bool, int, float, str) else _text(c) for c in cells]
    return {"dtype": str(dtype), "values": [encoded(c) for c in texts]}


def _text(cell: Any) -> Any:
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else str(cell)


def _index(value: Any) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.RangeIndex):
        return {"range": [value.start, value.stop, value.step], "name": encoded(value.name)}
    if isinstance(value, pandas.MultiIndex):
        levels = [_column(value.get_level_values(i)) for i in range(value.nlevels)]
        return {"levels": levels, "names": [encoded(name) for name in value.names]}
    found = {"values": _column(value), "name": encoded(value.name)}
    if isinstance(value, pandas.DatetimeIndex) and value.freq is not None:
        found["freq"] = value.freqstr
    return found
