"""Runs a notebook and its package side by side, and compares what they did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nb2pkg.cells.hide import blank_text
from nb2pkg.cells.read import document_of
from nb2pkg.errors import RunError
from nb2pkg.model import Flow, Location, Plan
from nb2pkg.needs.inputs import climbs
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.modules import make_build, package_modules
from nb2pkg.project.origin import read_origin
from nb2pkg.project.script import script_source
from nb2pkg.run.cause import Edits, find_cause
from nb2pkg.run.compare import Runs, cell_verdicts, failure_text, file_verdicts, result_verdicts
from nb2pkg.run.files import signatures, written
from nb2pkg.run.limits import Limits, side_by_side
from nb2pkg.run.notebook import Execution, Probe, execute, kernel_for
from nb2pkg.run.package import PackageRun, run_package
from nb2pkg.run.sandbox import sandbox
from nb2pkg.run.sites import edited_definitions, find_sites
from nb2pkg.run.traces import trace_marks
from nb2pkg.run.verdict import Report

_SEED = 20240229  # of what the notebook leaves to chance, on both sides
_FIGURES = "reports/figures"


def verify(
    flow: Flow,
    plan: Plan,
    project: Path,
    *,
    sample: int | None = None,
    limits: Limits,
    notes: Sequence[str] = (),
    progress: Callable[[], None] = lambda: None,
) -> Report:
    """Run a notebook and the package of a project, in copies of the notebook's folder, and compare them.

    The notebook runs once more where they differ, to tell a difference from chance.

    Args:
        flow: the notebook, analysed.
        plan: its plan, with the changes that are intended.
        project: the folder of the project.
        sample: rows that loaders give back at most, on both sides.
        limits: what each run may take.
        notes: what is known about the project already.
        progress: called after each cell.

    Raises:
        RunError: the notebook can't be run to its end, or to its own exception.
    """
    build = make_build(flow, plan)
    modules = package_texts(read_origin(project).source / plan.package)
    sites = find_sites(build, modules)
    work = _Work(flow, plan, project, build, sample, limits, progress)
    with ExitStack() as stack:
        folders = [stack.enter_context(sandbox(work.notebook, climbs=work.climbs)) for _ in range(2)]
        before = signatures(folders[0])
        calls: list[Callable[[], Execution | PackageRun]] = [
            partial(work.run_notebook, folders[0]),
            partial(work.run_package, folders[1], sites.functions),
        ]
        own, theirs = side_by_side(calls)
        assert isinstance(own, Execution) and isinstance(theirs, PackageRun)
        work.check(own)
        files, their_files = written(folders[0], before), written(folders[1], before)
        figures = {
            name.removeprefix(f"{_FIGURES}/"): data
            for name, (_, data) in their_files.items()
            if name.startswith(_FIGURES) and data is not None
        }
        paths = [str(path) for folder in folders for path in (folder, folder.parent)]
        runs = Runs(flow, plan, sites, own, theirs, paths, (files, None, their_files), figures)
        report = _report(runs, work, notes, Edits(frozenset(), {}))
        if report.equal and all(cell.status == "equal" for cell in report.cells):
            return report
        folder = stack.enter_context(sandbox(work.notebook, climbs=work.climbs))
        again = side_by_side([partial(work.run_notebook, folder)])[0]
        work.check(again)
        paths += [str(folder), str(folder.parent)]
        all_files = (files, written(folder, before), their_files)
        runs = Runs(flow, plan, sites, own, theirs, paths, all_files, figures, again)
        return _report(runs, work, notes, _edits(build, modules, sites.covered))


def package_texts(folder: Path) -> dict[str, str]:
    """Return the modules of a package: file name -> text."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        try:
            found[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return found


def _edits(build: Build, modules: Mapping[str, str], covered: frozenset[int]) -> Edits:
    expected = _expected_modules(build)
    return Edits(find_sites(build, expected).covered - covered, edited_definitions(build, expected, modules))


def _expected_modules(build: Build) -> dict[str, str]:
    if build.plan.script:
        return {"__main__.py": format_code(script_source(build))}
    return package_modules(build)


def _report(runs: Runs, work: _Work, notes: Sequence[str], edits: Edits) -> Report:
    cells, results, files = cell_verdicts(runs), result_verdicts(runs), file_verdicts(runs)
    failure = failure_text(runs)
    statuses = {*(c.status for c in cells), *(r.status for r in results), *(f.status for f in files)}
    equal = "different" not in statuses and not failure
    cause = find_cause(runs, cells, results, files, edits) if not equal else None
    report = Report(
        notebook=str(work.notebook),
        project=str(work.project),
        package=runs.plan.package,
        equal=equal,
        cells=tuple(cells),
        results=tuple(results),
        files=tuple(files),
        cause=cause,
        failure=failure,
        notes=(*notes, *_notes(runs)),
        python=runs.own.python,
        seconds={"notebook": runs.own.seconds, "package": runs.theirs.seconds},
        runs=runs.own.cells,
    )
    secrets = runs.flow.notebook.secrets
    return _blanked(report, secrets) if secrets else report


def _blanked(value: Any, secrets: Sequence[str]) -> Any:
    """Return a value with all of its texts, without secrets: a report is passed on."""
    if isinstance(value, str):
        return blank_text(value, secrets)
    if isinstance(value, (list, tuple)):
        return type(value)(_blanked(item, secrets) for item in value)
    if isinstance(value, Mapping):
        return {key: _blanked(item, secrets) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _blanked(getattr(value, f.name), secrets) for f in fields(value)})
    return value


