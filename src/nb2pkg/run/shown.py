"""What a notebook and its package showed, cell by cell, and how far it is the same."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.model import Flow
from nb2pkg.run.lines import Aligned, Line, align, comparable, same_text
from nb2pkg.run.notebook import Execution
from nb2pkg.run.package import PackageRun
from nb2pkg.run.sites import Sites
from nb2pkg.run.traces import Trace, placed

_CONTEXT = 2  # lines above the first difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """The lines of both, and how they are aligned."""

    own: Sequence[Line]
    theirs: Sequence[Line]
    pairs: Sequence[Aligned]

    def agree(self, pair: Aligned) -> bool:
        """True when both lines are there and the same."""
        if pair.own < 0 or pair.theirs < 0:
            return False
        return same_text(self.own[pair.own].text, self.theirs[pair.theirs].text)

    def cell_of(self, number: int) -> int:
        """Return the cell of a pair: of the notebook's line, else the one that the package's line came from."""
        pair = self.pairs[number]
        if pair.own >= 0:
            return self.own[pair.own].cell
        if self.theirs[pair.theirs].cell:
            return self.theirs[pair.theirs].cell
        before = [p for p in self.pairs[:number] if p.own >= 0]
        return self.own[before[-1].own].cell if before else self.own[0].cell if self.own else 0

    def of_cell(self) -> dict[int, list[Aligned]]:
        """Return the pairs of each cell."""
        found: dict[int, list[Aligned]] = {}
        for number, pair in enumerate(self.pairs):
            found.setdefault(self.cell_of(number), []).append(pair)
        return found

    def wrong(self) -> int:
        """Return how many lines have no equal."""
        return sum(not self.agree(pair) for pair in self.pairs)


def notebook_lines(execution: Execution, package: str, folders: Sequence[str], *, glued: bool) -> list[Line]:
    """Return what a notebook showed: stdout, and displays as text.

    Args:
        execution: its run.
        package: the name of its package.
        folders: the copies that it ran in.
        glued: text without a line end stands on the line of what is shown next, as on a terminal.
    """
    pieces = []
    for cell in execution.cells:
        for output in cell.outputs:
            if output.kind in ("execute_result", "display_data") and output.text:
                pieces.append((f"{output.text}\n", cell.number))
            elif output.kind == "stream" and output.name == "stdout":
                pieces.append((output.text if glued or output.text.endswith("\n") else f"{output.text}\n", cell.number))
    return list(_lines(pieces, package, folders))


def package_lines(run: PackageRun, trace: Trace, sites: Sites, flow: Flow, folders: Sequence[str]) -> list[Line]:
    """Return what a package showed; events tell which cell's code wrote it."""
    pieces: list[tuple[bytes, int]] = []
    start = cell = 0
    for event, group in placed(trace.events, sites):
        cell = flow.statements[group[-1]].location.cell if group else cell
        if event.at > start:
            pieces.append((run.out[start : event.at], cell))
            start = event.at
    pieces.append((run.out[start:], cell))
    return list(_lines([(text.decode("utf-8", "replace"), number) for text, number in pieces], run.package, folders))


def _lines(pieces: Sequence[tuple[str, int]], package: str, folders: Sequence[str]) -> Iterator[Line]:
    """Yield lines; one that several cells wrote belongs to the first of them."""
    text, owner = "", 0
    for piece, cell in pieces:
        for part in piece.splitlines(keepends=True):
            owner = owner if text else cell
            text += part
            if text.endswith("\n"):
                yield from comparable(text, owner, package, folders)
                text = ""
    yield from comparable(text, owner, package, folders)


def compare_shown(own: Sequence[Sequence[Line]], theirs: Sequence[Line]) -> Comparison:
    """Return the better comparison of what the notebook showed, in one form or the other, with what the package did."""
    found = []
    for lines in own:
        found.append(Comparison(lines, theirs, align(lines, theirs)))
        if not found[-1].wrong():
            break
    return min(found, key=lambda comparison: comparison.wrong())


def unstable_lines(first: Sequence[Line], second: Sequence[Line]) -> set[int]:
    """Return the lines of a notebook that are others when it runs again, by their number."""
    return {
        pair.own
        for pair in align(first, second)
        if pair.own >= 0 and (pair.theirs < 0 or not same_text(first[pair.own].text, second[pair.theirs].text))
    }


def first_difference(comparison: Comparison, pairs: Sequence[Aligned], wrong: Sequence[bool]) -> tuple[str, ...]:
    """Return the first difference in a cell as a small diff, with some lines above it."""
    at = wrong.index(True)
    lines = [f"  {_own(comparison, pair)}" for pair in pairs[max(0, at - _CONTEXT) : at] if pair.own >= 0]
    end = at
    while end < len(pairs) and wrong[end] and end - at < 3:
        end += 1
    block = pairs[at:end]
    lines += [f"- {_own(comparison, pair)}" for pair in block if pair.own >= 0]
    lines += [f"+ {comparison.theirs[pair.theirs].text}" for pair in block if pair.theirs >= 0]
    if end - at == 1 and block[0].own >= 0 and block[0].theirs >= 0:
        lines += _hint(_own(comparison, block[0]), comparison.theirs[block[0].theirs].text)
    return tuple(line[:200] for line in lines)


def _own(comparison: Comparison, pair: Aligned) -> str:
    return comparison.own[pair.own].text


def _hint(wanted: str, got: str) -> list[str]:
    """Return a line that points to what is other in a long line."""
    if len(wanted) < 20 or len(got) > 150:
        return []
    marks = [" "] * len(got)
    for tag, _, _, j1, j2 in difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_opcodes():
        if tag != "equal":
            marks[j1 : max(j2, j1 + 1)] = "^" * max(j2 - j1, 1)
    return [f"? {''.join(marks).rstrip()}"]


def rows_of(comparison: Comparison, pairs: Sequence[Aligned]) -> tuple[tuple[str | None, str | None, bool], ...]:
    """Return the lines of a cell side by side."""
    return tuple(
        (
            comparison.own[pair.own].text if pair.own >= 0 else None,
            comparison.theirs[pair.theirs].text if pair.theirs >= 0 else None,
            comparison.agree(pair),
        )
        for pair in pairs
    )


def figure_files(folder: Mapping[str, bytes], lines: Sequence[Line]) -> dict[int, bytes]:
    """Return the figures that a package saved: number of the line that stands for it -> PNG.

    Args:
        folder: the package's figures: `figure-1.png` -> content.
        lines: what it showed.
    """
    found: dict[int, bytes] = {}
    count = 0
    for number, line in enumerate(lines):
        if line.text.startswith("<Figure size") and " with 0 Axes" not in line.text:
            count += 1
            if f"figure-{count}.png" in folder:
                found[number] = folder[f"figure-{count}.png"]
    return found
