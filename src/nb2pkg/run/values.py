"""Compares the summaries of values, and says in a line how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RELATIVE = 1e-6  # floats that agree to this are the same: threads and processors add in another order
_RELATIVE_OF_MANY = 1e-9  # sums over arrays, in which one changed value among a million must show
_TINY = 1e-12
Summary = Mapping[str, Any]

# Types between which a package and its notebook may differ without a difference for the code that uses them.
_SAME_TYPES = ({"Index", "RangeIndex"}, {"dict", "OrderedDict"}, {"list", "SList", "ShellList"})


def is_known(value: Summary) -> bool:
    """True when more is known of a value than its type."""
    return not value.get("opaque")


def difference(wanted: Summary, got: Summary) -> str:
    """Return how a value differs from what it should be, or the empty string where none is seen."""
    if not _same_type(wanted["type"], got["type"]):
        return f"{_short(got)} instead of {_short(wanted)}"
    if not (is_known(wanted) and is_known(got)) or wanted.get("digest") == got.get("digest"):
        return ""
    for key, word in (("shape", "shape"), ("length", "length")):
        if wanted.get(key) != got.get(key) and wanted["type"] != "str":
            return f"{word} {_tuple(got.get(key))} instead of {_tuple(wanted.get(key))}"
    return _columns(wanted, got) or _index(wanted, got) or _content(wanted, got)


def short(value: Summary) -> str:
    """Return a value in a few words: `DataFrame of shape (600, 11)`, `0.797`."""
    return _short(value)


def _same_type(a: str, b: str) -> bool:
    return a == b or any({a, b} <= same for same in _SAME_TYPES)


def _short(value: Summary) -> str:
    if "text" in value:
        text = str(value["text"])
        return repr(text) if value["type"] == "str" else text
    if "shape" in value:
        return f"{value['type']} of shape {_tuple(value['shape'])}"
    if "length" in value:
        return f"{value['type']} of length {value['length']}"
    return str(value["type"])


def _tuple(shape: Any) -> str:
    if isinstance(shape, list):
        return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    return str(shape)


def _columns(wanted: Summary, got: Summary) -> str:
    names, found = wanted.get("columns", []), got.get("columns", [])
    if names != found:
        missing = [name for name in names if name not in found]
        extra = [name for name in found if name not in names]
        if missing or extra:
            parts = [f"lacks column {_list(missing)}"] if missing else []
            return " and ".join([*parts, *([f"has column {_list(extra)} too much"] if extra else [])])
        return f"columns in the order {_list(found)} instead of {_list(names)}"
    kinds = [(name, a, b) for name, a, b in _zipped(names, wanted.get("dtypes", []), got.get("dtypes", [])) if a != b]
    return f"{_place(kinds[0][0])}dtype {kinds[0][2]} instead of {kinds[0][1]}" if kinds else ""


def _zipped(names: list[str], wanted: list[str], got: list[str]) -> list[tuple[str, str, str]]:
    names = names if len(names) == len(wanted) else [""] * len(wanted)
    return [*zip(names, wanted, got, strict=False)]


def _place(name: str) -> str:
    return f"column {name!r}: " if name else ""


def _list(names: list[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")


def _index(wanted: Summary, got: Summary) -> str:
    a, b = wanted.get("index"), got.get("index")
    if a and b and a.get("digest") != b.get("digest") and not _near(a.get("moments"), b.get("moments")):
        return "another index, or rows in another order"
    return ""


def _content(wanted: Summary, got: Summary) -> str:
    """Return how contents differ whose shape and types are equal."""
    if "digests" in wanted:
        return _column_contents(wanted, got)
    if "fields" in wanted and wanted["fields"] and got.get("fields"):
        return _field_contents(wanted, got)
    if "number" in wanted and "number" in got:
        same = _near({"": [wanted["number"]]}, {"": [got["number"]]})
        return "" if same else f"{_short(got)} instead of {_short(wanted)}"
    if _near(wanted.get("moments"), got.get("moments")):
        return ""
    if "text" in wanted and "text" in got and wanted["text"] != got["text"]:
        return f"{_short(got)} instead of {_short(wanted)}"
    return f"other values in the {wanted['type']}{_sums(wanted, got)}"


def _column_contents(wanted: Summary, got: Summary) -> str:
    moments, found = wanted.get("moments", {}), got.get("moments", {})
    names = wanted.get("columns", [])
    for number, (a, b) in enumerate(zip(wanted["digests"], got["digests"], strict=False)):
        key = str(number) if wanted["type"] != "Series" and str(number) in moments else ""
        if a != b and not _near({key: moments.get(key)}, {key: found.get(key)}):
            name = names[number] if number < len(names) else ""
            where = f"other values in column {name!r}" if wanted["type"] == "DataFrame" else "other values"
            return where + _sums({"moments": {"": moments.get(key)}}, {"moments": {"": found.get(key)}})
    return ""


def _field_contents(wanted: Summary, got: Summary) -> str:
    fields, found = wanted["fields"], got["fields"]
    for name in fields:
        if name not in found:
            return f"lacks {name!r}"
        what = difference(fields[name], found[name])
        if what:
            return f"{name}: {what}"
    extra = [name for name in found if name not in fields]
    return f"has {extra[0]!r} too much" if extra else ""


def _sums(wanted: Summary, got: Summary) -> str:
    """Return the sums of two arrays of numbers, if they tell them apart."""
    a, b = (value.get("moments") or {} for value in (wanted, got))
    if a.get("") and b.get("") and len(a[""]) > 1 and a[""][0] != b[""][0]:
        return f": their sum is {b[''][0]:.6g} instead of {a[''][0]:.6g}"
    return ""


def _near(wanted: Any, got: Any) -> bool:
    """True when the moments of two values agree as far as floats do."""
    if not wanted or not got or wanted.keys() != got.keys():
        return False
    for key, row in wanted.items():
        other = got[key]
        if not row or not other or len(row) != len(other):
            return False
        relative = _RELATIVE_OF_MANY if len(row) > 1 else _RELATIVE
        if not all(_near_numbers(a, b, _scale(row), relative) for a, b in zip(row, other, strict=True)):
            return False
    return True


def _scale(row: list[Any]) -> float:
    """Return how large the numbers are whose sums may cancel out."""
    if len(row) < 6 or not all(isinstance(n, (int, float)) for n in row):
        return 0.0
    return float(max(abs(row[3]), abs(row[4])))


def _near_numbers(a: Any, b: Any, scale: float, relative: float) -> bool:
    if a == b:
        return True
    if not (isinstance(a, (int, float)) and isinstance(b, (int, float))):
        return False
    return abs(a - b) <= max(relative * max(abs(a), abs(b), scale), _TINY)
