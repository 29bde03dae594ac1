"""Edits of notebook files: what no fix names stays byte for byte."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lint_files import STYLES, Style, edited, edits, joined, loaded, notebooks, with_joined_sources

from nb2pkg.errors import WriteError
from nb2pkg.lint.findings import Edit, Fix
from nb2pkg.lint.fixes import Applied, apply_fixes, diff, write_atomically
from nb2pkg.lint.jsontext import layout

QUICK = settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def fix(*made: Edit, removed: tuple[int, ...] = (), cleared: tuple[int, ...] = ()) -> Fix:
    """A fix."""
    return Fix("mend it", True, made, removed, cleared)


def saved(*cells: Any, style: Style | None = None) -> bytes:
    """A file with cells, given as sources or as objects."""
    objects = [
        cell if isinstance(cell, dict) else {"cell_type": "code", "outputs": [], "source": cell} for cell in cells
    ]
    return (style or Style()).dump({"cells": objects, "nbformat": 4})


def sources_of(data: bytes) -> list[Any]:
    """The sources of a file's cells."""
    return [cell["source"] for cell in loaded(data)["cells"]]


@QUICK
@given(notebooks(), STYLES, st.data())
def test_edits_change_nothing_else(notebook: dict[str, Any], style: Style, data: Any) -> None:
    made: tuple[Edit, ...] = data.draw(edits(notebook))
    before = style.dump(notebook)
    done = apply_fixes(before, [fix(*made)])
    changed = edited(notebook, made)
    assert with_joined_sources(loaded(done.data)) == changed
    assert done == (Applied(before, left=(fix(*made),)) if done.data == before else Applied(done.data, (fix(*made),)))
    assert (done.data == before) == (changed == with_joined_sources(notebook))
    assert skeleton(done.data) == skeleton(before)
    assert untouched(done.data, made) == untouched(before, made)


def skeleton(data: bytes) -> list[str]:
    """A file without what stands in its sources."""
    text = data.decode()
    found = layout(text.removeprefix("\ufeff"))
    assert found is not None
    parts, at = [text[: len(text) - len(found.text)]], 0
    for cell in found.cells:
        assert cell.source is not None
        parts.append(found.text[at : cell.source.start])
        at = cell.source.end
    return [*parts, found.text[at:]]


def untouched(data: bytes, made: tuple[Edit, ...]) -> list[str]:
    """The text of the sources that edits leave alone."""
    found = layout(data.decode("utf-8-sig"))
    assert found is not None
    cells = {edit.cell for edit in made}
    return [found.text[slice(*cell.source)] for n, cell in enumerate(found.cells, 1) if n not in cells and cell.source]


@QUICK
@given(notebooks(), STYLES, st.data())
def test_lists_stay_lists_of_lines(notebook: dict[str, Any], style: Style, data: Any) -> None:
    """And what an edit writes looks as if the file had been saved with it."""
    made: tuple[Edit, ...] = data.draw(edits(notebook))
    done = apply_fixes(style.dump(notebook), [fix(*made)]).data
    for before, after in zip(notebook["cells"], loaded(done)["cells"], strict=True):
        assert type(after["source"]) is type(before["source"])
        if isinstance(before["source"], list):
            *lines, last = after["source"] or [""]
            assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
            assert "\n" not in last[:-1]
            assert "" not in after["source"]
    dumped = loaded(done)
    if all(cell["source"] for cell in (*notebook["cells"], *dumped["cells"])):
        raw = any(ord(c) > 127 for c in style.dump(notebook).decode("utf-8-sig"))
        new = any(not edit.text.isascii() for edit in made)
        if style.ascii or raw or not new:
            assert done == style.dump(dumped)


@QUICK
@given(notebooks(), STYLES, st.data())
def test_cells_go_and_outputs_are_cleared(notebook: dict[str, Any], style: Style, data: Any) -> None:
    numbers = range(1, len(notebook["cells"]) + 1)
    removed = data.draw(st.sets(st.sampled_from(numbers))) if numbers else set()
    full = [n for n in numbers if n not in removed and notebook["cells"][n - 1].get("outputs")]
    cleared = data.draw(st.sets(st.sampled_from(full))) if full else set()
    fixes = [fix(removed=(n,)) for n in sorted(removed)] + [fix(cleared=(n,)) for n in sorted(cleared)]
    done = apply_fixes(style.dump(notebook), fixes)
    for number in cleared:
        notebook["cells"][number - 1]["outputs"] = []
    notebook["cells"] = [cell for n, cell in enumerate(notebook["cells"], 1) if n not in removed]
    assert done == Applied(style.dump(notebook), tuple(fixes))


