"""Reads an environment of Python from its files: which version, which distributions. Nothing of it runs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from nb2pkg.doctor.install import environment_python
from nb2pkg.doctor.state import Chosen, Interpreter
from nb2pkg.machine import Installed

_VERSIONED = re.compile(r"python(3\.\d+)$")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.A)
_SETTING = re.compile(r"^\s*([\w-]+)\s*=\s*(.*?)\s*$", re.M)


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
    found: dict[str, tuple[Path, str]] = {}
    for place in places:
        for name, path, version in _listed(place):
            found.setdefault(name, (path, version))
    read = {name: Installed(name, version) for name, (_, version) in found.items()}
    todo = [*roots]
    done = set()
    for name in todo:  # grows
        if name in done or name not in found:
            continue
        done.add(name)
        read[name] = _metadata(name, *found[name])
        todo += _names(read[name].requires)
    return read


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
    prefix = Path(os.path.abspath(executable)).parent.parent
    settings = _settings(prefix)
    if settings:
        version = settings.get("version") or settings.get("version_info", "")
        places = [*_places(prefix, _short(version))]
        if settings.get("include-system-site-packages") == "true" and "home" in settings:
            places += _places(Path(settings["home"]).parent, _short(version))
    else:
        real = Path(os.path.realpath(executable))
        named = _VERSIONED.search(real.name)
        version = named[1] if named else _only_version(real.parent.parent)
        places = [*_places(real.parent.parent, _short(version))]
    return Interpreter(executable, ".".join(version.split(".")[:3]), chosen), tuple(places)


def _settings(prefix: Path) -> Mapping[str, str]:
    try:
        return dict(_SETTING.findall((prefix / "pyvenv.cfg").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return {}


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _only_version(prefix: Path) -> str:
    """Return the version that the folders of a Python name, if they name one."""
    names = [match[1] for path in prefix.glob("lib/python3.*") if (match := _VERSIONED.search(path.name))]
    return names[0] if len(names) == 1 else ""


def _places(prefix: Path, version: str) -> Iterator[Path]:
    """Yield the folders of a prefix that hold distributions, Debian's among them."""
    folders = [f"lib/python{version or '3.*'}/site-packages", "Lib/site-packages"]
    if str(prefix) == "/usr":
        folders = [f"local/lib/python{version or '3.*'}/dist-packages", "lib/python3/dist-packages", *folders]
    for folder in folders:
        yield from sorted(prefix.glob(folder))


def _own_places() -> Iterator[Path]:
    """Yield the folders of this Python's own distributions."""
    for entry in sys.path:
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            yield Path(entry)


def _listed(place: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield (name, path of the metadata, version) of a folder's distributions, by their names alone."""
    try:
        entries = sorted(os.listdir(place))
    except OSError:
        return
    for entry in entries:
        stem, dot, kind = entry.rpartition(".")
        if dot and kind in ("dist-info", "egg-info"):
            name, _, version = stem.partition("-")
            if kind == "egg-info":
                version = re.sub(r"-py3(\.\d+)?$", "", version)
            yield canonicalize_name(name), place / entry, version


def _metadata(name: str, path: Path, version: str) -> Installed:
    """Return a distribution with what the head of its metadata says."""
    text = ""
    for file in (path / "METADATA", path / "PKG-INFO", path):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            break
        except OSError:
            continue
    head = text.partition("\n\n")[0]
    requires = re.findall(r"^Requires-Dist: *(.+?)\s*$", head, re.M)
    said = re.search(r"^Version: *(\S+)", head, re.M)
    return Installed(name, said[1] if said else version, tuple(requires), url=_url(path))


def _url(path: Path) -> str:
    try:
        data = json.loads((path / "direct_url.json").read_text(encoding="utf-8"))
        return str(data["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _names(lines: Iterable[str]) -> Iterator[str]:
    """Yield the names that begin requirements; parsing them whole would take most of the doctor's time."""
    yield from (canonicalize_name(match[0]) for line in lines if (match := _NAME.match(line)))
