"""Build -> the files that surround the package: each a template whose path mirrors its own.

`src` and `PACKAGE` in a template's path stand for the source folder and the package. A template that renders to nothing
but blanks gives no file. The package's modules, the tests, `pyproject.toml` and `README.md` are rendered elsewhere.
"""

from __future__ import annotations

from typing import Any

from nb2pkg import __version__
from nb2pkg.project.functions import Build
from nb2pkg.project.machine_context import machine_context

# Rendered where more is known about them.
_ELSEWHERE = ("src/PACKAGE/", "tests/", "pyproject.toml", "README.md")


def scaffold_texts(build: Build) -> dict[str, str]:
    """Return the files that surround the package: path in the project -> text."""
    context = scaffold_context(build)
    found = {}
    for name in build.templates.names():
        own = any(name == path for path, _ in build.templates.own)
        if not name.endswith(".jinja") or (name.startswith(_ELSEWHERE) and not own):
            continue
        text = build.templates.render(name, **context)
        if text.strip():
            found[_place(build, name.removesuffix(".jinja"))] = text
    for folder in build.layout.folders:
        found[f"{folder}/.gitkeep"] = ""
    return found


def scaffold_context(build: Build) -> dict[str, Any]:
    """Return what the templates that surround the package may speak of; docs/scaffold.md lists it."""
    plan, layout = build.plan, build.layout
    return {
        "package": plan.package,
        "distribution": plan.package.replace("_", "-"),
        "title": plan.title,
        "version": __version__,
        "layout": layout,
        "package_folder": layout.place(plan.package),
        "needs": plan.needs,
        "scaffold": plan.scaffold,
        "script": plan.script,
        "has_config": bool(plan.settings),
        "has_results": bool(plan.results),
        "settings": plan.settings,
        "driver": build.names.driver,
        **machine_context(build),
    }


def _place(build: Build, name: str) -> str:
    """Return where the file of a template lies in the project."""
    if name.startswith("src/"):
        return build.layout.place(name.removeprefix("src/").replace("PACKAGE", build.plan.package))
    return name.replace("PACKAGE", build.plan.package)
