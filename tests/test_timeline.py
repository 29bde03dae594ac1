"""The changes of names over positions say the same as a set for each position would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.flow.timeline import backward, forward

NAMES = "abc"
_SETS = st.frozensets(st.sampled_from(NAMES))
_STEPS = st.lists(st.tuples(_SETS, _SETS), max_size=8)


@given(_STEPS, _SETS)
def test_forward_holds_before_each_statement(
    steps: list[tuple[frozenset[str], frozenset[str]]], start: frozenset[str]
) -> None:
    found = forward(steps, start)
    current = start
    for position, (added, removed) in enumerate(steps):
        assert {n for n in NAMES if found.holds(n, position)} == current
        current = (current - removed) | added
    assert {n for n in NAMES if found.holds(n, len(steps))} == current


@given(_STEPS, _SETS)
def test_backward_holds_after_each_statement(
    steps: list[tuple[frozenset[str], frozenset[str]]], end: frozenset[str]
) -> None:
    found = backward(steps, end)
    current = end
    for position in range(len(steps) - 1, -1, -1):
        assert {n for n in NAMES if found.holds(n, position)} == current
        added, removed = steps[position]
        current = (current - removed) | added
