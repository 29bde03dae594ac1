"""Runs of a notebook and of its package -> the report: what is equal, and what differs where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from nb2pkg.model import Flow, Plan
from nb2pkg.run.figures import compare_pictures
from nb2pkg.run.files import Files, compare_files
from nb2pkg.run.lines import Aligned, Line
from nb2pkg.run.notebook import CellRun, Execution
from nb2pkg.run.package import PackageRun
from nb2pkg.run.shown import (
    Comparison,
    compare_shown,
    figure_files,
    first_difference,
    notebook_lines,
    package_lines,
    rows_of,
    unstable_lines,
)
from nb2pkg.run.sites import Sites
from nb2pkg.run.traces import Seen, Trace, compare_values, placed, read_trace, unstable_values
from nb2pkg.run.values import difference, short
from nb2pkg.run.verdict import CellVerdict, FigureVerdict, FileVerdict, ResultVerdict, ValueDifference

_AGAIN = "the notebook itself shows something else when it runs again"


@dataclass(frozen=True)
class Runs:
    """What was run, and what came of it.

    Args:
        flow: the notebook, analysed.
        plan: its plan.
        sites: which statement of the package stands for which of the notebook.
        own: the notebook's run.
        again: its second one, if there was one.
        theirs: the package's.
        folders: the copies that they ran in.
        files: what each of the three wrote.
        figures: the package's figures: name -> PNG.
    """

    flow: Flow
    plan: Plan
    sites: Sites
    own: Execution
    theirs: PackageRun
    folders: Sequence[str]
    files: tuple[Files, Files | None, Files]
    figures: Mapping[str, bytes]
    again: Execution | None = None

    @cached_property
    def own_trace(self) -> Trace:
        return read_trace(self.own.observed)

    @cached_property
    def their_trace(self) -> Trace:
        return read_trace(self.theirs.observed)

    @cached_property
    def again_trace(self) -> Trace | None:
        return read_trace(self.again.observed) if self.again is not None else None

    def lines(self, execution: Execution, *, glued: bool) -> list[Line]:
        return notebook_lines(execution, self.plan.package, self.folders, glued=glued)

    @cached_property
    def shown(self) -> Comparison:
        theirs = package_lines(self.theirs, self.their_trace, self.sites, self.flow, self.folders)
        return compare_shown([self.lines(self.own, glued=glued) for glued in (False, True)], theirs)

    @cached_property
    def unstable(self) -> set[int]:
        """The lines of the notebook that its second run had otherwise."""
        if self.again is None:
            return set()
        forms = [self.lines(self.again, glued=glued) for glued in (False, True)]
        own = self.shown.own
        glued = own != self.lines(self.own, glued=False)
        return unstable_lines(own, forms[int(glued)])

    @cached_property
    def seen(self) -> list[Seen]:
        """The comparisons of values, without those that the notebook itself has otherwise when it runs again."""
        unstable = unstable_values(self.own_trace, self.again_trace) if self.again_trace is not None else set()
        found = compare_values(self.own_trace, self.their_trace, self.sites)
        return [seen for seen in found if (seen.origin, seen.name) not in unstable]

    @cached_property
    def lasting(self) -> list[Seen]:
        """The values that differ and are not equal again later: what was otherwise only on the way has no effect."""
        last = {seen.name: number for number, seen in enumerate(self.seen) if not seen.text}
        return [s for number, s in enumerate(self.seen) if s.text and last.get(s.name, -1) < number]

    @cached_property
    def stop(self) -> int:
        """The cell in which the package ended too early, or 0."""
        if not (self.theirs.error or self.theirs.stopped or self.theirs.status):
            return 0
        statement = self.failed_statement
        if statement is not None:
            return self.flow.statements[statement].location.cell
        reached = [group[-1] for _, group in placed(self.their_trace.events, self.sites) if group]
        following = min(reached[-1] + 1, len(self.flow.statements) - 1) if reached else 0
        return self.flow.statements[following].location.cell if self.flow.statements else 1

    @cached_property
    def failed_statement(self) -> int | None:
        """The statement of the notebook that raised in the package, as its traceback says."""
        for file, line, function in self.theirs.error.get("frames", [])[::-1]:
            module = str(file).replace("\\", "/").rpartition("/")[2].removesuffix(".py")
            rows = self.sites.lines.get(module, {}).get(function if function != "<module>" else "", ())
            site = next((site for start, site in reversed(rows) if start <= line), "")
            groups = self.sites.statements.get(site, ())
            if groups:
                done = sum(event.site == site for event in self.their_trace.events)
                return groups[min(done, len(groups) - 1)][-1]
        return None


def failure_text(runs: Runs) -> str:
    """Return how the package ended otherwise than the notebook, or the empty string."""
    theirs, own = runs.theirs, runs.own.error
    if theirs.stopped == "timeout":
        return f"the package was still running after {theirs.seconds:.0f} s; --timeout allows more"
    if theirs.stopped == "memory":
        return "the package needed more memory than there is, and was ended"
    name = str(theirs.error.get("name", "")) if theirs.error else ""
    if own is not None:
        if _error_class(name) == _error_class(own.name):
            return ""
        return f"the package {_raised(theirs)}, where the notebook raises {own.name}: {own.message[:200]}"
    return f"the package {_raised(theirs)}" if name or theirs.status else ""


def _error_class(name: str) -> str:
    return "NameError" if name == "UnboundLocalError" else name


def _raised(run: PackageRun) -> str:
    if run.error:
        return f"raises {run.error['name']}: {str(run.error['message'])[:200]}"
    if run.status:
        lines = [line for line in run.err.splitlines() if line.strip()]
        return f"ends with status {run.status}" + (f": {lines[-1].strip()[:200]}" if lines else "")
    return "ends well"


def cell_verdicts(runs: Runs) -> list[CellVerdict]:
    """Return how the package does what each code cell does; cells that are not meant to run are left out."""
    values = _values_by_cell(runs)
    pairs = runs.shown.of_cell()
    failed = next((c.number for c in runs.own.cells if c.executed and c is _last(runs.own) and c.error), 0)
    figures = _figures(runs)
    cells = {cell.number: cell for cell in runs.flow.notebook.cells}
    found = []
    for run in runs.own.cells:
        cell = cells[run.number]
        if cell.kind != "code" or not cell.source.strip() or "skip-execution" in cell.tags:
            continue
        if not run.executed:
            found.append(CellVerdict(run.number, "not reached", f"the notebook itself ends in cell {failed}"))
            continue
        verdict = _shown_verdict(runs, run, pairs.get(run.number, []))
        verdict = _with_values(verdict, values.get(run.number, ()), figures.get(run.number, ()))
        found.append(_expected(runs.plan, verdict))
    return found


def _last(execution: Execution) -> CellRun | None:
    return next((cell for cell in reversed(execution.cells) if cell.executed), None)


def _shown_verdict(runs: Runs, run: CellRun, pairs: Sequence[Aligned]) -> CellVerdict:
    """Return the verdict on what a cell shows."""
    rows = rows_of(runs.shown, pairs)
    wrong = [not runs.shown.agree(pair) for pair in pairs]
    stopped = bool(runs.stop) and (run.number > runs.stop or (run.number == runs.stop and any(wrong)))
    if stopped and bool(failure_text(runs)):
        reached = any(pair.theirs >= 0 for pair in pairs)
        if run.number > runs.stop or not reached:
            return CellVerdict(run.number, "not reached", f"the package ends in cell {runs.stop}", rows=rows)
    if runs.own.error is not None and run.error is not None and not failure_text(runs):
        return CellVerdict(run.number, "equal", f"both raise {run.error.name}", rows=rows)
    if not any(wrong):
        return CellVerdict(run.number, "equal", rows=rows)
    if _is_chance(runs, pairs, wrong):
        if sum(wrong) * 2 < len(wrong):
            return CellVerdict(run.number, "equal", f"but for {_lines_text(sum(wrong))}: {_AGAIN}", rows=rows)
        return CellVerdict(run.number, "not comparable", _AGAIN, rows=rows)
    return CellVerdict(run.number, "different", diff=first_difference(runs.shown, pairs, wrong), rows=rows)


def _lines_text(number: int) -> str:
    return "one line" if number == 1 else f"{number} lines"


def _is_chance(runs: Runs, pairs: Sequence[Aligned], wrong: Sequence[bool]) -> bool:
    """True when only lines differ that the notebook's second run had otherwise too, or that stand beside such."""
    own = [pair.own for pair in pairs if pair.own >= 0]
    if not any(number in runs.unstable for number in own):
        return False
    stable = [pair for pair, bad in zip(pairs, wrong, strict=True) if bad and pair.own >= 0]
    return all(pair.own in runs.unstable for pair in stable)


