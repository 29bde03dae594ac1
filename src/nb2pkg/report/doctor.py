"""What the doctor found, as people read it and as data."""

from __future__ import annotations

from typing import Any

from nb2pkg.doctor.check import NO_FIX, Check, merged
from nb2pkg.doctor.state import State, Wanted
from nb2pkg.report.check.source_line import printable

_WIDEST = 28  # columns of a name, before it pushes its line to the right


def doctor_lines(wanted: Wanted, state: State, checks: tuple[Check, ...]) -> list[str]:
    """Return a line for each check, with what mends it, then all that mends, to be copied as one."""
    shown = [(check.status, f"{check.kind} {check.name}", check) for check in checks]
    width = min(max((len(printable(name)) for _, name, _ in shown), default=0), _WIDEST)
    lines = []
    for status, name, check in shown:
        lines.append(f"{status:<7}  {printable(name):<{width}}  {printable(check.message)}".rstrip())
        if check.fix != NO_FIX:
            lines.append(f"         {'hint' if check.ok else 'fix'}: {printable(str(check.fix)).removeprefix('# ')}")
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
