"""Generated packages when nobody watches: one run at a time, a log, exit codes, results that are whole or not there."""

from __future__ import annotations

import errno
import importlib.util
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from test_generated_cli import RESULTS, make, run
from test_generated_script import make as make_script

from nb2pkg.project.render import render

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
# It says that it has begun, and goes on when a file appears.
SLOW = """
import os, sys, time

def run(config=None):
    print("begun", flush=True)
    end = time.monotonic() + 60
    while not os.path.exists("go") and time.monotonic() < end:
        time.sleep(0.02)
    print("done")
"""


@contextmanager
def begun(work: Path, *arguments: str, package: str = "told_book") -> Iterator[subprocess.Popen[str]]:
    """Start a package and wait until its code runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", package, *arguments],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(work.parent / "lib")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_in_the_same_folder_leaves_with_75(tmp_path: Path) -> None:
    work = make(tmp_path, SLOW)
    other = tmp_path / "other"
    other.mkdir()
    (other / "go").touch()
    before = sorted(work.iterdir())

    with begun(work) as first:
        second = run(work)
        elsewhere = run(work, "--workdir", str(other))
        by_another_way = run(other, "--workdir", str(Path("..", "other", "..", "work")))
        assert sorted(work.iterdir()) == before
        (work / "go").touch()
        assert first.communicate(timeout=60)[0] == "done\n"

    assert (second.returncode, second.stdout) == (75, "")
    assert second.stderr == f"told_book: another run is going on in {work.resolve()}\n"
    assert by_another_way.returncode == 75
    assert elsewhere.returncode == 0
    assert run(work).returncode == 0


@posix
@pytest.mark.parametrize("sign", ["SIGKILL", "SIGTERM"])
def test_a_run_that_is_killed_holds_nothing(tmp_path: Path, sign: str) -> None:
    work = make(tmp_path, SLOW)

    with begun(work) as first:
        assert run(work).returncode == 75
        first.send_signal(getattr(signal, sign))
        first.wait(timeout=60)
        (work / "go").touch()
        assert run(work).stdout == "begun\ndone\n"


def test_a_run_waits_for_another(tmp_path: Path) -> None:
    work = make(tmp_path, SLOW)

    with begun(work) as first:
        start = time.monotonic()
        assert run(work, "--wait", "0.5").returncode == 75
        assert time.monotonic() - start >= 0.5
        second = subprocess.Popen(
            [sys.executable, "-m", "told_book", "--wait", "60"],
            cwd=work,
            env={**os.environ, "PYTHONPATH": str(work.parent / "lib")},
            stdout=subprocess.PIPE,
            text=True,
        )
        (work / "go").touch()
        first.wait(timeout=60)
        assert second.communicate(timeout=60)[0] == "begun\ndone\n"


def test_the_same_process_may_run_it_again(tmp_path: Path) -> None:
    work = make(tmp_path, "def run(config):\n    print('ran')\n    raise LookupError\n")
    code = """
from told_book.cli import main
for _ in range(2):
    try:
        main([])
    except LookupError:
        pass
"""
    assert run(work, start=("-c", code)).stdout == "ran\nran\n"


@posix
def test_children_do_not_keep_the_lock(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\ndef run(config):\n    subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1)\n"
    )
    work = make(tmp_path, code)

    assert [run(work).returncode for _ in range(2)] == [0, 0]


def test_scripts_are_locked_as_well(tmp_path: Path) -> None:
    code = SLOW.replace("def run(config=None):", "if True:")
    work = make_script(tmp_path, f"print('ran', flush=True)\n{code}")
    (work / "go").touch()
    again = "from told_script.cli import main; print(main([]), main([]))"
    environment = {**os.environ, "PYTHONPATH": str(work.parent / "lib")}
    twice = subprocess.run([sys.executable, "-c", again], cwd=work, env=environment, capture_output=True, text=True)
    assert twice.stdout == "ran\nbegun\ndone\n" * 2 + "0 0\n", twice.stderr
    (work / "go").unlink()
    (tmp_path / "lib" / "told_script" / "__main__.py").write_text(
        "from told_script.cli import start as _start\n_start()\n" + code
    )

    with begun(work, package="told_script"):
        second = run(work, start=("-m", "told_script"))
        waited = run(work, "--wait", "0.3", start=("-m", "told_script"))

    assert (second.returncode, waited.returncode, second.stdout) == (75, 75, "")
    assert "another run is going on" in second.stderr


@posix
def test_an_interrupt_leaves_with_130(tmp_path: Path) -> None:
    work = make(tmp_path, SLOW)

    with begun(work, "--log-level", "info") as process:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "KeyboardInterrupt after" in errors
    assert errors.endswith("told_book: interrupted\n")
    assert "Traceback" not in errors


def test_results_are_written_in_one_step(tmp_path: Path) -> None:
    code = "import os; print(sorted(os.listdir('.')))"
    work = make(tmp_path, RESULTS.format(code=code, value="0.5"), has_config=False, results_class="Results")
    other = tmp_path / "other"
    other.mkdir()

    done = run(work, "--output", "results.json", "--json", "--workdir", str(other))

    assert json.loads(done.stdout) == {"one": 0.5}
    assert (work / "results.json").read_text() == '{"one": 0.5}\n'
    assert [path.name for path in work.iterdir()] == ["results.json"]
    assert "[]" in done.stderr


def test_a_failed_run_leaves_the_old_results(tmp_path: Path) -> None:
    text = RESULTS.format(code="raise LookupError('x')", value="3")
    work = make(tmp_path, text, has_config=False, results_class="Results")
    (work / "results.json").write_text("old")

    done = run(work, "--output", "results.json", "--log-level", "error")

    assert done.returncode == 1
    assert "ERROR told_book: LookupError after" in done.stderr
    assert [(p.name, p.read_text()) for p in work.iterdir()] == [("results.json", "old")]


@pytest.mark.parametrize("where", ["missing/results.json", "."])
def test_results_that_could_not_be_written_are_refused_before_the_run(tmp_path: Path, where: str) -> None:
    work = make(tmp_path, RESULTS.format(code="", value="3"), has_config=False, results_class="Results")

    done = run(work, "--output", where)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"--output: can't write {where}" in done.stderr


@posix
def test_results_go_where_a_link_points(tmp_path: Path) -> None:
    work = make(tmp_path, RESULTS.format(code="", value="3"), has_config=False, results_class="Results")
    (tmp_path / "real.json").write_text("old")
    (work / "results.json").symlink_to(tmp_path / "real.json")

    assert run(work, "--output", "results.json").returncode == 0
    assert (work / "results.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == '{"one": 3}\n'


LOGGING = """
import logging, sys

