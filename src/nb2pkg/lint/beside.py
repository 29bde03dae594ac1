"""The files around a notebook, as far as rules ask for them: read only then, and never written."""

from __future__ import annotations

import os

# Files that say which distributions a project needs.
DECLARING = (
    "pyproject.toml",
    "requirements.txt",
    "environment.yml",
    "environment.yaml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
)
# Folders by path and time of change: a thousand notebooks in one folder shall not list it a thousand times.
_LISTED: dict[tuple[str, int], tuple[str, ...]] = {}
_MOST = 50


def working_folder() -> str:
    """Return where the command runs."""
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return os.sep


class Beside:
    """The folder that a notebook lies in.

    Args:
        folder: its path; empty when the notebook has none (it came from stdin).
    """

    __slots__ = ("folder",)

    def __init__(self, folder: str = "") -> None:
        self.folder = folder

    def exists(self, path: str) -> bool:
        """Tell whether a path, relative to the notebook or absolute, leads to something."""
        if not self.folder:
            return False
        try:
            return os.path.exists(os.path.join(self.folder, path))
        except ValueError:  # a null byte
            return False

    def text(self, path: str) -> str:
        """Return the text of a file, or the empty string where it can't be read."""
        try:
            with open(os.path.join(self.folder, path), encoding="utf-8", errors="replace") as file:
                return file.read(2_000_000) if self.folder else ""
        except (OSError, ValueError):
            return ""

    def names(self, path: str = ".") -> tuple[str, ...]:
        """Return the names in a folder, sorted; none where it can't be read."""
        if not self.folder:
            return ()
        try:
            folder = os.path.join(self.folder, path)
            key = (folder, os.stat(folder).st_mtime_ns)
            if key not in _LISTED:
                if len(_LISTED) >= _MOST:
                    _LISTED.clear()
                _LISTED[key] = tuple(sorted(os.listdir(folder)))
            return _LISTED[key]
        except (OSError, ValueError):
            return ()

    def state(self, everything: bool) -> str:
        """Return what tells one state of the folder from another: the modules in it, and what is declared there.

        Args:
            everything: all other files but notebooks as well.
        """
        found = []
        for name in self.names():
            if name in DECLARING or _is_requirements(name):
                try:
                    found.append(f"{name} {os.stat(os.path.join(self.folder, name)).st_mtime_ns}")
                except OSError:
                    found.append(name)
            elif name.endswith(".py") or "." not in name or (everything and not name.endswith(".ipynb")):
                found.append(name)
        return "\0".join(found)

    def declaring(self) -> tuple[str, ...]:
        """Return the files beside the notebook that declare dependencies."""
        return tuple(name for name in self.names() if name in DECLARING or _is_requirements(name))


def _is_requirements(name: str) -> bool:
    return name.startswith("requirements") and name.endswith((".txt", ".in"))
