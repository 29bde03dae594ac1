"""`from helpers import *`: which names that are, of a module beside the notebook or of the standard library."""

from __future__ import annotations

import ast
import builtins
import cmath
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import itertools
import math
import operator
import random
import statistics
import string
import time
import typing
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType

from nb2pkg.cells.text import Edit, Positions, apply_edits, parse
from nb2pkg.flow.defuse import def_use
from nb2pkg.model import Finding, Flow, LocalModule, Notebook, Statement

# What a star import of these binds is known without asking a library.
_STANDARD: dict[str, ModuleType] = {
    module.__name__: module
    for module in (cmath, collections, dataclasses, datetime, decimal, enum, fractions, functools, itertools, math)
} | {module.__name__: module for module in (operator, random, statistics, string, time, typing)}
# Builtins that no library's star import rebinds.
_SAFE_BUILTINS = frozenset("""
    print len range str int float list dict set tuple type isinstance enumerate zip open display __name__ __doc__
    Exception ValueError TypeError KeyError NameError ImportError ModuleNotFoundError True False None
    """.split())


def name_stars(notebook: Notebook) -> Notebook:
    """Return the notebook with star imports replaced by the names that its cells use, where those can be known.

    Those of installed libraries stay: nothing of them is imported to look.
    """
    modules = {m.name: m for m in notebook.local_modules}
    if not any("import *" in c.python for c in notebook.cells):
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


def unclear_stars(flow: Flow) -> Iterator[Finding]:
    """Yield findings where a star import of a library may rebind what the notebook has used before.

    Its names are not known, and at the top of a module they would hold from the start.
    """
    stars = [i.statement for i in flow.imports if i.name == "*"]
    for index in stars:
        name = _used_above(flow.statements[:index])
        if name:
            yield _finding(flow.statements[index], f"the star import stands below a use of `{name}`, and may rebind it")
    if stars:
        yield from _maybe_from_star(flow, min(stars))


def _used_above(statements: Sequence[Statement]) -> str:
    """Return a name that a star import below may give another meaning, or the empty string."""
    for statement in statements:
        if isinstance(statement.node, (ast.Import, ast.ImportFrom)):
            continue
        names = statement.names
        builtin = {n for n in names.uses | names.late_uses if hasattr(builtins, n) and n not in _SAFE_BUILTINS}
        for name in sorted(names.defs | builtin):
            return name
    return ""


def _maybe_from_star(flow: Flow, first: int) -> Iterator[Finding]:
    """Yield findings for names that come from a star import unless a branch of the notebook binds them."""
    ever = frozenset[str]().union(*(s.names.defs for s in flow.statements)) - {i.name for i in flow.imports}
    for statement in flow.statements[first:]:
        for name in sorted(statement.names.uses & ever):
            if not flow.bound_before.holds(name, statement.index):
                yield _finding(statement, f"`{name}` may come from a star import, or from the notebook")


def _finding(statement: Statement, message: str) -> Finding:
    return Finding(
        "NB406",
        message,
        statement.location,
        why="Only a script has one namespace for both, so the whole notebook is kept as one script.",
        hint="import the names that you use, and do it in the first cell",
    )


def public_names(module: LocalModule | None, dotted: str) -> set[str] | None:
    """Return what a star import binds, or None where nobody can say without importing a library."""
    if module is None:
        return _standard_names(dotted)
    path = dotted.replace(".", "/")
    files = dict(module.files)
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


def _standard_names(dotted: str) -> set[str] | None:
    module = _STANDARD.get(dotted)
    if module is None:
        return None
    listed = getattr(module, "__all__", None)
    return set(listed) if listed is not None else {n for n in vars(module) if not n.startswith("_")}
