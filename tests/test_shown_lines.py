"""Outputs become lines that can be compared, and lines are aligned with those of their own cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.report.clean_html import clean_html
from nb2pkg.run.lines import Line, align, comparable, same_text


def texts(text: str) -> list[str]:
    return [line.text for line in comparable(text, 1, "pkg", ["/tmp/copy/book", "/tmp/copy"])]


@pytest.mark.parametrize(
    ("shown", "compared"),
    [
        ("<__main__.Thing at 0x7f0a1b2c3d4e>", ["<Thing at 0x>"]),
        ("<pkg.training.Thing at 0x7f00aa>", ["<Thing at 0x>"]),
        ("<function run.<locals>.f at 0x7f00aa>", ["<function f at 0x>"]),
        ("saved /tmp/copy/book/a.csv", ["saved <folder>/a.csv"]),
        ("10%\r50%\r100%", ["100%"]),
        ("\x1b[31mred\x1b[0m", ["red"]),
        ("a   b\n\n\n c ", ["a b", "c"]),
        ("CPU times: user 1 ms\nWall time: 3 ms\n5", ["5"]),
        ("<IPython.core.display.HTML object>", []),
        ("<Figure size 640x480 with 1 Axes>", ["<Figure size 640x480 with 1 Axes>"]),
        ("my__main__.x", ["my__main__.x"]),
    ],
)
def test_what_may_differ_is_taken_out(shown: str, compared: list[str]) -> None:
    assert texts(shown) == compared


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("x 1.00000001", "x 1.00000002", True),
        ("x 0.123456", "x 0.123457", True),  # the last printed digit
        ("x 0.12", "x 0.13", False),
        ("x 12", "x 13", False),
        ("x 1.5", "y 1.5", False),
        ("1e-17", "2e-17", True),
        ("a 1.5 b", "a 1.5 b 2", False),
    ],
)
def test_floats_agree_to_what_is_printed(a: str, b: str, same: bool) -> None:
    assert same_text(a, b) is same


def lines(*rows: tuple[str, int]) -> list[Line]:
    return [Line(text, cell) for text, cell in rows]


def test_a_lost_line_is_that_of_its_cell_even_if_others_are_the_same() -> None:
    own = lines(("figure", 3), ("figure", 5), ("figure", 9))
    for lost in range(3):
        theirs = own[:lost] + own[lost + 1 :]
        pairs = align(own, theirs)
        assert [pair.own for pair in pairs if pair.theirs < 0] == [lost]


def test_a_changed_line_stands_beside_what_it_was() -> None:
    own = lines(("a", 1), ("mean 3.5", 2), ("z", 3))
    theirs = lines(("a", 1), ("new", 1), ("mean 4.5", 2), ("z", 3))
    assert [(p.own, p.theirs) for p in align(own, theirs)] == [(0, 0), (-1, 1), (1, 2), (2, 3)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3))), st.lists(st.sampled_from("abc")))
def test_every_line_is_aligned_once_and_in_order(own: list[tuple[str, int]], theirs: list[str]) -> None:
    pairs = align(lines(*own), [Line(text) for text in theirs])
    assert [p.own for p in pairs if p.own >= 0] == list(range(len(own)))
    assert [p.theirs for p in pairs if p.theirs >= 0] == list(range(len(theirs)))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<b onclick='x()'>a</b>", "<b>a</b>"),
        ("<script>alert(1)</script>a", "a"),
        ("<p>a<script>1<p>", "<p>a</p>"),
        ("<img src='http://a.example/b.png' alt='c'>", '<img alt="c">'),
        ("<img src='data:image/png;base64,AAAA'>", '<img src="data:image/png;base64,AAAA">'),
        ("<a href='javascript:x()'>a</a>", "<a>a</a>"),
        ("<div style='color: red; background: url(http://a)'>a</div>", "<div>a</div>"),
        ("<div style='color: red'>a", '<div style="color: red">a</div>'),
        ("<svg><g onload='x()'>a</g></svg>b", "b"),
        ("<link rel='stylesheet' href='a'>a", "a"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<table><tr><td>1</table>", "<table><tr><td>1</td></tr></table>"),
    ],
)
def test_html_is_cleaned(text: str, clean: str) -> None:
    assert clean_html(text) == clean


@given(st.text(alphabet="<>/ab=\"' scriptonload:&;!-", max_size=60))
def test_cleaned_html_stays_as_it_is(text: str) -> None:
    clean = clean_html(text)
    assert clean_html(clean) == clean
    assert "<script" not in clean
