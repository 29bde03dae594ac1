"""Places of files: which lie with the notebook, and how they are reached from its folder.

The notebook runs in a copy of its folder; a test will run in the folder itself.
"""

from __future__ import annotations

import os
import tempfile
from types import ModuleType

ORIGINS: list[str] = []  # the notebook's own folder


def near(path: str) -> str:
    """Return how a path is reached from the notebook's folder, or the empty string where it does not lie near it."""
    path = os.path.abspath(path)
    for home in (os.getcwd(), *ORIGINS):
        common = os.path.commonpath([path, home])
        inside = "site-packages" not in path and "dist-packages" not in path
        if inside and (common == home or common.count(os.sep) > tempfile.gettempdir().count(os.sep)):
            return os.path.relpath(path, home).replace(os.sep, "/")
    return ""


def is_named(text: str) -> bool:
    """Tell whether a text names the notebook's folder, or the copy of it."""
    return any(home in text for home in (os.getcwd(), *ORIGINS))


def folder_of(module: ModuleType) -> str:
    """Return the folder that must be in `sys.path` for a module near the notebook; the empty string for others."""
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
    if not file or not near(file):
        return ""
    package = os.path.basename(file) == "__init__.py" or not file.endswith(".py")
    above = module.__name__.count(".") + (1 if package else 0) + (1 if file.endswith(".py") and not package else 0)
    folder = file if not file.endswith(".py") else os.path.dirname(file) if package else file
    for _ in range(above):
        folder = os.path.dirname(folder)
    return near(folder)
