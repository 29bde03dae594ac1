"""The statements of a cell, with those of its loops and branches, but without the bodies of definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements_in(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements in the order of the source: those that a block holds follow it."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, DEFINITIONS):
            stack.extend(reversed(held(node)))


def held(node: ast.stmt) -> list[ast.stmt]:
    """Return the statements that a compound statement holds directly, in the order of the source."""
    found: list[ast.stmt] = list(getattr(node, "body", ()))
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        found += part.body
    return [*found, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
