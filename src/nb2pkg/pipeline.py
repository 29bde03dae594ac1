"""The chain, in one place and without printing: notebook -> statements -> plan -> project. Read this file first."""

from __future__ import annotations

from pathlib import Path

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.model import Flow, Plan, Project
from nb2pkg.plan.file import apply_plan
from nb2pkg.plan.make import make_plan
from nb2pkg.project.build import build_project


def plan_notebook(path: Path, *, name: str | None = None, keep_going: bool = False) -> tuple[Flow, Plan]:
    """Return the analysis and the plan of a notebook.

    Raises:
        Nb2pkgError: the file is no notebook, or has no right conversion.
    """
    flow = analyse(read_notebook(path, keep_going=keep_going))
    return flow, make_plan(flow, name=name, keep_going=keep_going)


def convert_notebook(
    path: Path, *, name: str | None = None, keep_going: bool = False, plan_file: Path | None = None
) -> Project:
    """Return the project that a notebook becomes, in memory; nothing is executed or written.

    Args:
        path: the notebook.
        name: the package's name; by default made of the notebook's.
        keep_going: convert what can't run as well, to fail there as the notebook does.
        plan_file: an edited plan.

    Raises:
        Nb2pkgError: the notebook or the plan is refused.
    """
    flow, plan = plan_notebook(path, name=name, keep_going=keep_going)
    if plan_file is not None:
        plan = apply_plan(plan_file.read_text(encoding="utf-8"), str(plan_file), flow, plan)
    return build_project(flow, plan)
