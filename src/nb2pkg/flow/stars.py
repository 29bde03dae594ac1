"""`from helpers import *` of a module beside the notebook: its text says which names that are."""

from __future__ import annotations

import ast
from dataclasses import replace

from nb2pkg.cells.text import Edit, Positions, apply_edits, parse
from nb2pkg.flow.defuse import def_use
from nb2pkg.model import LocalModule, Notebook


def name_stars(notebook: Notebook) -> Notebook:
    """Return the notebook with star imports of local modules replaced by the names that its cells use.

    Those of installed libraries stay: nothing is imported to look.
    """
    modules = {m.name: m for m in notebook.local_modules}
    if not modules or not any("import *" in c.python for c in notebook.cells):
        return notebook
    trees = {
        c.number: parse(c.python) for c in notebook.cells if c.kind == "code" and c.python.strip() and not c.skipped
    }
    read = {n.id for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.Name)}
    cells = []
    for cell in notebook.cells:
        edits = []
        for node in trees[cell.number].body if cell.number in trees else []:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and not node.level:
                names = public_names(modules.get((node.module or "").split(".")[0]), node.module or "")
                if names is not None:
                    used = ", ".join(sorted(names & read))
                    text = f"from {node.module} import {used}" if used else f"import {node.module}"
                    edits.append(Edit(*Positions(cell.python).span(node), text, ()))
        python, lines = apply_edits(cell.python, cell.lines, edits) if edits else (cell.python, cell.lines)
        cells.append(replace(cell, python=python, lines=lines))
    return replace(notebook, cells=tuple(cells))


def public_names(module: LocalModule | None, dotted: str) -> set[str] | None:
    """Return what a star import of a local module binds, or None where its text alone can't say."""
    path = dotted.replace(".", "/")
    files = dict(module.files) if module is not None else {}
    content = files.get(f"{path}.py") or files.get(f"{path}/__init__.py")
    if content is None:
        return None
    try:
        tree = parse(content.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
            return None
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            try:
                return set(ast.literal_eval(node.value))
            except (ValueError, TypeError):
                return None
        names |= def_use(node).defs
    return {n for n in names if not n.startswith("_")}
