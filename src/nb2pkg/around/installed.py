"""Reads what an environment has installed from its distributions' metadata: only as much as a notebook asks for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.declarations import NAME_AT_START, normalized
from nb2pkg.flow.distributions import alternatives_of, distribution_of, hidden_names
from nb2pkg.machine import Installed
from nb2pkg.needs.standards import without_user

_FOLDER = re.compile(r"(.+?)-([^-]+)\.dist-info$")
_EGG = re.compile(r"(.+?)-([^-]+)(?:-py[\d.]+(?:-.+)?)?\.egg-info$")
_EXTRA = re.compile(r"""\bextra\s*==""")
_ASKED = re.compile(NAME_AT_START.pattern + r"\s*(?:\[([^\]]*)\])?")
_FIELDS = frozenset({"Version", "Requires-Dist", "Requires-Python"})
_NAMESPACES = frozenset({"azure", "google", "google.cloud"})  # folders that many distributions put a file into
_MOST = 64_000_000  # bytes of a list of files


@dataclass(frozen=True, slots=True)
class Found:
    """A distribution's metadata on disk.

    Args:
        path: its `.dist-info` or `.egg-info`.
        name: normalized.
        version: as the folder's name has it.
    """

    path: Path
    name: str
    version: str


def read_distributions(
    sites: Sequence[Path], modules: Iterable[str], names: Iterable[str]
) -> tuple[Mapping[str, Installed], Mapping[str, tuple[str, ...]]]:
    """Return the distributions that a notebook may need, with all that they need, and what provides its imports.

    Args:
        sites: folders of distributions; the first that has one counts.
        modules: dotted names that the notebook imports.
        names: distributions that are asked for besides, normalized; with extras where these are, `pandas[excel]`.
    """
    entries = {name: site for site in reversed(sites) for name in _listed(site)}
    found = find_distributions(sites)
    search = _Search(found, frozenset(name.partition(".")[0] for name in entries), bool(_editable(entries)))
    providers = {module: answer for module in dict.fromkeys(modules) if (answer := search.providers(module))}
    wanted = {name for answer in providers.values() for name in answer} | {*names, *hidden_names()}
    return with_needs(found, wanted), providers


def find_distributions(sites: Sequence[Path]) -> dict[str, Found]:
    """Return the distributions in folders by the names of their metadata; the first folder that has one counts."""
    found: dict[str, Found] = {}
    for site in sites:
        for name in _listed(site):
            if name.endswith(("-info", ".egg-link")) and (item := _named(site / name)):
                found.setdefault(item.name, item)
    return found


def _listed(site: Path) -> list[str]:
    try:
        return sorted(os.listdir(site))
    except OSError:
        return []


def _editable(entries: Iterable[str]) -> list[str]:
    return [name for name in entries if name.endswith((".pth", ".egg-link")) or name.startswith("__editable__")]


def _named(path: Path) -> Found | None:
    """Return a distribution by the name of its metadata."""
    match = (_FOLDER if path.suffix == ".dist-info" else _EGG).match(path.name)
    if match:
        return Found(path, normalized(match[1]), match[2])
    if path.suffix == ".egg-info":  # of a project that is worked on
        return Found(path, normalized(path.stem), "")
    return None


class _Search:
    """Which distributions of an environment provide a module; lists of files are read when they are asked for.

    Args:
        found: the distributions, by name.
        tops: first parts of the names in the folders: a module that is none of them is not there.
        editable: some distributions are elsewhere.
    """

    def __init__(self, found: Mapping[str, Found], tops: frozenset[str], editable: bool) -> None:
        self._found = found
        self._tops = tops
        self._editable = editable
        self._files: dict[str, bytes] = {}

    def providers(self, module: str) -> tuple[str, ...]:
        """Return the distributions that have the longest part of a module's name: right for `google.cloud.bigquery`."""
        top = module.partition(".")[0]
        answer = distribution_of(module)
        if answer is not None and not answer.name:
            return ()
        if top not in self._tops:
            return self._by_top_level(top) if self._editable else ()
        likely = [answer.name, *alternatives_of(module)] if answer is not None else [top]
        least = _least(module, answer.name) if answer is not None else 1
        for name in map(normalized, likely):
            if name in self._found and self._depth(name, module) >= least:
                return (name,)
        return self._deepest(module) or self._by_top_level(top)

    def _deepest(self, module: str) -> tuple[str, ...]:
        depths = {name: self._depth(name, module) for name in self._found}
        most = max(depths.values(), default=0)
        return tuple(sorted(name for name, depth in depths.items() if depth == most)) if most else ()

    def _depth(self, name: str, module: str) -> int:
        """Return how many parts of a module's name a distribution has files for; shared folders don't count."""
        files = self._files_of(name)
        parts = module.split(".")
        if b"\n" + parts[0].encode() not in files:
            return 0
        for length in range(len(parts), 0, -1):
            path = b"\n" + "/".join(parts[:length]).encode()
            if ".".join(parts[:length]) in _NAMESPACES:
                return 0
            if path + b"/__init__.py" in files or path + b".py," in files:
                return length
            if path + b"." in files and re.search(re.escape(path) + rb"\.[^/\n,]*\b(?:so|pyd),", files):
                return length
        return 0

    def _files_of(self, name: str) -> bytes:
        if name not in self._files:
            path = self._found[name].path
            record = _bytes(path / "RECORD", _MOST)
            if not record:  # Debian's have none; old ones list theirs relative to the metadata
                tops = _bytes(path / "top_level.txt", 100_000).split() or [path.name.partition("-")[0].encode()]
                record = b"".join(top + b"/__init__.py,\n" for top in tops)
            self._files[name] = b"\n" + record
        return self._files[name]

    def _by_top_level(self, top: str) -> tuple[str, ...]:
        """Return the distributions that say they have a module, wherever it lies."""
        wanted = top.encode()
        return tuple(
            sorted(
                name
                for name, found in self._found.items()
                if (name == normalized(top) and (found.path / "direct_url.json").exists())
                or wanted in _bytes(found.path / "top_level.txt", 100_000).split()
            )
        )


