"""Runs a notebook's cells and the package that nb2pkg makes of them, and says whether they do the same.

Run as a script, this file is the worker: it executes cells and packages that come in as lines of JSON. It is another
process so that code that hangs or breaks the interpreter ends one example, not the whole test run.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import importlib
import inspect
import io
import json
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import tokenize
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

TIMEOUT = 10.0  # seconds for one side of an example; most need milliseconds
MEMORY = 4 * 2**30  # bytes of address space that the worker may have
NAME = "fuzzed"  # of the notebook's file, and so of its package


@dataclass(frozen=True, slots=True)
class Run:
    """What one side did: its output, and the exception that ended it."""

    stdout: str
    error: str = ""  # name of the exception's class; empty when it ended well
    trace: str = ""
    sure: int = 0  # how much of stdout was there when the failing cell began


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a package compares with its notebook."""

    kind: Literal["same", "failed the same", "different", "crashed", "refused", "skipped"]
    detail: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    cells: Run | None = None
    package: Run | None = None
    script: bool = False
    rungs: Mapping[str, int] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """Say whether it shows a defect of the converter."""
        return self.kind in {"different", "crashed"}


def execute_cells(cells: Sequence[str]) -> Run:
    """Run code cells in order in one fresh namespace, as a notebook does."""
    return _worker("cells").ask({"cells": list(cells)})


def execute_package(package: str, files: Mapping[str, str]) -> Run:
    """Run a package by its command line, without arguments.

    Args:
        package: its import name.
        files: its files: path relative to the project -> text.
    """
    return _worker("package").ask({"package": package, "files": dict(files)})


