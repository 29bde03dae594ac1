"""The queries that a notebook sends to databases, and the variables that their addresses come from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nb2pkg.cells.query_magics import ENGINES
from nb2pkg.cells.sql_session import is_address
from nb2pkg.machine import Query, Variable
from nb2pkg.model import Flow, Statement

# Calls of ours that send the text at this place of their arguments.
_OURS = {
    "__nb_jupysql_query": 1,
    "__nb_ipython_sql_query": 1,
    "__nb_read_frame": 1,
    "__nb_bigquery": 0,
    "__nb_treasure_data": 0,
}
# Calls of libraries, in full or by their method: the first argument, or this keyword, is a query.
_THEIRS = {
    "pandas.read_sql": "sql",
    "pandas.read_sql_query": "sql",
    "pandas.read_gbq": "query",
    "pandas_gbq.read_gbq": "query",
    "sqlalchemy.text": "text",
    "duckdb.sql": "query",
    "duckdb.query": "query",
    ".execute": "",
    ".sql": "",
    ".query": "",
}
_STARTS = re.compile(r"\s*(?:--[^\n]*\n\s*)*(select|with|insert|update|delete|create|merge|drop|alter)\b", re.I)
_VERB = re.compile(r"\b(select|insert|update|delete|create|merge|drop|alter)\b", re.I)
_NAME = r"[`\"\[]?([A-Za-z_][\w.\-]*)"
_TABLES = {
    "select": re.compile(rf"\bfrom\s+{_NAME}", re.I),
    "insert": re.compile(rf"\binto\s+(?:table\s+)?{_NAME}", re.I),
    "merge": re.compile(rf"\binto\s+{_NAME}", re.I),
    "update": re.compile(rf"\bupdate\s+{_NAME}", re.I),
    "delete": re.compile(rf"\bfrom\s+{_NAME}", re.I),
    "create": re.compile(rf"\b(?:table|view)\s+(?:if\s+not\s+exists\s+)?{_NAME}", re.I),
    "drop": re.compile(rf"\b(?:table|view)\s+(?:if\s+exists\s+)?{_NAME}", re.I),
    "alter": re.compile(rf"\btable\s+(?:if\s+exists\s+)?{_NAME}", re.I),
}
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_DIALECTS = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "cockroachdb": "postgres",
    "mariadb": "mysql",
    "mssql": "tsql",
    "awsathena": "athena",
}
_SCHEME = re.compile(
    r"\b(\w+)(?:\+\w+)?://|\b(sqlite3|duckdb|psycopg2?|pymysql|MySQLdb|pymssql|trino|prestodb)\.connect\b"
)
_DRIVERS = {
    "sqlite3": "sqlite",
    "duckdb": "duckdb",
    "psycopg2": "postgres",
    "psycopg": "postgres",
    "pymysql": "mysql",
    "MySQLdb": "mysql",
    "pymssql": "tsql",
    "trino": "trino",
    "prestodb": "presto",
}
_VAGUE = frozenset("a data df frame out output q query r res result results rows sql stmt statement table x".split())
_WEB = {"http", "https", "ftp", "file", "s3", "gs", "hdfs", "abfs"}


@dataclass(frozen=True, slots=True)
class SentQuery:
    """A query, and where its literal stands.

    Args:
        query: with the name of its file.
        place: statement, line and column of the literal.
        template: values are put into the text by `str.format`.
    """

    query: Query
    place: tuple[int, int, int]
    template: bool = False


def find_queries(flow: Flow) -> tuple[SentQuery, ...]:
    """Return the queries whose text can stand in a file: those of SQL cells, and literals of several lines."""
    found: list[SentQuery] = []
    taken: set[str] = set()
    bound, dialect = bound_queries(flow), ""
    for statement in flow.statements:
        dialect = _dialect_after(flow, statement, dialect)
        for literal, own, template in _literals(flow, statement, bound):
            text = str(literal.value)
            if not _fits(text):
                continue
            name = _free(_name_of(statement, text), taken)
            taken.add(name)
            query = Query(name, own or dialect, text, statement.location.cell)
            top = statement.node
            column = literal.col_offset - (top.col_offset if literal.lineno == top.lineno else 0)
            place = (statement.index, literal.lineno - top.lineno + 1, column)
            found.append(SentQuery(query, place, template))
    return tuple(found)


def bound_queries(flow: Flow) -> frozenset[int]:
    """Return the statements that bind a query of several lines to a name, which some call is given."""
    found = {
        statement.node.targets[0].id: statement.index
        for statement in flow.statements
        if isinstance(statement.node, ast.Assign) and isinstance(statement.node.targets[0], ast.Name)
        if isinstance(statement.node.value, ast.Constant) and _is_query(statement.node.value)
        if len(statement.node.targets) == 1
    }
    if not found:
        return frozenset()
    nodes = (node for statement in flow.statements for node in ast.walk(statement.node))
    given = (_given(flow, node) for node in nodes if isinstance(node, ast.Call))
    names = {node.id for node in given if isinstance(node, ast.Name)}
    return frozenset(index for name, index in found.items() if name in names)


def query_variables(flow: Flow) -> tuple[Variable, ...]:
    """Return the variables of the environment that the notebook's SQL cells read, sorted by name."""
    found: dict[str, Variable] = {}
    for statement in flow.statements:
        cell = statement.location.cell
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for variable in _variables_of(node, cell):
                    found.setdefault(variable.name, variable)
    return tuple(found[name] for name in sorted(found))


