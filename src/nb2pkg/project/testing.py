"""Build -> the files of the generated project's tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nb2pkg.project.cases import Case, case_files
from nb2pkg.project.expected import expected_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.inputs import climbs, input_files
from nb2pkg.project.render import render
from nb2pkg.project.shared import once
from nb2pkg.project.signatures import parameters


def test_texts(build: Build, modules: dict[str, str], cases: Sequence[Case] = ()) -> dict[str, str]:
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
    texts = {f"tests/{name}": format_code(render(f"tests/{name}.jinja", **context)) for name in names}
    return texts | case_files(plan.package, cases)