@QUICK
@given(notebooks(), STYLES, st.data())
def test_damaged_files_raise_nothing(notebook: dict[str, Any], style: Style, data: Any) -> None:
    made = data.draw(edits(notebook))
    before = style.dump(notebook)
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, min(len(before), start + 4)))
    before = before[:start] + data.draw(st.binary(max_size=3)) + before[end:]
    fixes = [fix(*made), fix(removed=(1,), cleared=(2,)), fix(Edit(3, 0, 99, ""))]
    done = apply_fixes(before, fixes)
    assert sorted(done.applied + done.left) == sorted(fixes)
    assert (done.data == before) == (not done.applied)
    diff("a.ipynb", before, done.data)
    if done.applied:
        loaded(done.data)


def test_a_line_is_edited_in_its_own_style() -> None:
    text = r"""{"cells": [{"source": ["x = '\u00e9\/' # é\n", "y\t=\u0009\ud83d\ude00 1\n"]}], "nbformat": 4}"""
    done = apply_fixes(text.encode(), [fix(Edit(0 + 1, 0, 1, "ü"), Edit(1, 19, 20, "2"))])
    assert done.data.decode() == text.replace("x =", "ü =").replace(r"\ude00 1", r"\ude00 2")


def test_new_text_is_escaped_where_the_file_is_ascii() -> None:
    done = apply_fixes(saved("x", style=Style(ascii=True)), [fix(Edit(1, 0, 1, 'é"😀'))])
    assert rb'"\u00e9\"\ud83d\ude00"' in done.data


def test_half_characters_are_escaped() -> None:
    done = apply_fixes(saved("é"), [fix(Edit(1, 1, 1, "\ud800"))])
    assert sources_of(done.data) == ["é\ud800"]
    assert rb"\ud800" in done.data


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        (["a\n", "b\n", "c"], Edit(1, 2, 4, ""), ["a\n", "c"]),
        (["a\n", "b\n", "c"], Edit(1, 0, 4, ""), ["c"]),
        (["a\n", "b\n", "c"], Edit(1, 2, 5, ""), ["a\n"]),
        (["a\n", "b\n", "c"], Edit(1, 0, 5, ""), []),
        (["a\n", "b\n", "c"], Edit(1, 3, 4, ""), ["a\n", "bc"]),
        (["a\n", "b\n", "c"], Edit(1, 1, 4, ""), ["ac"]),
        (["a\n", "b\n", "c"], Edit(1, 2, 3, "d\ne"), ["a\n", "d\n", "e\n", "c"]),
        (["a\n", "b\n", "c"], Edit(1, 2, 2, "d\n"), ["a\n", "d\n", "b\n", "c"]),
        (["a\n", "b\n", "c"], Edit(1, 5, 5, "\nd"), ["a\n", "b\n", "c\n", "d"]),
        (["a\n"], Edit(1, 2, 2, "b"), ["a\n", "b"]),
        ([], Edit(1, 0, 0, "a\nb"), ["a\n", "b"]),
        (["a\r\n", "b\r\n", "c"], Edit(1, 2, 3, "d\ne"), ["a\r\n", "d\r\n", "e\r\n", "c"]),
        ("a\r\nb\r\nc", Edit(1, 4, 5, "d\ne"), "a\r\nb\r\nd\r\ne"),
        ("a\rb\rc", Edit(1, 4, 5, "d\ne"), "a\rb\rd\re"),
        (["a\nb\n", "c\nd"], Edit(1, 0, 1, "e"), ["e\nb\n", "c\nd"]),
        (["a", "b\n", "c"], Edit(1, 0, 1, "d"), ["db\n", "c"]),
        ("", Edit(1, 0, 0, "a\nb"), "a\nb"),
    ],
)
@pytest.mark.parametrize("style", [Style(), Style(None), Style(None, compact=True), Style("\t", crlf=True, mark=True)])
def test_sources_keep_their_shape(before: Any, edit: Edit, after: Any, style: Style) -> None:
    others = ["p\n", "q"], "r"
    done = apply_fixes(saved(before, *others, style=style), [fix(edit)])
    assert done.data == saved(after, *others, style=style)
    assert json.loads(done.data.decode("utf-8-sig"))["cells"][0]["source"] == after


@pytest.mark.parametrize("style", [Style(), Style(None), Style(None, compact=True), Style("\t", crlf=True)])
def test_a_lone_line_becomes_two(style: Style) -> None:
    done = apply_fixes(saved(["a"], style=style), [fix(Edit(1, 1, 1, "\nb"))])
    assert done.data == saved(["a\n", "b"], style=style)


