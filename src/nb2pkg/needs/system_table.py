"""The table of Debian packages, `system.toml`, as values."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from nb2pkg.tuples import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NOTHING: Mapping[str, str] = MappingProxyType({})
PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # as Debian's policy has it


class Row(NamedTuple):
    """A row: under which conditions which packages are needed. The table's comments say what each field is."""

    of: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    text: str = ""
    labels: str = ""
    since: str = ""
    unless: tuple[str, ...] = ()
    unless_run: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    env: Mapping[str, str] = _NOTHING
    versions: Mapping[str, str] = _NOTHING
    task: str = ""
    note: str = ""


class MecabTable(NamedTuple):
    """Which distributions look for a dictionary of MeCab, which bring one, and where Debian has them."""

    of: tuple[str, ...]
    source: tuple[str, ...]
    bundled: tuple[str, ...]
    dictionaries: Mapping[str, str]
    tasks: Mapping[str, str]


class SystemTable(NamedTuple):
    """All that the file says."""

    releases: tuple[str, ...]
    names: Mapping[str, Mapping[str, str]]
    aliases: Mapping[str, str]
    builders: frozenset[str]
    headers: Mapping[str, str]
    rows: tuple[Row, ...]
    mecab: MecabTable
    commands: Mapping[str, tuple[str, ...]]
    command_tasks: Mapping[str, str]
    paths: Mapping[str, str]
    languages: frozenset[str]
    bundled: frozenset[str]  # distributions whose wheels need nothing

    def name_in(self, release: str, name: str) -> str:
        """Return what a release calls a package; empty where it has none."""
        return self.names.get(release, {}).get(name, name)

    def all_names(self) -> frozenset[str]:
        """Return all packages that the table can lead to, as the first release calls them."""
        found = {"mecab", "libmecab2", *self.mecab.dictionaries.values(), *self.mecab.source, *self.headers.values()}
        for row in self.rows:
            found.update(row.run, row.build, row.source, row.tools, row.unless_run)
        for packages in self.commands.values():
            found.update(packages)
        found.update(self.aliases.values(), self.paths.values(), map(language_package, self.languages))
        return frozenset(found - {""})


def language_package(code: str) -> str:
    """Return the package of a language of tesseract."""
    return f"tesseract-ocr-{code.replace('_', '-')}"


@cache
def system_table() -> SystemTable:
    """Return the table."""
    raw = tomllib.loads(resources.files("nb2pkg.needs").joinpath("system.toml").read_text(encoding="utf-8"))
    mecab = raw["mecab"]
    return SystemTable(
        releases=tuple(raw["releases"]),
        names=raw["names"],
        aliases=raw["aliases"],
        builders=frozenset(raw["builders"]["names"]),
        headers=raw["headers"],
        rows=tuple(_row(row) for row in raw["row"]),
        mecab=MecabTable(
            tuple(mecab["of"]), tuple(mecab["source"]), tuple(mecab["bundled"]), mecab["dictionaries"], mecab["tasks"]
        ),
        commands={name: tuple(packages.split()) for name, packages in raw["commands"].items()},
        command_tasks=raw["command_tasks"],
        paths=raw["paths"],
        languages=frozenset(raw["tesseract"]["languages"].split()),
        bundled=frozenset(raw["none"]["of"].split()),
    )


def _row(row: Mapping[str, Any]) -> Row:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Row(**values)
