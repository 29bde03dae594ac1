"""One try of a unit, in a fork of the kernel: reduce what it takes, run it, and describe what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from nb2pkg.run.probe import fitting, making, places, rows
from nb2pkg.run.probe.calls import Calls
from nb2pkg.run.probe.chain import Chain
from nb2pkg.run.probe.holding import Holder, Spec, described, identical

UNIT = "<a unit of the plan>"
_LONGEST_TEXT = 20_000
_WHOLE_MADE = 200  # rows of what comes of no rows
_WHOLE_RESULT = 40  # rows of what comes from a file: the file is there to tell the rest
_WRITING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree", "shutil.move", "os.truncate", "os.link")
_OUTSIDE = ("socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")

_ASKING = ("lscpu", "sysctl", "uname", "ldconfig", "gcc", "cc", "ld", "objdump")  # how libraries look at the machine


class _Watch:
    """What a try may do to files, and what it does.

    Args:
        scratch: a folder that it, or what records it, may write to, if it may write at all.
    """

    def __init__(self, scratch: str = "") -> None:
        self.on = False
        self.home = os.getcwd()
        self.scratch = scratch
        self.reads = False
        self.blocked = ""
        self.folders: list[str] = []  # that it wants to write to

    def write(self, path: str) -> None:
        """Note that something is written, and stop it where it may not be."""
        if self.scratch and os.path.abspath(path).startswith(self.scratch + os.sep):
            return
        folder = os.path.relpath(os.path.dirname(os.path.abspath(path)), self.home)
        if not self.blocked and os.path.isdir(folder) and not folder.startswith("."):
            self.folders.append(folder)
        if places.near(path):  # else it is a cache of a library, which does without
            self.blocked = self.blocked or "writes"
        raise PermissionError(f"a try does not write to {path}")


def record_calls(
    mark: dict[str, Any], names: dict[str, Any], folder: str, size: int, recorded: Any
) -> list[dict[str, Any]]:
    """Return calls of the notebook's own functions that a unit makes with at most `size` rows."""
    sys.addaudithook(_auditor(watch := _Watch(os.path.abspath(folder))))
    _quiet(names)
    lines: set[tuple[str, int, int]] = set()
    calls = Calls(Holder(folder, recorded, names), lines, mark["functions"])
    names.update(_reduce(mark, names, size))
    with recorded.captured(), _one_thread():
        watch.on = True
        try:
            _run(mark["steps"], names, lines, between=calls.wrap)
        except Exception:
            pass  # the calls before it count
        watch.on = False
    return calls.chosen()


def attempt(
    mark: dict[str, Any], names: dict[str, Any], folder: str, size: int, recorded: Any, chain: Chain, scratch: str = ""
) -> dict[str, Any]:
    """Return what a unit did with at most `size` rows.

    Args:
        mark: the unit.
        names: the notebook's namespace.
        folder: for files of values.
        size: rows at most.
        recorded: the module that reads them.
        chain: the units that were recorded before.
        scratch: the folder to run in, if the unit writes files.
    """
    holder = Holder(folder, recorded, names)
    watch = _Watch(scratch)
    sys.addaudithook(_auditor(watch))
    _quiet(names)
    reduced, full = _reduce(mark, names, size), dict(names)
    names.update(reduced)
    specs = _take(mark, names, full, holder, chain)
    missing = [name for name, spec in specs.items() if spec["how"] == "described"]
    if missing:
        return {"ok": False, "state": "unheld", "unheld": {name: specs[name] for name in missing}}
    _seed()
    before = _random_state()
    lines: set[tuple[str, int, int]] = set()
    passed = {name: names[name] for name in specs if name in names}
    error, started = "", time.monotonic()
    if scratch:
        os.chdir(scratch)
    with recorded.captured() as shown, _one_thread():
        watch.on = True
        try:
            _run(mark["steps"], names, lines)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        watch.on = False
    if error or watch.blocked:
        return {"ok": False, "state": watch.blocked or "failed", "error": error[:500], "folders": watch.folders}
    seconds = time.monotonic() - started
    whole = _WHOLE_RESULT if watch.reads else sys.maxsize if reduced else _WHOLE_MADE
    results = [_result(holder, names, name, passed, whole) for name in mark["outputs"] if name in names]
    return {
        "ok": True,
        "state": "",
        "arguments": specs,
        "results": results,
        "changed": _changed(holder, specs, passed),
        "written": _written(scratch, folder) if scratch else {},
        "shown": shown.text if _lasts(shown.text) else "",
        "figures": _write_figures(shown, folder),
        "random": sorted(name for name, state in _random_state().items() if state != before.get(name)),
        "reads": watch.reads,
        "lines": sorted(lines),
        "profile": [_profile(names[name], reduced) for name in mark["outputs"] if name in names],
        "seconds": seconds,
        "bytes": sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder)),
    }


def _lasts(text: str) -> bool:
    """Tell whether a text may be the same tomorrow and elsewhere: it names neither this folder nor the time."""
    now = [time.strftime(form) for form in ("%H:%M", "%Y-%m-%d", "%d %b %Y", "%b %d %Y", "%m/%d/%y")]
    return len(text) <= _LONGEST_TEXT and not places.is_named(text) and not any(part in text for part in now)


