"""Methods of `.str` of a column."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nb2pkg.promises.plain import re_of
from nb2pkg.promises.values import NAN, UNKNOWN, Column, Frame, Raised, Series, certain, column_of, is_missing, need

_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


def _texts(s: Series) -> tuple[Any, ...]:
    s.note("text")
    if s.dtype in ("int", "float", "bool", "datetime"):
        raise Raised("AttributeError", culprit=s.source)
    need(certain(s) and all(is_missing(c) or isinstance(c, (str, list)) for c in s.cells), "texts that are not known")
    return s.cells


def _each(s: Series, function: Callable[[Any], Any]) -> Series:
    cells = [NAN if is_missing(c) else function(c) for c in _texts(s)]
    gaps = any(is_missing(c) for c in cells)
    need(not gaps or not any(isinstance(c, bool) for c in cells), "truth with gaps")
    made = column_of(cells)
    if gaps and made.dtype not in ("str", "float"):
        made = Column(tuple(cells), "")
    return Series(made if made.dtype or gaps else Column(tuple(cells), "object"), s.index, s.name)


def _plain(name: str) -> Callable[..., Series]:
    def call(s: Series, *args: Any) -> Series:
        need(all(isinstance(a, (str, int)) for a in args))
        need(all(is_missing(c) or isinstance(c, str) for c in _texts(s)))
        return _each(s, lambda text: getattr(text, name)(*args))

    return call


def _replace(s: Series, pat: Any, repl: Any, *, regex: Any = None, case: Any = None) -> Series:
    need(isinstance(repl, str) and case is None)
    if isinstance(pat, re.Pattern) or regex is True:
        pattern = re_of(pat)
        return _each(s, lambda text: pattern.sub(repl, text))
    if isinstance(pat, str) and not repl:
        s.note("removed", pat)
    need(isinstance(pat, str) and (regex is False or not _SPECIAL.search(pat)), "a pattern or a text")
    return _each(s, lambda text: text.replace(pat, repl))


def _contains(s: Series, pat: Any, case: bool = True, flags: int = 0, na: Any = UNKNOWN, regex: bool = True) -> Series:
    need(isinstance(pat, str) and flags == 0)
    pattern = re_of(pat if regex else re.escape(pat))
    if not case:
        pattern = re.compile(pattern.pattern, re.IGNORECASE)
    need(pattern.groups == 0)
    if pattern.pattern and not _SPECIAL.search(pat):
        s.note("holds", pat)
    cells = _texts(s)
    need(na is False or not any(is_missing(c) for c in cells), "truth with gaps")
    return Series(Column(tuple(not is_missing(c) and bool(pattern.search(c)) for c in cells), "bool"), s.index, s.name)


def _edge(name: str) -> Callable[..., Series]:
    def call(s: Series, pat: Any, na: Any = UNKNOWN) -> Series:
        need(isinstance(pat, str))
        s.note("holds", pat)
        cells = _texts(s)
        need(na is False or not any(is_missing(c) for c in cells), "truth with gaps")
        made = tuple(not is_missing(c) and getattr(c, name)(pat) for c in cells)
        return Series(Column(made, "bool"), s.index, s.name)

    return call


def _split(s: Series, pat: Any = None, n: int = -1, expand: bool = False, *, regex: Any = None) -> Any:
    need(
        (pat is None or (isinstance(pat, str) and (len(pat) == 1 or not _SPECIAL.search(pat))))
        and regex in (None, False)
    )
    if pat is not None:
        s.note("split", pat)
    lists = _each(s, lambda text: text.split(pat, n if n > 0 else -1))
    if not expand:
        return lists
    need(not any(is_missing(c) for c in lists.cells))
    width = max((len(c) for c in lists.cells), default=0)
    need(all(len(c) == width for c in lists.cells), "parts that are missing")
    return Frame({i: column_of(c[i] for c in lists.cells) for i in range(width)}, s.index)


def item(s: Series, key: Any) -> Series:
    """Return `series.str[key]`."""
    if isinstance(key, slice):
        return _each(s, lambda text: text[key])
    need(isinstance(key, int))

    def one(text: Any) -> Any:
        return text[key] if -len(text) <= key < len(text) else NAN

    return _each(s, one)


def _extract(s: Series, pat: Any, flags: int = 0, expand: bool = True) -> Any:
    pattern = re_of(pat)
    need(flags == 0 and pattern.groups == 1)
    s.note("pattern", pattern.pattern)

    def one(text: str) -> Any:
        found = pattern.search(text)
        return NAN if found is None or found.group(1) is None else found.group(1)

    made = _each(s, one)
    if not expand:
        return made
    label = next(iter(pattern.groupindex), 0)
    return Frame({label: made.column}, s.index)


def _slice(s: Series, start: Any = None, stop: Any = None, step: Any = None) -> Series:
    return item(s, slice(start, stop, step))


def _pad(name: str) -> Callable[..., Series]:
    return lambda s, width: _each(s, lambda text: getattr(text, name)(width))


_SAME = (
    "lower upper title capitalize swapcase strip lstrip rstrip casefold count find "
    "isdigit isnumeric isalpha isupper islower"
)
METHODS: dict[str, Callable[..., Any]] = {
    **{name: _plain(name) for name in _SAME.split()},
    "len": lambda s: _each(s, len),
    "replace": _replace,
    "contains": _contains,
    "startswith": _edge("startswith"),
    "endswith": _edge("endswith"),
    "split": _split,
    "get": item,
    "slice": _slice,
    "extract": _extract,
    "findall": lambda s, pat: _each(s, re_of(pat).findall),
    "zfill": _pad("zfill"),
    "join": lambda s, sep: _each(s, sep.join),
}
