"""Plain Python: builtins, `math`, and methods of texts, lists, dictionaries and sets."""

from __future__ import annotations

import math
import re
import string
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from nb2pkg.promises import operators
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Bunch,
    Doubt,
    File,
    Frame,
    Index,
    Raised,
    Series,
    certain,
    need,
)

LONGEST = 10_000
_PLAIN = (int, float, str, bytes, list, tuple, dict, set, frozenset, type(None))
_SAFE_PATTERN = re.compile(r"[*+}]\)?[*+{]")  # quantifiers of quantified groups, which may take for ever


def items_of(value: Any) -> list[Any]:
    """Return what a loop over a value yields.

    Raises:
        Doubt: that is not known.
    """
    if isinstance(value, (list, tuple, str, range)):
        need(len(value) <= LONGEST)
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, (type({}.keys()), type({}.values()), type({}.items()))):
        return list(value)
    if isinstance(value, Frame):
        return list(value.columns)
    if isinstance(value, (Series, Index)):
        return list(value.cells)
    if isinstance(value, Array):
        need(len(value.shape) == 1, "rows of an array")
        return list(value.cells)
    if isinstance(value, bytes):
        return list(value)
    raise Doubt("a loop over something unknown")


def _known(value: Any) -> Any:
    need(certain(value), "a value that is not known")
    return value


def length(value: Any) -> int:
    """Return `len(value)`."""
    if isinstance(value, (Series, Index)):
        return len(value.cells)
    if isinstance(value, (Frame, Array)):
        return len(value)
    need(isinstance(value, (str, bytes, list, tuple, dict, set, frozenset, range)), "a length that is not known")
    return len(value)


def _total(values: Any, start: Any = 0) -> Any:
    for item in items_of(values):
        start = operators.binary("Add", start, item)
    return start


def _extreme(best: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(*values: Any, key: Any = None, default: Any = UNKNOWN) -> Any:
        items = items_of(values[0]) if len(values) == 1 else list(values)
        if not items:
            if default is UNKNOWN:
                raise Raised("ValueError")
            return default
        need(all(isinstance(v, (int, float, str, tuple)) for v in items) and certain(items))
        return best(items, key=key)

    return extreme


def _sorted(values: Any, *, key: Any = None, reverse: bool = False) -> list[Any]:
    items = _known(items_of(values))
    try:
        return sorted(items, key=key, reverse=reverse)
    except TypeError:
        raise Doubt("an order that is not known") from None


def _range(*bounds: Any) -> range:
    need(all(isinstance(b, int) for b in bounds))
    made = range(*bounds)
    need(len(made) <= LONGEST)
    return made


def _integer(value: Any = 0) -> int:
    if isinstance(value, Array):
        need(len(value.cells) == 1)
        value = value.cells[0]
    need(isinstance(value, (int, float, str)) and (not isinstance(value, str) or len(value) < 20))
    try:
        return int(value)
    except ValueError:
        raise Raised("ValueError") from None


def _floating(value: Any = 0.0) -> float:
    need(isinstance(value, (int, float, str)))
    try:
        return float(value)
    except ValueError:
        raise Raised("ValueError") from None


def _text(value: Any = "") -> str:
    if isinstance(value, File):
        return value.text
    need(isinstance(value, (int, float, str)) or value is None, "how it prints is not known")
    return str(value)


def _rounded(value: Any, digits: Any = None) -> Any:
    need(isinstance(value, (int, float)) and (digits is None or isinstance(digits, int)))
    return round(value, digits)


def _zipped(*values: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(items_of(v) for v in values), strict=False))


def _mapped(function: Any, *values: Any) -> list[Any]:
    return [function(*items) for items in zip(*(items_of(v) for v in values), strict=False)]


def _filtered(function: Any, values: Any) -> list[Any]:
    return [v for v in items_of(values) if operators.truth(v if function is None else function(v))]


def _dictionary(*values: Any, **more: Any) -> dict[Any, Any]:
    if values and isinstance(values[0], dict):
        return {**values[0], **more}
    return {**dict(tuple(items_of(v)) for v in (items_of(values[0]) if values else [])), **more}


def _absolute(value: Any) -> Any:
    if isinstance(value, (Series, Array)):
        cells = [abs(c) for c in _known(value).cells]
        if isinstance(value, Array):
            return Array(cells, value.shape, value.dtype)
        return Series(type(value.column)(tuple(cells), value.dtype), value.index, value.name)
    need(isinstance(value, (int, float)))
    return abs(value)


BUILTINS: dict[str, Callable[..., Any]] = {
    "len": length,
    "range": _range,
    "sum": _total,
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": _absolute,
    "round": _rounded,
    "int": _integer,
    "float": _floating,
    "str": _text,
    "bool": lambda value=False: operators.truth(value),
    "list": lambda values=(): items_of(values),
    "tuple": lambda values=(): tuple(items_of(values)),
    "set": lambda values=(): set(_known(items_of(values))),
    "frozenset": lambda values=(): frozenset(_known(items_of(values))),
    "dict": _dictionary,
    "sorted": _sorted,
    "reversed": lambda values: items_of(values)[::-1],
    "enumerate": lambda values, start=0: list(enumerate(items_of(values), start)),
    "zip": _zipped,
    "map": _mapped,
    "filter": _filtered,
    "any": lambda values: any(operators.truth(v) for v in items_of(values)),
    "all": lambda values: all(operators.truth(v) for v in items_of(values)),
    "ord": lambda text: ord(text),
    "chr": lambda number: chr(number),
    "divmod": lambda a, b: (operators.binary("FloorDiv", a, b), operators.binary("Mod", a, b)),
    "pow": lambda a, b: operators.binary("Pow", a, b),
    "print": lambda *values: None,
    "isinstance": lambda value, kind: _is_instance(value, kind),
}


