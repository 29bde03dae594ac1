"""Exact versions of all that a package needs, and of all that these need: what its environment has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nb2pkg.machine import Environment, Installed, Needs
from nb2pkg.needs.standards import is_supported, needed, public, satisfies

# What comes with Python, and what a lock of others need not name.
_UNLOCKED = frozenset({"pip", "python"})


def with_lock(needs: Needs, environment: Environment | None) -> Needs:
    """Return what a package needs with the exact versions of an environment; without, where it lacks some of it.

    Args:
        needs: with the requirements.
        environment: of the notebook's kernel, if it is known.
    """
    if environment is None:
        return replace(needs, lock=(), needed_by={}, environment="")
    used = any(r.name in environment.distributions for r in needs.requirements)
    label = environment.label if used else ""
    dated = is_supported(environment.python) is False  # what it has is for no Python that the package runs with
    found = None if dated else _closure(needs, environment)
    if found is None:
        return replace(needs, lock=(), needed_by={}, environment=label)
    rows = tuple((name, _exact(environment.distributions[name])) for name in sorted(found))
    return replace(needs, lock=rows, needed_by=found, environment=label)


def _exact(installed: Installed) -> str:
    return f"@ {installed.url}" if installed.url else public(installed.version)


def _closure(needs: Needs, environment: Environment) -> Mapping[str, tuple[str, ...]] | None:
    """Return all that is needed -> what needs it; None where it is not all there, or others can't have it.

    Each pair of distribution and extra is looked at once.
    """
    python = environment.python if environment.python.count(".") > 1 else f"{environment.python}.0"
    waiting = [(r.name, r.extras, "") for r in needs.requirements]
    if any(not _holds(r.name, r.specifier, environment) for r in needs.requirements):
        return None
    reasons: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extras, by = waiting.pop()
        if name in _UNLOCKED:
            continue
        installed = environment.distributions.get(name)
        if installed is None or installed.url.startswith("file:"):
            return None
        reasons.setdefault(name, set()).add(by)
        fresh = [extra for extra in ("", *extras) if (name, extra) not in seen]
        seen |= {(name, extra) for extra in fresh}
        if fresh:
            rows = (needed(line, extras, python) for line in installed.requires)
            waiting += [(row[0], row[1], name) for row in rows if row is not None]
    return {name: tuple(sorted(by)) for name, by in sorted(reasons.items())}


def _holds(name: str, specifier: str, environment: Environment) -> bool:
    installed = environment.distributions.get(name)
    return installed is not None and (not specifier or satisfies(installed.version, specifier))
