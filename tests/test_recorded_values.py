"""Values of a run as files, literals and calls: what comes back is what was there."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from nb2pkg.project.render import render
from nb2pkg.run.probe import making, rows
from nb2pkg.run.probe.holding import Holder, identical
from nb2pkg.run.probe.sample import positions, sampled
from nb2pkg.run.record import reader_parts


def reader() -> ModuleType:
    """Return the module that generated tests load values with."""
    module = ModuleType("recorded")
    text = render("tests/recorded.py.jinja", parts=reader_parts(("arrays", "frames")) - {"captured"})
    module.__dict__["__file__"] = __file__
    exec(compile(text, "recorded.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def holder(tmp_path: Path) -> Holder:
    return Holder(str(tmp_path), reader(), {})


def dates(**options: Any) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-01", periods=3, **options)


TABLES = {
    "plain": pd.DataFrame({"a": [1, 2, 3], "b": [0.1, math.nan, math.inf], "c": ["x", None, "z"]}),
    "types": pd.DataFrame({"i": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([True, None, False], "boolean")}),
    "dates": pd.DataFrame({"d": dates(), "z": dates(tz="Asia/Tokyo"), "t": pd.to_timedelta([1, 2, None], unit="h")}),
    "categories": pd.DataFrame({"k": pd.Categorical(["a", None, "b"], categories=["b", "a", "c"], ordered=True)}),
    "mixed": pd.DataFrame({"m": pd.Series([1, "two", (3, 4)], dtype=object)}),
    "index in time": pd.Series([1.5, 2.5, 3.5], index=dates(freq="D"), name="v"),
    "levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None])),
    "numbered": pd.Series([1, 2], index=[7, 3]),
    "no columns": pd.DataFrame(index=[0, 1]),
    "no rows": pd.DataFrame({"a": np.array([], dtype="int32")}),
    "periods": pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_back_with_its_types_index_and_columns(holder: Holder, name: str) -> None:
    spec = holder.hold(TABLES[name], "table")
    assert spec["how"] == "file", spec
    assert identical(holder.fetch(spec), TABLES[name])


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype="int8").reshape(2, 3),
        np.array([["a", "bc"]]),
        np.array([1.5, math.nan]),
        np.array([None, "x", 3], dtype=object),
        np.array(["2024-01-01", "NaT"], dtype="datetime64[D]"),
        {"scores": [0.1 * n for n in range(100)], "pair": (1, 2), "$odd": {3: "x"}, "inf": -math.inf},
        {(1, 2): [{"a", "b"}, None, True], 3: np.float32(0.5)},
        {"frame": TABLES["dates"], "times": [pd.Timestamp("2024-01-01 10:00"), pd.NaT] * 30},
    ],
    ids=["numbers", "texts", "nan", "objects", "dates", "nested", "keys", "tables"],
)
def test_other_values_come_back_as_they_were(holder: Holder, value: Any) -> None:
    spec = holder.hold(value, "value")
    assert spec["how"] in ("file", "literal"), spec
    assert identical(holder.fetch(spec), value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ("a'b", '"a\'b"'),
        (math.nan, 'float("nan")'),
        ([1, (2,), {"k": None}], "[1, (2,), {'k': None}]"),
        (np.int64(3), "np.int64(3)"),
        (pd.Timestamp("2024-06-30"), 'pd.Timestamp("2024-06-30")'),
        (LogisticRegression(C=0.5), "LogisticRegression(C=0.5)"),
        (KFold(3), "KFold(n_splits=3)"),
        (Pipeline([("scale", StandardScaler())]), 'Pipeline([("scale", StandardScaler())])'),
        (LogisticRegression, "LogisticRegression"),
        (np.mean, "np.mean"),
        (len, "len"),
        (Path("data/a.csv"), "Path('data/a.csv')"),
        (datetime.date(2024, 1, 2), "datetime.date(2024, 1, 2)"),
    ],
)
def test_small_values_and_what_can_be_made_stand_in_the_test_itself(holder: Holder, value: Any, text: str) -> None:
    spec = holder.hold(value, "value")
    assert spec["how"] in ("literal", "made")
    assert spec["text"].replace('"', "'") == text.replace('"', "'")
    assert type(holder.fetch(spec)) is type(value)


@pytest.mark.parametrize("value", [object(), lambda: 1, open, LogisticRegression().fit([[0], [1]], [0, 1])])
def test_what_nothing_holds_is_described(holder: Holder, value: Any) -> None:
    assert holder.hold(value, "value")["how"] in ("described", "made")
    if not callable(value):
        assert holder.hold(value, "value")["how"] == "described"


def test_a_fitted_model_is_not_taken_for_a_new_one() -> None:
    assert making.is_fitted(LogisticRegression().fit([[0], [1]], [0, 1]))
    assert making.is_fitted(Pipeline([("scale", StandardScaler().fit([[0.0]]))]))
    assert not making.is_fitted(Pipeline([("scale", StandardScaler())]))


def customers() -> pd.DataFrame:
    """Return many rows, with a few that matter far apart."""
    frame = pd.DataFrame({"id": range(1000), "age": [20 + n % 60 for n in range(1000)], "plan": ["basic"] * 1000})
    frame.loc[700, "plan"] = "gold"
    frame.loc[801, "age"] = 99
    frame["height"] = np.where(frame["id"] == 555, np.nan, 1.7)
    frame.loc[999, "id"] = 3
    return frame


def test_few_rows_have_each_kind_missing_values_extremes_and_twins() -> None:
    frame = customers()
    chosen = rows.choose({"df": frame}, ["df"], 12, ["id", 65])
    assert chosen == sorted(chosen) and len(chosen) == 12
    assert {700, 555, 801, 3, 999} <= set(chosen)
    assert 65 in frame["age"].iloc[chosen].tolist()


def test_rows_can_be_chosen_of_columns_of_all_types() -> None:
    frame = pd.concat([*TABLES.values()], axis=1)
    frame = pd.concat([frame] * 20, ignore_index=True).astype({"k": "category"})
    assert len(rows.choose({"df": frame}, ["df"], 12, [1, "x"])) == 12


def test_values_of_one_length_keep_the_same_rows_and_names_of_columns_stay_whole() -> None:
    values = {
        "X": customers(),
        "y": pd.Series(range(1000)),
        "names": [f"c{n}" for n in range(20)],
        "w": np.ones((5, 5)),
    }
    assert rows.lengths(values) == {1000: ["X", "y"]}


def test_rows_in_time_stay_side_by_side_with_their_frequency() -> None:
    series = pd.Series(range(100), index=pd.date_range("2024-01-01", periods=100, freq="D"))
    chosen = rows.choose({"s": series}, ["s"], 12, [])
    assert rows.take(series, chosen).index.freq == series.index.freq


def test_a_sample_keeps_order_and_spreads_over_the_data() -> None:
    assert positions(10, 4) == [0, 2, 5, 7]
    assert positions(3, 4) == [0, 1, 2]
    taken = sampled(pd.DataFrame({"a": range(100)}), 10)
    assert taken["a"].tolist() == list(range(0, 100, 10))
    assert isinstance(taken.index, pd.RangeIndex)
    assert [len(part) for part in sampled((np.zeros((50, 2)), np.zeros(50)), 5)] == [5, 5]
    assert sampled(np.zeros((2, 2)), 1).shape == (2, 2)
    assert sampled("text", 1) == "text"
