"""Build -> the files of the generated project's tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nb2pkg.project.cases import Case, case_files
from nb2pkg.project.expected import expected_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.hazards import runs_in_process
from nb2pkg.project.inputs import absent_files, climbs, hosts, input_files
from nb2pkg.project.render import render


def test_texts(build: Build, cases: Sequence[Case] = ()) -> dict[str, str]:
    """Return the tests of a package: path in the project -> text.

    Args:
        build: what is known of the package.
        cases: tests of single functions.
    """
    plan = build.plan
    observed = sorted({f"{c.module}.{c.function}" for c in cases if "observed(" in c.source})
    context: dict[str, Any] = {
        "package": plan.package,
        "inputs": sorted({*input_files(build.flow), *absent_files(build.flow)}),
        "hosts": hosts(build.flow),
        "climbs": climbs(build.flow),
        "in_process": runs_in_process(build.flow, plan),
        "asynchronous": plan.asynchronous,
        "driver": build.names.driver,
        "results_class": build.names.results_class if plan.results else "",
        "observed": observed,
        "cells": expected_lines(build.flow),
    }
    names = ["comparing.py", "conftest.py", "test_end_to_end.py", *(["watching.py"] if observed else [])]
    texts = {f"tests/{name}": format_code(render(f"tests/{name}.jinja", **context)) for name in names}
    return texts | case_files(plan.package, cases)