def hints(flow: Flow) -> tuple[str, ...]:
    """Return what says which distributions SQL cells need, though the code may not hold it.

    Returns:
        beginnings of addresses, `scheme://`, and `as_frame` where results are DataFrames.
    """
    sources = (cell.source for cell in flow.notebook.cells if cell.kind == "code" and "%" in cell.source)
    schemes = [match[1] for source in sources for match in re.finditer(r"%sql\s+([\w+]+://)", source)]
    engines = [v.name for v in query_variables(flow) if v.name in ENGINES.values()]
    schemes += [f"{name.removesuffix('_URL').lower()}://" for name in engines]
    nodes = (node for statement in flow.statements for node in ast.walk(statement.node))
    frames = any(
        (isinstance(node, ast.keyword) and node.arg == "as_frame")
        or (isinstance(node, ast.Attribute) and node.attr == "DataFrame")
        for node in nodes
    )
    return tuple(dict.fromkeys([*schemes, *(["as_frame"] if frames else [])]))


def _variables_of(call: ast.Call, cell: int) -> Iterator[Variable]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "__nb_bigquery":
        yield Variable(
            "GOOGLE_CLOUD_PROJECT", f"the project that pays for BigQuery's queries (cell {cell})", required=False
        )
        why = f"the file with Google's credentials, where the machine has none of its own (cell {cell})"
        yield Variable("GOOGLE_APPLICATION_CREDENTIALS", why, required=False)
    elif name == "__nb_treasure_data":
        yield Variable("TD_API_KEY", f"the key for Treasure Data (cell {cell})", secret=True)
    elif name.endswith("_connect") or name == "__nb_read_frame":
        source = call.args[0] if call.args else None
        texts = [n.value for n in ast.walk(source) if isinstance(n, ast.Constant)] if source is not None else []
        variable = str(texts[0]) if texts else ""
        if isinstance(source, ast.Subscript) and variable:
            yield Variable(variable, f"the address of the database of cell {cell}", secret=True)
        elif isinstance(source, ast.Call) and len(texts) == 2:
            why = f"the address of the database of cell {cell}"
            yield Variable(variable, why, required=False, value=str(texts[1]))


