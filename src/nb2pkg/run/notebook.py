"""Executes a notebook in a kernel of its own, and says what each cell showed and what probes observed."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from nb2pkg.cells.document import Document, RawCell
from nb2pkg.cells.read import document_of
from nb2pkg.errors import RunError
from nb2pkg.model import Location, Notebook
from nb2pkg.run.limits import NO_LIMITS, Limits, Watched, side_by_side

_NEEDED = ("nbclient", "nbformat", "ipykernel")
_STARTUP = 120  # seconds in which a kernel must answer


@dataclass(frozen=True, slots=True)
class Shown:
    """One output of a cell that was executed."""

    kind: str  # stream, display_data, execute_result or error
    name: str = ""  # of a stream: stdout or stderr; of an error: its class
    text: str = ""  # the stream's text, text/plain, or the error's message
    html: str = ""
    png: bytes = b""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)  # as in an .ipynb file


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception that a cell raised."""

    name: str
    message: str
    line: int = 0  # of the cell, where it is known


@dataclass(frozen=True, slots=True)
class CellRun:
    """What became of a cell."""

    number: int
    id: str
    executed: bool
    outputs: tuple[Shown, ...] = ()
    error: Failure | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Execution:
    """A notebook as executed.

    Args:
        cells: all cells of the notebook; text cells, skipped ones and those behind a failed one are not executed.
        observed: what probes reported, in order.
        python: the interpreter that ran it.
        seconds: how long the cells took.
        peak: bytes that the kernel and what it started used together.
        stopped: `timeout`, `memory`, `died` or the empty string when it came to its end or to an exception.
    """

    cells: tuple[CellRun, ...]
    observed: tuple[Mapping[str, Any], ...] = ()
    python: str = ""
    seconds: float = 0.0
    peak: int = 0
    stopped: str = ""

    @property
    def error(self) -> Failure | None:
        """The exception that ended the run."""
        last = next((c for c in reversed(self.cells) if c.executed), None)
        return last.error if last is not None else None


@dataclass(frozen=True, slots=True)
class Probe:
    """A file of `run/probe` that works in the watched process: its `install` is called with these arguments."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def execute(
    notebook: Notebook,
    folder: Path,
    *,
    marks: Sequence[Mapping[str, Any]] = (),
    probes: Sequence[Probe] = (),
    sample: int | None = None,
    seed: int | None = None,
    limits: Limits = NO_LIMITS,
    progress: Callable[[], None] = lambda: None,
) -> Execution:
    """Run all cells of a notebook in order, as Jupyter's "restart and run all" does.

    The tags `raises-exception` and `skip-execution` mean what they mean there.

    Args:
        notebook: what to run.
        folder: the working directory; a copy, see `sandbox`.
        marks: where probes look; see `probe/kernel.py`.
        probes: what looks there.
        sample: rows that loaders give back at most.
        seed: for the generators of random numbers that the notebook leaves to chance.
        limits: what it may take.
        progress: called after each cell.

    Raises:
        RunError: there is no kernel to run it.
    """
    _check_installed(Location(notebook.path))
    document = document_of(notebook)
    loaded = [*probes, *common_probes(sample, seed)]
    with tempfile.TemporaryDirectory(prefix="nb2pkg-") as home:
        config = _configure(Path(home), document, marks, loaded)
        run = _Run(notebook, document, folder, config, limits, progress)
        return side_by_side([lambda: asyncio.run(run.execute())])[0]


def probe_text(name: str) -> str:
    """Return the text of a file of `run/probe`, which runs where nb2pkg may not be installed."""
    return resources.files("nb2pkg.run.probe").joinpath(f"{name}.py").read_text(encoding="utf-8")


def probe_config(home: Path, probes: Sequence[Probe], **more: Any) -> Path:
    """Write down what a watched process must load, and return the file; reports go to `observed.jsonl` beside it."""
    texts = {name: probe_text(name) for name in ("kernel", "summary", *(p.name for p in probes))}
    installs = [[p.name, dict(p.arguments)] for p in probes]
    config = {"texts": texts, "installs": installs, "out": str(home / "observed.jsonl"), **more}
    path = home / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def read_observed(config: Path) -> tuple[Mapping[str, Any], ...]:
    """Return what the probes reported; the last line of a process that was killed may be half."""
    found = []
    with suppress(FileNotFoundError):
        for line in (config.parent / "observed.jsonl").read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return tuple(found)


def boot_code(config: Path) -> str:
    """Return code that loads the probes into a Python process, each as a module of its own, and leaves no name."""
    return _BOOT.replace("CONFIG", repr(str(config)))


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment that is the same for notebook and package: no profile, a fixed order of sets."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONINSPECT")}
    return {**kept, "PYTHONHASHSEED": "0", "IPYTHONDIR": str(home / "ipython"), "COLUMNS": "80", "LINES": "24"}


_BOOT = """\
def _nb2pkg_boot():
    import json, sys, types

    with open(CONFIG, encoding="utf-8") as file:
        config = json.load(file)
    for name, text in config["texts"].items():
        module = types.ModuleType("_nb2pkg_" + name)
        sys.modules[module.__name__] = module
        exec(compile(text, "<nb2pkg " + name + ">", "exec"), module.__dict__)
    sys.modules["_nb2pkg_kernel"].start(config)
    for name, arguments in config["installs"]:
        sys.modules["_nb2pkg_" + name].install(**arguments)


