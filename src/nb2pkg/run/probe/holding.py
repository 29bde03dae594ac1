"""Values as specs: a literal, a file, a call that makes one, or only a description. The host makes test code of them.

A spec is plain data: `{"how": "literal", "text": "5"}`, `{"how": "file", "file": "df.parquet"}`, `{"how": "made",
"text": "KMeans(3)", "imports": [...]}`, `{"how": "fitted", ..., "on": ["X", "y"]}` or `{"how": "described", ...}`, each
with the value's `type`, and its `shape` if it has one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import types
from collections.abc import Mapping
from typing import Any

from nb2pkg.run.probe import making, places
from nb2pkg.run.probe.encoding import Unstorable, encoded

LARGEST = 200_000  # bytes of a file
Spec = dict[str, Any]


class Holder:
    """Writes values of one case into a folder.

    Args:
        folder: for the files.
        recorded: the module that reads them, as the generated tests will.
        namespace: the notebook's, where its own functions are found.
    """

    def __init__(self, folder: str, recorded: Any, namespace: Mapping[str, Any]) -> None:
        self.folder = folder
        self.recorded = recorded
        self.namespace = namespace

    def hold(self, value: Any, name: str, *, exact: bool = True) -> Spec:
        """Return the spec of a value; `name` is that of its file, if it gets one."""
        about = described(value)
        if isinstance(value, (str, os.PathLike)) and os.path.isabs(value) and "\n" not in str(value):
            near = places.near(os.fspath(value))
            if near:
                return self._place(value, near, about, exact)
        text = making.literal(value, exact=exact)
        if text is not None and places.is_named(text.text):
            return {**about, "how": "described", "reason": "it names a folder of this machine", "digest": ""}
        if text is not None:
            return {**about, "how": "literal", **making.fields(text)}
        reason = ""
        try:
            return {**about, "how": "file", "file": self._file(value, name)}
        except Unstorable as error:
            reason = str(error)
        if not (making.is_estimator(value) and making.is_fitted(value)):
            text = making.made(value)
            if text is not None:
                return {**about, "how": "made", **making.fields(text)}
        return {**about, "how": "described", "reason": reason, "digest": _digest(value)}

    def digest(self, spec: Spec) -> str:
        """Return a digest of what a spec says, the contents of its files included."""
        if spec["how"] == "file":
            with open(os.path.join(self.folder, spec["file"].partition("#")[0]), "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()
        parts = [self.digest(part) for part in (spec.get("head"), *spec.get("checks", {}).values()) if part]
        said = [spec.get("text"), spec.get("shape"), spec["type"], *parts]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def _place(self, value: Any, near: str, about: Spec, exact: bool) -> Spec:
        """Return the spec of a path: as an argument it is relative to the notebook's folder, which a test runs in."""
        if not exact:
            return {**about, "how": "described", "reason": "it names a folder of this machine", "digest": ""}
        if isinstance(value, str):
            return {**about, "how": "literal", **making.fields(making.Text(repr(near)))}
        text = making.Text(f"Path({near!r})", ("from pathlib import Path",))
        return {**about, "type": "pathlib.Path", "how": "made", **making.fields(text)}

    def fetch(self, spec: Spec) -> Any:
        """Return a fresh value of a spec, the one that a test will get."""
        if spec["how"] == "file":
            return self._load(spec["file"])
        names: dict[str, Any] = {name: self.namespace[name] for name in spec.get("ours", ())}
        for line in (*spec.get("imports", ()), *spec.get("local", ())):
            exec(line, names)
        return eval(spec["text"], names)

    def _load(self, name: str) -> Any:
        file, _, column = name.partition("#")
        self.recorded.FIXTURES = _Folder(self.folder)
        value = self.recorded.load(file)
        return value[column] if column else value

    def _file(self, value: Any, name: str) -> str:
        """Write a value and return the file's name; that of a column of a table is `y.parquet#churn`."""
        if isinstance(value, (types.ModuleType, types.FunctionType, type)):
            raise Unstorable(f"a {type(value).__name__}")
        for writer in (_parquet, _npz, _json):
            file = ""
            try:
                file = writer(value, self.folder, name)
                if file and os.path.getsize(os.path.join(self.folder, file.partition("#")[0])) > LARGEST:
                    raise Unstorable("too large")
                if file and identical(self._load(file), value):
                    return file
            except (Unstorable, ImportError, TypeError, ValueError, AttributeError, KeyError, OverflowError) as error:
                if writer is _json or str(error) == "too large":
                    raise Unstorable(str(error)) from None
        raise Unstorable("it does not come back the same")