def _write_figures(shown: Any, folder: str) -> str:
    """Write down what was drawn and return a digest of it; figures without axes are none."""
    figures = getattr(shown, "figures", [])
    if not any(figures):
        return ""
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    with open(os.path.join(folder, "figures.json"), "w", encoding="utf-8") as file:
        file.write(text)
    return hashlib.sha256(text.encode()).hexdigest()


def _written(scratch: str, folder: str) -> dict[str, str]:
    """Return the files that were written -> the copy of their text in `folder`, or the empty string."""
    found = {}
    for place, _, files in os.walk(scratch):
        for file in files:
            path = os.path.join(place, file)
            name = os.path.relpath(path, scratch).replace(os.sep, "/")
            found[name] = ""
            try:
                with open(path, encoding="utf-8", newline="") as source:
                    text = source.read()
            except (OSError, UnicodeDecodeError):
                continue
            if len(text) <= _LONGEST_TEXT and "\r" not in text:
                end = ".txt" if file.endswith((".json", ".parquet", ".npz")) else ""  # which a reader would decode
                found[name] = f"written_{file}{end}"
                with open(os.path.join(folder, found[name]), "w", encoding="utf-8", newline="") as copy:
                    copy.write(text)
    return dict(sorted(found.items()))


def _reduce(mark: dict[str, Any], names: dict[str, Any], size: int) -> dict[str, Any]:
    """Return name -> the few rows of what the unit takes; names of one object keep to be so."""
    given = {name: names[name] for name in mark["inputs"] if name in names}
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {}
    for group in rows.lengths(given).values():
        positions = rows.choose(given, group, size, mark["hints"])
        for name in group:
            if id(given[name]) not in seen:
                seen[id(given[name])] = rows.take(given[name], positions)
            found[name] = seen[id(given[name])]
    return found


def _take(
    mark: dict[str, Any], names: dict[str, Any], full: dict[str, Any], holder: Holder, chain: Chain
) -> dict[str, Spec]:
    """Return the specs of what the function takes, by what `run()` passes, and give the unit what they say."""
    specs: dict[str, Spec] = {}
    first: dict[int, str] = {}
    for text, name in mark["arguments"]:
        value = names[text] if text in names else eval(text, names)
        if id(value) in first and not isinstance(value, (str, int, float, bool, type(None))):
            specs[text] = {**described(value), "how": "same", "as": first[id(value)]}
            continue
        first[id(value)] = text
        specs[text] = holder.hold(value, name)
    for text, spec in specs.items():
        if spec["how"] == "described" and text in names:
            specs[text] = fitting.refitted(holder, full, text, specs)
        if specs[text]["how"] == "described" and text in names:
            called = chain.made(holder, full, text, _run)
            if called is not None:
                specs[text], names[text] = called
    for text, spec in specs.items():
        if text in names and spec["how"] in ("file", "made", "literal"):
            names[text] = holder.fetch(spec)
    for text, spec in specs.items():
        if text in names and spec["how"] == "fitted":
            names[text] = fitting.fetch(holder, spec, specs)
        elif text in names and spec["how"] == "same":
            names[text] = names[spec["as"]]
    return specs


def _run(
    steps: list[dict[str, Any]],
    names: dict[str, Any],
    lines: set[tuple[str, int, int]],
    between: Callable[[dict[str, Any]], None] = lambda names: None,
) -> None:
    """Run the unit's statements as the notebook does, and note the lines of its code in the order in which they ran."""
    above = 0
    codes: list[tuple[Any, bool]] = []
    for step in steps:
        mode = "eval" if step["displayed"] else "exec"
        source = "\n" * above + step["source"].lstrip() if step["displayed"] else "\n" * above + step["source"]
        codes.append((_compiled(source, above, mode), step["displayed"]))
        above += step["source"].count("\n") + 1
    sys.settrace(_tracer(names, lines))
    try:
        for code, displayed in codes:
            between(names)
            value = eval(code, names)
            if displayed and value is not None:
                print(_plain_text(value))
    finally:
        sys.settrace(None)


def _compiled(source: str, above: int, mode: str) -> Any:
    if mode == "eval":
        import ast

        tree = ast.parse(source)
        return compile(ast.Expression(tree.body[0].value), UNIT, "eval", dont_inherit=True)  # type: ignore[attr-defined]
    return compile(source, UNIT, "exec", dont_inherit=True)


def _tracer(names: dict[str, Any], lines: set[tuple[str, int, int]]) -> Callable[..., Any]:
    last: dict[int, int] = {}

    def local(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_name, last.get(id(frame), 0), frame.f_lineno))
            last[id(frame)] = frame.f_lineno
        return local

    def tracer(frame: Any, event: str, _: Any) -> Any:
        if frame.f_globals is not names:
            return None
        last.pop(id(frame), None)
        return local

    return tracer


