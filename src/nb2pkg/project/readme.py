"""Build -> README.md: what the project is, how it is run, what it needs, and where each cell of the notebook went."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nb2pkg import __version__
from nb2pkg.machine import Around
from nb2pkg.model import Rung, Unit
from nb2pkg.project.config import readme_settings
from nb2pkg.project.data_files import place_of
from nb2pkg.project.functions import Build, cells_text, unit_cells
from nb2pkg.project.mermaid import pipeline_picture
from nb2pkg.project.naming import safe_name
from nb2pkg.project.shared import once

_MOST_INPUTS = 6  # that the README itself names
# What lies in the project: path or folder -> what it is; `{...}` is filled in.
_TREE: Mapping[str, str] = {
    "{package}/": "the package: {story}",
    "tests/": "tests of its functions, and of a run from start to end",
    "{notebooks}/": "the notebook that it was made from",
    "data/": "what it reads, with sizes and checksums",
    "config/": "for settings of yours",
    "docker/": "images: the base, one to work in, one that runs the package",
    "deploy/": "what runs it at fixed times",
    "{models}/": "for models that it saves",
    "reports/": "for figures",
    "scripts/": "for scripts of yours",
    "docs/": "for documentation",
    "references/": "for what others wrote",
    "Makefile": "the commands; `make` lists them",
    "Dockerfile": "the image that runs it",
    "compose.yaml": "the same, and Jupyter",
    "noxfile.py": "tests on several versions of Python",
    "pyproject.toml": "its name, what it needs, settings of the tools",
    "uv.lock": "exact versions of all that it needs",
    "requirements.lock": "exact versions of all that it needs",
    ".env.example": "variables of the environment, to copy to `.env`",
    ".github/": "tests at each push",
    ".devcontainer/": "the image to work in, for editors",
    ".nb2pkg/": "the decisions of the conversion (`plan.toml`), and which line went where",
    "CHANGELOG.md": "what changed from version to version",
    "LICENSE": "what others may do with it",
}


def readme_text(build: Build, files: Collection[str], around: Around) -> str:
    """Return the text of README.md.

    Args:
        build: the project.
        files: the paths of all of its other files.
        around: what lies around the notebook.
    """
    plan = build.plan
    return build.templates.render(
        "README.md.jinja",
        title=plan.title,
        version=__version__,
        notebook_name=safe_name(plan.notebook),
        package=plan.package,
        package_folder=build.layout.place(plan.package),
        script=plan.script,
        reason=plan.units[0].why if plan.script else "",
        rows=[
            {"name": u.name, "module": u.module, "cells": unit_cells(build, u)}
            for u in once(plan.units)
            if u.kind in ("function", "definition", "constant")
        ],
        **readme_settings(build),
        results=plan.results,
        predictor=plan.predictor,
        predictor_name=build.names.predictor,
        predictor_class=build.names.predictor_class,
        driver=build.names.driver,
        closures=[*_closures(build)],
        files=frozenset(files),
        tree=[*_tree(build, files)],
        picture=pipeline_picture(build, plan.needs.data),
        needs=plan.needs,
        inputs=plan.needs.data[:_MOST_INPUTS],
        holds_inputs=all(place_of(plan.needs.folder, row.path) in files for row in plan.needs.data),
        more_inputs=max(0, len(plan.needs.data) - _MOST_INPUTS),
        deploy=sorted(name for name in files if name.startswith("deploy/")),
        **_provenance(build, around),
    )


def _closures(build: Build) -> Iterator[dict[str, str]]:
    """Yield what stays inside `run()`, and why."""
    for unit in build.plan.units:
        if unit.kind == "story" and unit.rung is Rung.CLOSURE:
            first = build.flow.statements[unit.statements[0]].source.split("\n")[0][:60]
            yield {"name": unit.name or first, "cells": _cells(build, unit), "why": unit.why}


def _cells(build: Build, unit: Unit) -> str:
    return cells_text([build.flow.statements[i] for i in unit.statements])


def _tree(build: Build, files: Collection[str]) -> Iterator[dict[str, str]]:
    """Yield the folders and files of the project that there are, with what they are."""
    names = {
        "package": build.layout.place(build.plan.package),
        "notebooks": build.layout.notebooks,
        "models": build.layout.models,
        "story": "`__main__.py` is the notebook" if build.plan.script else "`pipeline.py` tells the notebook's story",
    }
    for path, what in _TREE.items():
        name = path.format(**names)
        if name in files or (name.endswith("/") and any(file.startswith(name) for file in files)):
            yield {"path": name, "what": what.format(**names).replace("`", "")}


def _provenance(build: Build, around: Around) -> dict[str, Any]:
    """Return what the package was made from."""
    cells = build.flow.notebook.cells
    environment = around.environment
    return {
        "notebook_path": f"{build.layout.notebooks}/{safe_name(build.plan.notebook)}",
        "sha256": build.plan.digest,
        "cell_count": len(cells),
        "code_count": sum(1 for cell in cells if cell.kind == "code"),
        "environment_label": environment.label if environment is not None else "",
        "environment_python": environment.python if environment is not None else "",
    }
