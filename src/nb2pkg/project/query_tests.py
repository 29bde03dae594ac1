"""Build -> tests of its queries, on tables that are made up for them, and why others have none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb2pkg.model import Finding, Location
from nb2pkg.needs.queries import SentQuery
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.query_tables import ROWS, Column, Tested, UntestableError, read_query
from nb2pkg.project.signatures import setting_reads

_STANDING_IN = {"sqlite": "sqlite://", "duckdb": "duckdb://"}


@dataclass(frozen=True, slots=True)
class QueryTests:
    """The file of tests, empty where there is none, and findings about queries without one."""

    text: str = ""
    findings: tuple[Finding, ...] = ()


def query_tests(build: Build, sent: Sequence[SentQuery]) -> QueryTests:
    """Return the tests of a package's queries.

    Args:
        build: what is known of the package.
        sent: the queries that it reads from files.
    """
    rows: list[dict[str, object]] = []
    loaders: list[dict[str, object]] = []
    findings: list[Finding] = []
    for item in sent:
        try:
            tested, template = _read(item)
        except UntestableError as error:
            location = Location(build.flow.notebook.path, item.query.cell)
            message = f"the query `{item.query.name}` has no test on made-up tables: {error.message}"
            findings.append(Finding("queries", message, location, "info"))
            continue
        rows.append(_row(item, tested, template))
        loaders += _loaders(build, item, tested)
    if not rows:
        return QueryTests("", tuple(findings))
    text = build.templates.render(
        "tests/test_queries.py.jinja",
        package=build.plan.package,
        rows=rows,
        loaders=loaders,
        modules=sorted({str(loader["module"]) for loader in loaders}),
        dates=any("datetime." in str(row["parameters"]) for row in rows),
    )
    return QueryTests(format_code(text), tuple(findings))


def _read(item: SentQuery) -> tuple[Tested, dict[str, str]]:
    text, template = item.query.text, {}
    if item.template:
        if re.search(r"(?<!\{)\{(\W|\d|\w+[^\w}])", text):
            raise UntestableError("expressions are put into its text")
        template = {name: "2" for name in re.findall(r"(?<!\{)\{(\w+)\}", text)}
        text = text.format(**template)
    return read_query(text, item.query.dialect), template


def _row(item: SentQuery, tested: Tested, template: dict[str, str]) -> dict[str, object]:
    return {
        "name": item.query.name,
        "dialect": item.query.dialect,
        "tables": list(_statements(tested, dates=True)),
        "columns": list(tested.columns),
        "named": all(tested.columns),
        "promises": tested.promises,
        "template": template,
        "parameters": dict(tested.parameters),
    }


def _statements(tested: Tested, *, dates: bool) -> Iterator[str]:
    """Yield the statements that make the tables; SQLite has no dates but texts."""
    for table, columns in tested.tables.items():
        yield f"CREATE TABLE {_quoted(table)} ({', '.join(f'{_quoted(c.name)} {c.type}' for c in columns)})"
        rows = ", ".join(f"({', '.join(_value(c, row, dates=dates) for c in columns)})" for row in range(ROWS))
        yield f"INSERT INTO {_quoted(table)} VALUES {rows}"


def _value(column: Column, row: int, *, dates: bool) -> str:
    value = column.values[row]
    return value if dates else value.removeprefix("DATE ")


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _loaders(build: Build, item: SentQuery, tested: Tested) -> Iterator[dict[str, object]]:
    """Yield the function that sends a query, where its connection is all that it takes."""
    url = _STANDING_IN.get(item.query.dialect)
    statement = build.flow.statements[item.place[0]]
    call = statement.node.value if isinstance(statement.node, ast.Assign) else None
    if url is None or item.template or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return
    keywords = {keyword.arg for keyword in call.keywords}
    if not call.func.id.endswith("_query") or "parameters" in keywords or not all(tested.columns):
        return
    for unit in build.plan.units:
        if unit.statements != (statement.index,) or unit.kind != "function" or len(unit.inputs) != 1:
            continue
        if unit.outputs and not setting_reads(build.plan, unit) and ast.unparse(call.args[0]) == unit.inputs[0]:
            statements = list(_statements(tested, dates=url == "duckdb://"))
            yield {
                "module": unit.module,
                "function": unit.name,
                "query": item.query.name,
                "url": url,
                "tables": statements,
                "columns": list(tested.columns),
                "of": "columns" if "as_frame" in keywords else "keys",
            }
