"""What the rules of structure (NB4xx) go by: looks of statements, variables of functions, stages, tests beside."""

from __future__ import annotations

import ast
import builtins
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.lint.beside import Beside
from nb2pkg.lint.check import check_bytes
from nb2pkg.lint.facts.blocks import statements_in
from nb2pkg.lint.facts.globals import changes, is_variable, variables_read
from nb2pkg.lint.facts.likeness import Looks, outline
from nb2pkg.lint.facts.words import joined, listed
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.source import Cell, Source

DEFAULT = frozenset({"NB401", "NB402", "NB403", "NB404", "NB406", "NB407"})
ALL = DEFAULT | {"NB405", "NB408", "NB409", "NB410"}
TEMPLATES = (
    "{a} = load({b})",
    "{a} = [{b} * 2 for {b} in {c}]",
    "{a}.append({b}['key'])",
    "print({a}, {b})",
    "for {a} in {b}:\n    {c} = {a} + 1\n    if {c} > 3:\n        break",
    "with open({a}) as {b}:\n    {c} = {b}.read()",
    "{a}[{b}], {c} = {b}.pair(key={a})",
    "try:\n    {a} = {b}[0]\nexcept KeyError:\n    {a} = None",
    "{a} = lambda {b}: {b} + {c}",
    "{a} += f'{{{b}}} and more'",
)
NAMES = ("first", "second", "third", "fourth")
OTHERS = {"first": "x", "second": "table", "third": "fourth", "fourth": "third"}


def notebook(*cells: str, folder: str = "") -> Notebook:
    """Return a notebook of code cells."""
    made = tuple(Cell(number, "code", source) for number, source in enumerate(cells, 1))
    return Notebook("a.ipynb", Source(made, {}), "\n".join(cells), beside=Beside(folder), options=Options())


def percent(*cells: str) -> bytes:
    """Return a script in the percent format."""
    return "\n".join(f"# %%\n{source}\n" for source in cells).encode()


def found(code: str, *cells: str) -> list[Finding]:
    """Return what a rule finds in code cells."""
    return list(check_bytes(percent(*cells), "a.py", frozenset({code})))


def filled(parts: list[tuple[str, str, str, str]]) -> str:
    """Return a program of templates and the names that stand in them."""
    return "\n".join(template.format(a=a, b=b, c=c) for template, a, b, c in parts)


def renamed(source: str) -> str:
    """Return a program with all variables renamed, no two to the same name."""
    return re.sub(r"\b(?:first|second|third|fourth)\b", lambda match: OTHERS[match[0]], source)


PROGRAMS = st.lists(
    st.tuples(st.sampled_from(TEMPLATES), *(st.sampled_from(NAMES) for _ in range(3))), min_size=1, max_size=8
).map(filled)


@given(PROGRAMS)
def test_looks_are_the_same_after_renaming(source: str) -> None:
    one, other = ast.parse(source).body, ast.parse(renamed(source)).body
    looks = Looks(notebook(source))
    assert looks.of(one) == looks.of(other)
    assert [outline(n) for n in one] == [outline(n) for n in other]


@given(PROGRAMS, PROGRAMS)
def test_same_look_means_same_tree_up_to_names(one: str, other: str) -> None:
    first, second = ast.parse(one), ast.parse(other)
    looks = Looks(notebook(one))
    if looks.of(first.body) == looks.of(second.body):
        assert [n.__class__ for n in ast.walk(first)] == [n.__class__ for n in ast.walk(second)]
        assert [outline(n) for n in first.body] == [outline(n) for n in second.body]


@given(PROGRAMS)
def test_statements_of_blocks_are_all_counted_once(source: str) -> None:
    tree = ast.parse(source)
    nodes = list(statements_in(tree.body))
    assert len(nodes) == len(set(nodes)) == sum(isinstance(n, ast.stmt) for n in ast.walk(tree))
    assert [n.lineno for n in nodes] == sorted(n.lineno for n in nodes)


@given(PROGRAMS, PROGRAMS)
def test_any_program_is_checked_and_the_same_each_time(one: str, other: str) -> None:
    body = "\n".join(f"    {line}" for line in other.split("\n"))
    data = percent(one, f"def work(first):\n{body}", one, renamed(one))
    assert check_bytes(data, "a.py", ALL) == check_bytes(data, "a.py", ALL)