def _least(module: str, name: str) -> int:
    """Return how many parts of a module's name make it a distribution's: three of `google.cloud.bigquery.job`."""
    parts = module.split(".")
    for length in range(1, len(parts)):
        answer = distribution_of(".".join(parts[:length]))
        if answer is not None and answer.name == name:
            return length
    return len(parts)


def with_needs(found: Mapping[str, Found], names: Iterable[str]) -> dict[str, Installed]:
    """Return distributions with all that they need, extras only where they are asked for."""
    read: dict[str, Installed] = {}
    waiting = [_asked(text) for text in sorted(names)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if name not in found or (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name not in read:
            read[name] = _installed(found[name])
        for line in read[name].requires:
            if not _EXTRA.search(line) or any(extra in line for extra in extras):
                waiting.append(_asked(line))
    return dict(sorted(read.items()))


def _asked(text: str) -> tuple[str, frozenset[str]]:
    """Return the normalized name and the extras of a requirement."""
    match = _ASKED.match(text)
    extras = frozenset(part.strip() for part in (match[2] or "").split(",")) if match else frozenset[str]()
    return normalized(match[1]) if match else "", extras - {""}


def _installed(found: Found) -> Installed:
    path = (
        found.path
        if found.path.is_file()
        else found.path / ("METADATA" if found.path.suffix == ".dist-info" else "PKG-INFO")
    )
    fields: dict[str, list[str]] = {}
    for line in _head(path).splitlines():
        key, _, value = line.partition(":")
        if key in _FIELDS:
            fields.setdefault(key, []).append(value.strip())
    return Installed(
        name=found.name,
        version=(fields.get("Version") or [found.version])[0],
        requires=tuple(fields.get("Requires-Dist", ())) or _egg_requires(found.path),
        python=(fields.get("Requires-Python") or [""])[0],
        url=_origin(found.path),
    )


def _head(path: Path) -> str:
    """Return the fields of a metadata file, without the description below them."""
    for most in (16_000, 4_000_000):
        data = _bytes(path, most).replace(b"\r\n", b"\n")
        head, end, _ = data.partition(b"\n\n")
        if end or len(data) < most:
            break
    return head.decode("utf-8", "replace")


def _egg_requires(path: Path) -> tuple[str, ...]:
    """Return what an old distribution needs, as `requires.txt` has it before its first section."""
    if path.suffix != ".egg-info":
        return ()
    text = _bytes(path / "requires.txt", 1_000_000).decode("utf-8", "replace").partition("\n[")[0]
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("["))


def _origin(path: Path) -> str:
    """Return where a distribution was installed from, if from no registry."""
    data = _bytes(path / "direct_url.json", 100_000)
    if not data or _bytes(path / "INSTALLER", 100).strip() == b"conda":  # its own build's folder
        return ""
    try:
        content = json.loads(data)
        url, vcs = content["url"], content.get("vcs_info")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    if not isinstance(url, str):
        return ""
    if isinstance(vcs, dict) and not url.startswith("file:"):
        part = f"#subdirectory={content['subdirectory']}" if content.get("subdirectory") else ""
        return without_user(f"{vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', 'HEAD')}{part}")
    return without_user(url)


def _bytes(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():  # a pipe may never end
            return b""
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, ValueError):
        return b""
