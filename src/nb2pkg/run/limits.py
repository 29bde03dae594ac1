"""Runs of other programs under limits of time and memory, which always end with all that they started.

Memory is watched, not limited by the system: RLIMIT_AS and RLIMIT_DATA count what is reserved, and BLAS threads,
memory maps and CUDA reserve many times what they use. What stops a machine is what is used, so that is asked for a few
times a second, for all processes of a run together, and shared pages are left out.

Processes of a run are known by a variable in their environment (Linux), which also finds those that went into a
session of their own; elsewhere by their process group and their parents. Windows knows only the latter, and no limit of
memory there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Literal, TypeVar

MARK = "NB2PKG_RUN"  # variable of the environment that all processes of a run have
_INTERVAL = 0.2  # seconds between two looks at a run
_PATIENCE = 5.0  # seconds in which killed processes must be gone
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take: seconds in all, and bytes of memory that all its processes use together."""

    timeout: float | None = None
    memory: int | None = None  # None: three quarters of the machine's


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended, or was ended."""

    code: int | None  # None: it was ended
    out: bytes
    err: str
    seconds: float
    stopped: str = ""  # `timeout` or `memory`, when a limit ended it
    peak: int = 0  # bytes that all its processes used together, as far as that was seen


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    group: int
    memory: int  # bytes of its own, and those that it shares with a fork of it


_active: set[Watched] = set()
_lock = threading.Lock()


class Watched:
    """A run under watch: give `environment` and then `add` the process; at the end of the block all of it is killed."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.mark = uuid.uuid4().hex
        self.stopped: Literal["", "timeout", "memory", "interrupt"] = ""
        self.peak = 0
        self._roots: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="nb2pkg-watch", daemon=True)
        self._memory = limits.memory if limits.memory is not None else _most_memory()

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment that the run's processes must have."""
        return {**(os.environ if base is None else base), MARK: self.mark}

    def add(self, pid: int) -> None:
        """Watch a process that leads a process group, and all that come of it."""
        self._roots.add(pid)

    def __enter__(self) -> Watched:
        self._started = time.monotonic()
        with _lock:
            _active.add(self)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.kill()
        self._thread.join()
        with _lock:
            _active.discard(self)

    def interrupt(self) -> None:
        """End the run from another thread."""
        self.stopped = self.stopped or "interrupt"
        self.kill()

    def kill(self) -> None:
        """Kill all processes of the run, also those that are started meanwhile."""
        end = time.monotonic() + _PATIENCE
        while (found := self._processes()) and time.monotonic() < end:
            for process in found:
                _kill(process.pid)
            time.sleep(0.01)

    def _watch(self) -> None:
        while not self._over.wait(_INTERVAL):
            used = sum(_own_memory(p) for p in self._processes())
            self.peak = max(self.peak, used)
            if self.limits.timeout is not None and time.monotonic() - self._started > self.limits.timeout:
                self.stopped = self.stopped or "timeout"
            elif self._memory and used > self._memory:
                self.stopped = self.stopped or "memory"
            if self.stopped:
                self.kill()

    def _processes(self) -> list[_Process]:
        if sys.platform == "win32":
            return [_Process(pid, 0, pid, 0) for pid in self._roots if _runs(pid)]
        listed = list(_linux_processes(self.mark) if Path("/proc/self/environ").exists() else _listed_processes())
        if not Path("/proc/self/environ").exists():
            return _descendants(listed, self._roots)
        return listed


