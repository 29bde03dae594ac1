"""What passes between the lowering of a cell and the rows of the table of magics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nb2pkg.cells.sql_session import Session
from nb2pkg.errors import RefusedError
from nb2pkg.model import Finding, Location

_SIGNS = {"!": "!", "sx": "!", "pinfo": "?", "pinfo2": "??"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What the lowering of a cell knows of the notebook around it."""

    path: str
    cell: int = 1
    bound: frozenset[str] = frozenset()  # names that cells above bind
    wanted: frozenset[str] = frozenset()  # names that code below reads
    unbound: frozenset[str] = frozenset()  # those of them that no cell binds
    shells: frozenset[str] = frozenset()  # names that hold IPython's shell
    folder: Path | None = None
    written: tuple[tuple[str, str], ...] = ()  # (path, text) of Python files that cells above write
    keep_going: bool = False
    sql: Session | None = None  # what its SQL cells share
    offset: int = 0  # lines of the cell above the text: it is the body of a cell magic

    def at(self, line: int) -> Location:
        """Return the place of a line of the text that is lowered."""
        return Location(self.path, self.cell, line + self.offset)


@dataclass(frozen=True, slots=True)
class Lowered:
    """Python for a cell or a part of it, and what its magics said."""

    python: str = ""
    lines: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    requirements: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()  # (path, text) of Python files that the cell writes
    run: tuple[str, ...] = ()  # files that the cell runs
    skipped: bool = False
    shells: frozenset[str] = frozenset()  # names that it binds to IPython's shell
    interactivity: str = ""  # which expressions the cells below show, when this cell changes it


@dataclass(frozen=True, slots=True)
class Call:
    """One magic or shell line, where it stands and what its value is used for."""

    name: str
    line: str
    body: str | None
    scene: Scene
    number: int  # line of the cell, from 1
    names: frozenset[str]  # names that may be bound when it runs
    value_used: bool
    lower_body: Callable[[str, int], Lowered] = field(repr=False)  # (text, its first line in the cell)

    @property
    def shown_name(self) -> str:
        """The magic as people write it."""
        if self.body is None and self.name in _SIGNS:
            return _SIGNS[self.name]
        return f"%%{self.name}" if self.body is not None else f"%{self.name}"

    def finding(
        self, code: str, message: str, severity: Literal["info", "warning", "error"], *, why: str = "", hint: str = ""
    ) -> Finding:
        """Return a finding at this call."""
        return Finding(code, message, self.scene.at(self.number), severity, why, hint)

    def refusal(self, message: str, *, why: str = "", hint: str = "") -> RefusedError:
        """Return the error that refuses this call."""
        return RefusedError(message, location=self.scene.at(self.number), why=why, hint=hint)
