"""The progress bar: for people who wait at a terminal, and for nobody else."""

from __future__ import annotations

import io
import sys
import time

import pytest

from nb2pkg.commands import progress as module
from nb2pkg.commands.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal: within the test, since pytest sets stderr between a fixture and its test."""
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    return found


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with progress("converting", 2) as advance:
        advance()
    assert terminal.getvalue() == ""


def test_long_work_shows_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with progress("converting", 2) as advance:
        assert appears("converting", terminal)
        advance()
        assert appears("50%", terminal)


def appears(text: str, terminal: Terminal) -> bool:
    deadline = time.monotonic() + 10
    while text not in terminal.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    return text in terminal.getvalue()


def test_nothing_is_shown_when_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stderr", piped)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with progress("converting", 2) as advance:
        time.sleep(0.05)
        advance()
    assert piped.getvalue() == ""


def test_an_error_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    with pytest.raises(KeyError), progress("converting", 1):
        raise KeyError
