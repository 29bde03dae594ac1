"""Lets loaders give at most N rows: the same ones whenever the same data are loaded.

Rows are taken at even distances over the whole data and keep their order, so that sorted data keep all of their kinds.
What is read in pieces (`chunksize`, `iterator`) stays whole: `LEFT_WHOLE` names the loaders that did.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import abc, machinery, util
from types import ModuleType
from typing import Any

LEFT_WHOLE: list[str] = []
_PANDAS = (
    "read_csv read_table read_fwf read_excel read_json read_parquet read_feather read_orc read_stata read_sas "
    "read_spss read_pickle read_sql read_sql_query read_sql_table read_xml read_clipboard"
)
_LOADERS = {
    "pandas": _PANDAS.split(),
    "numpy": "loadtxt genfromtxt load".split(),
    "sklearn.datasets": [],  # those that load and fetch
    "seaborn": ["load_dataset"],
    "polars": "read_csv read_excel read_json read_parquet".split(),
}
_FEWEST = 2  # values shorter than this are no rows


def install(n: int) -> None:
    """Let loaders that are imported, or will be, give at most `n` rows."""
    for name in _LOADERS:
        if name in sys.modules:
            _patch(sys.modules[name], n)
        else:
            sys.meta_path.insert(0, _Patcher(name, n))


def positions(count: int, n: int) -> list[int]:
    """Return the positions of `n` of `count` rows, at even distances."""
    return list(range(count)) if count <= n else [i * count // n for i in range(n)]


def sampled(value: Any, n: int) -> Any:
    """Return the value with at most `n` rows; what has no rows stays as it is."""
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(_aligned(value, n))
    if type(value).__name__ == "Bunch":
        return _bunch(value, n)
    if isinstance(value, dict):  # the sheets of a workbook
        return type(value)((key, sampled(item, n)) for key, item in value.items()) if type(value) is dict else value
    return _taken(value, n)


def _taken(value: Any, n: int) -> Any:
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or not shape or shape[0] <= max(n, _FEWEST):
        return value
    rows = positions(shape[0], n)
    if hasattr(value, "iloc"):
        return _renumbered(value.iloc[rows], value)
    return value[rows]


def _renumbered(taken: Any, value: Any) -> Any:
    """Return rows numbered anew, if they were numbered: as if the file had no more."""
    pandas = sys.modules["pandas"]
    plain = isinstance(value.index, pandas.RangeIndex) and value.index.start == 0 and value.index.step == 1
    return taken.reset_index(drop=True) if plain else taken.copy()


def _aligned(values: tuple[Any, ...], n: int) -> list[Any]:
    return [_taken(value, n) for value in values]


def _bunch(value: Any, n: int) -> Any:
    """Return a data set of scikit-learn with fewer rows in all of its parts that have them."""
    data = value.get("data", None)
    count = data.shape[0] if hasattr(data, "shape") else len(data) if isinstance(data, list) else 0
    if count <= max(n, _FEWEST):
        return value
    rows = positions(count, n)
    for key, part in list(value.items()):
        shape = getattr(part, "shape", None)
        if isinstance(shape, tuple) and shape and shape[0] == count:
            value[key] = _taken(part, n)
        elif isinstance(part, list) and len(part) == count:
            value[key] = [part[i] for i in rows]
    return value


def _patch(module: ModuleType, n: int) -> None:
    names = list(_LOADERS[module.__name__])
    if module.__name__ == "sklearn.datasets":
        names = [name for name in dir(module) if name.startswith(("load_", "fetch_"))]
    for name in names:
        loader = getattr(module, name, None)
        if callable(loader) and not hasattr(loader, "__nb2pkg_sampled__"):
            setattr(module, name, _sampling(loader, name, n))


def _sampling(loader: Callable[..., Any], name: str, n: int) -> Callable[..., Any]:
    depth = [0]  # loaders that call each other sample once

    @functools.wraps(loader)
    def sampling(*args: Any, **kwargs: Any) -> Any:
        depth[0] += 1
        try:
            value = loader(*args, **kwargs)
        finally:
            depth[0] -= 1
        if depth[0]:
            return value
        if kwargs.get("chunksize") or kwargs.get("iterator"):
            LEFT_WHOLE.append(name)
            return value
        return sampled(value, n)

    sampling.__dict__["__nb2pkg_sampled__"] = True
    return sampling


class _Patcher(abc.MetaPathFinder, abc.Loader):
    """Loads one module as usual, then patches its loaders."""

    def __init__(self, name: str, n: int) -> None:
        self.name = name
        self.n = n
        self.loader: Any = None

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> machinery.ModuleSpec | None:
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        self.loader = spec.loader
        spec.loader = self
        return spec

    def create_module(self, spec: machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        try:
            _patch(module, self.n)
        except Exception:
            return  # an unusual release: its loaders stay as they are
