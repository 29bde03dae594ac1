"""Which names hold at each position of straight-line code, kept as changes.

A set for each statement would cost the square of a notebook's size; here a name costs as much as it changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from nb2pkg.model import Timeline

Step = tuple[Collection[str], Collection[str]]  # what a statement adds, and what it removes first


def forward(steps: Iterable[Step], start: Iterable[str] = ()) -> Timeline:
    """Return what holds *before* each statement, as statements add and remove it on the way down.

    Args:
        steps: per statement, what it adds and what it removes before that.
        start: what holds before the first.
    """
    current = set(start)
    changes: dict[str, list[int]] = {name: [0] for name in current}
    for position, (added, removed) in enumerate(steps, start=1):
        _toggle(added, removed, current, changes, position)
    return Timeline({name: tuple(found) for name, found in changes.items()})


def backward(steps: Sequence[Step], end: Iterable[str] = ()) -> Timeline:
    """Return what holds *after* each statement, as statements add and remove it on the way up.

    Args:
        steps: per statement, what it adds and what it removes before that.
        end: what holds after the last.
    """
    current = set(end)
    changes: dict[str, list[int]] = {name: [len(steps)] for name in current}
    for position in range(len(steps) - 1, -1, -1):
        added, removed = steps[position]
        _toggle(added, removed, current, changes, position)
    for name in current:
        changes[name].append(0)
    return Timeline({name: tuple(reversed(found)) for name, found in changes.items()})


def _toggle(
    added: Collection[str], removed: Collection[str], current: set[str], changes: dict[str, list[int]], position: int
) -> None:
    for name in removed:
        if name in current and name not in added:
            current.discard(name)
            changes[name].append(position)
    for name in added:
        if name not in current:
            current.add(name)
            changes.setdefault(name, []).append(position)
