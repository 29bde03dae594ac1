"""What is known of values: tables, columns, arrays and objects as far as the code says for certain.

Nothing here is pandas or numpy: these are small models of them, which hold plain Python values. Where a value, a type
or an order differs between releases of a library, it is not known.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any


class Doubt(Exception):
    """What the code does next is not known for certain."""


class Raised(Exception):
    """The code surely raises an exception here."""

    def __init__(self, kind: str, text: str = "", culprit: Any = None) -> None:
        super().__init__(kind, text)
        self.kind, self.text, self.culprit = kind, text, culprit


class Unknown:
    """A value of which nothing is known; `UNKNOWN` is the only one."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __copy__(self) -> Unknown:
        return self


UNKNOWN = Unknown()
NAN = math.nan
NUMBERS = ("int", "float", "bool")


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of a column, and their kind: int, float, bool, str, datetime, object, or "" where releases differ."""

    cells: tuple[Any, ...]
    dtype: str

    @property
    def numeric(self) -> bool:
        """All cells are numbers or missing."""
        return self.dtype in NUMBERS or (not self.dtype and all(is_number(c) or is_missing(c) for c in self.cells))


@dataclass(frozen=True, slots=True)
class Labels:
    """The row labels of a table."""

    cells: tuple[Any, ...]
    name: Any = None

    @property
    def counted(self) -> bool:
        """They are 0, 1, 2 and so on."""
        return self.cells == tuple(range(len(self.cells))) and self.name is None


@dataclass(slots=True, eq=False)
class Origin:
    """A table that a function takes, and what its code asks of the columns: column -> [(what, value)]."""

    parameter: str
    notes: dict[Any, list[tuple[str, Any]]] = field(default_factory=dict)

    def note(self, column: Any, kind: str, *values: Any) -> None:
        """Remember what the code asks of a column, None for the table as a whole."""
        known = self.notes.setdefault(column, [])
        for value in values or (None,):
            if not any(k == kind and type(v) is type(value) and v == value for k, v in known):
                known.append((kind, value))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a column came from, unchanged: a table that a function takes, and the label in it."""

    origin: Origin
    column: Any


@dataclass(slots=True, eq=False)
class Series:
    """A column with its row labels. `owner` is the table that it was taken from and may still share memory with."""

    column: Column
    index: Labels
    name: Any = None
    source: Source | None = None
    owner: tuple[Frame, Any] | None = None
    half: tuple[int, int] | None = None

    @property
    def cells(self) -> tuple[Any, ...]:
        """The values."""
        return self.column.cells

    @property
    def dtype(self) -> str:
        """The kind of the values."""
        return self.column.dtype

    def note(self, kind: str, *values: Any) -> None:
        """Remember what the code asks of the column, if it is one that the function was given."""
        if self.source is not None:
            self.source.origin.note(self.source.column, kind, *values)


@dataclass(slots=True, eq=False)
class Frame:
    """A table.

    Args:
        columns: label -> column, in order.
        index: the row labels.
        origin: the parameter that it was passed as, or is a selection of rows of.
        assigned: labels of columns that the code has set since.
        shared: another table may have the same memory, so that changing cells of one may change the other.
        names: what the columns are called together.
        half: which value was split, counted from 0, and whether these are the training (0) or the test rows (1).
    """

    columns: dict[Any, Column]
    index: Labels
    origin: Origin | None = None
    assigned: set[Any] = field(default_factory=set)
    shared: bool = False
    names: Any = None
    half: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.index.cells)

    def series(self, label: Any, missing: str = "KeyError") -> Series:
        """Return a column; `missing` is the exception where there is none.

        Raises:
            Raised: there is none.
        """
        source = Source(self.origin, label) if self.origin is not None and label not in self.assigned else None
        if source is not None:
            source.origin.note(label, "read")
        if label not in self.columns:
            raise Raised(missing, str(label), source)
        return Series(self.columns[label], self.index, label, source, (self, label))


@dataclass(slots=True, eq=False)
class Array:
    """An array of numpy: cells in row order.

    Args:
        cells: row by row.
        shape: as numpy has it.
        dtype: the kind of the cells.
        shared: a view of it exists, or it is one.
        half: which value was split, counted from 0, and whether these are the training (0) or the test rows (1).
        centred: the mean of each column is zero, whatever the cells are.
    """

    cells: list[Any]
    shape: tuple[int, ...]
    dtype: str
    shared: bool = False
    half: tuple[int, int] | None = None
    centred: bool = False

    def __len__(self) -> int:
        if not self.shape:
            raise Doubt("an array without dimensions has no length")
        return self.shape[0]


@dataclass(slots=True, eq=False)
class Index:
    """An index as a value of its own: `df.columns`, `df.index`."""

    cells: tuple[Any, ...]
    of_columns: Frame | None = None
    of_rows: Frame | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """Something of an imported library, by its full name."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value, before it is called."""

    owner: Any
    name: str


