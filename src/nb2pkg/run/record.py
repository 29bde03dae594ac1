"""Runs a notebook with the recorder in its kernel, and again without it, and returns what was recorded."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from nb2pkg.errors import RunError
from nb2pkg.model import Flow, Location, Plan
from nb2pkg.needs.inputs import climbs
from nb2pkg.project.recording import SHOWN, Call, Predicted, Recorded, Recording, Unrecorded, Value
from nb2pkg.project.render import render
from nb2pkg.run.limits import NO_LIMITS, Limits
from nb2pkg.run.marks import PREDICTOR, predictor_marks, unit_id, unit_marks
from nb2pkg.run.notebook import CellRun, Execution, Probe, execute, probe_text
from nb2pkg.run.sandbox import sandbox

_MODULES = ("places", "encoding", "making", "rows", "holding", "fitting", "calls", "chain", "attempt", "predictor")
_LIBRARIES = ("arrays", "frames", "sparse", "figures")
_LONG = 12  # lines of shown text that stand in a test
_MOST = 1_900_000  # bytes of all fixtures of a project
_Done = Callable[[], None]


def record(
    flow: Flow,
    plan: Plan,
    *,
    sample: int | None = None,
    limits: Limits = NO_LIMITS,
    progress: _Done = lambda: None,
) -> Recording:
    """Run a notebook twice, the first time with the recorder.

    Args:
        flow: the notebook.
        plan: its units.
        sample: rows that its loaders give at most.
        limits: what each run may take.
        progress: called after each cell.

    Raises:
        RunError: the notebook fails, or takes more than it may.
    """
    marks = [*unit_marks(flow, plan), *predictor_marks(flow, plan)]
    origin = str(Path(flow.notebook.path).resolve().parent)
    with tempfile.TemporaryDirectory(prefix="nb2pkg-") as home:
        probe = Probe("record", {"folder": home, "origin": origin, "readers": _readers(), "texts": _texts()})
        first = _executed(flow, sample, limits, progress, marks=marks, probes=[probe])
        second = _executed(flow, sample, limits, progress)
        recording = _recording(plan, Path(home), sample)
    shown = _both(first, second)
    return replace(recording, shown=shown, sample=sample, seconds=second.seconds, python=first.python)


def _executed(flow: Flow, sample: int | None, limits: Limits, progress: _Done, **probing: Any) -> Execution:
    with sandbox(Path(flow.notebook.path), climbs=climbs(flow)) as folder:
        done = execute(flow.notebook, folder, sample=sample, limits=limits, progress=progress, **probing)
    last = next((cell for cell in reversed(done.cells) if cell.executed), None)
    if done.stopped:
        raise RunError(
            _REASONS[done.stopped],
            location=Location(flow.notebook.path, last.number if last is not None else 0),
            why="It was executed for recorded tests (--run); nothing was written.",
            hint="give it more with --timeout and --memory, less to do with --sample, or leave out --run",
        )
    if done.error is not None and last is not None:
        raise RunError(
            f"the notebook fails when it is executed: {done.error.name}: {_one_line(done.error.message)}",
            location=Location(flow.notebook.path, last.number, done.error.line),
            why="It was executed for recorded tests (--run); nothing was written.",
            hint="mend the cell, or leave out --run",
        )
    return done


_REASONS = {
    "timeout": "the notebook takes longer than it may",
    "memory": "the notebook takes more memory than it may",
    "died": "the notebook's kernel died",
}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _readers() -> dict[str, str]:
    """Return the texts of `tests/recorded.py` for each set of libraries that a notebook may have loaded."""
    sets = chain.from_iterable(combinations(_LIBRARIES, n) for n in range(len(_LIBRARIES) + 1))
    return {",".join(names): render("tests/recorded.py.jinja", parts=reader_parts(names)) for names in sets}


def reader_parts(libraries: tuple[str, ...]) -> frozenset[str]:
    """Return the parts of the reader that handle all that these libraries have."""
    more = {"arrays": ("npz", "bunch"), "frames": ("parquet",)}
    return frozenset({"json", "captured", *libraries, *chain.from_iterable(more.get(name, ()) for name in libraries)})


def _texts() -> dict[str, str]:
    """Return the probe's modules, under names that no notebook has."""
    return {name: probe_text(name).replace("nb2pkg.run.probe", "_nb2pkg_probes") for name in _MODULES}


def _both(first: Execution, second: Execution) -> dict[int, tuple[str, ...]]:
    """Return, per cell, the lines that it showed in both runs."""
    again = {cell.number: set(_lines(cell)) for cell in second.cells}
    found = {}
    for cell in first.cells:
        lines = tuple(line for line in _lines(cell) if line in again.get(cell.number, ()))
        if lines:
            found[cell.number] = lines
    return found


def _lines(cell: CellRun) -> list[str]:
    texts = [o.text for o in cell.outputs if o.kind != "error" and not (o.kind == "stream" and o.name == "stderr")]
    return [line for text in texts for line in text.splitlines()]


