"""Outputs as comparable lines, and the lines of a package aligned with those of its notebook."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{5,}\b")
_CELL_FILE = re.compile(r"(?:/[^\s:'\"]*)?/ipykernel_\d+/\d+\.py|<ipython-input-[^>]+>|<timed (?:exec|eval)>")
_LOCALS = re.compile(r"\b\w+\.<locals>\.")
# What only says that a notebook shows something, or how long it took: a package has none of it.
_LEFT_OUT = re.compile(
    r"^(?:<IPython\.(?:core|lib)\.display\.\w+ object>|CPU times: .*|Wall time: .*|Compiler *: .*|.*\bper loop\b.*|"
    r".*The slowest run took .*|Stored '\w+' \([\w.]+\))$"
)
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_MOST = 1_500_000  # pairs of lines that are weighed one by one
_PRINTED = 5  # digits behind the point from which on the last one may be rounding


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was shown, and the cell that showed it; 0 where that is not known."""

    text: str
    cell: int = 0


@dataclass(frozen=True, slots=True)
class Aligned:
    """A line of the notebook and the one that stands for it in the package; -1 where there is none."""

    own: int
    theirs: int


def comparable(text: str, cell: int, package: str, folders: Sequence[str]) -> Iterator[Line]:
    """Yield the lines of some output without what may differ: addresses, folders, modules of classes, blank space.

    Args:
        text: what was shown.
        cell: the number of the cell.
        package: its name; its modules hold what was in `__main__`.
        folders: the copies that it ran in.
    """
    text = _ANSI.sub("", text).replace("\r\n", "\n")
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder, "<folder>")
    text = re.sub(rf"(?<![\w.])(?:__main__|{re.escape(package)}(?:\.\w+)?)\.(?=[A-Za-z_])", "", text)
    text = _LOCALS.sub("", _CELL_FILE.sub("<cell>", _ADDRESS.sub("0x", text)))
    for raw in text.split("\n"):
        line = " ".join(raw.rstrip("\r").split("\r")[-1].split())
        if line and not _LEFT_OUT.match(line):
            yield Line(line, cell)


def same_text(a: str, b: str) -> bool:
    """True when two lines are equal, but for floats that agree to 1e-6 or in all but the last printed digit."""
    if a == b:
        return True
    mine, theirs = _NUMBER.findall(a), _NUMBER.findall(b)
    if len(mine) != len(theirs) or _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    return all(_same_number(x, y) for x, y in zip(mine, theirs, strict=True))


def _same_number(a: str, b: str) -> bool:
    if a == b:
        return True
    if not any(sign in a + b for sign in ".eE"):
        return False
    x, y = float(a), float(b)
    digits = len(a.partition(".")[2]) if "." in a and "e" not in a.lower() else 0
    rounding = 1.01 * 10.0**-digits if digits >= _PRINTED else 0.0
    return abs(x - y) <= max(1e-6 * max(abs(x), abs(y)), 1e-9, rounding)


def align(own: Sequence[Line], theirs: Sequence[Line]) -> list[Aligned]:
    """Return pairs of lines in order: equal ones where that can be, those of the same cell first."""
    start = 0
    while start < min(len(own), len(theirs)) and _surely(own[start], theirs[start]):
        start += 1
    end = 0
    most = min(len(own), len(theirs)) - start
    while end < most and _surely(own[-1 - end], theirs[-1 - end]):
        end += 1
    inner = (own[start : len(own) - end], theirs[start : len(theirs) - end])
    middle = _weighed(*inner) if len(inner[0]) * len(inner[1]) <= _MOST else _matched(*inner)
    tail = [Aligned(len(own) - k, len(theirs) - k) for k in range(end, 0, -1)]
    moved = [Aligned(*(n + start if n >= 0 else n for n in (pair.own, pair.theirs))) for pair in middle]
    return [*(Aligned(n, n) for n in range(start)), *moved, *tail]


def _surely(a: Line, b: Line) -> bool:
    return same_text(a.text, b.text) and b.cell in (0, a.cell)


def _weighed(own: Sequence[Line], theirs: Sequence[Line]) -> list[Aligned]:
    """Return the alignment of greatest weight."""
    rows, columns = len(own), len(theirs)
    mine, other = [_shape(line.text) for line in own], [_shape(line.text) for line in theirs]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        below, here, a = best[i + 1], best[i], own[i]
        for j in range(columns - 1, -1, -1):
            b = theirs[j]
            weight = 1.0 if a.text == b.text else 0.5 if mine[i] == other[j] else 0.0
            near = a.cell == b.cell
            weight = weight + 0.6 if weight and near else 0.1 if near else weight * (0.7 if b.cell else 1.0)
            here[j] = max(below[j], here[j + 1], below[j + 1] + weight if weight else 0.0)
    pairs: list[Aligned] = []
    i = j = 0
    while i < rows or j < columns:
        if i < rows and j < columns and best[i][j] > max(best[i + 1][j], best[i][j + 1]):
            pairs.append(Aligned(i, j))
            i, j = i + 1, j + 1
        elif j == columns or (i < rows and best[i][j] == best[i + 1][j]):
            pairs.append(Aligned(i, -1))
            i += 1
        else:
            pairs.append(Aligned(-1, j))
            j += 1
    return pairs


def _shape(text: str) -> str:
    return _NUMBER.sub("#", text)


def _matched(own: Sequence[Line], theirs: Sequence[Line]) -> list[Aligned]:
    """Return the alignment of outputs that are too long to weigh."""
    matcher = difflib.SequenceMatcher(None, [line.text for line in own], [line.text for line in theirs], autojunk=True)
    pairs: list[Aligned] = []
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        both = min(i2 - i1, j2 - j1)
        pairs += [Aligned(i1 + k, j1 + k) for k in range(both)]
        pairs += [Aligned(i, -1) for i in range(i1 + both, i2)]
        pairs += [Aligned(-1, j) for j in range(j1 + both, j2)]
    return pairs