def _literals(flow: Flow, statement: Statement, bound: frozenset[int]) -> Iterator[tuple[ast.Constant, str, bool]]:
    """Yield the literals of a statement that are queries, with a dialect that their call knows."""
    if isinstance(statement.node, ast.Assign) and isinstance(statement.node.value, ast.Constant):
        if statement.index in bound:
            yield statement.node.value, "", False
        return
    for node in ast.walk(statement.node):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _OURS and len(node.args) > _OURS[name]:
            text, filled = _unfilled(node.args[_OURS[name]])
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text, _dialect_of(name, node), filled
        elif isinstance(given := _given(flow, node), ast.Constant) and _is_query(given):
            yield given, _dialect_of(flow.context.qualified(node.func) or "", node), False


def _unfilled(given: ast.expr) -> tuple[ast.expr, bool]:
    """Return the text that values are put into by `str.format`, and whether they are."""
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "format":
        return given.func.value, True
    return given, False


def _given(flow: Flow, call: ast.Call) -> ast.expr | None:
    """Return what a library's call is given as its query."""
    name = flow.context.qualified(call.func) or ""
    method = f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else ""
    keyword = _THEIRS.get(name, _THEIRS.get(method))
    if keyword is None:
        return None
    return call.args[0] if call.args else next((k.value for k in call.keywords if keyword and k.arg == keyword), None)


def _is_query(node: ast.Constant) -> bool:
    """Return whether a literal is a query of several lines."""
    text = node.value
    return isinstance(text, str) and "\n" in text.strip() and _STARTS.match(text) is not None


def _fits(text: str) -> bool:
    """Return whether a file can hold a text."""
    try:
        return bool(text.strip()) and bool(text.encode("utf-8"))
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _dialect_of(name: str, call: ast.Call) -> str:
    if "bigquery" in name or name.endswith("gbq"):
        return "bigquery"
    if name == "__nb_treasure_data":
        return next(
            (str(k.value.value) for k in call.keywords if k.arg == "engine" and isinstance(k.value, ast.Constant)), ""
        )
    if name == "__nb_read_frame":
        texts = [n.value for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant)]
        return str(texts[0]).removesuffix("_URL").lower() if texts else ""
    if name.startswith("duckdb."):
        return "duckdb"
    return "spark" if re.match(r"spark\w*\.", ast.unparse(call.func)) else ""


def _dialect_after(flow: Flow, statement: Statement, before: str) -> str:
    """Return the dialect of the database that the notebook is connected to after a statement."""
    sources: Mapping[int, str] = {cell.number: cell.source for cell in flow.notebook.cells}
    source = sources.get(statement.location.cell, "")
    for match in _SCHEME.finditer(source if "%sql" in source else statement.source):
        scheme = (match[1] or _DRIVERS[match[2]]).lower()
        if scheme not in _WEB and is_address(f"{scheme}://"):
            before = _DIALECTS.get(scheme, scheme)
    return before


def _name_of(statement: Statement, text: str) -> str:
    """Return the name for a query's file: what it is bound to, else what it does to which table."""
    bound = _bound_name(statement.node)
    if re.fullmatch(r"[a-z]\w*", bound, re.A) and bound not in _VAGUE:
        return bound
    return subject_of(text) or f"cell_{statement.location.cell}"


def subject_of(text: str) -> str:
    """Return what a query is about: `orders`, `insert_into_orders`; nothing where that can't be read off it.

    Args:
        text: the query.
    """
    plain = _COMMENTS.sub(" ", text)
    verb = _VERB.search(plain)
    table = _TABLES[verb[1].lower()].search(plain) if verb else None
    if verb is None or table is None:
        return ""
    action, name = verb[1].lower(), table[1].rpartition(".")[2].lower()
    subject = re.sub(r"\W+", "_", name, flags=re.A).strip("_") or "table"
    return {"select": subject, "insert": f"insert_into_{subject}", "delete": f"delete_from_{subject}"}.get(
        action, f"{action}_{subject}"
    )


def _bound_name(node: ast.stmt) -> str:
    """Return the name that a statement binds to a query or its result, in lower case."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return ""
    return node.targets[0].id.lower() if isinstance(node.value, (ast.Constant, ast.Call)) else ""


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
