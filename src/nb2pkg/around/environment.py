"""Finds the environment of a notebook's kernel by files alone: no interpreter is started, nothing is imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.around.files import folders_of
from nb2pkg.around.installed import read_distributions
from nb2pkg.errors import UsageError
from nb2pkg.machine import Environment
from nb2pkg.wishes import NO_ENVIRONMENT

_USUAL = (".venv", "venv", "env")  # how people call the environment of a project
_OWN_PYTHON = re.compile(r"python(3(\.\d+)?)?(\.exe)?$")  # in a kernel's command: the one that starts it


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environment lies.

    Args:
        prefix: its folder.
        label: how people call it.
        minor: `3.11`, where the name of its Python says so.
    """

    prefix: Path
    label: str
    minor: str = ""


def read_environment(
    wish: str, folder: Path, kernel: str, modules: Iterable[str], names: Iterable[str]
) -> Environment | None:
    """Return the environment of a notebook's kernel, as far as its imports ask for it; None where none is found.

    Args:
        wish: a Python, an environment's folder, `none`, or empty for what is found.
        folder: that the notebook lies in.
        kernel: the name of its kernel, if it says one.
        modules: dotted names that it imports.
        names: distributions that may be needed besides, normalized, with extras: `pandas[excel]`.

    Raises:
        UsageError: the wish leads to no environment.
    """
    if wish == NO_ENVIRONMENT:
        return None
    place = _wished(wish) if wish else _found(folder, kernel)
    if place is None:
        return None
    sites = sites_of(place)
    distributions, providers = read_distributions(sites, modules, names)
    return Environment(python_of(place, sites), place.label, distributions, providers)


def _wished(wish: str) -> Place:
    path = Path(wish).expanduser()
    if not path.exists() and os.sep not in wish:
        path = Path(shutil.which(wish) or wish)
    place = _of_folder(path) if path.is_dir() else place_of_python(path) if path.is_file() else None
    if place is None:
        problem = "no environment of Python" if path.exists() else "there is no such file or folder"
        raise UsageError(
            f"--python {wish}: {problem}",
            hint="name a Python (.venv/bin/python), the folder of its environment, or none",
        )
    return place


def _found(folder: Path, kernel: str) -> Place | None:
    """Return the environment that is active, else that beside the notebook or above it, else that of its kernel."""
    own = os.path.realpath(sys.prefix)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = os.environ.get(variable, "")
        if active and os.path.realpath(active) != own and (place := _of_folder(Path(active))):
            return place
    for level in folders_of(folder):
        for name in _USUAL:
            if os.path.lexists(level / name / "pyvenv.cfg") or os.path.lexists(level / name / "conda-meta"):
                place = _of_folder(level / name)
                if place is not None:
                    return place
    return _of_kernel(kernel or "python3")


def _of_folder(prefix: Path) -> Place | None:
    if prefix.name in ("bin", "Scripts"):
        prefix = prefix.parent
    place = Place(prefix, _label(prefix))
    return place if sites_of(place) else None


def place_of_python(python: Path, label: str = "") -> Place | None:
    """Return the environment of a Python: a link in an environment's folder belongs there, not where it leads."""
    for path in dict.fromkeys((python.absolute(), python.resolve())):
        prefix = path.parent.parent if path.parent.name in ("bin", "Scripts") else path.parent
        minor = re.search(r"python(3\.\d+)", path.name)
        place = Place(prefix, label or _label(prefix), minor[1] if minor else "")
        if sites_of(place):
            return place
    return None


def _label(prefix: Path) -> str:
    name = prefix.absolute().name
    return (
        name if name in _USUAL else "the system's Python" if name in ("usr", "local", "") else f"the environment {name}"
    )


