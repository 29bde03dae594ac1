"""Notebooks are executed as Jupyter does it, in a copy of their folder, under limits and watched by probes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import RunError
from nb2pkg.run.limits import MARK, Limits, run, side_by_side
from nb2pkg.run.notebook import CellRun, Execution, Probe, execute
from nb2pkg.run.sandbox import sandbox

CELLS: tuple[str | Mapping[str, Any], ...] = (
    "#md # Title",  # 1
    "\n\nx = 1; y = 2\nx = x + 1\nx",  # 2
    "%%time\n\nz = [x]\nz.append(3)\nz",  # 3
    "%%capture out\nw = 5\nprint(w)",  # 4
    "%matplotlib inline\nn = !echo \\\n  a\nv = 7\nv;",  # 5
    {"cell_type": "code", "source": "1 / 0", "metadata": {"tags": ["raises-exception"]}, "outputs": []},  # 6
    {"cell_type": "code", "source": "nothing()", "metadata": {"tags": ["skip-execution"]}, "outputs": []},  # 7
    "for i in range(3):\n    pass\n\n\n@property\ndef f(self):\n    return 1\n",  # 8
    "_",  # 9
    "from __future__ import annotations\nq = 9",  # 10
    "raise ValueError('here')",  # 11
    "after = 1",  # 12
)
PLACES = [  # cell, line, names
    (2, 3, "x"),
    (2, 4, "x"),
    (2, 5, "x"),
    (3, 3, "z"),
    (3, 4, "z"),
    (3, 5, "z"),
    (4, 2, "w"),
    (5, 4, "v"),
    (8, 1, "i"),
    (8, 5, "f"),
    (10, 1, "q"),
    (10, 2, "q"),
    (11, 1, "q"),
    (12, 1, "q"),
]
MARKS = [
    {"kind": "values", "cell": cell, "line": line, "when": when, "id": number, "names": [name]}
    for number, (cell, line, name) in enumerate(PLACES)
    for when in ("before", "after")
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    path = notebook(tmp_path_factory.mktemp("book"), *CELLS)
    with sandbox(path) as folder:
        return execute(read_notebook(path, keep_going=True), folder, marks=MARKS, probes=[Probe("values")])


def cell(done: Execution, number: int) -> CellRun:
    return done.cells[number - 1]


def seen(done: Execution, when: str) -> dict[tuple[int, int], str]:
    """Return the values that were seen: (cell, line) -> text."""
    rows = [entry for entry in done.observed if entry["kind"] == "value" and entry["when"] == when]
    return {(r["cell"], r["line"]): r["summary"].get("text", r["summary"]["type"]) for r in rows}


def test_cells_show_what_they_show_without_probes(done: Execution) -> None:
    assert [o.text for o in cell(done, 2).outputs] == ["2"]
    assert cell(done, 3).outputs[-1].text == "[2, 3]"
    assert cell(done, 4).outputs == ()
    assert cell(done, 5).outputs == ()
    assert [o.text for o in cell(done, 9).outputs] == ["[2, 3]"]


def test_values_are_seen_after_their_statements(done: Execution) -> None:
    after = seen(done, "after")
    assert [after[2, n] for n in (3, 4, 5)] == ["1", "2", "2"]
    assert [after[3, n] for n in (3, 4, 5)] == ["[2]", "[2, 3]", "[2, 3]"]
    assert after[4, 2] == "5"
    assert after[5, 4] == "7"
    assert after[8, 1] == "2"
    assert after[8, 5] == "property"
    assert after[10, 2] == "9"


def test_values_are_seen_before_their_statements(done: Execution) -> None:
    before = seen(done, "before")
    assert before[2, 4] == "1"
    assert before[3, 4] == "[2]"
    assert before[11, 1] == "9"
    assert (2, 3) not in before  # not bound yet


def test_an_error_ends_the_run_but_not_where_it_is_expected(done: Execution) -> None:
    assert [c.executed for c in done.cells] == [n not in (1, 7, 12) for n in range(1, 13)]
    assert cell(done, 6).error is not None and cell(done, 6).error.name == "ZeroDivisionError"
    assert done.error is not None and done.error.message == "here"
    assert (11, 1) not in seen(done, "after")


def test_no_probe_failed(done: Execution) -> None:
    assert [entry for entry in done.observed if entry["kind"] == "failure"] == []


def test_random_numbers_can_be_seeded(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        "import random\nimport numpy as np\nrandom.random(), np.random.rand(), np.random.default_rng().random()",
    )
    runs = side_by_side([lambda: execute(read_notebook(path), tmp_path, seed=3) for _ in range(2)])
    assert runs[0].cells[0].outputs[0].text == runs[1].cells[0].outputs[0].text


def test_time_is_limited(tmp_path: Path) -> None:
    path = notebook(tmp_path, "a = 1", "import time\ntime.sleep(60)")
    done = execute(read_notebook(path), tmp_path, limits=Limits(timeout=4))
    assert done.stopped == "timeout"
    assert done.cells[0].executed


def test_memory_is_limited(tmp_path: Path) -> None:
    script = "import time\nfilled = bytearray(300_000_000)\nfilled[::4096] = b'x' * len(filled[::4096])\ntime.sleep(60)"
    done = run([sys.executable, "-c", script], folder=tmp_path, limits=Limits(memory=100_000_000, timeout=50))
    assert done.stopped == "memory"
    assert done.code is None


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell what is shared")
def test_what_forks_share_counts_once(tmp_path: Path) -> None:
    script = (
        "import os, time\nfilled = bytearray(300_000_000)\nfilled[::4096] = b'x' * len(filled[::4096])\n"
        "os.fork() and os.fork()\ntime.sleep(1)"
    )
    done = run([sys.executable, "-c", script], folder=tmp_path, limits=Limits(timeout=50))
    assert 250_000_000 < done.peak < 500_000_000


def processes(mark: str) -> Iterator[int]:
    """Yield the processes with a mark."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                yield int(entry.name)
        except OSError:
            continue


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_nothing_outlives_a_run(tmp_path: Path) -> None:
    child = "import os, time, pathlib; os.setsid(); pathlib.Path('ready').touch(); time.sleep(60)"
    script = (
        f"import subprocess, sys, os, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"while not os.path.exists('ready'): time.sleep(0.01)\nprint(os.environ[{MARK!r}])"
    )
    done = run([sys.executable, "-c", script], folder=tmp_path)
    assert done.code == 0
    assert done.out.strip()
    assert list(processes(done.out.decode().strip())) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_failure_ends_the_other_runs(tmp_path: Path) -> None:
    def fails() -> None:
        raise RunError("no")

    started = time.monotonic()
    with pytest.raises(RunError):
        side_by_side([fails, lambda: run([sys.executable, "-c", "import time; time.sleep(60)"], folder=tmp_path)])
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_signal_ends_the_runs(tmp_path: Path) -> None:
    script = f"import os, signal, time; os.kill({os.getpid()}, signal.SIGTERM); time.sleep(60)"
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        side_by_side([lambda: run([sys.executable, "-c", script], folder=tmp_path)])
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_copy_of_the_folder_is_made_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "project" / "book"
    path = notebook(home, "pass")
    (home / "data").mkdir()
    (home / "data" / "a.csv").write_text("a\n1\n")
    (home / ".git").mkdir()
    (tmp_path / "project" / "shared.txt").write_text("shared")
    if sys.platform != "win32":
        (home / "inner").symlink_to("data")
        (home / "outer").symlink_to("../shared.txt")
    with sandbox(path) as folder:
        assert folder.name == "book"
        assert (folder / "data" / "a.csv").read_text() == "a\n1\n"
        assert not (folder / ".git").exists()
        assert not (folder.parent / "shared.txt").exists()
        if sys.platform != "win32":
            assert os.readlink(folder / "inner") == "data"
            assert (folder / "outer").read_text() == "shared"
        (folder / "data" / "a.csv").write_text("changed")
    assert not folder.exists()
    assert (home / "data" / "a.csv").read_text() == "a\n1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_notebook_that_looks_above_its_folder_finds_what_is_there(tmp_path: Path) -> None:
    path = notebook(tmp_path / "project" / "book", "pass")
    (tmp_path / "project" / "shared.txt").write_text("shared")
    with sandbox(path, climbs=True) as folder:
        assert (folder / ".." / "shared.txt").read_text() == "shared"
        (folder / ".." / "new.txt").write_text("new")
    assert sorted(p.name for p in (tmp_path / "project").iterdir()) == ["book", "shared.txt"]
