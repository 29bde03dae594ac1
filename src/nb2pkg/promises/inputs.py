"""Small inputs for a function, made of what its code asks of them and of what the notebook's own values look like."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nb2pkg.promises.values import (
    UNKNOWN,
    Column,
    Frame,
    Origin,
    Series,
    Source,
    column_of,
    counted,
    is_missing,
    is_number,
)

LEVELS = range(5)  # all boundary rows; without values that nothing names; without gaps; plain rows; small codes
_MOST_ROWS = 12
_MOST_VALUES = 8
_OTHER = "other"  # a column that the function does not read, where the notebook's own are not known
_EXTRA = 2  # columns that the function does not read
_DATES = (datetime(2020, 1, 31), datetime(2020, 2, 1), datetime(2021, 12, 31), datetime(2019, 7, 14))
_NUMBERS = (
    (3, 1, 4, 2, 8, 6, 7, 5),
    (20, 50, 10, 40, 80, 60, 30, 70),
    (7, 9, 6, 8, 11, 12, 15, 10),
    (110, 140, 120, 170, 130, 160, 190, 150),
    (0, 2, 5, 1, 9, 4, 7, 3),
)
_LONGEST = 250  # rows of a table that the code cuts at certain places
_ROWS = 4  # of a table, where nothing asks for more
_DECISIVE = {"equal", "threshold", "mixed"}  # demands each of whose values must stand in a row
Notes = Sequence[tuple[str, Any]]


@dataclass(slots=True)
class TablePlan:
    """A table to be made: the columns it must have so far, and what is known of the notebook's own table.

    Args:
        origin: where the code's demands are gathered.
        sample: the notebook's own table or column at this place, if that is known.
        columns: labels that it must have, in order.
        plain: it is one column by itself.
    """

    origin: Origin
    sample: Frame | None = None
    columns: list[Any] = field(default_factory=list)
    plain: bool = False
    name: Any = None

    def build(self, level: int, rows: int = 0) -> Frame | Series:
        """Return the table for a level of ambition, with so many rows where that matters."""
        labels = self._labels()
        whole = self.origin.notes.get(None, [])
        values = [self._values(label, level, place) for place, label in enumerate(labels)]
        gaps = [level < 2 and self._gaps(label, whole) for label in labels]
        wanted = [self._wanted(label, len(v)) for label, v in zip(labels, values, strict=True)]
        size = min(max([3, *wanted]) + min(sum(gaps), 3), _MOST_ROWS)
        cut = max((v for kind, v in whole if kind == "rows" and v <= _LONGEST), default=0)
        if cut >= size and level < 2:
            size = cut + 2
            values = [self._for_rows(v, label, size) for v, label in zip(values, labels, strict=True)]
        if rows:
            size, gaps = rows, [False for _ in labels]
            values = [self._for_rows(v, label, rows) for v, label in zip(values, labels, strict=True)]
        cells: list[list[Any]] = [[v[i % len(v)] for i in range(size)] for v in values]
        for number, (row, _) in enumerate((c, g) for c, g in zip(cells, gaps, strict=True) if g):
            row[size - 1 - number % min(3, size)] = None
        if level < 2 and any(kind == "twice" for kind, _ in whole):
            full = [i for i in range(size) if not any(is_missing(column[i]) for column in cells)] or [0]
            again = sorted({full[0], full[len(full) // 2], full[-1]})
            cells = [[*column, *(column[i] for i in again)] for column in cells]
        columns = {label: column_of(column) for label, column in zip(labels, cells, strict=True)}
        index = counted(len(cells[0]) if cells else 3)
        if self.plain:
            return Series(columns[""], index, self.name, Source(self.origin, ""))
        return Frame(columns, index, self.origin)

    def _wanted(self, label: Any, values: int) -> int:
        """Return how many rows a column needs so that all that matters stands in one."""
        decisive = any(kind in _DECISIVE for kind, _ in self.origin.notes.get(label, []))
        return values if decisive else min(values, _ROWS)

    def _for_rows(self, values: list[Any], label: Any, rows: int) -> list[Any]:
        """Return values for many rows: two classes for what looks like a target, else different numbers."""
        classes = any(kind == "classes" for kind, _ in self.origin.notes.get(label, []))
        if classes or str(label).lower() in ("", "y", "target", "label", "class"):
            return values[:2] if all(isinstance(v, (str, bool)) for v in values) else [0, 1]
        if any(isinstance(v, (str, bool)) for v in values):
            return values[:2]
        return list(range(rows)) if all(is_number(v) for v in values) else values

    def _labels(self) -> list[Any]:
        if self.plain:
            return [""]
        known = list(self.sample.columns) if self.sample is not None else []
        if any(kind == "places" for kind, _ in self.origin.notes.get(None, [])) and 0 < len(known) <= _MOST_VALUES:
            return known
        wanted = [label for label in self.columns if label not in known]
        if self.sample is None:
            other = [_OTHER] if _OTHER not in self.columns else []  # what it reads of all columns, it reads of this one
            return [*self.columns, *other] if self.columns else ["a", "b"]
        extra = [label for label in known if label not in self.columns][:_EXTRA]
        return [label for label in known if label in self.columns or label in extra] + wanted

    def _gaps(self, label: Any, whole: Notes) -> bool:
        notes = self.origin.notes.get(label, [])
        asked = any(kind == "null" for kind, _ in (*notes, *whole))
        return asked and not any(kind == "filled" for kind, _ in notes)

    def _values(self, label: Any, level: int, place: int) -> list[Any]:
        column = self.sample.columns.get(label) if self.sample is not None else None
        known = [c for c in column.cells if c is not UNKNOWN and not is_missing(c)] if column is not None else []
        kind = column.dtype if column is not None and known else ""
        if level > 0 and any(k == "removed" for k, _ in self.origin.notes.get(label, [])) and not known:
            return [f"{n}{_removed(self.origin.notes[label])}" for n in (12, 7, 30)]
        asked = {k for k, _ in self.origin.notes.get(label, [])}
        if level == LEVELS[-1] and not known and asked <= {"read", "number"}:
            return [0, 1, 2, 1]  # what are codes or places of something else
        once = [c for i, c in enumerate(known) if c not in known[:i]]  # cells may hold lists
        return values_for(self.origin.notes.get(label, []), once, kind, level, place)[:_MOST_VALUES]


def values_for(notes: Notes, known: Sequence[Any], kind: str, level: int, place: int) -> list[Any]:
    """Return values of a column that exercise what the code asks of it.

    Args:
        notes: what the code asks.
        known: different values that the notebook's own column has.
        kind: of the notebook's own column.
        level: of ambition, see `LEVELS`.
        place: of the column among the others, so that no two look alike.
    """
    asked = {k for k, _ in notes}
    equal = _one_kind([v for k, v in notes if k == "equal"], known)
    if equal:
        return [*equal, *(_another(equal, known) if level < 1 else [])]
    limits = sorted({v for k, v in notes if k == "threshold" and is_number(v)})
    if limits and kind in ("", "int", "float"):
        return _around(limits[:3], whole=kind != "float" and all(isinstance(v, int) for v in limits))
    if "mixed" in asked:
        return _mixed(known, level)
    if known and kind:
        return list(known[:_MOST_VALUES])
    return _made_up(notes, asked, place)


def _one_kind(values: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    kinds = [type(v) for v in known] or [type(v) for v in values]
    wanted = kinds[0] if kinds else str
    same = [v for v in values if type(v) is wanted or (is_number(v) and wanted in (int, float))]
    return [v for v in same if not is_missing(v)][:6]


def _another(values: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    """Return a value that is none of these."""
    if any(isinstance(v, bool) for v in values):
        return [v for v in (True, False) if v not in values]
    others = [v for v in known if v not in values]
    if others:
        return others[:1]
    return ["other"] if isinstance(values[0], str) else [max(values) + 1]


def _around(limits: Sequence[Any], *, whole: bool) -> list[Any]:
    """Return numbers just below, at and above limits."""
    narrow = min([1.0, *(b - a for a, b in itertools.pairwise(limits))])
    step: Any = 1 if whole else 0.5 if narrow >= 1 and max(map(abs, limits)) > 1 else narrow / 4
    found: dict[Any, None] = {}
    for limit in limits:
        found |= dict.fromkeys([limit - step, limit, limit + step])
    return list(found) if whole else [round(float(v), 6) for v in found]


def _mixed(known: Sequence[Any], level: int) -> list[Any]:
    if known and not all(isinstance(v, str) for v in known):
        return list(known[:4])
    numbers = [v for v in known if v.replace(".", "", 1).isdigit()][:3] or ["1.5", "20", "3.25"]
    return [*numbers, *([v for v in known if not v.strip()][:1] or ["unknown"])] if level < 3 else numbers


def _removed(notes: Notes) -> str:
    """Return the texts that the code takes out of cells."""
    return "".join(v for k, v in notes if k == "removed")


def _made_up(notes: Notes, asked: set[str], place: int) -> list[Any]:
    if "date" in asked:
        form = next((v for k, v in notes if k == "date"), None) or "%Y-%m-%d"
        return [d.strftime(form) for d in _DATES]
    if "dated" in asked:
        return list(_DATES)
    texts = [v for k, v in notes if k == "holds" and v]
    if texts:
        return [*(f"{t} one" for t in texts[:3]), "other"]
    if "removed" in asked:
        return [f"{n}{_removed(notes)}" for n in ("12.5", "3.25", "7")]
    parts = [v for k, v in notes if k == "split" and v]
    if parts:
        return [f"left{parts[0]}right", f"one{parts[0]}two", f"first{parts[0]}last"]
    if "text" in asked or "to category" in asked:
        return ["Alpha", "beta two", "GAMMA"]
    if "values" in asked or "key" in asked:
        return ["a", "b", "a", "c"]
    if "digits" in asked:
        return ["4", "15", "8"]
    return list(_NUMBERS[place % len(_NUMBERS)])


def plan_for(name: str, sample: Any, *, plain: bool = False) -> TablePlan:
    """Return the plan of a table or column that a function takes."""
    origin = Origin(name)
    if isinstance(sample, Series):
        return TablePlan(origin, Frame({"": sample.column}, sample.index), [], True, sample.name)
    table = sample if isinstance(sample, Frame) and sample.columns else None
    if table is not None and all(isinstance(c, Column) for c in table.columns.values()):
        return TablePlan(origin, table, [], plain)
    return TablePlan(origin, None, [], plain)