@dataclass(frozen=True, slots=True)
class Accessor:
    """`.str` or `.dt` of a column."""

    series: Series
    kind: str


@dataclass(frozen=True, slots=True)
class Indexer:
    """`.loc`, `.iloc`, `.at` or `.iat` of a table or column."""

    owner: Any
    kind: str


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows of a table by the values of columns; `selected` is what of the table is looked at."""

    frame: Frame
    keys: tuple[Any, ...]
    selected: Any = None
    as_index: bool = True


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the package, or a lambda, with the variables around it."""

    node: ast.FunctionDef | ast.Lambda
    module: str
    around: tuple[dict[str, Any], ...] = ()
    defaults: tuple[tuple[str, Any], ...] = ()
    owner: Any = None  # of a method: the object

    def __deepcopy__(self, memo: object) -> Function:
        return self

    @property
    def name(self) -> str:
        """What it is called."""
        return self.node.name if isinstance(self.node, ast.FunctionDef) else "<lambda>"

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters, in order."""
        given = self.node.args
        return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


@dataclass(frozen=True, slots=True)
class Partial:
    """A function with some of its arguments given."""

    function: Any
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the package."""

    node: ast.ClassDef
    module: str
    record: bool = False

    def __deepcopy__(self, memo: object) -> Class:
        return self

    def method(self, name: str) -> ast.FunctionDef | None:
        """Return the definition of a method, if it has one of that name."""
        found = [n for n in self.node.body if isinstance(n, ast.FunctionDef) and n.name == name]
        return found[-1] if found else None


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a class of the package."""

    cls: Class
    attributes: dict[str, Any]


@dataclass(slots=True, eq=False)
class Estimator:
    """An estimator of scikit-learn: its class, what it was given, and what it learned."""

    name: str
    given: dict[str, Any]
    learned: dict[str, Any] = field(default_factory=dict)
    fitted: bool = False


@dataclass(slots=True, eq=False)
class Bunch:
    """A data set of scikit-learn."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A path."""

    text: str


@dataclass(slots=True, eq=False)
class Opaque:
    """A value of which only the kind is known, or an object that the library surely makes: its class and arguments."""

    kind: str
    given: dict[str, Any] = field(default_factory=dict)


def is_missing(cell: Any) -> bool:
    """True for None and NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def is_number(cell: Any) -> bool:
    """True for numbers, NaN included."""
    return isinstance(cell, (int, float))


def column_of(cells: Iterable[Any]) -> Column:
    """Return the column that pandas makes of a list."""
    cells = tuple(cells)
    if any(cell is UNKNOWN for cell in cells):
        return Column(cells, "")
    present = [c for c in cells if not is_missing(c)]
    gaps = len(present) < len(cells)
    if present and all(isinstance(c, bool) for c in present):
        return Column(cells, "object" if gaps else "bool")
    if present and all(is_number(c) and not isinstance(c, bool) for c in present):
        if gaps or any(isinstance(c, float) for c in present):
            return Column(tuple(NAN if is_missing(c) else float(c) for c in cells), "float")
        return Column(cells, "int")
    if present and all(isinstance(c, str) for c in present):
        return Column(cells, "str")
    if present and all(isinstance(c, (datetime, date)) for c in present):
        return Column(cells, "datetime" if all(isinstance(c, datetime) for c in present) else "object")
    if present and all(isinstance(c, timedelta) for c in present):
        return Column(cells, "timedelta")
    if not present and cells and all(isinstance(c, float) for c in cells):
        return Column(cells, "float")
    return Column(cells, "object")


def counted(number: int) -> Labels:
    """Return the labels 0, 1, 2 and so on."""
    return Labels(tuple(range(number)))


def frame_of(columns: Mapping[Any, Sequence[Any]]) -> Frame:
    """Return the table that pandas makes of a dictionary of lists."""
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise Raised("ValueError", "All arrays must be of the same length")
    return Frame({label: column_of(cells) for label, cells in columns.items()}, counted(max(lengths, default=0)))


def certain(value: Any, depth: int = 0) -> bool:
    """True when a value is known with all that it holds."""
    if value is UNKNOWN or depth > 20:
        return False
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(certain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(certain(k, depth + 1) and certain(v, depth + 1) for k, v in value.items())
    if isinstance(value, (Series, Index, Array, Column)):
        return all(cell is not UNKNOWN for cell in value.cells)
    if isinstance(value, Frame):
        return all(certain(column) for column in value.columns.values())
    if isinstance(value, Instance):
        return certain(value.attributes, depth + 1)
    if isinstance(value, (Estimator, Bunch)):
        return certain(value.given if isinstance(value, Estimator) else value.fields, depth + 1)
    return True


def need(condition: object, why: str = "") -> None:
    """Stop where a condition of what is known does not hold.

    Raises:
        Doubt: it does not hold.
    """
    if not condition:
        raise Doubt(why)