@given(PROGRAMS)
def test_what_a_function_reads_is_no_local_and_no_builtin(source: str) -> None:
    body = "\n".join(f"    {line}" for line in source.split("\n"))
    book = notebook("first = second = third = fourth = load()", f"def work(first, second):\n{body}")
    read = variables_read(book, book.functions[0], {})
    assert not read.keys() & {"first", "second", *dir(builtins)}
    assert all(isinstance(node, ast.Name) and node.id == name for name, node in read.items())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("x = 3",), True),
        (("X_ALL = load()",), False),
        (("X_ALL = load()", "X_ALL = X_ALL.dropna()"), True),
        (("for STEP in range(3):\n    x = STEP",), True),
        (("SEED = 1", "SEED = 1"), False),
        (("import numpy as x",), False),
        (("try:\n    import numpy as x\nexcept ImportError:\n    x = None",), False),
        (("def x():\n    pass",), False),
        (("if y:\n    def x(): pass\nelse:\n    x = None",), False),
        (("x = lambda v: v",), False),
        (("import re", "x = re.compile('a')"), False),
        (("import re", "x = re.findall('a', text)"), True),
        (("import tensorflow as tf", "x = tf.keras.layers"), False),
        (("x, y = load()",), True),
        (("import importlib", "try:\n    x = importlib.import_module('a')\nexcept ImportError:\n    x = None"), False),
        (("if y:\n    x = load()\nelse:\n    x = None",), True),
        (("x = get_ipython()",), False),
        (("with open('f') as x:\n    pass",), True),
        (("def f(v):\n    return v", "import jax", "x = jax.jit(f)"), False),
    ],
)
def test_variables(cells: tuple[str, ...], expected: bool) -> None:
    book = notebook(*cells)
    (name,) = {"x", "X_ALL", "STEP", "SEED"} & book.bindings.keys() - ({"x"} if "STEP" in book.bindings else set())
    assert is_variable(book, name) == expected


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("x.append(3)", ["x"]),
        ("y = x.append(3)", []),
        ("return x.pop()", ["x"]),
        ("x.a.b['c'] = 3", ["x"]),
        ("del x[0]", ["x"]),
        ("x[0] += 1", ["x"]),
        ("x.loc[0, 'a'], y = 1, 2", ["x"]),
        ("x.sort_values('a', inplace=True)", ["x"]),
        ("x.sort_values('a', inplace=False)", []),
        ("random.shuffle(x)", ["x"]),
        ("for x.a in range(3): pass", ["x"]),
        ("x = []; x.append(3)", []),
        ("[x.append(1) for x in y]", []),
        ("def inner():\n        x.add(1)", ["x"]),
        ("def inner(x):\n        x.add(1)", []),
        ("print(x.count(1), x[0])", []),
        ("global x; x = 3", ["x"]),
        ("global x; import os as x", ["x"]),
        ("global x; print(x)", []),
        ("random.seed(1); random.state = 3", []),
    ],
)
def test_changes(line: str, names: list[str]) -> None:
    book = notebook("import random", "x = make()", f"def work():\n    {line}")
    assert [change.name for change in changes(book, book.functions[0])] == names


def test_reads_and_changes_of_one_variable_are_one_finding() -> None:
    cells = ("log = []\nrows = load()", "def note():\n    log.append(len(rows))")
    assert [f.message for f in found("NB401", *cells)] == [
        "`note` reads `rows` of the notebook: it can't be tested alone"
    ]
    assert [f.message for f in found("NB402", *cells)] == ["`note` changes the notebook's `log`"]


def test_a_finding_names_what_is_read_and_where_it_is_bound() -> None:
    (finding,) = found("NB401", "a = b = load()", "def f():\n    return [b, a]")
    assert "reads `b` and `a`" in finding.message
    assert "is bound in cell 1" in finding.help
    assert (finding.place.cell, finding.place.line, finding.place.column) == (2, 2, 13)


def test_stages_are_named_with_their_lines() -> None:
    source = (
        "import pandas as pd\ndf = pd.read_csv('a')\n\ndf = df.dropna()\nmodel.fit(df, y)\nprint(model.score(df, y))"
    )
    (finding,) = found("NB404", source)
    expected = "cell 1 mixes loading (line 2), preparation (line 4), training (line 5) and evaluation (line 6)"
    assert finding.message == expected
    assert finding.help == "split it before lines 4, 5 and 6"


def test_stages_need_as_many_as_the_options_say() -> None:
    data = percent("import pandas as pd\ndf = pd.read_csv('a')\nmodel.fit(df, y)\nprint(df)")
    assert not check_bytes(data, "a.py", frozenset({"NB404"}))
    assert check_bytes(data, "a.py", frozenset({"NB404"}), options=Options(min_stages=2))