_nb2pkg_boot()
del _nb2pkg_boot
"""
_FINISH = "__import__('sys').modules['_nb2pkg_kernel'].finish()"


def common_probes(sample: int | None, seed: int | None) -> Iterator[Probe]:
    """Yield the probes that make what chance or size decide the same for notebook and package."""
    if seed is not None:
        yield Probe("seed", {"seed": seed})
    if sample is not None:
        yield Probe("sample", {"n": sample})


def _configure(home: Path, document: Document, marks: Sequence[Mapping[str, Any]], probes: Sequence[Probe]) -> Path:
    cells = [(c.number, c.source) for c in document.cells if c.kind == "code" and c.source.strip()]
    return probe_config(home, probes, marks=[dict(mark) for mark in marks], cells=cells)


def _check_installed(location: Location) -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise RunError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            location=location,
            why="A notebook is executed by nbclient, in a kernel that ipykernel gives.",
            hint=f"{sys.executable} -m pip install {' '.join(missing)}",
        )


def kernel_for(document: Document) -> tuple[str, str]:
    """Return the name of the kernel for a notebook, and its interpreter: its own where that is there, else ours."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    manager = KernelSpecManager()
    for name in dict.fromkeys((document.kernel, "python3")):
        with suppress(NoSuchKernel):
            spec = manager.get_kernel_spec(name) if name else None
            if spec is not None and spec.language.lower() == "python" and spec.argv:
                return name, _interpreter(spec.argv[0])
    raise RunError(
        "there is no Python kernel to run the notebook",
        why="Jupyter finds none, neither the notebook's nor `python3`.",
        hint=f"{sys.executable} -m pip install ipykernel",
    )


def _interpreter(program: str) -> str:
    """Return the Python that a kernel starts; a bare `python` means ours, as it does for Jupyter."""
    path = Path(program)
    return program if path.is_absolute() and path.name.startswith("python") else sys.executable


class _Run:
    """One execution."""

    def __init__(
        self,
        notebook: Notebook,
        document: Document,
        folder: Path,
        config: Path,
        limits: Limits,
        progress: Callable[[], None],
    ) -> None:
        self.location = Location(notebook.path)
        self.document = document
        self.folder = folder
        self.config = config
        self.limits = limits
        self.progress = progress
        self.done: dict[int, CellRun] = {}

    async def execute(self) -> Execution:
        name, python = kernel_for(self.document)
        client = _client(self.document, name)
        started, died = time.monotonic(), False
        with Watched(self.limits) as watched:
            environment = watched.environment(clean_environment(self.config.parent))
            try:
                quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # what the kernel says of itself
                async with client.async_setup_kernel(cwd=str(self.folder), env=environment, **quiet):
                    watched.add(client.km.provisioner.pid or 0)
                    await _silently(client, boot_code(self.config), self.location)
                    started = time.monotonic()
                    await self._cells(client)
                    await _silently(client, _FINISH, self.location)
            except _dead_kernel() as error:
                died = True
                if not self.done and not watched.stopped:
                    raise RunError(f"the kernel does not start: {error}", location=self.location) from None
            except (RuntimeError, OSError) as error:  # so jupyter_client says that a kernel does not answer
                if not watched.stopped:
                    raise RunError(f"the kernel does not start: {error}", location=self.location) from None
            return Execution(
                cells=tuple(self.done.get(c.number, CellRun(c.number, c.id, False)) for c in self.document.cells),
                observed=read_observed(self.config),
                python=python,
                seconds=time.monotonic() - started,
                peak=watched.peak,
                stopped=watched.stopped or ("died" if died else ""),
            )

    async def _cells(self, client: Any) -> None:
        from nbclient.exceptions import CellExecutionError

        for index, raw in enumerate(self.document.cells):
            cell, began = client.nb.cells[index], time.monotonic()
            runs = raw.kind == "code" and bool(raw.source.strip()) and "skip-execution" not in raw.tags
            failed = False
            try:
                await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
            except CellExecutionError:
                failed = True
            except BaseException:
                if runs:
                    self.done[raw.number] = _cell_run(raw, cell, time.monotonic() - began)
                raise
            if runs:
                self.done[raw.number] = _cell_run(raw, cell, time.monotonic() - began)
            self.progress()
            if failed:
                return


