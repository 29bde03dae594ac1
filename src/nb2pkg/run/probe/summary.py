"""Describes values: what type, shape and content they have, as JSON, small and comparable between two processes.

Standard library only; pandas, numpy and others are used where the code that is watched has loaded them. No method of
the notebook's own classes is called, as that could do anything. Content beyond `MOST_BYTES` or `MOST_ITEMS` is sampled
evenly (then the summary says `"partial": true`), so that the cost of a summary is bounded.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import hashlib
import math
import pathlib
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

MOST_BYTES = 32_000_000  # of an array or a column that are hashed
MOST_ITEMS = 20_000  # of a list, set or dict
DEPTH = 6

# Types whose value is all that they are: their text says it exactly.
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type(NotImplemented))
_TEXT = (decimal.Decimal, fractions.Fraction, uuid.UUID, range, slice)
_TEXT += (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)  # type: ignore[assignment]
_FITTED = {"sklearn", "xgboost", "lightgbm", "catboost", "imblearn", "category_encoders"}


def summarise(value: Any) -> dict[str, Any]:
    """Return what can be said of a value; never raises.

    Keys: `type` (the qualified name without its module), `digest` of the exact content where it is known, and as they
    apply `shape`, `dtypes`, `columns`, `length`, `text` (short, for people), `moments` per column or array (sum, sum
    weighted by position, sum of squares, smallest, largest, nulls), `fields`, `partial`, and `opaque` for
    values of which only the type is known.
    """
    try:
        return _summarise(value, 0, set())
    except Exception as error:
        return {"type": _type_name(value), "opaque": True, "failed": type(error).__name__}


def _summarise(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    if depth > DEPTH or id(value) in around:
        return {"type": _type_name(value), "opaque": True}
    kind = type(value)  # not isinstance, which may ask the value itself
    if kind in _PLAIN or kind in _TEXT or issubclass(kind, pathlib.PurePath):
        return _plain(value)
    if issubclass(kind, ModuleType):
        return {"type": "module", "opaque": True}
    if issubclass(kind, (FunctionType, BuiltinFunctionType, MethodType, type)) or _is_partial(value):
        return {"type": "callable", "opaque": True}
    if kind.__name__ == "RcParams":  # matplotlib's, which know where they are shown
        return {"type": "RcParams", "opaque": True}
    around = around | {id(value)}
    of_library = _of_library(value)
    if of_library is not None:
        return of_library(value, depth, around)
    if issubclass(kind, enum.Enum):
        return {"type": _type_name(value), "digest": _hash(value._name_), "text": str(value._name_)}
    if issubclass(kind, (list, tuple, deque)):
        return _sequence(value, depth, around)
    if issubclass(kind, dict):
        return _mapping(value, depth, around)
    if issubclass(kind, (set, frozenset)):
        return _set(value, depth, around)
    if kind is bytearray:
        return {"type": "bytearray", "length": len(value), "digest": _hash(bytes(value))}
    return _object(value, depth, around)


def _plain(value: Any) -> dict[str, Any]:
    if isinstance(value, pathlib.PurePath):  # settings of a package are paths where a notebook has text
        value = str(value)
    text = value if isinstance(value, str) else repr(value)
    found: dict[str, Any] = {"type": type(value).__name__, "text": text[:80]}
    found["digest"] = _hash(value if isinstance(value, bytes) else text)
    if isinstance(value, float):
        found["number"] = value if math.isfinite(value) else repr(value)
    if isinstance(value, (str, bytes)):
        found["length"] = len(value)
    return found


def _sequence(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    base: Any = next(b for b in (list, tuple, deque) if issubclass(type(value), b))
    length = base.__len__(value)  # the base's, as a class of the notebook may have its own
    items = list(_sample(base.__iter__(value), length))
    names = getattr(type(value), "_fields", None)
    parts = [_summarise(item, depth + 1, around) for item in items]
    found: dict[str, Any] = {"type": type(value).__name__, "length": length, **_joined(parts)}
    if names:
        found["columns"] = [str(name) for name in names]
    numbers = [p["number"] for p in parts if isinstance(p.get("number"), float)]
    if numbers and len(numbers) == len(parts):
        found["moments"] = {"": _moments(numbers)}
    if len(items) < length:
        found["partial"] = True
    found.update(_short(value, parts, "()" if base is tuple else "[]"))
    return found


def _mapping(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    length = dict.__len__(value)
    pairs = [pair for pair in _sample(dict.items(value), length) if not _is_time(pair[0])]
    keys = [_summarise(key, depth + 1, around) for key, _ in pairs]
    parts = [_summarise(item, depth + 1, around) for _, item in pairs]
    found = {"type": type(value).__name__, "length": length, **_joined([*keys, *parts])}
    if all(type(key) is str for key, _ in pairs) and len(pairs) <= 40:
        found["fields"] = {key: part for (key, _), part in zip(pairs, parts, strict=True)}
    if length > MOST_ITEMS:
        found["partial"] = True
    return found


def _set(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    base: Any = set if issubclass(type(value), set) else frozenset
    length = base.__len__(value)
    if length > MOST_ITEMS:
        return {"type": type(value).__name__, "length": length, "opaque": True, "partial": True}
    parts = [_summarise(item, depth + 1, around) for item in base.__iter__(value)]
    parts.sort(key=lambda part: str(part.get("digest", "")))  # sets have no order
    return {"type": type(value).__name__, "length": length, **_joined(parts)}


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the digest of a container, or that it has none because part of it is known by type only."""
    text = "\n".join(f"{part['type']} {part.get('digest', '?')}" for part in parts)
    found: dict[str, Any] = {"digest": _hash(text)}
    if any(part.get("opaque") for part in parts):
        found["vague"] = True
    return found