def _of_kernel(name: str) -> Place | None:
    """Return the environment that a kernel's command starts Python in."""
    if not re.fullmatch(r"[\w.-]+", name):
        return None
    label = f"the kernel {name}"
    for folder in _jupyter_paths():
        try:
            content = json.loads((folder / "kernels" / name / "kernel.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        command = content.get("argv") if isinstance(content, dict) else None
        program = command[0] if isinstance(command, list) and command and isinstance(command[0], str) else ""
        if _OWN_PYTHON.match(program):
            return Place(Path(sys.prefix), label, f"3.{sys.version_info[1]}")
        python = Path(program)
        return place_of_python(python, label) if program and python.is_absolute() and python.exists() else None
    return None


def _jupyter_paths() -> Iterator[Path]:
    """Yield the folders of data that Jupyter looks for kernels in, in its order."""
    environ = os.environ
    yield from (Path(entry) for entry in environ.get("JUPYTER_PATH", "").split(os.pathsep) if entry)
    user = environ.get("JUPYTER_DATA_DIR")
    if user:
        yield Path(user)
    elif sys.platform == "darwin":
        yield Path.home() / "Library" / "Jupyter"
    elif os.name == "nt":
        yield Path(environ.get("APPDATA", str(Path.home()))) / "jupyter"
    else:
        yield Path(environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "jupyter"
    yield Path(sys.prefix) / "share" / "jupyter"
    yield Path("/usr/local/share/jupyter")
    yield Path("/usr/share/jupyter")


def sites_of(place: Place) -> list[Path]:
    """Return the folders that an environment keeps its distributions in, its own first."""
    sites = _own_sites(place)
    settings = _settings(place.prefix)
    if settings.get("include-system-site-packages", "").lower() == "true" and settings.get("home"):
        home = Path(settings["home"])
        base = home.parent if home.name in ("bin", "Scripts") else home
        if base != place.prefix:
            sites += _own_sites(Place(base, "", ".".join(_version(settings).split(".")[:2])))
    return sites


def _own_sites(place: Place) -> list[Path]:
    prefix = place.prefix
    folders = []
    for root in [prefix, *([Path("/usr/local")] if prefix == Path("/usr") else [])]:
        for library in (root / "lib", root / "lib64"):
            versions = [place.minor] if place.minor else _versions(library)
            if versions and not library.is_symlink():
                folders += [library / f"python{versions[0]}" / name for name in ("site-packages", "dist-packages")]
    if prefix == Path("/usr"):
        folders.append(prefix / "lib/python3/dist-packages")  # Debian's
    sites = [folder for folder in folders if folder.is_dir()]
    windows = prefix / "Lib" / "site-packages"
    return sites or ([windows] if windows.is_dir() else [])


def _versions(library: Path) -> list[str]:
    """Return the minor versions that have a folder of their own, the newest first."""
    try:
        names = [name for name in os.listdir(library) if re.fullmatch(r"python3\.\d+", name)]
    except OSError:
        return []
    return sorted((name.removeprefix("python") for name in names), key=lambda v: -int(v.partition(".")[2]))


def _settings(prefix: Path) -> dict[str, str]:
    """Return what `pyvenv.cfg` says."""
    file = prefix / "pyvenv.cfg"
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.replace("\0", "").splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _version(settings: dict[str, str]) -> str:
    match = re.match(r"\d+\.\d+(\.\d+)?", settings.get("version") or settings.get("version_info") or "")
    return match[0] if match else ""


def python_of(place: Place, sites: Iterable[Path]) -> str:
    """Return the version of an environment's Python, as exactly as files tell it."""
    if version := _version(_settings(place.prefix)):
        return version
    try:
        records = os.listdir(place.prefix / "conda-meta")
    except OSError:
        records = []
    for name in records:
        if match := re.match(r"python-(\d+\.\d+\.\d+)-", name):
            return match[1]
    if place.prefix == Path(sys.prefix):
        return ".".join(map(str, sys.version_info[:3]))
    for site in sites:
        if match := re.fullmatch(r"python(3\.\d+)", site.parent.name):
            return match[1]
    return place.minor
