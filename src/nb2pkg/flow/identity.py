"""`a is b` of equal literals: a notebook compiles each statement for itself, a module shares literals."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nb2pkg.model import Finding, Statement


def shared_literals(statements: Sequence[Statement]) -> Iterator[Finding]:
    """Yield findings for comparisons by identity whose answer depends on where equal literals stand."""
    values: dict[str, set[tuple[str, str]]] = {}
    for statement in statements:
        node = statement.node
        if isinstance(node, ast.Assign) and _is_shared(node.value):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, set()).add((type(node.value).__name__, ast.dump(node.value)))
    if not values:
        return
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Compare) and isinstance(n.ops[0], (ast.Is, ast.IsNot)):
                names = [part.id for part in (n.left, n.comparators[0]) if isinstance(part, ast.Name)]
                if len(set(names)) == 2 and values.get(names[0], set()) & values.get(names[1], set()):
                    yield Finding(
                        "NB407",
                        f"`{ast.unparse(n)}` asks whether two equal literals are one object",
                        statement.location,
                        "error",
                        why="That depends on how Python compiles the code around them, which a package changes.",
                        hint="compare with `==`, or tag the cell skip-execution",
                    )


def _is_shared(node: ast.expr) -> bool:
    """True for literals that Python may or may not make one object: no small numbers, no words, no None."""
    if isinstance(node, ast.UnaryOp):
        return _is_shared(node.operand)
    if isinstance(node, ast.Tuple):
        return all(isinstance(e, ast.Constant) for e in node.elts)
    if not isinstance(node, ast.Constant) or node.value is None or isinstance(node.value, bool):
        return False
    if isinstance(node.value, int):
        return not -5 <= node.value <= 256
    return not (isinstance(node.value, str) and (node.value == "" or node.value.isidentifier()))
