"""What may run a package at fixed times."""

from __future__ import annotations

from collections.abc import Iterable

from nb2pkg.errors import UsageError

SCHEDULES = ("airflow", "cron", "systemd")


def schedules_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return schedules, each once, in the order of `SCHEDULES`.

    Raises:
        UsageError: there is none of such a name.
    """
    wanted = frozenset(names)
    unknown = sorted(wanted.difference(SCHEDULES))
    if unknown:
        raise UsageError(f"--schedule {unknown[0]}: there are {', '.join(SCHEDULES)}")
    return tuple(name for name in SCHEDULES if name in wanted)
