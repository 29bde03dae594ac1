"""Files that a run wrote or changed in its copy of the notebook's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from nb2pkg.run.lines import comparable, same_text
from nb2pkg.run.verdict import FileVerdict

_OURS = ("reports/figures/",)
_PASSING = frozenset({"__pycache__", ".ipynb_checkpoints"})
_MOST = 5_000_000  # bytes of a file that are kept to look closer
# Formats that hold when, or by which module, they were written: equal content may be other bytes.
_SEALED = frozenset(
    {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".h5", ".hdf5", ".zip", ".xlsx", ".pdf", ".gz", ".model"}
)


def signatures(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the files of a folder with their size and time of change; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink() and path.is_file() and not _PASSING & set(path.relative_to(folder).parts):
            stat = path.stat()
            found[path.relative_to(folder).as_posix()] = (stat.st_size, stat.st_mtime_ns)
    return found


def written(folder: Path, before: Mapping[str, tuple[int, int]]) -> dict[str, tuple[str, bytes | None]]:
    """Return the files that are new or changed: path -> (digest, content if it is small)."""
    found: dict[str, tuple[str, bytes | None]] = {}
    for name, signature in signatures(folder).items():
        if before.get(name) != signature:
            path = folder / name
            data = path.read_bytes() if signature[0] <= _MOST else None
            found[name] = (hashlib.sha256(data).hexdigest() if data is not None else _digest(path), data)
    return found


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


Files = Mapping[str, tuple[str, bytes | None]]


def compare_files(own: Files, again: Files | None, theirs: Files, package: str) -> list[FileVerdict]:
    """Return the files that the notebook or the package wrote, and whether they are the same.

    Args:
        own: what the notebook wrote.
        again: what it wrote when it ran once more, if it did.
        theirs: what the package wrote.
        package: its name.
    """
    found = []
    for name in sorted({*own, *theirs}):
        if name.startswith(_OURS) and name not in own:
            continue
        if name not in own or name not in theirs:
            text = "only the package writes it" if name not in own else "the package does not write it"
            found.append(FileVerdict(name, "different", text))
        elif again is not None and (name not in again or again[name][0] != own[name][0]):
            found.append(FileVerdict(name, "not comparable", "the notebook itself writes it otherwise when run again"))
        else:
            found.append(_compared(name, own[name], theirs[name], package))
    return found


def _compared(name: str, own: tuple[str, bytes | None], theirs: tuple[str, bytes | None], package: str) -> FileVerdict:
    if own[0] == theirs[0]:
        return FileVerdict(name, "equal")
    if Path(name).suffix.lower() in _SEALED:
        return FileVerdict(name, "not comparable", "files of this kind differ from run to run")
    try:
        wanted, got = (_lines(data, package) for data in (own[1], theirs[1]))
    except ValueError:
        return FileVerdict(name, "different", "other content")
    for number, (a, b) in enumerate(zip(wanted, got, strict=False), 1):
        if not same_text(a, b):
            return FileVerdict(name, "different", f"line {number}: {b[:80]!r} instead of {a[:80]!r}")
    if len(wanted) != len(got):
        return FileVerdict(name, "different", f"{len(got)} lines instead of {len(wanted)}")
    return FileVerdict(name, "equal")


def _lines(data: bytes | None, package: str) -> Sequence[str]:
    """Return the lines of a text file.

    Raises:
        ValueError: it is none, or large.
    """
    if data is None or b"\0" in data:
        raise ValueError("no text")
    return [line.text for line in comparable(data.decode("utf-8"), 0, package, [])]
