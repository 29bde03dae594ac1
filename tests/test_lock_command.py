"""`nb2pkg convert --lock`, with an uv that is made here: the real one asks registries."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from making import notebook

from nb2pkg.commands import convert
from nb2pkg.wishes import Wishes

WRITES = "open('uv.lock', 'w').write('locked')"
FAILS = "import sys; sys.exit('no version of numpy fits')"


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is all of the PATH; what is called uv in it is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def make_uv(folder: Path, code: str) -> None:
    if os.name == "nt":
        pytest.skip("a script of POSIX")
    path = folder / "uv"
    path.write_text(f"#!{sys.executable}\n{code}\n", encoding="utf-8")
    path.chmod(0o755)


def run(folder: Path) -> int:
    book = notebook(folder, "import json\nprint(json.dumps(1))")
    return convert.run(convert.Options((book,), Wishes(), folder / "out", lock=True))


def test_uv_locks_the_project(tmp_path: Path, uv: Path) -> None:
    make_uv(uv, WRITES)
    assert run(tmp_path) == 0
    assert (tmp_path / "out" / "uv.lock").read_text(encoding="utf-8") == "locked"


def test_uv_finds_a_project_that_is_named_from_the_current_folder(
    tmp_path: Path, uv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_uv(uv, f"import os, sys; os.chdir(sys.argv[sys.argv.index('--project') + 1])\n{WRITES}")
    monkeypatch.chdir(tmp_path)
    book = notebook(tmp_path, "import json\nprint(json.dumps(1))")
    assert convert.run(convert.Options((book,), Wishes(), Path("out"), lock=True)) == 0
    assert (tmp_path / "out" / "uv.lock").is_file()


@pytest.mark.parametrize("code", [FAILS, "pass"])
def test_what_uv_can_not_lock_is_not_written(
    tmp_path: Path, uv: Path, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_uv(uv, code)
    assert run(tmp_path) == 1
    error = capsys.readouterr().err
    assert "uv can't lock the project: nothing was written" in error
    assert "numpy" in error or code == "pass"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "small_book.ipynb"]


def test_without_uv_that_is_said(tmp_path: Path, uv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    assert "uv is not on the PATH, so there is no uv.lock" in capsys.readouterr().err
    assert (tmp_path / "out" / "pyproject.toml").exists()
    assert not (tmp_path / "out" / "uv.lock").exists()


def test_the_summary_says_where_versions_are_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = notebook(tmp_path, "%pip install confseq==0.0.9", "import confseq, jinja2")
    convert.run(convert.Options((book,), Wishes(python=sys.prefix), tmp_path / "a"))
    line = next(line for line in capsys.readouterr().out.splitlines() if "dependencies" in line)
    assert line.startswith("  2 dependencies: 1 in the versions of ")
    assert line.endswith("; 1 in versions that the notebook or its files say")
    convert.run(convert.Options((notebook(tmp_path, "import confseq"),), Wishes(), tmp_path / "b"))
    assert "  1 dependency: nothing says in which versions" in capsys.readouterr().out.splitlines()
