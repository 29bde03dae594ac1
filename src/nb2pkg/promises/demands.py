"""What the code of a function asks of a plain parameter: literals that it is compared with, and its use as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nb2pkg.promises.values import is_number


def demands_of(node: ast.AST, name: str) -> list[tuple[str, Any]]:
    """Return what a function's code asks of a parameter: literals that it is compared with, and its use as text."""
    found: list[tuple[str, Any]] = []
    for n in ast.walk(node):
        if isinstance(n, ast.Compare):
            found += _of_comparison(n, name)
        elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and _is(n.func.value, name):
            text = n.func.attr == "split" and n.args and isinstance(n.args[0], ast.Constant)
            found.append(("split", n.args[0].value) if text else ("text", None))  # type: ignore[attr-defined]
        elif isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "len" and _is(n.args[0], name):
            found.append(("text", None))
    return found


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _of_comparison(node: ast.Compare, name: str) -> Iterator[tuple[str, Any]]:
    sides = [node.left, *node.comparators]
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        other = right if _is(left, name) else left if _is(right, name) else None
        if other is None:
            continue
        try:
            value = ast.literal_eval(other)
        except (ValueError, TypeError, SyntaxError, MemoryError):
            continue
        if isinstance(op, (ast.In, ast.NotIn)) and _is(left, name) and isinstance(value, (list, tuple, set)):
            yield from (("equal", v) for v in sorted(value, key=str))
        elif isinstance(op, (ast.In, ast.NotIn)) and isinstance(value, str):
            yield "holds", value
        elif isinstance(op, (ast.Eq, ast.NotEq)):
            yield "equal", value
        elif is_number(value):
            yield "threshold", value
