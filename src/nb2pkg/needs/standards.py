"""Versions and requirements as PEP 440 and PEP 508 have them: the one place that uses `packaging`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from nb2pkg.declarations import normalized
from nb2pkg.machine import Requirement, Source

# Distributions whose versions are dates of two figures, `24.1`: the first number breaks nothing.
_CALENDAR = frozenset(
    {"attrs", "black", "cudf", "cugraph", "cuml", "ipython-genutils", "packaging", "pip", "pyopenssl", "rmm", "twisted"}
)
_FIRST_YEAR = 1990  # a major version from here on is a year
_SUPPORTED = (10, 11, 12, 13)  # minor versions of Python 3 that our code runs with, and that we know


@lru_cache(maxsize=1024)
def parsed(version: str) -> Version | None:
    """Return a version, or None where it is none."""
    try:
        return Version(version)
    except InvalidVersion:
        return None


def public(version: str) -> str:
    """Return a version without its local part (`2.3.0+cpu`), which no registry has."""
    found = parsed(version)
    return found.public if found is not None else version


def range_of(name: str, version: str) -> str:
    """Return the versions that surely do where one does: up to the next that may break; empty for no version.

    Args:
        name: of the distribution, normalized.
        version: that was found.
    """
    found = parsed(version)
    if found is None:
        return ""
    lower = f">={found.public}"
    if found.major >= _FIRST_YEAR or name in _CALENDAR:
        return lower
    epoch = f"{found.epoch}!" if found.epoch else ""
    upper = f"{found.major + 1}" if found.major else f"0.{found.minor + 1}"
    return f"{lower},<{epoch}{upper}"


def satisfies(version: str, specifier: str) -> bool:
    """Tell whether a version is among those of a specifier; one that can't be read has none."""
    found, allowed = parsed(version), _specifiers(specifier)
    return found is not None and allowed is not None and allowed.contains(found, prereleases=True)


def exact(specifier: str) -> str:
    """Return the version that a specifier names alone (`==1.5.3`), or nothing."""
    match = re.fullmatch(r"\s*={2,3}\s*([^\s,*;]+)\s*", specifier)
    return match[1] if match and parsed(match[1]) else ""


def read_requirement(text: str, why: str, source: Source) -> Requirement | None:
    """Return a requirement of PEP 508; None where it is none, or is not for Python on Linux.

    Args:
        text: as somebody wrote it.
        why: how we know, for people.
        source: where it stands.
    """
    plain = re.fullmatch(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*([^;@\[\]]*)", text)
    if plain is not None:
        allowed = _specifiers(plain[2].strip(" ()"))
        return None if allowed is None else Requirement(normalized(plain[1]), why, _written(allowed), source)
    from packaging.requirements import InvalidRequirement  # markers and addresses are rare, and take long to import
    from packaging.requirements import Requirement as Read

    try:
        read = Read(text)
    except InvalidRequirement:
        return None
    if read.marker is not None and not read.marker.evaluate(marker_environment("3.12.0")):
        return None
    extras = tuple(sorted(map(normalized, read.extras)))
    return Requirement(
        normalized(read.name), why, _written(read.specifier), source, extras=extras, url=without_user(read.url or "")
    )


def needed(line: str, extras: Iterable[str], python: str) -> tuple[str, tuple[str, ...], str] | None:
    """Return what a `Requires-Dist` line needs: name, extras, specifier; None where it needs nothing here.

    Args:
        line: of a distribution's metadata.
        extras: of that distribution that are asked for.
        python: version of the environment's Python.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        read = Requirement(line)
    except InvalidRequirement:
        return None
    marker = read.marker
    if marker is not None and not any(marker.evaluate(marker_environment(python, e)) for e in ("", *extras)):
        return None
    return normalized(read.name), tuple(sorted(map(normalized, read.extras))), str(read.specifier)


def marker_environment(python: str, extra: str = "") -> dict[str, str]:
    """Return what markers ask for: a Python of this version, on Linux."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
        "extra": extra,
    }


def without_user(url: str) -> str:
    """Return an address without a user and password, which have no place in files; `git@` is no secret."""
    return re.sub(r"//(?!git@)[^/@\s]*@", "//", url)


def minors(specifiers: Iterable[str]) -> tuple[int, ...]:
    """Return the minor versions of Python 3, among those that we support, that all of these allow."""
    read = [s for s in map(_specifiers, specifiers) if s is not None]
    return tuple(m for m in _SUPPORTED if all(any(s.contains(f"3.{m}.{p}") for p in (0, 5, 30)) for s in read))


def _written(allowed: SpecifierSet) -> str:
    """Return a specifier as people write it, the lower end first."""
    order = {"==": 0, "===": 0, "~=": 1, ">=": 2, ">": 2, "<": 3, "<=": 3, "!=": 4}
    return ",".join(str(s) for s in sorted(allowed, key=lambda s: (order[s.operator], s.version)))


@lru_cache(maxsize=1024)
def _specifiers(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None
