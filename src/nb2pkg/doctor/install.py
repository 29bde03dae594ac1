"""The command that installs into the environment of a project, which it makes first where there is none to use."""

from __future__ import annotations

import os
import shlex

from packaging.specifiers import SpecifierSet

from nb2pkg.doctor.check import Fix
from nb2pkg.doctor.state import State, Wanted


def fits(version: str, specifier: str) -> bool:
    """Return True when a version of Python will do; one that nothing says is taken to."""
    return not version or not specifier or SpecifierSet(specifier).contains(version, prereleases=True)


def usable(wanted: Wanted, state: State) -> bool:
    """Return True when things are to be installed into the environment that was asked, and not into a new one."""
    interpreter = state.interpreter
    if interpreter.problem or not fits(interpreter.version, wanted.python):
        return False
    # Where nb2pkg itself lives is no place for others, unless people have chosen it.
    return interpreter.chosen != "own" or wanted.name in state.distributions


def install(wanted: Wanted, state: State, *words: str, covers: bool = False) -> Fix:
    """Return what installs distributions, or the project.

    Args:
        wanted: the project.
        state: the machine.
        words: requirements, or options of pip.
        covers: they bring along all others.
    """
    uv = "uv" in state.system.commands
    if usable(wanted, state):
        python = state.interpreter.executable
        if "pip" in state.distributions:
            return Fix(f"{shlex.quote(python)} -m pip install", words, covers=covers)
        if uv:
            return Fix(f"uv pip install --python {shlex.quote(python)}", words, covers=covers)
        again = f"{shlex.quote(python)} -m ensurepip && {shlex.quote(python)} -m pip install"
        return Fix(again, words, covers=covers)
    return _in_new(wanted, state, uv, words, covers)


def project_path(wanted: Wanted, *parts: str) -> str:
    """Return a path of the project as a command has it; `./churn` is a folder, where `churn` may be a name."""
    path = os.path.join(wanted.folder, *parts) if parts else wanted.folder
    bare = not os.path.isabs(path) and not path.startswith((".", "~"))
    return f".{os.sep}{path}" if bare and not parts else path


def install_project(wanted: Wanted, state: State) -> Fix:
    """Return what installs the project, with all that it requires."""
    return install(wanted, state, "-e", project_path(wanted), covers=True)


def environment_python(folder: str) -> str:
    """Return the Python of an environment's folder."""
    return os.path.join(folder, "Scripts", "python.exe") if os.name == "nt" else os.path.join(folder, "bin", "python")


def _in_new(wanted: Wanted, state: State, uv: bool, words: tuple[str, ...], covers: bool) -> Fix:
    folder = project_path(wanted, ".venv")
    python = shlex.quote(environment_python(folder))
    wish = wanted.needs.python_version
    command = next((c for version, c in state.system.pythons if fits(version, wanted.python)), "")
    if command:
        made = f"{shlex.quote(command)} -m venv --clear {shlex.quote(folder)}"
        return Fix(f"{made} && {python} -m pip install", words, covers=covers)
    if uv:
        made = f"uv venv --clear --python {shlex.quote(wish)} {shlex.quote(folder)}"
        return Fix(f"{made} && uv pip install --python {python}", words, covers=covers)
    return Fix(by_hand=f"install Python {wish}, or uv, which brings it; then ask the doctor again")
