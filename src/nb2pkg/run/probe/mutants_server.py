"""Runs a project's tests again and again, each time with other files in its package. Stand-alone.

One server works on one private copy of the project. It imports what is slow to import once, and forks for each run;
where there is no fork, or a library doesn't survive it, each run is a fresh Python. Requests and answers are lines of
JSON; when the pipe closes, all that was started ends.
"""

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

# So that a mutant which eats memory ends by itself, and not the machine.
_SPARE_MEMORY = 6 * 2**30


def main() -> None:
    """Answer requests until the pipe closes; or be the process of one run."""
    sys.dont_write_bytecode = True
    if sys.argv[1] == "--child":
        job = json.loads(Path(sys.argv[2]).read_text("utf-8"))
        _enter(job)
        _work(job)
    settings = json.loads(sys.argv[1])
    pipe = os.dup(1)
    os.dup2(2, 1)  # what is printed from here on is nobody's answer
    _enter(settings)
    if not settings["fresh"]:
        _import_libraries(settings["libraries"])
        _warm_up(settings)
    _answer(pipe, {"ready": True})
    while line := _read_line():
        _answer(pipe, _run(json.loads(line), settings))


def _enter(settings: dict[str, Any]) -> None:
    sys.path.insert(0, settings["source"])
    os.chdir(settings["workdir"])


def _answer(pipe: int, data: dict[str, Any]) -> None:
    rest = memoryview(json.dumps(data).encode("utf-8") + b"\n")
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _read_line() -> bytes:
    """Read a request without reading ahead: the pipe must show when the other side has gone."""
    parts = []
    while part := os.read(0, 1 << 16):
        parts.append(part)
        if part.endswith(b"\n"):
            break
    return b"".join(parts)


def _warm_up(settings: dict[str, Any]) -> None:
    """Let pytest load its plugins, and keep the collector of garbage from what there is now: runs inherit both."""
    from nb2pkg.run.probe import mutants_tests

    test = Path(settings["scratch"], "warm", "test_nothing.py")
    test.parent.mkdir()
    test.write_text("def test_nothing():\n    pass\n", "utf-8")
    mutants_tests.run({"project": str(test.parent), "where": str(test), "scratch": settings["scratch"]})
    gc.collect()
    gc.freeze()


def _import_libraries(names: list[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException:
            continue  # the package's own affair: it may never import it


def _run(request: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Put files in place, run the tests, and put the files back."""
    kept = {path: Path(path).read_bytes() for path in request["files"] if Path(path).exists()}
    for path, text in request["files"].items():
        Path(path).write_bytes(text.encode("utf-8"))
    try:
        return _run_child(request, settings)
    finally:
        for path in request["files"]:
            if path in kept:
                Path(path).write_bytes(kept[path])
            else:
                os.unlink(path)


def _run_child(request: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    answer = Path(settings["scratch"], "answer.json")
    answer.unlink(missing_ok=True)
    job = {**settings, **request, "answer": str(answer), "files": sorted(request["files"])}
    began = time.monotonic()
    if settings["fresh"]:
        note = Path(settings["scratch"], "job.json")
        note.write_text(json.dumps(job), "utf-8")
        command = [sys.executable, sys.argv[0], "--child", str(note)]
        child = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL).pid
    else:
        child = os.fork()
        if child == 0:
            _work(job)
    ended = _wait(child, began + request["timeout"])
    _end_group(child)
    if not answer.exists():
        return {"ended": "timeout" if ended is None else "crash", "output": _output(settings)}
    return {**json.loads(answer.read_text("utf-8")), "ended": "well", "output": _output(settings)}


def _work(job: dict[str, Any]) -> NoReturn:
    """Be the process of one run; never returns."""
    status = 1
    try:
        if hasattr(os, "setsid") and not job["fresh"]:
            os.setsid()
        with open(os.path.join(job["scratch"], "output.txt"), "wb") as out, open(os.devnull, "rb") as nothing:
            for descriptor, file in ((0, nothing), (1, out), (2, out)):
                os.dup2(file.fileno(), descriptor)
        _limit_memory()
        from nb2pkg.run.probe import mutants_tests

        text = json.dumps(mutants_tests.run(job))
        Path(job["answer"]).write_text(text, "utf-8")
        status = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(status)  # nothing that a test has left behind shall hold it up


def _limit_memory() -> None:
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + _SPARE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, OSError, ValueError):
        return


def _wait(child: int, deadline: float) -> int | None:
    """Wait for a child; None when its time is up. When the other side has gone, end everything."""
    pause = 0.002
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        ready, _, _ = select.select([0], [], [], pause)
        if ready:  # one request at a time is sent: it can only have closed
            _end_group(child)
            os._exit(0)
        pause = min(pause * 1.5, 0.05)
    return None


def _end_group(child: int) -> None:
    """End a run with all that it has started."""
    for end, target in ((os.killpg, child), (os.kill, child)):  # by its own id as well: it may have no group yet
        try:
            end(target, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    try:
        os.waitpid(child, 0)
    except ChildProcessError:
        pass


def _output(settings: dict[str, Any]) -> str:
    path = Path(settings["scratch"], "output.txt")
    return path.read_bytes()[-4000:].decode("utf-8", "replace") if path.exists() else ""
