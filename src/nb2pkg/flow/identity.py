"""`a is b` of equal literals: a notebook compiles each statement for itself, a module shares literals."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb2pkg.model import Finding, Flow, Statement


def shared_literals(flow: Flow) -> Iterator[Finding]:
    """Yield findings for comparisons by identity whose answer depends on where equal literals stand."""
    literals: dict[int, str] = {
        s.index: ast.dump(s.node.value)
        for s in flow.statements
        if isinstance(s.node, ast.Assign) and _is_shared(s.node.value)
    }
    for statement in flow.statements if literals else ():
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Compare) and isinstance(n.ops[0], (ast.Is, ast.IsNot)):
                names = [part.id for part in (n.left, n.comparators[0]) if isinstance(part, ast.Name)]
                if len(set(names)) == 2 and _meet(*(_values(flow, statement, name, literals) for name in names)):
                    yield Finding(
                        "NB407",
                        f"`{ast.unparse(n)}` asks whether two equal literals are one object",
                        statement.location,
                        "error",
                        why="That depends on how Python compiles the code around them, which a package changes.",
                        hint="compare with `==`, or tag the cell skip-execution",
                    )


def _values(flow: Flow, statement: Statement, name: str, literals: Mapping[int, str]) -> frozenset[str]:
    """Return the literals that a name may be bound to where a statement reads it."""
    bound = flow.reaching[statement.index].get(name, frozenset())
    return frozenset(literals[index] for index in bound if index in literals)


def _meet(first: frozenset[str], second: frozenset[str]) -> bool:
    return not first.isdisjoint(second)


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
