"""Methods of a table, as far as they do the same in all releases of pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nb2pkg.promises import operators
from nb2pkg.promises import series as columns_of
from nb2pkg.promises.frame_tools import become, is_columns, listed, note_each, with_columns
from nb2pkg.promises.reducing import REDUCTIONS, value_of
from nb2pkg.promises.reshaping import apply, iterrows, join, melt, query, to_dict, transposed, values_of
from nb2pkg.promises.rows import columns_taken, frame_taken, note_rows, set_column
from nb2pkg.promises.series import ABSENT, replaced, replacements
from nb2pkg.promises.values import (
    Column,
    Frame,
    Groups,
    Index,
    Labels,
    Raised,
    Series,
    certain,
    column_of,
    counted,
    is_missing,
    need,
)


def _drop(
    f: Frame, labels: Any = ABSENT, axis: Any = 0, index: Any = ABSENT, columns: Any = ABSENT, inplace: bool = False
) -> Any:
    need((labels is not ABSENT) + (index is not ABSENT) + (columns is not ABSENT) == 1)
    if columns is not ABSENT or (labels is not ABSENT and is_columns(axis)):
        gone = listed(labels if columns is ABSENT else columns)
        need(certain(gone))
        for label in gone:
            f.series(label)
        return become(f, with_columns(f, {k: c for k, c in f.columns.items() if k not in gone}), inplace=inplace)
    gone = listed(labels if index is ABSENT else index)
    need(certain(gone))
    if any(label not in f.index.cells for label in gone):
        raise Raised("KeyError")
    return become(f, frame_taken(f, [i for i, c in enumerate(f.index.cells) if c not in gone]), inplace=inplace)


def _dropna(
    f: Frame, *, axis: Any = 0, how: Any = "any", subset: Any = None, thresh: Any = None, inplace: bool = False
) -> Any:
    need(how in ("any", "all") and thresh is None and certain(f))
    if is_columns(axis):
        need(subset is None)
        test = any if how == "any" else all
        kept = [k for k, c in f.columns.items() if not test(is_missing(v) for v in c.cells)]
        return become(f, columns_taken(f, kept), inplace=inplace)
    labels = list(f.columns) if subset is None else listed(subset)
    note_each(f, labels if subset is not None else [None], "null")
    rows = [[is_missing(f.series(k).cells[i]) for k in labels] for i in range(len(f))]
    kept = [i for i, row in enumerate(rows) if not (any(row) if how == "any" else all(row))]
    return become(f, frame_taken(f, kept), inplace=inplace)


def _drop_duplicates(
    f: Frame, subset: Any = None, keep: Any = "first", inplace: bool = False, ignore_index: bool = False
) -> Any:
    need(keep in ("first", "last") and ignore_index is False and certain(f))
    labels = list(f.columns) if subset is None else listed(subset)
    note_each(f, [None], "twice")
    kept = unique_places([tuple(f.series(k).cells[i] for k in labels) for i in range(len(f))], last=keep == "last")
    return become(f, frame_taken(f, kept), inplace=inplace)


def unique_places(rows: Sequence[tuple[Any, ...]], *, last: bool) -> list[int]:
    """Return the places of rows that stand for the first (or last) time."""
    keys = [tuple("\0nan" if is_missing(c) else c for c in row) for row in rows]
    order = range(len(keys))[::-1] if last else range(len(keys))
    seen: set[Any] = set()
    kept = []
    for i in order:
        if keys[i] not in seen:
            seen.add(keys[i])
            kept.append(i)
    return sorted(kept)


def _duplicated(f: Frame, subset: Any = None) -> Series:
    note_each(f, [None], "twice")
    labels = list(f.columns) if subset is None else listed(subset)
    rows = [tuple(f.series(k).cells[i] for k in labels) for i in range(len(f))]
    need(certain(rows))
    kept = unique_places(rows, last=False)
    return Series(Column(tuple(i not in kept for i in range(len(f))), "bool"), f.index)


def _fillna(f: Frame, value: Any = ABSENT, *, inplace: bool = False) -> Any:
    need(value is not ABSENT)
    note_each(f, list(value) if isinstance(value, dict) else [None], "null")
    if isinstance(value, Series):
        value = dict(zip(value.index.cells, value.cells, strict=True))
    fill = columns_of.METHODS["fillna"]
    made = {}
    for label, column in f.columns.items():
        wanted = value.get(label, ABSENT) if isinstance(value, dict) else value
        if wanted is ABSENT or (is_missing(wanted) and not any(map(is_missing, column.cells))):
            made[label] = column
        else:
            made[label] = fill(Series(column, f.index), wanted).column
    return become(f, with_columns(f, made), inplace=inplace)


def _each_column(name: str) -> Callable[..., Frame]:
    """Return the method that does to each column what the columns' method does."""

    def call(f: Frame, *args: Any, **kwargs: Any) -> Frame:
        method = columns_of.METHODS[name]
        if name in ("isnull", "isna", "notnull", "notna", "ffill", "bfill"):
            note_each(f, [None], "null")
        made = {k: method(Series(c, f.index, k), *args, **kwargs).column for k, c in f.columns.items()}
        return with_columns(f, made)

    return call


