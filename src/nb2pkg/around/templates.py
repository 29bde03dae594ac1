"""Templates of people: a folder that mirrors the project. What ends in `.jinja` is rendered, all else is copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nb2pkg.errors import UsageError

_LARGEST = 500_000  # bytes of a file
_MOST = 1_000  # files
_SKIPPED = frozenset({".git", "__pycache__", ".DS_Store", ".hg", ".svn", "node_modules"})


def read_templates(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the files of a folder of templates, sorted: (path in it, text).

    Raises:
        UsageError: there is no such folder, or it holds what can be no template.
    """
    if not folder.is_dir():
        raise UsageError(f"--templates {folder}: there is no such folder")
    paths = [*_files(folder, folder)]
    if not paths:
        raise UsageError(
            f"--templates {folder}: the folder has no files", hint="docs/templates.md shows what may be there"
        )
    return tuple(sorted((path.relative_to(folder).as_posix(), _text(path)) for path in paths))


def _files(folder: Path, top: Path) -> Iterator[Path]:
    """Yield the files below a folder, without those of version control and caches."""
    count = 0
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _SKIPPED.isdisjoint(path.relative_to(top).parts):
                count += 1
                if count > _MOST:
                    raise UsageError(f"--templates {top}: more than {_MOST} files", hint="name the folder of templates")
                yield path
    except OSError as error:
        raise UsageError(f"--templates {top}: the folder can't be read: {error.strerror or error}") from None


def _text(path: Path) -> str:
    if not str(path.name).isprintable():
        raise UsageError(f"--templates: the name {path.name!r} can't be that of a file in a project")
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"--templates: {path} has more than {_LARGEST // 1000} kB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"--templates: {path} can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(f"--templates: {path} is no text in UTF-8", hint="templates and what is copied are text")
    return text.replace("\r\n", "\n")
