"""Build -> the files that surround the package: each a template whose path mirrors its own.

`src` and `PACKAGE` in a template's path stand for the source folder and the package. A template that renders to nothing
but blanks gives no file. The package's modules, the tests, `pyproject.toml` and `README.md` are rendered elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from nb2pkg import __version__
from nb2pkg.errors import UsageError
from nb2pkg.project.config import needs_of
from nb2pkg.project.data_files import data_context
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.machine_context import machine_context
from nb2pkg.project.naming import safe_name
from nb2pkg.project.tasks import staged_story

# Rendered where more is known about them.
_REPLACEABLE = frozenset({"README.md", "pyproject.toml"})
_ELSEWHERE = ("src/PACKAGE/", "tests/", "pyproject.toml", "README.md")


def scaffold_names(build: Build) -> list[str]:
    """Return where the files that surround the package lie, if they are all needed."""
    return [_place(build, name.removesuffix(".jinja")) for name in _names(build)]


def _names(build: Build) -> Iterator[str]:
    """Yield the templates of the files that surround the package."""
    own = {path for path, _ in build.templates.own}
    ours = frozenset(replace(build.templates, own=()).names())
    for name in build.templates.names():
        elsewhere = name.startswith(_ELSEWHERE) and (name in ours or name not in own)
        if name.endswith(".jinja") and not elsewhere:
            yield name


def scaffold_texts(build: Build, brought: Collection[str] = ()) -> dict[str, str]:
    """Return the files that surround the package: path in the project -> text.

    Args:
        build: what is known of the package.
        brought: the data that the project holds itself.
    """
    context, own = scaffold_context(build, brought), dict(build.templates.own)
    found = {}
    for name in _names(build):
        text = build.templates.render(name, **context)
        if text.strip():
            path = _place(build, name.removesuffix(".jinja"))
            found[path] = format_code(text) if path.endswith(".py") and name not in own else text
    for folder in build.layout.folders:
        found[f"{folder}/.gitkeep"] = ""
    copied = {_place(build, name): text for name, text in own.items() if not name.endswith(".jinja")}
    return found | copied


def check_places(build: Build, made: Collection[str]) -> None:
    """Refuse templates of people that would take the place of what is made from the notebook.

    Args:
        build: the project.
        made: paths of the files that are made from the notebook.

    Raises:
        UsageError: one would.
    """
    ours = frozenset(replace(build.templates, own=()).names())
    for name, _ in build.templates.own:
        place = _place(build, name.removesuffix(".jinja"))
        if name not in ours and place in made and place not in _REPLACEABLE:
            hint = "give it another name; docs/templates.md lists the templates that can be replaced"
            raise UsageError(f"--templates: {name} would replace {place}, which is made from the notebook", hint=hint)


def scaffold_context(build: Build, brought: Collection[str] = ()) -> dict[str, Any]:
    """Return what the templates that surround the package may speak of; docs/templates.md lists it."""
    plan, layout, staged = build.plan, build.layout, staged_story(build)
    return {
        "package": plan.package,
        "distribution": plan.package.replace("_", "-"),
        "title": plan.title,
        "version": __version__,
        "notebook_name": safe_name(plan.notebook),
        "layout": layout,
        "package_folder": layout.place(plan.package),
        "needs": needs_of(build),
        "scaffold": plan.scaffold,
        "script": plan.script,
        "has_config": bool(plan.settings),
        "has_results": bool(plan.results),
        "settings": plan.settings,
        "driver": build.names.driver,
        **machine_context(build),
        **data_context(build, brought),
        "stages": staged.stages,
        "whole": staged.why,
    }


def _place(build: Build, name: str) -> str:
    """Return where the file of a template lies in the project."""
    if name.startswith("src/"):
        return build.layout.place(name.removeprefix("src/").replace("PACKAGE", build.plan.package))
    return name.replace("PACKAGE", build.plan.package)
