"""What the methods of tables share: axes, labels, tables made of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nb2pkg.promises.values import Array, Column, Doubt, Frame, Index, Labels, Series, need

_ROWS, _COLUMNS = (0, "index", "rows"), (1, "columns")


def is_columns(axis: Any) -> bool:
    """Return whether an axis is that of the columns."""
    need(axis in (*_ROWS, *_COLUMNS), "an axis that is not known")
    return axis in _COLUMNS


def become(frame: Frame, new: Frame, *, inplace: bool) -> Frame | None:
    """Return a new table, or put it in the place of the old one."""
    if not inplace:
        return new
    need(not frame.shared)
    frame.columns, frame.index, frame.assigned = new.columns, new.index, new.assigned
    return None


def with_columns(frame: Frame, columns: dict[Any, Column], index: Labels | None = None) -> Frame:
    """Return a table with other columns."""
    return Frame(columns, index or frame.index, frame.origin, set(frame.assigned), False, frame.names)


def listed(value: Any) -> list[Any]:
    if isinstance(value, (Index, Series, Array)):
        value = list(value.cells)
    if isinstance(value, (tuple, set)):
        raise Doubt("labels in no list")
    return list(value) if isinstance(value, list) else [value]


def note_each(f: Frame, labels: Sequence[Any], kind: str, *values: Any) -> None:
    if f.origin is not None:
        for label in labels:
            f.origin.note(label, kind, *values)
