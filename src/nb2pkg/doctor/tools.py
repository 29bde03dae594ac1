"""What is handy but not needed: make and Docker, for a project that has files for them."""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.doctor.check import Check
from nb2pkg.doctor.state import State, Wanted


def check_tools(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a note for each tool that the project has files for."""
    if not wanted.planned:
        text = "there is no .nb2pkg/plan.toml: system packages, data, variables and downloads are not known"
        yield Check("plan", "plan", "note", text)
    for name, has, use in (
        ("make", wanted.makefile, "its Makefile"),
        ("docker", wanted.dockerfile, "its Dockerfile; the package runs without"),
    ):
        if has:
            path = state.system.commands.get(name, "")
            yield Check("tool", name, "ok" if path else "note", path or f"not found: it is for {use}")
