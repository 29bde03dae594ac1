"""The types that cross a package border, in the order of the chain: notebook, statements, flow, plan, project.

All are frozen: each stage of the chain returns new values and never changes what it was given.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from nb2pkg.machine import Needs
from nb2pkg.names import DefUse

_NO_NAMES = DefUse()


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a notebook: file, cell number (from 1, all kinds of cells counted), line and column (from 1)."""

    path: str
    cell: int = 0
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `a.ipynb:cell 3:2:1`, leaving out what is unknown (0)."""
        text = self.path
        if self.cell:
            text += f":cell {self.cell}"
        if self.line:
            text += f":{self.line}"
        if self.line and self.column:
            text += f":{self.column}"
        return text


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell people about a notebook: what, where, why, what to do next."""

    code: str
    message: str
    location: Location
    severity: Literal["info", "warning", "error"] = "warning"
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """One saved output of a code cell."""

    kind: Literal["stream", "display_data", "execute_result", "error"]
    name: str = ""  # of a stream: stdout or stderr; of an error: the exception's name
    text: str = ""  # the stream's text, the text/plain of a display, or the error's message
    mimes: tuple[str, ...] = ()  # of a display: the types that it was saved in


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `python` is the code with its IPython syntax lowered; `lines` maps its lines to the source's.

    Lowered code calls runtime helpers by placeholder names that start with `__nb_`; `nb2pkg.cells.runtime` lists them.
    """

    number: int
    id: str
    kind: Literal["code", "markdown", "raw"]
    source: str
    python: str = ""
    lines: tuple[int, ...] = ()  # python line n (from 1) came from source line lines[n - 1]
    outputs: tuple[Output, ...] = ()
    tags: frozenset[str] = frozenset()
    execution_count: int | None = None
    silent: bool = False  # the value of the last expression is not shown (it ends in a semicolon)
    skipped: bool = False  # tagged skip-execution, or nothing but another language's display


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module or package that lies beside the notebook (or that a cell writes) and is imported by it."""

    name: str  # top-level import name
    files: tuple[tuple[str, bytes], ...]  # path relative to the notebook's folder -> content
    pure: bool  # importing it only defines names
    written: bool = False  # a %%writefile cell writes it


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read: cells in order, with what its magics said about requirements."""

    path: str
    cells: tuple[Cell, ...]
    language: str
    digest: str
    version: str = ""  # of the Python that the file was saved with, where it says so
    kernel: str = ""  # the name of its kernel, where it says one
    raw: bytes = b""  # the file, for the copy in notebooks/
    requirements: tuple[tuple[str, int], ...] = ()  # (requirement as written, cell number) of %pip lines
    system_packages: tuple[tuple[str, int], ...] = ()  # (Debian package, cell number) of apt-get lines
    local_modules: tuple[LocalModule, ...] = ()
    findings: tuple[Finding, ...] = ()
    neighbours: tuple[str, ...] = ()  # names of folders and modules beside the file, which a package name would shadow
    secrets: tuple[str, ...] = field(default=(), repr=False)  # texts that must stand in no file; only `raw` has them
    secret_variables: tuple[tuple[str, str, str], ...] = ()  # (variable that a secret is read from, why, its kind)


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a notebook."""

    index: int
    location: Location
    cell_id: str
    source: str  # exact text, from the first token to the end of the last line, without leading comments
    comments: str  # the comment lines above it, as written
    node: ast.stmt = field(compare=False)
    names: DefUse = _NO_NAMES
    effects: frozenset[str] = frozenset()
    displayed: bool = False  # its value is shown: the last expression of its cell
    blank_before: bool = False
    end_comments: str = ""  # comment lines after it, at the end of the cell


@dataclass(frozen=True, slots=True)
class Import:
    """One name that the notebook imports at top level."""

    name: str  # the name bound in the notebook
    module: str
    attribute: str | None  # from module import attribute
    alias: str | None
    statement: int
    inline: bool = (
        False  # must stay where it stands: something before it may decide what it finds or does (never in Flow)
    )


