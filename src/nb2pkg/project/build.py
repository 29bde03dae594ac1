"""Flow and Plan -> Project: every file of the package in memory."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import PurePath
from typing import Any

from nb2pkg import __version__
from nb2pkg.cells.read import notebook_secrets
from nb2pkg.cells.secrets import blank_secrets
from nb2pkg.model import Finding, Flow, Plan, Project, Rung, Unit
from nb2pkg.plan.file import plan_text
from nb2pkg.project.expected import expected_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build, cells_text
from nb2pkg.project.inputs import input_files
from nb2pkg.project.modules import make_build, package_modules, uses_figures
from nb2pkg.project.render import render
from nb2pkg.project.script import script_source
from nb2pkg.project.validate import validate


def build_project(flow: Flow, plan: Plan) -> Project:
    """Return the project that a plan makes of a notebook; the same input gives the same bytes."""
    build = make_build(flow, plan)
    modules = {"__main__.py": format_code(script_source(build))} if plan.script else package_modules(build)
    source = f"src/{plan.package}"
    texts = {f"{source}/{name}": text for name, text in modules.items()}
    texts |= {f"{source}/{name}": text for name, text in _runtime(build, modules).items() if name not in modules}
    texts |= _tests(build, modules)
    texts["pyproject.toml"] = _pyproject(flow, plan)
    texts["README.md"] = _readme(build)
    texts[".nb2pkg/plan.toml"] = plan_text(plan, flow)
    texts[".nb2pkg/provenance.json"] = (
        json.dumps(_provenance(build), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    )
    validate(plan, texts)
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    files[f"{source}/py.typed"] = b""
    notebook = flow.notebook
    files[f"notebooks/{_safe_name(notebook.path)}"] = blank_secrets(notebook.raw, notebook_secrets(notebook))
    for module in notebook.local_modules:
        if not module.written:
            files |= {f"src/{name}": content for name, content in module.files}
    return Project(plan.package, dict(sorted(files.items())), plan, plan.findings)


def _safe_name(path: str) -> str:
    return PurePath(path).name.lstrip("-") or "notebook.ipynb"


def _runtime(build: Build, modules: dict[str, str]) -> dict[str, str]:
    plan = build.plan
    code = "\n".join(modules.values())
    figures = uses_figures(build.flow)
    context: dict[str, Any] = {
        "package": plan.package,
        "title": _one_line_title(plan.title),
        "uses_figures": figures,
        "uses_pandas": _may_bring_pandas(build.flow),
        "uses_ipython": _imports_any(build.flow, _SHOWING),
        "asynchronous": plan.asynchronous,
        "has_config": "config.py" in modules,
        "driver": build.names.driver,
        "script": plan.script,
    }
    names = ["display.py", "pretty.py", "cli.py", "__init__.py", *([] if plan.script else ["__main__.py"])]
    names += ["figures.py"] if figures else []
    names += [f"{name}.py" for name in ("shell", "timing") if f"{plan.package}.{name} " in code]
    return {name: render(f"package/{name}.jinja", **context) for name in names}


# Libraries that surely leave pandas out, when nothing else is imported; any other may bring it in.
_WITHOUT_PANDAS = frozenset(
    {"numpy", "matplotlib", "scipy", "sympy", "requests", "IPython", "PIL", "joblib", "bs4", "yaml", "networkx", "nltk"}
    | {"torch", "torchvision", "cv2", "MeCab", "fugashi", "janome"}
)
# Libraries that show things through IPython by themselves.
_SHOWING = frozenset(
    {"IPython", "PIL", "altair", "bokeh", "folium", "graphviz", "ipywidgets", "mglearn", "plotly", "shap", "tqdm"}
)


def _imports_any(flow: Flow, tops: frozenset[str]) -> bool:
    return any(target.split(".")[0] in tops for target in flow.context.aliases.values())


def _may_bring_pandas(flow: Flow) -> bool:
    tops = {target.split(".")[0] for target in flow.context.aliases.values()}
    return bool(tops - sys.stdlib_module_names - _WITHOUT_PANDAS)


def _one_line_title(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")


def _tests(build: Build, modules: dict[str, str]) -> dict[str, str]:
    plan = build.plan
    rows = [{"module": u.module, "name": u.name, "parameters": u.inputs} for u in plan.units if u.kind == "function"]
    context: dict[str, Any] = {
        "package": plan.package,
        "inputs": input_files(build.flow),
        "expected": expected_lines(build.flow.notebook),
        "modules": sorted(name.removesuffix(".py") for name in modules if name != "__main__.py") or ["display"],
        "signatures": rows,
    }
    names = ["conftest.py", "test_end_to_end.py", "test_preprocessing.py"]
    return {f"tests/{name}": format_code(render(f"tests/{name}.jinja", **context)) for name in names}


def _pyproject(flow: Flow, plan: Plan) -> str:
    tops = {f"src/{name.split('/')[0]}" for m in flow.notebook.local_modules if not m.written for name, _ in m.files}
    return render(
        "project/pyproject.toml.jinja",
        package=plan.package,
        distribution=plan.package.replace("_", "-"),
        title=plan.title,
        requirements=plan.requirements,
        wheel=[f"src/{plan.package}", *sorted(tops)],
    )


def _readme(build: Build) -> str:
    plan = build.plan

    def cells(unit: Unit) -> str:
        return cells_text([build.flow.statements[i] for i in unit.statements])

    settings = [
        {"name": u.name, "value": _value(build, u), "cell": cells(u)} for u in plan.units if u.kind == "setting"
    ]
    closures = [
        {
            "name": u.name or build.flow.statements[u.statements[0]].source.split("\n")[0][:60],
            "cells": cells(u),
            "why": u.why,
        }
        for u in plan.units
        if u.kind == "story" and u.rung is Rung.CLOSURE
    ]
    return render(
        "project/README.md.jinja",
        title=plan.title,
        version=__version__,
        notebook_name=_safe_name(plan.notebook),
        package=plan.package,
        script=plan.script,
        reason=plan.units[0].why if plan.script else "",
        rows=[
            {"name": u.name, "module": u.module, "cells": cells(u)}
            for u in plan.units
            if u.kind in ("function", "definition", "constant")
        ],
        settings=settings,
        closures=closures,
    )


def _value(build: Build, unit: Unit) -> str:
    node = build.flow.statements[unit.statements[0]].node
    return ast.unparse(node.value) if isinstance(node, ast.Assign) else ""


def _provenance(build: Build) -> dict[str, Any]:
    rows = []
    for unit in build.plan.units:
        statements = [build.flow.statements[i] for i in unit.statements]
        rows.append(
            {
                "unit": unit.name,
                "module": unit.module,
                "kind": unit.kind,
                "statements": [
                    {"cell": s.cell_id, "number": s.location.cell, "line": s.location.line} for s in statements
                ],
            }
        )
    return {"schema": 1, "notebook": PurePath(build.plan.notebook).name, "sha256": build.plan.digest, "units": rows}


def findings_of(plan: Plan) -> tuple[Finding, ...]:
    """Return what people should know about a conversion."""
    return plan.findings
