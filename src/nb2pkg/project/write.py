"""Project -> disk: built aside, then moved into place; what exists and isn't empty is refused."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from nb2pkg.errors import WriteError
from nb2pkg.model import Location, Project


def write_project(project: Project, out: Path, finish: Callable[[Path], None] = lambda _: None) -> Path:
    """Write a project to a folder that does not exist yet, or is empty.

    Args:
        project: what is written.
        out: the folder.
        finish: called with the folder that the project is built in, before it is moved into place.

    Raises:
        WriteError: the folder isn't empty, or can't be written. Nothing is left behind.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise WriteError(f"{out} exists and is no folder", hint="choose another folder with -o")
    if out.is_dir() and any(out.iterdir()):
        raise WriteError(
            f"the folder {out} exists and isn't empty",
            why="Nothing that exists is overwritten.",
            hint="choose another folder with -o, or move this one away",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".nb2pkg-", dir=out.parent) as aside:
            built = Path(aside) / "project"
            for name, content in project.files.items():
                _write(built, name, content)
            finish(built)
            if out.is_dir():
                out.rmdir()
            os.replace(built, out)
    except OSError as error:
        raise WriteError(
            f"{out} can't be written: {error.strerror or error}",
            location=Location(str(error.filename)) if error.filename else None,
            hint="choose another folder with -o",
        ) from None
    return out


def _write(folder: Path, name: str, content: bytes) -> None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise WriteError(f"{name!r} leads out of the project")
    path = folder / parts
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