def test_the_first_of_overlapping_fixes_wins() -> None:
    fixes = [fix(Edit(1, 0, 3, "")), fix(Edit(1, 2, 4, "")), fix(Edit(1, 3, 5, "x")), fix(Edit(1, 0, 3, ""))]
    done = apply_fixes(saved("abcdefg"), fixes)
    assert sources_of(done.data) == ["xfg"]
    assert done.applied == (fixes[0], fixes[2])
    assert done.left == (fixes[1], fixes[3])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (fix(Edit(1, 1, 1, "x")), fix(Edit(1, 1, 1, "y"))),
        (fix(Edit(1, 1, 2, "x")), fix(Edit(1, 2, 2, "y"))),
        (fix(Edit(1, 2, 2, "x")), fix(Edit(1, 2, 3, "y"))),
        (fix(Edit(1, 1, 2, "x")), fix(removed=(1,))),
        (fix(removed=(1,)), fix(Edit(1, 1, 2, "x"))),
        (fix(removed=(1,)), fix(removed=(1,))),
        (fix(removed=(1,)), fix(cleared=(1,))),
        (fix(cleared=(1,)), fix(removed=(1,))),
        (fix(cleared=(1,)), fix(cleared=(1,))),
    ],
)
def test_fixes_that_touch_the_same_wait(first: Fix, second: Fix) -> None:
    data = saved({"source": "abc", "outputs": [{"output_type": "stream", "text": "a"}]}, "z")
    alone = apply_fixes(data, [first])
    assert alone.applied == (first,)
    assert apply_fixes(data, [first, second]) == Applied(alone.data, (first,), (second,))


@pytest.mark.parametrize(
    "made",
    [
        fix(),
        fix(Edit(1, 0, 1, "a")),
        fix(Edit(1, 0, 9, "")),
        fix(Edit(1, -1, 1, "")),
        fix(Edit(1, 2, 1, "")),
        fix(Edit(0, 0, 1, "")),
        fix(Edit(9, 0, 1, "")),
        fix(Edit(2, 0, 1, "x")),
        fix(Edit(1, 0, 2, "x"), Edit(1, 1, 3, "y")),
        fix(Edit(1, 0, 2, "x"), removed=(1,)),
        fix(removed=(0,)),
        fix(removed=(9,)),
        fix(cleared=(1,)),
        fix(cleared=(3,)),
    ],
)
def test_impossible_fixes_are_left(made: Fix) -> None:
    data = saved("abc", ["a", 3], {"source": "markdown"})
    assert apply_fixes(data, [made]) == Applied(data, left=(made,))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b'{"cells": [], "nbformat": 3}', b"\xef\xbb\xbf"])
def test_other_files_are_left(data: bytes) -> None:
    assert apply_fixes(data, [fix(removed=(1,))]) == Applied(data, left=(fix(removed=(1,)),))


def test_fixes_that_are_refused_are_left_alone() -> None:
    fixes = [fix(Edit(1, n, n + 1, text)) for n, text in enumerate("ABxDEyG")]
    seen: list[str] = []

    def check(data: bytes) -> bool:
        seen.append(sources_of(data)[0])
        return not {"x", "y"} & set(seen[-1])

    done = apply_fixes(saved("abcdefg"), fixes, check)
    assert sources_of(done.data) == ["ABcDEfG"]
    assert done.left == (fixes[2], fixes[5])
    assert seen[0] == "ABxDEyG"


def test_fixes_that_are_bad_together() -> None:
    """One is made, the other waits."""
    fixes = [fix(Edit(1, 0, 1, "")), fix(Edit(1, 1, 2, ""))]
    done = apply_fixes(saved("ab"), fixes, lambda data: sources_of(data) != [""])
    assert (sources_of(done.data), done.left) == (["b"], (fixes[1],))


def test_nothing_is_made_where_all_is_refused() -> None:
    fixes = (fix(Edit(1, 0, 1, "")), fix(removed=(1,)))
    assert apply_fixes(saved("ab"), fixes, lambda data: False) == Applied(saved("ab"), left=fixes)


def test_large_cells_take_no_time() -> None:
    lines = [f"x{n} = '\\u00e9' # \\ \t\n" for n in range(20_000)]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    fixes = [fix(Edit(1, starts[n], starts[n + 1], "")) for n in range(0, 100, 2)]
    done = apply_fixes(saved(lines), fixes)
    assert done.applied == tuple(fixes)
    assert sources_of(done.data) == [lines[1:100:2] + lines[100:]]


# The file on the disk


