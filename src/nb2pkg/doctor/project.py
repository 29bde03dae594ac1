"""Reads what a project needs: `pyproject.toml`, which people edit as they go, and the plan for the rest."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nb2pkg.doctor.state import Wanted
from nb2pkg.errors import PlanError, ReadError, UsageError
from nb2pkg.machine import Needs
from nb2pkg.model import Location
from nb2pkg.plan.needs_file import NeedError, read_needs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PLAN = Path(".nb2pkg", "plan.toml")
_SCHEMA = 1
_DOCKERFILES = ("Dockerfile", "docker/Dockerfile")


def read_wanted(folder: str) -> Wanted:
    """Return what a project needs.

    Args:
        folder: the project, as people name it.

    Raises:
        UsageError: there is no such folder, or it holds no project.
        ReadError: `pyproject.toml` can't be read.
        PlanError: the plan can't be read.
    """
    path = Path(folder)
    if not os.path.isdir(folder):
        raise UsageError(f"{folder}: there is no such folder")
    file = path / "pyproject.toml"
    if not file.is_file():
        raise UsageError(f"{folder}: no project: it has no pyproject.toml", hint="name the folder that convert wrote")
    project = _table(_toml(file), "project", file)
    plan = _plan(path / PLAN)
    needs = _needs(plan, path / PLAN)
    dependencies = project.get("dependencies", [str(r) for r in needs.requirements])
    name = project.get("name")
    if not isinstance(name, str):
        raise ReadError("[project] has no `name`", location=Location(str(file)))
    package = plan.get("package") if plan else None
    return Wanted(
        folder=os.path.normpath(folder),
        name=canonicalize_name(name),
        version=_text(project.get("version")),
        python=_specifier(project.get("requires-python", needs.python), file),
        requirements=_requirements(dependencies, file),
        package=package if isinstance(package, str) else name.replace("-", "_"),
        needs=needs,
        planned=plan is not None,
        makefile=(path / "Makefile").is_file(),
        dockerfile=any((path / place).is_file() for place in _DOCKERFILES),
    )


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"this is no TOML: {error}", location=Location(str(file))) from None
    except OSError as error:
        raise ReadError(f"it can't be read: {error.strerror or error}", location=Location(str(file))) from None


def _table(data: dict[str, Any], name: str, file: Path) -> dict[str, Any]:
    table = data.get(name)
    if not isinstance(table, dict):
        raise ReadError(f"it has no [{name}]", location=Location(str(file)))
    return table


def _plan(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        plan = _toml(file)
    except ReadError as error:
        raise PlanError(error.message, location=error.location, hint="convert the notebook again") from None
    if plan.get("schema") != _SCHEMA:
        message = f"the plan's schema is {plan.get('schema')!r}, not {_SCHEMA}"
        raise PlanError(message, location=Location(str(file)), hint="convert the notebook again")
    return plan


def _needs(plan: dict[str, Any] | None, file: Path) -> Needs:
    try:
        return read_needs(plan.get("needs") if plan else None, Needs())
    except NeedError as error:
        raise PlanError(str(error), location=Location(str(file)), hint=f"look for {error.needle!r} there") from None


def _requirements(lines: Any, file: Path) -> tuple[str, ...]:
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ReadError("`dependencies` is a list of texts", location=Location(str(file)))
    for line in lines:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            why = str(error).splitlines()[0]
            raise ReadError(f"{line!r} is no requirement: {why}", location=Location(str(file))) from None
    return tuple(lines)


def _specifier(value: Any, file: Path) -> str:
    try:
        SpecifierSet(_text(value))
    except InvalidSpecifier:
        raise ReadError(f"`requires-python` can't be {value!r}", location=Location(str(file))) from None
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
