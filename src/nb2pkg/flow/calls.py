"""What statements call, in full."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nb2pkg.flow.context import Context
from nb2pkg.model import Statement


def calls_of(statements: Iterable[Statement], context: Context) -> list[str]:
    """Return what statements call, in full, in the order of the text."""
    found: list[tuple[int, int, int, str]] = []
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call):
                name = context.qualified(n.func)
                if name:
                    found.append((statement.index, n.end_lineno or 0, n.end_col_offset or 0, name))
    return [name for *_, name in sorted(found)]
