"""Notes which lines of a package run, for one test after another. Stand-alone: the standard library only.

It is imported by the server beside it, and stands as `sitecustomize.py` on the path of the Pythons that tests start:
there it notes what they run for the test that started them.
"""

import atexit
import json
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

FOLDER = "NB2PKG_TRACE_FOLDER"  # where Pythons that tests start leave what they ran
SOURCE = "NB2PKG_TRACE_SOURCE"  # the folder whose files count
CONTEXT = "NB2PKG_TRACE_CONTEXT"  # the test, or the fixture that is being made

_TOOL = 4  # of sys.monitoring; no debugger, profiler or measure of coverage takes it

Line = tuple[str, int]


class Tracer:
    """Knows which lines below a folder ran, by test or fixture."""

    def __init__(self, source: str) -> None:
        self.source = os.path.join(source, "")
        self.lines: dict[str, set[Line]] = {}
        self.current: set[Line] = set()
        self.stack: list[str] = []

    def start(self) -> None:
        """Begin to watch this process."""
        if sys.version_info >= (3, 12):
            self._watch_lines()
        else:
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    @contextmanager
    def context(self, name: str) -> Iterator[None]:
        """Note the lines that run in a block as those of `name`, and of whatever began before and hasn't ended."""
        self.stack.append(name)
        self._turn_to(name)
        try:
            yield
        finally:
            lines = self.lines[self.stack.pop()]
            if self.stack:
                self.lines[self.stack[-1]] |= lines
            self._turn_to(self.stack[-1] if self.stack else "")

    def _turn_to(self, name: str) -> None:
        self.current = self.lines.setdefault(name, set())
        os.environ[CONTEXT] = name
        if sys.version_info >= (3, 12):
            sys.monitoring.restart_events()

    def _on_call(self, frame: Any, event: str, arg: object) -> Any:
        return self._on_line if frame.f_code.co_filename.startswith(self.source) else None

    def _on_line(self, frame: Any, event: str, arg: object) -> Any:
        self.current.add((frame.f_code.co_filename, frame.f_lineno))
        return self._on_line

    def _watch_lines(self) -> None:
        if sys.version_info >= (3, 12):
            from sys import monitoring

            monitoring.use_tool_id(_TOOL, "nb2pkg")
            monitoring.register_callback(_TOOL, monitoring.events.LINE, self._on_monitored)
            monitoring.set_events(_TOOL, monitoring.events.LINE)

    def _on_monitored(self, code: CodeType, line: int) -> Any:
        if code.co_filename.startswith(self.source):
            self.current.add((code.co_filename, line))
        if sys.version_info >= (3, 12):
            return sys.monitoring.DISABLE
        return None


def _trace_this_process() -> None:
    """Watch a Python that a test started, and leave a file when it ends."""
    tracer = Tracer(os.environ[SOURCE])
    name = os.environ.get(CONTEXT, "")
    tracer.current = tracer.lines.setdefault(name, set())
    path = os.path.join(os.environ[FOLDER], f"{uuid.uuid4().hex}.json")

    def leave() -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump([name, sorted(tracer.current)], file)

    atexit.register(leave)
    tracer.start()


if __name__ == "sitecustomize" and FOLDER in os.environ:
    _trace_this_process()
