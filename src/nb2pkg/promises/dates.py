"""Dates: what `to_datetime` reads, and `.dt` of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from nb2pkg.promises.values import Accessor, Column, Doubt, Raised, Series, column_of, is_missing, need

_ISO = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
FIRST, LAST = 1700, 2200  # what nanoseconds hold


def parsed_dates(cells: Sequence[Any], form: str | None = None) -> list[datetime]:
    """Return the times that texts in one form give.

    Raises:
        Doubt: they have no form that is certain, or there are gaps.
    """
    need(not any(is_missing(c) for c in cells), "dates with gaps")
    if all(isinstance(c, datetime) for c in cells):
        return list(cells)
    if form is not None:
        need(all(isinstance(c, (str, int)) for c in cells) and "%" in form and not re.search("%[zZfcxX]", form))
        return [_inside(_parsed(str(c), form)) for c in cells]
    need(all(isinstance(c, str) and _ISO.fullmatch(c) for c in cells), "dates in another form")
    need(len({len(c) for c in cells}) == 1, "dates in several forms")
    return [_inside(_parsed(c, "%Y-%m-%d" if len(c) == 10 else "%Y-%m-%d %H:%M:%S")) for c in cells]


def _parsed(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        raise Raised("ValueError") from None


def _inside(date: datetime) -> datetime:
    need(FIRST < date.year < LAST, "a date that may not fit")
    return date


_PARTS: dict[str, Callable[[datetime], Any]] = {
    "year": lambda d: d.year,
    "month": lambda d: d.month,
    "day": lambda d: d.day,
    "hour": lambda d: d.hour,
    "minute": lambda d: d.minute,
    "second": lambda d: d.second,
    "dayofweek": lambda d: d.weekday(),
    "weekday": lambda d: d.weekday(),
    "day_of_week": lambda d: d.weekday(),
    "dayofyear": lambda d: d.timetuple().tm_yday,
    "quarter": lambda d: (d.month - 1) // 3 + 1,
}


def part(accessor: Accessor, name: str) -> Series:
    """Return `series.dt.year` and its like."""
    series = accessor.series
    if series.dtype == "timedelta":
        need(name == "days" and all(isinstance(c, timedelta) for c in series.cells))
        return Series(Column(tuple(c.days for c in series.cells), "int"), series.index, series.name)
    need(name in _PARTS, "a part of dates that is not known")
    return Series(column_of(_PARTS[name](c) for c in _dates(series)), series.index, series.name)


def _dates(series: Series) -> list[datetime]:
    if series.dtype != "datetime":
        raise Raised("AttributeError")
    if any(not isinstance(c, datetime) for c in series.cells):
        raise Doubt("dates with gaps")
    return list(series.cells)


def _named(form: str) -> Callable[[Series], Series]:
    return lambda s: Series(column_of(d.strftime(form) for d in _dates(s)), s.index, s.name)


def _strftime(s: Series, form: str) -> Series:
    need(isinstance(form, str) and not re.search("%[^YmdHMSyj]", form))
    return _named(form)(s)


METHODS: dict[str, Callable[..., Any]] = {
    "day_name": _named("%A"),
    "month_name": _named("%B"),
    "strftime": _strftime,
}