def _recording(plan: Plan, home: Path, sample: int | None) -> Recording:
    """Return what the recorder wrote."""
    units: list[Recorded] = []
    missing: list[Unrecorded] = []
    calls: list[Call] = []
    makers: list[Recorded] = []
    files: dict[str, bytes] = {}
    functions = {unit_id(u): u for u in plan.units if u.kind == "function"}
    predictor: Predicted | None = None
    for case in sorted(home.glob("*/case.json")):
        folder, unit = case.parent.name, functions.get(case.parent.name)
        found = json.loads(case.read_text(encoding="utf-8"))
        content = {f"{folder}/{f.name}": f.read_bytes() for f in case.parent.iterdir() if f != case}
        fits = sum(map(len, content.values())) + sum(map(len, files.values())) < _MOST
        if unit is not None and found["ok"] and found["shown"].count("\n") > _LONG:
            content[f"{folder}/{SHOWN}"] = found["shown"].encode("utf-8")
        if fits:
            files |= content
            calls += [_call(call, folder) for call in found.get("calls", ())]
        if folder == PREDICTOR and found["ok"] and fits:
            predictor = _predicted(found, folder)
        recorded = _unit(unit.statements, found, folder) if unit is not None and found["ok"] and fits else None
        apart = _out_of_reach(plan, recorded)
        if unit is not None and apart:
            missing.append(Unrecorded(unit.statements, f"it takes `{apart}`, which lives in run()"))
        elif recorded is not None and recorded.reads and sample is not None:
            missing.append(Unrecorded(recorded.statements, "it loads the data, of which there was a sample only"))
        elif recorded is not None:
            units.append(recorded)
        elif unit is None and found["ok"] and fits and folder != PREDICTOR:
            makers.append(_unit((int(folder),), found, folder))
        elif unit is not None:
            missing.append(Unrecorded(unit.statements, _reason(found) if fits else "its values are too large"))
    units, alone = _with_makers(units, makers)
    missing += alone
    seen = {r.statements for r in units} | {m.statements for m in missing}
    rest = [u for u in functions.values() if u.statements not in seen]
    missing += [Unrecorded(u.statements, "it is not run by itself") for u in rest]
    return Recording(
        units=tuple(units),
        makers=tuple(makers),
        calls=tuple(calls),
        missing=tuple(missing),
        files=files,
        predictor=predictor,
    )


def _predicted(found: Mapping[str, Any], folder: str) -> Predicted:
    return Predicted(
        parts={name: _value(spec, folder) for name, spec in found["parts"].items()},
        rows=_value(found["rows"], folder),
        target=_value(found["target"], folder),
        answers={method: _value(spec, folder) for method, spec in found["answers"].items()},
    )


def _with_makers(units: list[Recorded], makers: list[Recorded]) -> tuple[list[Recorded], list[Unrecorded]]:
    """Return units whose arguments other units make only where these are recorded too, and the ones that go."""
    kept, gone = list(units), list[Unrecorded]()
    while True:
        known = {f"{r.statements[0]:03d}" for r in (*kept, *makers)}
        lost = [r for r in kept if any(v.how == "called" and v.unit not in known for v in r.arguments.values())]
        if not lost:
            return kept, gone
        gone += [Unrecorded(r.statements, "what makes its arguments is not recorded") for r in lost]
        kept = [r for r in kept if r not in lost]


def _out_of_reach(plan: Plan, recorded: Recorded | None) -> str:
    """Return a function of the notebook that a unit takes and that a test can't import, or the empty string."""
    known = {u.name for u in plan.units if u.kind == "definition" and not u.lifted}
    values = recorded.arguments.values() if recorded is not None else ()
    return next((name for value in values for name in value.ours if name not in known), "")


def _reason(found: Mapping[str, Any]) -> str:
    if found.get("state") == "unheld":
        held = [f"`{name}` ({spec['type']})" for name, spec in found["unheld"].items()]
        return f"no file holds {', '.join(held)}"
    return {
        "slow": "it takes too long for a test",
        "large": "its values are too large",
        "writes": "it writes files",
        "reaches out": "it uses the network or starts programs",
        "died": "it ended the process",
    }.get(found.get("state", ""), found.get("error") or "it can't be run by itself")


def _unit(statements: tuple[int, ...], found: Mapping[str, Any], folder: str) -> Recorded:
    steady = [*found.get("steady", ()), *[True] * len(found["results"])]
    return Recorded(
        statements=statements,
        arguments={name: _value(spec, folder) for name, spec in found["arguments"].items()},
        results={
            spec["name"]: replace(_value(spec, folder), other=spec.get("argument", ""), steady=same)
            for spec, same in zip(found["results"], steady, strict=False)
        },
        changed={name: _value(spec, folder) for name, spec in found["changed"].items()},
        shown=found["shown"] if found.get("text_steady") else "",
        figures=f"{folder}/figures.json" if found["figures"] and found.get("text_steady") else "",
        random=tuple(found["random"]),
        reads=found["reads"],
        written={name: f"{folder}/{file}" if file else "" for name, file in found["written"].items()},
        folders=tuple(found["folders"]),
        seconds=found["seconds"],
    )


def _call(found: Mapping[str, Any], folder: str) -> Call:
    return Call(
        function=found["function"],
        arguments={name: _value(spec, folder) for name, spec in found["arguments"].items()},
        result=_value(found["result"], folder),
        changed={name: _value(spec, folder) for name, spec in found["changed"].items()},
    )


def _value(spec: Mapping[str, Any], folder: str) -> Value:
    parts = {**spec.get("parts", {}), **spec.get("checks", {}), **({"head": spec["head"]} if "head" in spec else {})}
    return Value(
        how=spec["how"],
        type=spec["type"],
        shape=tuple(spec["shape"]) if "shape" in spec else None,
        floats=spec.get("floats", False),
        text=spec.get("text", ""),
        imports=tuple(spec.get("imports", ())),
        ours=tuple(spec.get("ours", ())),
        local=tuple(spec.get("local", ())),
        paths=tuple(spec.get("paths", ())),
        file=f"{folder}/{spec['file']}" if "file" in spec else "",
        parts={name: _value(part, folder) for name, part in parts.items()},
        other=spec.get("as", ""),
        unit=spec.get("unit", ""),
        seeded=spec.get("seeded", False),
        reason=spec.get("reason", ""),
        digest=spec.get("digest", "") if spec["how"] in ("described", "behaviour") else "",
    )
