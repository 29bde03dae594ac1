"""Queries of SQL cells: what they become, what the package shows, and that their texts stay whole."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import analysed, code_of, converted, notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.cells.sql_session import holds_secret
from nb2pkg.errors import RefusedError
from nb2pkg.machine import Around
from nb2pkg.model import Project
from nb2pkg.needs.find import find_needs
from nb2pkg.pipeline import convert_notebook
from nb2pkg.project.query_tables import UntestableError, read_query

CONNECT = ("%load_ext sql", "%sql sqlite:///shop.db")


def lowered(tmp_path: Path, *cells: str) -> list[str]:
    """Return the Python of a notebook's cells."""
    return [cell.python for cell in read_notebook(notebook(tmp_path, *cells)).cells]


def sql_files(project: Project) -> dict[str, str]:
    """Return the queries of a project: name -> text as the package reads it."""
    found = {}
    for name, content in project.files.items():
        if name.endswith(".sql"):
            assert content.endswith(b"\n")
            found[Path(name).stem] = content[:-1].decode("utf-8")
    return found


def refused(tmp_path: Path, *cells: str) -> RefusedError:
    """Return the error that refuses a notebook."""
    with pytest.raises(RefusedError) as caught:
        read_notebook(notebook(tmp_path, *cells))
    return caught.value


# --- what cells become


def test_the_connection_is_a_value_whose_address_comes_from_the_environment(tmp_path: Path) -> None:
    code = lowered(tmp_path, *CONNECT, "%sql SELECT 1")
    assert code[1] == ('connection = __nb_jupysql_connect(__nb_environment.get("DATABASE_URL", "sqlite:///shop.db"))')
    assert code[2] == '__nb_jupysql_query(connection, "SELECT 1")'


def test_the_name_of_the_connection_gives_way(tmp_path: Path) -> None:
    code = lowered(tmp_path, *CONNECT, "connection = 1\nprint(connection)")
    assert code[1].startswith("database = __nb_jupysql_connect(")


def test_a_password_is_written_nowhere(tmp_path: Path) -> None:
    project = converted(tmp_path, "%sql postgresql://ann:s3cretwordly@db.example.org/shop", "%sql SELECT a FROM t")
    assert not [name for name, content in project.files.items() if b"s3cretwordly" in content]
    assert 'connect(environ["DATABASE_URL"])' in code_of(project)["data"]
    variable = next(v for v in project.plan.needs.variables if v.name == "DATABASE_URL")
    assert variable.secret
    assert variable.required
    assert not variable.value
    names = {requirement.name.lower() for requirement in project.plan.needs.requirements}
    assert {"sqlalchemy", "psycopg2-binary", "prettytable", "sqlparse"} <= names


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("sqlite:///shop.db", False),
        ("duckdb://", False),
        ("postgresql://ann@localhost/shop", False),
        ("postgresql://ann:pw@localhost/shop", True),
        ("presto://host:8080/hive", False),
        ("snowflake://u@account/db?token=abc", True),
        ("postgresql://[::1/shop", True),
    ],
)
def test_addresses_with_secrets(address: str, secret: bool) -> None:
    assert holds_secret(address) is secret


def test_several_databases_have_several_variables(tmp_path: Path) -> None:
    flow = analysed(tmp_path, "%sql sqlite:///data/shop.db", "%sql sqlite:///data/crm.db", "%sql SELECT 1")
    needs, _ = find_needs(flow, Around())
    assert [(v.name, v.value) for v in needs.variables] == [
        ("CRM_DATABASE_URL", "sqlite:///data/crm.db"),
        ("SHOP_DATABASE_URL", "sqlite:///data/shop.db"),
    ]


def test_cells_bind_names(tmp_path: Path) -> None:
    code = lowered(
        tmp_path, *CONNECT, "%%sql orders <<\nSELECT *\nFROM orders", "few = %sql SELECT * FROM orders LIMIT 2"
    )
    assert code[2] == 'orders = __nb_jupysql_query(connection, "SELECT *\\nFROM orders")'
    assert code[3] == 'few = __nb_jupysql_query(connection, "SELECT * FROM orders LIMIT 2")'


