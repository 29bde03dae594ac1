"""The testability score: its formula, its ceiling, and that more findings never make it better."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.rules.table import ROWS
from nb2pkg.lint.score import CAPPING, GROUPS, score

CODES = st.lists(st.sampled_from([row.code for row in ROWS]), max_size=40)


def found(*codes: str) -> list[Finding]:
    """Return findings of these rules."""
    return [Finding(Place(1, line, 1), code, "error", "found") for line, code in enumerate(codes, 1)]


def test_a_notebook_without_findings_has_all_points() -> None:
    result = score([])
    assert (result.value, result.capped) == (100, "")
    assert [(term.group, term.found, term.lost) for term in result.terms] == [
        (group, 0, 0.0) for group in ("NB2", "NB3", "NB4", "NB5", "NB6")
    ]


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        (["NB202"], 94),
        (["NB202"] * 5, 70),
        (["NB202"] * 50, 70),  # past its cap a group takes no more
        (["NB301"], 95),
        (["NB401"], 96),  # 95.83
        (["NB501"], 93),  # 92.5: half up
        (["NB601", "NB603"], 85),
        (["NB202"] * 2 + ["NB401"] * 6, 63),
        (["NB701", "NB105", "NB106"], 100),  # files and hygiene take nothing
        (["NB202"] * 5 + ["NB301"] * 3 + ["NB401"] * 6 + ["NB501"] * 2 + ["NB603"] * 2, 0),
    ],
)
def test_groups_take_points_by_weight_and_cap(codes: list[str], value: int) -> None:
    assert score(found(*codes)).value == value


def test_terms_say_what_took_the_points() -> None:
    terms = {term.group: term for term in score(found("NB202", "NB203", *["NB401"] * 9)).terms}
    assert tuple(terms["NB2"]) == ("NB2", 2, 5, 30, 12.0)
    assert tuple(terms["NB4"]) == ("NB4", 9, 6, 25, 25.0)
    assert terms["NB3"].lost == 0


@pytest.mark.parametrize("code", ["NB102", "NB103", "NB201"])
def test_what_can_not_run_has_20_at_most(code: str) -> None:
    result = score(found(code))
    assert (result.value, result.capped) == (20, code)


@pytest.mark.parametrize("code", CAPPING)
def test_a_warning_keeps_nothing_from_running(code: str) -> None:
    result = score([Finding(Place(1), code, "warning", "found")])
    assert result.capped == ""
    assert result.value > 90


def test_below_the_ceiling_points_still_go() -> None:
    codes = ["NB201"] * 5 + ["NB301"] * 3 + ["NB401"] * 6 + ["NB501"] * 2
    assert score(found(*codes)).value == 15


def test_a_file_that_can_not_be_read_has_none() -> None:
    result = score(found("NB101"))
    assert (result.value, result.capped) == (0, "NB101")


@given(CODES)
def test_score_is_the_formula(codes: list[str]) -> None:
    value = Fraction(100)
    for group, weight, cap in GROUPS:
        count = len([code for code in codes if code.startswith(group)])
        value -= weight * min(Fraction(1), Fraction(count, cap))
    rounded = max(0, (value + Fraction(1, 2)).__floor__())
    if "NB101" in codes:
        rounded = 0
    elif set(codes) & set(CAPPING):
        rounded = min(rounded, 20)
    assert score(found(*codes)).value == rounded


@given(CODES, st.sampled_from([row.code for row in ROWS]), st.randoms())
def test_order_says_nothing_and_more_is_never_better(codes: list[str], more: str, random: object) -> None:
    shuffled = list(codes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(found(*shuffled)) == score(found(*codes))
    assert 0 <= score(found(*codes, more)).value <= score(found(*codes)).value <= 100