def _values_by_cell(runs: Runs) -> dict[int, list[ValueDifference]]:
    """Return the values that differ, each name once, in the cell where that is seen first."""
    found: dict[int, list[ValueDifference]] = {}
    told: set[str] = set()
    for seen in runs.lasting:
        if seen.name not in told:
            told.add(seen.name)
            value = value_difference(runs, seen)
            found.setdefault(value.cell, []).append(value)
    return found


def value_difference(runs: Runs, seen: Seen) -> ValueDifference:
    """Return a comparison with its places on both sides."""
    location = runs.flow.statements[seen.statement].location
    reason = reason_for(runs.plan, location.cell, seen.name)
    return ValueDifference(
        seen.statement, location.cell, location.line, seen.name, seen.text, place_of(runs.sites, seen.site), reason
    )


def place_of(sites: Sites, site: str) -> str:
    """Return where a site is: `preprocessing.py:12`."""
    module, _, rest = site.partition(".")
    rows = sites.lines.get(module, {}).get(rest.rpartition(":")[0], ())
    line = next((line for line, name in rows if name == site), 0)
    return f"{module}.py:{line}" if line else ""


def _with_values(
    verdict: CellVerdict, values: Sequence[ValueDifference], figures: Sequence[FigureVerdict]
) -> CellVerdict:
    verdict = replace(verdict, values=tuple(values), figures=tuple(figures))
    bad = any(not value.reason for value in values) or any(figure.text for figure in figures)
    if verdict.status == "equal" and bad:
        return replace(verdict, status="different", reason="")
    if verdict.status == "equal" and values:
        return replace(verdict, status="expected", reason=values[0].reason)
    return verdict


