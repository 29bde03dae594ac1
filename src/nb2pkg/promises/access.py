"""Attributes, items and methods of values, by what they are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from nb2pkg.promises import arrays, dates, frames, grouping, learning, plain, rows, series, text
from nb2pkg.promises.plain import items_of as plain_items
from nb2pkg.promises.values import (
    UNKNOWN,
    Accessor,
    Array,
    Bunch,
    Column,
    Doubt,
    Estimator,
    Frame,
    Groups,
    Index,
    Indexer,
    Instance,
    Labels,
    Method,
    Raised,
    Series,
    certain,
    need,
)

_WITH_METHODS = (str, bytes, list, dict, set, frozenset, datetime, re.Pattern)
_INDEXERS = ("loc", "iloc", "at", "iat")


def items_of(value: Any) -> list[Any]:
    """Return what a loop over a value yields; see `plain.items_of`."""
    if isinstance(value, Array) and len(value.shape) > 1:
        return [arrays.item(value, i) for i in range(len(value))]
    return plain_items(value)


def get_attribute(value: Any, name: str) -> Any:
    """Return `value.name`, a method still uncalled.

    Raises:
        Doubt: it is not known.
        Raised: there surely is none.
    """
    if isinstance(value, Frame):
        return _of_frame(value, name)
    if isinstance(value, Series):
        return _of_series(value, name)
    if isinstance(value, Array):
        need(name in arrays.ATTRIBUTES or name in arrays.METHODS, f"ndarray.{name}")
        return arrays.ATTRIBUTES[name](value) if name in arrays.ATTRIBUTES else Method(value, name)
    if isinstance(value, Index):
        need(name in ("tolist", "values", "to_list", "str"))
        return Array(list(value.cells), (len(value.cells),), "object") if name == "values" else Method(value, name)
    if isinstance(value, Accessor):
        methods = text.METHODS if value.kind == "str" else dates.METHODS
        return Method(value, name) if name in methods else _part(value, name)
    if isinstance(value, Groups):
        return grouping.selected(value, name) if name in value.frame.columns else Method(value, name)
    if isinstance(value, Instance):
        need(name in value.attributes, "an attribute that is not known")
        return value.attributes[name]
    if isinstance(value, Bunch):
        need(name in value.fields, "a field that is not known")
        return value.fields[name]
    if isinstance(value, Estimator):
        need(name in value.learned or name in learning.METHODS, f"{value.name}.{name}")
        return value.learned[name] if name in value.learned else Method(value, name)
    if name in ("year", "month", "day", "hour", "minute", "second", "days") and isinstance(
        value, (datetime, timedelta)
    ):
        return getattr(value, name)
    need(isinstance(value, _WITH_METHODS), f"attribute {name} of something else")
    return Method(value, name)


def _part(value: Accessor, name: str) -> Any:
    need(value.kind == "dt")
    return dates.part(value, name)


def _of_frame(frame: Frame, name: str) -> Any:
    if name in _INDEXERS:
        return Indexer(frame, name)
    if name == "columns":
        if frame.origin is not None:
            frame.origin.note(None, "places")
        return Index(tuple(frame.columns), of_columns=frame)
    if name == "index":
        return Index(frame.index.cells, of_rows=frame)
    if name == "shape":
        return (len(frame), len(frame.columns))
    if name == "empty":
        return not (len(frame) and frame.columns)
    if name in frames.ATTRIBUTES:
        return frames.ATTRIBUTES[name](frame)
    if name in frames.METHODS or name == "merge":
        return Method(frame, name)
    need(name not in _FRAME_NAMES, f"DataFrame.{name}")
    return frame.series(name, "AttributeError")


# Attributes of tables in some release, 1.5 to 3.1, which no column hides.
_FRAME_NAMES = set(
    (
        "T abs add add_prefix add_suffix agg aggregate align all any append apply applymap asfreq asof assign "
        "astype at at_time attrs axes backfill between_time bfill bool boxplot clip columns combine combine_first "
        "compare convert_dtypes copy corr corrwith count cov cummax cummin cumprod cumsum describe diff div "
        "divide dot drop drop_duplicates droplevel dropna dtypes duplicated empty eq equals eval ewm expanding "
        "explode ffill fillna filter first first_valid_index flags floordiv from_arrow from_dict from_records ge "
        "get groupby gt head hist iat idxmax idxmin iloc index infer_objects info insert interpolate isetitem "
        "isin isna isnull items iteritems iterrows itertuples join keys kurt kurtosis last last_valid_index le "
        "loc lookup lt mad map mask max mean median melt memory_usage merge min mod mode mul multiply ndim ne "
        "nlargest notna notnull nsmallest nunique pad pct_change pipe pivot pivot_table plot pop pow prod product "
        "quantile query radd rank rdiv reindex reindex_like rename rename_axis reorder_levels replace resample "
        "reset_index rfloordiv rmod rmul rolling round rpow rsub rtruediv sample select select_dtypes sem "
        "set_axis set_flags set_index shape shift size skew slice_shift sort_index sort_values sparse squeeze "
        "stack std style sub subtract sum swapaxes swaplevel tail take to_clipboard to_csv to_dict to_excel "
        "to_feather to_gbq to_hdf to_html to_iceberg to_json to_latex to_markdown to_numpy to_orc to_parquet "
        "to_period to_pickle to_records to_sql to_stata to_string to_timestamp to_xarray to_xml transform "
        "transpose truediv truncate tshift tz_convert tz_localize unstack update value_counts values var where xs "
    ).split()
)


def _of_series(value: Series, name: str) -> Any:
    if name in ("str", "dt"):
        if name == "dt":
            value.note("dated")
        return Accessor(value, name)
    if name in _INDEXERS:
        return Indexer(value, name)
    if name == "values":
        return series.METHODS["to_numpy"](value)
    if name == "index":
        return Index(value.index.cells)
    if name == "shape":
        return (len(value.cells),)
    if name == "size":
        return len(value.cells)
    if name == "name":
        return value.name
    need(name in series.METHODS, f"Series.{name}")
    return Method(value, name)


def set_attribute(owner: Any, name: str, value: Any) -> None:
    """Carry out `owner.name = value`."""
    if isinstance(owner, Instance):
        need(not owner.cls.record, "a record that is frozen")
        owner.attributes[name] = value
        return
    need(isinstance(owner, Frame) and not (isinstance(owner, Frame) and owner.shared))
    if name in ("columns", "index"):
        need(isinstance(value, (list, tuple, Index, Array)) and certain(value))
        cells = list(value) if isinstance(value, (list, tuple)) else list(value.cells)
        if len(cells) != (len(owner.columns) if name == "columns" else len(owner)):
            raise Raised("ValueError")
        if name == "columns":
            new = frames.relabelled(owner, cells)
            owner.columns, owner.assigned = new.columns, new.assigned
        else:
            owner.index = Labels(tuple(cells))
        return
    need(name in owner.columns, "an attribute that is no column")
    rows.set_column(owner, name, value)


def get_item(owner: Any, key: Any) -> Any:
    """Return `owner[key]`; see `get_attribute`."""
    if isinstance(owner, Frame):
        return rows.frame_item(owner, key)
    if isinstance(owner, Series):
        return rows.series_item(owner, key)
    if isinstance(owner, Array):
        return arrays.item(owner, key)
    if isinstance(owner, Indexer):
        return rows.indexed(owner, key)
    if isinstance(owner, Groups):
        return grouping.selected(owner, key)
    if isinstance(owner, Accessor):
        return text.item(owner.series, key)
    if isinstance(owner, Index):
        made = plain_item(owner.cells, key)
        return Index(made) if isinstance(key, slice) else made
    if isinstance(owner, Bunch):
        need(key in owner.fields)
        return owner.fields[key]
    return plain_item(owner, key)


def plain_item(owner: Any, key: Any) -> Any:
    """Return an item of a plain container."""
    need(isinstance(owner, (str, bytes, list, tuple, range, dict)), "an item of something unknown")
    need(isinstance(key, slice) or certain(key))
    try:
        return owner[key]
    except (IndexError, KeyError, TypeError) as error:
        raise Raised(type(error).__name__) from None


def set_item(owner: Any, key: Any, value: Any) -> None:
    """Carry out `owner[key] = value`."""
    if isinstance(owner, Frame):
        need(value is not UNKNOWN)
        if isinstance(key, list):
            _set_columns(owner, key, value)
        else:
            need(not isinstance(key, (Series, Frame)), "rows by a condition")
            rows.set_column(owner, key, value)
    elif isinstance(owner, Array):
        arrays.set_item(owner, key, value)
    elif isinstance(owner, Indexer):
        rows.set_indexed(owner, key, value)
    elif isinstance(owner, dict):
        need(certain(key))
        owner[key] = value
    else:
        need(isinstance(owner, list) and isinstance(key, int))
        try:
            owner[key] = value
        except IndexError:
            raise Raised("IndexError") from None


def _set_columns(frame: Frame, labels: list[Any], value: Any) -> None:
    need(certain(labels))
    if isinstance(value, Array):
        need(len(value.shape) == 2 and value.shape == (len(frame), len(labels)))
        width = len(labels)
        parts = [Column(tuple(value.cells[i::width]), value.dtype) for i in range(width)]
    else:
        need(isinstance(value, Frame) and value.index == frame.index and len(value.columns) == len(labels))
        parts = list(value.columns.values())
    for label, column in zip(labels, parts, strict=True):
        frame.columns[label] = column
        frame.assigned.add(label)


def delete_item(owner: Any, key: Any) -> None:
    """Carry out `del owner[key]`."""
    need(isinstance(owner, (Frame, list, dict)) and certain(key))
    if isinstance(owner, Frame):
        owner.series(key)
        del owner.columns[key]
        return
    try:
        del owner[key]
    except (IndexError, KeyError) as error:
        raise Raised(type(error).__name__) from None


def call_method(method: Method, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a method gives."""
    owner, name = method.owner, method.name
    if isinstance(owner, Frame):
        if name == "merge":
            from nb2pkg.promises.tables import merge

            return merge(owner, *args, **kwargs)
        need(name in frames.METHODS, f"DataFrame.{name}")
        return frames.METHODS[name](owner, *args, **kwargs)
    if isinstance(owner, Series):
        need(name in series.METHODS, f"Series.{name}")
        return series.METHODS[name](owner, *args, **kwargs)
    if isinstance(owner, Array):
        need(name in arrays.METHODS, f"ndarray.{name}")
        return arrays.METHODS[name](owner, *args, **kwargs)
    if isinstance(owner, Accessor):
        table = text.METHODS if owner.kind == "str" else dates.METHODS
        return table[name](owner.series, *args, **kwargs)
    if isinstance(owner, Groups):
        return grouping.call_groups(owner, name, args, kwargs)
    if isinstance(owner, Index):
        need(name in ("tolist", "to_list") and not args)
        return list(owner.cells)
    if isinstance(owner, Estimator):
        need(name in learning.METHODS, f"{owner.name}.{name}")
        return learning.METHODS[name](owner, *args, **kwargs)
    if owner is UNKNOWN:
        raise Doubt("a method of something unknown")
    return plain.call_plain(owner, name, args, kwargs)
