"""Build -> the files of the generated project's tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from nb2pkg.needs.data import climb_of
from nb2pkg.needs.inputs import climbs, hosts
from nb2pkg.project.cases import Case, case_files
from nb2pkg.project.expected import expected_lines, recorded_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.hazards import runs_in_process
from nb2pkg.project.recorded import recorded_files
from nb2pkg.project.recorded_cases import recorded_cases
from nb2pkg.project.recording import Recording
from nb2pkg.project.static_cases import StaticTests


def test_files(
    build: Build,
    static: StaticTests,
    recording: Recording | None = None,
    without: Collection[str] = (),
    loose: Collection[str] = (),
) -> dict[str, bytes]:
    """Return the tests of a package with all that they need: path in the project -> content.

    Args:
        build: what is known of the package.
        static: tests that were made without running anything.
        recording: what a run of the notebook recorded, if it was run.
        without: names of tests that are left out, or of files of them, `tests.test_data`.
        loose: names of recorded tests that check of results only what kind they are.
    """
    recorded = [] if recording is None else recorded_cases(build, recording, without, loose)
    cases = [c for c in _together(static.cases, recorded) if not {c.name, f"tests.test_{c.module}"} & {*without}]
    texts = {**test_texts(build, cases, recording), **static.fixtures}
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return files if recording is None else files | recorded_files(build, recording, cases)


def _together(static: Sequence[Case], recorded: Sequence[Case]) -> list[Case]:
    """Return the tests by function; a recorded one says more than one that only looks at the run."""
    better = {(c.module, c.function) for c in recorded}
    names = {(c.module, c.name) for c in recorded}
    kept = [
        c
        for c in static
        if (c.module, c.name) not in names and ("observed(" not in c.source or (c.module, c.function) not in better)
    ]
    order: dict[tuple[str, str], int] = {}
    for case in (*static, *recorded):
        order.setdefault((case.module, case.function), len(order))
    return sorted((*kept, *recorded), key=lambda c: order[c.module, c.function])


def test_texts(build: Build, cases: Sequence[Case] = (), recording: Recording | None = None) -> dict[str, str]:
    """Return the tests of a package without their data: path in the project -> text.

    Args:
        build: what is known of the package.
        cases: tests of single functions.
        recording: what a run of the notebook recorded, if it was run.
    """
    plan = build.plan
    observed = sorted({f"{c.module}.{c.function}" for c in cases if "observed(" in c.source})
    context: dict[str, Any] = {
        "package": plan.package,
        "source": build.layout.source,
        "inputs": [row.path for row in plan.needs.data],
        "origins": {row.path: row.origin for row in plan.needs.data if row.origin},
        "run_folder": plan.needs.folder,
        "hosts": hosts(build.flow),
        "climbs": climbs(build.flow) or any(climb_of(row.path) for row in plan.needs.data),
        "in_process": runs_in_process(build.flow, plan),
        "asynchronous": plan.asynchronous,
        "driver": build.names.driver,
        "results_class": build.names.results_class if plan.results else "",
        "observed": observed,
        "cells": expected_lines(build.flow) if recording is None else recorded_lines(recording),
    }
    names = ["comparing.py", "conftest.py", "test_end_to_end.py", *(["watching.py"] if observed else [])]
    texts = {f"tests/{name}": format_code(build.templates.render(f"tests/{name}.jinja", **context)) for name in names}
    return texts | case_files(plan.package, cases)