def notebook_bytes(cells: Sequence[str], headings: Mapping[int, str] | None = None) -> bytes:
    """Return an .ipynb file of code cells; `headings` are put above the cells at their positions."""
    empty: dict[str, Any] = {"metadata": {}}
    items: list[dict[str, Any]] = []
    for number, source in enumerate(cells):
        if headings and number in headings:
            items.append({**empty, "cell_type": "markdown", "id": f"text-{number}", "source": headings[number]})
        code: dict[str, Any] = {
            "cell_type": "code",
            "id": f"code-{number}",
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        items.append({**empty, **code})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": items, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}).encode()


def examine(cells: Sequence[str], headings: Mapping[int, str] | None = None) -> Verdict:
    """Convert a notebook, run both sides and compare them."""
    from nb2pkg.errors import RefusedError
    from nb2pkg.pipeline import convert_notebook

    expected = execute_cells(cells)
    if expected.error in {"Timeout", "RecursionError", "MemoryError"}:
        return Verdict("skipped", expected.error, cells=expected)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{NAME}.ipynb"
        path.write_bytes(notebook_bytes(cells, headings))
        try:
            project = convert_notebook(path)
        except RefusedError as error:
            return Verdict("refused", error.message, cells=expected)
        except Exception:  # whatever a defect of the converter raises is a result here
            return Verdict("crashed", traceback.format_exc(limit=-4), cells=expected)
    prefix = f"src/{project.package}/"
    files = {name: data.decode() for name, data in project.files.items() if name.startswith(prefix)}
    actual = execute_package(project.package, files)
    detail = difference(expected, actual, project.package)
    kind: Any = "different" if detail else "failed the same" if expected.error else "same"
    rungs = _count_rungs(project.plan.units)
    return Verdict(kind, detail, files, expected, actual, script=project.plan.script, rungs=rungs)


def difference(cells: Run, package: Run, name: str) -> str:
    """Return in one line how the package's run differs from the cells', or an empty text."""
    if _error_class(cells.error) != _error_class(package.error):
        return f"raised {package.error or 'nothing'} instead of {cells.error or 'nothing'}"
    expected, actual = normalized(cells.stdout, name), normalized(package.stdout, name)
    if cells.error:
        # Which of the failing cell's outputs are out by then is not promised; those of the cells before are.
        sure = normalized(cells.stdout[: cells.sure], name)
        if expected.startswith(actual) and actual.startswith(sure):
            return ""
    elif expected == actual:
        return ""
    pairs = zip([*expected.splitlines(), None], [*actual.splitlines(), None], strict=False)
    line, (want, got) = next(((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1]), (0, ("", "")))
    return f"line {line} of the output is {got!r} instead of {want!r}"


def normalized(text: str, package: str) -> str:
    """Return output without what may differ: addresses, and the module that a class or function lives in."""
    text = re.sub(rf"\b(?:__main__|{package}(?:\.[a-z_]\w*)?)\.(?=[A-Za-z_])", "", text)
    text = re.sub(r"\b\w+\.<locals>\.", "", text)
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x", text)


def _error_class(name: str) -> str:
    return "NameError" if name == "UnboundLocalError" else name


def _count_rungs(units: Sequence[Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.rung.value] = counts.get(unit.rung.value, 0) + 1
    return counts


class Worker:
    """A process that runs examples one after another; it is replaced when one of them hangs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def ask(self, request: Mapping[str, Any], timeout: float = TIMEOUT) -> Run:
        """Return the run of one side of an example."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = self._answers.get(timeout=timeout)
        except (queue.Empty, BrokenPipeError):
            self.close()
            return Run("", "Timeout")
        if not answer:
            self.close()
            return Run("", "WorkerDied")
        return Run(**json.loads(answer))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"},
        )
        threading.Thread(target=_read_answers, args=(self._process, self._answers), daemon=True).start()
        return self._process


def _read_answers(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    """Pass on the answers of a worker, and an empty one when it has ended: pipes have no timeout of their own."""
    assert process.stdout is not None
    with contextlib.suppress(ValueError):  # the pipe is closed when the worker is
        for line in process.stdout:
            answers.put(line)
    answers.put("")


# (process id, side) -> worker. A forked child must not share its parent's, and what the cells do to a module of the
# standard library must not be there already when the package runs.
_WORKERS: dict[tuple[int, str], Worker] = {}
_SIDES = ("cells", "package")


def _worker(side: str) -> Worker:
    return _WORKERS.setdefault((os.getpid(), side), Worker())


def close_worker() -> None:
    """End this process's workers, if it has any."""
    for side in _SIDES:
        worker = _WORKERS.pop((os.getpid(), side), None)
        if worker is not None:
            worker.close()


# What follows runs in the worker.


class _Session:
    """A notebook's namespace, with what IPython adds to it."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__", "Automatically created module for IPython interactive environment")
        self.names = self.module.__dict__
        self.names.update({"__builtins__": builtins, "Out": {}, "_": "", "__": "", "___": ""})
        self.names["__annotations__"] = {}  # Python 3.10 forgets to make it for annotations within `match`
        self.shown: list[Any] = ["", "", ""]
        self.count = 0

    def run_cell(self, source: str, loop: asyncio.AbstractEventLoop) -> None:
        """Execute a cell and show the value of its last expression."""
        self.count += 1
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        self._execute(tree, "exec", loop)
        if isinstance(last, ast.Expr):
            value = self._execute(ast.Expression(last.value), "eval", loop)
            if value is not None and not _ends_in_semicolon(source):
                self._remember(value)
                print(_pretty(value))

    def _execute(self, tree: ast.AST, mode: str, loop: asyncio.AbstractEventLoop) -> Any:
        code = compile(  # type: ignore[call-overload]
            tree, f"<cell {self.count}>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
        result = eval(code, self.names)
        return loop.run_until_complete(result) if code.co_flags & inspect.CO_COROUTINE else result

    def _remember(self, value: Any) -> None:
        """Rebind `_`, `__` and `___` as IPython does: not when the notebook has bound one of them itself."""
        unders = ["_", "__", "___"]
        own = all(self.names[name] is old for name, old in zip(unders, self.shown, strict=True) if name in self.names)
        self.shown = [value, *self.shown[:2]]
        if own:
            self.names.update(zip(unders, self.shown, strict=True))
        self.names[f"_{self.count}"] = self.names["Out"][self.count] = value


def _pretty(value: Any) -> str:
    from IPython.lib.pretty import pretty

    return str(pretty(value))  # type: ignore[no-untyped-call]


def _display(*values: Any, **_: Any) -> None:
    for value in values:
        print(_pretty(value))


def _ends_in_semicolon(source: str) -> bool:
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in blank]
    return bool(tokens) and tokens[-1].string == ";"


def _run_cells(cells: Sequence[str], out: io.StringIO) -> Run:
    session, sure = _Session(), 0
    sys.modules["__main__"] = session.module
    builtins.display = _display  # type: ignore[attr-defined]
    loop = asyncio.new_event_loop()
    try:
        for source in cells:
            sure = len(out.getvalue())
            session.run_cell(source, loop)
    except BaseException as error:
        return _failed(error, out, sure)
    finally:
        loop.close()
    return Run(out.getvalue())


def _run_package(package: str, files: Mapping[str, str], out: io.StringIO) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        sys.path.insert(0, str(Path(folder, "src")))
        importlib.invalidate_caches()
        try:
            cli = importlib.import_module(f"{package}.cli")
            status = cli.main([])
        except BaseException as error:
            return _failed(error, out, 0)
    return Run(out.getvalue(), f"status {status}" if status else "")


def _failed(error: BaseException, out: io.StringIO, sure: int) -> Run:
    trace = "".join(traceback.format_exception(error, limit=-3))
    return Run(out.getvalue(), type(error).__name__, trace[-2000:], sure)


@contextlib.contextmanager
def _fresh_state() -> Iterator[io.StringIO]:
    """Give an example its own output, folder and interpreter state, and put everything back afterwards."""
    modules, path, environ = dict(sys.modules), list(sys.path), dict(os.environ)
    known, folder, limit = dict(vars(builtins)), Path.cwd(), sys.getrecursionlimit()
    random.seed(0)
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as work, warnings.catch_warnings(), contextlib.redirect_stdout(out):
        os.chdir(work)
        warnings.simplefilter("ignore")
        try:
            yield out
        finally:
            os.chdir(folder)
            sys.path[:] = path
            sys.setrecursionlimit(limit)
            sys.modules["__main__"] = modules["__main__"]
            os.environ.clear()
            os.environ.update(environ)
            for name in vars(builtins).keys() - known.keys():
                delattr(builtins, name)
            for name, value in known.items():
                setattr(builtins, name, value)


def _forget_package(package: str) -> None:
    # Modules of the standard library stay: importing them again would be most of an example's time.
    for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
        del sys.modules[name]


def _answer(request: Mapping[str, Any]) -> Run:
    with _fresh_state() as out:
        if "cells" in request:
            return _run_cells(request["cells"], out)
        try:
            return _run_package(request["package"], request["files"], out)
        finally:
            _forget_package(request["package"])


def _limit_memory() -> None:
    """End an example that grows without end before it slows down the machine; Windows has no such limit."""
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _serve() -> None:
    """Answer requests until the parent closes the pipe. Examples get neither of its ends."""
    sys.dont_write_bytecode = True
    _limit_memory()
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdin = io.StringIO()
    os.dup2(2, 1)
    for line in requests:
        print(json.dumps(asdict(_answer(json.loads(line)))), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
