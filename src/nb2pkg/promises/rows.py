"""Rows and columns of a table by label, place or condition: `df[…]`, `.loc`, `.iloc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nb2pkg.promises.cells import taken
from nb2pkg.promises.series import chosen
from nb2pkg.promises.values import (
    NAN,
    UNKNOWN,
    Array,
    Column,
    Frame,
    Index,
    Indexer,
    Labels,
    Raised,
    Series,
    certain,
    column_of,
    is_missing,
    is_number,
    need,
)


def frame_taken(frame: Frame, places: Sequence[int], *, shared: bool = False) -> Frame:
    """Return rows of a table by their places."""
    columns = {k: Column(tuple(c.cells[i] for i in places), c.dtype) for k, c in frame.columns.items()}
    index = Labels(tuple(frame.index.cells[i] for i in places), frame.index.name)
    return Frame(columns, index, frame.origin, set(frame.assigned), shared, frame.names)


def columns_taken(frame: Frame, labels: Sequence[Any]) -> Frame:
    """Return columns of a table.

    Raises:
        Raised: one is missing.
    """
    for label in labels:
        frame.series(label)
    need(len(set(labels)) == len(labels), "a column twice")
    columns = {label: frame.columns[label] for label in labels}
    return Frame(columns, frame.index, frame.origin, set(frame.assigned), False, frame.names)


def places_where(condition: Any, index: Labels) -> list[int]:
    """Return the places at which a condition holds."""
    if isinstance(condition, Series):
        need(
            condition.index.cells == index.cells and len(set(index.cells)) == len(index.cells), "another order of rows"
        )
    need(condition.dtype == "bool" and len(condition.cells) == len(index.cells) and certain(condition))
    return [i for i, holds in enumerate(condition.cells) if holds]


def frame_item(frame: Frame, key: Any) -> Any:
    """Return `frame[key]`."""
    if isinstance(key, slice):
        note_rows(frame, key)
        return frame_taken(frame, _by_place(key, len(frame)), shared=True)
    if isinstance(key, Series) and key.dtype == "bool":
        return frame_taken(frame, places_where(key, frame.index))
    if isinstance(key, (list, Index, Series, Array)):
        labels = list(key.cells) if not isinstance(key, list) else key
        if labels and all(isinstance(label, bool) for label in labels):
            need(len(labels) == len(frame))
            return frame_taken(frame, [i for i, holds in enumerate(labels) if holds])
        need(certain(labels))
        return columns_taken(frame, labels)
    if isinstance(key, Frame):
        need(list(key.columns) == list(frame.columns) and key.index == frame.index)
        parts = {k: chosen(frame.series(k), key.series(k), NAN, keep=True).column for k in frame.columns}
        return Frame(parts, frame.index)
    need(isinstance(key, (str, int)), "a column that is not known")
    return frame.series(key)


def note_rows(frame: Frame, key: slice) -> None:
    """Remember places at which the code cuts a table."""
    if frame.origin is not None:
        frame.origin.note(None, "rows", *(abs(p) for p in (key.start, key.stop) if isinstance(p, int)), 0)


def _by_place(key: slice, size: int) -> list[int]:
    need(all(part is None or isinstance(part, int) for part in (key.start, key.stop, key.step)), "rows by label")
    return list(range(size))[key]


def series_item(series: Series, key: Any) -> Any:
    """Return `series[key]`."""
    if isinstance(key, slice):
        need(series.index.counted or all(isinstance(c, str) for c in series.index.cells))
        return taken(series, _by_place(key, len(series.cells)))
    if isinstance(key, Series):
        return taken(series, places_where(key, series.index))
    if isinstance(key, list):
        return taken(series, [_place(series.index, k) for k in key])
    return series.cells[_place(series.index, key)]


def _place(index: Labels, key: Any) -> int:
    need(isinstance(key, (int, str)) and not isinstance(key, bool) and index.cells.count(key) <= 1)
    if key not in index.cells:
        need(not isinstance(key, int) or all(isinstance(c, int) for c in index.cells), "a place or a label")
        raise Raised("KeyError")
    return index.cells.index(key)


def indexed(indexer: Indexer, key: Any) -> Any:
    """Return `frame.loc[key]`, `series.iloc[key]` and their like."""
    owner = indexer.owner
    rows, columns = key if isinstance(key, tuple) and isinstance(owner, Frame) else (key, slice(None))
    by_place = indexer.kind in ("iloc", "iat")
    if by_place and isinstance(rows, slice) and isinstance(owner, Frame):
        note_rows(owner, rows)
    places = _row_places(owner.index, rows, by_place=by_place)
    if isinstance(owner, Series):
        return taken(owner, places) if isinstance(places, list) else owner.cells[places]
    labels = _labels(owner, columns, by_place=by_place)
    part = owner if isinstance(columns, slice) and columns == slice(None) else None
    if part is None:
        part = columns_taken(owner, labels) if isinstance(labels, list) else owner.series(labels)
    if isinstance(places, list):
        if isinstance(part, Series):
            made = taken(part, places)
            whole = len(places) == len(owner)
            return Series(made.column, made.index, made.name, made.source, part.owner if whole else None)
        return frame_taken(part, places, shared=isinstance(rows, slice))
    if isinstance(part, Series):
        return part.cells[places]
    cells = [c.cells[places] for c in part.columns.values()]
    need(len({c.dtype for c in part.columns.values()}) == 1, "a row of several kinds")
    return Series(column_of(cells), Labels(tuple(part.columns)), part.index.cells[places])


def _row_places(index: Labels, rows: Any, *, by_place: bool) -> int | list[int]:
    size = len(index.cells)
    if isinstance(rows, (Series, Array)) and rows.dtype == "bool":
        return places_where(rows, index)
    if by_place:
        return _places(rows, size)
    if isinstance(rows, slice):
        if rows == slice(None):
            return list(range(size))
        need(rows.step is None and len(set(index.cells)) == size)
        start = 0 if rows.start is None else _place(index, _like(index, rows.start))
        stop = size - 1 if rows.stop is None else _place(index, _like(index, rows.stop))
        return list(range(start, stop + 1))
    if isinstance(rows, (list, Index)):
        return [_place(index, k) for k in (rows if isinstance(rows, list) else rows.cells)]
    return _place(index, rows)


def _like(index: Labels, key: Any) -> Any:
    need(not (index.cells and hasattr(index.cells[0], "year")), "rows by date")
    return key


def _places(rows: Any, size: int) -> int | list[int]:
    if isinstance(rows, slice):
        return _by_place(rows, size)
    if isinstance(rows, (list, range)):
        need(all(isinstance(i, int) and -size <= i < size for i in rows))
        return [range(size)[i] for i in rows]
    need(isinstance(rows, int) and not isinstance(rows, bool))
    if not -size <= rows < size:
        raise Raised("IndexError")
    place: int = range(size)[rows]
    return place


def _labels(frame: Frame, columns: Any, *, by_place: bool) -> Any:
    names = list(frame.columns)
    if by_place:
        if frame.origin is not None and columns != slice(None):
            frame.origin.note(None, "places")
        places = _places(columns, len(names))
        return [names[i] for i in places] if isinstance(places, list) else names[places]
    if isinstance(columns, slice):
        if columns == slice(None):
            return names
        for label in (columns.start, columns.stop):
            if label is not None:
                frame.series(label, "LookupError")  # a slice may as well be empty
        first = 0 if columns.start is None else names.index(columns.start)
        last = len(names) - 1 if columns.stop is None else names.index(columns.stop)
        return names[first : last + 1]
    if isinstance(columns, (list, Index)):
        labels = list(columns if isinstance(columns, list) else columns.cells)
        need(not any(isinstance(label, bool) for label in labels))
        return labels
    need(isinstance(columns, (str, int)))
    return columns


def set_column(frame: Frame, label: Any, value: Any) -> None:
    """Carry out `frame[label] = value`.

    Raises:
        Raised: the lengths differ.
    """
    need(isinstance(label, (str, int)) and not isinstance(label, bool), "a column that is not known")
    if isinstance(value, Frame):
        need(len(value.columns) == 1)
        value = value.series(next(iter(value.columns)))
    if not frame.columns and not len(frame) and isinstance(value, (Series, Array, list)):
        need(frame.index.cells == ())
        cells = value.cells if isinstance(value, (Series, Array)) else value
        frame.index = value.index if isinstance(value, Series) else Labels(tuple(range(len(cells))))
    frame.columns[label] = column_for(frame, value)
    frame.assigned.add(label)


def column_for(frame: Frame, value: Any) -> Column:
    """Return the column that a value becomes in a table."""
    size = len(frame)
    if isinstance(value, Series):
        if value.index.cells == frame.index.cells:
            return value.column
        need(len(set(value.index.cells)) == len(value.index.cells), "labels that stand twice")
        found = dict(zip(value.index.cells, value.cells, strict=True))
        need(all(c in found for c in frame.index.cells) and value.dtype != "", "gaps by aligning")
        return Column(tuple(found[c] for c in frame.index.cells), value.dtype)
    if isinstance(value, (Array, list, tuple, range)):
        cells = list(value.cells) if isinstance(value, Array) else list(value)
        need(not isinstance(value, Array) or len(value.shape) == 1 or value.shape[1:] == (1,))
        if len(cells) != size:
            raise Raised("ValueError")
        need(not any(isinstance(c, (list, tuple, dict)) for c in cells))
        return Column(tuple(cells), value.dtype) if isinstance(value, Array) else column_of(cells)
    need(is_number(value) or isinstance(value, str) or value is None, "a value that is not known")
    need(size > 0)
    return Column((value,) * size, column_of([value]).dtype)


def set_indexed(indexer: Indexer, key: Any, value: Any) -> None:
    """Carry out `frame.loc[rows, columns] = value`."""
    frame = indexer.owner
    need(isinstance(frame, Frame) and not frame.shared and isinstance(key, tuple) and len(key) == 2)
    rows, label = key
    if indexer.kind == "iloc":
        label = list(frame.columns)[label] if isinstance(label, int) else label
    need(isinstance(label, str), "several columns at once")
    places = _row_places(frame.index, rows, by_place=indexer.kind in ("iloc", "iat"))
    places = places if isinstance(places, list) else [places]
    if label not in frame.columns:
        need(isinstance(rows, slice) and rows == slice(None), "a new column with gaps")
        set_column(frame, label, value)
        return
    old = frame.columns[label]
    if isinstance(rows, slice) and rows == slice(None):
        new = column_for(frame, value)
        need(new.dtype == old.dtype or (old.dtype == "float" and new.dtype == "int"), "a column of another kind")
        whole = tuple(float(c) if old.dtype == "float" and c is not UNKNOWN else c for c in new.cells)
        frame.columns[label] = Column(whole, old.dtype)
        frame.assigned.add(label)
        return
    need(is_number(value) or isinstance(value, str), "a value that is not known")
    cells = [value if i in places else c for i, c in enumerate(old.cells)]
    made = column_of(cells)
    fits = made.dtype == old.dtype or (old.dtype == "float" and is_number(value) and not isinstance(value, bool))
    need(fits or not places or old.dtype == "", "a value of another kind")
    if old.dtype == "float":
        cells = [c if is_missing(c) or c is UNKNOWN else float(c) for c in cells]
    frame.columns[label] = Column(tuple(cells), old.dtype)
