"""What `convert --run` tells people at the end: what has recorded tests, what has none, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nb2pkg.model import Unit
from nb2pkg.project.recording import Recorded
from nb2pkg.run.trial import Recordings


def recorded_lines(recorded: Recordings) -> list[str]:
    """Return the lines of the summary about recorded tests."""
    recording, units = recorded.recording, _units(recorded)
    names = {units[r.statements].name for r in recording.units}
    every = {u.name for u in units.values()}
    size = sum(len(content) for name, content in recorded.project.files.items() if name.startswith("tests/fixtures/"))
    rows = f" on a sample of {recording.sample} rows" if recording.sample is not None else ""
    lines = [f"  recorded tests{rows}: {len(names)} of {len(every)} functions, {size / 1000:.0f} kB of fixtures"]
    for gone in recording.missing:
        name = units[gone.statements].name
        if name not in names:
            lines.append(f"    none of {name}: {gone.reason}")
    lines += [f"    {name} differs from run to run: only its kind is checked" for name in _unsteady(recorded)]
    for f in recorded.failed:
        what = "checks the kind of its results only" if f.kept else "is left out"
        lines.append(f"    {f.name} {what}, since it fails at once: {f.reason}")
    return lines


def recorded_data(recorded: Recordings) -> dict[str, Any]:
    """Return the same as JSON data."""
    units = _units(recorded)
    return {
        "functions": sorted({units[r.statements].name for r in recorded.recording.units}),
        "missing": [{"function": units[m.statements].name, "why": m.reason} for m in recorded.recording.missing],
        "unsteady": list(_unsteady(recorded)),
        "failed": [{"test": f.name, "kept": f.kept, "why": f.reason} for f in recorded.failed],
        "sample": recorded.recording.sample,
    }


def _units(recorded: Recordings) -> dict[tuple[int, ...], Unit]:
    return {u.statements: u for u in recorded.project.plan.units if u.kind == "function"}


def _unsteady(recorded: Recordings) -> Iterator[str]:
    units = _units(recorded)
    for unit in recorded.recording.units:
        yield from (f"`{name}` of {units[unit.statements].name}" for name in _names(unit))


def _names(unit: Recorded) -> list[str]:
    return [name for name, value in unit.results.items() if not value.steady]
