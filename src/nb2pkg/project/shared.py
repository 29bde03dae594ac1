"""Functions that several units share: their statements, and the cells that they stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nb2pkg.model import Flow, Shared, Statement, Unit
from nb2pkg.plan.folding import edited


def body_of(flow: Flow, shared: Shared) -> list[Statement]:
    """Return the statements of a shared function: the first unit's, with the names that the function has for things."""
    found = []
    for index, (above, below) in zip(shared.members[0], shared.comments, strict=True):
        if index not in shared.dropped:
            statement = flow.statements[index]
            source = edited(statement, shared)
            node = ast.parse(source).body[0]
            found.append(replace(statement, source=source, node=node, comments=above, end_comments=below))
    return found


def local_names(shared: Shared, statements: Sequence[Statement]) -> frozenset[str]:
    """Return the names that are variables of a shared function."""
    stored = (n for s in statements for n in ast.walk(s.node) if isinstance(n, ast.Name))
    return frozenset([*(g.name for g in shared.parameters), *(n.id for n in stored if isinstance(n.ctx, ast.Store))])


def once(units: Iterable[Unit]) -> list[Unit]:
    """Return units without those whose function another unit before them has made already."""
    seen: set[str] = set()
    found = []
    for unit in units:
        if unit.kind != "function" or unit.name not in seen:
            found.append(unit)
        seen |= {unit.name} if unit.kind == "function" else set()
    return found
