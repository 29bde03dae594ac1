"""What is certain of scikit-learn: how rows are split, and what simple transformers learn."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

from nb2pkg.promises.arrays import array_of, lines
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Column,
    Estimator,
    Frame,
    Labels,
    Raised,
    Series,
    certain,
    is_missing,
    need,
)


def _split(
    *parts: Any,
    test_size: Any = None,
    train_size: Any = None,
    random_state: Any = None,
    shuffle: bool = True,
    stratify: Any = None,
) -> list[Any]:
    need(train_size is None and isinstance(shuffle, bool) and parts)
    sizes = {
        len(p.cells) if isinstance(p, Series) else len(p) for p in parts if not isinstance(p, (Array, list)) or len(p)
    }
    if len(sizes) != 1:
        raise Raised("ValueError")
    (size,) = sizes
    test = split_size(size, test_size)
    need(0 < test < size and (stratify is None or shuffle))
    if isinstance(stratify, Series):
        stratify.note("classes")
    if stratify is not None:
        _check_classes(array_of(stratify), test, size - test)
    made = []
    for number, part in enumerate(parts):
        halves = [_rows(part, size - test, 0, shuffle=shuffle), _rows(part, test, size - test, shuffle=shuffle)]
        for which, half in enumerate(halves):
            if not isinstance(half, list):
                half.half = (number, which)
        made += halves
    return made


def _check_classes(classes: Array, test: int, train: int) -> None:
    need(certain(classes) and len(classes.shape) == 1 and classes.dtype in ("int", "str", "bool"))
    counts = [classes.cells.count(c) for c in set(classes.cells)]
    need(min(counts) > 1 and len(counts) <= min(test, train), "classes that are too small")


def split_size(size: int, test_size: Any) -> int:
    """Return how many rows of so many become test rows."""
    if test_size is None:
        return math.ceil(0.25 * size)
    need(isinstance(test_size, (int, float)) and not isinstance(test_size, bool))
    return math.ceil(test_size * size) if isinstance(test_size, float) else test_size


def _rows(part: Any, number: int, first: int, *, shuffle: bool) -> Any:
    """Return rows of which only the number is known, or which they are, unless they are shuffled."""
    if isinstance(part, Frame):
        return Frame({k: _cells(c, number, first, shuffle=shuffle) for k, c in part.columns.items()}, _labels(number))
    if isinstance(part, Series):
        return Series(_cells(part.column, number, first, shuffle=shuffle), _labels(number), part.name)
    if isinstance(part, list):
        return [UNKNOWN] * number if shuffle else part[first : first + number]
    array = array_of(part)
    width = math.prod(array.shape[1:])
    cells = [UNKNOWN] * (number * width) if shuffle else array.cells[first * width : (first + number) * width]
    return Array(cells, (number, *array.shape[1:]), array.dtype)


def _cells(column: Column, number: int, first: int, *, shuffle: bool) -> Column:
    return Column((UNKNOWN,) * number if shuffle else column.cells[first : first + number], column.dtype)


def _labels(number: int) -> Labels:
    return Labels(tuple(UNKNOWN for _ in range(number)))


def _estimator(name: str, *allowed: str) -> Callable[..., Estimator]:
    def make(**given: Any) -> Estimator:
        need(set(given) <= set(allowed))
        return Estimator(name, given)

    return make


def _columns(data: Any) -> list[list[Any]]:
    array = array_of(data)
    need(len(array.shape) == 2 and array.dtype in ("int", "float") and certain(array) and len(array) > 0)
    need(not any(is_missing(c) for c in array.cells))
    return lines(array, 0)[0]


def _fit_on_half(e: Estimator, data: Any) -> bool:
    """Fit a scaler on training or test rows, of which it is not known which they are; return whether they are such."""
    half = getattr(data, "half", None)
    if half is None or e.name not in ("StandardScaler", "MinMaxScaler"):
        return False
    _check_half(data)
    e.learned, e.fitted = {"fitted on": half}, True
    return True


def _check_half(data: Any) -> None:
    need(isinstance(data, (Frame, Array)) and (isinstance(data, Array) or data.columns))
    kinds = {c.dtype for c in data.columns.values()} if isinstance(data, Frame) else {data.dtype}
    need(kinds <= {"int", "float"} and (isinstance(data, Frame) or len(data.shape) == 2), "what is no number")


def _transform_half(e: Estimator, data: Any) -> Array:
    need(getattr(data, "half", None) is not None, "rows that were not split")
    _check_half(data)
    width = len(data.columns) if isinstance(data, Frame) else data.shape[1]
    centred = e.name == "StandardScaler" and e.learned["fitted on"] == data.half
    cells = [UNKNOWN] * (len(data) * width)
    return Array(cells, (len(data), width), "float", half=data.half, centred=centred)


def _fit(e: Estimator, data: Any, y: Any = None) -> Estimator:
    if _fit_on_half(e, data):
        return e
    if e.name == "LabelEncoder":
        cells = _labels_of(data)
        e.learned = {
            "classes_": Array(sorted(set(cells)), (len(set(cells)),), "str" if isinstance(cells[0], str) else "int")
        }
    elif e.name == "StandardScaler":
        columns = _columns(data)
        scales = [statistics.pstdev([float(x) for x in c]) or 1.0 for c in columns]
        e.learned = {
            "mean_": Array([math.fsum(c) / len(c) for c in columns], (len(columns),), "float"),
            "scale_": Array(scales, (len(columns),), "float"),
        }
    else:
        columns = _columns(data)
        e.learned = {
            "data_min_": Array([float(min(c)) for c in columns], (len(columns),), "float"),
            "data_max_": Array([float(max(c)) for c in columns], (len(columns),), "float"),
        }
        need(all(min(c) < max(c) for c in columns))
    e.fitted = True
    return e


def _labels_of(data: Any) -> list[Any]:
    cells = list(data.cells) if isinstance(data, (Series, Array)) else list(data)
    need(cells and certain(cells) and len({type(c) for c in cells}) == 1 and isinstance(cells[0], (str, int)))
    return cells


def _transform(e: Estimator, data: Any) -> Array:
    need(e.fitted)
    if "fitted on" in e.learned:
        return _transform_half(e, data)
    if e.name == "LabelEncoder":
        classes = e.learned["classes_"].cells
        cells = _labels_of(data)
        if any(c not in classes for c in cells):
            raise Raised("ValueError")
        return Array([classes.index(c) for c in cells], (len(cells),), "int")
    columns = _columns(data)
    if e.name == "StandardScaler":
        pairs = zip(e.learned["mean_"].cells, e.learned["scale_"].cells, strict=True)
        made = [[(c - mean) / scale for c in column] for column, (mean, scale) in zip(columns, pairs, strict=True)]
    else:
        pairs = zip(e.learned["data_min_"].cells, e.learned["data_max_"].cells, strict=True)
        made = [[(c - low) / (high - low) for c in column] for column, (low, high) in zip(columns, pairs, strict=True)]
    rows = len(made[0])
    return Array([column[i] for i in range(rows) for column in made], (rows, len(made)), "float")


def _fit_transform(e: Estimator, data: Any, y: Any = None) -> Array:
    return _transform(_fit(e, data), data)


METHODS: dict[str, Callable[..., Any]] = {"fit": _fit, "transform": _transform, "fit_transform": _fit_transform}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sklearn.model_selection.train_test_split": _split,
    "sklearn.preprocessing.StandardScaler": _estimator("StandardScaler"),
    "sklearn.preprocessing.MinMaxScaler": _estimator("MinMaxScaler"),
    "sklearn.preprocessing.LabelEncoder": _estimator("LabelEncoder"),
}
