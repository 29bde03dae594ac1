"""Which files and folders the package reads, where it expects them, and in which folder of the project it runs."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from nb2pkg.machine import Around, DataFile
from nb2pkg.model import Finding, Flow, Location
from nb2pkg.needs.file_facts import FETCHING
from nb2pkg.needs.moving import may_move, movable_paths, new_places
from nb2pkg.needs.reads import (
    MOST_MATCHES,
    Disk,
    Read,
    Write,
    disk_of,
    fixed_part,
    is_absolute,
    is_command_for,
    readable,
)

NOTEBOOKS = "notebooks"
# What a project has at its top, apart from `data`: the notebook's files of these names lie in the notebooks' folder.
_OURS = frozenset(
    {"src", "tests", "docker", "docs", ".github", "readme.md", "changelog.md", "license", "pyproject.toml", "makefile"}
    | {
        "dockerfile",
        "dockerfile.dev",
        "dockerfile.release",
        "compose.yaml",
        "noxfile.py",
        "uv.lock",
        "requirements.lock",
    }
    | {".gitignore", ".dockerignore", ".env.example", ".python-version", ".pre-commit-config.yaml", ".nb2pkg"}
)


def find_data(flow: Flow, around: Around) -> tuple[tuple[DataFile, ...], str, tuple[Finding, ...]]:
    """Return what the notebook reads, sorted by path, the folder that the package runs in, and findings.

    Args:
        flow: the notebook.
        around: the sizes of what is there.
    """
    disk = disk_of(flow)
    reads = [r for r in (*disk.reads, *disk.named) if _is_input(disk, r, around)]
    rows = {row.path: row for row in _rows(reads, around)}
    folder = _folder(rows)
    moved = _moved(flow, disk, list(rows), folder, around)
    findings = [*_findings(flow, rows, moved), *_link_findings(flow, rows, around)]
    kept = [row for row in rows.values() if row.path not in moved]
    return tuple(sorted(dict.fromkeys((*kept, *moved.values())), key=lambda row: row.path)), folder, tuple(findings)


def named_reads(flow: Flow) -> tuple[Read, ...]:
    """Return what the notebook may read, to be looked for: the literal paths of data in its code among it."""
    disk = disk_of(flow)
    return (*disk.reads, *disk.named)


def _is_input(disk: Disk, read: Read, around: Around) -> bool:
    """Tell whether a file must be there when the notebook starts."""
    there = read.text in around.sizes or any(True for _ in _matches(read, around))
    there = there or (read.kind == "pattern" and fixed_part(read.text) in around.sizes)
    if read.maybe and not there:
        return False
    before = [w for w in disk.writes if w.statement <= read.statement and _brings(w, read)]
    if any(not write.maybe for write in before) or (before and not there):
        return False
    return there or not (_may_come(disk, read) or (read.kind == "folder" and any(_below(w, read) for w in disk.writes)))


def _brings(write: Write, read: Read) -> bool:
    if write.how == "command":
        return is_command_for(write, read.text)
    if write.text == read.text or ("*" in write.text and fnmatchcase(read.text, write.text)):
        return True
    if read.kind == "pattern":
        return write.how != "folder" and fnmatchcase(write.text, read.text)
    return write.how == "below" and (write.text == "." or read.text.startswith(f"{write.text}/"))


def _below(write: Write, read: Read) -> bool:
    return write.how != "command" and write.text.startswith(f"{read.text}/")


def _may_come(disk: Disk, read: Read) -> bool:
    """Tell whether something that nobody knows may bring a file: a shell command, or a call that names it too."""
    if is_absolute(read.text):
        return any(w.how == "command" and FETCHING.search(w.text) for w in disk.writes)
    loads = len({r.statement for r in disk.reads if r.text == read.text})
    return disk.shell or disk.mentions.get(read.text, 0) > max(loads, 1)


def _matches(read: Read, around: Around) -> Iterator[str]:
    if read.kind == "pattern":
        yield from (path for path in around.sizes if _fits(path, read.text))


def _fits(path: str, pattern: str) -> bool:
    if "**" not in pattern and path.count("/") != pattern.count("/"):
        return False
    return fnmatchcase(path, pattern)


def _rows(reads: Iterable[Read], around: Around) -> Iterator[DataFile]:
    """Yield what is read, each file once; a pattern that fits many files stands for its folder."""
    cells: dict[str, set[int]] = {}
    for read in reads:
        found = sorted(_matches(read, around)) if read.kind == "pattern" else [read.text]
        if read.kind == "pattern" and not 0 < len(found) <= MOST_MATCHES:
            found = [fixed_part(read.text)] if fixed_part(read.text) else []
        for path in found:
            cells.setdefault(path, set()).add(read.cell)
    for path, numbers in cells.items():
        size, digest = around.sizes.get(path, (-1, ""))
        yield DataFile(path, tuple(sorted(numbers)), size, digest)


def climb_of(path: str) -> int:
    """Return how many folders a path leads up."""
    return Counter(posixpath.normpath(path).split("/"))[".."] if not is_absolute(path) else 0


def _folder(paths: Iterable[str]) -> str:
    for path in paths:
        if climb_of(path) == 1 or (not is_absolute(path) and _clashes(path.casefold())):
            return NOTEBOOKS
    return "."


def _clashes(path: str) -> bool:
    """Tell whether a file at the top of the project would be taken for one of the project's own."""
    top, _, below = path.partition("/")
    said = path in ("data/readme.md", "data/sha256sums")  # ours
    return said or top in _OURS or (not below and top.endswith((".py", ".pth", ".cfg", ".ini", ".toml")))


