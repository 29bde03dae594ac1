"""What the planning knows of statements that send queries to a database."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb2pkg.cells.runtime import PREFIX, VALUED
from nb2pkg.model import Statement
from nb2pkg.needs.queries import subject_of


def asks_database(statement: Statement) -> bool:
    """Return whether a statement connects to a database or sends it a query of an SQL cell."""
    if PREFIX not in statement.source:  # asked for often
        return False
    return any(isinstance(node, ast.Name) and node.id in VALUED for node in ast.walk(statement.node))


def query_cells(statements: Sequence[Statement]) -> frozenset[int]:
    """Return the cells with such a statement, and those above them: each query is a function of its own."""
    found: set[int] = set()
    above = 0
    for statement in statements:
        if asks_database(statement):
            found |= {above, statement.location.cell}
        above = statement.location.cell
    return frozenset(found)


def database_subjects(statements: Sequence[Statement]) -> list[str]:
    """Return what the queries of statements are about: the tables that they name; `database` where they connect."""
    found: list[str] = []
    for statement in statements:
        if not asks_database(statement):
            continue
        texts = [n.value for n in ast.walk(statement.node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        found += [subject for subject in map(subject_of, texts) if subject]
        found += ["database"]
    return list(dict.fromkeys(found))
