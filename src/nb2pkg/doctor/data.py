"""Are the files there that the package reads, with the content that the notebook read?"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from nb2pkg.doctor.check import Check, Fix
from nb2pkg.doctor.state import Found, State, Wanted
from nb2pkg.machine import DataFile


def check_data(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a check for each file of the plan."""
    for file in wanted.needs.data:
        yield _check(file, state.files.get(file.path) or Found(file.path))


def _check(file: DataFile, found: Found) -> Check:
    if not found.exists:
        return Check("data", file.path, "missing", _absent(file, found), _bring(file, found))
    if not found.readable:
        fix = Fix(f"chmod u+r {shlex.quote(found.place)}")
        return Check("data", file.path, "missing", f"{found.place} is there, but may not be read", fix)
    what = _difference(file, found)
    if not what:
        return Check("data", file.path, "ok", f"{_size(found.size)}, {found.place}")
    if found.pointer:
        fix = Fix(f"git -C {shlex.quote(os.path.dirname(found.place) or '.')} lfs pull")
    elif found.elsewhere:
        fix = _bring(file, found)
    else:
        fix = Fix(
            by_hand=f"put the file that the notebook read at {found.place}, or say in the plan that this one is right"
        )
    return Check("data", file.path, "differs", f"{what} ({found.place})", fix)


def _absent(file: DataFile, found: Found) -> str:
    text = f"there is no {found.place}"
    if found.variable:
        text += f", which {found.variable} names"
    elif found.alike:
        text += f"; there is {found.alike}, of another spelling"
    cells = ", ".join(map(str, file.cells))
    return text + (f"; read in cell{'s' if len(file.cells) > 1 else ''} {cells}" if cells else "")


def _difference(file: DataFile, found: Found) -> str:
    """Return how a file differs from the one that the notebook read; empty where it doesn't, or nothing says."""
    if found.pointer:
        return "only the pointer that Git LFS leaves in place of the file"
    if file.size >= 0 and found.size >= 0 and file.size != found.size:
        return f"another content than the notebook read: {found.size} bytes, not {file.size}"
    if file.sha256 and found.sha256 and file.sha256 != found.sha256:
        return f"another content than the notebook read: sha256 {found.sha256[:12]}…, not {file.sha256[:12]}…"
    return ""


def _bring(file: DataFile, found: Found) -> Fix:
    if found.elsewhere:
        folder = os.path.dirname(found.place) or "."
        return Fix(f"mkdir -p {shlex.quote(folder)} && {shlex.join(['cp', '--', found.elsewhere, found.place])}")
    if found.alike:
        beside = os.path.join(os.path.dirname(found.place), found.alike)
        return Fix(shlex.join(["cp", "--", beside, found.place]))
    known = f" ({_size(file.size)}, sha256 {file.sha256[:12]}…)" if file.sha256 else ""
    origin = f"; the notebook had it at {file.origin}" if file.origin else ""
    return Fix(by_hand=f"put {os.path.basename(file.path) or file.path}{known} at {found.place}{origin}")


def _size(size: int) -> str:
    """Return a size for people; -1 is a folder."""
    if size < 0:
        return "a folder"
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
