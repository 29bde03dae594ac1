"""The requirement files beside a notebook, and in the folders above it up to the repository's."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_NAMES = frozenset(
    {"pyproject.toml", "environment.yml", "environment.yaml", "setup.cfg", "setup.py", "Pipfile", "requirements.in"}
)
_MOST = 1_000_000  # bytes of a file
_INCLUDED = re.compile(r"(?m)^\s*(?:-r|--requirement)[ =]*([^\s#]+)")
_INSTALLED = re.compile(r"(?m)\bpip3?\s+install\b[^\n]*?\s(?:-r|--requirement)[ =]*['\"]?([^\s'\";&#-][^\s'\";&#]*)")
_ROOTS = (".git", ".hg")


def folders_of(folder: Path) -> tuple[Path, ...]:
    """Return a folder and those above it, up to the repository's root; without a repository, the folder alone."""
    folder = folder.absolute()
    above = (folder, *folder.parents)
    for number, place in enumerate(above):
        if any(os.path.lexists(place / name) for name in _ROOTS):
            return above[: number + 1]
    return (folder,)


def read_requirement_files(folder: Path, sources: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return the requirement files around a notebook, those that they include as well: (path, text).

    Args:
        folder: that the notebook lies in; paths are relative to it, with `/`.
        sources: of its cells, which may install from a file of another name.
    """
    found: dict[str, str] = {}
    named = [posixpath.normpath(name) for source in sources for name in _INSTALLED.findall(source) if name[0] != "/"]
    for level, place in enumerate(folders_of(folder)):
        waiting = [f"{'../' * level}{name}" for name in _names(place)] + (named if level == 0 else [])
        while waiting:
            path = waiting.pop(0)
            text = _text(folder / path) if path not in found else None
            if text is not None:
                found[path] = text
                if not path.endswith((".toml", ".yml", ".yaml", ".cfg", ".py", "Pipfile")):
                    here = posixpath.dirname(path)
                    waiting += [
                        posixpath.normpath(posixpath.join(here, name))
                        for name in _INCLUDED.findall(text)
                        if name[0] != "/"
                    ]
    return tuple(sorted(found.items()))


def _names(folder: Path) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name in _NAMES or (name.startswith("requirements") and name.endswith(".txt")):
            yield name


def _text(path: Path) -> str | None:
    try:
        if not path.is_file():  # a pipe may never end
            return None
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
        return data.decode("utf-8-sig") if len(data) <= _MOST else None
    except (OSError, ValueError):
        return None
