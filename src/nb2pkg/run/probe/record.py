"""Runs in the notebook's kernel: before a unit of the plan runs, tries it on few rows and keeps what it did there.

The tries run in forks of the kernel: they have all that the notebook has so far, they can't disturb it, and they share
its memory. What they take is written to files and read back, so that they get the very values that the tests will get.
Nothing is written outside of their own folder, nothing is asked of the network, and no program is started.

The smallest number of rows is kept that runs through the same lines as many rows do, and whose results look the same.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import time
import types
from typing import Any

PATIENCE = 20.0  # seconds for one try
_WHOLE = 60.0  # seconds for all tries of a unit
_SLOW = 8.0  # seconds: a test that takes longer is none that people run
_ROWS = 40  # for calls of the notebook's own functions
_LARGEST = 400_000  # bytes of all files of a unit

_settings: dict[str, Any] = {}
_modules: dict[str, Any] = {}
_done: set[str] = set()
_units: dict[str, dict[str, Any]] = {}  # recorded ones, as `chain` takes them
_latest: dict[str, str] = {}  # name -> the unit that made it last


def install(folder: str, origin: str, readers: dict[str, str], texts: dict[str, str]) -> None:
    """Set up the probe.

    Args:
        folder: where a folder per unit is written.
        origin: the notebook's own folder.
        readers: the texts of `tests/recorded.py`, by the libraries that they need.
        texts: name -> text of the modules beside this one; they import each other from `_nb2pkg_probes`.
    """
    _settings.update(folder=folder, readers=readers)
    package = types.ModuleType("_nb2pkg_probes")
    sys.modules[package.__name__] = package
    for name, text in texts.items():
        module = types.ModuleType(f"{package.__name__}.{name}")
        sys.modules[module.__name__] = module
        exec(compile(text, f"<nb2pkg {name}>", "exec"), module.__dict__)
        setattr(package, name, module)
        _modules[name] = module
    _modules["places"].ORIGINS.append(origin)
    sys.modules["_nb2pkg_kernel"].HANDLERS["record"] = handle


def handle(mark: dict[str, Any], names: dict[str, Any]) -> None:
    """Record the unit of a mark, which is about to run."""
    if not hasattr(os, "fork") or mark["unit"] in _done:
        return
    _done.add(mark["unit"])
    home = os.path.join(_settings["folder"], mark["unit"])
    os.makedirs(home, exist_ok=True)
    if mark["what"] == "predictor":
        found = _moved(_try(mark, names, home, 0), home)
    else:
        found = _search(mark, names, home) if mark["arguments"] is not None else {"ok": False, "state": "calls"}
        _remember(mark, found, home)
        found["calls"] = _calls(mark, names, home) if mark["functions"] else []
    for name in os.listdir(home):
        if name.startswith("try-"):
            shutil.rmtree(os.path.join(home, name))
    with open(os.path.join(home, "case.json"), "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False)


def _remember(mark: dict[str, Any], found: dict[str, Any], home: str) -> None:
    """Note what a unit makes: later units may need to have it made again."""
    plain = found["ok"] and not (found["random"] or found["reads"] or found["written"])
    plain = plain and not any(spec.get("seeded") for spec in found["arguments"].values())
    for name in mark["outputs"]:
        _latest[name] = mark["unit"] if plain else ""
    if plain:
        parts = {"arguments": found["arguments"], "steps": mark["steps"], "outputs": mark["outputs"]}
        _units[mark["unit"]] = {"home": home, **parts}


def _search(mark: dict[str, Any], names: dict[str, Any], home: str) -> dict[str, Any]:
    """Return what the best try found; its files are in `home`."""
    started = time.monotonic()
    given = {name: names[name] for name in mark["inputs"] if name in names}
    rows = _modules["rows"]
    longest = max(rows.lengths(given), default=0)
    sizes = [size for size in rows.SIZES if size < longest] + [rows.SIZES[-1]]
    tries: dict[int, dict[str, Any]] = {}
    scratch: list[str] | None = None
    reference: dict[str, Any] | None = None
    while sizes and reference is None and time.monotonic() - started < _WHOLE:
        size = sizes.pop()
        found = tries[size] = _try(mark, names, home, size, scratch=scratch)
        if found["state"] == "writes" and scratch is None:
            scratch = found["folders"]
            found = tries[size] = _try(mark, names, home, size, "written", scratch=scratch)
        reference = found if found["ok"] else None
        if found["state"] in ("writes", "reaches out"):
            return found
    for size in sizes:
        if time.monotonic() - started > _WHOLE:
            break
        tries[size] = _try(mark, names, home, size, scratch=scratch)
        if reference is not None and _is_like(tries[size], reference):
            break
    best = _best(tries, reference)
    if best is None:
        smallest = tries[min(tries)]
        state = smallest["state"] if not smallest["ok"] else "large" if smallest["bytes"] > _LARGEST else "slow"
        return {**smallest, "ok": False, "state": state}
    again = _try(mark, names, home, best["size"], "again", scratch=scratch)
    best["steady"] = [
        a.get("digest") == b.get("digest")
        for a, b in zip(best["results"], again.get("results", best["results"]), strict=False)
    ]
    best["text_steady"] = best["shown"] == again.get("shown") and best["figures"] == again.get("figures")
    best["folders"] = scratch or []
    return _moved(best, home)


def _moved(found: dict[str, Any], home: str) -> dict[str, Any]:
    """Return what a try found, once its files are in the unit's folder."""
    for name in os.listdir(found["folder"]) if "folder" in found else ():
        shutil.move(os.path.join(found["folder"], name), os.path.join(home, name))
    return found


