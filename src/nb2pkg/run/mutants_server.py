"""Processes that run a project's tests with other files in its package, each on a copy of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from nb2pkg.errors import Nb2pkgError

PROBES = ("mutants_server.py", "mutants_tests.py", "mutants_trace.py")
# What no test needs, and may be large.
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", ".nox", ".tox", "node_modules", "__pycache__", ".*_cache", "*.egg-info", ".ipynb_*"
)
# They start threads when imported, which a fork doesn't take along.
_NOT_FORKED = frozenset({"tensorflow", "keras", "jax", "grpc", "ray"})


class ServerError(Nb2pkgError):
    """The Python that runs the tests can't do so."""


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
    """

    project: Path
    workdir: Path
    python: str
    libraries: tuple[str, ...]
    scratch: Path
    fresh: bool
    threads: int


def must_be_fresh(libraries: Sequence[str]) -> bool:
    """Say whether runs can't be forked from a process that has imported these libraries."""
    return not hasattr(os, "fork") or any(name.split(".")[0] in _NOT_FORKED for name in libraries)


class Server:
    """A process that answers one request at a time; made and closed by the process that asks."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.folder = bench.scratch / str(number)
        self.project, self.workdir = _copies(bench, self.folder)
        self.scratch = self.folder / "scratch"
        self.traces = self.folder / "traces"
        for folder in (self.scratch, self.traces):
            folder.mkdir()
        probes = self.folder / "probes"
        probes.mkdir()
        for name in PROBES:
            probes.joinpath(name).write_text(probe_text(name), "utf-8")
        tests = self.project / "tests"
        settings = {
            "project": str(self.project),
            "source": str(self.project / "src"),
            "where": str(tests if tests.is_dir() else self.project),
            "workdir": str(self.workdir),
            "scratch": str(self.scratch),
            "libraries": bench.libraries,
            "fresh": bench.fresh,
        }
        self.process = subprocess.Popen(
            [bench.python, str(probes / "mutants_server.py"), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(bench, self),
            start_new_session=True,  # an interrupt is for us: we end it
        )
        self.ready = False

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a run of the tests came to.

        Raises:
            ServerError: the process has ended.
        """
        if not self.ready:
            self._read()
            self.ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise _ended(self.process.args) from error
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise _ended(self.process.args)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process and what it runs."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()  # it ends its child, and itself
            self.process.wait(timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def probe_text(name: str) -> str:
    """Return a program that runs where nb2pkg may not be installed."""
    return files("nb2pkg.run.probe").joinpath(name).read_text(encoding="utf-8")


def _ended(command: Any) -> ServerError:
    return ServerError(
        f"{command[0]} can't run the project's tests",
        why="It ended before it answered.",
        hint="is pytest installed there? --python names another Python",
    )


def _copies(bench: Bench, folder: Path) -> tuple[Path, Path]:
    """Copy the project and the folder that its tests run in; return where they are."""
    folder.mkdir()
    project, workdir = bench.project.resolve(), bench.workdir.resolve()
    copy = folder / project.name
    shutil.copytree(project, copy, symlinks=True, ignore=_LEFT_OUT)
    if workdir.is_relative_to(project):
        return copy, copy / workdir.relative_to(project)

    def left_out(parent: str, names: list[str]) -> set[str]:
        inside = {name for name in names if Path(parent, name).resolve() == project}
        return inside | set(_LEFT_OUT(parent, names))

    place = folder / "work" / workdir.name
    shutil.copytree(workdir, place, symlinks=True, ignore=left_out)
    return copy, place


def _environment(bench: Bench, server: Server) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NB2PKG_TRACE"))}
    temporary = server.scratch / "tmp"
    temporary.mkdir()
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), str(bench.threads)
    )
    return {
        **kept,
        **threads,
        "PYTHONPATH": str(server.project / "src"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
        "NOTEBOOK_FOLDER": str(server.workdir),
        "TMPDIR": str(temporary),
    }


def default_jobs() -> int:
    """Return how many servers there are for the cores of this machine."""
    if sys.platform == "linux":
        return min(8, len(os.sched_getaffinity(0)))
    return min(8, os.cpu_count() or 1)
