"""Summaries tell values apart, agree between processes, and never disturb what they describe."""

from __future__ import annotations

import datetime
import json
from collections import deque, namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from nb2pkg.run.probe.summary import MOST_BYTES, summarise
from nb2pkg.run.values import difference, short

Point = namedtuple("Point", "x y")
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.binary(max_size=8)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    | st.frozensets(PLAIN, max_size=4),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_plain_values_have_the_same_digest_exactly_when_they_are_the_same(a: Any, b: Any) -> None:
    first, second = summarise(a), summarise(b)
    assert json.loads(json.dumps(first)) == first
    same = first["type"] == second["type"] and first["digest"] == second["digest"]
    assert same == (_exactly(a) == _exactly(b))


def _exactly(value: Any) -> Any:
    """Return a value in which 1, 1.0 and True, or 0.0 and -0.0, are not equal."""
    if isinstance(value, frozenset):
        return (type(value), frozenset(_exactly(item) for item in value))
    if isinstance(value, dict):
        return (type(value), tuple((_exactly(k), _exactly(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return (type(value), tuple(_exactly(item) for item in value))
    return (type(value), repr(value))


@given(st.lists(st.integers(-5, 5), max_size=8).map(set))
def test_sets_have_no_order(value: set[int]) -> None:
    assert summarise(value) == summarise(set(sorted(value, reverse=True)))


FRAME = pd.DataFrame(
    {
        "number": [1.5, 2.5, np.nan],
        "text": ["a", None, "c"],
        "when": pd.to_datetime(["2020-01-01", "2021-01-01", None]),
        "kind": pd.Categorical(["u", "v", "u"]),
        "whole": pd.array([1, None, 3], dtype="Int64"),
    }
)


def changed(change: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    frame = FRAME.copy()
    result = change(frame)
    return frame if result is None else result


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME.copy(), ""),
        (changed(lambda f: f.iloc[:2]), "shape (2, 5) instead of (3, 5)"),
        (changed(lambda f: f.rename(columns={"text": "word"})), "lacks column 'text' and has column 'word' too much"),
        (changed(lambda f: f[["text", "number", "when", "kind", "whole"]]), "columns in the order"),
        (changed(lambda f: f.astype({"number": "float32"})), "column 'number': dtype float32 instead of float64"),
        (changed(lambda f: f.assign(number=[1.5, 2.5, 0.0])), "other values in column 'number'"),
        (changed(lambda f: f.assign(text=["a", None, "d"])), "other values in column 'text'"),
        (changed(lambda f: f.assign(whole=pd.array([1, None, 4], dtype="Int64"))), "other values in column 'whole'"),
        (changed(lambda f: f.iloc[::-1]), "another index, or rows in another order"),
        (changed(lambda f: f.assign(number=f["number"] * (1 + 1e-15))), ""),
    ],
)
def test_frames_are_told_apart_in_words(frame: pd.DataFrame, said: str) -> None:
    found = difference(summarise(FRAME), summarise(frame))
    assert found.startswith(said) if said else found == ""


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6).reshape(2, 3),
        np.array(["a", 1], dtype=object),
        np.float64(2.5),
        pd.Series([1.0, 2.0], name="s"),
        pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]),
        pd.Timestamp("2020-01-01"),
        datetime.date(2020, 1, 1),
        datetime.datetime(2020, 1, 1),
        Path("a/b"),
        Point(1, 2),
        deque([1, 2]),
        range(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_content_of_many_types_is_known(value: Any) -> None:
    summary = summarise(value)
    assert summary["digest"]
    assert not summary.get("opaque")
    assert short(summary)


def test_one_changed_number_in_a_large_array_is_seen() -> None:
    a = np.random.default_rng(0).normal(size=200_000)
    b = a.copy()
    b[77_777] += 0.5
    assert difference(summarise(a), summarise(b)).startswith("other values")
    assert difference(summarise(a), summarise(np.flip(a))).startswith("other values")


def test_large_values_are_sampled() -> None:
    large = np.zeros(MOST_BYTES // 8 + 10)
    assert summarise(large)["partial"] is True


def test_fitted_models_are_told_apart() -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    fits = [RandomForestClassifier(3, random_state=1).fit(X[:n], y[:n]) for n in (60, 60, 40)]
    assert difference(summarise(fits[0]), summarise(fits[1])) == ""
    assert difference(summarise(fits[0]), summarise(fits[2])) != ""
    a, b = LogisticRegression(C=1.0).fit(X, y), LogisticRegression(C=2.0).fit(X, y)
    assert difference(summarise(a), summarise(b)) == "C: 2.0 instead of 1.0"


class Touchy:
    """Whatever is asked of it, it must not be asked."""

    def __init__(self) -> None:
        object.__setattr__(self, "asked", [])

    def __getattribute__(self, name: str) -> Any:
        object.__getattribute__(self, "asked").append(name)
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("==")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        raise RuntimeError("repr")


def test_a_class_of_the_notebook_is_not_asked() -> None:
    touchy = Touchy()
    summary = summarise([touchy, {"a": touchy}])
    asked = object.__getattribute__(touchy, "asked")
    assert summary["type"] == "list"
    assert asked == []


class Loud(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        raise RuntimeError("iter")

    def __len__(self) -> int:
        raise RuntimeError("len")


def test_a_list_of_the_notebook_is_read_as_a_list() -> None:
    assert summarise(Loud([1, 2]))["length"] == 2


def test_values_that_hold_themselves_end() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert summarise(value)["type"] == "list"
