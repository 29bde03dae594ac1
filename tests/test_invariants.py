"""What holds for whatever a notebook holds: of random notebooks, as tests/fuzz.py tries them."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

import black
import pytest
from harness import notebook_bytes
from hypothesis import given, settings
from making import code_of
from notebook_strategies import RandomNotebook, notebooks

from nb2pkg.model import Flow, Project
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.project.build import build_project

FEW = settings(max_examples=30, derandomize=True, database=None, deadline=None)
# The same in every package; test_display.py, test_generated_cli.py and others look at them.
RUNTIME = {"__init__", "__main__", "batch", "cli", "display", "figures", "pretty", "settings", "shell"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


def stored(book: RandomNotebook, folder: Path) -> Path:
    path = folder / "random_book.ipynb"
    path.write_bytes(notebook_bytes(book.cells, book.headings))
    return path


def own_code(project: Project) -> dict[str, str]:
    """Return the modules that hold the notebook's code."""
    return {name: text for name, text in code_of(project).items() if name not in RUNTIME}


def names_in(text: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def check_code(project: Project) -> None:
    """It parses, and black would leave it as it is; the tests as well."""
    tests = {name: data.decode("utf-8") for name, data in project.files.items() if name.startswith("tests/")}
    for name, text in {**own_code(project), **tests}.items():
        ast.parse(text, name)
        assert black.format_str(text, mode=black.Mode()) == text, name


def check_names(flow: Flow, project: Project) -> None:
    """None that the notebook binds is lost, but for those of imports: the ones that nothing reads are left out."""
    bound = {
        name
        for statement in flow.statements
        if not isinstance(statement.node, ast.Import | ast.ImportFrom)
        for name in statement.names.defs | statement.names.late_writes
    }
    assert bound - {name for text in own_code(project).values() for name in names_in(text)} == set()


def check_units(flow: Flow, project: Project) -> None:
    """Every statement is in one unit, but for imports: what needs them has them."""
    placed = Counter(index for unit in project.plan.units for index in unit.statements)
    imports = {s.index for s in flow.statements if isinstance(s.node, ast.Import | ast.ImportFrom)}
    assert {s.index for s in flow.statements} - imports <= placed.keys() <= {s.index for s in flow.statements}
    assert set(placed.values()) == {1}


@FEW
@given(book=notebooks())
def test_the_project_holds_the_whole_notebook(book: RandomNotebook, folder: Path) -> None:
    flow, plan = plan_notebook(stored(book, folder))
    project = build_project(flow, plan)
    check_code(project)
    check_names(flow, project)
    check_units(flow, project)


@FEW
@given(book=notebooks())
def test_the_project_is_the_same_again_and_from_its_own_plan(book: RandomNotebook, folder: Path) -> None:
    first = build_project(*plan_notebook(stored(book, folder)))

    flow, plan = plan_notebook(stored(book, folder))
    text = plan_text(plan, flow)
    second = build_project(flow, apply_plan(text, "plan.toml", flow, plan))

    assert text == first.files[".nb2pkg/plan.toml"].decode("utf-8")
    assert first.files.keys() == second.files.keys()
    assert [name for name in first.files if first.files[name] != second.files[name]] == []