@pytest.mark.parametrize(
    ("extension", "cell", "wanted"),
    [
        ("ipython-sql", "%sql SELECT * FROM t WHERE a < :least", ', parameters={"least": least}'),
        ("ipython-sql", "%%sql\nSELECT * FROM t WHERE a < {least}", ' < {least}".format(least=least)'),
        ("ipython-sql", "%sql SELECT * FROM t WHERE a < $least", ' < {least}".format(least=least)'),
        ("ipython-sql", "%%sql\nSELECT '{{x}}' FROM t WHERE a < {least}", "'{{x}}' FROM t WHERE a < {least}\".format("),
        ("jupysql", "%sql SELECT * FROM t WHERE a < {{least}}", ' < {least}".format(least=least)'),
        ("jupysql", "%sql SELECT '{a}' FROM t WHERE a < {{ least }}", "'{{a}}' FROM t WHERE a < {least}\".format("),
        ("jupysql", "%sql SELECT * FROM t WHERE a < {least}", '< {least}")'),
        ("jupysql", "%sql SELECT * FROM t WHERE a < $least", '< $least")'),
    ],
)
def test_values_in_queries(tmp_path: Path, extension: str, cell: str, wanted: str) -> None:
    code = lowered(tmp_path, f"%pip install {extension}", *CONNECT, "least = 3", cell)
    assert wanted in code[-1]


def test_named_parameters_of_jupysql_are_an_option(tmp_path: Path) -> None:
    cells = ("x = 1", *CONNECT, '%config SqlMagic.named_parameters = "enabled"', "%sql SELECT :x")
    assert 'parameters={"x": x}' in lowered(tmp_path, *cells)[-1]
    cells = ("x = 1", *CONNECT, '%config SqlMagic.named_parameters = "disabled"', "%sql SELECT :x")
    assert "parameters={}" in lowered(tmp_path, *cells)[-1]


def test_the_saved_outputs_tell_which_extension_it_was(tmp_path: Path) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": " * sqlite:///shop.db\nDone.\n"}
    cell: dict[str, Any] = {"cell_type": "code", "source": "%sql SELECT 1", "outputs": [stream], "execution_count": 2}
    cells = read_notebook(notebook(tmp_path, *CONNECT, cell)).cells
    assert cells[-1].python.startswith("__nb_ipython_sql_query(")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%sql\n{% for x in y %}SELECT 1{% endfor %}", "template"),
        ("%sql SELECT {{ nobody }}", "`nobody`, which no cell above binds"),
        ("%sql --connections", "--connections"),
        ("%sql --save recent SELECT 1", "--save"),
        ("%%sql --with recent\nSELECT * FROM recent", "--with"),
        ("%sql BEGIN", "transaction"),
        ("%sql SELECT 1 << 2 AS a, 3", "<<"),
        ("%config SqlMagic.column_local_vars = True", "column_local_vars"),
        ("%sql SELECT 'it", "not understood"),
    ],
)
def test_what_can_not_be_right_is_refused(tmp_path: Path, cell: str, message: str) -> None:
    error = refused(tmp_path, *CONNECT, cell)
    assert message in f"{error.message} {error.why}"
    assert error.location is not None
    assert error.location.cell == 3


def test_duckdb_that_may_read_a_value_by_its_name_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, "import pandas as pd\ndf = pd.DataFrame()", "%sql duckdb://", "%sql SELECT * FROM df")
    assert "register" in error.hint


def test_bigquery(tmp_path: Path) -> None:
    body = "SELECT name FROM `p.d.t`\nWHERE n > @least AND x = '{a}'"
    code = lowered(tmp_path, "n = 2", f'%%bigquery names --project my-project --params {{"least": $n}}\n{body}')
    assert code[1] == (f'names = __nb_bigquery({json.dumps(body)}, project="my-project", parameters={{"least": n}})')
    project = converted(tmp_path, "n = 2", f'%%bigquery names --params {{"least": $n}}\n{body}', "names.head()")
    assert sql_files(project) == {"names": body}
    assert {"google-cloud-bigquery", "db-dtypes"} <= {r.name for r in project.plan.needs.requirements}
    assert "GOOGLE_CLOUD_PROJECT" in {v.name for v in project.plan.needs.variables}


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("%%td_presto www -o hits\nSELECT 1 FROM t", 'hits = __nb_treasure_data("SELECT 1 FROM t", engine="presto", '),
        ("%%trino hits\nSELECT 1 FROM t", 'hits = __nb_read_frame(__nb_environment["TRINO_URL"], "SELECT 1 FROM t")'),
        ("%%hive\nSELECT 1 FROM t", '__nb_read_frame(__nb_environment["HIVE_URL"], "SELECT 1 FROM t")'),
        ("spark = 1\n", "spark = 1\n"),
    ],
)
def test_cells_of_one_engine(tmp_path: Path, cell: str, wanted: str) -> None:
    assert lowered(tmp_path, cell)[0].startswith(wanted)


