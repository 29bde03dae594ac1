"""A query -> the tables that it reads, with columns and rows made up for it. The only file that imports sqlglot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from nb2pkg.errors import Nb2pkgError

ROWS = 4


class UntestableError(Nb2pkgError):
    """A query can't be tested on tables that are made up; the message says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that is made up: its type in DuckDB, and values as SQL text."""

    name: str
    type: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds for the rows that come back: kind, positions of columns, and a number or a comparison."""

    kind: str  # limit, unique, where
    columns: tuple[int, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """A query that can be tested, with all that its test needs.

    Args:
        tables: name -> columns.
        columns: that come back, in order; an empty name where only DuckDB knows it.
        promises: what holds for the rows.
        parameters: the values of its parameters, as Python text.
    """

    tables: Mapping[str, tuple[Column, ...]]
    columns: tuple[str, ...]
    promises: tuple[Promise, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


# Nodes of sqlglot's trees whose meaning is the same in all dialects, or that DuckDB surely has.
_KNOWN = frozenset("""
    Select Column Identifier Table TableAlias From Where And Or Not Paren EQ NEQ GT GTE LT LTE Is Null Literal Alias
    Star Count Sum Avg Min Max Group Having Order Ordered Limit Offset Join Union With CTE Subquery In Between Like
    Add Sub Mul Neg Distinct Case If Coalesce Boolean Placeholder Parameter Var Abs Round Lower Upper
    """.split())
_NUMBERS = frozenset("Sum Avg Add Sub Mul Neg Abs Round".split())
_TEXTS = frozenset("Like Lower Upper".split())
_COMPARING = frozenset("EQ NEQ GT GTE LT LTE".split())
_OPERATORS = {"EQ": "==", "NEQ": "!=", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}
_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_NUMBER_NAMES = re.compile(r"(^|_)(id|no|num|number|count|qty|quantity|price|amount|total|year|month|age|size)$", re.I)


def read_query(text: str, dialect: str) -> Tested:
    """Return what a test of a query needs.

    Args:
        text: the query, as its database has it.
        dialect: as sqlglot names it; empty where nobody knows.

    Raises:
        UntestableError: it can't be tested.
    """
    tree = _parsed(text, dialect)
    for node in tree.walk():
        if type(node).__name__ not in _KNOWN:
            raise UntestableError(f"`{type(node).__name__}` of its dialect may mean something else in DuckDB")
        if type(node).__name__ == "Join" and (node.args.get("using") or node.args.get("method")):
            raise UntestableError("it joins tables by columns of one name")
    owners = _owners(tree)
    kinds, values = _kinds(tree, owners)
    tables: dict[str, dict[str, Column]] = {}
    for table, name in owners.columns:
        kind = kinds.get((table, name)) or ("INTEGER" if _NUMBER_NAMES.search(name) else "VARCHAR")
        tables.setdefault(table, {})[name] = Column(name, kind, _values(kind, values.get((table, name), ())))
    for table in owners.tables:
        if table not in tables:  # only `*` or `count(*)` speaks of its columns
            tables[table] = {n: Column(n, k, _values(k, ())) for n, k in (("id", "INTEGER"), ("name", "VARCHAR"))}
    made = {table: tuple(columns.values()) for table, columns in tables.items()}
    columns = _columns(tree, made, owners)
    return Tested(made, columns, tuple(_promises(tree, columns)), _parameters(tree, owners, tables))


def _parsed(text: str, dialect: str) -> Any:
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError:
        raise UntestableError("sqlglot is not installed") from None
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=dialect or None) if tree is not None]
    except (SqlglotError, ValueError, RecursionError) as error:
        first = str(error).split("\n")[0].rstrip(".")
        raise UntestableError(f"sqlglot does not understand it: {first[:80]}") from None
    if len(trees) != 1:
        raise UntestableError("it has several statements")
    if type(trees[0]).__name__ not in ("Select", "Union"):
        raise UntestableError("it changes data")
    return trees[0]


_Place = tuple[str, str]  # table and column


@dataclass(frozen=True, slots=True)
class _Owners:
    tables: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]  # (table, column), as the query first spells them
    of: Mapping[int, tuple[str, str]]  # by id of the node


def _owners(tree: Any) -> _Owners:
    """Return which table each column is of."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    tables: dict[str, str] = {}  # lower case -> full name, to see two tables of one name
    spelled: dict[tuple[str, str], tuple[str, str]] = {}
    of: dict[int, tuple[str, str]] = {}
    for scope in traverse_scope(tree):
        sources = {alias: source.name for alias, source in scope.sources.items() if isinstance(source, exp.Table)}
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                full = f"{source.catalog}.{source.db}.{source.name}"
                if not source.name or tables.setdefault(source.name.lower(), full) != full:
                    raise UntestableError("two of its tables have one name")
        selected: Any = scope.expression
        if selected is not tree and any(item.is_star for item in selected.selects):
            raise UntestableError("`*` in a part of it stands for columns that nobody names")
        given = {item.alias.lower() for item in selected.selects if item.alias}
        for column in scope.columns:
            if isinstance(column.this, exp.Star) or id(column) in of:  # a query around it has it as well
                continue
            own = not column.table and column.name.lower() in given
            if own and column.find_ancestor(exp.Group, exp.Having, exp.Order):
                continue  # a name that the query itself gives
            alias = _alias_of(column, scope.sources)
            if alias not in sources:
                continue  # of a subquery
            key = (sources[alias].lower(), column.name.lower())
            of[id(column)] = spelled.setdefault(key, (sources[alias].lower(), column.name))
    if not tables:
        raise UntestableError("it reads no table")
    return _Owners(tuple(tables), tuple(dict.fromkeys(spelled.values())), of)


