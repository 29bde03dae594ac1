"""What the planning knows of statements that send queries to a database."""

from __future__ import annotations

import ast
import re
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


def database_names(statements: Sequence[Statement], outputs: Sequence[str]) -> list[str]:
    """Return names for a function that only asks a database: `load_orders`, `insert_into_orders`; else nothing.

    Args:
        statements: what it holds.
        outputs: the names that it returns, but those that say nothing.
    """
    if not statements or not all(asks_database(statement) for statement in statements):
        return []
    subjects = [subject for subject, _ in _subjects(statements)]
    if not subjects:
        return [] if any(map(_queries, statements)) else ["connect_database", "connect_to_database"]
    found = [f"load_{name}" for name in outputs if _reads(statements[-1])]
    return [*found, *(name if _VERB.match(name) else f"load_{name}" for name in subjects[-1:])]


def database_phrase(statements: Sequence[Statement]) -> str:
    """Return what a function does that only asks a database, in words; nothing for others."""
    if not statements or not all(asks_database(statement) for statement in statements):
        return ""
    parts = [] if all(map(_queries, statements)) else ["connect to the database"]
    for subject, table in _subjects(statements):
        verb = subject.removesuffix(table).replace("_", " ").strip()
        parts.append(f"{verb} `{table}`" if verb else f"load rows of `{table}`")
    text = " and ".join(dict.fromkeys(parts)) or "send a query"
    return text[0].upper() + text[1:]


_VERB = re.compile(r"(insert_into|update|delete_from|create|merge|drop|alter)_")


def _subjects(statements: Sequence[Statement]) -> list[tuple[str, str]]:
    """Return what the queries do: `insert_into_orders`, with the table's name."""
    found = []
    for statement in statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (name := subject_of(node.value)):
                found.append((name, _VERB.sub("", name)))
    return found


def _queries(statement: Statement) -> bool:
    return any(isinstance(n, ast.Name) and n.id in VALUED and "connect" not in n.id for n in ast.walk(statement.node))


def _reads(statement: Statement) -> bool:
    return all(not _VERB.match(subject) for subject, _ in _subjects([statement]))
