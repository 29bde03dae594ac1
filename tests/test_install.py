"""From the notebook to a run of the installed package: what it prints is what the notebook's saved outputs show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from executed import EXAMPLES, runnable, saved

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/source.py"))
FIGURE = "<Figure size"
PNG = b"\x89PNG\r\n"


@dataclass(frozen=True)
class Installed:
    """An example that was converted and installed, and a copy of its folder to run in."""

    name: str
    project: Path
    library: Path  # where pip put it
    folder: Path
    elsewhere: Path  # an empty folder

    def run(self, *arguments: str, start: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run the package from another folder than the notebook's."""
        command = [*(start or (sys.executable, "-m", self.name)), "--workdir", str(self.folder), *arguments]
        return call(command, self.elsewhere, PYTHONPATH=str(self.library))

    def new_files(self) -> list[Path]:
        """Return the files in the folder that the example does not bring."""
        example = EXAMPLES / self.name
        files = [p.relative_to(self.folder) for p in self.folder.rglob("*") if p.is_file()]
        # The README's commands leave reports in the example's own folder.
        return sorted(self.folder / p for p in files if p.parts[0] == "reports" or not (example / p).exists())


def call(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command; the settings of this test run don't reach it."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "MPL"))}
    # What the image of a project with MeCab sets; who has no MeCab does not read it.
    variables |= {"PYTHONIOENCODING": "utf-8", "MECABRC": "/etc/mecabrc", **environment}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )


def printed(name: str) -> list[str]:
    return "".join(text for kind, text in saved(name) if kind == "printed").splitlines()


@cache
def installed_example(name: str, home: Path) -> Installed:
    """Convert an example, and install it into a folder of its own, so that no environment changes.

    pip fetches what builds the package (hatchling); the libraries that it needs are those of this environment.
    """
    home = home / name
    home.mkdir()
    found = Installed(name, home / "project", home / "library", home / "notebook", home / "elsewhere")
    shutil.copytree(EXAMPLES / name, found.folder, ignore=shutil.ignore_patterns("reports"))
    found.elsewhere.mkdir()
    notebook = found.folder / f"{name}.ipynb"
    done = call([sys.executable, "-m", "nb2pkg", "convert", str(notebook), "-o", str(found.project)], home)
    assert (done.returncode, done.stderr) == (0, "")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = call([*pip, "--target", str(found.library), str(found.project)], home)
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installed")


@pytest.fixture(params=runnable(NAMES))
def installed(request: pytest.FixtureRequest, home: Path) -> Installed:
    return installed_example(request.param, home)


def test_run_shows_what_the_notebook_shows(installed: Installed) -> None:
    done = installed.run()

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == "".join(text for _, text in saved(installed.name)).splitlines()
    figures = [text for _, text in saved(installed.name) if text.startswith(FIGURE)]
    assert figures
    files = [Path("reports/figures") / f"figure-{number}.png" for number, _ in enumerate(figures, 1)]
    assert installed.new_files() == [installed.folder / path for path in files]
    assert all(path.read_bytes().startswith(PNG) for path in installed.new_files())
    assert [line for line in done.stderr.splitlines() if line.endswith(".png")] == [str(path) for path in files]
    assert list(installed.elsewhere.iterdir()) == []


def test_generated_tests_pass(installed: Installed) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    done = call(command, installed.project, NOTEBOOK_FOLDER=str(installed.folder))

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_wrong_settings_are_refused(installed: Installed) -> None:
    before = installed.new_files()
    for setting in ("NO_SUCH_SETTING=1", "no equals sign"):
        done = installed.run("--set", setting)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"error: --set {setting}: " in done.stderr
    assert installed.new_files() == before


@pytest.mark.parametrize("installed", ["simulation"], indirect=True)
def test_quiet_run_only_prints(installed: Installed) -> None:
    done = installed.run("--quiet")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == printed(installed.name)


@pytest.mark.parametrize("installed", ["simulation"], indirect=True)
def test_command_is_installed(installed: Installed) -> None:
    (script,) = (path for path in installed.library.glob("*/*") if path.stem == installed.name and path.is_file())

    done = installed.run("--help", start=(str(script),))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: simulation ")


@pytest.mark.parametrize(
    ("installed", "setting"), [("simulation", "opening_hours=4"), ("reviews_ja", "seed=7")], indirect=["installed"]
)
def test_settings_change_the_run(installed: Installed, setting: str) -> None:
    done = installed.run("--quiet", "--set", setting)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(printed(installed.name))
    assert done.stdout.splitlines() != printed(installed.name)
