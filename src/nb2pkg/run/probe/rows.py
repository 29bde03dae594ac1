"""Chooses the few rows of the notebook's data that still show what a function does.

Values of one length are rows of the same things: they keep the same rows. Nothing here is random, and only libraries
that the notebook has loaded are used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SIZES = (12, 30, 80, 250, 1000)
_FEWEST = 12  # values that are shorter than this are no rows
_KINDS = 12  # values of a column that are looked at one by one
_COLUMNS = 200
_POOL = 20_000  # rows that are looked at
_EACH = 2  # rows of each kind, since a split may ask for two


def lengths(values: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return how many rows the row-like values have -> their names."""
    found: dict[int, list[str]] = {}
    for name, value in values.items():
        length = row_count(value)
        if length is not None and length >= _FEWEST:
            found.setdefault(length, []).append(name)
    lists = {name for name, value in values.items() if isinstance(value, list)}
    # A list is rows only beside other values of its length: else it may be names of columns.
    return {
        n: names
        for n, names in found.items()
        if not lists.issuperset(names) or (n >= SIZES[1] and len({type(v) for x in names for v in values[x]}) == 1)
    }


def row_count(value: Any) -> int | None:
    """Return how many rows a value has, or None where it has none."""
    if isinstance(value, (list, tuple)):
        return len(value) if isinstance(value, list) else None
    if _is_bunch(value):
        return next((len(v) for v in value.values() if _is_array(v)), None)
    if _is_table(value) or _is_array(value) or _is_sparse(value):
        return int(value.shape[0]) if value.shape else None
    return None


def take(value: Any, positions: Sequence[int]) -> Any:
    """Return the rows of a value at these positions, as a value of its own."""
    if isinstance(value, list):
        return [value[i] for i in positions]
    if _is_bunch(value):
        count = row_count(value)
        parts = {k: take(v, positions) if row_count(v) == count else v for k, v in value.items()}
        return type(value)(**parts)
    if _is_table(value):
        run = positions and list(positions) == list(range(positions[0], positions[-1] + 1))
        rows = slice(positions[0], positions[-1] + 1) if run else list(positions)  # a slice keeps the frequency
        return value.iloc[rows].copy() if hasattr(value, "iloc") else value[rows]
    return value[list(positions)]


def choose(values: Mapping[str, Any], names: Sequence[str], size: int, hints: Sequence[Any]) -> list[int]:
    """Return the positions of at most `size` rows that are unlike each other.

    Args:
        values: name -> value.
        names: those that have the same rows.
        size: how many rows at most.
        hints: numbers and texts in the code: rows next to these are wanted.
    """
    count = row_count(values[names[0]]) or 0
    if count <= size:
        return list(range(count))
    if any(_is_in_time(values[name]) for name in names):
        return list(range(size))
    found: dict[int, None] = {}
    near = {name: take(values[name], range(_POOL)) if count > _POOL else values[name] for name in names}
    wishes = [_told(_wishes(column, hints)) for value in near.values() for column in _columns(value)]
    wishes += [_told(_twins(value, hints)) for value in near.values()]
    depth = max((len(w) for w in wishes), default=0)
    for wish in (w[level] for level in range(depth) for w in wishes if level < len(w)):
        if len(found) + len(wish) <= size:
            found |= dict.fromkeys(wish)
    for step in (1, 2, 4, 8, 16):
        for i in range(0, count, max(1, count // (size * step))):
            if len(found) < size:
                found.setdefault(i)
    return sorted(found)


def _told(wishes: Iterator[list[int]]) -> list[list[int]]:
    """Return the wishes up to the first that an unusual type of column makes impossible."""
    found: list[list[int]] = []
    try:
        found.extend(wishes)
    except Exception:
        pass
    return found


def _is_table(value: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index))


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray) and not hasattr(value, "mask")


def _is_sparse(value: Any) -> bool:
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(value) and hasattr(value, "tocsr") and value.format == "csr"


def _is_bunch(value: Any) -> bool:
    return type(value).__name__ == "Bunch" and isinstance(value, dict)


def _is_in_time(value: Any) -> bool:
    index = value if not hasattr(value, "index") or isinstance(value, list) else value.index
    return type(index).__name__ in ("DatetimeIndex", "PeriodIndex", "TimedeltaIndex")


def _columns(value: Any) -> Iterator[Any]:
    """Yield the columns of a value as Series."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return
    if isinstance(value, pandas.DataFrame):
        for position in range(min(_COLUMNS, value.shape[1])):
            yield value.iloc[:, position].reset_index(drop=True)
    elif isinstance(value, (pandas.Series, pandas.Index)):
        yield pandas.Series(value).reset_index(drop=True)
    elif (_is_array(value) and value.ndim == 1) or isinstance(value, list):
        yield pandas.Series(value)
    elif _is_array(value) and value.ndim == 2:
        for position in range(min(_COLUMNS, value.shape[1])):
            yield pandas.Series(value[:, position])
    elif _is_bunch(value):
        for part in value.values():
            if _is_array(part) and part.ndim == 1 and len(part) == row_count(value):
                yield pandas.Series(part)


def _wishes(column: Any, hints: Sequence[Any]) -> Iterator[list[int]]:
    """Yield rows that a column makes interesting, those first that matter most."""
    try:
        missing = column.isna()
        counts = column.value_counts()
    except TypeError:  # what can't be compared or hashed
        return
    yield [int(i) for i in missing.to_numpy().nonzero()[0][:_EACH]]
    if len(counts) <= _KINDS:
        for kind in counts.index:
            yield [int(i) for i in (column == kind).to_numpy().nonzero()[0][:_EACH]]
        return
    if column.dtype.kind in "iuf":
        yield [int(column.argmin()), int(column.argmax())]
        for hint in hints:
            if isinstance(hint, (int, float)) and column.min() <= hint <= column.max():
                nearest = (column - hint).abs().sort_values(kind="stable").index[:_EACH]
                yield [int(i) for i in nearest]
    elif not missing.all() and column.dtype.kind not in "mM":
        texts = column.astype(str)
        for hint in hints:
            if isinstance(hint, str) and hint:
                yield [int(i) for i in texts.str.contains(hint, regex=False).to_numpy().nonzero()[0][:_EACH]]
        yield [int(texts.str.len().argmin()), int(texts.str.len().argmax())]


def _twins(value: Any, hints: Sequence[Any]) -> Iterator[list[int]]:
    """Yield rows that stand twice in a frame, as a whole or in a column that the code names."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame):
        return
    named = [c for c in value.columns if any(isinstance(h, str) and h == c for h in hints)]
    for subset in (None, *([c] for c in named)):
        try:
            twins = value.duplicated(subset=subset, keep=False).to_numpy().nonzero()[0]
        except (TypeError, ValueError):
            continue
        if len(twins) and len(twins) < len(value) // 2:
            first = value.iloc[[twins[0]]] if subset is None else value.iloc[[twins[0]]][subset]
            likes = value[first.columns].iloc[twins].astype(object)
            same = ((likes == first.iloc[0]) | (likes.isna() & first.iloc[0].isna())).all(axis=1).to_numpy()
            yield [int(i) for i in twins[same][:2]]