def test_a_group_of_duplicates_is_one_finding_at_its_second_cell() -> None:
    cell = "a = load({0})\nb = a.dropna()\nc = b.mean()\nprint(c)\nc.plot(title={0})"
    (finding,) = found("NB406", cell.format(1), "pass", cell.format(2), cell.format(3))
    assert finding.place.cell == 3
    assert finding.message == "cells 1, 3 and 4 do the same (up to names and values)"
    assert finding.severity == "warning"


def test_near_duplicates_are_information() -> None:
    cell = "a = load(1)\nb = a.dropna()\nc = b.{0}()\nprint(c + 1)\nc.plot(title=2)"
    (finding,) = found("NB406", cell.format("mean"), cell.format("std"))
    assert finding.severity == "info"
    assert "one statement differs" in finding.message
    assert not found("NB406", cell.format("mean"), cell.format("std").replace("dropna", "fillna"))


def test_a_cell_with_one_statement_more_is_nearly_the_same() -> None:
    cell = "a = load(1)\nb = a.dropna()\nc = b.mean()\nprint(c + 1)\nc.plot(title=2)"
    (finding,) = found("NB406", cell, f"{cell}\nc.save('f')")
    assert finding.severity == "info"


def untested(tmp_path: Path, files: dict[str, str], at: str = "nb/a.ipynb") -> list[Finding]:
    """Return what NB409 finds in a notebook that lies in a project with these files."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    folder = (tmp_path / at).parent
    folder.mkdir(parents=True, exist_ok=True)
    data = percent("df['ratio'] = df['a'] / df['b']\ndf['total'] = df['a'] + df['b']")
    return list(check_bytes(data, "a.py", frozenset({"NB409"}), str(folder)))


def test_tests_above_the_notebook_count_within_the_project(tmp_path: Path) -> None:
    files = {"project/pyproject.toml": "", "project/tests/unit/test_a.py": "assert rows['ratio'] == 3"}
    (finding,) = untested(tmp_path, files, "project/notebooks/deep/a.ipynb")
    assert finding.message == "preprocessing of `total` isn't covered by any test beside the notebook"
    assert finding.place.line == 2


def test_tests_outside_of_the_project_do_not_count(tmp_path: Path) -> None:
    files = {"test_a.py": "assert True", "project/pyproject.toml": ""}
    assert not untested(tmp_path, files, "project/notebooks/a.ipynb")


def test_tests_far_above_do_not_count_where_there_is_no_project(tmp_path: Path) -> None:
    assert not untested(tmp_path, {"tests/test_a.py": "assert True"}, "a/b/c/d/e/f/g/a.ipynb")


def test_lists_of_names() -> None:
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b"]) == "`a` and `b`"
    assert listed(list("abcdefg")) == "`a`, `b`, `c`, `d` and 3 more"
    assert joined([]) == ""


def test_cost_grows_with_the_number_of_cells_only() -> None:
    cells = [
        "a{0} = load({0})\nb{0} = a{0}.dropna()\nc{0} = b{0}.mean()\nprint(c{0} + 1)\nc{0}.plot(title=2)",
        "def f{0}(v):\n    rows{0}.append(v)\n    return v + a{0}",
    ]

    def cost(count: int) -> float:
        data = percent(*(cell.format(number) for number in range(count) for cell in cells))
        start = time.process_time()
        check_bytes(data, "a.py", ALL)
        return time.process_time() - start

    cost(20)
    assert cost(400) < 30 * cost(40) + 0.2


def test_deep_nesting_is_no_problem() -> None:
    deep = "\n".join(" " * depth + "if x:" for depth in range(90)) + "\n" + " " * 90 + "pass"
    assert found("NB410", deep)
    formula = "x = " + " + ".join(["y"] * 900)
    assert not check_bytes(percent("\n".join([formula] * 6)), "a.py", DEFAULT)


@pytest.mark.parametrize(
    ("head", "column"), [("def f():", 5), ("async  def   f():", 14), ("class f:", 7), ("def \\\n  f():", 1)]
)
def test_redefinition_stands_at_its_name(head: str, column: int) -> None:
    again = head.replace("\\\n", "")
    data = percent(f"{head}\n    return_ = 1\nf()", f"{again}\n    return_ = 2\nf()")
    (found,) = check_bytes(data, "a.py", frozenset({"NB205"}))
    assert found.place.column == column