def _plain_text(value: Any) -> str:
    shell = _shell()
    if shell is None:
        return repr(value)
    return str(shell.display_formatter.format(value)[0].get("text/plain", ""))


def _shell() -> Any:
    interactive = sys.modules.get("IPython.core.interactiveshell")
    return interactive.InteractiveShell._instance if interactive is not None else None


def _quiet(names: dict[str, Any]) -> None:
    """Let displays go where print goes, and figures into memory."""
    shell = _shell()
    if shell is not None:
        shell.display_pub.publish = lambda data, *_, **__: print(data.get("text/plain", ""))
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.switch_backend("agg")


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let libraries use this thread alone: a fork has no other, and would wait for them for ever."""
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"
    with ExitStack() as stack:
        threads = sys.modules.get("threadpoolctl")
        if threads is not None:
            stack.enter_context(threads.threadpool_limits(1))
        joblib = sys.modules.get("joblib")
        if joblib is not None and hasattr(joblib, "parallel_config"):
            stack.enter_context(joblib.parallel_config(backend="sequential"))
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(1)
        yield


def _seed() -> None:
    """Set the global random generators to what the tests set them to, if they do."""
    import random

    random.seed(0)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def _random_state() -> dict[str, str]:
    """Return the states of the global generators, by library."""
    found = {"random": repr(hash(sys.modules["random"].getstate()))}
    if "numpy.random" in sys.modules:
        state = sys.modules["numpy.random"].get_state()
        found["numpy"] = f"{hashlib.sha256(state[1].tobytes()).hexdigest()} {state[2:]}"
    if "torch" in sys.modules:
        found["torch"] = hashlib.sha256(sys.modules["torch"].get_rng_state().numpy().tobytes()).hexdigest()
    return found


def _auditor(watch: _Watch) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, args: tuple[Any, ...]) -> None:
        if not watch.on:
            return
        if event == "open" and isinstance(args[0], (str, bytes)):
            path = os.fsdecode(args[0])
            flags = args[2] if isinstance(args[2], int) else 0
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND) and path != os.devnull:
                watch.write(path)
            data = not path.endswith((".py", ".pyc")) and os.path.isfile(path) and bool(places.near(path))
            watch.reads = watch.reads or data
        elif event.startswith(_WRITING) and args and isinstance(args[0], (str, bytes)):
            watch.write(os.fsdecode(args[0]))
        elif event.startswith(_OUTSIDE) and os.path.basename(str(args[0])) not in _ASKING:
            watch.blocked = watch.blocked or "reaches out"
            raise PermissionError("a try stays by itself")

    return hook


def _result(holder: Holder, names: dict[str, Any], name: str, passed: dict[str, Any], whole: int) -> Spec:
    """Return the spec of what a function returns, with a digest that tells whether another try gave the same.

    Of one with more rows than `whole` only the first are kept.
    """
    value = names[name]
    if (rows.row_count(value) or 0) > whole:
        spec = {**described(value), "how": "described"}
    else:
        spec = holder.hold(value, f"result_{name}", exact=False)
    if spec["how"] == "described" and making.is_estimator(value):
        spec = fitting.behaviour(holder, value, name, passed, spec)
    elif spec["how"] == "described":
        spec = _head(holder, value, name, spec)
    alike = next((text for text, given in passed.items() if given is value), "")
    return {**spec, "name": name, "argument": alike, "digest": holder.digest(spec)}


def _head(holder: Holder, value: Any, name: str, spec: Spec) -> Spec:
    """Return the spec of a value that is too large: its first rows."""
    count = rows.row_count(value)
    if count is None or count <= 5 or isinstance(value, dict):
        return spec
    head = holder.hold(rows.take(value, range(5)), f"first_{name}", exact=False)
    return {**spec, "how": "head", "head": head} if head["how"] == "file" else spec


def _changed(holder: Holder, specs: dict[str, Spec], passed: dict[str, Any]) -> dict[str, Spec]:
    """Return argument -> the spec of what it is afterwards, for those that the unit changes in place."""
    found = {}
    for text, spec in specs.items():
        if text not in passed or spec["how"] not in ("file", "literal"):
            continue
        value = passed[text]
        if spec["how"] == "literal" and not isinstance(value, (list, dict, set)):
            continue
        if not identical(holder.fetch(spec), value):
            name = "".join(c if c.isalnum() or c == "_" else "_" for c in text)
            found[text] = holder.hold(value, f"changed_{name}", exact=False)
    return found


def _profile(value: Any, reduced: dict[str, Any]) -> list[Any]:
    """Return what about a result must not depend on how many rows there are."""
    found: list[Any] = [type(value).__name__]
    count = rows.row_count(value)
    lengths = {rows.row_count(v) for v in reduced.values()}
    if count is not None and not isinstance(value, list):
        found.append("none" if not count else "all" if count in lengths else "some")
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        found.append([str(c) for c in value.columns[:200]])
        found.append([str(d) for d in value.dtypes[:200]])
        found.append([bool(flag) for flag in value.isna().any()[:200]])
    elif hasattr(value, "dtype") and hasattr(value, "ndim"):
        found.append([str(value.dtype), value.ndim])
    return found
