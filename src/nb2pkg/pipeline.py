"""The chain, in one place and without printing: notebook -> statements -> plan -> project. Read this file first."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2pkg.around.heads import read_heads
from nb2pkg.around.read import read_around
from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import PlanError, RefusedError
from nb2pkg.flow.analyse import analyse
from nb2pkg.machine import Around, Needs
from nb2pkg.model import Flow, Location, Plan, Project, Scaffold
from nb2pkg.needs.inputs import input_files
from nb2pkg.needs.lock import with_lock
from nb2pkg.plan.file import apply_plan, read_changes_of
from nb2pkg.plan.make import make_plan
from nb2pkg.project.build import build_project
from nb2pkg.project.layouts import LAYOUTS, Layout, check_names, layout_of
from nb2pkg.project.licenses import license_of
from nb2pkg.project.modules import make_build
from nb2pkg.project.origin import read_origin
from nb2pkg.project.recorded_cases import recorded_cases
from nb2pkg.project.recording import Recording
from nb2pkg.project.schedules import schedules_of
from nb2pkg.wishes import Wishes

if TYPE_CHECKING:
    from nb2pkg.run.limits import Limits
    from nb2pkg.run.trial import Failed, Recordings


def plan_notebook(path: Path, wishes: Wishes | None = None, **changes: Any) -> tuple[Flow, Plan]:
    """Return the analysis and the plan of a notebook.

    Args:
        path: the notebook.
        wishes: what is asked of the conversion.
        changes: fields of it by name.

    Raises:
        Nb2pkgError: the file is no notebook, or has no right conversion.
    """
    flow, plan, _ = _planned(path, replace(wishes or Wishes(), **changes))
    return flow, plan


def convert_notebook(path: Path, wishes: Wishes | None = None, **changes: Any) -> Project:
    """Return the project that a notebook becomes; see `flow_and_project`."""
    return flow_and_project(path, wishes, **changes)[1]


def flow_and_project(path: Path, wishes: Wishes | None = None, **changes: Any) -> tuple[Flow, Project]:
    """Return the analysis of a notebook, and the project that it becomes; nothing is executed or written.

    Args:
        path: the notebook.
        wishes: what is asked of the conversion.
        changes: fields of it by name.

    Raises:
        Nb2pkgError: the notebook or the plan is refused.
    """
    wishes = replace(wishes or Wishes(), **changes)
    with _patient_collector():
        flow, plan, around = _planned(path, wishes)
        return flow, build_project(flow, plan, _heads(path, flow, wishes), around=around)


def _planned(path: Path, wishes: Wishes) -> tuple[Flow, Plan, Around]:
    """Return the analysis, the plan, edits of people included, and what lies around the notebook."""
    flow = analyse(read_notebook(path, keep_going=wishes.keep_going))
    around = read_around(path, flow, wishes)
    reserved = layout_of(wishes.layout or Scaffold().layout).reserved
    plan = make_plan(flow, around, name=wishes.name, reserved=reserved, keep_going=wishes.keep_going)
    if wishes.plan_file is not None:
        plan = apply_plan(_text(wishes.plan_file), str(wishes.plan_file), flow, plan)
        plan = replace(plan, needs=with_lock(plan.needs, around.environment))  # people may have changed versions
    scaffold = _scaffold(plan.scaffold, wishes)
    layout = layout_of(scaffold.layout)
    check_names(layout, plan.package, flow.notebook.local_modules)
    return flow, replace(plan, scaffold=scaffold, needs=_in_layout(plan.needs, layout)), around


def _in_layout(needs: Needs, layout: Layout) -> Needs:
    """Return what a package needs, with the folder of the notebooks as a layout calls it."""
    if needs.folder in {known.notebooks for known in LAYOUTS.values()}:
        return replace(needs, folder=layout.notebooks)
    return needs


def _scaffold(planned: Scaffold, wishes: Wishes) -> Scaffold:
    """Return which files surround the package: what is asked for now comes before what the plan says."""
    return Scaffold(
        layout_of(wishes.layout or planned.layout).name,
        license_of(wishes.license or planned.license),
        schedules_of(wishes.schedules or planned.schedules),
    )


def _heads(path: Path, flow: Flow, wishes: Wishes) -> Mapping[str, str]:
    return read_heads(path.parent, input_files(flow)) if wishes.data else {}


def plan_of_project(notebook: Path, project: Path) -> tuple[Flow, Plan, list[str]]:
    """Return the analysis of a notebook, the plan by which a project was made of it, and what is unusual about the two.

    Raises:
        Nb2pkgError: the folder is no project of ours, or the notebook or the project's plan can't be read.
    """
    written = read_origin(project)
    try:
        flow, plan = plan_notebook(notebook, name=written.package)
    except RefusedError:
        flow, plan = plan_notebook(notebook, name=written.package, keep_going=True)
    if written.digest == plan.digest:
        return flow, apply_plan(written.text, str(written.path), flow, plan), []
    changes = read_changes_of(written.text, str(written.path), flow)
    note = f"{written.notebook} has changed since the package was made of it, or is another notebook"
    return flow, replace(plan, changes=changes), [note]


def recorded_project(
    path: Path,
    wishes: Wishes | None = None,
    *,
    sample: int | None = None,
    limits: Limits | None = None,
    progress: Callable[[], None] = lambda: None,
    **changes: Any,
) -> Recordings:
    """Return the project that a notebook becomes, with tests made of a run of it: the notebook is executed.

    Args:
        path: the notebook.
        wishes: what is asked of the conversion.
        sample: rows that its loaders give at most.
        limits: what a run may take.
        progress: called after each cell.
        changes: fields of the wishes by name.

    Raises:
        Nb2pkgError: the notebook or the plan is refused, or the notebook fails.
    """
    from nb2pkg.run.limits import NO_LIMITS
    from nb2pkg.run.record import record
    from nb2pkg.run.trial import Recordings

    limits = limits or NO_LIMITS
    wishes = replace(wishes or Wishes(), **changes)
    with _patient_collector():
        flow, plan, around = _planned(path, wishes)
        heads = _heads(path, flow, wishes)
        project = build_project(flow, plan, heads, around=around)  # what is refused is refused before anything runs
    recording = record(flow, project.plan, sample=sample, limits=limits, progress=progress)
    build = partial(build_project, flow, project.plan, heads, recording, around=around)
    return Recordings(flow, *_tried(flow, project.plan, build, recording, limits), recording)


def _tried(
    flow: Flow, plan: Plan, build: Callable[..., Project], recording: Recording, limits: Limits
) -> tuple[Project, tuple[Failed, ...]]:
    """Return a project whose tests pass, and those that did not: they check less now, or are left out."""
    from nb2pkg.run.trial import failing_tests

    project, parts = build(), make_build(flow, plan, recording)
    made = {case.name: (case.module, case.function) for case in recorded_cases(parts, recording)}
    failed = failing_tests(flow, project, recording.python, limits)
    if not failed:
        return project, ()
    loose = {f.name for f in failed if f.name in made or f.whole_file}
    without = {f.name for f in failed} - loose
    project = build(without=without, loose=loose)
    without |= {f.name for f in failing_tests(flow, project, recording.python, limits)}
    kept = {(case.module, case.function) for case in recorded_cases(parts, recording, without, loose)}
    project = build(without=without, loose=loose)
    return project, tuple(replace(f, kept=made.get(f.name) in kept) for f in failed)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan can't be read: {error}", location=Location(str(path))) from None


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let garbage be looked for less often: syntax trees make many objects that live to the end."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
