"""Processes that run a project's tests with other files in its package, each on a copy of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from nb2pkg.errors import RunError
from nb2pkg.run.limits import Limits, Watched
from nb2pkg.run.sandbox import sandbox

PROBES = ("mutants_server", "mutants_tests", "mutants_trace")
_LAUNCHER = "from nb2pkg.run.probe.mutants_server import main\n\nmain()\n"
# What no test needs, and may be large.
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", ".nox", ".tox", "node_modules", "__pycache__", ".*_cache", "*.egg-info", ".ipynb_*"
)
# They start threads when imported, which a fork doesn't take along.
_NOT_FORKED = frozenset({"tensorflow", "keras", "jax", "grpc", "ray"})


@dataclass(frozen=True, slots=True)
class Bench:
    """What each server is made from.

    Attributes:
        project, workdir: the user's folders; they are copied, and nothing is written there.
        python: runs the tests.
        libraries: what the package imports besides itself and the standard library.
        scratch: our folder for the copies.
        fresh: start a Python for each run instead of forking.
        threads: how many each process may use for numbers.
        climbs: the package looks into the folders above its working directory.
        source: the folder that holds the package, relative to the project.
    """

    project: Path
    workdir: Path
    python: str
    libraries: tuple[str, ...]
    scratch: Path
    fresh: bool
    threads: int
    climbs: bool
    source: str = "src"


def must_be_fresh(libraries: Sequence[str]) -> bool:
    """Say whether runs can't be forked from a process that has imported these libraries."""
    return not hasattr(os, "fork") or any(name.split(".")[0] in _NOT_FORKED for name in libraries)


class Server:
    """A process that answers one request at a time; see `serving`."""

    def __init__(self, folder: Path, project: Path, python: str, process: subprocess.Popen[bytes]) -> None:
        self.project = project
        self.traces = folder / "traces"
        self.python = python
        self.process = process
        self.ready = False

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a run of the tests came to.

        Raises:
            RunError: the process has ended.
        """
        self.wait()
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise self._ended() from error
        return self._read()

    def wait(self) -> None:
        """Wait until the process has imported what it imports."""
        if not self.ready:
            self._read()
            self.ready = True

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> RunError:
        return RunError(
            f"{self.python} can't run the project's tests",
            why="It ended before it answered.",
            hint="is pytest installed there? --python names another Python",
        )


@contextmanager
def serving(bench: Bench, number: int) -> Iterator[Server]:
    """Start a server on copies of its own; at the end it is ended, with all that it started."""
    folder = bench.scratch / str(number)
    project = folder / bench.project.resolve().name
    shutil.copytree(bench.project, project, symlinks=True, ignore=_LEFT_OUT)
    for name in ("scratch", "traces", "tmp"):
        (folder / name).mkdir()
    tests = project / "tests"
    with _workdir(bench, project) as workdir, Watched(Limits()) as watched:
        settings = {
            "project": str(project),
            "source": str(project / bench.source),
            "where": str(tests if tests.is_dir() else project),
            "workdir": str(workdir),
            "scratch": str(folder / "scratch"),
            "libraries": bench.libraries,
            "fresh": bench.fresh,
        }
        process = subprocess.Popen(
            [bench.python, str(_launcher(folder / "probes")), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=watched.environment(_environment(bench, folder, project, workdir)),
            start_new_session=True,  # an interrupt is for us: we end it
        )
        watched.add(process.pid)
        try:
            yield Server(folder, project, bench.python, process)
        finally:
            watched.kill()
            process.communicate()


def probe_text(name: str) -> str:
    """Return a program that runs where nb2pkg may not be installed."""
    return files("nb2pkg.run.probe").joinpath(f"{name}.py").read_text(encoding="utf-8")


def _launcher(folder: Path) -> Path:
    """Write the probes, under their own names, and what starts them."""
    package = folder / "nb2pkg" / "run" / "probe"
    package.mkdir(parents=True)
    for parent in (package, package.parent, package.parent.parent):
        (parent / "__init__.py").touch()
    for name in PROBES:
        (package / f"{name}.py").write_text(probe_text(name), "utf-8")
    launcher = folder / "serve.py"
    launcher.write_text(_LAUNCHER, "utf-8")
    return launcher


@contextmanager
def _workdir(bench: Bench, project: Path) -> Iterator[Path]:
    """Give a copy of the folder that the tests run in: within the copy of the project, where it lies there."""
    wished, original = bench.workdir.resolve(), bench.project.resolve()
    if wished.is_relative_to(original):
        yield project / wished.relative_to(original)
    else:
        with sandbox(wished / "notebook", climbs=bench.climbs) as folder:
            yield folder


def _environment(bench: Bench, folder: Path, project: Path, workdir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NB2PKG_"))}
    numbers = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        **kept,
        **dict.fromkeys(numbers, str(bench.threads)),
        "PYTHONPATH": str(project / bench.source),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
        "NOTEBOOK_FOLDER": str(workdir),
        "TMPDIR": str(folder / "tmp"),
    }


def default_jobs() -> int:
    """Return how many servers there are for the cores of this machine."""
    if sys.platform == "linux":
        return min(8, len(os.sched_getaffinity(0)))
    return min(8, os.cpu_count() or 1)
