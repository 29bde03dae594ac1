"""Whether what was learned from rows went into test rows that were among them."""

from __future__ import annotations

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
    if split.kind in ("slice", "mask"):
        return any(_scored_across(score.fit, score.x, fit, learned_from, split) for score in history.scores)
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
    return any(used is fit and not rows.roots & roots for used, rows, _ in history.applied)


def _scored_across(model: Fit | None, scored: Rows | None, fit: Fit, learned_from: Rows, split: Split) -> bool:
    if model is None or model.x is None or scored is None or fit not in scored.learned:
        return False
    one, other = model.x.side_of(split), scored.side_of(split)
    return bool(one and other) and one != other and scored.within(learned_from)
