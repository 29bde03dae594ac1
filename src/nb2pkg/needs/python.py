"""Which Python a package needs, and the one to take for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nb2pkg.machine import Needs, Requirement
from nb2pkg.needs.standards import minors
from nb2pkg.needs.versions import Evidence

_DEFAULT = Needs()


def python_versions(requirements: Iterable[Requirement], evidence: Evidence) -> tuple[str, str]:
    """Return the versions that will do, as `requires-python` has them, and the one for images.

    Args:
        requirements: of the package.
        evidence: what is known of the environment and of requirement files.
    """
    everywhere = minors([])
    found = [
        installed
        for r in requirements
        if not evidence.is_dated and (installed := evidence.installed(r.name)) is not None
    ]
    allowed = minors([installed.python for installed in found]) or everywhere
    environment = evidence.environment
    version = (environment.python if environment is not None and found else "") or evidence.python
    wanted = _minor(version)
    asked = [m for m in minors(evidence.said.python) if m in allowed]
    if wanted is None and asked and len(asked) < len(everywhere):
        wanted = max(asked)
    if wanted is None or wanted < everywhere[0]:
        wanted = _minor(_DEFAULT.python_version) or everywhere[-1]  # the newest libraries want no old Python
    nearest = min(allowed, key=lambda m: (abs(m - wanted), m))
    upper = f",<3.{allowed[-1] + 1}" if allowed[-1] < everywhere[-1] else ""
    return f">=3.{allowed[0]}{upper}", f"3.{nearest}"


def _minor(version: str) -> int | None:
    match = re.match(r"3\.(\d+)", version)
    return int(match[1]) if match else None
