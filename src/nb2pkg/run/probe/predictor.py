"""Tries a model together with the transformers that its rows go through first: all of it fitted anew to a few rows."""

from __future__ import annotations

from typing import Any

from nb2pkg.run.probe import fitting, making, rows
from nb2pkg.run.probe.holding import Holder, Spec

_ROWS = 60


def try_predictor(mark: dict[str, Any], names: dict[str, Any], folder: str, recorded: Any) -> dict[str, Any]:
    """Return the calls that make the parts, the rows that they are fitted to, and what the model answers for these.

    Args:
        mark: `rows` and `model`, names; `steps`, pairs of a transformer and the method that its result is asked for;
            `methods` of the model.
        names: the notebook's namespace.
        folder: for files.
        recorded: the module that reads them.
    """
    holder = Holder(folder, recorded, names)
    parts = {name: making.made(names[name]) for name in (*(name for name, _ in mark["steps"]), mark["model"])}
    features = mark["rows"]
    if any(text is None for text in parts.values()) or rows.row_count(names.get(features)) is None:
        return {"ok": False, "state": "unheld"}
    for target in fitting.targets(names, features, names[mark["model"]]):
        group = [features, target]
        positions = rows.choose({name: names[name] for name in group}, group[::-1], _ROWS, ())
        held = {name: holder.hold(rows.take(names[name], positions), name) for name in group}
        specs = {name: {**making.fields(text), "type": "", "how": "made"} for name, text in parts.items() if text}
        if any(spec["how"] != "file" for spec in held.values()):
            continue
        try:
            answers = _answers(mark, holder, specs, *held.values())
        except Exception:
            continue
        return {"ok": True, "parts": specs, "rows": held[features], "target": held[target], "answers": answers}
    return {"ok": False, "state": "failed"}


def _answers(mark: dict[str, Any], holder: Holder, parts: dict[str, Spec], features: Spec, target: Spec) -> Any:
    value = holder.fetch(features)
    for name, then in mark["steps"]:
        step = holder.fetch(parts[name]).fit(value)
        value = step.transform(value)
        value = getattr(value, then)() if then else value
    model = holder.fetch(parts[mark["model"]]).fit(value, holder.fetch(target))
    found = {method: holder.hold(getattr(model, method)(value), method, exact=False) for method in mark["methods"]}
    if any(spec["how"] != "file" for spec in found.values()):
        raise ValueError("no file holds the answers")
    return found
