"""Generated tests as values: what static and recorded tests are made of before they become files."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nb2pkg.project.format import format_code
from nb2pkg.project.imports import import_lines
from nb2pkg.project.render import render


@dataclass(frozen=True, slots=True)
class Setup:
    """A pytest fixture or a helper that tests of one file need, above them."""

    name: str
    source: str
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One test function.

    Args:
        module: of the package, `preprocessing`; the test goes to `tests/test_preprocessing.py`.
        function: of the package, that is tested.
        name: of the test, which says what must hold: `test_clean_keeps_each_customer_once`.
        source: the whole test function, decorators included.
        imports: lines that it needs, `import pandas as pd`, without that of the tested module.
        needs: fixtures and helpers that stand in the same file, each once.
    """

    module: str
    function: str
    name: str
    source: str
    imports: tuple[str, ...] = ()
    needs: tuple[Setup, ...] = ()


def case_files(package: str, cases: Sequence[Case]) -> dict[str, str]:
    """Return the test files that hold these cases: path in the project -> text, in the order of the cases."""
    files = {}
    for module in dict.fromkeys(case.module for case in cases):
        mine = [clear for case in cases if case.module == module and (clear := _unshadowed(package, case))]
        if not mine:
            continue
        needs = {need.name: need for case in mine for need in case.needs}
        lines = {line for case in mine for line in case.imports} | {
            line for need in needs.values() for line in need.imports
        }
        if any(_names(case.source, module) and module not in _bound(case.source) for case in mine):
            lines.add(f"from {package} import {module}")
        text = render(
            "tests/test_module.py.jinja",
            module=module,
            imports=import_lines(package, sorted(lines)),
            needs=[need.source.strip("\n") for need in needs.values()],
            cases=[case.source.strip("\n") for case in mine],
        )
        files[f"tests/test_{module}.py"] = format_code(text)
    return files


def _unshadowed(package: str, case: Case) -> Case | None:
    """Return a test that imports its function by name where a variable of the test is called as the module is.

    A function of `features.py` may well take `features`: then the module can't be reached by its name in the test. None
    where the test needs the module itself.
    """
    bound = _bound(case.source)
    if case.module not in bound:
        return case
    if case.function in bound or f"setattr({case.module}," in case.source:
        return None
    called = rf"(?<![\w.\"']){re.escape(case.module)}\.{re.escape(case.function)}\b"
    source = re.sub(called, case.function, case.source)
    line = f"from {package}.{case.module} import {case.function}"
    return replace(case, source=source, imports=(*case.imports, line))


def _bound(source: str) -> frozenset[str]:
    """Return the names that a test binds: parameters and variables."""
    nodes = list(ast.walk(ast.parse(source)))
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return frozenset(stored | {n.arg for n in nodes if isinstance(n, ast.arg)})


def _names(source: str, name: str) -> bool:
    """Tell whether code reads a name."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(ast.parse(source)))
