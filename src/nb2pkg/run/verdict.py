"""What `verify` finds: the types of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nb2pkg.run.notebook import CellRun

CellStatus = Literal["equal", "different", "expected", "not comparable", "not reached"]


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A value that the package has otherwise.

    Args:
        statement: of the notebook, after which it is seen.
        cell: its cell.
        line: its line in the cell.
        name: whose value it is.
        text: how it differs.
        place: where in the package: `preprocessing.py:12`.
        reason: why that is intended, where the plan says so.
    """

    statement: int
    cell: int
    line: int
    name: str
    text: str
    place: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FigureVerdict:
    """A figure of the notebook and the package's; PNG files."""

    wanted: bytes
    got: bytes
    text: str = ""  # how they differ
    marked: bytes = b""  # where they differ
    note: str = ""


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """How the package does what one cell does.

    Args:
        number: of the cell.
        status: in a word.
        reason: why it can't be compared, was not reached, or is expected.
        diff: the first difference, as the lines of a small diff.
        wanted: the lines that the notebook shows.
        got: those of the package; None where there is none: `(wanted, got)` stand side by side.
        values: values that differ first in this cell.
        figures: what it draws.
    """

    number: int
    status: CellStatus
    reason: str = ""
    diff: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, str | None, bool], ...] = ()  # notebook's line, package's line, whether they agree
    values: tuple[ValueDifference, ...] = ()
    figures: tuple[FigureVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultVerdict:
    """A named value that the notebook ends with."""

    name: str
    status: CellStatus
    wanted: str  # in a few words
    got: str
    text: str = ""  # how it differs
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """A file that a run wrote or changed."""

    path: str
    status: CellStatus
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """The place in the notebook whose code the package has otherwise."""

    cell: int
    line: int = 0
    source: str = ""  # of the statement
    text: str = ""
    place: str = ""  # in the package


@dataclass(frozen=True, slots=True)
class Report:
    """All that `verify` finds.

    Args:
        equal: the package does what the notebook does.
        cells: of the notebook's code cells.
        results: named values at the end.
        files: what was written.
        cause: where a difference comes from, if there is one.
        notes: what people should know of the comparison itself.
        python: the interpreter of both.
        seconds: how long notebook and package took.
        runs: the notebook's cells as executed, for the HTML.
    """

    notebook: str
    project: str
    package: str
    equal: bool
    cells: tuple[CellVerdict, ...]
    results: tuple[ResultVerdict, ...] = ()
    files: tuple[FileVerdict, ...] = ()
    cause: Cause | None = None
    failure: str = ""  # how the run of the package ended otherwise than the notebook's
    notes: tuple[str, ...] = ()
    python: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    runs: tuple[CellRun, ...] = ()
