"""The command line of a package that keeps its notebook as one script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nb2pkg.project.render import render

HEAD = """from told_script.cli import start as _start
from told_script.display import show as _show

_start()
"""
INSPECTS_ITSELF = """
import pickle, sys

class Row:
    pass

print(sys.modules["__main__"].__dict__ is globals(), sys.argv[1:])
print(type(pickle.loads(pickle.dumps(Row()))) is Row)
_show([Row, 1])
"""
# What the console script of an installed package does.
CONSOLE = ("-c", "import sys; from told_script.cli import main; sys.exit(main())")
MODULE = ("-m", "told_script")
STARTS = pytest.mark.parametrize("start", [MODULE, CONSOLE], ids=["module", "console script"])


def make(folder: Path, code: str) -> Path:
    """Write a package and return the folder to run it in."""
    home = folder / "lib" / "told_script"
    home.mkdir(parents=True)
    for name in ("batch", "display", "pretty", "cli", "__init__"):
        text = render(
            f"src/PACKAGE/{name}.py.jinja",
            package="told_script",
            title="A script",
            uses_figures=False,
            uses_pandas=False,
            asynchronous=False,
            has_config=False,
            needs_tomli=False,
            driver="run",
            results_class="",
            predictor_class="",
            script=True,
            writes_files=False,
            stages=(),
        )
        (home / f"{name}.py").write_text(text, encoding="utf-8")
    (home / "__main__.py").write_text(HEAD + code, encoding="utf-8")
    work = folder / "work"
    work.mkdir()
    return work


def run(work: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(work.parent / "lib")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )


@STARTS
def test_code_finds_itself_as_main(tmp_path: Path, start: tuple[str, ...]) -> None:
    done = run(make(tmp_path, INSPECTS_ITSELF), *start)

    assert (done.returncode, done.stdout) == (0, "True []\nTrue\n[__main__.Row, 1]\n")


@STARTS
def test_options_are_read_and_hidden_from_the_code(tmp_path: Path, start: tuple[str, ...]) -> None:
    work = make(tmp_path, "import os, sys, beside\nprint(os.path.basename(os.getcwd()), sys.argv[1:])\n_show(1)\n")
    (work / "other").mkdir()
    (work / "other" / "beside.py").touch()

    done = run(work, *start, "--workdir", "other", "--quiet")

    assert (done.returncode, done.stdout) == (0, "other []\n")


@STARTS
def test_settings_are_not_offered(tmp_path: Path, start: tuple[str, ...]) -> None:
    done = run(make(tmp_path, "print('ran')\n"), *start, "--set", "a=1")

    assert done.returncode == 2
    assert "unrecognized arguments: --set a=1" in done.stdout
    assert "ran" not in done.stdout


@STARTS
def test_an_exception_of_the_code_is_passed_on(tmp_path: Path, start: tuple[str, ...]) -> None:
    done = run(make(tmp_path, "print('before')\nraise KeyError('gone')\n"), *start)

    assert done.returncode == 1
    assert "before\n" in done.stdout
    assert "KeyError: 'gone'\n" in done.stdout


def test_output_comes_before_the_traceback(tmp_path: Path) -> None:
    done = run(make(tmp_path, "print('before')\nraise KeyError('gone')\n"), *CONSOLE)

    assert done.stdout.startswith("before\nTraceback")


def test_a_call_with_arguments_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    code = """
import sys
from told_script.cli import main

main_module, command_line = sys.modules["__main__"], list(sys.argv)
print(main(["--quiet"]), main([]))
print(sys.modules["__main__"] is main_module, sys.argv == command_line)
"""
    done = run(make(tmp_path, "print('run')\n_show('shown')\n"), "-c", code, "argument of the process")

    assert (done.returncode, done.stdout) == (0, "run\nrun\n'shown'\n0 0\nTrue True\n")