def _rename(
    f: Frame, mapper: Any = ABSENT, *, columns: Any = ABSENT, index: Any = None, axis: Any = 0, inplace: bool = False
) -> Any:
    if mapper is not ABSENT:
        need(is_columns(axis) and columns is ABSENT)
        columns = mapper
    if columns is ABSENT:
        need(isinstance(index, dict))
        return become(
            f,
            with_columns(f, f.columns, Labels(tuple(index.get(c, c) for c in f.index.cells), f.index.name)),
            inplace=inplace,
        )
    need(index is None)
    if isinstance(columns, dict):
        note_each(f, [k for k in columns if k not in f.columns], "wanted")
    new = {k: columns(k) if callable(columns) else columns.get(k, k) for k in f.columns}
    return become(f, relabelled(f, list(new.values())), inplace=inplace)


def relabelled(f: Frame, labels: Sequence[Any]) -> Frame:
    """Return a table with other labels of its columns."""
    need(len(set(labels)) == len(labels) == len(f.columns) and certain(list(labels)), "columns that have one name")
    made = with_columns(f, dict(zip(labels, f.columns.values(), strict=True)))
    made.assigned |= {new for new, old in zip(labels, f.columns, strict=True) if new != old}
    return made


def _reset_index(f: Frame, level: Any = None, *, drop: bool = False, inplace: bool = False) -> Any:
    need(level is None)
    columns = dict(f.columns)
    if not drop:
        label = "index" if f.index.name is None else f.index.name
        need(label not in columns and label != "\0")
        columns = {label: column_of(f.index.cells), **columns}
    made = with_columns(f, columns, counted(len(f)))
    if not drop:
        made.assigned.add(next(iter(columns)))
    return become(f, made, inplace=inplace)


def _set_index(f: Frame, keys: Any, *, drop: bool = True, inplace: bool = False) -> Any:
    keys = keys[0] if isinstance(keys, list) and len(keys) == 1 else keys
    need(isinstance(keys, str) and drop is True)
    column = f.series(keys)
    need(certain(column))
    columns = {k: c for k, c in f.columns.items() if k != keys}
    return become(f, with_columns(f, columns, Labels(column.cells, keys)), inplace=inplace)


def _sort_values(
    f: Frame, by: Any, *, ascending: Any = True, inplace: bool = False, axis: Any = 0, ignore_index: bool = False
) -> Any:
    labels = by if isinstance(by, list) else [by]
    need(not is_columns(axis) and ignore_index is False and isinstance(ascending, bool))
    rows = [tuple(f.series(k).cells[i] for k in labels) for i in range(len(f))]
    need(certain(rows) and len(set(rows)) == len(rows) and not any(is_missing(c) for row in rows for c in row))
    order = sorted(range(len(f)), key=lambda i: rows[i], reverse=not ascending)
    return become(f, frame_taken(f, order), inplace=inplace)


def _sort_index(f: Frame, *, ascending: bool = True) -> Frame:
    cells = f.index.cells
    need(len(set(cells)) == len(cells) and isinstance(ascending, bool))
    return frame_taken(f, sorted(range(len(f)), key=lambda i: cells[i], reverse=not ascending))


