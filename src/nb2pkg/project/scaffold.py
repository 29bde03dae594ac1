"""Build -> the files that surround the package: each a template whose path mirrors its own.

`src` and `PACKAGE` in a template's path stand for the source folder and the package. A template that renders to nothing
but blanks gives no file. The package's modules, the tests, `pyproject.toml` and `README.md` are rendered elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from nb2pkg.project.data_files import data_context
from nb2pkg.project.functions import Build

# Rendered where more is known about them.
_ELSEWHERE = ("src/PACKAGE/", "tests/", "pyproject.toml", "README.md")


def scaffold_names(build: Build) -> list[str]:
    """Return where the files that surround the package lie, if they are all needed."""
    return [_place(build, name.removesuffix(".jinja")) for name in _names(build)]


def _names(build: Build) -> Iterator[str]:
    """Yield the templates of the files that surround the package."""
    own = {path for path, _ in build.templates.own}
    for name in build.templates.names():
        if name.endswith(".jinja") and (name in own or not name.startswith(_ELSEWHERE)):
            yield name


def scaffold_texts(build: Build, brought: Collection[str] = ()) -> dict[str, str]:
    """Return the files that surround the package: path in the project -> text.

    Args:
        build: what is known of the package.
        brought: the data that the project holds itself.
    """
    context = scaffold_context(build, brought)
    found = {}
    for name in _names(build):
        text = build.templates.render(name, **context)
        if text.strip():
            found[_place(build, name.removesuffix(".jinja"))] = text
    for folder in build.layout.folders:
        found[f"{folder}/.gitkeep"] = ""
    return found


def scaffold_context(build: Build, brought: Collection[str] = ()) -> dict[str, Any]:
    """Return what the templates that surround the package may speak of; docs/scaffold.md lists it."""
    plan, layout = build.plan, build.layout
    return {
        "package": plan.package,
        "distribution": plan.package.replace("_", "-"),
        "title": plan.title,
        "layout": layout,
        "package_folder": layout.place(plan.package),
        "needs": plan.needs,
        "scaffold": plan.scaffold,
        "script": plan.script,
        "has_config": bool(plan.settings),
        "has_results": bool(plan.results),
        "settings": plan.settings,
        "driver": build.names.driver,
        **data_context(build, brought),
    }


def _place(build: Build, name: str) -> str:
    """Return where the file of a template lies in the project."""
    if name.startswith("src/"):
        return build.layout.place(name.removeprefix("src/").replace("PACKAGE", build.plan.package))
    return name.replace("PACKAGE", build.plan.package)
