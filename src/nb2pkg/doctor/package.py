"""Is the package itself installed, and is it this one?"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.doctor.check import Check
from nb2pkg.doctor.install import install_project
from nb2pkg.doctor.state import State, Wanted


def check_package(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield whether `python -m PACKAGE` finds the package in the environment that is asked."""
    if state.interpreter.problem:
        return
    installed = state.distributions.get(wanted.name)
    fix = install_project(wanted, state)
    if installed is None:
        yield Check("package", wanted.name, "missing", "the package itself is not installed", fix)
    elif wanted.version and installed.version != wanted.version:
        text = f"{installed.version} is installed, but pyproject.toml says {wanted.version}"
        yield Check("package", wanted.name, "missing", text, fix)
    else:
        yield Check("package", wanted.name, "ok", f"{installed.version}, the package itself")
