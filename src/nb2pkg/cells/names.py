"""Names that a cell binds at top level and names that it reads from there."""

from __future__ import annotations

import ast
import symtable
import warnings

from nb2pkg.cells.text import parse


def bound_names(python: str) -> frozenset[str]:
    """Return the names that code binds in the notebook's namespace, whether surely or not."""
    return frozenset(s.get_name() for s in _top_symbols(python) if s.is_assigned() or s.is_imported()) | _globals(
        python
    )


def read_names(python: str) -> frozenset[str]:
    """Return the names that code reads from the notebook's namespace, also from within functions."""
    table = _table(python)
    if table is None:
        return frozenset()
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    stack = list(table.get_children())
    while stack:
        child = stack.pop()
        found |= {s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced()}
        stack += child.get_children()
    return frozenset(found)


def star_imports(python: str) -> bool:
    """Return whether code imports all names of a module."""
    return "*" in python and any(
        alias.name == "*"
        for node in ast.walk(parse(python))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def names_within(tree: ast.Module, statement: ast.stmt) -> frozenset[str]:
    """Return what may be bound where a top-level statement runs: by those before it in its cell, and in itself."""
    found: set[str] = set()
    for node in tree.body:
        for inner in ast.walk(node):
            found |= _binds(inner)
        if node is statement:
            break
    return frozenset(found)


def _binds(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.ExceptHandler) and node.name:
        return {node.name}
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        return {node.name}
    return set()


def _table(python: str) -> symtable.SymbolTable | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return symtable.symtable(python, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _top_symbols(python: str) -> list[symtable.Symbol]:
    table = _table(python)
    return table.get_symbols() if table else []


def _globals(python: str) -> frozenset[str]:
    """Return the names that functions bind by `global`."""
    if "global" not in python:
        return frozenset()
    tree = parse(python)
    return frozenset(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)
