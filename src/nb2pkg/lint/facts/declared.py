"""The distributions that the files beside a notebook declare; no answer where they may declare more than shows."""

from __future__ import annotations

from nb2pkg.declarations import NAME_AT_START, Declarations, normalized
from nb2pkg.lint.beside import Beside
from nb2pkg.tuples import NamedTuple


class Declared(NamedTuple):
    """What is declared.

    Args:
        files: that declare something.
        names: of distributions, normalized; groups and extras included.
        own: normalized names of the project itself.
    """

    files: tuple[str, ...]
    names: frozenset[str]
    own: frozenset[str]


def declared(beside: Beside) -> Declared | None:
    """Return what the files beside a notebook declare; None where nothing is, or where not all of it can be seen."""
    found = Declarations(beside)
    files = []
    for file in beside.declaring():
        before = len(_names(found))
        found.read(file)
        if len(_names(found)) > before or file.startswith("requirements"):
            files.append(file)
    names = _names(found)
    if found.open or not files or not names:
        return None
    return Declared(tuple(files), names, frozenset(found.own))


def _names(found: Declarations) -> frozenset[str]:
    matches = (NAME_AT_START.match(item.text) for item in found.items)
    return frozenset(normalized(match[1]) for match in matches if match)
