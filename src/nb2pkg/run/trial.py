"""Runs the recorded tests of a new project once: what fails at once is a finding, not a test."""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.errors import RunError
from nb2pkg.model import Flow, Location, Project
from nb2pkg.needs.inputs import climbs
from nb2pkg.project.layouts import layout_of
from nb2pkg.project.recording import Recording
from nb2pkg.project.write import write_project
from nb2pkg.run.limits import NO_LIMITS, Limits, run
from nb2pkg.run.sandbox import sandbox

SLOW = 20.0  # seconds: a test that takes longer is left out


@dataclass(frozen=True, slots=True)
class Failed:
    """A test that does not pass at once, and why; it may be kept to check less."""

    name: str
    reason: str
    kept: bool = False

    @property
    def whole_file(self) -> bool:
        """True where the file of tests can't even be imported: its name stands for it then."""
        return self.name.startswith("tests.")


@dataclass(frozen=True, slots=True)
class Recordings:
    """A project with recorded tests, those that failed at once, and what all of them were made of."""

    flow: Flow
    project: Project
    failed: tuple[Failed, ...]
    recording: Recording


def failing_tests(flow: Flow, project: Project, python: str, limits: Limits = NO_LIMITS) -> tuple[Failed, ...]:
    """Return the recorded tests that fail, or take long, in the notebook's folder.

    Args:
        flow: the notebook.
        project: its project.
        python: the interpreter that ran the notebook.
        limits: what the tests may take.
    """
    files = [name for name in project.files if name.startswith("tests/test_") and name not in _OTHERS]
    if not files or "tests/recorded.py" not in project.files:
        return ()
    source = layout_of(project.plan.scaffold.layout).place("")
    code = b"".join(text for name, text in project.files.items() if name.startswith(source) and name.endswith(".py"))
    found: dict[str, Failed] = {}
    for seed in _HASH_SEEDS if b"set(" in code else _HASH_SEEDS[:1]:
        found |= {f.name: f for f in _failing(flow, project, python, files, seed, limits)}
    return tuple(found[name] for name in sorted(found))


_OTHERS = frozenset({"tests/test_end_to_end.py"})
_HASH_SEEDS = ("1", "2", "3")  # the order of sets hangs on it; the notebook ran with 0


def _failing(
    flow: Flow, project: Project, python: str, files: Sequence[str], seed: str, limits: Limits
) -> list[Failed]:
    notebook = Path(flow.notebook.path)
    with tempfile.TemporaryDirectory(prefix="nb2pkg-") as home, sandbox(notebook, climbs=climbs(flow)) as folder:
        place, report = Path(home, "project"), Path(home, "report.xml")
        write_project(project, place)
        tests = [str(place / name) for name in files]
        options = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", f"--junitxml={report}"]
        command = [python, "-m", "pytest", *options, "--rootdir", str(place), *tests]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = run(command, folder=folder, environment=environment, limits=limits)
        if "No module named pytest" in done.err:
            return []
        if not report.exists():
            raise RunError(
                "the recorded tests can't be run",
                location=Location(flow.notebook.path),
                why=done.stopped or (done.err or done.out.decode("utf-8", "replace"))[-500:],
                hint="give them more with --timeout and --memory, or leave out --run",
            )
        return _failed(report)


def _failed(report: Path) -> list[Failed]:
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):
        name = str(case.get("name", "")).partition("[")[0]
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        if bad is not None:
            found.append(Failed(name, " ".join(str(bad.get("message", "")).split())[:200]))
        elif float(case.get("time", "0")) > SLOW:
            found.append(Failed(name, "it takes too long"))
    return found
