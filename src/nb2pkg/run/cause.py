"""Where a difference comes from: the first statement of the notebook whose code the package has otherwise.

What differs shows late: a lost line of the cleaning in a metric. The values that names hold after each statement say
where notebook and package part; what stands nowhere in the package, and definitions that are not what the notebook has,
say what it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.run.compare import Runs, failure_text, place_of, reason_for
from nb2pkg.run.traces import Seen, changes_of
from nb2pkg.run.verdict import Cause, CellVerdict, FileVerdict, ResultVerdict


@dataclass(frozen=True, slots=True)
class Edits:
    """How the package's text differs from what the plan makes of the notebook.

    Args:
        lost: statements of the notebook that stand nowhere in the package.
        definitions: statement -> definition, constant or setting that is another: `features.loyalty`.
    """

    lost: frozenset[int]
    definitions: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Clue:
    """Something that differs, and the statement (or only the cell) where; `group` is what may be at fault with it."""

    cell: int
    statement: int | None
    text: str
    place: str = ""
    group: tuple[int, ...] = ()


def find_cause(
    runs: Runs,
    cells: Sequence[CellVerdict],
    results: Sequence[ResultVerdict],
    files: Sequence[FileVerdict],
    edits: Edits,
) -> Cause | None:
    """Return where the first difference comes from, or None where there is none."""
    clues = [
        *_value_clues(runs, edits),
        *_failure_clues(runs),
        *_shown_clues(cells),
        *_result_clues(runs, results),
        *_file_clues(runs, files),
    ]
    if not clues:
        return None
    first = min(clues, key=lambda clue: (clue.cell, clue.statement is None, clue.statement or 0))
    return _explained(runs, first, edits)


def _value_clues(runs: Runs, edits: Edits) -> Iterator[_Clue]:
    """Yield the first value that differs; if a statement before it is lost that changed the name, that one."""
    lasting = {(seen.statement, seen.name, seen.site) for seen in runs.lasting}
    equal_until: dict[str, int] = {}
    for seen in runs.seen:
        if not seen.text:
            equal_until[seen.name] = max(equal_until.get(seen.name, -1), seen.statement)
        elif (seen.statement, seen.name, seen.site) in lasting and not _is_expected(runs, seen):
            yield _of_value(runs, seen, equal_until.get(seen.name, -1), edits)


def _is_expected(runs: Runs, seen: Seen) -> bool:
    cell = runs.flow.statements[seen.statement].location.cell
    return bool(reason_for(runs.plan, cell, seen.name) or reason_for(runs.plan, cell))


def _of_value(runs: Runs, seen: Seen, equal_until: int, edits: Edits) -> _Clue:
    statements = runs.flow.statements
    lost = [i for i in changes_of(runs.own_trace, seen.name) if equal_until < i <= seen.statement and i in edits.lost]
    if lost:
        index = lost[0]
        text = f"the package lacks this statement; {_told(seen)}"
        return _Clue(statements[index].location.cell, index, text, place_of(runs.sites, seen.site))
    index = seen.statement
    text = _told(seen)
    return _Clue(statements[index].location.cell, index, text, place_of(runs.sites, seen.site), seen.group)


def _told(seen: Seen) -> str:
    return "other random numbers are drawn" if seen.name.endswith(" state") else f"`{seen.name}`: {seen.text}"


def _failure_clues(runs: Runs) -> Iterator[_Clue]:
    text = failure_text(runs)
    if text:
        yield _Clue(runs.stop, runs.failed_statement, text)


def _shown_clues(cells: Sequence[CellVerdict]) -> Iterator[_Clue]:
    for cell in cells:
        if cell.status == "different":
            figures = [f"figure {n}: {figure.text}" for n, figure in enumerate(cell.figures, 1) if figure.text]
            text = "the package shows something else" if cell.diff else (figures or [""])[0]
            if text:
                yield _Clue(cell.number, None, text)


def _result_clues(runs: Runs, results: Sequence[ResultVerdict]) -> Iterator[_Clue]:
    for result in results:
        if result.status == "different":
            made = [*changes_of(runs.own_trace, result.name)]
            if made:
                cell = runs.flow.statements[made[-1]].location.cell
                yield _Clue(cell, made[-1], f"`{result.name}` at the end: {result.text}")


def _file_clues(runs: Runs, files: Sequence[FileVerdict]) -> Iterator[_Clue]:
    """Yield files that differ, where the last statement stands that names them."""
    for file in files:
        if file.status == "different":
            name = file.path.rpartition("/")[2]
            naming = [s for s in runs.flow.statements if name in s.source]
            if naming:
                yield _Clue(naming[-1].location.cell, naming[-1].index, f"the file {file.path}: {file.text}")


def _explained(runs: Runs, clue: _Clue, edits: Edits) -> Cause:
    """Return the cause that a clue points to: a lost statement of its cell, an edited definition, or itself."""
    statements = runs.flow.statements
    here = [s.index for s in statements if s.location.cell == clue.cell]
    if clue.statement is not None:
        here = [*(clue.group or (clue.statement,))]
    lost = [index for index in here if index in edits.lost]
    edited = [index for index in _read_by(runs, here) if index in edits.definitions]
    index = clue.statement
    text, place = clue.text, clue.place
    if lost:
        index = lost[0]
        text = text if "lacks this" in text else f"the package lacks this statement; {text}"
    elif edited:
        index = edited[0]
        text = f"`{edits.definitions[index]}` is not the notebook's; {text}"
    if index is None:
        return Cause(clue.cell, text=text, place=place)
    location = statements[index].location
    return Cause(location.cell, location.line, statements[index].source.split("\n")[0][:100], text, place)


def _read_by(runs: Runs, indexes: Sequence[int]) -> list[int]:
    """Return statements with the definitions, constants and settings that they read, directly or through others."""
    statements, places = runs.flow.statements, {p.statement for s in runs.plan.settings for p in s.places}
    first = {s.places[0].statement: {p.statement for p in s.places} for s in runs.plan.settings}
    found: dict[int, None] = {}
    waiting = [*indexes]
    while waiting:
        index = waiting.pop(0)
        if index in found:
            continue
        found[index] = None
        if index in places:
            found.update({start: None for start, all_places in first.items() if index in all_places})
        for binders in runs.flow.reaching[index].values():
            waiting += [i for i in binders if _is_definition(runs, i) and i not in found]
        for name in statements[index].names.late_uses if index not in indexes else ():
            waiting += [s.index for s in statements if name in s.names.defs and _is_definition(runs, s.index)]
    return list(found)


def _is_definition(runs: Runs, index: int) -> bool:
    kinds = {i: unit.kind for unit in runs.plan.units for i in unit.statements}
    return kinds.get(index) in ("definition", "constant", "setting")