class Rung(str, Enum):
    """How a piece of the notebook is carried over; see docs/ladder.md."""

    DEFINITION = "definition"
    FUNCTION = "function"
    PARAMETER = "parameter"
    CLASS = "class"
    CLOSURE = "closure"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which names hold at each position of straight-line code: for each, where it begins, ceases, begins again."""

    changes: Mapping[str, tuple[int, ...]]

    def holds(self, name: str, position: int) -> bool:
        """Tell whether a name holds at a position."""
        return bisect_right(self.changes.get(name, ()), position) % 2 == 1


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What the analysis knows of a notebook."""

    notebook: Notebook
    statements: tuple[Statement, ...]
    reaching: tuple[Mapping[str, frozenset[int]], ...]  # per statement: name -> statements that may have bound it
    live_out: Timeline  # after each statement: names that later statements may read
    bound_before: Timeline  # before each statement: names that are surely bound
    imports: tuple[Import, ...] = ()
    findings: tuple[Finding, ...] = ()
    namespace: tuple[Finding, ...] = ()  # where the code inspects its own namespace
    context: Any = None  # flow.defuse.Context: what calls stand for


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of the notebook that becomes one function, class, constant or setting, or stays in `run()`."""

    name: str
    module: str
    statements: tuple[int, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    kind: Literal["function", "definition", "constant", "setting", "story", "import"]
    rung: Rung
    why: str
    doc: str = ""
    lifted: tuple[str, ...] = ()  # keyword-only parameters that a notebook function gets
    carried: tuple[tuple[str, str], ...] = ()  # (name, variable of the record that `run()` holds it in)
    record: str = ""  # variable of the record that it returns, new or with new values


@dataclass(frozen=True, slots=True)
class Record:
    """Values that a unit returns together, as a frozen dataclass."""

    name: str  # of the class
    variable: str  # in `run()`
    fields: tuple[str, ...]
    statements: tuple[int, ...]  # of the unit that makes it


@dataclass(frozen=True, slots=True)
class Place:
    """Where the literal of a setting stands: line (from 1) and column (in bytes) in the text of a statement."""

    statement: int
    line: int
    column: int
    label: str  # the keyword or call that it is given to, or the name that is bound to it


@dataclass(frozen=True, slots=True)
class Setting:
    """A value of the notebook that people may want to change: a field of `Config`."""

    name: str
    type: str  # `int`, `float`, `str`, `bool`, or a tuple such as `tuple[str, ...]`
    value: str  # the notebook's, as Python text
    places: tuple[Place, ...]
    variable: str = ""  # the notebook's name for it; it is bound at the first place
    local: bool = False  # `run()` binds that name: not all that reads it can be shown to read the setting alike
    as_list: bool = False  # the notebook has a list
    path: bool = False  # of a file, or a URL


@dataclass(frozen=True, slots=True)
class Replacement:
    """New text for a part of a statement of the notebook; the offsets are those of the statement's source."""

    statement: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What one call passes: its text, and the place in the notebook that it stands at (a variable has none)."""

    text: str
    statement: int = -1
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter of a shared function, with what each of the calls passes for it, in the order of the members."""

    name: str
    arguments: tuple[Argument, ...]
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """One function for units that do the same: the first one's statements, with names for what differs.

    Args:
        name: of the function, and of each of the units.
        members: the statements of each unit.
        parameters: what the function takes.
        returned: what it returns, by its own names.
        targets: per member, the names that `run()` binds the returned values to; none where it needs none of them.
        replacements: edits of the first member's statements.
        dropped: statements of the first member that became parameters.
        comments: the comments above and below each statement of the first member that all members have.
        notes: per member, comments that only it has.
    """

    name: str
    members: tuple[tuple[int, ...], ...]
    parameters: tuple[Given, ...]
    returned: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    replacements: tuple[Replacement, ...] = ()
    dropped: frozenset[int] = frozenset()
    comments: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # names in its statements -> parameters, after settings


@dataclass(frozen=True, slots=True)
class Step:
    """A fitted transformer that rows go through, and the method that its result is asked for (`toarray`), if any."""

    name: str
    then: str = ""


@dataclass(frozen=True, slots=True)
class Predictor:
    """A fitted model with the transformers that its rows go through first, under the notebook's names.

    Args:
        model: the model.
        steps: the transformers, the first one first.
        methods: what the notebook asks the model for: `predict`, `predict_proba`.
        statements: those that make and fit them.
        rows: the notebook's name for rows that go in, or the empty string.
        saved: the notebook saves the model.
    """

    model: str
    steps: tuple[Step, ...]
    methods: tuple[str, ...]
    statements: tuple[int, ...]
    rows: str = ""
    saved: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of all that it holds, in the order in which rows pass it."""
        return (*(step.name for step in self.steps), self.model)


@dataclass(frozen=True, slots=True)
class Change:
    """Where a package is meant to differ from its notebook: in cells, or in what a name holds, or both together."""

    reason: str
    cells: tuple[int, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scaffold:
    """Which files surround the package.

    Args:
        layout: how the project's folders are laid out: `src`, `docker-science` or `ccds`.
        license: SPDX identifier of the licence file; empty for none.
        schedules: what runs the package at fixed times: `airflow`, `cron`, `systemd`.
    """

    layout: str = "src"
    license: str = ""
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions about a conversion: `notebook + plan -> project` is a pure function."""

    package: str
    title: str
    notebook: str
    digest: str
    units: tuple[Unit, ...]
    records: tuple[Record, ...] = ()
    held: tuple[tuple[str, str], ...] = ()  # (name, variable of the record that holds it at the end of `run()`)
    settings: tuple[Setting, ...] = ()
    config: str = "config"  # how `run()` and functions call the settings
    config_class: str = "Config"
    shared: tuple[Shared, ...] = ()  # functions that several units become, which have their name
    needs: Needs = field(default_factory=Needs)  # what it takes to run the package on a bare machine
    scaffold: Scaffold = field(default_factory=lambda: Scaffold())  # which files surround the package
    results: tuple[str, ...] = ()  # names that `run()` hands back
    predictor: Predictor | None = None  # what it hands back beside them: a model with its transformers
    script: bool = False  # the whole notebook is one script
    asynchronous: bool = False
    seeds: tuple[str, ...] = ()  # builtins that the notebook rebinds after it used them
    unset: tuple[str, ...] = ()  # module attributes that a notebook does not have (`__file__`)
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()  # intended differences from the notebook


@dataclass(frozen=True, slots=True)
class Project:
    """The project in memory: path relative to its folder -> content."""

    package: str
    files: Mapping[str, bytes]
    plan: Plan
    findings: tuple[Finding, ...] = ()