def run(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None, limits: Limits = NO_LIMITS
) -> Finished:
    """Run a command to its end, or to that of its limits; nothing that it started outlives it.

    Args:
        command: the program and its arguments.
        folder: the working directory.
        environment: all of its environment; by default this process's.
        limits: what it may take.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Watched(limits) as watched:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=watched.environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        watched.add(process.pid)
        code: int | None
        try:
            code = process.wait()
        finally:
            watched.kill()
            process.wait()
        seconds = time.monotonic() - started
        return Finished(
            None if watched.stopped else code,
            _content(out),
            _content(err).decode("utf-8", "replace"),
            seconds,
            watched.stopped,
            watched.peak,
        )


def side_by_side(calls: Sequence[Callable[[], _T]]) -> list[_T]:
    """Return what functions return, each called in a thread of its own; they run programs under `Watched`.

    When one of them fails, or this process is interrupted or told to end, all runs are killed, the threads end, and the
    exception goes on.
    """
    results: dict[int, _T] = {}
    errors: list[BaseException] = []
    # Not the threads are asked whether they live: an interrupt while one is joined lets it look dead (before 3.13).
    ended = [threading.Event() for _ in calls]

    def work(number: int, call: Callable[[], _T]) -> None:
        try:
            results[number] = call()
        except BaseException as error:
            errors.append(error)
        finally:
            ended[number].set()

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(calls)]
    with _ended_politely():
        try:
            for thread in threads:
                thread.start()
            while not all(event.is_set() for event in ended) and not errors:
                for event in ended:
                    event.wait(0.1)
        finally:
            _end_all(ended[: sum(thread.ident is not None for thread in threads)])
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(calls))]


def _end_all(ended: Sequence[threading.Event]) -> None:
    """Kill all runs until the calls that wait for them have ended; one may just be starting another."""
    end = time.monotonic() + 4 * _PATIENCE
    while not all(event.is_set() for event in ended) and time.monotonic() < end:
        with _lock:
            active = list(_active)
        for watched in active:
            watched.interrupt()
        for event in ended:
            event.wait(0.05)


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """Let the signals that ask a process to end raise an exception, so that what it started is ended too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _content(file: Any) -> bytes:
    file.seek(0)
    data: bytes = file.read()
    return data


def _kill(pid: int) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    done = subprocess.run(["tasklist", "/FI", f"PID eq {pid}", "/NH"], capture_output=True, text=True, check=False)
    return str(pid) in done.stdout


def _linux_processes(mark: str) -> Iterator[_Process]:
    """Yield the living processes whose environment has the mark, or whose session is that of one that has."""
    wanted = f"{MARK}={mark}".encode()
    own = os.getsid(0)
    rows = [row for entry in os.scandir("/proc") if entry.name.isdigit() and (row := _linux_row(entry.name, wanted))]
    sessions = {session for _, session, marked in rows if marked and session != own}
    yield from (process for process, session, marked in rows if marked or session in sessions)


def _linux_row(name: str, wanted: bytes) -> tuple[_Process, int, bool] | None:
    """Return a process, its session and whether it has the mark; None for one that is gone or has died."""
    try:
        fields = Path("/proc", name, "stat").read_bytes().rpartition(b")")[2].split()
        if fields[0] in (b"Z", b"X"):
            return None
        pages = Path("/proc", name, "statm").read_bytes().split()
    except (OSError, IndexError):
        return None
    try:
        marked = wanted in Path("/proc", name, "environ").read_bytes().split(b"\0")
    except OSError:
        marked = False  # another user's
    memory = max(0, int(pages[1]) - int(pages[2])) * _PAGE
    return _Process(int(name), int(fields[1]), int(fields[2]), memory), int(fields[3]), marked


def _own_memory(process: _Process) -> int:
    """Return the bytes of a process, what it shares with its forks in equal parts, as far as the system tells."""
    try:
        rows = Path("/proc", str(process.pid), "smaps_rollup").read_bytes().splitlines()
    except OSError:
        return process.memory
    private = [int(row.split()[1]) for row in rows if row.startswith((b"Pss_Anon:", b"Pss_Shmem:"))]
    return 1024 * sum(private) if private else process.memory


def _listed_processes() -> Iterator[_Process]:
    """Yield all processes, as `ps` lists them; it counts shared pages as well."""
    done = subprocess.run(["ps", "-axo", "pid=,ppid=,pgid=,rss=,stat="], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        pid, parent, group, size, state = [*line.split(), "", "", "", "", ""][:5]
        if size.isdigit() and not state.startswith("Z"):
            yield _Process(int(pid), int(parent), int(group), int(size) * 1024)


def _descendants(listed: Sequence[_Process], roots: set[int]) -> list[_Process]:
    """Return the processes that come of the roots, by parent or by process group."""
    found: dict[int, _Process] = {}
    known = set(roots)
    while new := [
        p for p in listed if p.pid not in found and (p.pid in known or p.parent in known or p.group in known)
    ]:
        found.update({p.pid: p for p in new})
        known.update(p.pid for p in new)
    return list(found.values())


def _most_memory() -> int:
    """Return three quarters of the machine's memory, or 0 where that is unknown."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * _PAGE * 3 // 4
    except (AttributeError, ValueError, OSError):
        return 0
