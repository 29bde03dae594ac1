"""Plan -> config.py: the settings as fields of `Config`, and as rows of the README."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nb2pkg.machine import Needs, Variable
from nb2pkg.model import Plan, Setting, Statement, Unit
from nb2pkg.project.functions import Build, cells_text

_WIDEST = 80  # of a value in the README


def config_source(build: Build) -> str:
    """Return the source of config.py."""
    lines = [line for s in build.plan.settings for line in _field(build, s)]
    return build.templates.render("src/PACKAGE/config.py.jinja", lines=lines, moved=bool(moved_settings(build.plan)))


def moved_settings(plan: Plan) -> dict[str, str]:
    """Return the settings whose files lie elsewhere in the project than where the notebook has them: name -> path."""
    return {row.setting: row.path for row in plan.needs.data if row.setting and row.origin}


def reads_moved(plan: Plan, unit: Unit) -> bool:
    """Tell whether a unit reads a setting whose file lies elsewhere in the project than where the notebook has it."""
    moved = [s for s in plan.settings if s.name in moved_settings(plan)]
    return any(s.variable in unit.inputs or any(p.statement in unit.statements for p in s.places) for s in moved)


def _field(build: Build, setting: Setting) -> Iterator[str]:
    """Yield the lines of a field, with the comments that stood by the name in the notebook."""
    first = build.flow.statements[setting.places[0].statement]
    note = f"# {_cells(build, setting)}"
    alone = bool(setting.variable) and not setting.local  # else its comments stay with its line in `run()`
    if alone:
        yield from first.comments.splitlines()
        said = _comments_in(first)
        if len(said) == 1:
            note = f"{said.pop()} ({_cells(build, setting)})"
        yield from said
    moved = moved_settings(build.plan).get(setting.name)
    value = setting.value if moved is None else f"_data_file({moved!r}, origin={setting.value})"
    yield f"{setting.name}: {setting.type} = {value}  {note}"
    if alone:
        yield from first.end_comments.splitlines()


def _comments_in(statement: Statement) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(statement.source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _cells(build: Build, setting: Setting) -> str:
    return cells_text([build.flow.statements[p.statement] for p in setting.places])


def environment(build: Build) -> list[dict[str, str]]:
    """Return the fields that the environment may set: where files are differs from machine to machine."""
    fields = [s.name for s in build.plan.settings if s.path and s.name.isascii()]
    return [{"field": name, "variable": f"{build.plan.package}_{name}".upper()} for name in fields]


def needs_of(build: Build) -> Needs:
    """Return what the package needs, with the variables that may set its paths: nobody needs to set those."""
    fields = {row["field"]: row["variable"] for row in environment(build)}
    paths = [
        Variable(fields[s.name], f"`{s.name}` of {_cells(build, s)}", required=False, value=_path(s.value))
        for s in build.plan.settings
        if s.name in fields
    ]
    known = {variable.name: variable for variable in (*paths, *build.plan.needs.variables)}
    return replace(build.plan.needs, variables=tuple(known[name] for name in sorted(known)))


def _path(literal: str) -> str:
    """Return the text of a setting's literal; nothing where it is no text on one line."""
    value = ast.literal_eval(literal)
    return value if isinstance(value, str) and value.isprintable() else ""


def readme_settings(build: Build) -> dict[str, Any]:
    """Return what the README says of the settings: all of them, and how one is changed."""
    moved = {name: repr(path) for name, path in moved_settings(build.plan).items()}
    rows = [
        {"name": s.name, "type": s.type, "value": moved.get(s.name, s.value), "cells": _cells(build, s)}
        for s in build.plan.settings
    ]
    numbers = [s for s in build.plan.settings if s.type in ("int", "float")]
    example = next(iter(numbers), None) or next(iter(build.plan.settings), None)
    text = example.value if example in numbers and example is not None else "VALUE"
    shown = {"name": example.name if example else "NAME", "text": text}
    return {"settings": rows, "variables": environment(build), "example": shown}


def _shortened(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