def test_spark_sql_cell(tmp_path: Path) -> None:
    assert lowered(tmp_path, "spark = get()", "%%sparksql few\nSELECT 1")[1] == 'few = spark.sql("SELECT 1")'


# --- files of queries

HOSTILE = (
    "SELECT 'it''s', \"a\\b\" FROM t -- {not} %s 100%",
    "SELECT a\nFROM t  \n  WHERE b = '%(x)s'\t-- 日本語 ☃",
    "SELECT $$dollar$$, a::text, b -> 'x:y' FROM t",
    "/* multi\n   line */\nSELECT 1; -- one\nSELECT 2",
    "SELECT \"\"\"triple\"\"\", '''other''' FROM t",
    "SELECT '\\n', E'\\t', '\\\\' FROM t",
)


@pytest.mark.parametrize("query", HOSTILE)
def test_texts_of_sql_cells_stay_whole(tmp_path: Path, query: str) -> None:
    project = converted(tmp_path, *CONNECT, f"%%sql found <<\n{query}", "found")
    assert list(sql_files(project).values()) == [query]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), st.sampled_from(['"""', "'''"]))
@settings(max_examples=25, deadline=None)
def test_literals_of_python_calls_stay_whole(tmp_path_factory: pytest.TempPathFactory, text: str, quotes: str) -> None:
    query = f"SELECT a\nFROM t WHERE b = '{text}'"
    escaped = query.encode("unicode_escape").decode("ascii").replace("\\n", "\n", 1).replace("'", "\\'")
    cell = f"import pandas as pd\ndf = pd.read_sql({quotes}{escaped}{quotes}, make())"
    project = converted(tmp_path_factory.mktemp("book"), "def make():\n    return None", cell, "df")
    assert list(sql_files(project).values()) == [query]


def test_only_queries_of_several_lines_move(tmp_path: Path) -> None:
    project = converted(
        tmp_path,
        "import pandas as pd\nimport sqlite3\nconn = sqlite3.connect('shop.db')",
        "one = pd.read_sql('SELECT 1', conn)\nprint(one)",
        'TEXT = """With love\nfrom Rome"""\nprint(TEXT)',
        'QUERY = """SELECT a\nFROM t"""\ntwo = pd.read_sql(QUERY, conn)\nprint(two)',
        'conn.execute("""CREATE TABLE u (\n  a INTEGER)""")',
        'def load(engine):\n    return pd.read_sql_query(sql="""\n    SELECT b\n    FROM u""", con=engine)\nload(conn)',
    )
    assert sql_files(project) == {
        "t": "SELECT a\nFROM t",
        "create_u": "CREATE TABLE u (\n  a INTEGER)",
        "u": "\n    SELECT b\n    FROM u",
    }


def test_the_dialect_follows_the_connection(tmp_path: Path) -> None:
    from nb2pkg.needs.queries import find_queries

    flow = analysed(
        tmp_path,
        "%sql sqlite://",
        "%sql SELECT a FROM t",
        "%sql mysql+pymysql://localhost/x",
        "%sql SELECT b FROM t",
        "%%bigquery\nSELECT c FROM t",
    )
    assert [(q.query.name, q.query.dialect, q.query.cell) for q in find_queries(flow)] == [
        ("t", "sqlite", 2),
        ("t_2", "mysql", 4),
        ("t_3", "bigquery", 5),
    ]


# --- tests that come out


