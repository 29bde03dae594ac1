"""The packages made of tests/notebooks show what the notebooks' saved outputs show, and write what they wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from executed import FOLDERS, NOTEBOOKS, saved

from nb2pkg.pipeline import convert_notebook

NAMES = sorted(name for name, folder in FOLDERS.items() if folder.parent == NOTEBOOKS)
# The files that a run leaves behind, apart from figures.
WRITTEN = {
    "sensor_cleaning": ["clean.csv"],
    "spam_pipeline": ["spam_model.joblib"],
    "survey_report": ["satisfaction.csv"],
}


@cache
def generated(name: str, home: Path) -> Path:
    """Write the project that a notebook becomes, and return its folder."""
    for path, data in convert_notebook(FOLDERS[name] / f"{name}.ipynb").files.items():
        target = home / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return home / name


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


def run(project: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a generated package in a folder."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "MPL"))}
    return subprocess.run(
        [sys.executable, "-m", project.name, *arguments],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(project / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
    )


def test_there_are_notebooks() -> None:
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_run_shows_and_writes_what_the_notebook_does(name: str, home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDERS[name], tmp_path / name))

    done = run(generated(name, home), folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == "".join(text for _, text in saved(name)).splitlines()
    new = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not (FOLDERS[name] / path.relative_to(folder)).exists()
    )
    figures = [text for _, text in saved(name) if text.startswith("<Figure size")]
    assert new == sorted(
        [*WRITTEN.get(name, []), *(f"reports/figures/figure-{number}.png" for number, _ in enumerate(figures, 1))]
    )


def test_parameters_of_a_tagged_cell_are_settings(home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDERS["sales_forecast"], tmp_path / "sales_forecast"))

    done = run(generated("sales_forecast", home), folder, "--quiet", "--set", "store=south")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith(" days in south")