def _short(value: Any, parts: list[dict[str, Any]], brackets: str) -> dict[str, str]:
    """Return a short text of a small sequence of plain values."""
    if len(parts) > 8 or not all("text" in part for part in parts):
        return {}
    text = ", ".join(part["text"] for part in parts)
    return {"text": f"{brackets[0]}{text}{brackets[1]}"} if len(text) <= 80 else {}


def _object(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    """Describe an instance of some class: by its attributes where the class is the notebook's own."""
    kind = type(value)
    top = str(kind.__module__).partition(".")[0]
    found: dict[str, Any] = {"type": _type_name(value)}
    if top in _FITTED:
        return _estimator(value, depth, around)
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        attributes = None
    own = top == "__main__" or top == _OWN_PACKAGE
    if not own or type(attributes) is not dict or len(attributes) > 60:
        return {**found, "opaque": True}
    fields = {str(name): _summarise(part, depth + 1, around) for name, part in attributes.items()}
    return {**found, **_joined([*fields.values()]), "fields": fields if depth == 0 else {}}


_OWN_PACKAGE = ""  # the package that is watched, whose classes are the notebook's


def set_own_package(name: str) -> None:
    """Say which package's classes are the notebook's own."""
    global _OWN_PACKAGE
    _OWN_PACKAGE = name


# Values of libraries


def _of_library(value: Any) -> Callable[[Any, int, set[int]], dict[str, Any]] | None:
    """Return what describes a value of pandas, numpy, scipy or torch."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if pandas is not None and hasattr(pandas, "DataFrame"):
        for kind, function in ((pandas.DataFrame, _frame), (pandas.Series, _series), (pandas.Index, _index)):
            if issubclass(type(value), kind):
                return function
    if numpy is not None and hasattr(numpy, "ndarray"):
        if issubclass(type(value), numpy.ndarray):
            return _array
        if issubclass(type(value), numpy.generic):
            return _scalar
        if issubclass(type(value), numpy.dtype):
            return _as_text
    sparse = sys.modules.get("scipy.sparse")
    kinds = tuple(getattr(sparse, name) for name in ("spmatrix", "sparray") if hasattr(sparse, name))
    if issubclass(type(value), kinds):
        return _sparse
    torch = sys.modules.get("torch")
    if torch is not None and issubclass(type(value), getattr(torch, "Tensor", ())):
        return _tensor
    top = type(value).__module__.partition(".")[0]
    if pandas is not None and issubclass(type(value), pandas.api.extensions.ExtensionArray):
        return _extension
    if top == "pandas" and type(value).__name__ in _PANDAS_TEXT:
        return _as_text
    return None


_PANDAS_TEXT = {"Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType", "CategoricalDtype"}


def _as_text(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    return {"type": _type_name(value), "text": str(value)[:80], "digest": _hash(repr(value))}


def _extension(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    found = {"type": _type_name(value), "shape": [len(value)], "dtypes": [str(value.dtype)]}
    return {**found, **_column(value, depth, around)}


def _scalar(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    item = value.item()
    found: dict[str, Any] = {"type": type(value).__name__, "text": str(item)[:80]}
    found["digest"] = _hash(f"{value.dtype} {item!r}")
    if isinstance(item, float):
        found["number"] = item if math.isfinite(item) else repr(item)
    return found


def _array(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    found = {"type": type(value).__name__, "shape": [int(n) for n in value.shape], "dtypes": [str(value.dtype)]}
    return {**found, **_content(value, depth, around)}


def _content(array: Any, depth: int, around: set[int]) -> dict[str, Any]:
    """Return the digest, and the moments, of an array's values in order."""
    numpy = sys.modules["numpy"]
    array = numpy.asarray(array)
    flat = array.reshape(-1)
    partial = False
    if array.dtype.kind == "O":
        if flat.size > MOST_ITEMS:
            flat, partial = flat[:: -(-flat.size // MOST_ITEMS)], True
        found = _objects(flat.tolist(), depth, around)
    else:
        if array.nbytes > MOST_BYTES:
            flat, partial = flat[:: -(-array.nbytes // MOST_BYTES)], True
        found = {"digest": _hash(numpy.ascontiguousarray(flat).tobytes())}
        if array.dtype.kind in "fc":
            found["moments"] = {"": _array_moments(numpy, flat)}
    if partial:
        found["partial"] = True
    return found


def _objects(values: list[Any], depth: int, around: set[int]) -> dict[str, Any]:
    """Return the digest of a column of Python objects; texts, the usual case, at once."""
    values = ["nan" if _is_null(v) else v for v in values]
    if all(type(v) is str for v in values):
        return {"digest": _hash("\0".join(values))}
    if all(type(v) in _PLAIN for v in values):
        return {"digest": _hash("\0".join(f"{type(v).__name__} {v!r}" for v in values))}
    parts = [_summarise(v, depth + 1, around) for v in values]
    return _joined(parts)


def _is_null(value: Any) -> bool:
    return value is None or (type(value) is float and value != value) or type(value).__name__ in ("NAType", "NaTType")


def _array_moments(numpy: Any, flat: Any) -> list[float]:
    if flat.dtype.kind == "c":
        flat = numpy.concatenate([flat.real, flat.imag])
    with numpy.errstate(all="ignore"):
        wide = flat.astype("float64", copy=False)
        good = wide[numpy.isfinite(wide)]
        nulls = int(wide.size - good.size)
        if not good.size:
            return [0.0, 0.0, 0.0, 0.0, 0.0, float(nulls)]
        weights = (numpy.arange(good.size) * 0.6180339887498949) % 1.0
        rows = (good.sum(), (good * weights).sum(), (good * good).sum(), good.min(), good.max(), nulls)
    return [_finite(float(number)) for number in rows]


def _finite(number: float) -> float:
    return number if math.isfinite(number) else 0.0


def _moments(numbers: list[float]) -> list[float]:
    weighted = sum(n * ((i * 0.6180339887498949) % 1.0) for i, n in enumerate(numbers))
    return [_finite(n) for n in (sum(numbers), weighted, sum(n * n for n in numbers), min(numbers), max(numbers), 0.0)]


def _column(series: Any, depth: int, around: set[int]) -> dict[str, Any]:
    """Return the content of a pandas column, index or extension array."""
    dtype = series.dtype
    values = getattr(series, "_values", series)
    if type(dtype).__module__.partition(".")[0] == "numpy":
        return _content(values, depth, around)
    if str(dtype) == "category":
        codes, categories = _content(values.codes, depth, around), _column(values.categories, depth, around)
        return {"digest": _hash(f"{codes['digest']} {categories['digest']} {values.ordered}")}
    length = len(values)
    step = max(1, -(-length // MOST_ITEMS)) if not hasattr(values, "asi8") else 1
    if hasattr(values, "asi8"):  # times, with or without a zone
        return _content(values.asi8, depth, around)
    found = _objects([*values[::step]], depth, around)
    return {**found, "partial": True} if step > 1 else found


def _frame(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    names = [_name(name) for name in value.columns]
    columns = [_column(value.iloc[:, i], depth, around) for i in range(min(len(names), 500))]
    index = _index(value.index, depth, around)
    found: dict[str, Any] = {
        "type": _type_name(value),
        "shape": [int(n) for n in value.shape],
        "columns": names[:500],
        "dtypes": [str(dtype) for dtype in value.dtypes][:500],
        "digests": [column["digest"] for column in columns],
        "index": {key: index[key] for key in ("type", "digest", "moments") if key in index},
    }
    found["digest"] = _hash(" ".join([index["digest"], *names, *found["digests"], *found["dtypes"]]))
    moments = {str(i): column["moments"][""] for i, column in enumerate(columns) if "moments" in column}
    found.update({"moments": moments} if moments else {})
    if len(names) > 500 or any(column.get("partial") for column in columns):
        found["partial"] = True
    if any(column.get("vague") for column in columns):
        found["vague"] = True
    return found


def _series(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    column, index = _column(value, depth, around), _index(value.index, depth, around)
    return {
        "type": _type_name(value),
        "shape": [len(value)],
        "columns": [_name(value.name)],
        "dtypes": [str(value.dtype)],
        "digests": [column["digest"]],
        "index": {key: index[key] for key in ("type", "digest", "moments") if key in index},
        **column,
        "digest": _hash(f"{index['digest']} {_name(value.name)} {column['digest']} {value.dtype}"),
    }


def _index(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    kind = type(value).__name__
    if kind == "MultiIndex":
        levels = [_column(value.get_level_values(i), depth, around) for i in range(value.nlevels)]
        content: dict[str, Any] = {"digest": _hash(" ".join(level["digest"] for level in levels))}
    elif kind == "RangeIndex":
        kind, content = "Index", _content(value._values, depth, around)
    else:
        content = _column(value, depth, around)
    names = [_name(name) for name in value.names]
    found = {"type": kind, "shape": [len(value)], "columns": names, "dtypes": [str(value.dtype)], **content}
    found["digest"] = _hash(f"{found['digest']} {names}")
    return found


def _name(name: Any) -> str:
    return str(name) if isinstance(name, (str, int, float, bool, tuple)) or name is None else _type_name(name)


def _sparse(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    table = value.tocoo(copy=True)
    table.sum_duplicates()
    numpy = sys.modules["numpy"]
    order = numpy.lexsort((table.col, table.row)) if len(table.shape) == 2 else slice(None)
    parts = [_content(part[order], depth, around) for part in (*getattr(table, "coords", (table.row, table.col)),)]
    data = _content(table.data[order], depth, around)
    found = {"type": type(value).__name__, "shape": [int(n) for n in value.shape], "dtypes": [str(value.dtype)], **data}
    found["digest"] = _hash(" ".join([part["digest"] for part in parts] + [data["digest"]]))
    return found


def _tensor(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "Tensor", "shape": [int(n) for n in value.shape], "dtypes": [str(value.dtype)]}
    try:
        return {**found, **_content(value.detach().cpu().numpy(), depth, around)}
    except Exception:
        return {**found, "opaque": True}


def _estimator(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    """Describe a fitted estimator by its parameters and by what fitting gave it."""
    found: dict[str, Any] = {"type": _type_name(value)}
    if not hasattr(type(value), "get_params"):
        return _state(value, depth, around)
    attributes = dict(object.__getattribute__(value, "__dict__"))
    wanted = {name: part for name, part in attributes.items() if not (name.startswith("_") or _is_time(name))}
    fields = {name: _summarise(part, depth + 1, around) for name, part in sorted(wanted.items())}
    exact = {name: part for name, part in fields.items() if not part.get("opaque")}
    text = "\n".join(f"{name} {part['type']} {part.get('digest', '')}" for name, part in exact.items())
    found.update({"digest": _hash(text), "fields": exact if depth == 0 else {}, "vague": True})
    moments = {f"{name}{key}": m for name, part in exact.items() for key, m in part.get("moments", {}).items()}
    numbers = {name: [p["number"]] for name, p in exact.items() if isinstance(p.get("number"), float)}
    if moments or numbers:
        found["moments"] = {**moments, **numbers}
    return found


def _state(value: Any, depth: int, around: set[int]) -> dict[str, Any]:
    """Describe what an estimator keeps of its own: a tree by its nodes."""
    if type(value).__name__ == "Tree" and hasattr(value, "__getstate__"):
        state = value.__getstate__()
        parts = [_content(state[key], depth, around) for key in ("nodes", "values") if key in state]
        return {"type": "Tree", "digest": _hash(" ".join(part["digest"] for part in parts))}
    return {"type": _type_name(value), "opaque": True}


# Small things


def _sample(items: Iterable[Any], length: int) -> Iterable[Any]:
    """Return the items, or evenly chosen ones where they are many."""
    return items if length <= MOST_ITEMS else islice(items, 0, None, -(-length // MOST_ITEMS))


def _is_time(name: Any) -> bool:
    """True for what scikit-learn calls the times that fitting took, which are never the same."""
    return type(name) is str and name.endswith(("fit_time", "score_time", "fit_time_"))


def _is_partial(value: Any) -> bool:
    return type(value).__name__ in ("partial", "ufunc", "vectorize") and callable(value)


def _type_name(value: Any) -> str:
    """Return the name of a value's class without what differs in a package: its module and the function around it."""
    return type(value).__qualname__.rpartition("<locals>.")[2]


def _hash(content: str | bytes) -> str:
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.blake2b(data, digest_size=12).hexdigest()
