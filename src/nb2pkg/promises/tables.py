"""Functions of pandas that make tables and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

from nb2pkg.promises import frames, series
from nb2pkg.promises.cells import kind_of, known, like, numbers_with_gaps
from nb2pkg.promises.dates import parsed_dates
from nb2pkg.promises.frame_tools import with_columns
from nb2pkg.promises.rows import column_for
from nb2pkg.promises.values import (
    NAN,
    UNKNOWN,
    Array,
    Column,
    Frame,
    Index,
    Labels,
    Raised,
    Series,
    certain,
    column_of,
    counted,
    is_missing,
    is_number,
    need,
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _frame(data: Any = None, index: Any = None, columns: Any = None) -> Frame:
    labels = None if columns is None else list(columns.cells if isinstance(columns, (Index, Array)) else columns)
    need(labels is None or certain(labels))
    if isinstance(data, Frame):
        need(index is None and labels is None)
        return with_columns(data, dict(data.columns))
    if isinstance(data, Array):
        made = _of_array(data, labels)
    elif isinstance(data, dict) and data:
        need(labels is None and all(isinstance(k, (str, int)) for k in data))
        made = _of_dict(data)
    else:
        need(isinstance(data, list) and data and all(isinstance(r, (list, tuple)) for r in data))
        need(len({len(r) for r in data}) == 1)
        names = labels or list(range(len(data[0])))
        need(len(names) == len(data[0]))
        made = Frame({k: column_of(r[i] for r in data) for i, k in enumerate(names)}, counted(len(data)))
    if index is not None:
        rows = index.cells if isinstance(index, (Index, Series)) else tuple(index)
        need(len(rows) == len(made) and certain(list(rows)) and not (isinstance(data, dict) and _has_series(data)))
        made.index = Labels(tuple(rows))
    return made


def _has_series(data: dict[Any, Any]) -> bool:
    return any(isinstance(v, Series) for v in data.values())


def _of_dict(data: dict[Any, Any]) -> Frame:
    parts = [v for v in data.values() if isinstance(v, Series)]
    need(all(part.index == parts[0].index for part in parts))
    sizes = [len(v) for v in data.values() if isinstance(v, (list, tuple, range, Array))]
    sizes += [len(part.cells) for part in parts]
    need(sizes, "a table of nothing")
    if len(set(sizes)) > 1:
        raise Raised("ValueError")
    made = Frame({}, parts[0].index if parts else counted(sizes[0]))
    return Frame({k: column_for(made, v) for k, v in data.items()}, made.index)


def _of_array(data: Array, labels: Sequence[Any] | None) -> Frame:
    need(len(data.shape) in (1, 2))
    rows, width = data.shape[0], data.shape[1] if len(data.shape) == 2 else 1
    names = list(labels or range(width))
    if len(names) != width:
        raise Raised("ValueError")
    return Frame({k: Column(tuple(data.cells[i::width]), data.dtype) for i, k in enumerate(names)}, counted(rows))


def _series(data: Any = None, index: Any = None, name: Any = None) -> Series:
    if isinstance(data, dict):
        need(index is None and data)
        return Series(column_of(data.values()), Labels(tuple(data)), name)
    need(isinstance(data, (list, tuple, Array, range, Series)))
    if isinstance(data, Series):
        need(index is None)
        return Series(data.column, data.index, data.name if name is None else name)
    column = Column(tuple(data.cells), data.dtype) if isinstance(data, Array) else column_of(data)
    need(not isinstance(data, Array) or len(data.shape) == 1)
    labels = None if index is None else tuple(index.cells if isinstance(index, (Index, Array)) else index)
    need(labels is None or (len(labels) == len(column.cells) and certain(list(labels))))
    return Series(column, counted(len(column.cells)) if labels is None else Labels(labels), name)


def _to_numeric(arg: Any, errors: Any = "raise") -> Series:
    need(isinstance(arg, Series) and errors in ("raise", "coerce"))
    arg.note("mixed" if errors == "coerce" else "digits")
    if arg.dtype in ("int", "float"):
        return Series(arg.column, arg.index, arg.name, arg.source)
    cells = [_as_number(c, errors) for c in known(arg)]
    return like(arg, cells)


def _as_number(cell: Any, errors: str) -> Any:
    if is_missing(cell):
        return NAN
    if is_number(cell):
        return cell
    need(isinstance(cell, str) and cell.lower() not in ("inf", "-inf", "nan", "true", "false"))
    if not _NUMBER.fullmatch(cell):
        need(not cell.strip() or not _NUMBER.fullmatch(cell.strip()), "a number with blanks")
        if errors == "coerce":
            return NAN
        need(cell.strip(), "a blank text as number")
        raise Raised("ValueError")
    return int(cell) if re.fullmatch(r"[+-]?\d{1,9}", cell) else float(cell)


def _to_datetime(arg: Any, format: Any = None) -> Any:
    if isinstance(arg, str):
        return parsed_dates([arg], format)[0]
    need(isinstance(arg, Series))
    arg.note("date", format)
    return like(arg, parsed_dates(known(arg), format), "datetime")


def _get_dummies(
    data: Any,
    prefix: Any = None,
    columns: Any = None,
    drop_first: bool = False,
    dtype: Any = None,
    prefix_sep: Any = "_",
) -> Frame:
    need(prefix_sep == "_" and isinstance(drop_first, bool))
    kind = "" if dtype is None else kind_of(dtype)
    if isinstance(data, Series):
        need(columns is None and (prefix is None or isinstance(prefix, str)))
        return Frame(_indicators(data, prefix or "", drop_first, kind), data.index)
    need(isinstance(data, Frame) and (prefix is None or isinstance(prefix, (list, dict, str))))
    need(all(c.dtype and c.dtype not in ("category", "object") for c in data.columns.values()))
    wanted = [k for k, c in data.columns.items() if c.dtype == "str"] if columns is None else list(columns)
    for label in wanted:
        data.series(label)
    made = {k: c for k, c in data.columns.items() if k not in wanted}
    for i, label in enumerate(wanted):
        name = prefix[i] if isinstance(prefix, list) else prefix[label] if isinstance(prefix, dict) else prefix or label
        made |= _indicators(data.series(label), str(name), drop_first, kind)
    return Frame(made, data.index)


def _indicators(s: Series, prefix: str, drop_first: bool, kind: str) -> dict[Any, Column]:
    """Return a column for each value: of ones and zeros, or of bools from pandas 2 on."""
    s.note("values")
    need(s.dtype in ("str", "int", "bool"))
    values = sorted({c for c in known(s) if not is_missing(c)})
    made = {}
    for value in values[1 if drop_first else 0 :]:
        cells = tuple(c == value for c in s.cells)
        dtype = kind or "dummy"
        made[f"{prefix}_{value}" if prefix else value] = Column(
            tuple(int(c) for c in cells) if kind in ("int", "float", "") else cells, dtype
        )
    return made


def _concat(objs: Any, axis: Any = 0, ignore_index: bool = False, sort: bool = False, join: Any = "outer") -> Any:
    need(isinstance(objs, (list, tuple)) and objs and axis in (0, 1, "columns", "index") and join == "outer")
    need(all(isinstance(o, (Frame, Series)) for o in objs) and sort is False)
    return _beside(objs) if axis in (1, "columns") else _below(objs, ignore_index=ignore_index)


def _beside(objs: Sequence[Any]) -> Frame:
    first = objs[0].index
    need(all(o.index.cells == first.cells for o in objs) and len(set(first.cells)) == len(first.cells))
    made: dict[Any, Column] = {}
    for o in objs:
        new = dict(o.columns) if isinstance(o, Frame) else {o.name: o.column}
        need(None not in new and not set(new) & set(made), "columns that have one name")
        made |= new
    return Frame(made, Labels(first.cells))


def _below(objs: Sequence[Any], *, ignore_index: bool) -> Any:
    labels = tuple(c for o in objs for c in o.index.cells)
    index = counted(len(labels)) if ignore_index else Labels(labels)
    if all(isinstance(o, Series) for o in objs):
        need(len({o.name for o in objs}) == 1)
        return Series(_stacked([o.column for o in objs]), index, objs[0].name)
    need(all(isinstance(o, Frame) for o in objs) and all(list(o.columns) == list(objs[0].columns) for o in objs))
    return Frame({k: _stacked([o.columns[k] for o in objs]) for k in objs[0].columns}, index)


def _stacked(columns: Sequence[Column]) -> Column:
    kinds = {c.dtype for c in columns}
    need(kinds <= {"int", "float"} or len(kinds) == 1, "one column of several kinds")
    cells = tuple(c for column in columns for c in column.cells)
    if kinds == {"int", "float"}:
        cells = tuple(c if c is UNKNOWN else float(c) for c in cells)
    return Column(cells, "float" if "float" in kinds else next(iter(kinds)))


def merge(
    left: Any,
    right: Any,
    how: Any = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    suffixes: Any = ("_x", "_y"),
) -> Frame:
    """Return `pd.merge(left, right, …)`."""
    need(isinstance(left, Frame) and isinstance(right, Frame) and how in ("inner", "left") and suffixes == ("_x", "_y"))
    keys = on if isinstance(on, list) else [on] if on is not None else [k for k in left.columns if k in right.columns]
    ours, theirs = (keys, keys) if left_on is None else ([left_on], [right_on])
    need(ours and all(isinstance(k, str) for k in (*ours, *theirs)))
    rows = [
        [tuple(f.series(k).cells[i] for k in names) for i in range(len(f))]
        for f, names in ((left, ours), (right, theirs))
    ]
    need(certain(rows) and not any(is_missing(c) for part in rows for row in part for c in row))
    changes = sum(a != b for a, b in zip(rows[0], rows[0][1:], strict=False))
    need(how == "left" or changes + 1 == len(set(rows[0])), "an order of rows that depends on the release")
    pairs: list[tuple[int, int | None]] = []
    for i, j in product(range(len(left)), range(len(right))):
        if rows[0][i] == rows[1][j]:
            pairs.append((i, j))
    if how == "left":
        pairs += [(i, None) for i in range(len(left)) if rows[0][i] not in rows[1]]
        pairs.sort(key=lambda pair: (pair[0], -1 if pair[1] is None else pair[1]))
    made = {k: Column(tuple(c.cells[i] for i, _ in pairs), c.dtype) for k, c in left.columns.items()}
    for label, column in right.columns.items():
        if label in theirs and theirs == ours:
            continue
        need(label not in made, "columns that have one name")
        cells = [NAN if j is None else column.cells[j] for _, j in pairs]
        made[label] = Column(tuple(cells), column.dtype) if all(j is not None for _, j in pairs) else column_of(cells)
    return Frame(made, counted(len(pairs)))


def _cut(x: Any, bins: Any, labels: Any = None, right: bool = True, include_lowest: bool = False) -> Series:
    need(isinstance(x, Series) and isinstance(bins, (list, tuple)) and all(is_number(b) for b in bins))
    x.note("threshold", *[b for b in bins if abs(b) < 1e9])
    need(labels is False or (isinstance(labels, list) and len(labels) == len(bins) - 1), "intervals as values")
    need(list(bins) == sorted(set(bins)) and (labels is False or len(set(labels)) == len(labels)))
    cells = [_bin(c, bins, right=right, lowest=include_lowest) for c in numbers_with_gaps(x)]
    if labels is False:
        return like(x, cells)
    return like(x, [NAN if is_missing(c) else labels[c] for c in cells], "category")


def _bin(cell: Any, bins: Sequence[Any], *, right: bool, lowest: bool) -> Any:
    if is_missing(cell):
        return NAN
    for i, (low, high) in enumerate(pairwise(bins)):
        if (low < cell <= high) if right else (low <= cell < high):
            return i
    return 0 if right and lowest and cell == bins[0] else NAN


def _missing(value: Any) -> Any:
    if isinstance(value, Series):
        return series.METHODS["isnull"](value)
    if isinstance(value, Frame):
        return frames.METHODS["isnull"](value)
    need(is_number(value) or isinstance(value, str) or value is None)
    return is_missing(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "pandas.DataFrame": _frame,
    "pandas.Series": _series,
    "pandas.to_numeric": _to_numeric,
    "pandas.to_datetime": _to_datetime,
    "pandas.get_dummies": _get_dummies,
    "pandas.concat": _concat,
    "pandas.merge": merge,
    "pandas.cut": _cut,
    "pandas.isnull": _missing,
    "pandas.isna": _missing,
    "pandas.melt": lambda frame, *args, **kwargs: frames.METHODS["melt"](frame, *args, **kwargs),
}