def _reduced(name: str) -> Callable[..., Any]:
    def reduce(f: Frame, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Series:
        need(skipna is True)
        if is_columns(axis):
            return _across(name, f)
        if numeric_only:
            f = _select_dtypes(f, "number")
        cells = [value_of(name, f.series(k)) for k in f.columns]
        return Series(column_of(cells), Labels(tuple(f.columns)))

    return reduce


def _across(name: str, f: Frame) -> Series:
    dtypes = {c.dtype for c in f.columns.values()}
    need(dtypes <= {"int", "float"} or dtypes == {"bool"} or name == "count", "a row of several kinds")
    note_each(f, list(f.columns), "number")
    rows = [[c.cells[i] for c in f.columns.values()] for i in range(len(f))]
    cells = [value_of(name, Series(column_of(row), counted(len(row)))) for row in rows]
    return Series(column_of(cells), f.index)


def _select_dtypes(f: Frame, include: Any = None, exclude: Any = None) -> Frame:
    wanted = include if exclude is None else exclude
    wanted = wanted[0] if isinstance(wanted, list) and len(wanted) == 1 else wanted
    wanted = getattr(wanted, "name", wanted)
    need((include is None) != (exclude is None) and wanted in ("number", "numpy.number"))
    need(all(c.dtype and c.dtype != "timedelta" for c in f.columns.values()), "kinds that are not known")
    kept = [k for k, c in f.columns.items() if (c.dtype in ("int", "float")) == (include is not None)]
    return columns_taken(f, kept)


def _replace(f: Frame, to_replace: Any = ABSENT, value: Any = ABSENT, *, inplace: bool = False) -> Any:
    pairs = replacements(to_replace, value)
    made = {}
    for label, column in f.columns.items():
        need(column.dtype not in ("bool", "category", "datetime"))
        cells = tuple(replaced(c, pairs) for c in column.cells)
        new = column_of(cells)
        same = all(a is b for a, b in zip(cells, column.cells, strict=True))
        made[label] = column if same else Column(cells, new.dtype if new.dtype == column.dtype else "")
    return become(f, with_columns(f, made), inplace=inplace)


def _astype(f: Frame, dtype: Any) -> Frame:
    method = columns_of.METHODS["astype"]
    wanted = dtype if isinstance(dtype, dict) else dict.fromkeys(f.columns, dtype)
    for label in wanted:
        f.series(label)
    return with_columns(
        f, {k: method(f.series(k), wanted[k]).column if k in wanted else c for k, c in f.columns.items()}
    )


def _assign(f: Frame, **values: Any) -> Frame:
    made = with_columns(f, dict(f.columns))
    for label, value in values.items():
        set_column(made, label, value(made) if callable(value) else value)
    return made


def _insert(f: Frame, loc: int, column: Any, value: Any) -> None:
    need(isinstance(loc, int) and 0 <= loc <= len(f.columns) and not f.shared)
    if column in f.columns:
        raise Raised("ValueError")
    set_column(f, column, value)
    labels = [k for k in f.columns if k != column]
    labels.insert(loc, column)
    f.columns = {k: f.columns[k] for k in labels}


def _pop(f: Frame, item: Any) -> Series:
    series = f.series(item)
    del f.columns[item]
    return Series(series.column, series.index, series.name, series.source)


def _head(f: Frame, n: int = 5) -> Frame:
    note_rows(f, slice(0, n))
    return frame_taken(f, range(len(f))[:n], shared=True)


def _tail(f: Frame, n: int = 5) -> Frame:
    note_rows(f, slice(0, n))
    return frame_taken(f, range(len(f))[-n:] if n else [], shared=True)


def _copied(f: Frame, deep: bool = True) -> Frame:
    need(deep is True)
    return with_columns(f, dict(f.columns))


def _groupby(f: Frame, by: Any, as_index: bool = True, sort: bool = True) -> Groups:
    keys = by if isinstance(by, list) else [by]
    need(sort is True and all(isinstance(k, str) for k in keys))
    for key in keys:
        column = f.series(key)
        column.note("key")
        need(
            certain(column) and not any(is_missing(c) for c in column.cells) and column.dtype in ("int", "str", "bool")
        )
    return Groups(f, tuple(keys), None, as_index)


def _agg(f: Frame, func: Any) -> Series:
    need(isinstance(func, str) and func in REDUCTIONS)
    return _reduced(func)(f)  # type: ignore[no-any-return]


def _operator(name: str) -> Callable[[Frame, Any], Any]:
    return lambda f, other: operators.binary(name, f, other)


_EACH = "isnull isna notnull notna ffill bfill abs clip round cumsum shift diff pct_change isin"
METHODS: dict[str, Callable[..., Any]] = {
    "drop": _drop,
    "dropna": _dropna,
    "drop_duplicates": _drop_duplicates,
    "duplicated": _duplicated,
    "fillna": _fillna,
    "rename": _rename,
    "reset_index": _reset_index,
    "set_index": _set_index,
    "sort_values": _sort_values,
    "sort_index": _sort_index,
    "select_dtypes": _select_dtypes,
    "replace": _replace,
    "astype": _astype,
    "assign": _assign,
    "insert": _insert,
    "pop": _pop,
    "head": _head,
    "tail": _tail,
    "copy": _copied,
    "apply": apply,
    "query": query,
    "groupby": _groupby,
    "join": join,
    "melt": melt,
    "to_numpy": values_of,
    "transpose": transposed,
    "iterrows": iterrows,
    "to_dict": to_dict,
    "agg": _agg,
    "keys": lambda f: Index(tuple(f.columns), of_columns=f),
    "items": lambda f: [(k, f.series(k)) for k in f.columns],
    "info": lambda f: None,
    **{name: _each_column(name) for name in _EACH.split()},
    **{name: _reduced(name) for name in REDUCTIONS if name != "prod"},
    **{n: _operator(o) for n, o in (("add", "Add"), ("sub", "Sub"), ("mul", "Mult"), ("div", "Div"))},
}
ATTRIBUTES: dict[str, Callable[[Frame], Any]] = {"values": values_of, "T": transposed}
