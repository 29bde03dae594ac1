"""Whether what was learned from rows went into test rows that were among them."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.state import History
from nb2pkg.lint.ml.values import Fit, Rows, Split


def apart(history: History, rows: Rows) -> bool:
    """Tell whether rows are one side of a split already; a mask or a single slice says nothing of that kind."""
    return any(
        half.split.kind in ("random", "fold") or (half.split.kind == "slice" and len(history.sides[half.split]) > 1)
        for half in rows.halves
    )


def leaks(history: History, fit: Fit, learned_from: Rows, split: Split) -> bool:
    """Tell whether test rows of a split were among those that were learned from, and got what was learned."""
    sides = history.met[fit, split]
    if split.kind == "subset":
        return False
    if split.kind in ("slice", "mask"):
        tested = [(s.fit, s.x) for s in history.scores] + [(p.fit, p.x) for p in history.manual]
        return any(_tested_across(model, rows, fit, learned_from, split) for model, rows in tested)
    test = sides.get("test")
    if test is None or fit not in test.learned or not test.within(learned_from):
        return False
    if split.kind in ("cv", "fold") and _has_test_data(history, fit):
        return False
    inputs = split.inputs
    reached = [r is not None and fit in r.learned for r in inputs]
    return reached[:1] == [True] or not any(reached)  # the target alone: it changes no feature


def _has_test_data(history: History, fit: Fit) -> bool:
    """Tell whether what was learned is applied to data from elsewhere: then those are the test rows."""
    roots = fit.x.roots if fit.x is not None else frozenset()
    return any(used.estimator is fit.estimator and not rows.roots & roots for used, rows, _ in history.applied)


def _tested_across(model: Fit | None, tested: Rows | None, fit: Fit, learned_from: Rows, split: Split) -> bool:
    """Tell whether a model that was fitted on one side of a cut is tested on the other."""
    if model is None or model.x is None or tested is None or fit not in tested.learned:
        return False
    one = model.x.side_of(split)
    if not one or not tested.within(learned_from):
        return False
    other = tested.side_of(split)
    if other:
        return one != other
    return one == "train" and any(half.side == "test" and _is_near(split, half.split) for half in tested.halves)


def _is_near(one: Split, other: Split) -> bool:
    """Tell whether two cuts name the same number: `x[:n]` and `x[n - 60:]`."""
    if not (one.kind == other.kind == "slice"):
        return False
    names = [
        {n.id for n in ast.walk(s.node) if isinstance(n, ast.Name)} - {"len", "int", "round"} for s in (one, other)
    ]
    return bool(names[0] & names[1])