def _notes(runs: Runs) -> list[str]:
    found = []
    if runs.own.error is not None:
        cell = next(c.number for c in reversed(runs.own.cells) if c.executed)
        found.append(f"the notebook itself raises {runs.own.error.name} in cell {cell}: {runs.own.error.message[:100]}")
    observed: list[Mapping[str, Any]] = [*runs.own.observed, *runs.theirs.observed]
    failures = [entry for entry in observed if entry["kind"] == "failure"]
    if failures:
        found.append(f"values could not be watched everywhere: {str(failures[0]['error']).strip().splitlines()[-1]}")
    return found


class _Work:
    """What is to be run."""

    def __init__(
        self,
        flow: Flow,
        plan: Plan,
        project: Path,
        build: Build,
        sample: int | None,
        limits: Limits,
        progress: Callable[[], None],
    ) -> None:
        self.flow = flow
        self.plan = plan
        self.project = project
        self.driver = build.names.driver
        self.sample = sample
        self.limits = limits
        self.progress = progress
        self.notebook = Path(flow.notebook.path)
        self.climbs = climbs(flow)
        self.python = kernel_for(document_of(flow.notebook))[1]

    def run_notebook(self, folder: Path) -> Execution:
        return execute(
            self.flow.notebook,
            folder,
            marks=trace_marks(self.flow),
            probes=[Probe("trace", {"results": list(self.plan.results)})],
            sample=self.sample,
            seed=_SEED,
            limits=self.limits,
            progress=self.progress,
        )

    def run_package(self, folder: Path, functions: Mapping[str, Sequence[str]]) -> PackageRun:
        return run_package(
            read_origin(self.project).source,
            self.plan.package,
            folder,
            python=self.python,
            functions=functions,
            driver=self.driver,
            sample=self.sample,
            seed=_SEED,
            limits=self.limits,
        )

    def check(self, run: Execution) -> None:
        """Raise when the notebook was ended from outside: there is nothing to compare with."""
        if not run.stopped:
            return
        done = [cell for cell in run.cells if cell.executed]
        location = Location(str(self.notebook), done[-1].number if done else 0)
        if run.stopped == "timeout":
            raise RunError(
                f"the notebook was still running after {self.limits.timeout:g} s",
                location=location,
                hint="allow more by --timeout, or less data by --sample",
            )
        if run.stopped == "memory":
            raise RunError("the notebook needs more memory than there is", location=location, hint="try --sample")
        raise RunError("the notebook's kernel died", location=location, why="Its process ended by itself.")
