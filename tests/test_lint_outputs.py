"""Saved outputs against the source above them: `lint/facts/prints.py` and NB203."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.lint.check import check_bytes
from nb2pkg.lint.facts.prints import missing, printed, same
from nb2pkg.lint.findings import Finding

TEXTS = st.text(st.sampled_from("ab {}%:é中'\"\\t1"), max_size=8)


def found(source: str, *outputs: dict[str, Any], count: int | None = 1, version: str = "3.12") -> tuple[Finding, ...]:
    """Return what NB203 finds in a notebook of one cell, and one that was executed."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "source": text,
            "metadata": {},
            "outputs": list(saved),
            "execution_count": number,
            "id": i,
        }
        for text, saved, number, i in ((source, outputs, count, "a"), ("1", (), 2, "b"))
    ]
    metadata = {"language_info": {"name": "python", "version": version}}
    data = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return check_bytes(json.dumps(data).encode(), "a.ipynb", frozenset({"NB203"}))


def stdout(text: str) -> dict[str, Any]:
    """Return a saved text."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(text: str) -> dict[str, Any]:
    """Return a saved result."""
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1}


@st.composite
def statements(draw: st.DrawFn) -> list[str]:
    """Return prints of constants, of f-strings and of formatted texts, with separators and ends of their own."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        arguments = []
        for _ in range(draw(st.integers(0, 3))):
            text = draw(TEXTS)
            quoted = text.replace("{", "{{").replace("}", "}}")
            percent, braces = text.replace("%", "%%"), text.replace("{", "").replace("}", "")
            kinds = [
                repr(text),
                repr(draw(st.integers())),
                "None",
                f"f{quoted + '{value}'!r}",
                f"{percent + '%5.2f'!r} % value",
                f"{braces + '{:>4}' + braces!r}.format(value)",
            ]
            arguments.append(draw(st.sampled_from(kinds)))
        if draw(st.booleans()):
            arguments.append(f"sep={draw(TEXTS)!r}")
        if draw(st.booleans()):
            arguments.append(f"end={draw(TEXTS)!r}")
        lines.append(f"print({', '.join(arguments)})")
    return lines


@given(statements(), st.floats(-9, 9))
def test_what_is_printed_is_never_missing(lines: list[str], value: float) -> None:
    """What Python itself prints holds all the fixed pieces, in order, and equals them where all is fixed."""
    taken = io.StringIO()
    with contextlib.redirect_stdout(taken):
        exec("\n".join(lines), {"value": value})
    prints = [p for p in (printed(node) for node in ast.parse("\n".join(lines)).body) if p is not None]
    assert len(prints) == len(lines)
    assert missing(prints, taken.getvalue()) is None
    if all(p.whole for p in prints):
        assert same(prints, taken.getvalue())


@given(statements(), st.floats(-9, 9))
def test_a_fresh_output_is_never_stale(lines: list[str], value: float) -> None:
    """A cell with the output that it has just given has no finding."""
    taken = io.StringIO()
    with contextlib.redirect_stdout(taken):
        exec("\n".join(lines), {"value": value})
    assert found(f"value = {value!r}\n" + "\n".join(lines), stdout(taken.getvalue())) == ()


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("print('a')", stdout("b\n")),
        ("print('a')\nprint('b')", stdout("b\na\n")),
        ("print('a')", stdout("a\na\n")),
        ("n = 3\nprint(f'rows: {n}')", stdout("lines: 3\n")),
        ("x = [1]", result("[1]")),
        ("def f():\n    return 1", stdout("1\n")),
        ("sorted([2, 1]);", result("[1, 2]")),
        ("'a'", result("'b'")),
        ("x = 1", {"output_type": "display_data", "data": {"text/html": "<b>"}, "metadata": {}}),
    ],
)
def test_stale(source: str, output: dict[str, Any]) -> None:
    """An output of another source is found, once."""
    assert len(found(source, output)) == 1


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("print('a')", stdout("a  \r\n")),
        ("print('a', end='')\nprint('b')", stdout("ab\n")),
        ("f()\nprint('a')", stdout("from f\na\n")),
        ("if True:\n    print('b')", stdout("a\n")),
        ("from rich import print\nprint('[b]a')", stdout("a\n")),
        ("from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')", stdout("b\n")),
        ("print('a', file=open('log', 'w'))\nprint(x)", stdout("1\n")),
        ("print('%s%%' % x)", stdout("5%\n")),
        ("%time x = 1", stdout("CPU times: user 1 µs\nWall time: 2 µs\n")),
        ("x = 1", {"output_type": "stream", "name": "stderr", "text": "warning"}),
        ("x = 1", {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {}}}),
        ("x = await y", stdout("1\n")),
        ("import this", stdout("The Zen\n")),
        ("print(x)", {"output_type": "stream", "name": "stdout", "text": ["1\n", "2"]}),
        ("from threading import Thread", stdout("late\n")),
        ("'a' 'b'", result("'ab'")),
    ],
)
def test_not_stale(source: str, output: dict[str, Any]) -> None:
    """What may well come from the source is left alone."""
    assert found(source, output) == ()


def test_prints_behind_an_error_are_not_missed() -> None:
    """What stands behind the place where the cell stopped was never printed."""
    error = {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "", "traceback": []}
    assert found("print('a')\n1/0\nprint('b')", stdout("a\n"), error) == ()


def test_python_2_prints_a_tuple() -> None:
    """A notebook that Python 2 has run is judged by what its print does."""
    assert found("print('a', 1)", stdout("('a', 1)\n"), version="2.7.12") == ()
    assert len(found("print('a', 1)", stdout("('a', 1)\n"))) == 1


def test_counts_that_all_are_gone_say_nothing() -> None:
    """An output without a count is a finding only where another cell has one."""
    assert len(found("print(1)", stdout("1\n"), count=None)) == 1
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": "print(1)",
        "metadata": {},
        "outputs": [stdout("1\n")],
        "execution_count": None,
    }
    data = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}).encode()
    assert check_bytes(data, "a.ipynb", frozenset({"NB203"})) == ()