def run(config=None):
    root = logging.getLogger()
    known = [name for name in logging.root.manager.loggerDict if name.startswith("told")]
    own = logging.getLogger("told_book")
    print(root.handlers, root.level, known, own.handlers, own.level)
    logging.getLogger("told_book").info("not shown")
    logging.getLogger("told_book").warning("as ever")
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    logging.getLogger("told_book").info("once")
"""


@pytest.mark.parametrize("arguments", [(), ("--log-level", "debug")])
def test_the_notebook_has_its_logging_to_itself(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(make(tmp_path, LOGGING), *arguments)

    assert done.stdout == "[] 30 [] [] 0\nonce\n"
    assert [line for line in done.stderr.splitlines() if " told_book: " not in line] == ["as ever"]
    assert bool(arguments) == ("INFO told_book: started in " in done.stderr)


def test_the_log_says_what_happens_and_no_values(tmp_path: Path) -> None:
    work = make(tmp_path, RESULTS.format(code="", value="3"), has_config=False, results_class="Results")
    done = run(work, "--log-level", "info", "--output", "r.json")

    said = [line.partition("INFO told_book: ")[2] for line in done.stderr.splitlines()]
    assert said[0] == f"started in {work.resolve()}"
    assert said[1] == f"wrote {work.resolve() / 'r.json'}"
    assert said[2].startswith("finished after 0.")
    assert run(work).stderr == ""
    assert run(work, "--log-level", "loud").returncode == 2


def batch_module(monkeypatch: pytest.MonkeyPatch, folder: Path, platform: str) -> ModuleType:
    """Return the module as it is on a platform."""
    path = folder / "batch.py"
    path.write_text(render("src/PACKAGE/batch.py.jinja", package="told_book", writes_files=True), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("told_batch", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.platform", platform)
    spec.loader.exec_module(module)
    return module


def test_windows_locks_a_byte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held: list[int] = []

    def locking(file: int, mode: int, size: int) -> None:
        assert (mode, size) == (2, 1)
        if held:
            raise OSError(errno.EACCES, "Permission denied")
        held.append(file)

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.chdir(tmp_path)
    batch = batch_module(monkeypatch, tmp_path, "win32")

    batch.lock(0)
    with pytest.raises(batch.AnotherRunError):
        batch.lock(0)
    batch.unlock()
    held.clear()
    batch.lock(0)
    batch.unlock()


@posix
def test_where_nothing_can_be_locked_the_run_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    batch = batch_module(monkeypatch, tmp_path, sys.platform)
    monkeypatch.setattr(batch.tempfile, "gettempdir", lambda: str(tmp_path / "missing"))
    told = io.StringIO()
    batch.log.addHandler(logging.StreamHandler(told))

    with batch.only_run(0), batch.only_run(0):
        told.write("both run\n")
    assert told.getvalue().count("nothing keeps a second run out: ") == 2
    assert "both run" in told.getvalue()


def test_a_file_is_whole_or_as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    batch = batch_module(monkeypatch, tmp_path, sys.platform)
    path = tmp_path / "out" / "a"
    path.parent.mkdir()
    path.write_text("old")

    with pytest.raises(ZeroDivisionError), batch.whole_file(path) as file:
        file.write(b"half")
        assert path.read_text() == "old"
        raise ZeroDivisionError
    assert [p.read_text() for p in path.parent.iterdir()] == ["old"]
    with batch.whole_file(path) as file:
        file.write(b"new")
    assert [p.read_text() for p in path.parent.iterdir()] == ["new"]
