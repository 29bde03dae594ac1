"""Copies of a notebook's folder to run in: nothing beside the user's notebook is touched."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nb2pkg.errors import RunError
from nb2pkg.model import Location

# What no notebook reads, and what may be large.
_LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", "node_modules", ".tox", ".nox", ".ruff_cache"}
    | {".mypy_cache", ".pytest_cache", ".hypothesis", ".eggs", ".Trash"}
)
_LEVELS = 4  # folders above the notebook's that are there as well, where it looks into them
_FICLONE = 0x40049409  # Linux: the copy shares the blocks of the file until one of them is written to


@contextmanager
def sandbox(notebook: Path, *, climbs: bool = False) -> Iterator[Path]:
    """Give a copy of a notebook's folder and remove it afterwards.

    Symbolic links stay links; where they lead out of the folder they lead to the same place as before. Repositories,
    environments and caches are left out.

    Args:
        notebook: the notebook's path.
        climbs: it looks into the folders above its own (`project.inputs.climbs`): the copy stands in folders of the
            same names, with links to all that lies beside it in the real ones.

    Raises:
        RunError: there is no room for a copy, or a file can't be read.
    """
    source = notebook.resolve().parent
    home = Path(tempfile.mkdtemp(prefix="nb2pkg-")).resolve()
    try:
        target = _mirror(source, home) if climbs else home / (source.name or "notebook")
        try:
            shutil.copytree(source, target, symlinks=True, ignore=_ignored, copy_function=_copy, dirs_exist_ok=True)
            _mend_links(source, target)
        except (OSError, shutil.Error) as error:
            raise RunError(
                f"the notebook's folder can't be copied: {_first(error)}",
                location=Location(str(notebook)),
                why="It runs in a copy of its folder, so that nothing beside it is touched.",
                hint="make room in the temporary folder, or set TMPDIR to another one",
            ) from None
        yield target
    finally:
        _remove(home)


def _first(error: OSError) -> str:
    """Return what went wrong with the first file: copytree collects all of them."""
    rows = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    return str(rows[0][2]) if isinstance(rows, list) and rows else str(error)


def _ignored(folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name in _LEFT_OUT or _is_special(Path(folder, name)) or Path(folder, name, "pyvenv.cfg").is_file()
    }


def _is_special(path: Path) -> bool:
    """True for sockets and pipes, which can't be copied."""
    return not (path.is_symlink() or path.is_file() or path.is_dir())


def _copy(source: str, target: str) -> str:
    """Copy a file, by sharing its blocks where the file system can: data may be large."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError), open(source, "rb") as old, open(target, "wb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
            shutil.copystat(source, target)
            return target
    return shutil.copy2(source, target)


def _mend_links(source: Path, target: Path) -> None:
    """Let relative links that lead out of the folder lead where they led."""
    for folder, folders, files in os.walk(target):
        for name in (*folders, *files):
            link = Path(folder, name)
            if not link.is_symlink() or Path(os.readlink(link)).is_absolute():
                continue
            original = source / link.relative_to(target)
            reached = Path(os.path.normpath(original.parent / os.readlink(link)))
            if not reached.is_relative_to(source):
                link.unlink()
                link.symlink_to(reached)


def _mirror(source: Path, home: Path) -> Path:
    """Make the folders above the notebook's, with links to what lies beside it, and return where the copy belongs."""
    levels = list(source.parents)[:_LEVELS][::-1]
    place = home
    for folder, following in zip(levels, [*levels[1:], source], strict=True):
        place = place / (folder.name or "root")
        place.mkdir()
        for entry in _entries(folder):
            if entry.name != following.name and not home.is_relative_to(entry):
                with suppress(OSError):  # Windows may not allow it
                    (place / entry.name).symlink_to(entry)
    return place / source.name


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _remove(folder: Path) -> None:
    """Remove a folder, also what was made read-only in it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for path, _, _ in os.walk(folder):  # which does not enter links
            with suppress(OSError):
                os.chmod(path, 0o700)
        shutil.rmtree(folder, ignore_errors=True)
