"""Known values as the text of a test: inputs to build, and what is expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from nb2pkg.promises.arrays import as_list
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Bunch,
    Column,
    Doubt,
    Estimator,
    File,
    Frame,
    Function,
    Instance,
    Ref,
    Series,
    column_of,
    is_missing,
)

PANDAS, NUMPY, PYTEST = "import pandas as pd", "import numpy as np", "import pytest"
_PLAIN = (int, float, str, bytes, type(None))
_LONGEST = 300  # characters of one value


@dataclass(slots=True)
class Writer:
    """Writes values as Python, and remembers what must be imported for that."""

    package: str
    imports: set[str] = field(default_factory=set)

    def needs(self, line: str) -> None:
        """Remember an import."""
        self.imports.add(line)

    def value(self, value: Any) -> str:
        """Return an expression that makes a value.

        Raises:
            Doubt: there is no short one.
        """
        if isinstance(value, Frame):
            return self._frame(value)
        if isinstance(value, Series):
            self.needs(PANDAS)
            name = "" if value.name is None else f", name={value.name!r}"
            return f"pd.Series({self._column(value.column)}{self._index(value)}{name})"
        if isinstance(value, Array):
            self.needs(NUMPY)
            if value.dtype == "int" and len(value.cells) >= 10 and value.cells == list(range(len(value.cells))):
                shape = "" if len(value.shape) == 1 else f".reshape{value.shape}"
                return f"np.arange({len(value.cells)}){shape}"
            return f"np.array({self.plain(as_list(value))}{self._kind(value)})"
        if isinstance(value, Instance):
            return self._instance(value)
        if isinstance(value, Estimator):
            if value.fitted or value.given:
                raise Doubt("an estimator that was fitted")
            self.needs(f"from sklearn.preprocessing import {value.name}")
            return f"{value.name}()"
        if isinstance(value, Bunch):
            self.needs("from sklearn.utils import Bunch")
            return f"Bunch({', '.join(f'{k}={self.value(v)}' for k, v in value.fields.items())})"
        if isinstance(value, File):
            self.needs("from pathlib import Path")
            return f"Path({value.text!r})"
        if isinstance(value, (Ref, Function)):
            return self._name(value)
        return self.plain(value)

    def _name(self, value: Ref | Function) -> str:
        if isinstance(value, Function):
            if value.around or value.owner is not None or value.name.startswith("<"):
                raise Doubt("a function without a name")
            self.needs(f"from {self.package} import {value.module}")
            return f"{value.module}.{value.name}"
        raise Doubt("a module as value")

    def _instance(self, value: Instance) -> str:
        name = value.cls.node.name
        self.needs(f"from {self.package}.{value.cls.module} import {name}")
        if value.cls.module == "config":
            return f"{name}()"
        return f"{name}({', '.join(f'{k}={self.value(v)}' for k, v in value.attributes.items())})"

    def _frame(self, frame: Frame) -> str:
        self.needs(PANDAS)
        if not frame.columns:
            raise Doubt("a table without columns")
        columns = ", ".join(f"{self.plain(label)}: {self._column(c)}" for label, c in frame.columns.items())
        return f"pd.DataFrame({{{columns}}}{self._index(frame)})"

    def _index(self, value: Frame | Series) -> str:
        if value.index.name is not None:
            raise Doubt("rows that have a name")
        return "" if value.index.counted else f", index={self.plain(list(value.index.cells))}"

    def _column(self, column: Column) -> str:
        cells = [None if is_missing(c) else c for c in column.cells]
        again = column_of(cells)
        if again.dtype != column.dtype and column.dtype:
            raise Doubt("a column that a list does not make")
        if len(cells) >= 10 and all(type(c) is int for c in cells) and cells == list(range(len(cells))):
            return f"range({len(cells)})"
        half = cells[:2] * (len(cells) // 2)
        return (
            f"{self.plain(cells[:2])} * {len(cells) // 2}" if len(cells) >= 10 and cells == half else self.plain(cells)
        )

    def _kind(self, array: Array) -> str:
        if array.dtype not in ("int", "float", "bool", "str"):
            raise Doubt("an array of another kind")
        return ""

    def plain(self, value: Any) -> str:
        """Return a plain value as text."""
        text = self._plain(value)
        if len(text) > _LONGEST * 4:
            raise Doubt("a long value")
        return text

    def _plain(self, value: Any) -> str:
        if isinstance(value, float) and is_missing(value):
            self.needs(NUMPY)
            return "np.nan"
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            self.needs(NUMPY)
            return "np.inf" if value > 0 else "-np.inf"
        if isinstance(value, datetime):
            self.needs(PANDAS)
            return f'pd.Timestamp("{value.isoformat(sep=" ").removesuffix(" 00:00:00")}")'
        if isinstance(value, list):
            steps = {b - a for a, b in pairwise(value)} if all(type(v) is int for v in value) else set()
            if len(value) >= 8 and len(steps) == 1 and (step := steps.pop()):
                bounds = f"{value[0]}, {value[-1] + step}, {step}".removesuffix(", 1")
                return f"list(range({bounds.removeprefix('0, ') if step == 1 else bounds}))"
            return f"[{', '.join(self._plain(v) for v in value)}]"
        if isinstance(value, tuple):
            return f"({', '.join(self._plain(v) for v in value)}{',' if len(value) == 1 else ''})"
        if isinstance(value, (set, frozenset)) and type(value) is set and value:
            return f"{{{', '.join(self._plain(v) for v in sorted(value, key=repr))}}}"
        if type(value) is dict:
            return f"{{{', '.join(f'{self._plain(k)}: {self._plain(v)}' for k, v in value.items())}}}"
        if isinstance(value, _PLAIN) and value is not UNKNOWN:
            return repr(value)
        raise Doubt(f"a {type(value).__name__} as text")


def slug(label: Any) -> str:
    """Return a label as part of a name."""
    text = re.sub(r"\W+", "_", str(label).lower()).strip("_")[:30].strip("_")
    return text or "it"


def listed(labels: Sequence[Any]) -> str:
    """Return labels as part of a name: `age_and_fare`, `4_columns`."""
    if len(labels) > 3:
        return f"{len(labels)}_columns"
    *most, last = [slug(label) for label in labels]
    return f"{'_'.join(most)}_and_{last}" if most else last


def rounded(value: Any) -> Any:
    """Return floats to twelve digits, so that no noise of the last bits is written down."""
    if isinstance(value, float) and not is_missing(value):
        return float(f"{value:.10g}")
    if isinstance(value, (list, tuple)):
        return type(value)(rounded(v) for v in value)
    return value
