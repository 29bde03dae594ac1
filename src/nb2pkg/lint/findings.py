"""What the rules find, where it stands, and how it may be mended.

Named tuples, not dataclasses: a hook starts a Python for each commit, and `dataclasses` alone would cost a tenth of it.
"""

from __future__ import annotations

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Literal

    Severity = Literal["error", "warning", "info"]
else:
    Severity = str


class Edit(NamedTuple):
    """New text for a part of a cell's source; offsets count characters of the source as saved, lines joined."""

    cell: int
    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """A change of the notebook that does away with a finding.

    Args:
        message: what is done, as a command: "remove the import of `os`".
        safe: what the notebook computes stays the same.
        edits: of sources.
        removed_cells: numbers of cells that go.
        cleared_outputs: numbers of cells whose saved outputs go.
    """

    message: str
    safe: bool
    edits: tuple[Edit, ...] = ()
    removed_cells: tuple[int, ...] = ()
    cleared_outputs: tuple[int, ...] = ()


class Place(NamedTuple):
    """A region of a notebook: cell (from 1, all kinds counted; 0: the file), lines and columns (characters, from 1).

    The end column is the one after the last character. Lines are 0 where the cell as a whole is meant.
    """

    cell: int = 0
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0


class Finding(NamedTuple):
    """What a rule found: fields in the order in which findings are sorted."""

    place: Place
    code: str
    severity: Severity
    message: str
    help: str = ""
    fix: Fix | None = None

    @property
    def is_fixable(self) -> bool:
        """True when --fix mends it: there is a fix, and it is safe."""
        return self.fix is not None and self.fix.safe


class Reported(NamedTuple):
    """A finding with what reports show beside it."""

    finding: Finding
    name: str  # of the rule: `undefined-name`
    cell_id: str = ""
    source: str = ""  # the line of the cell, without its end
    file_line: int = 1  # the line of the file (JSON) that the line of the cell stands in
    fingerprint: str = ""  # the same while the line is the same, wherever it moves


class Term(NamedTuple):
    """What one group of rules takes from the score: `lost = weight * min(1, found / cap)`."""

    group: str  # NB2
    found: int
    cap: int
    weight: int
    lost: float


class Score(NamedTuple):
    """How testable a notebook is: 0 to 100, with what makes it so."""

    value: int
    terms: tuple[Term, ...] = ()
    capped: str = ""  # the code of the finding that keeps it at 20 or below


class FileReport(NamedTuple):
    """All that is reported of one file, sorted."""

    path: str  # with slashes, relative to where the command runs where that is possible
    findings: tuple[Reported, ...] = ()
    score: Score | None = None
    suppressed: int = 0