class _Folder:
    """Stands for the path of the folder of fixtures."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> Any:
        return sys.modules["pathlib"].Path(self.folder, name)


def identical(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in every bit that a test could see."""
    try:
        return type(one) is type(other) and _identical(one, other)
    except (AssertionError, TypeError, ValueError, AttributeError, Unstorable):
        return False


def _identical(one: Any, other: Any) -> bool:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and type(one) is numpy.ndarray and one.dtype.kind != "O":
        return bool(one.dtype == other.dtype and one.shape == other.shape and _equal_arrays(numpy, one, other))
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(one):
        same = one.format == other.format and one.shape == other.shape and one.dtype == other.dtype
        return bool(same and (one != other).nnz == 0)
    if pandas is not None and isinstance(one, pandas.DataFrame):
        pandas.testing.assert_frame_equal(one, other, check_exact=True)
    elif pandas is not None and isinstance(one, pandas.Series):
        pandas.testing.assert_series_equal(one, other, check_exact=True)
    elif pandas is not None and isinstance(one, pandas.Index):
        pandas.testing.assert_index_equal(one, other, exact=True)
    return json.dumps(encoded(one)) == json.dumps(encoded(other))


def _equal_arrays(numpy: Any, one: Any, other: Any) -> bool:
    return bool(numpy.array_equal(one, other, equal_nan=one.dtype.kind in "fcmM"))


def described(value: Any) -> Spec:
    """Return what can be said of any value: its type, its shape, whether it has floats."""
    kind = type(value)
    found: Spec = {"type": _public(kind), "own": kind.__module__ == "__main__"}
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(type(n) is int for n in shape):
        found["shape"] = list(shape)
    elif isinstance(value, (list, tuple, dict, set, str)):
        found["length"] = len(value)
    found["floats"] = _has_floats(value)
    return found


def _public(kind: type) -> str:
    """Return the public name of a class, `pandas.DataFrame`."""
    text = making.made(kind)
    if text is None or not (text.imports or text.local):
        return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    module = (text.imports or text.local)[0].split()[1]
    return f"{module}.{kind.__qualname__}"


def _has_floats(value: Any, depth: int = 0) -> bool:
    if isinstance(value, (list, tuple, set)) and depth < 4:
        return any(_has_floats(item, depth + 1) for item in list(value)[:200])
    if isinstance(value, dict) and depth < 4:
        return any(_has_floats(item, depth + 1) for item in list(value.values())[:200])
    dtypes = getattr(value, "dtypes", None)
    if hasattr(value, "columns") and dtypes is not None:
        return any(getattr(dtype, "kind", "") in "fcO" for dtype in dtypes)
    return isinstance(value, (float, complex)) or getattr(getattr(value, "dtype", None), "kind", "") in tuple("fc")


def _digest(value: Any) -> str:
    """Return a digest of an estimator's parameters and of what it learned, or the empty string."""
    if not making.is_estimator(value):
        return ""
    state = {k: repr(v) for k, v in vars(value).items() if not k.startswith("_")}
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def _parquet(value: Any, folder: str, name: str) -> str:
    pandas = sys.modules.get("pandas")
    if pandas is None or type(value) not in (pandas.DataFrame, pandas.Series):
        return ""
    if value.memory_usage(deep=False) is not None and value.size > LARGEST:
        raise Unstorable("too large")
    column = ""
    if type(value) is pandas.Series:
        if type(value.name) is not str or "#" in value.name:
            return ""
        column, value = value.name, value.to_frame()
    value.to_parquet(os.path.join(folder, f"{name}.parquet"))
    return f"{name}.parquet#{column}" if column else f"{name}.parquet"


def _npz(value: Any, folder: str, name: str) -> str:
    numpy, sparse = sys.modules.get("numpy"), sys.modules.get("scipy.sparse")
    path = os.path.join(folder, f"{name}.npz")
    if numpy is not None and type(value) is numpy.ndarray and value.dtype.kind in "biufcUMm":
        if value.nbytes > 20 * LARGEST:
            raise Unstorable("too large")
        numpy.savez_compressed(path, value=value)
        return f"{name}.npz"
    if sparse is not None and sparse.issparse(value) and value.nnz <= LARGEST:
        sparse.save_npz(path, value)
        return f"{name}.npz"
    return ""


def _json(value: Any, folder: str, name: str) -> str:
    with open(os.path.join(folder, f"{name}.json"), "w", encoding="utf-8") as file:
        json.dump(encoded(value), file, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{name}.json"