def _moved(flow: Flow, disk: Disk, paths: list[str], folder: str, around: Around) -> dict[str, DataFile]:
    """Return rows for what lies on one machine: path of the notebook -> where the project has it.

    There is one for each literal, which becomes a setting, and one for each file below a folder that a literal names.
    """
    movable = movable_paths(flow, disk)
    used = {t: [p for p in paths if p == readable(t) or p.startswith(f"{readable(t)}/")] for t in movable}
    roots = [text for text, below in used.items() if below]
    data = "data" if folder == "." else "../data"
    places = new_places(roots, [p for p in paths if not is_absolute(p)], data)
    cells = {r.text: r.cell for r in disk.reads}
    found: dict[str, DataFile] = {}
    for root in roots:
        size, digest = around.sizes.get(readable(root), (-1, ""))
        found[root] = DataFile(places[root], tuple(sorted(movable[root])), size, digest, root)
        for path in used[root]:
            if path != readable(root):
                size, digest = around.sizes.get(path, (-1, ""))
                below = posixpath.normpath(places[root]) + path[len(readable(root)) :]
                number = (cells[path],) if path in cells else tuple(sorted(movable[root]))
                found[path] = DataFile(below, number, size, digest, path)
            elif path != root:
                found[path] = found[root]
    return found


def _findings(flow: Flow, rows: dict[str, DataFile], moved: dict[str, DataFile]) -> Iterator[Finding]:
    for path, row in sorted(rows.items()):
        if path not in moved and may_move(path):
            yield stays(flow, row)
        elif climb_of(path) > 1:
            yield Finding(
                "NB311",
                f"`{path}` leads out of the project",
                Location(flow.notebook.path, row.cells[0]),
                hint="keep the data at most one folder above the notebook, or give its place with --set or --config",
            )


def stays(flow: Flow, row: DataFile) -> Finding:
    """Return the finding for a path of one machine that the package keeps."""
    return Finding(
        "NB310",
        f"the package reads `{row.path}`, which exists on one machine",
        Location(flow.notebook.path, row.cells[0]),
        why="Something else sees the path, or may write there: another one could change what the notebook does.",
        hint="use a path relative to the notebook; if it is a setting, data/README.md says how to change it",
    )


def _link_findings(flow: Flow, rows: dict[str, DataFile], around: Around) -> Iterator[Finding]:
    for path, reason in sorted(around.withheld.items()):
        row = rows.get(path) or next((r for p, r in sorted(rows.items()) if path.startswith(f"{p}/")), None)
        cell = row.cells[0] if row is not None else 0
        yield Finding("NB312", f"`{path}` is not copied: {reason}", Location(flow.notebook.path, cell), "info")


def without_origin(row: DataFile) -> DataFile:
    """Return the row of a file that stays where the notebook has it."""
    return replace(row, path=row.origin, origin="", setting="") if row.origin else row
