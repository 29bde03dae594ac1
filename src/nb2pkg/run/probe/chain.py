"""Values that no file holds and that another unit makes: it is run again, on the few rows that it was tried with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nb2pkg.run.probe import fitting
from nb2pkg.run.probe.holding import Holder, Spec, described

_DEEPEST = 3
Run = Callable[[list[dict[str, Any]], dict[str, Any], set[Any]], None]


class Chain:
    """The units that were recorded so far, by what they make.

    Args:
        units: id -> `home`, the folder of its files; `steps` and `outputs` of its mark, `arguments` of its try.
        latest: name -> the unit that made it last.
    """

    def __init__(self, units: dict[str, dict[str, Any]], latest: dict[str, str]) -> None:
        self.units = units
        self.latest = latest

    def made(self, holder: Holder, names: dict[str, Any], text: str, run: Run) -> tuple[Spec, Any] | None:
        """Return the spec of a value that a unit made, and another of its kind made by the same unit."""
        unit = self.latest.get(text, "")
        if not unit:
            return None
        try:
            value = self.call(holder, names, unit, run)[text]
        except Exception:
            return None
        if type(value) is not type(names[text]):
            return None
        return {**described(value), "how": "called", "unit": unit, "as": text}, value

    def call(self, holder: Holder, names: dict[str, Any], unit: str, run: Run, depth: int = 0) -> dict[str, Any]:
        """Return what a unit makes of the few rows that it was tried with, by name."""
        if depth > _DEEPEST:
            raise RecursionError("too many units, one of the other")
        entry = self.units[unit]
        specs: dict[str, Spec] = entry["arguments"]
        own = Holder(entry["home"], holder.recorded, names)
        space = dict(names)
        for text, spec in specs.items():
            if spec["how"] in ("file", "literal", "made"):
                space[text] = own.fetch(spec)
        for text, spec in specs.items():
            if spec["how"] == "fitted":
                space[text] = fitting.fetch(own, spec, specs)
            elif spec["how"] == "called":
                space[text] = self.call(holder, names, spec["unit"], run, depth + 1)[spec["as"]]
            elif spec["how"] == "same":
                space[text] = space[spec["as"]]
        run(entry["steps"], space, set())
        return {name: space[name] for name in entry["outputs"]}
