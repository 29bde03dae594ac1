"""Fitted estimators, which no file holds: they are made again by fitting one like them to the few rows of a case."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from nb2pkg.run.probe import making, rows
from nb2pkg.run.probe.holding import Holder, Spec, described

_ROWS = 40
_MOST = 8  # pairs of features and target that are tried
_ASKED = ("predict", "predict_proba", "decision_function", "transform")


def refitted(holder: Holder, names: dict[str, Any], text: str, specs: dict[str, Spec]) -> Spec:
    """Return the spec of a fitted estimator: the call that makes one like it, and the rows that it is fitted to.

    Args:
        holder: writes the rows.
        names: the notebook's values, with all of their rows.
        text: the estimator's name.
        specs: what the unit takes, with few rows.
    """
    value, spec = names[text], specs[text]
    if not making.is_estimator(value):
        return spec
    call = making.made(value)
    if call is None:
        return spec
    held = making.fields(call)
    for features, target in _pairs(names, value):
        on = [name for name in (features, target) if name]
        found: Spec = {**spec, **held, "how": "fitted", "on": on}
        parts = _parts(holder, names, on, specs)
        if parts is None:
            continue
        found["parts"] = parts
        try:
            model = fetch(holder, {**found, "seeded": True}, specs)
        except Exception:
            continue
        if _is_like(model, value):
            return {**found, "seeded": _draws()}
    return spec


def fetch(holder: Holder, spec: Spec, specs: dict[str, Spec]) -> Any:
    """Return an estimator, made and fitted as a test does it."""
    if spec.get("seeded"):
        sys.modules["numpy.random"].seed(0)
    model = holder.fetch(spec)
    return model.fit(*(holder.fetch(spec["parts"][name]) for name in spec["on"]))


def _draws() -> bool:
    """Tell whether the global generator has been used since it was seeded."""
    random = sys.modules["numpy.random"]
    now = random.get_state()
    random.seed(0)
    fresh = random.get_state()
    return bool((now[1] != fresh[1]).any() or now[2:] != fresh[2:])


def behaviour(holder: Holder, value: Any, name: str, passed: dict[str, Any], spec: Spec) -> Spec:
    """Return the spec of a fitted estimator that a unit gives back: what it answers for rows that the unit took."""
    checks: dict[str, Spec] = {}
    for text, given in passed.items():
        if rows.row_count(given) is None:
            continue
        for method in _ASKED:
            if len(checks) == 2 or not hasattr(value, method):
                continue
            try:
                answer = getattr(value, method)(given)
            except Exception:
                continue
            held = holder.hold(answer, f"{method}_{name}", exact=False)
            if held["how"] == "file":
                checks[f"{method}:{text}"] = held
        if checks:
            break
    return {**spec, "how": "behaviour", "checks": checks} if checks else spec


def _pairs(names: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    """Return names of features and of a target that the estimator may have been fitted to, the likeliest first."""
    count = getattr(value, "n_features_in_", None)
    columns = list(getattr(value, "feature_names_in_", ()))
    found = []
    for name, rows_in in names.items():
        shape = _shape(rows_in)
        if name.startswith("_") or (rows.row_count(rows_in) or 0) < 2:
            continue
        if count is not None and (len(shape) != 2 or shape[1] != count):
            continue
        if columns and [*map(str, getattr(rows_in, "columns", ()))] != [*map(str, columns)]:
            continue
        found.append(name)
    found.sort(key=lambda name: "train" not in name)
    supervised = _is_supervised(value)
    pairs = [(name, "") for name in found] if not supervised else []
    for name in found if supervised else ():
        pairs += [(name, target) for target in targets(names, name, value)]
    return pairs[:_MOST]


def _is_supervised(value: Any) -> bool:
    """Tell whether an estimator learns from a target."""
    base = sys.modules.get("sklearn.base")
    if base is not None and (base.is_classifier(value) or base.is_regressor(value)):
        return True
    target = inspect.signature(value.fit).parameters.get("y")
    return hasattr(value, "classes_") or (target is not None and target.default is target.empty)


def targets(names: dict[str, Any], features: str, value: Any) -> list[str]:
    """Return names of what an estimator may have learned to tell of these features, the likeliest first."""
    length = rows.row_count(names[features])
    classes = {str(c) for c in getattr(value, "classes_", ())}
    found = []
    for name, target in names.items():
        shape = _shape(target)
        if name.startswith("_") or name == features or len(shape) != 1 or shape[0] != length:
            continue
        if classes and {str(item) for item in target} != classes:
            continue
        found.append(name)
    return sorted(found, key=lambda name: sum((word in name) != (word in features) for word in ("train", "test")))


def _shape(value: Any) -> tuple[int, ...]:
    shape = getattr(value, "shape", ())
    return shape if isinstance(shape, tuple) else ()


def _parts(holder: Holder, names: dict[str, Any], on: list[str], specs: dict[str, Spec]) -> dict[str, Spec] | None:
    """Return the specs of the rows to fit to: those of the unit where it takes them, else a few of the notebook's."""
    found = {name: specs[name] for name in on if name in specs and specs[name]["how"] == "file"}
    if len(found) == len(on):
        return found
    found = {}
    positions = rows.choose({name: names[name] for name in on}, on[::-1], _ROWS, ())
    for name in on:
        held = holder.hold(rows.take(names[name], positions), f"fit_{name}")
        if held["how"] != "file":
            return None
        found[name] = held
    return found


def _is_like(model: Any, value: Any) -> bool:
    same = getattr(model, "n_features_in_", None) == getattr(value, "n_features_in_", None)
    known = [str(c) for c in getattr(value, "classes_", ())]
    return same and [str(c) for c in getattr(model, "classes_", ())] == known and described(model) == described(value)
