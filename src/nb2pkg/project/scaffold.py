"""Build -> the files that surround the package: each a template whose path mirrors its own.

`src` and `PACKAGE` in a template's path stand for the source folder and the package. A template that renders to nothing
but blanks gives no file. The package's modules, the tests, `pyproject.toml` and `README.md` are rendered elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from nb2pkg import __version__
from nb2pkg.errors import UsageError
from nb2pkg.machine import SystemPackage
from nb2pkg.project.config import needs_of
from nb2pkg.project.data_files import data_context
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.naming import safe_name
from nb2pkg.project.tasks import staged_story
from nb2pkg.project.versions import pythons_of, versions

# Rendered where more is known about them.
_REPLACEABLE = frozenset({"README.md", "pyproject.toml"})
_ELSEWHERE = ("src/PACKAGE/", "tests/", "pyproject.toml", "README.md")
# What Debian calls its packages, with a version or an architecture if need be; variables and programs of a shell.
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~-]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRAM = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
# Whose models and corpora -> the variable that names the folder they are kept in.
_CACHES = {
    "gensim": "GENSIM_DATA_DIR",
    "huggingface": "HF_HOME",
    "keras": "KERAS_HOME",
    "nltk": "NLTK_DATA",
    "sklearn": "SCIKIT_LEARN_DATA",
    "torch": "TORCH_HOME",
}


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
    """Return what the templates that surround the package may speak of; docs/scaffold.md lists it."""
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
        **_machine(build),
        **data_context(build, brought),
        "stages": staged.stages,
        "whole": staged.why,
    }


def _machine(build: Build) -> dict[str, Any]:
    """Return what the Makefile, the images and the workflows speak of; what could not be said in them is left out."""
    needs, layout = build.plan.needs, build.layout
    local = [module for module in build.flow.notebook.local_modules if not module.written]
    beside = sorted({name.split("/")[0] for module in local for name, _ in module.files})
    minor = needs.python_version if re.fullmatch(r"\d+(\.\d+)*", needs.python_version) else "3"
    variables = [variable for variable in needs.variables if _VARIABLE.fullmatch(variable.name)]
    return {
        "nb2pkg": __version__,
        "image": re.sub(r"[^a-z0-9]+", "-", build.plan.package.lower()).strip("-") or "pipeline",
        "python": minor,
        "python_image": f"python:{versions()['python'].get(minor, minor)}-slim-{_word(needs.debian, 'bookworm')}",
        "debian": _word(needs.debian, "bookworm"),
        "pythons": pythons_of(needs.python) or [minor],
        "run_packages": [package for package in needs.system if _fits(package) and not package.build],
        "build_packages": [package for package in needs.system if _fits(package) and package.build],
        "variables": variables,
        "settled": [v for v in variables if v.value and v.required and not v.secret],
        "downloads": [d for d in needs.downloads if d.command and _PROGRAM.fullmatch(d.command[0])],
        "caches": {kind: name for kind, name in _CACHES.items() if kind in {d.kind for d in needs.downloads}},
        "folder": layout.notebooks if needs.folder == "notebooks" else ".",
        "sources": [layout.source] if layout.source else [build.plan.package, *beside],
    }


def _fits(package: SystemPackage) -> bool:
    return bool(_PACKAGE.fullmatch(package.name))


def _word(text: str, otherwise: str) -> str:
    return text if re.fullmatch(r"[a-z]+", text) else otherwise


def _place(build: Build, name: str) -> str:
    """Return where the file of a template lies in the project."""
    if name.startswith("src/"):
        return build.layout.place(name.removeprefix("src/").replace("PACKAGE", build.plan.package))
    return name.replace("PACKAGE", build.plan.package)