def _alias_of(column: Any, sources: Mapping[str, Any]) -> str:
    """Return by which name a query calls the table of a column."""
    if not column.table and len(sources) > 1:
        raise UntestableError(f"the column `{column.name}` may be of several tables")
    if column.args.get("db"):
        raise UntestableError(f"the column `{column.name}` names its schema")
    alias = str(column.table or next(iter(sources), ""))
    if alias not in sources:
        raise UntestableError(f"the column `{column.name}` is of a query around it")
    return alias


def _kinds(tree: Any, owners: _Owners) -> tuple[dict[_Place, str], dict[_Place, list[str]]]:
    """Return the types of columns by how they are used, and the literals that they are compared to."""
    kinds: dict[_Place, str] = {}
    values: dict[_Place, list[str]] = {}
    same: list[tuple[_Place, _Place]] = []
    for node in tree.walk():
        name = type(node).__name__
        children = list(_compared(node, name))
        inner = [owners.of[id(child)] for child in children if id(child) in owners.of]
        for column in inner:
            for child in children:
                if type(child).__name__ in ("Literal", "Neg"):
                    values.setdefault(column, []).append(child.sql("duckdb"))
                if kind := _kind_of(child):
                    _set(kinds, column, kind)
        same += [(inner[0], other) for other in inner[1:]]
        if name in _NUMBERS or name in _TEXTS:
            for child in node.iter_expressions():
                if id(child) in owners.of:
                    _set(kinds, owners.of[id(child)], "DOUBLE" if name in _NUMBERS else "VARCHAR")
    _spread(kinds, same)
    return kinds, values


def _compared(node: Any, name: str) -> Iterator[Any]:
    """Yield what a node compares, or returns one or the other of: they are of one type."""
    if name in _COMPARING or name in ("Between", "Like", "Coalesce", "In"):
        for child in node.iter_expressions():
            inner = child.this if type(child).__name__ == "Subquery" else child
            yield inner.selects[0].unalias() if type(inner).__name__ == "Select" else child
    elif name == "Case":
        yield from (branch.args["true"] for branch in node.args["ifs"])
        yield from (child for child in [node.args.get("default")] if child is not None)


def _spread(kinds: dict[_Place, str], same: Sequence[tuple[_Place, _Place]]) -> None:
    """Give columns that are compared to each other one type."""
    for _ in range(3):
        for one, other in same:
            for a, b in ((one, other), (other, one)):
                if a in kinds:
                    _set(kinds, b, kinds[a])
    for one, other in same:
        if one not in kinds and other not in kinds:
            kinds[one] = kinds[other] = "INTEGER"


def _set(kinds: dict[_Place, str], column: _Place, kind: str) -> None:
    before = kinds.setdefault(column, kind)
    if before == kind:
        return
    if {before, kind} <= {"INTEGER", "DOUBLE"}:
        kinds[column] = "DOUBLE"
    else:
        raise UntestableError(f"the column `{column[1]}` is used as {before} and as {kind}")


def _kind_of(node: Any) -> str:
    """Return the type of what a column is compared to; nothing where it takes the column's."""
    name = type(node).__name__
    if name in ("Column", "Placeholder", "Parameter", "Null", "Star"):
        return ""
    if name == "Literal" and node.is_string:
        return "DATE" if _DATE.match(node.this) else "VARCHAR"
    if name in ("Literal", "Neg"):
        return "INTEGER" if re.fullmatch(r"-?\d{1,9}", node.sql("duckdb")) else "DOUBLE"
    if name == "Boolean":
        return "BOOLEAN"
    if name in _NUMBERS or name == "Count":
        return "DOUBLE"
    if name in _TEXTS:
        return "VARCHAR"
    raise UntestableError("a column is compared to an expression whose type nobody knows")


