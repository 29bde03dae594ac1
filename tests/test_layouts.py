"""Each layout, as adopters of it know it: the project is installed, run, verified, and its tests are measured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from making import notebook
from typer.testing import CliRunner

from nb2pkg.cli import app
from nb2pkg.errors import UsageError
from nb2pkg.pipeline import convert_notebook
from nb2pkg.project.layouts import LAYOUTS
from nb2pkg.project.write import write_project

CELLS = (
    "#md ## Load",
    "from steps import double\nnumbers = [1, 2, 3]",
    "#md ## Sum up",
    "def total(values):\n    result = 0\n    for value in values:\n        result += value\n    return result",
    "answer = double(total(numbers))\nprint(answer)",
)
FOLDERS = {
    "src": {"src", "tests", "notebooks", "models", "reports", ".nb2pkg"},
    "docker-science": {"small_book", "tests", "notebook", "config", "model", "scripts", ".nb2pkg"},
    "ccds": {"small_book", "tests", "notebooks", "data", "docs", "models", "references", "reports", ".nb2pkg"},
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, layout: str) -> Path:
    """A project in a layout, beside its notebook."""
    (tmp_path / "steps.py").write_text("def double(value):\n    return value * 2\n")
    project = convert_notebook(notebook(tmp_path, *CELLS), layout=layout)
    return write_project(project, tmp_path / "project") or tmp_path / "project"


def command(place: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder."""
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *arguments], cwd=place, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_project_runs_and_passes_its_tests(place: Path, layout: str) -> None:
    source = "src" if layout == "src" else ""
    folders = {path.name for path in place.iterdir() if path.is_dir()}
    assert folders >= FOLDERS[layout]
    assert (place / source / "small_book" / "pipeline.py").is_file()
    assert (place / source / "steps.py").is_file()

    ran = command(place, "-m", "small_book", path=str(place / source))
    assert (ran.returncode, ran.stdout) == (0, "12\n"), ran.stderr
    tested = command(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", path="")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_project_is_verified(place: Path, layout: str) -> None:
    done = CliRunner().invoke(app, ["verify", str(place.parent / "small_book.ipynb"), str(place)])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("layout", ["docker-science", "ccds"])
def test_the_strength_of_its_tests_is_measured(place: Path, layout: str) -> None:
    arguments = ["strength", str(place), "--workdir", str(place.parent), "--time", "60", "-j", "1"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code in (0, 1), done.output
    assert "pipeline" in done.output
    assert "killed" in done.output


@pytest.mark.parametrize("layout", ["docker-science", "ccds"])
def test_it_is_installed(place: Path, tmp_path: Path, layout: str) -> None:
    target = tmp_path / "installed"
    options = ["--quiet", "--no-deps", "--target", str(target), "--disable-pip-version-check"]
    built = command(place, "-m", "pip", "install", *options, ".", path="")
    assert built.returncode == 0, built.stderr
    assert (target / "small_book" / "pipeline.py").is_file()
    assert (target / "steps.py").is_file()
    ran = command(tmp_path, "-m", "small_book", path=str(target))
    assert ran.stdout == "12\n"


@pytest.mark.parametrize("layout", ["docker-science", "ccds"])
@pytest.mark.parametrize("name", ["model", "config", "docs", "scripts"])
def test_a_package_gives_way_to_folders_of_the_layout(tmp_path: Path, layout: str, name: str) -> None:
    path = notebook(tmp_path, "print(1)", name=f"{name}.ipynb")
    project = convert_notebook(path, layout=layout)
    assert project.package == f"{name}_notebook"
    assert f"{name}_notebook/pipeline.py" in project.files
    with pytest.raises(UsageError, match="would lie where the layout has a folder") as error:
        convert_notebook(path, layout=layout, name=name)
    assert "--layout src" in error.value.hint
    assert convert_notebook(path, name=name).package == name


@pytest.mark.parametrize("module", ["config", "model", "noxfile", "setup"])
def test_a_module_beside_the_notebook_can_not_lie_there(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("x = 1\n")
    path = notebook(tmp_path, f"import {module}\nprint({module}.x)")
    with pytest.raises(UsageError, match=f"--layout ccds: `{module}`"):
        convert_notebook(path, layout="ccds")
    assert f"src/{module}.py" in convert_notebook(path).files


def test_an_unknown_layout_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--layout flat: there are src, docker-science, ccds"):
        convert_notebook(notebook(tmp_path, "print(1)"), layout="flat")
