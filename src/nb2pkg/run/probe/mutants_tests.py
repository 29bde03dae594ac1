"""One run of a project's tests, by pytest, in this process; answers with a file. Stand-alone but for pytest.

The request says which tests, in which order, whether the first failure ends it, and whether to note the lines they run.
"""

import glob
import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from nb2pkg.run.probe import mutants_trace

_OPTIONS = ["-q", "--tb=short", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run tests and return what came out: `tests`, `errors` of collecting them, `lines` by test when asked for."""
    broken = _import_error(request.get("imports", []))
    if broken:
        return {"import_error": broken}
    plugin = _Plugin(request)
    options = [*_OPTIONS, f"--rootdir={request['project']}", f"--basetemp={request['scratch']}/pytest"]
    options += ["-x"] if request.get("first") else []
    if importlib.util.find_spec("pytest_cov") is not None:
        options.append("--no-cov")  # it would watch beside us
    status = pytest.main([*options, *plugin.paths], plugins=[plugin])
    return plugin.answer(int(status))


def _import_error(modules: list[str]) -> str:
    """Return why modules can't be imported, or an empty text. They are forgotten again: tests import them anew."""
    try:
        for module in modules:
            importlib.import_module(module)
    except BaseException as error:
        return "".join(traceback.format_exception_only(type(error), error)).strip()
    packages = {module.split(".")[0] for module in modules}
    for name in [name for name in sys.modules if name.split(".")[0] in packages]:
        del sys.modules[name]
    return ""


class _Plugin:
    """Chooses and orders the tests, and keeps what they did."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.project: str = request["project"]
        self.wanted: list[str] | None = request.get("tests")
        files = sorted({test.split("::")[0] for test in self.wanted or []})
        self.paths = [os.path.join(self.project, file) for file in files] or [request["where"]]
        self.tests: dict[str, dict[str, Any]] = {}
        self.errors: list[str] = []
        self.fixtures: dict[str, list[str]] = {}
        self.started: dict[str, int] = {}
        self.tracer: mutants_trace.Tracer | None = None
        self.folder: str = request.get("traces", "")
        if self.folder:
            self._trace(request["source"])

    def _trace(self, source: str) -> None:
        os.environ[mutants_trace.FOLDER] = self.folder
        os.environ[mutants_trace.SOURCE] = source
        self.tracer = mutants_trace.Tracer(source)
        self.tracer.start()
        sys.addaudithook(self._on_audit)

    def _on_audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and self.tracer is not None and "python" in str(arguments[1])[:500].lower():
            name = self.tracer.stack[-1] if self.tracer.stack else ""
            self.started[name] = self.started.get(name, 0) + 1

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.wanted is not None:
            order = {test: position for position, test in enumerate(self.wanted)}
            chosen = [item for item in items if item.nodeid in order]
            items[:] = sorted(chosen, key=lambda item: order[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.fixtures[item.nodeid] = list(getattr(item, "fixturenames", []))
        with self.tracer.context(item.nodeid) if self.tracer else nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        with self.tracer.context(f"fixture {fixturedef.argname}") if self.tracer else nullcontext():
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = self.tests.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0, "why": ""})
        test["seconds"] += report.duration
        if report.failed or (report.skipped and not hasattr(report, "wasxfail")):
            test["outcome"] = report.outcome
            test["why"] = _why(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {_why(report)}")
        elif report.skipped:
            self.tests[report.nodeid] = {"outcome": "skipped", "seconds": 0.0, "why": _why(report)}

    def answer(self, status: int) -> dict[str, Any]:
        """Return what the run came to."""
        answer = {"status": status, "tests": self.tests, "errors": self.errors}
        return answer | ({"lines": self._lines()} if self.tracer is not None else {})

    def _lines(self) -> dict[str, Any]:
        """Return file -> lines for each test; null when it started a Python that left no word of what it ran."""
        assert self.tracer is not None
        sys.settrace(None)
        lines, heard = self.tracer.lines, dict.fromkeys(self.started, 0)
        for path in glob.glob(os.path.join(self.folder, "*.json")):
            with open(path, encoding="utf-8") as file:
                name, found = json.load(file)
            lines.setdefault(name, set()).update((file, line) for file, line in found)
            heard[name] = heard.get(name, 0) + 1
        unheard = {name for name, count in self.started.items() if heard[name] < count}
        answer: dict[str, Any] = {}
        for test in self.tests:
            names = {test, "", *(f"fixture {name}" for name in self.fixtures.get(test, []))}
            answer[test] = None if names & unheard else _by_file(set().union(*(lines.get(n, set()) for n in names)))
        return answer


def _by_file(lines: set[tuple[str, int]]) -> dict[str, list[int]]:
    files: dict[str, list[int]] = {}
    for file, line in sorted(lines):
        files.setdefault(file, []).append(line)
    return files


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(getattr(crash, "message", "") or report.longreprtext)
    return text.strip()[-500:] if crash is None else text.strip()[:500]
