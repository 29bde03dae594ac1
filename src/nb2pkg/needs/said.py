"""What people wrote down about distributions: the notebook's install lines, and requirement files around it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from nb2pkg.declarations import Declarations, Item, normalized
from nb2pkg.flow.distributions import distribution_of, from_conda
from nb2pkg.machine import Requirement, Source
from nb2pkg.needs.standards import read_requirement, without_user

# The most telling come first: what pins versions for a run, then what a library supports, then what developers use.
_ORDER = (
    "requirements.txt",
    "Pipfile",
    "environment.yml",
    "environment.yaml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
)
_ADDRESS = re.compile(r"(?:git|hg|svn|bzr)\+\S+|https?://\S+")


@dataclass(frozen=True, slots=True)
class Said:
    """What people wrote down, by normalized name; the requirement's `why` says where.

    Args:
        notebook: what cells install.
        files: what requirement files declare.
        addresses: install lines that give only an address: the last part of it -> requirement.
        python: versions of Python that files ask for.
    """

    notebook: Mapping[str, Requirement] = field(default_factory=dict)
    files: Mapping[str, Requirement] = field(default_factory=dict)
    addresses: Mapping[str, Requirement] = field(default_factory=dict)
    python: tuple[str, ...] = ()


def what_is_said(lines: Iterable[tuple[str, int]], files: Iterable[tuple[str, str]]) -> Said:
    """Return what install lines and requirement files say.

    Args:
        lines: (requirement as written, cell).
        files: (path relative to the notebook's folder, text).
    """
    notebook: dict[str, Requirement] = {}
    addresses: dict[str, Requirement] = {}
    for text, cell in lines:
        why = f"cell {cell} installs it"
        if _ADDRESS.match(text):
            _take_address(text, why, "notebook", notebook, addresses)
        elif requirement := read_requirement(text, why, "notebook"):
            _take(requirement, notebook)
    declared: dict[str, Requirement] = {}
    python = []
    for item in _declared(dict(files)):
        why = f"{posixpath.basename(item.file)} lists it"
        if not item.named:
            _take_address(item.text.partition(" @ ")[2], why, "file", declared, addresses)
        elif requirement := read_requirement(item.text, why, "file"):
            if requirement.name == "python":
                python.append(requirement.specifier)
            else:
                _take(requirement, declared)
    return Said(notebook, declared, addresses, tuple(filter(None, python)))


def _declared(files: Mapping[str, str]) -> list[Item]:
    """Return what files declare: the nearest folder first, and in it the most telling file."""
    found = Declarations(_Texts(files))
    for path in sorted(files, key=_rank):
        found.read(path)
    return found.items


def _rank(path: str) -> tuple[int, int, str]:
    name = posixpath.basename(path)
    telling = _ORDER.index(name) if name in _ORDER else len(_ORDER)
    return path.count("../"), telling, path


@dataclass(frozen=True, slots=True)
class _Texts:
    """Files that have been read, as the folder that declarations are read from."""

    files: Mapping[str, str]

    def exists(self, path: str) -> bool:
        return posixpath.normpath(path) in self.files

    def text(self, path: str) -> str:
        return self.files.get(posixpath.normpath(path), "")


def _take(requirement: Requirement, found: dict[str, Requirement]) -> None:
    """Add a requirement, unless one of its name says at least as much."""
    name = from_conda(requirement.name)
    known = found.get(name)
    if name and (known is None or (not known.specifier and not known.url and requirement.specifier)):
        extras = known.extras if known is not None else ()
        found[name] = replace(requirement, name=name, extras=tuple(sorted({*requirement.extras, *extras})))


def _take_address(
    text: str, why: str, source: Source, found: dict[str, Requirement], addresses: dict[str, Requirement]
) -> None:
    """Add what comes from an address. Its name is known only where the address says it."""
    url = without_user(text.split()[0])
    egg = re.search(r"[#&]egg=([A-Za-z0-9][\w.-]*)", url)
    wheel = re.search(r"/([A-Za-z0-9][\w.]*)-\d[^/]*\.whl$", url.partition("#")[0])
    url = re.sub(r"#egg=[^&]*(&|$)", lambda m: "#" if m[1] else "", url)
    name = egg[1] if egg else wheel[1] if wheel else ""
    if name:
        _take(Requirement(normalized(name), why, source=source, url=url), found)
        return
    last = url.partition("#")[0].rstrip("/").rpartition("/")[2].partition("@")[0].removesuffix(".git")
    if last:
        addresses.setdefault(normalized(last), Requirement("", why, source=source, url=url))


def dotted_names(path: str) -> list[str]:
    """Return the distributions that bear an import's own name, the longest first: `azure-data-tables`, `azure-data`."""
    parts = path.split(".")
    return [normalized("-".join(parts[:length])) for length in range(len(parts), 0, -1)]


def is_misnamed(name: str) -> bool:
    """Tell whether an installed name is that of an import which another distribution provides: `sklearn`, `cv2`."""
    answer = distribution_of(name.replace("-", "_"))
    return answer is not None and bool(answer.name) and normalized(answer.name) != name
