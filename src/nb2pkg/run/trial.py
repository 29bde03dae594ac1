"""Runs the recorded tests of a new project once: what fails at once is a finding, not a test."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.errors import WriteError
from nb2pkg.model import Flow, Project
from nb2pkg.project.inputs import climbs
from nb2pkg.project.recording import Recording
from nb2pkg.project.write import write_project
from nb2pkg.run.limits import NO_LIMITS, Limits, run
from nb2pkg.run.sandbox import sandbox

SLOW = 20.0  # seconds: a test that takes longer is left out


@dataclass(frozen=True, slots=True)
class Failed:
    """A test that does not pass at once, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recordings:
    """A project with recorded tests, what they were made of, and those that failed at once and were left out."""

    flow: Flow
    project: Project
    recording: Recording
    failed: tuple[Failed, ...]


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
    notebook = Path(flow.notebook.path)
    with tempfile.TemporaryDirectory(prefix="nb2pkg-") as home, sandbox(notebook, climbs=climbs(flow)) as folder:
        place, report = Path(home, "project"), Path(home, "report.xml")
        write_project(project, place)
        tests = [str(place / name) for name in files]
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            f"--junitxml={report}",
            "--rootdir",
            str(place),
        ]
        done = run([python, "-m", "pytest", *options, *tests], folder=folder, limits=limits)
        if done.code == 1 and not report.exists():
            return ()  # no pytest there
        if not report.exists():
            raise WriteError("the recorded tests can't be run", why=(done.err or done.out.decode("utf-8", "replace"))[-500:])
        return tuple(_failed(report))


_OTHERS = frozenset({"tests/test_end_to_end.py"})


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
