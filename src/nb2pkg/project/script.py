"""Rung S: a notebook that inspects its own namespace stays one script, `__main__.py`."""

from __future__ import annotations

import ast
from dataclasses import replace

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.plan.pictures import may_draw
from nb2pkg.project.functions import NOTEBOOK_DOC, Build
from nb2pkg.project.rewrite import rewrite


def script_source(build: Build) -> str:
    """Return the notebook as one script. Its top level is the notebook's namespace, so our names are private."""
    package = build.plan.package
    helpers = {p: f"_{n.lstrip('_')}" for p, n in build.names.helpers.items() if p != "__nb_display"}
    edits = replace(build.edits(), lifted={}, helpers=helpers, replaced={}, literals={})
    lines: list[str] = []
    cell = 0
    drawn = False
    for statement in build.flow.statements:
        if statement.location.cell != cell:
            if drawn:
                lines.append("_show_figures()")
            drawn = False
            cell = statement.location.cell
            lines += ["", f"# cell {cell}"]
        drawn = drawn or may_draw(build.flow, [statement])
        if statement.comments:
            lines.append(statement.comments)
        lines.append(rewrite(statement.source, edits, show=statement.displayed))
    if drawn:
        lines.append("_show_figures()")
    body = "\n".join(lines)
    used = [
        f"from {h.module if h.standard else f'{package}.{h.module}'} import {h.name} as {helpers[p]}"
        for p, h in HELPERS.items()
        if p in helpers and helpers[p] in body
    ]
    used += [f"from {package}.display import show_figures as _show_figures"] if "_show_figures()" in body else []
    used += [f"from {package}.display import display"] if "display(" in body else []
    head = [f'"""{NOTEBOOK_DOC}"""', "", *_future(build), f"from {package}.cli import start as _start", *sorted(used)]
    return "\n".join([*head, "", "_start()", "del __file__", *lines, ""])


def _future(build: Build) -> list[str]:
    nodes = [s.node for s in build.flow.statements]
    names = sorted(
        {a.name for n in nodes if isinstance(n, ast.ImportFrom) and n.module == "__future__" for a in n.names}
    )
    return [f"from __future__ import {', '.join(names)}"] if names else []