def test_a_file_is_written_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(str(path), b"new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.ipynb"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_atomically(str(tmp_path / "new"), b"new")
    assert (tmp_path / "new").read_bytes() == b"new"


def test_a_file_is_written_beside_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically("here", b"new")
    assert (tmp_path / "here").read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_atomically(str(link), b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "link", "real"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_circles_of_links_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(WriteError):
        write_atomically(str(tmp_path / "a"), b"new")
    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize("name", ["missing/a", "", "a\0b", "x" * 300])
def test_impossible_paths_are_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(WriteError):
        write_atomically(f"{tmp_path}/{name}", b"new")
    assert [*tmp_path.iterdir()] == []


def test_failures_leave_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError, match="No space left on device"):
        write_atomically(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.ipynb"]


def test_files_that_may_only_be_read_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write all
    with pytest.raises(WriteError, match="may only be read"):
        write_atomically(str(path), b"new")
    assert path.read_bytes() == b"old"


# What people see


def test_diff_shows_sources() -> None:
    outputs = [{"output_type": "stream", "text": "a"}]
    before = saved(["import os\n", "x = 1"], "", {"source": "y", "outputs": outputs}, "z = 1", "gone\nnow")
    fixes = [fix(Edit(1, 0, 10, "")), fix(removed=(2, 5), cleared=(3,)), fix(Edit(4, 4, 5, "2\n"))]
    after = apply_fixes(before, fixes).data
    assert diff("a.ipynb", before, after) == (
        "--- a.ipynb:cell 1\n+++ a.ipynb:cell 1\n@@ -1,2 +1 @@\n-import os\n x = 1\n"
        "a.ipynb:cell 2: removed\n"
        "a.ipynb:cell 3: outputs cleared\n"
        "--- a.ipynb:cell 4\n+++ a.ipynb:cell 3\n@@ -1 +1,2 @@\n-z = 1\n+z = 2\n+\n"
        "a.ipynb:cell 5: removed\n-gone\n-now\n"
    )


def test_diff_knows_cells_by_their_ids() -> None:
    before = saved(*({"id": name, "source": f"{name}\n1"} for name in "abc"))
    after = apply_fixes(before, [fix(removed=(1,)), fix(Edit(2, 0, 3, "a\n1"))]).data
    assert diff("n", before, after).startswith("n:cell 1: removed\n-a\n-1\n--- n:cell 2\n+++ n:cell 1\n")


def test_diff_knows_an_emptied_cell_from_a_removed_one() -> None:
    before = saved(*({"id": name, "source": text} for name, text in (("a", "x"), ("b", ""), ("c", "y"))))
    after = apply_fixes(before, [fix(Edit(1, 0, 1, "")), fix(removed=(2,))]).data
    assert diff("n", before, after) == "--- n:cell 1\n+++ n:cell 1\n@@ -1 +0,0 @@\n-x\nn:cell 2: removed\n"


def test_diff_guesses_without_ids() -> None:
    before = saved("", "x = 1", "y = 1", "y = 1")
    after = apply_fixes(before, [fix(removed=(1, 3)), fix(Edit(2, 4, 5, "2"))]).data
    assert diff("n", before, after) == (
        "n:cell 1: removed\n--- n:cell 2\n+++ n:cell 1\n@@ -1 +1 @@\n-x = 1\n+x = 2\nn:cell 4: removed\n-y = 1\n"
    )


def test_diff_of_a_huge_cell_ends() -> None:
    before = saved("".join(f"x{n % 300} = 1\n" for n in range(100_000)))
    after = apply_fixes(before, [fix(Edit(1, 0, 1, "y"), Edit(1, 500_000, 500_001, ""))]).data
    assert diff("n", before, after) == "n:cell 1: changed, and too long to show how\n"


def test_no_difference_is_no_text() -> None:
    assert diff("a.ipynb", saved("a\r\n"), saved("a\n", style=Style(2))) == ""
    assert diff("a.ipynb", b"{}", saved("a")) == ""


@QUICK
@given(notebooks(), STYLES, st.data())
def test_diff_speaks_of_each_cell_that_changes(notebook: dict[str, Any], style: Style, data: Any) -> None:
    numbers = range(1, len(notebook["cells"]) + 1)
    removed = data.draw(st.sets(st.sampled_from(numbers))) if numbers else set()
    made = [edit for edit in data.draw(edits(notebook)) if edit.cell not in removed]
    changed = edited(notebook, made)["cells"]
    expected = {n for n in numbers if changed[n - 1]["source"] != joined(notebook["cells"][n - 1]["source"])}
    done = apply_fixes(style.dump(notebook), [fix(*made), *(fix(removed=(n,)) for n in removed)])
    text = diff("\0", style.dump(notebook), done.data)
    assert {n for n in numbers if f"--- \0:cell {n}\n" in text} == expected - removed
    assert {n for n in numbers if f"\0:cell {n}: removed\n" in text} == removed


def test_reading_the_module_is_cheap() -> None:
    import subprocess

    code = "import sys, nb2pkg.lint.fixes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"difflib", "dataclasses", "pathlib", "tempfile", "inspect", "nb2pkg.model"} & set(done.stdout.split())
