"""Which names a statement mentions whose values may matter: the same rule for a notebook's code and for a package's.

Standard library only: it runs in the watched processes, and in nb2pkg itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SILENT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal)


def install() -> None:
    """Be there for `package`."""


def mentioned(statement: ast.stmt) -> list[str]:
    """Return the names that a statement reads, binds or may change, sorted; those of inner scopes are left out."""
    if isinstance(statement, _SILENT):
        return []
    return sorted({name for name in _names(statement, frozenset()) if not name.startswith("__")})


def identities(statement: ast.stmt) -> list[tuple[str, str]]:
    """Return pairs (bound name, name that its value is made of), of which it matters whether they are one object.

    `b = a`, `b = a.copy()` and `b = a[mask]` pair b with a.
    """
    if not isinstance(statement, ast.Assign):
        return []
    root = _root(statement.value)
    targets = [t.id for t in statement.targets if isinstance(t, ast.Name)]
    return [(target, root) for target in targets if root and root != target]


def _names(node: ast.AST, hidden: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id not in hidden:
            yield node.id
        return
    if isinstance(node, _SCOPES):
        return
    if isinstance(node, _COMPREHENSIONS):
        bound = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        hidden = hidden | bound
    for child in ast.iter_child_nodes(node):
        yield from _names(child, hidden)


def _root(node: ast.expr) -> str:
    """Return the name that a chain of attributes, items and method calls begins with."""
    while True:
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return node.id if isinstance(node, ast.Name) else ""