def _expected(plan: Plan, verdict: CellVerdict) -> CellVerdict:
    reason = reason_for(plan, verdict.number)
    changed = verdict.status in ("different", "not reached")
    return replace(verdict, status="expected", reason=reason) if changed and reason else verdict


def reason_for(plan: Plan, cell: int, name: str = "") -> str:
    """Return why the plan says that a cell, or a name, is otherwise in the package."""
    for change in plan.changes:
        if (not change.cells or cell in change.cells) and change.name in ("", name):
            return change.reason
    return ""


def _figures(runs: Runs) -> dict[int, list[FigureVerdict]]:
    """Return the figures of each cell beside those of the package."""
    found: dict[int, list[FigureVerdict]] = {}
    saved = figure_files(runs.figures, runs.shown.theirs)
    drawn = _drawn(runs.own)
    again = _drawn(runs.again) if runs.again is not None else {}
    counts: dict[int, int] = {}
    for pair in runs.shown.pairs:
        if pair.own < 0 or not runs.shown.own[pair.own].text.startswith("<Figure size"):
            continue
        cell = runs.shown.own[pair.own].cell
        number = counts.get(cell, 0)
        counts[cell] = number + 1
        mine = drawn.get(cell, [])[number : number + 1]
        if mine and mine[0]:
            twice = again.get(cell, [])[number : number + 1] or mine
            verdict = _figure(mine[0], saved.get(pair.theirs, b""), twice[0])
            found.setdefault(cell, []).append(verdict)
    return found


def _drawn(execution: Execution) -> dict[int, list[bytes]]:
    """Return the figures that cells show, with empty ones."""
    return {
        cell.number: [output.png for output in cell.outputs if output.text.startswith("<Figure size")]
        for cell in execution.cells
    }


def _figure(wanted: bytes, got: bytes, again: bytes) -> FigureVerdict:
    if not got:
        return FigureVerdict(wanted, got, note="the package saves no such figure")
    found = compare_pictures(wanted, got)
    if found.unknown:
        return FigureVerdict(wanted, got, note="other bytes; install pillow to compare the pixels")
    if found.text and compare_pictures(wanted, again).text:
        return FigureVerdict(wanted, got, note="the notebook itself draws it otherwise when it runs again")
    return FigureVerdict(wanted, got, found.text, found.image)


def result_verdicts(runs: Runs) -> list[ResultVerdict]:
    """Return the named values that the notebook ends with beside those that `run()` returns."""
    return list(_results(runs))


def _results(runs: Runs) -> Iterator[ResultVerdict]:
    own, theirs = runs.own_trace.results, runs.their_trace.results
    again: Mapping[str, Any] = runs.again_trace.results if runs.again_trace is not None else {}
    for name in runs.plan.results:
        if name not in own:
            continue
        wanted = short(own[name])
        if name not in theirs:
            yield ResultVerdict(name, "not reached", wanted, "", "run() did not return it")
            continue
        text = difference(own[name], theirs[name])
        if not text:
            yield ResultVerdict(name, "equal", wanted, short(theirs[name]))
        elif name in again and difference(own[name], again[name]):
            yield ResultVerdict(name, "not comparable", wanted, short(theirs[name]), reason=_AGAIN)
        else:
            reason = reason_for(runs.plan, 0, name)
            yield ResultVerdict(name, "expected" if reason else "different", wanted, short(theirs[name]), text, reason)


def file_verdicts(runs: Runs) -> list[FileVerdict]:
    """Return the files that were written."""
    own, again, theirs = runs.files
    return compare_files(own, again, theirs, runs.plan.package)