@pytest.mark.parametrize(
    ("query", "dialect", "columns", "kinds"),
    [
        ("SELECT a, b AS c FROM t WHERE a > 1.5", "sqlite", ("a", "c"), ["where"]),
        ("SELECT a, COUNT(*) FROM t GROUP BY a LIMIT 3", "mysql", ("a", ""), ["limit", "unique"]),
        ("SELECT DISTINCT a FROM p.d.t", "bigquery", ("a",), ["unique"]),
        ("SELECT * FROM t WHERE a = 'x'", "postgres", ("a",), []),
        ("SELECT x.a FROM t x JOIN u ON x.id = u.id WHERE x.a < 3", "presto", ("a",), []),
        ("SELECT a FROM (SELECT b AS a FROM t) s", "", ("a",), []),
        ("SELECT price * 2 AS price, LOWER(a) AS b FROM t GROUP BY b, price", "", ("price", "b"), []),
    ],
)
def test_what_a_query_promises(query: str, dialect: str, columns: tuple[str, ...], kinds: list[str]) -> None:
    pytest.importorskip("sqlglot")
    tested = read_query(query, dialect)
    assert tested.columns == columns
    assert [promise.kind for promise in tested.promises] == kinds


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("DELETE FROM t", "changes data"),
        ("SELECT 1; SELECT 2", "several statements"),
        ("SELECT 1", "reads no table"),
        ("SELECT a FROM t, u", "may be of several tables"),
        ("SELECT my_own(a) FROM t", "may mean something else"),
        ("SELECT FROM WHERE", "sqlglot does not understand it"),
        ("SELECT a FROM x.t JOIN y.t ON x.t.a = y.t.a", "two of its tables have one name"),
        ("SELECT a FROM t WHERE a > 3 AND a LIKE 'x%'", "used as"),
        ("SELECT a FROM (SELECT * FROM t) s", "`*`"),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)", "may mean something else"),
    ],
)
def test_queries_without_tests_say_why(query: str, why: str) -> None:
    pytest.importorskip("sqlglot")
    with pytest.raises(UntestableError, match=re.escape(why)):
        read_query(query, "sqlite")


def test_the_plan_says_which_query_has_no_test(tmp_path: Path) -> None:
    project = converted(tmp_path, *CONNECT, "%%sql\nSELECT my_own(a)\nFROM t")
    assert [f.location.cell for f in project.findings if "no test on made-up tables" in f.message] == [3]
    assert "tests/test_queries.py" not in project.files


def test_a_notebook_without_queries_has_nothing_of_it(tmp_path: Path) -> None:
    project = converted(tmp_path, "print('SELECT 1')")
    assert not [name for name in project.files if "quer" in name or "sql" in name]
    assert b"duckdb" not in project.files["pyproject.toml"]


# --- the package against the notebook

STORY = (
    "%%sql\nCREATE TABLE IF NOT EXISTS orders (id INTEGER, item TEXT, price REAL);\nDELETE FROM orders;\n"
    "INSERT INTO orders VALUES (1, 'apple', 2.5), (2, 'pear', 3.0), (3, 'http://x', NULL), (4, '100%', 0.5)",
    "%%sql\n-- all of them\nSELECT * FROM orders WHERE item <> 'it''s: {x} %s'",
    "%%sql cheap <<\nSELECT item, price\nFROM orders\nWHERE price < 2.8\nORDER BY price\nLIMIT 3",
    "cheap",
    "print(cheap)\nprint(len(cheap), cheap[0], list(cheap), cheap.dict())\nfor row in cheap.dicts():\n    print(row)",
    "cheap.DataFrame()",
    "%config SqlMagic.displaylimit = 2",
    "%sql SELECT * FROM orders",
    "%config SqlMagic.autopandas = True",
    "df = %sql SELECT item, SUM(price) AS total FROM orders GROUP BY item\ndf",
    "%sql UPDATE orders SET price = 1",
    "%config SqlMagic.feedback = False",
    "%sql sqlite:///other.db",
    "%sql SELECT 1 AS a, 2 AS a",
)


