"""`{expression}` and `$name`: what we emit evaluates to what IPython's own formatter makes of the text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from IPython.utils.text import DollarFormatter

from nb2pkg.cells.interpolate import interpolated, literal

NAMESPACE: dict[str, Any] = {"n": 3, "name": "it's", "path": 'a "b"', "xs": [1, 2, 3], "d": {"k": "v"}}
PIECES = st.sampled_from(
    [
        *(
            "{n}",
            "$n",
            "{n + 1}",
            "$$HOME",
            "$HOME",
            "${HOME}",
            "{name}",
            "{path!r}",
            "{xs[1:2]}",
            "$xs",
            "{d['k']}",
            '{d["k"]}',
        ),
        *(
            "{n:3}",
            "{n!s}",
            "{{",
            "}}",
            "{",
            "}",
            "'$n'",
            "'",
            '"',
            "\\",
            "awk '{print $1}'",
            "$1",
            "{}",
            "{unknown}",
            "$n.real",
        ),
        *(" ", "text", "\t", "é", "{len(xs)}", "{[v for v in xs]}", "{n==3}", "$", "$$", "{n!q}", "{lambda: 1}", "#"),
    ]
)


def as_ipython(text: str) -> str:
    try:
        return DollarFormatter().vformat(text, args=[], kwargs=NAMESPACE)
    except Exception:
        return text


@given(st.lists(PIECES, max_size=6).map("".join))
@example("{n} and $n and {n + 1} and $$HOME | sed 's/\\/.*//'")
@example("{path} \\ '")
def test_agrees_with_ipython(text: str) -> None:
    expression = interpolated(text, frozenset(NAMESPACE))
    try:
        value = eval(expression, dict(NAMESPACE))
    except AttributeError:
        assert as_ipython(text) == text  # whether `$n.attribute` exists is known only when it runs
    else:
        assert value == as_ipython(text) or "lambda" in text


@given(st.text())
def test_literals_are_exact(text: str) -> None:
    assert eval(literal(text)) == text


@pytest.mark.parametrize(
    ("text", "emitted"),
    [
        ("echo {n}", 'f"echo {n}"'),
        ("echo $n $$X", 'f"echo {n} $X"'),
        ("echo ${HOME} {n}", '"echo ${HOME} {n}"'),
        ("awk '{print $1}' f", "\"awk '{print $1}' f\""),
        ("echo {d['k']}", "\"echo {}\".format((d['k']))"),
        ("head $name.csv", '"head $name.csv"'),
        ('say "{n}"', 'f"say \\"{n}\\""'),
    ],
)
def test_reads_well(text: str, emitted: str) -> None:
    assert interpolated(text, frozenset(NAMESPACE)) == emitted
