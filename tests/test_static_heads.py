"""Excerpts of data files: how they are read, which rows are taken, and what is replaced because it is personal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nb2pkg.around.heads import read_heads
from nb2pkg.promises.heads import Heads, parsed, table
from nb2pkg.promises.personal import is_personal, made_up
from nb2pkg.promises.values import Doubt, Frame, is_missing

TEXTS = {
    "plain": ("a,b,c\n1,2.5,x\n2,3,y\n", {}),
    "gaps": ("a,b,c\n1,,x\n,3,NA\n", {}),
    "truth": ("a,b\nTrue,1\nFalse,2\n", {}),
    "quotes": ('a,b\n"x, y",1\n"say ""z""",2\n', {}),
    "tabs": ("a\tb\n1\t2\n", {"sep": "\t"}),
    "no header": ("1,x\n2,y\n", {"header": None}),
    "names": ("1,x\n2,y\n", {"names": ["n", "t"]}),
    "index": ("k,v\n7,1\n8,2\n", {"index_col": 0}),
    "unnamed": (",v\n0,1\n1,2\n", {"index_col": 0}),
    "zeros": ("a\n007\n010\n", {}),
    "signs": ("a,b\n-1,+2.5\n3,1e3\n", {}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_excerpts_are_read_as_pandas_reads_them(name: str, tmp_path: Path) -> None:
    text, options = TEXTS[name]
    (tmp_path / "a.csv").write_text(text, "utf-8")
    real = pd.read_csv(tmp_path / "a.csv", **options)  # type: ignore[call-overload]
    ours = table(*parsed(text, ",", [], options))
    assert list(ours.columns) == list(real.columns)
    assert list(ours.index.cells) == real.index.tolist()
    for label, column in ours.columns.items():
        assert [None if is_missing(c) else c for c in column.cells] == [
            None if pd.isna(c) else c for c in real[label].tolist()
        ]
        kinds = {"int": "i", "float": "f", "bool": "b"}
        assert real[label].dtype.kind == kinds.get(column.dtype, real[label].dtype.kind)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a,b\n1\n", {}),
        ("a,a\n1,2\n", {}),
        ("a\n1\n", {"skiprows": 1}),
        ("a\n1\n", {"parse_dates": ["a"]}),
        ("a\n 1\n", {}),
        ("a;b\n1;2\n", {"sep": None}),
        ("", {}),
    ],
)
def test_what_is_not_certain_of_a_file_is_not_claimed(text: str, options: dict[str, Any]) -> None:
    with pytest.raises(Doubt):
        table(*parsed(text, ",", [], options))


def test_rows_are_chosen_that_show_what_columns_hold() -> None:
    rows = [f"{n},{n * 2},c{n % 3}" for n in range(300)]
    rows[150], rows[200], rows[250] = "150,unknown,c0", "200,,c2", rows[10]
    heads = Heads({"a.csv": "n,m,k\n" + "\n".join(rows) + "\n"})
    frame = heads.read("pandas.read_csv", ["a.csv"], {})
    assert isinstance(frame, Frame)
    assert len(frame) <= 20
    assert "unknown" in frame.columns["m"].cells
    assert any(map(is_missing, frame.columns["m"].cells))
    assert {*frame.columns["k"].cells} == {"c0", "c1", "c2"}
    assert [*frame.columns["n"].cells].count(10) == 2
    assert max(frame.columns["n"].cells) == 299


def test_an_excerpt_reads_as_the_table_did() -> None:
    heads = Heads({"a.csv": "name,n\nAnn Lee,1\nBob Ray,\n"})
    frame = heads.read("pandas.read_csv", ["a.csv"], {})
    text = heads.excerpt("a.csv", "pandas.read_csv", [], {})
    again = Heads({"a.csv": text}, whole=True).read("pandas.read_csv", ["a.csv"], {})
    assert repr(again.columns) == repr(frame.columns)
    assert "Ann" not in text
    assert heads.replaced == {"a.csv": ("name",)}


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("Name", "Braund, Mr. Owen Harris"),
        ("customer_name", "ann"),
        ("firstName", "Ann"),
        ("E-Mail", "x"),
        ("contact", "ann@mail.net"),
        ("number", "+81 3-1234-5678"),
        ("氏名", "山田太郎"),
        ("住所", "東京都"),
        ("phone", "123"),
    ],
)
def test_what_may_say_who_somebody_is_is_personal(label: str, cell: str) -> None:
    assert is_personal(label, [cell])


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("filename_length", "3"),
        ("age", "31"),
        ("hotel", "Ritz"),
        ("day", "2020-01-31"),
        ("day", "31.01.2020 12"),
        ("loss", "-1234567.5"),
        ("price", "1200"),
    ],
)
def test_other_columns_are_not(label: str, cell: str) -> None:
    assert not is_personal(label, [cell])


def test_made_up_values_keep_their_form() -> None:
    assert made_up(["ann@mail.net", "bob@mail.net", "ann@mail.net", ""]) == [
        "person1@example.com",
        "person2@example.com",
        "person1@example.com",
        "",
    ]
    (name,) = made_up(["Braund, Mr. Owen Harris"])
    assert "Mr." in name
    assert "Braund" not in name
    assert name.index(",") > 0
    (phone,) = made_up(["+81 3-1234-5678"])
    assert [c for c in phone if not c.isdigit()] == ["+", " ", "-", "-"]
    assert phone != "+81 3-1234-5678"


def test_only_text_is_read_and_whole_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.parquet").write_text("a", "utf-8")
    heads = read_heads(tmp_path, ["a.csv", "b.csv", "c.parquet", "missing.csv"])
    assert list(heads) == ["a.csv"]
    assert heads["a.csv"].endswith("1,2\n")
    assert len(heads["a.csv"]) <= 200_000
