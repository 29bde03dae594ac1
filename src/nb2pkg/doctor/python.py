"""Is there a Python that will do?"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.doctor.check import Check
from nb2pkg.doctor.install import fits, install_project
from nb2pkg.doctor.state import State, Wanted

_WHOSE = {
    "option": "named by --python",
    "project": "the project's environment",
    "active": "the active environment",
    "own": "the Python that runs nb2pkg; the project has no .venv",
}


def check_python(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield whether the Python that is asked exists and has a version that will do."""
    interpreter = state.interpreter
    where = f"{interpreter.executable}, {_WHOSE[interpreter.chosen]}"
    if interpreter.problem:
        text = f"{interpreter.problem} ({where})"
        yield Check("python", "Python", "missing", text, install_project(wanted, state))
    elif not fits(interpreter.version, wanted.python):
        text = f"{interpreter.version}, but {wanted.python} is required ({where})"
        yield Check("python", "Python", "missing", text, install_project(wanted, state))
    elif interpreter.version:
        yield Check("python", "Python", "ok", f"{interpreter.version} ({where})")
    else:
        yield Check("python", "Python", "note", f"no file says its version; {wanted.python} is required ({where})")
