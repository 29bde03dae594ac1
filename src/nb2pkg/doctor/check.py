"""What a check says, and the command that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["ok", "missing", "differs", "note"]
BAD = ("missing", "differs")


@dataclass(frozen=True, slots=True)
class Fix:
    """A command that mends something. Fixes of the same command become one, with the words of all.

    Args:
        command: the shell command, quoted where it must be; empty where no command mends it.
        words: what it is called with, unquoted.
        by_hand: what people do, where no command can.
        covers: it brings along what other fixes of this command would.
    """

    command: str = ""
    words: tuple[str, ...] = ()
    by_hand: str = ""
    covers: bool = False

    def __str__(self) -> str:
        """Return the line for a shell; what is done by hand is a comment."""
        if not self.command:
            return f"# {self.by_hand}" if self.by_hand else ""
        return f"{self.command} {shlex.join(self.words)}".rstrip()


NO_FIX = Fix()


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what was found.

    Args:
        kind: `python`, `system`, `distribution`, ...: a row of the table in diagnose.py.
        name: of what was looked at.
        status: `missing` and `differs` keep the package from running as it should; a `note` doesn't.
        message: what was found, for people; it never holds the value of a variable.
        fix: what mends it.
    """

    kind: str
    name: str
    status: Status
    message: str = ""
    fix: Fix = NO_FIX

    @property
    def ok(self) -> bool:
        """True when the package runs as far as this is concerned."""
        return self.status not in BAD


def merged(checks: Iterable[Check]) -> tuple[Fix, ...]:
    """Return what mends all that is not ok: each command once, in the order in which they are needed."""
    found: dict[str, Fix] = {}
    for check in checks:
        fix = check.fix
        if check.ok or fix == NO_FIX:
            continue
        key = fix.command or f"# {fix.by_hand}"
        found[key] = _joined(found[key], fix) if key in found else fix
    return tuple(found.values())


def _joined(first: Fix, second: Fix) -> Fix:
    if first.covers or second.covers:
        return first if first.covers else second
    words = dict.fromkeys((*first.words, *second.words))
    return replace(first, words=tuple(words))