def run_both(tmp_path: Path, cells: tuple[str, ...]) -> tuple[str, str]:
    """Return what a notebook shows when it is executed, and what its package prints."""
    import nbformat
    from nbclient import NotebookClient

    there, here = tmp_path / "notebook", tmp_path / "package"
    there.mkdir()
    here.mkdir()
    book = nbformat.read(notebook(tmp_path, *cells), as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(book, resources={"metadata": {"path": str(there)}}, kernel_name="python3").execute()
    shown = ""
    for output in (o for cell in book.cells for o in cell.get("outputs", [])):
        if output.output_type == "stream":
            shown += output.text if output.name == "stdout" else ""
        else:
            shown += output.data["text/plain"] + "\n"
    path = tmp_path / "story.ipynb"
    nbformat.write(book, path)  # type: ignore[no-untyped-call]
    project = convert_notebook(path)
    for name, content in project.files.items():
        file = tmp_path / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "out" / "src")}
    command = [sys.executable, "-m", project.package, "--workdir", str(here)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert not done.returncode, done.stderr
    return shown, done.stdout


def test_a_package_shows_what_jupysql_showed(tmp_path: Path) -> None:
    pytest.importorskip("sql.run.resultset", reason="jupysql is not installed")
    shown, printed = run_both(tmp_path, (*CONNECT, *STORY))
    assert printed == shown
    assert "Running query in 'sqlite:///shop.db'" in printed
    assert "Truncated to displaylimit of 2." in printed


def test_a_package_shows_what_ipython_sql_showed(tmp_path: Path) -> None:
    installed = {distribution.name.lower() for distribution in distributions()}
    if "ipython-sql" not in installed or "jupysql" in installed:  # both are `import sql`
        pytest.skip("ipython-sql is not installed")
    more = (
        "%config SqlMagic.autopandas = False",
        "least = 0.5",
        "%sql SELECT * FROM nothing_there",
        "%sql sqlite:///shop.db",
        "%sql SELECT item FROM orders WHERE price > :least",
        "%sql SELECT item FROM orders WHERE price > $least",
        "%%sql\nSELECT item\nFROM orders\nWHERE price > {least}",
    )
    shown, printed = run_both(tmp_path, ("# %pip install ipython-sql", *CONNECT, *STORY, *more))
    assert printed == shown
    assert " * sqlite:///shop.db\nDone.\n" in printed


def test_a_package_shows_what_jupysql_showed_of_duckdb(tmp_path: Path) -> None:
    pytest.importorskip("sql.run.resultset", reason="jupysql is not installed")
    pytest.importorskip("duckdb_engine")
    cells = (
        "%load_ext sql",
        "%sql duckdb:///shop.duckdb",
        "%%sql\nCREATE TABLE t AS SELECT range AS a, range * 0.5 AS b FROM range(12)",
        "%sql SELECT * FROM t",
        "found = %sql SELECT a, b FROM t WHERE a > 3\nprint(found[-1], len(found), found[-1])",
        "found.DataFrame().dtypes",
        "import duckdb\nmine = duckdb.connect()",
        "%sql mine --alias mine",
        "%sql SELECT 42 AS answer",
    )
    shown, printed = run_both(tmp_path, cells)
    assert printed == shown


def test_tests_that_come_out_pass(tmp_path: Path) -> None:
    for library in ("sqlglot", "duckdb", "sqlalchemy", "prettytable", "sqlparse"):
        pytest.importorskip(library)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, item TEXT, price REAL, day TEXT)")
    project = converted(
        tmp_path,
        *CONNECT,
        "least = 2",
        "%%sql cheap <<\nSELECT item, price\nFROM orders\nWHERE price < 2.8 AND day >= '2020-01-01'\nLIMIT 10",
        "%%sql totals <<\nSELECT item, SUM(price) AS total\nFROM orders\nGROUP BY item",
        "print(cheap, totals.DataFrame())",
        "%%sql\nSELECT o.item FROM orders o JOIN orders p ON o.id = p.id WHERE p.price > {{least}}",
        '%%bigquery names --params {"n": $least}\nSELECT name FROM `p.d.t` WHERE size > @n',
        name="shop_story.ipynb",
    )
    for name, content in project.files.items():
        file = tmp_path / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    text = project.files["tests/test_queries.py"].decode("utf-8")
    assert re.findall(r"def (test_\w+)", text) == [
        "test_cheap_gives_its_columns",
        "test_totals_gives_its_columns",
        "test_orders_gives_its_columns",
        "test_names_gives_its_columns",
        "test_load_cheap_sends_cheap",
        "test_load_totals_sends_totals",
    ]
    environment = {**os.environ, "PYTHONPATH": "src"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_queries.py"]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, env=environment, check=False)
    assert not done.returncode, done.stdout