def _values(kind: str, literals: Sequence[str]) -> tuple[str, ...]:
    """Return values for the rows of a column: the literals, and values around them."""
    found: list[str] = []
    if kind in ("INTEGER", "DOUBLE"):
        for literal in literals:
            number = Decimal(literal)
            around = (number, number + 1, number - 1)
            found += [str(int(n)) if kind == "INTEGER" else str(n) for n in around]
        found += ["1", "2", "3"] if kind == "INTEGER" else ["1.5", "2.5", "3.0"]
    elif kind == "BOOLEAN":
        found += ["TRUE", "FALSE"]
    elif kind == "DATE":
        found += [f"DATE {literal}" for literal in literals]
        found += ["DATE '2020-01-31'", "DATE '2024-06-15'", "DATE '2021-12-24'"]
    else:
        found += [literal.replace("%", "").replace("_", "x") for literal in literals]
        found += ["'one'", "'two'", "'three'"]
    return tuple((list(dict.fromkeys(found)) * ROWS)[:ROWS])


def _columns(tree: Any, tables: Mapping[str, tuple[Column, ...]], owners: _Owners) -> tuple[str, ...]:
    """Return the names of the columns that come back."""
    first = tree
    while type(first).__name__ == "Union":
        first = first.this
    found: list[str] = []
    for item in first.selects:
        kind = type(item).__name__
        if kind == "Star" or (kind == "Column" and type(item.this).__name__ == "Star"):
            if first.args.get("joins") or len(owners.tables) != 1 or first.args.get("with_") or first.args.get("with"):
                raise UntestableError("`*` stands for columns of several tables")
            found += [column.name for columns in tables.values() for column in columns]
        else:
            found.append(item.alias_or_name if kind in ("Alias", "Column") else "")
    return tuple(found)


_VALUE_OF = {
    "INTEGER": "2",
    "BOOLEAN": "True",
    "DOUBLE": "2.0",
    "DATE": "datetime.date(2021, 12, 24)",
    "VARCHAR": '"two"',
}


def _parameters(tree: Any, owners: _Owners, tables: Mapping[str, Mapping[str, Column]]) -> dict[str, str]:
    """Return Python text for the values of a query's parameters, `:name` and `@name`, of their columns' types."""
    found: dict[str, str] = {}
    for node in tree.walk():
        if type(node).__name__ not in ("Placeholder", "Parameter"):
            continue
        if not re.fullmatch(r"[A-Za-z_]\w*", node.name):
            raise UntestableError("its parameters have no names")
        beside = [owners.of[id(child)] for child in node.parent.iter_expressions() if id(child) in owners.of]
        value = _VALUE_OF[tables[beside[0][0]][beside[0][1]].type] if beside else "2"
        if found.setdefault(node.name, value) != value:
            raise UntestableError(f"its parameter `{node.name}` is compared to columns of several types")
    return found


def _promises(tree: Any, columns: Sequence[str]) -> Iterator[Promise]:
    """Yield what holds for the rows of a query by its form."""
    limit = tree.args.get("limit")
    if limit is not None and limit.expression is not None and limit.expression.is_int:
        yield Promise("limit", (), limit.expression.sql("duckdb"))
    if type(tree).__name__ != "Select":
        return
    plain = {
        item.this.name.lower() if item.alias else item.name.lower(): position
        for position, item in enumerate(tree.selects)
        if len(tree.selects) == len(columns)
        if type(item.this if item.alias else item).__name__ == "Column"
    }
    group = tree.args.get("group")
    keys = [k.name.lower() for k in group.expressions if type(k).__name__ == "Column"] if group is not None else []
    if keys and len(keys) == len(group.expressions) and all(key in plain for key in keys):
        yield Promise("unique", tuple(plain[key] for key in keys))
    elif tree.args.get("distinct") is not None and "" not in columns:
        yield Promise("unique", tuple(range(len(columns))))
    where = None if tree.args.get("joins") else tree.args.get("where")
    if where is not None and len(set(plain)) == len([c for c in tree.selects if type(c).__name__ != "Star"]):
        for part in where.this.flatten() if type(where.this).__name__ == "And" else [where.this]:
            text = _comparison(part)
            if text and part.this.name.lower() in plain:
                yield Promise("where", (plain[part.this.name.lower()],), text)


def _comparison(part: Any) -> str:
    """Return ` < 3` for a comparison of a column to a number or a text; nothing for others."""
    operator = _OPERATORS.get(type(part).__name__)
    if operator is None or type(part.this).__name__ != "Column" or type(part.expression).__name__ != "Literal":
        return ""
    literal = part.expression
    if literal.is_string:
        return "" if _DATE.match(literal.this) else f"{operator} {literal.this!r}"
    return f"{operator} {literal.this}"
