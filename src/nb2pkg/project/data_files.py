"""What the project says and holds of the data that the package reads: rows for templates, files brought along."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nb2pkg.machine import DataFile
from nb2pkg.model import Finding, Location, Plan
from nb2pkg.needs.inputs import addresses
from nb2pkg.needs.reads import is_absolute, readable
from nb2pkg.project.config import environment
from nb2pkg.project.functions import Build

# Folders that `.gitignore` keeps out for other reasons.
_IGNORED = frozenset({"reports", "build", "dist", "venv", ".venv", "htmlcov", ".nox", ".coverage"})
_NEVER = frozenset({".git", ".github", ".nb2pkg", ".hg", ".svn"})


def place_of(folder: str, path: str) -> str:
    """Return where a file lies in the project; nothing where that is outside of it.

    Args:
        folder: the folder of the project that the package runs in.
        path: as the package has it, relative to that folder.
    """
    if is_absolute(path):
        return ""
    place = posixpath.normpath(posixpath.join(folder, path))
    return "" if place.startswith(("..", "/")) or place == "." else place


def brought_along(
    build: Build, contents: Mapping[str, bytes], taken: Collection[str]
) -> tuple[dict[str, bytes], list[Finding]]:
    """Return the data that the project holds itself, and findings about what has no place in it.

    Args:
        build: what is known of the package.
        contents: the files: path as the notebook has it -> content.
        taken: the paths of all that the project has besides.
    """
    plan = build.plan
    used = {name.casefold() for name in taken}
    used |= {str(above).casefold() for name in taken for above in _above(name)}
    found: dict[str, bytes] = {}
    findings = []
    for path, content in sorted(contents.items()):
        place = _place(plan, path)
        if not place:
            continue  # there is a finding already: it stays where it is, or leads out of the project
        above = {name.casefold() for name in _above(place)}
        if place.casefold() in used or not above.isdisjoint({n.casefold() for n in (*taken, *found)} | _NEVER):
            message = f"`{path}` is not copied: the project has something else at `{place}`"
            findings.append(Finding("NB312", message, Location(plan.notebook), "info"))
            continue
        found[place] = content
        used |= {place.casefold(), *above}
    return found, findings


def _above(name: str) -> Iterator[str]:
    """Yield the folders that a file lies in."""
    parts = name.split("/")[:-1]
    yield from ("/".join(parts[:n]) for n in range(1, len(parts) + 1))


def _place(plan: Plan, path: str) -> str:
    """Return where the project has a file that the notebook reads, or that lies in a folder that it reads."""
    best: tuple[int, str] = (-1, "")
    for row in plan.needs.data:
        source = readable(row.origin) if row.origin else row.path
        if path == source or path.startswith(f"{source}/"):
            place = place_of(plan.needs.folder, posixpath.normpath(row.path) + path[len(source) :])
            best = max(best, (len(source), place))
    return best[1]


def data_context(build: Build, brought: Collection[str]) -> dict[str, Any]:
    """Return what templates may say of the data.

    Args:
        build: what is known of the package.
        brought: the files of it that the project holds.
    """
    needs = build.plan.needs
    variables = {row["field"]: row["variable"] for row in environment(build)}
    rows = [_row(row, needs.folder, brought, variables) for row in needs.data]
    inside = [row for row in rows if row["place"]]
    return {
        "data": rows,
        "data_sums": [row["sum"] for row in inside if row["sha256"]],
        "data_ignored": [_pattern(row["place"], row["folder"]) for row in inside if not row["copied"]],
        "data_kept": [*_kept(build, brought)],
        "data_overrides": [row for row in rows if row["variable"]],
        "addresses": addresses(build.flow),
    }


def _row(row: DataFile, folder: str, brought: Collection[str], variables: Mapping[str, str]) -> dict[str, Any]:
    place = place_of(folder, row.path)
    plain = posixpath.normpath(row.path)
    digest = row.sha256 if re.fullmatch("[0-9a-f]{64}", row.sha256) else ""  # a plan may hold any text
    cells = ", ".join(map(str, row.cells))
    return {
        "path": row.path,
        "place": place,
        "origin": row.origin,
        "cells": f"{'cells' if len(row.cells) > 1 else 'cell'} {cells}",
        "size": size_text(row.size),
        "sha256": digest,
        "sum": f"{chr(92) if chr(92) in plain else ''}{digest}  {plain.replace(chr(92), chr(92) * 2)}",
        "copied": bool(place) and any(name == place or name.startswith(f"{place}/") for name in brought),
        "folder": row.path.endswith("/") or (not row.sha256 and not posixpath.splitext(plain)[1]),
        "setting": row.setting,
        "variable": variables.get(row.setting, ""),
    }


def size_text(size: int) -> str:
    """Return a size for people: `34 kB`; nothing where it is not known."""
    if size < 0:
        return ""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.3g} {unit}"


def _pattern(place: str, folder: bool) -> str:
    """Return a line of `.gitignore` that means one file or folder."""
    text = re.sub(r"([\\*?\[\]])", r"\\\1", place)
    text = re.sub(r" +$", lambda match: "\\ " * len(match[0]), text)
    return f"/{text}{'/' if folder else ''}"


def _kept(build: Build, brought: Collection[str]) -> Iterator[str]:
    """Yield lines of `.gitignore` that let in what other lines of it keep out."""
    seen = set()
    for place in sorted(brought):
        if place.split("/")[0] in _IGNORED | {build.layout.models} or place.endswith((".pyc", ".pyd", ".pyo")):
            for name in (*(f"{above}/" for above in _above(place)), place):
                if name not in seen:
                    seen.add(name)
                    yield f"!{_pattern(name.rstrip('/'), name.endswith('/'))}"
