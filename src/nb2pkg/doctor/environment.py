"""Reads an environment of Python from its files: which version, which distributions. Nothing of it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from nb2pkg.around.environment import place_of_python, python_of, sites_of
from nb2pkg.around.installed import find_distributions, with_needs
from nb2pkg.doctor.install import environment_python
from nb2pkg.doctor.state import Chosen, Interpreter
from nb2pkg.machine import Installed


def find_interpreter(folder: str, wished: str) -> tuple[Interpreter, tuple[Path, ...]]:
    """Return the Python to ask, and the folders that hold its distributions.

    Args:
        folder: of the project: its own environment comes before the active one.
        wished: what `--python` names: a Python or the folder of an environment; empty for none.
    """
    if wished:
        return _of(environment_python(wished) if os.path.isdir(wished) else wished, "option")
    own = os.path.join(folder, ".venv")
    if os.path.isdir(own):
        return _of(environment_python(own), "project")
    for active in _active():
        if os.path.isdir(active):
            return _of(environment_python(active), "active")
    version = ".".join(map(str, sys.version_info[:3]))
    return Interpreter(sys.executable, version, "own"), tuple(_own_places())


def read_distributions(places: Iterable[Path], roots: Iterable[str]) -> dict[str, Installed]:
    """Return what is installed: name -> distribution. What it requires is read only of those that roots lead to.

    Args:
        places: folders of distributions, the first wins.
        roots: names of distributions.
    """
    found = find_distributions([*places])
    return {name: Installed(name, item.version) for name, item in found.items()} | with_needs(found, roots)


def _active() -> Iterator[str]:
    """Yield the environments that the shell has activated; conda's base is where people start, not a project's."""
    yield os.environ.get("VIRTUAL_ENV", "")
    if os.environ.get("CONDA_DEFAULT_ENV") != "base":
        yield os.environ.get("CONDA_PREFIX", "")


def _of(executable: str, chosen: Chosen) -> tuple[Interpreter, tuple[Path, ...]]:
    """Return a Python by its path, and the folders that hold its distributions."""
    if not os.path.exists(executable):
        gone = "is a link to a Python that is gone" if os.path.islink(executable) else "does not exist"
        return Interpreter(executable, "", chosen, f"it {gone}"), ()
    place = place_of_python(Path(executable))
    if place is None:
        return Interpreter(executable, "", chosen), ()
    sites = sites_of(place)
    return Interpreter(executable, ".".join(python_of(place, sites).split(".")[:3]), chosen), tuple(sites)


def _own_places() -> Iterator[Path]:
    """Yield the folders of this Python's own distributions."""
    for entry in sys.path:
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            yield Path(entry)
