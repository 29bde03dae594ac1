"""Build -> the files of the generated project's tests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nb2pkg.project.cases import case_files
from nb2pkg.project.expected import expected_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.inputs import climbs, input_files
from nb2pkg.project.recorded import recorded_files
from nb2pkg.project.recorded_cases import recorded_cases
from nb2pkg.project.recording import Recording
from nb2pkg.project.render import render
from nb2pkg.project.shared import once
from nb2pkg.project.signatures import parameters


def test_texts(build: Build, modules: dict[str, str]) -> dict[str, str]:
    """Return the tests of a package: path in the project -> text."""
    plan = build.plan
    rows = [
        {"module": u.module, "name": u.name, "parameters": [p.name for p in parameters(plan, u)]}
        for u in once(plan.units)
        if u.kind == "function"
    ]
    context: dict[str, Any] = {
        "package": plan.package,
        "inputs": input_files(build.flow),
        "climbs": climbs(build.flow),
        "expected": expected_lines(build.flow.notebook),
        "modules": sorted(name.removesuffix(".py") for name in modules if name != "__main__.py") or ["display"],
        "signatures": rows,
    }
    names = ["conftest.py", "test_end_to_end.py", "test_preprocessing.py"]
    return {f"tests/{name}": format_code(render(f"tests/{name}.jinja", **context)) for name in names}


def recorded_tests(build: Build, recording: Recording, without: Collection[str]) -> dict[str, bytes]:
    """Return the recorded tests of a package: path in the project -> content.

    Args:
        build: the build.
        recording: what a run of the notebook recorded.
        without: names of tests that are left out, or of files of them, `tests.test_data`.
    """
    made = recorded_cases(build, recording)
    cases = [case for case in made if not {case.name, f"tests.test_{case.module}"} & {*without}]
    texts = {name: text.encode("utf-8") for name, text in case_files(build.plan.package, cases).items()}
    return texts | recorded_files(build, recording, cases)


def recorded_names(build: Build, recording: Recording) -> frozenset[str]:
    """Return the names of the recorded tests, and of their files, `tests.test_data`."""
    made = recorded_cases(build, recording)
    return frozenset(name for case in made for name in (case.name, f"tests.test_{case.module}"))
