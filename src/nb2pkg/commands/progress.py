"""Progress of long work: on stderr, on a terminal only, and only once it takes longer than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0  # seconds without a sign of life


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar while a block runs, and give it a function to call after each of `total` steps."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    bar = _Bar(what, total)
    timer = threading.Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield bar.advance
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


class _Bar:
    """A bar that is imported and drawn only when it is started: most work ends before."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self.shown: Progress | None = None

    def start(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.shown = Progress(console=Console(file=sys.stderr), transient=True)
        # One step tells nothing of how much is done of it: then the bar only says that work goes on.
        self.shown.add_task(self.what, total=self.total if self.total > 1 else None, completed=self.done)
        self.shown.start()

    def advance(self) -> None:
        self.done += 1
        if self.shown is not None and self.total > 1:
            self.shown.update(self.shown.task_ids[0], completed=self.done)

    def stop(self) -> None:
        if self.shown is not None:
            self.shown.stop()
