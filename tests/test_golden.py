"""What examples and the tests' notebooks become; `python tests/test_golden.py --update` writes it anew."""

from __future__ import annotations

import shutil
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from executed import FOLDERS

from nb2pkg.pipeline import convert_notebook

ROOT = Path(__file__).resolve().parent
GOLDEN = ROOT / "golden"
NAMES = sorted(FOLDERS)
# The same in every package, or a copy of the notebook itself.
LEFT_OUT = ("batch.py", "display.py", "pretty.py", "figures.py", "shell.py", "metrics.py", ".ipynb", "py.typed")
# What surrounds the package is looked at in two of them: the rest differs from them by names alone.
SURROUNDED = ("churn", "words_ja")
_PACKAGE = ("src/", "tests/", ".nb2pkg/", "pyproject.toml", "README.md")


@lru_cache
def generated(name: str) -> dict[str, str]:
    """Return what a notebook becomes, without the files that are the same for all: path -> text."""
    # Messages and the plan name the notebook as it was named.
    project = convert_notebook(FOLDERS[name] / f"{name}.ipynb")
    files = {path: data for path, data in project.files.items() if not path.endswith(LEFT_OUT)}
    kept = [path for path in files if name in SURROUNDED or path.startswith(_PACKAGE)]
    return {path: files[path].decode("utf-8") for path in kept}


def stored(name: str) -> dict[str, str]:
    """Return the golden files of a notebook."""
    folder = GOLDEN / name
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix().removesuffix(".golden"): path.read_text("utf-8") for path in files}


def update() -> None:
    """Write the golden files; those of files that are gone disappear."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name in NAMES:
        for path, text in generated(name).items():
            target = GOLDEN / name / f"{path}.golden"  # the suffix keeps test runners and linters away
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8"))


def test_every_notebook_has_golden_files() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == NAMES
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_files_are_those_agreed_upon(name: str) -> None:
    assert sorted(generated(name)) == sorted(stored(name))


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in NAMES for path in stored(name)])
def test_file_is_what_was_agreed_upon(name: str, path: str) -> None:
    assert generated(name)[path] == stored(name)[path], "if that is meant: python tests/test_golden.py --update"


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/test_golden.py --update")
    update()