def _best(tries: dict[int, dict[str, Any]], reference: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the try to keep: the smallest that is like the reference, else the one that shows most."""
    good = [t for _, t in sorted(tries.items()) if t["ok"] and t["bytes"] <= _LARGEST and t["seconds"] <= _SLOW]
    if reference is None or not good:
        return None
    like = [t for t in good if _is_like(t, reference)]
    return like[0] if like else max(good, key=lambda t: (len(t["lines"]), -t["size"]))


def _is_like(found: dict[str, Any], reference: dict[str, Any]) -> bool:
    if not found["ok"] or found["profile"] != reference["profile"]:
        return False
    return {tuple(line) for line in reference["lines"]} <= {tuple(line) for line in found["lines"]}


def _calls(mark: dict[str, Any], names: dict[str, Any], home: str) -> list[dict[str, Any]]:
    """Return calls of the notebook's own functions in this unit; their files are in `home`."""
    found = _try(mark, names, home, _ROWS, "calls", only_calls=True)
    calls: list[dict[str, Any]] = _moved(found, home).get("calls", [])
    return calls


def _try(
    mark: dict[str, Any],
    names: dict[str, Any],
    home: str,
    size: int,
    label: str = "",
    *,
    scratch: list[str] | None = None,
    only_calls: bool = False,
) -> dict[str, Any]:
    """Return what a fork of the kernel found with so many rows.

    Args:
        mark: the unit.
        names: the notebook's namespace.
        home: the folder of the unit.
        size: rows at most.
        label: part of the name of the try's folder.
        scratch: folders that must be there for a unit that writes files; None for one that does not.
        only_calls: record calls of the notebook's own functions instead.
    """
    folder = os.path.join(home, f"try-{size}{label}")
    os.makedirs(os.path.join(folder, "files"), exist_ok=True)
    for name in scratch or ():
        os.makedirs(os.path.join(folder, "scratch", name), exist_ok=True)
    if scratch is not None:
        os.makedirs(os.path.join(folder, "scratch"), exist_ok=True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid == 0:
        _child(mark, names, folder, size, only_calls)
    end = time.monotonic() + PATIENCE
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return {"ok": False, "state": "slow", "size": size}
        time.sleep(0.005)
    try:
        with open(os.path.join(folder, "try.json"), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
    except (OSError, ValueError):
        return {"ok": False, "state": "died", "size": size}
    finally:
        if os.path.exists(os.path.join(folder, "try.json")):
            os.unlink(os.path.join(folder, "try.json"))
    return {"state": "", **found, "size": size, "folder": os.path.join(folder, "files")}


def _child(mark: dict[str, Any], names: dict[str, Any], folder: str, size: int, only_calls: bool) -> None:
    """Be the fork: do the try, write what it found, and end without a trace."""
    try:
        gc.disable()  # it would touch all memory, which is shared until then
        signal.set_wakeup_fd(-1)  # it is the kernel's
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open(os.devnull, "w") as silence:
            for number in (1, 2):
                os.dup2(silence.fileno(), number)
            sys.stdout = sys.stderr = silence
            module, files = _modules["attempt"], os.path.join(folder, "files")
            scratch = os.path.join(folder, "scratch")
            scratch = scratch if os.path.isdir(scratch) else ""
            if mark["what"] == "predictor":
                found = _modules["predictor"].try_predictor(mark, names, files, _recorded())
            elif only_calls:
                found = {"ok": True, "calls": module.record_calls(mark, names, files, size, _recorded())}
            else:
                chain = _modules["chain"].Chain(_units, _latest)
                found = module.attempt(mark, names, files, size, _recorded(), chain, scratch)
        with open(os.path.join(folder, "try.json"), "w", encoding="utf-8") as file:
            json.dump(found, file, ensure_ascii=False)
    except BaseException as error:
        with open(os.path.join(folder, "try.json"), "w", encoding="utf-8") as file:
            json.dump({"ok": False, "state": "broken", "error": f"{type(error).__name__}: {error}"}, file)
    finally:
        os._exit(0)


def _recorded() -> types.ModuleType:
    """Return `tests/recorded.py` as a module, for the libraries that the notebook has loaded."""
    libraries = {"arrays": "numpy", "frames": "pandas", "sparse": "scipy.sparse", "figures": "matplotlib.pyplot"}
    key = ",".join(name for name, module in libraries.items() if module in sys.modules)
    module = types.ModuleType("recorded")
    module.__dict__["__file__"] = os.path.join(_settings["folder"], "recorded.py")
    sys.modules["recorded"] = module  # dataclasses look for it
    exec(compile(_settings["readers"][key], "recorded.py", "exec"), module.__dict__)
    return module
