"""The versions of Pythons, tools and actions that generated projects name; the table is in versions.toml."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_CLAUSE = re.compile(r"\s*(===?|~=|!=|<=?|>=?)\s*(\d+(?:\.\d+)*)(\.\*)?[\w.+-]*\s*")


@cache
def versions() -> Mapping[str, Mapping[str, str]]:
    """Return the table: `python`, `tools`, `actions` and `runners` -> name -> version."""
    text = resources.files("nb2pkg.project").joinpath("versions.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = tomllib.loads(text)
    return table


def pythons_of(specifier: str, newest: str = "") -> list[str]:
    """Return the minor versions of Python, `3.12`, whose newest release a `requires-python` admits, oldest first.

    Args:
        specifier: the `requires-python`; a clause that is none of PEP 440's excludes nothing.
        newest: the last one to return; empty for all.
    """
    clauses = [_CLAUSE.fullmatch(clause) for clause in specifier.split(",")]
    return [
        minor
        for minor, release in versions()["python"].items()
        if all(_admits(match, _numbers(release)) for match in clauses if match)
        if not newest or _numbers(minor) <= _numbers(newest)
    ]


def _admits(clause: re.Match[str], release: tuple[int, ...]) -> bool:
    operator, wanted, prefix = clause[1], _numbers(clause[2]), clause[3]
    start = release[: len(wanted)]
    if prefix or operator in ("==", "===", "!="):
        same = start == wanted if prefix else release == (*wanted, 0, 0)[:3]
        return same != (operator == "!=")
    if operator == "~=":
        return release >= wanted and release[: len(wanted) - 1] == wanted[:-1]
    return {"<": release < wanted, "<=": release <= wanted, ">": start > wanted, ">=": release >= wanted}[operator]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
