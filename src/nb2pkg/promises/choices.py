"""What a parameter may be tried with, where the notebook's own value is not known: by its type, and by its use."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nb2pkg.promises import arrays, frames
from nb2pkg.promises.demands import demands_of
from nb2pkg.promises.inputs import plan_for
from nb2pkg.promises.package import Package
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Bunch,
    Doubt,
    Estimator,
    Frame,
    Function,
    Raised,
    Ref,
    Series,
    certain,
)

_FRAMES = {"pd.DataFrame", "DataFrame", "pandas.DataFrame"}
_COLUMNS = {"pd.Series", "Series", "pandas.Series"}
_ESTIMATORS = {"StandardScaler", "MinMaxScaler", "LabelEncoder"}


def choices(package: Package, node: ast.FunctionDef, parameter: ast.arg, sample: Any) -> Iterator[Any]:
    """Yield what a parameter may be tried with, the likeliest first."""
    note = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    name = parameter.arg
    if note in _FRAMES or isinstance(sample, Frame):
        yield plan_for(name, sample)
    elif note in _COLUMNS or isinstance(sample, Series):
        yield plan_for(name, sample, plain=True)
    elif isinstance(sample, Array):
        yield _small(sample) if certain(sample) else _numbers(sample.shape)
    elif sample is not UNKNOWN:
        if isinstance(sample, (Ref, Function)) or certain(sample):
            yield sample
    elif note == "np.ndarray":
        yield from _arrays(name)
    elif note in _ESTIMATORS:
        yield Estimator(note, {})
    elif note == "Bunch":
        yield _bunch(node, name)
    elif not note:
        yield from _untyped(node, name)
    else:
        yield from _of_type(package, name, note)


def _small(array: Array) -> Array:
    """Return the first rows and columns of an array."""
    if len(array.cells) <= 24:
        return Array(list(array.cells), array.shape, array.dtype)
    made = arrays.item(array, tuple(slice(0, 4) for _ in array.shape))
    return Array(list(made.cells), made.shape, made.dtype)


def _numbers(shape: Sequence[int]) -> Array:
    """Return an array of numbers that all differ."""
    small = tuple(min(n, 4) for n in shape)
    size = 1
    for n in small:
        size *= n
    return Array([float((7 * i) % (size + 1 if (size + 1) % 7 else size + 2)) for i in range(size)], small, "float")


def _arrays(name: str) -> Iterator[Array]:
    flat = Array([0, 1, 0, 1], (4,), "int") if name.lower().startswith(("y", "t", "label")) else _numbers((4,))
    shapes = [(4,), (4, 2), (3, 3), (2, 3, 2)] if name[:1].islower() else [(4, 2), (3, 3), (4,), (2, 3, 2)]
    for shape in shapes:
        yield flat if shape == (4,) else _numbers(shape)


def _bunch(node: ast.FunctionDef, name: str) -> Bunch:
    """Return a small data set with the fields that a function reads."""
    asked: set[Any] = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Attribute) and _means(n.value, name):
            asked.add(n.attr)
        elif isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and _means(n.value, name):
            asked.add(n.slice.value)
    known = {
        "data": _numbers((4, 2)),
        "target": Array([0, 1, 2, 0], (4,), "int"),
        "target_names": Array(["first", "second", "third"], (3,), "str"),
        "feature_names": ["length", "width"],
    }
    return Bunch({key: known[key] for key in known if key in asked})


def _untyped(node: ast.FunctionDef, name: str) -> Iterator[Any]:
    asked = demands_of(node, name)
    kinds = {kind for kind, _ in asked}
    if kinds & {"text", "split", "holds"} or any(isinstance(v, str) for k, v in asked if k == "equal"):
        yield "Some Text, here"
    if "threshold" in kinds or "equal" in kinds:
        yield 3
    if any(isinstance(n, ast.Subscript) and _means(n.slice, name) for n in ast.walk(node)):
        yield from (["first", "second"], "first", 1)
    if _is_table(node, name):
        yield plan_for(name, UNKNOWN)
    if _is_array(node, name):
        yield from _arrays(name)
    yield 3
    yield ["b", "a"]


def _is_table(node: ast.FunctionDef, name: str) -> bool:
    """True where a parameter is used as a table is: columns by their labels, or methods of tables."""
    for n in ast.walk(node):
        if isinstance(n, ast.Subscript) and _means(n.value, name):
            cells = n.slice.elts if isinstance(n.slice, (ast.List, ast.Tuple)) else [n.slice]
            if any(isinstance(c, ast.Constant) and isinstance(c.value, str) for c in cells):
                return True
        called = n.func if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) else None
        if called is not None and _means(called.value, name) and called.attr in frames.METHODS.keys() - arrays.METHODS:
            return True
        if isinstance(n, ast.Attribute) and n.attr in ("loc", "iloc", "columns") and _means(n.value, name):
            return True
    return False


def _is_array(node: ast.FunctionDef, name: str) -> bool:
    """True where a parameter is used as an array is: in arithmetic, cut by places, given to numpy."""
    for n in ast.walk(node):
        if isinstance(n, ast.BinOp) and (_means(n.left, name) or _means(n.right, name)):
            return True
        if isinstance(n, ast.Subscript) and _means(n.value, name) and not isinstance(n.slice, ast.Name):
            return True
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute):
            if _means(n.func.value, name) and n.func.attr in arrays.METHODS:
                return True
            if _means(n.func.value, "np") and any(_means(a, name) for a in n.args):
                return True
        if isinstance(n, ast.Attribute) and n.attr in ("shape", "T", "ndim") and _means(n.value, name):
            return True
        splits = isinstance(n, ast.Call) and _means(n.func, "train_test_split")
        if splits and any(_means(a, name) for a in n.args):  # type: ignore[attr-defined]
            return True
    return False


def _means(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _of_type(package: Package, name: str, note: str) -> Iterator[Any]:
    plain: Mapping[str, Any] = {"int": 3, "float": 1.5, "str": "Some Text, here", "bool": True, "list": [3, 1, 2]}
    if note in plain:
        yield plain[note]
    elif note in package.sources.get("config", "") and "config" in package.sources:
        interpreter = package.interpreter()
        try:
            yield interpreter.call(interpreter.module_name("config", note), [], {})
        except (Doubt, Raised):
            return
