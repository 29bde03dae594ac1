"""The shape of code: what is left of it without the names and values in which one copy differs from another."""

from __future__ import annotations

import ast
from collections.abc import Collection

from nb2pkg.flow.effects import dotted
from nb2pkg.plan.headers import is_immutable_literal, is_plain_container

# Attributes of modules that are state: two reads of them may differ.
_CHANGING = frozenset({"options", "rcParams", "environ", "display", "argv", "path", "modules"})


def is_literal(node: ast.AST) -> bool:
    """True for numbers, strings, None, and containers of them."""
    return isinstance(node, ast.expr) and (is_immutable_literal(node) or is_plain_container(node))


def is_fresh(node: ast.AST) -> bool:
    """True for a literal that is another object each time it is evaluated."""
    return isinstance(node, (ast.List, ast.Set, ast.Dict))


def is_module_path(node: ast.AST, imported: Collection[str]) -> bool:
    """True for `np.mean`: an attribute that hangs on an imported name, and that is the same whenever it is read."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return False
    head, *rest = dotted(node).split(".")
    return head in imported and head != "sys" and _CHANGING.isdisjoint(rest)


def shape(node: ast.AST, imported: Collection[str]) -> str:
    """Return the same text for pieces of code that differ in names and values only.

    Args:
        node: a statement, or a part of one.
        imported: names of modules and of what is imported from them.
    """
    parts: list[str] = []
    _shape(node, imported, parts)
    return "".join(parts)


def _shape(node: ast.AST, imported: Collection[str], parts: list[str]) -> None:
    if isinstance(node, ast.Name) or is_literal(node) or is_module_path(node, imported):
        parts.append("_")
        return
    parts.append(f"{type(node).__name__}(")
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            _shape(value, imported, parts)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, ast.Constant) and isinstance(node, ast.JoinedStr):
                    parts.append(repr(item.value))
                elif isinstance(item, ast.AST):
                    _shape(item, imported, parts)
                else:
                    parts.append(repr(item))
        elif value is not None and name not in ("type_comment", "kind"):
            parts.append(repr(value))
        parts.append(",")
    parts.append(")")


def size(nodes: Collection[ast.stmt]) -> int:
    """Return how many nodes there are in the trees of statements."""
    return sum(1 for node in nodes for n in ast.walk(node) if not isinstance(n, (ast.expr_context, ast.operator)))