def _dead_kernel() -> type[Exception]:
    from nbclient.exceptions import DeadKernelError

    error: type[Exception] = DeadKernelError
    return error


def _client(document: Document, kernel: str) -> Any:
    import nbformat
    from nbclient import NotebookClient

    v4: Any = nbformat.v4
    cells = []
    for raw in document.cells:
        make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}.get(raw.kind, v4.new_raw_cell)
        cells.append(make(raw.source, metadata={"tags": sorted(raw.tags)}))
    client: Any = NotebookClient(
        v4.new_notebook(cells=cells),
        kernel_name=kernel,
        timeout=None,
        startup_timeout=_STARTUP,
        coalesce_streams=False,  # it would join streams across the displays between them
        shutdown_kernel="immediate",
        record_timing=False,
        log=_silent_log(),
    )
    client._cleanup_kernel = _nothing  # which it would call when this process ends: `Watched` has done it by then
    return client


def _nothing() -> None:
    """Do nothing."""


def _silent_log() -> logging.Logger:
    log = logging.getLogger("nb2pkg.run")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return log


async def _silently(client: Any, code: str, location: Location) -> None:
    """Execute code of ours in the kernel: it counts as no cell and shows nothing."""
    from nbclient.util import ensure_async

    message = client.kc.execute(code, silent=True, store_history=False, allow_stdin=False)
    while True:
        waiting = asyncio.ensure_future(ensure_async(client.kc.get_shell_msg(timeout=None)))
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=0.5)
            if not waiting.done() and not await ensure_async(client.km.is_alive()):
                waiting.cancel()
                raise _dead_kernel()("the kernel died")
        reply = waiting.result()
        if reply["parent_header"].get("msg_id") == message:
            break
    content = reply["content"]
    if content.get("status") == "error":
        trace = "\n".join(content.get("traceback", ()))
        raise RunError(
            f"the notebook can't be watched: {content.get('ename')}: {content.get('evalue')}",
            location=location,
            why=trace[-500:],
        )


def _cell_run(raw: RawCell, cell: Any, seconds: float) -> CellRun:
    outputs = tuple(_shown(output) for output in _joined(cell.get("outputs", ())))
    errors = [o for o in outputs if o.kind == "error"]
    error = Failure(errors[-1].name, errors[-1].text) if errors else None
    return CellRun(raw.number, raw.id, True, outputs, error, seconds)


def _joined(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with streams of one name joined, where no display stands between them."""
    found: list[dict[str, Any]] = []
    last: dict[str, dict[str, Any]] = {}
    for output in outputs:
        plain: dict[str, Any] = json.loads(json.dumps(output))
        name = plain.get("name", "")
        if plain["output_type"] != "stream":
            last.clear()
        elif name in last:
            last[name]["text"] += plain["text"]
            continue
        else:
            last[name] = plain
        found.append(plain)
    return found


def _shown(raw: Mapping[str, Any]) -> Shown:
    kind = raw["output_type"]
    if kind == "stream":
        return Shown(kind, raw["name"], raw["text"], raw=raw)
    if kind == "error":
        return Shown(kind, raw["ename"], raw["evalue"], raw=raw)
    data = raw.get("data", {})
    png = data.get("image/png", "")
    return Shown(
        kind,
        text=_text(data.get("text/plain", "")),
        html=_text(data.get("text/html", "")),
        png=base64.b64decode(png) if isinstance(png, str) else b"",
        raw=raw,
    )


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)
