"""Versions and requirements as PEP 440 and PEP 508 have them: the one place that uses `packaging`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from nb2pkg.declarations import normalized
from nb2pkg.machine import Requirement, Source

# Distributions whose first number breaks nothing: it is that of a year, `24.1`, or goes up with each small change.
_OPEN = frozenset(
    {
        "attrs",
        "black",
        "cudf",
        "cugraph",
        "cuml",
        "ipython-genutils",
        "packaging",
        "pip",
        "pyopenssl",
        "rmm",
        "setuptools",
        "twisted",
    }
)
# Distributions whose second number changes results or takes names away, as their release notes say: what a notebook
# showed to the last digit comes again with the same one only.
_BY_MINOR = frozenset(
    {
        "catboost",
        "keras",
        "lightgbm",
        "matplotlib",
        "networkx",
        "numba",
        "numpy",
        "scikit-image",
        "scikit-learn",
        "scipy",
        "spacy",
        "statsmodels",
        "sympy",
        "tensorflow",
        "torch",
        "torchvision",
        "transformers",
        "xgboost",
    }
)
_REQUIRED = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*((?:\(?[<>=!~][^@;]*)?|@.*)\s*"
)
_SIMPLE = re.compile(  # a comparison of a marker
    r"""\s*(python_version|python_full_version(?=\s*[<>])|(?:os_name|sys_platform|platform_system)(?=\s*[=!]=))"""
    r"""\s*([<>]=?|[=!]=)\s*["']([^"'*]+)["']\s*"""
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
    if found.major >= _FIRST_YEAR or name in _OPEN:
        return lower
    epoch = f"{found.epoch}!" if found.epoch else ""
    by_minor = not found.major or name in _BY_MINOR
    upper = f"{found.major}.{found.minor + 1}" if by_minor else f"{found.major + 1}"
    return f"{lower},<{epoch}{upper}"


def both(first: str, second: str) -> str:
    """Return the versions that two specifiers allow; one that names a single version stays."""
    if not second or exact(first):
        return first
    return _written(SpecifierSet(",".join(filter(None, (first, second)))))


def lower_end(specifier: str) -> str:
    """Return a specifier without its upper end: what was found with an old Python may be too old for a newer one."""
    allowed = _specifiers(specifier)
    lower = [s for s in allowed or () if s.operator in ("==", "~=", ">=", ">")]
    texts = {s.operator if s.operator == ">" else ">=": s.version.removesuffix(".*") for s in lower}
    return ",".join(f"{operator}{version}" for operator, version in sorted(texts.items()))


def is_supported(python: str) -> bool | None:
    """Tell whether a version of Python is one that packages may have; None where there is none."""
    match = re.match(r"(\d+)\.(\d+)", python)
    return (int(match[1]), int(match[2])) >= (3, _SUPPORTED[0]) if match else None


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
    found = needed(text, (), "3.12.0")
    if found is None:
        return None
    name, extras, rest = found
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", extra) for extra in extras):
        return None
    if rest.startswith("@"):
        if not re.fullmatch(r"[a-z+]+://[!-~]+", rest[1:].strip()):
            return None
        return Requirement(name, why, source=source, extras=extras, url=without_user(rest[1:].strip()))
    allowed = _specifiers(rest)
    return None if allowed is None else Requirement(name, why, _written(allowed), source, extras=extras)


def needed(line: str, extras: Collection[str], python: str) -> tuple[str, tuple[str, ...], str] | None:
    """Return what a requirement needs: name, extras, versions or `@ address`; None where it needs nothing here.

    Args:
        line: as PEP 508 has it, a `Requires-Dist` of a distribution's metadata for example.
        extras: of that distribution that are asked for.
        python: version of the environment's Python.
    """
    text, _, condition = line.partition(" ;" if "@" in line else ";")
    match = _REQUIRED.fullmatch(text)
    if match is None or ("extra" in condition and not any(extra in condition for extra in extras)):
        return None  # all but few lines of metadata, so that no marker need be read
    if condition.strip() and not _applies(condition.strip(), extras, python):
        return None
    asked = tuple(sorted(normalized(extra.strip()) for extra in (match[2] or "").split(",") if extra.strip()))
    return normalized(match[1]), asked, match[3].strip(" ()")


def _applies(condition: str, extras: Collection[str], python: str) -> bool:
    """Tell whether a marker holds on Linux, for one of the extras or for none."""
    simple = [_SIMPLE.fullmatch(part) for part in condition.split(" and ")]
    if all(simple):  # as nearly all are: they are read without what takes long to import
        return all(match is None or _compared(match, python) for match in simple)
    from packaging.markers import InvalidMarker, Marker

    try:
        marker = Marker(condition)
    except InvalidMarker:
        return True
    return any(marker.evaluate(marker_environment(python, extra)) for extra in ("", *extras))


def _compared(match: re.Match[str], python: str) -> bool:
    """Tell whether one comparison of a marker holds."""
    name, operator, value = match.groups()
    environment = marker_environment(python)
    if name.startswith("python_"):
        return satisfies(environment[name], f"{operator}{value}")
    return (environment[name] == value) == (operator == "==")


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
    """Return an address without user, password and query, which may hold secrets; `git@` holds none."""
    return re.sub(r"\?[^#]*", "", re.sub(r"//(?!git@)[^/@\s]*@", "//", url))


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
