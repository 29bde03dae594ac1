"""Are the models and corpora there that libraries fetch?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from nb2pkg.doctor.check import Check, Fix
from nb2pkg.doctor.install import environment_python, project_path, usable
from nb2pkg.doctor.state import State, Wanted
from nb2pkg.machine import Download


def check_downloads(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a check for each download of the plan; where no file tells, it is a note with the command."""
    for download in wanted.needs.downloads:
        name = f"{download.kind} {download.name}"
        there = state.downloads.get((download.kind, download.name))
        fix = Fix(shlex.join(_command(download, wanted, state)))
        if there:
            yield Check("download", name, "ok", "is there")
        elif there is None:
            yield Check("download", name, "note", f"no file tells whether it is there: {download.why}", fix)
        else:
            yield Check("download", name, "missing", f"not fetched yet: {download.why}", fix)


def _command(download: Download, wanted: Wanted, state: State) -> tuple[str, ...]:
    first, *rest = download.command or ("python",)
    if first not in ("python", "python3"):
        return download.command
    if usable(wanted, state):
        return (state.interpreter.executable, *rest)
    return (environment_python(project_path(wanted, ".venv")), *rest)
