"""The fixtures of generated tests: one run of the pipeline, in process or not, and the calls that it made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.pipeline import flow_and_project
from nb2pkg.plan.make import make_plan
from nb2pkg.project.cases import Case
from nb2pkg.project.hazards import runs_in_process
from nb2pkg.project.modules import make_build
from nb2pkg.project.testing import test_texts as texts_of_tests

LOADING = """import pandas as pd
# Load
df = pd.read_csv('data/a.csv')
# Clean
df = df.dropna()
df['twice'] = df['x'] * 2
df['half'] = df['x'] / 2
# Report
print(len(df), 'rows')
"""
OUTPUT = {"output_type": "stream", "name": "stdout", "text": "2 rows\n"}
CELL = {"cell_type": "code", "source": LOADING, "outputs": [OUTPUT], "execution_count": 1}


def write(folder: Path, *cells: object, cases: tuple[Case, ...] = ()) -> Path:
    """Write a notebook, its data and its project; return the project's folder."""
    path = notebook(folder / "home", *cells)  # type: ignore[arg-type]
    (folder / "home" / "data").mkdir()
    (folder / "home" / "data" / "a.csv").write_text("x\n1\n\n3\n".replace("\n\n", "\nNA\n"), "utf-8")
    flow, project = flow_and_project(path)
    files = {name: data.decode("utf-8") for name, data in project.files.items() if not name.startswith("tests/")}
    files |= texts_of_tests(make_build(flow, project.plan), cases)  # no others of single functions
    for name, text in files.items():
        target = folder / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder / "project"


def pytest_of(project: Path, cwd: Path, **variables: str) -> str:
    """Run a project's tests in a folder; return what pytest says."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST_", "NOTEBOOK_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(project / "tests")],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr


def passed(said: str) -> bool:
    """Tell whether tests were run, and all passed."""
    return " passed" in said and not any(word in said for word in ("failed", "error", "skipped"))


def test_tests_run_in_the_notebooks_folder_and_leave_it_alone(tmp_path: Path) -> None:
    project = write(tmp_path, CELL)
    before = sorted(tmp_path.joinpath("home").rglob("*"))
    assert passed(pytest_of(project, tmp_path / "home"))
    assert sorted(tmp_path.joinpath("home").rglob("*")) == before


def test_tests_find_the_data_around_the_project(tmp_path: Path) -> None:
    project = write(tmp_path, CELL)
    project = project.rename(tmp_path / "home" / "project")
    assert passed(pytest_of(project, project))


def test_tests_find_the_data_where_a_variable_says(tmp_path: Path) -> None:
    project = write(tmp_path, CELL)
    assert passed(pytest_of(project, tmp_path, NOTEBOOK_FOLDER=str(tmp_path / "home")))


def test_missing_data_is_a_skip_that_names_the_file(tmp_path: Path) -> None:
    project = write(tmp_path, CELL)
    said = pytest_of(project, tmp_path)
    assert " skipped" in said
    assert "lacks data/a.csv" in said


def test_another_output_is_a_failure(tmp_path: Path) -> None:
    project = write(tmp_path, CELL)
    for path in (project / "src").rglob("*.py"):
        path.write_text(path.read_text("utf-8").replace(".dropna()", ""), "utf-8")
    assert " failed" in pytest_of(project, tmp_path / "home")


def test_a_pipeline_that_may_end_the_process_gets_one_of_its_own(tmp_path: Path) -> None:
    project = write(tmp_path, "import logging\nlogging.basicConfig()", CELL)
    assert "subprocess.run" in (project / "tests" / "conftest.py").read_text("utf-8")
    assert passed(pytest_of(project, tmp_path / "home"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy as np\nx = np.ones(3)", True),
        ("import sys\nprint(sys.platform)", True),
        ("import sys\nsys.stdout.write('x')", False),
        ("import subprocess", False),
        ("!ls", False),
        (
            "from sklearn.svm import SVC\nimport sklearn.model_selection as ms\nms.GridSearchCV(SVC(), {}, n_jobs=2)",
            False,
        ),
        ("print(globals())", False),
    ],
)
def test_what_runs_in_the_process_of_the_tests(code: str, expected: bool, tmp_path: Path) -> None:
    flow = analyse(read_notebook(notebook(tmp_path, code)))
    assert runs_in_process(flow, make_plan(flow)) is expected


def case(module: str, function: str, body: str) -> Case:
    """Return a test that looks at a call."""
    imports = ("from collections.abc import Callable", "from watching import Call")
    head = f"def test_{function}(observed: Callable[[str], Call]) -> None:\n"
    return Case(module, function, f"test_{function}", head + indent(body, "    "), imports)


def test_calls_of_the_run_are_observed(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", CELL)
    modules = (plain / "src" / "small_book").glob("*.py")
    module = next(path for path in modules if "twice" in path.read_text("utf-8"))
    source = module.read_text("utf-8")
    name = source[: source.index("twice")].rpartition("def ")[2].partition("(")[0]
    body = (
        f"call = observed('{module.stem}.{name}')\n"
        "assert list(call.arguments['df'].columns) == ['x']\n"
        "assert call.after['df']['twice'].tolist() == [2.0, 6.0]\n"
        "assert call.result is None"
    )
    project = write(tmp_path / "watched", CELL, cases=(case(module.stem, name, body),))
    assert passed(pytest_of(project, tmp_path / "watched" / "home"))
