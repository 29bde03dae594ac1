"""Say which distribution an import comes from, and which ones no import shows; both are tables, nothing is guessed."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from nb2pkg.declarations import normalized
from nb2pkg.machine import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Part of some Python that we support, and of another not: the answer must not depend on the one that runs nb2pkg.
PASSING_STANDARD_MODULES = frozenset(
    {"aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "imghdr", "imp", "lib2to3"}
    | {"mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib"}
    | {"tomllib", "uu", "xdrlib"}
)
# OpenCV's build without windows needs no system package; the windows are in the other.
WINDOW_CALLS = frozenset({"cv2.imshow", "cv2.waitKey", "cv2.namedWindow", "cv2.createTrackbar", "cv2.selectROI"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What provides an import: a distribution, the standard library, or a platform that nobody can install.

    Args:
        name: of the distribution; empty where none is to be installed.
        why: how we know, for people.
        source: which kind of knowledge it is.
        specifier: the versions that provide it, where newer ones do no longer.
    """

    name: str
    why: str
    source: Literal["standard", "platform", "table", "family"]
    specifier: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A row of what calls need besides their library; see the table."""

    needs: tuple[str, ...]
    calls: tuple[str, ...] = ()
    text: str = ""
    beside: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_text: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    same: frozenset[str]
    names: Mapping[str, str]
    alternatives: Mapping[str, tuple[str, ...]]
    conda: Mapping[str, str]
    platforms: Mapping[str, str]
    families: Mapping[str, int]
    hidden: tuple[Hidden, ...]


def distribution_of(module: str, calls: Collection[str] = ()) -> Answer | None:
    """Return what provides an import, or None where nobody knows.

    Args:
        module: dotted name as imported, `google.cloud.bigquery`; more parts than needed do no harm.
        calls: qualified calls of the notebook; some decide between two builds of one library.
    """
    for prefix in _prefixes(module):
        if answer := _known(prefix, module, calls):
            return answer
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in PASSING_STANDARD_MODULES:
        return Answer("", "standard library", "standard")
    return None


def alternatives_of(module: str) -> tuple[str, ...]:
    """Return other distributions that provide an import just as well: other builds, forks with its name.

    Args:
        module: dotted name as imported.
    """
    table = _table().alternatives
    return next((table[prefix] for prefix in _prefixes(module) if prefix in table), ())


def from_conda(name: str) -> str:
    """Return what registries call a package of conda; empty for one that is no distribution.

    Args:
        name: normalized.
    """
    return _table().conda.get(name, name)


def hidden_names() -> frozenset[str]:
    """Return the normalized names of all that calls may need."""
    return frozenset(normalized(need) for row in _table().hidden for need in row.needs)


def known_imports() -> frozenset[str]:
    """Return the top-level names of all libraries in the table."""
    table = _table()
    return frozenset(name.split(".")[0] for name in (*table.same, *table.names))


def hidden_requirements(
    calls: Iterable[str], texts: Iterable[str] = (), known: Iterable[str] = ()
) -> tuple[Requirement, ...]:
    """Return what is needed though no import shows it.

    Args:
        calls: qualified calls, and with a leading dot the names of methods and attributes (`.to_excel`, `.style`).
        texts: string literals of the code.
        known: distributions that are required already; they are left out, and some make others needless.

    Returns:
        requirements, in the table's order, each with its reason.
    """
    made, said = tuple(dict.fromkeys(calls)), tuple(dict.fromkeys(texts))
    present = {normalized(name) for name in known}
    beside = frozenset(present)
    found: dict[str, Requirement] = {}
    for row in _table().hidden:
        why = _reason(row, made, said, beside)
        for need in row.needs if why else ():
            if normalized(need) not in present:
                found.setdefault(normalized(need), Requirement(need, why))
    return tuple(found.values())


def _prefixes(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length])


def _known(prefix: str, module: str, calls: Collection[str]) -> Answer | None:
    table = _table()
    if prefix in table.platforms:
        return Answer("", f"only there in {table.platforms[prefix]}", "platform")
    if prefix == "cv2" and not WINDOW_CALLS.isdisjoint(calls):
        return Answer("opencv-python", "provides `cv2` with windows, which the notebook opens", "table")
    if prefix in table.names:
        name, upper, version = table.names[prefix].partition("<")
        return Answer(name, f"provides `{prefix}`", "table", upper + version)
    if prefix in table.same:
        return Answer(prefix.replace("_", "-"), f"provides `{prefix}`", "table")
    size = table.families.get(prefix, 0)
    parts = module.split(".")[:size]
    if size and len(parts) == size:
        name = re.sub(r"_v\d\w*$", "", "-".join(parts)).replace("_", "-")  # pubsub_v1 is pubsub's
        return Answer(name, f"distributions of `{prefix}` are named so", "family")
    return None


def _reason(row: Hidden, calls: tuple[str, ...], texts: tuple[str, ...], present: frozenset[str]) -> str:
    """Return why a row holds, empty where it does not."""
    if row.beside and present.isdisjoint(normalized(name) for name in row.beside):
        return ""
    if not present.isdisjoint(normalized(name) for name in row.unless):
        return ""
    if row.unless_text and any(re.search(row.unless_text, text) for text in texts):
        return ""
    call = next((call for call in calls if any(_matches(call, pattern) for pattern in row.calls)), "")
    if row.calls and not call:
        return ""
    if not row.calls:
        texts = tuple(text for text in texts if "://" in text)  # what no call says is told by an address
    match = next((match for text in texts if row.text and (match := re.search(row.text, text))), None)
    if row.text and not match:
        return ""
    # Only what matched is told: the rest of an address may hold a password.
    name = call.lstrip(".") or (match[0] if match else min(present.intersection(map(normalized, row.beside))))
    return f"`{name}` needs it"


def _matches(call: str, pattern: str) -> bool:
    return call.startswith(pattern[:-1]) if pattern.endswith("*") else call == pattern


@cache
def _table() -> _Table:
    text = resources.files("nb2pkg.flow").joinpath("distributions.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return _Table(
        same=frozenset(raw["same"].split()),
        names=raw["names"],
        alternatives={module: tuple(names) for module, names in raw["alternatives"].items()},
        conda=raw["conda"],
        platforms=raw["platforms"],
        families=raw["families"],
        hidden=tuple(_hidden(row) for row in raw["hidden"]),
    )


def _hidden(row: Mapping[str, Any]) -> Hidden:
    return Hidden(
        needs=tuple(row["needs"]),
        calls=tuple(row.get("calls", ())),
        text=row.get("text", ""),
        beside=tuple(row.get("beside", ())),
        unless=tuple(row.get("unless", ())),
        unless_text=row.get("unless_text", ""),
    )