def _is_instance(value: Any, kind: Any) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    known = {"str": str, "int": int, "float": float, "list": list, "dict": dict, "tuple": tuple, "bool": bool}
    names = [
        getattr(k, "name", getattr(getattr(k, "value", None), "name", "")).removeprefix("builtins.") for k in kinds
    ]
    need(all(n in known for n in names) and isinstance(value, _PLAIN))
    return isinstance(value, tuple(known[n] for n in names))


def _math(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        need(all(isinstance(v, (int, float)) for v in values))
        try:
            return function(*values)
        except ValueError:
            raise Raised("ValueError") from None
        except OverflowError:
            raise Raised("OverflowError") from None

    return call


_MATH = "sqrt exp log log2 log10 log1p expm1 sin cos tan atan atan2 asin acos sinh cosh tanh floor ceil fabs hypot"
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"builtins.{name}": function for name, function in BUILTINS.items()},
    **{f"math.{name}": _math(getattr(math, name)) for name in (*_MATH.split(), "radians", "degrees", "pow", "isnan")},
    "pathlib.Path": lambda text: File(text),
    "collections.Counter": lambda values=(): Counter(_known(items_of(values))),
    "collections.OrderedDict": lambda values=(): OrderedDict(tuple(v) for v in items_of(values)),
    "datetime.datetime": lambda *parts: datetime(*parts),
    "datetime.timedelta": lambda **parts: timedelta(**parts),
    "sklearn.utils.Bunch": lambda **fields: Bunch(dict(fields)),
    "re.sub": lambda pattern, new, text: re_of(pattern).sub(_plain_text(new), _plain_text(text)),
    "re.findall": lambda pattern, text: re_of(pattern).findall(_plain_text(text)),
    "re.split": lambda pattern, text: re_of(pattern).split(_plain_text(text)),
    "re.compile": lambda pattern: re_of(pattern),
}
CONSTANTS: dict[str, Any] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "string.punctuation": string.punctuation,
    "string.ascii_lowercase": string.ascii_lowercase,
    "string.ascii_letters": string.ascii_letters,
    "string.digits": string.digits,
}


def _plain_text(value: Any) -> str:
    need(isinstance(value, str) and len(value) <= 500, "no short text")
    return value  # type: ignore[no-any-return]


def re_of(pattern: Any) -> re.Pattern[str]:
    """Return a pattern compiled, unless it may take for ever.

    Raises:
        Doubt: it is no plain pattern.
    """
    if isinstance(pattern, re.Pattern):
        return pattern
    need(isinstance(pattern, str) and len(pattern) < 200 and not _SAFE_PATTERN.search(pattern), "a pattern not known")
    try:
        return re.compile(pattern)
    except re.error:
        raise Doubt("a pattern that does not compile") from None


_TEXT = set(
    "lower upper strip lstrip rstrip split rsplit splitlines replace startswith endswith find rfind count join title "
    "capitalize isdigit isalpha isalnum isnumeric isspace islower isupper zfill ljust rjust center swapcase index "
    "partition rpartition casefold removeprefix removesuffix".split()
)
_LIST = {"append", "extend", "insert", "pop", "remove", "index", "count", "reverse", "sort", "copy", "clear"}
_DICT = {"get", "keys", "values", "items", "update", "pop", "setdefault", "copy", "clear"}
_SET = {"add", "union", "intersection", "difference", "update", "discard", "remove", "issubset", "copy"}


def call_plain(owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a method of a plain value gives."""
    if isinstance(owner, (str, bytes)):
        if isinstance(owner, str) and name == "format":
            need(all(isinstance(v, (int, float, str)) for v in (*args, *kwargs.values())))
        else:
            need(name in _TEXT and certain(args))
        args = [items_of(a) if name == "join" else a for a in args]
    elif isinstance(owner, Counter):
        need(name in ("items", "keys", "values", "get"), "ties of a counter")
    elif isinstance(owner, list):
        need(name in _LIST and (name in ("append", "insert") or certain(args)) and (name != "sort" or certain(owner)))
        args = [items_of(args[0])] if name == "extend" else args
    elif isinstance(owner, dict):
        need(name in _DICT and (name in ("update", "setdefault") or certain(args[:1])))
    elif isinstance(owner, (set, frozenset)):
        need(name in _SET and certain(args))
        args = [set(items_of(a)) if name not in ("add", "discard", "remove") else a for a in args]
    elif isinstance(owner, re.Pattern):
        need(name in ("sub", "findall", "split") and all(isinstance(a, str) and len(a) <= 500 for a in args))
    elif isinstance(owner, datetime):
        need(name in ("strftime", "weekday", "isoweekday", "date", "month_name", "day_name"))
        if name in ("month_name", "day_name"):
            return owner.strftime("%B" if name == "month_name" else "%A")
    else:
        raise Doubt(f"method {name} of something unknown")
    try:
        return getattr(owner, name)(*args, **kwargs)
    except (IndexError, KeyError, ValueError) as error:
        raise Raised(type(error).__name__) from None
