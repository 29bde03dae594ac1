"""Exact editing of source text."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.cells.text import Edit, apply_edits, ends_in_semicolon, shift, show_all, show_last

LINES = st.sampled_from(
    [
        "x = 1",
        "if x:\n    y = '''a\n  b\n'''\n    z = 2",
        's = """one\n    two\nthree"""',
        "f = f'''{x}\n {x + 1}\n'''",
        "b = b'''p\nq'''",
        "call(1,\n     2)",
        "t = 'a' \\\n    'b'",
        "def f():\n    '''doc\n    more'''\n    return 1  # done",
        "# comment",
        "",
        "d = {\n 'k': '''v\nw''',\n}",
        "é = 'ü' + '''ä\n ö'''",
        "g = 'one \\\n two'",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=6))
def test_shift_keeps_the_meaning(parts: list[str]) -> None:
    code = "\n".join(parts)
    nested = ast.parse("if True:\n" + shift(code, "    ") + "\n    pass").body[0]
    assert isinstance(nested, ast.If)
    assert [ast.dump(node) for node in nested.body[:-1]] == [ast.dump(node) for node in ast.parse(code).body]


def test_shift_leaves_the_inside_of_strings_alone() -> None:
    code = "x = '''a\nb\n'''\ny = f'''{x}\nc'''\nz = 1"
    assert shift(code, "  ") == "  x = '''a\nb\n'''\n  y = f'''{x}\nc'''\n  z = 1"


def test_shift_is_indent_where_there_are_no_strings() -> None:
    code = "for i in a:\n\n    print(i)\n"
    assert shift(code, "    ") == textwrap.indent(code, "    ")


def test_shift_refuses_what_does_not_parse() -> None:
    with pytest.raises(SyntaxError):
        shift("def f(:", "    ")


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("x;", True),
        ("x;  # why", True),
        ("x;\n# why\n", True),
        ("x  # a;", False),
        ("';'", False),
        ("x", False),
        ("", False),
    ],
)
def test_semicolon(code: str, hidden: bool) -> None:
    assert ends_in_semicolon(code) is hidden


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("x = 1\nx", "x = 1\nshow(x)"),
        ("x;", "x;"),
        ("a, b", "show((a, b))"),
        ("(a), (b)", "show(((a), (b)))"),
        ("(a, b)", "show((a, b))"),
        ("*a, 1", "show((*a, 1))"),
        ("(y := 1)", "show((y := 1))"),
        ("[v for v in a]  # all", "show([v for v in a])  # all"),
        ("f(\n  1,\n)", "show(f(\n  1,\n))"),
        ("ä\n'ü' + ä", "ä\nshow('ü' + ä)"),
        ("x = 1", "x = 1"),
    ],
)
def test_show_last(code: str, shown: str) -> None:
    assert show_last(code, "show") == shown


def test_show_all_reaches_into_loops_but_not_functions() -> None:
    code = "a\nfor i in b:\n    i\ndef f():\n    c\nd"
    assert show_all(code, "show") == "show(a)\nfor i in b:\n    show(i)\ndef f():\n    c\nd"


def test_edits_keep_track_of_lines() -> None:
    text, lines = apply_edits("a\nb\nc", (1, 2, 3), [Edit(2, 3, "x\ny", (2, 9)), Edit(4, 5, "z", (3,))])
    assert (text, lines) == ("a\nx\ny\nz", (1, 2, 9, 3))
