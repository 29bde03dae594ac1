"""What a run of the notebook recorded: values at the borders of functions, as data for tests, types and docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SHOWN = "shown.txt"  # the file of what a unit shows, where that is long
How = Literal["literal", "file", "made", "fitted", "called", "same", "head", "behaviour", "described"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the notebook, or of a few of its rows.

    Args:
        how: it is held: as a literal, in a file, made by a call, fitted to rows, made by calling the function of
            another unit, the same as another argument; of a result only its first rows, or its answers; or it is only
            described.
        type: public name of its class, `pandas.DataFrame`.
        shape: if it has one.
        floats: it holds numbers that rounding may change.
        text: Python text that makes it.
        imports: import lines that the text needs.
        ours: the notebook's own functions and classes in the text.
        local: import lines for modules near the notebook.
        paths: where those are found, relative to its folder.
        file: below `tests/fixtures`; that of a column of a table ends in `#` and its name.
        parts: of a fitted one: the rows, by the notebook's name; of a head: `head`; of a behaviour: `predict:X_test`.
        other: the argument that it is the same object as, or that a result is; what it is called by the unit.
        unit: the number of the first statement of the unit that makes it.
        seeded: fitting it draws from numpy's global generator.
        reason: why no file holds it.
        digest: of what an estimator has learned.
        steady: two runs gave the same.
    """

    how: How
    type: str
    shape: tuple[int, ...] | None = None
    floats: bool = False
    text: str = ""
    imports: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    file: str = ""
    parts: Mapping[str, Value] = field(default_factory=dict)
    other: str = ""
    unit: str = ""
    seeded: bool = False
    reason: str = ""
    digest: str = ""
    steady: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a unit did with a few rows of what the notebook gave it.

    Args:
        statements: the unit.
        arguments: what `run()` passes -> the value; records by their fields' names in the notebook.
        results: the notebook's names of what it gives back -> the value.
        changed: arguments that it changes in place -> what they are afterwards.
        shown: what it prints and displays.
        figures: the file that says what it draws, or the empty string.
        random: the libraries (`random`, `numpy`, `torch`) whose global generators it draws from.
        reads: it reads files of the notebook's folder.
        written: the files that it writes -> the file that holds their text, or the empty string.
        folders: those that must be there for that.
        seconds: how long it took.
    """

    statements: tuple[int, ...]
    arguments: Mapping[str, Value]
    results: Mapping[str, Value]
    changed: Mapping[str, Value]
    shown: str = ""
    figures: str = ""
    random: tuple[str, ...] = ()
    reads: bool = False
    written: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the notebook's own functions.

    Args:
        function: its name.
        arguments: parameter -> value, with what its counterpart in the package takes beside them.
        result: what it gave back.
        changed: parameters whose values it changed in place -> what they are afterwards.
    """

    function: str
    arguments: Mapping[str, Value]
    result: Value
    changed: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a model with its transformers did, all of them fitted anew to a few rows.

    Args:
        parts: name in the notebook -> the call that makes it.
        rows: those that go in.
        target: what the model learns to tell of them.
        answers: method of the model -> what it says of the rows.
    """

    parts: Mapping[str, Value]
    rows: Value
    target: Value
    answers: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A unit without a recorded test, and why."""

    statements: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """What one run of the notebook recorded.

    Args:
        units: in the order of the notebook.
        makers: statements of `run()` that make what functions take.
        calls: of the notebook's own functions.
        missing: units that could not be recorded.
        files: path below `tests/fixtures` -> content.
        predictor: of the package's predictor, if it has one.
        shown: cell number -> lines that both runs of the notebook showed.
        sample: rows that its loaders gave at most, if not all.
        seconds: how long the notebook took by itself.
        python: the interpreter that ran it.
    """

    units: tuple[Recorded, ...] = ()
    makers: tuple[Recorded, ...] = ()
    calls: tuple[Call, ...] = ()
    missing: tuple[Unrecorded, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    predictor: Predicted | None = None
    shown: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    sample: int | None = None
    seconds: float = 0.0
    python: str = ""
