"""When a name may first be read: by a statement itself, or in a function that it may call."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb2pkg.model import Statement


def first_reads(statements: Sequence[Statement]) -> dict[str, int]:
    """Return, per name, the index of the first statement that may read it; names that nothing reads are left out.

    A function that a statement names may be called by it, and reads its own names then, as do those that it names. So
    each name is followed once, and the cost is linear.
    """
    reads: dict[str, set[str]] = {}
    for statement in statements:
        if defines(statement.node):
            for name in statement.names.defs:
                reads.setdefault(name, set()).update(statement.names.uses | statement.names.late_uses)
    found: dict[str, int] = {}
    for statement in statements:
        names = statement.names
        stack = list(names.uses if defines(statement.node) else names.uses | names.late_uses)
        while stack:
            name = stack.pop()
            if name not in found:
                found[name] = statement.index
                stack += reads.get(name, ())
    return found


def defines(node: ast.stmt) -> bool:
    """True for a statement that makes a function or a class without calling it."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or (
        isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
    )
