"""Groups of rows: `df.groupby(…)[…].mean()` and its like."""

from __future__ import annotations

from typing import Any

from nb2pkg.promises.reducing import REDUCTIONS, value_of
from nb2pkg.promises.values import Column, Frame, Groups, Labels, Raised, Series, column_of, counted, need


def selected(groups: Groups, key: Any) -> Groups:
    """Return `groups[key]`."""
    for label in key if isinstance(key, list) else [key]:
        groups.frame.series(label)
    return Groups(groups.frame, groups.keys, key, groups.as_index)


def _places(groups: Groups) -> dict[Any, list[int]]:
    """Return the rows of each group, the groups in order."""
    found: dict[Any, list[int]] = {}
    for i in range(len(groups.frame)):
        found.setdefault(tuple(groups.frame.columns[k].cells[i] for k in groups.keys), []).append(i)
    return dict(sorted(found.items()))


def _part(groups: Groups, label: Any, places: list[int]) -> Series:
    column = groups.frame.columns[label]
    return Series(Column(tuple(column.cells[i] for i in places), column.dtype), counted(len(places)), label)


def call_groups(groups: Groups, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a method of groups gives."""
    if name in ("agg", "aggregate"):
        need(len(args) == 1 and isinstance(args[0], str) and not kwargs, "several functions at once")
        name, args = args[0], []
    if name == "transform":
        need(len(args) == 1 and isinstance(args[0], str) and args[0] in REDUCTIONS and isinstance(groups.selected, str))
        return _transformed(groups, args[0])
    need(name in REDUCTIONS and name not in ("any", "all") and not args and not kwargs, f"{name} of groups")
    if isinstance(groups.selected, str):
        return _of_column(groups, name)
    labels = groups.selected or [k for k in groups.frame.columns if k not in groups.keys]
    for label in labels:
        if groups.frame.columns[label].dtype == "str" and name not in ("count", "nunique"):
            raise Raised("TypeError")
    columns = {label: _cells(groups, label, name) for label in labels}
    if not groups.as_index:
        return Frame({**_key_columns(groups), **columns}, counted(len(_places(groups))))
    need(len(groups.keys) == 1, "labels of several levels")
    return Frame(columns, Labels(tuple(k[0] for k in _places(groups)), groups.keys[0]))


def _cells(groups: Groups, label: Any, name: str) -> Column:
    return column_of(value_of(name, _part(groups, label, places)) for places in _places(groups).values())


def _key_columns(groups: Groups) -> dict[Any, Column]:
    return {key: column_of(k[i] for k in _places(groups)) for i, key in enumerate(groups.keys)}


def _of_column(groups: Groups, name: str) -> Any:
    column = _cells(groups, groups.selected, name)
    if not groups.as_index:
        return Frame({**_key_columns(groups), groups.selected: column}, counted(len(_places(groups))))
    need(len(groups.keys) == 1, "labels of several levels")
    return Series(column, Labels(tuple(k[0] for k in _places(groups)), groups.keys[0]), groups.selected)


def _transformed(groups: Groups, name: str) -> Series:
    cells: list[Any] = [None] * len(groups.frame)
    for places in _places(groups).values():
        for i in places:
            cells[i] = value_of(name, _part(groups, groups.selected, places))
    need(groups.frame.columns[groups.selected].dtype in ("int", "float"))
    return Series(column_of(cells), groups.frame.index, groups.selected)
