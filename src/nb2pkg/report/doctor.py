"""What the doctor found, as people read it and as data."""

from __future__ import annotations

from typing import Any

from nb2pkg.doctor.check import NO_FIX, Check, merged
from nb2pkg.doctor.state import State, Wanted
from nb2pkg.report.check.source_line import printable

_WIDEST = 28  # columns of a name, before it pushes its line to the right
_RESET = "\x1b[0m"
_COLOURS = {"ok": "\x1b[32m", "missing": "\x1b[1;31m", "differs": "\x1b[1;31m", "note": "\x1b[33m"}


def doctor_lines(wanted: Wanted, checks: tuple[Check, ...], colour: bool = False) -> list[str]:
    """Return a line for each check, with what mends it, then all that mends, to be copied as one.

    Args:
        wanted: the project.
        checks: what was found.
        colour: with the escapes that colour the marks on a terminal.
    """
    names = [printable(f"{check.kind} {check.name}") for check in checks]
    width = min(max(map(len, names), default=0), _WIDEST)
    lines = []
    for name, check in zip(names, checks, strict=True):
        mark = f"{check.status:<7}"
        mark = f"{_COLOURS[check.status]}{mark}{_RESET}" if colour else mark
        lines.append(f"{mark}  {name:<{width}}  {printable(check.message)}".rstrip())
        if check.fix != NO_FIX:
            text = check.fix.by_hand if not check.fix.command else str(check.fix)
            lines.append(f"         {'hint' if check.ok else 'fix'}: {printable(text)}")
    return [*lines, "", *_end(wanted, checks)]


def _end(wanted: Wanted, checks: tuple[Check, ...]) -> list[str]:
    bad = sum(not check.ok for check in checks)
    notes = sum(check.status == "note" for check in checks)
    noted = f"; {notes} {'note' if notes == 1 else 'notes'}" if notes else ""
    name = printable(wanted.package)
    if not bad:
        return [f"{name} has all that it needs{noted}"]
    fixes = [printable(str(fix)) for fix in merged(checks)]
    return [f"{name} lacks {bad} of {len(checks)} things{noted}. What mends it:", "", *fixes]


def as_data(wanted: Wanted, state: State, checks: tuple[Check, ...]) -> dict[str, Any]:
    """Return what was found as JSON data."""
    return {
        "project": wanted.folder,
        "package": wanted.package,
        "python": {"executable": state.interpreter.executable, "version": state.interpreter.version},
        "ok": all(check.ok for check in checks),
        "checks": [
            {
                "kind": check.kind,
                "name": check.name,
                "ok": check.ok,
                "status": check.status,
                "message": check.message,
                "fix": str(check.fix),
                "by_hand": bool(check.fix.by_hand),
            }
            for check in checks
        ],
        "fixes": [str(fix) for fix in merged(checks)],
    }
