"""Build -> the `.sql` files of a package, and the module that sends them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import lru_cache

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.model import Flow
from nb2pkg.needs.queries import SentQuery, find_queries
from nb2pkg.project.naming import OurNames

_PLACEHOLDERS = frozenset(name for name, helper in HELPERS.items() if helper.module == "query")


@lru_cache(maxsize=1)  # asked for each unit of a notebook
def queries_of(flow: Flow) -> tuple[SentQuery, ...]:
    """Return the queries of a notebook that can stand in files."""
    return find_queries(flow)


def query_reads(flow: Flow, names: OurNames) -> dict[tuple[int, int, int], str]:
    """Return what the literals of queries become: statement, line and column -> the call that reads the file."""
    reader = names.helpers["__nb_sql"]
    return {sent.place: f'{reader}("{sent.query.name}")' for sent in queries_of(flow)}


def sent_queries(flow: Flow, names: OurNames, code: str) -> tuple[SentQuery, ...]:
    """Return the queries that the package's code reads from files."""
    reader = re.escape(names.helpers["__nb_sql"])
    read = set(re.findall(rf'\b{reader}\("(\w+)"\)', code))
    return tuple(sent for sent in queries_of(flow) if sent.query.name in read)


def sql_files(sent: tuple[SentQuery, ...]) -> dict[str, str]:
    """Return the files: path in the package -> text. A newline ends each, which is not the query's own."""
    return {f"sql/{item.query.name}.sql": f"{item.query.text}\n" for item in sent}


def query_context(flow: Flow, sent: tuple[SentQuery, ...]) -> Mapping[str, bool]:
    """Return which parts of the module that sends queries a package needs."""
    used = {
        node.id
        for statement in flow.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Name) and node.id in _PLACEHOLDERS
    }
    jupysql = any(name.startswith("__nb_jupysql_") for name in used)
    ipython_sql = any(name.startswith("__nb_ipython_sql_") for name in used)
    frames = {"__nb_read_frame", "__nb_bigquery", "__nb_treasure_data"} & used
    return {
        "files": bool(sent),
        "jupysql": jupysql,
        "ipython_sql": ipython_sql,
        "sends": jupysql or ipython_sql,
        "persists": any(name.endswith("_persist") for name in used),
        "frames": bool(frames),
        "connects": "__nb_read_frame" in used,
        "bigquery": "__nb_bigquery" in used,
        "treasure_data": "__nb_treasure_data" in used,
    }
