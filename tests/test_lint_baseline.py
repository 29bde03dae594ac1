"""Accepted findings: what is known again after a change, and what is new."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2pkg.errors import UsageError
from nb2pkg.lint.baseline import Baseline, apply, fingerprint, read_baseline, write_baseline
from nb2pkg.lint.findings import FileReport, Finding, Place, Reported


def reported(
    code: str = "NB201", source: str = "x = y", message: str = "`y` is bound by no cell above", cell: int = 1
) -> Reported:
    finding = Finding(Place(cell, 1, 5, 1, 6), code, "error", message)
    return Reported(finding, "rule-name", source=source)


# fingerprints


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (reported(cell=3), reported(cell=9)),
        (reported(source="x  =\ty "), reported(source=" x = y")),
        (reported(message="cell 3 has 41 statements"), reported(message="cell 12 has 57 statements")),
        (reported(message="cells 3 and 4 do the same"), reported(message="cells 5 and 11 do the same")),
        (reported(message="1.5 MB of output"), reported(message="1,234 MB of output")),
    ],
)
def test_same_finding_elsewhere(first: Reported, second: Reported) -> None:
    assert apply(accepting(first), "a.ipynb", [second]) == ((), 1)


@pytest.mark.parametrize(
    "other",
    [
        reported(code="NB211"),
        reported(source="x = y + 1"),
        reported(source="xx = y"),
        reported(message="`y2` is bound by no cell above"),
        reported(message="`y` is bound by a later cell"),
    ],
)
def test_other_finding(other: Reported) -> None:
    assert apply(accepting(reported()), "a.ipynb", [other]) == ((other,), 0)


def test_numbers_in_code_count() -> None:
    assert fingerprint("NB201", "", "`x1` in cell 3", "n") == fingerprint("NB201", "", "`x1` in cell 7", "n")
    assert fingerprint("NB201", "", "`x1` in cell 3", "n") != fingerprint("NB201", "", "`x2` in cell 3", "n")


def test_fingerprint_is_for_ever() -> None:
    """A change of this value takes all baselines of all teams away."""
    assert fingerprint("NB201", "x = y", "`y` is bound by no cell above", "undefined-name") == "343e7d8ad2611d29"


def test_any_text_has_a_fingerprint() -> None:
    assert len(fingerprint("NB201", "x = '\ud800\0'", "`\udfff` " + "9" * 10_000, "n")) == 16


def test_given_fingerprint_is_used() -> None:
    one = reported()._replace(fingerprint="abc")
    assert list(accepting(one).files["a.ipynb"]) == [("NB201", "abc")]


# what is new


def accepting(*findings: Reported) -> Baseline:
    return read_baseline(write_baseline([FileReport("a.ipynb", findings)]))


def test_one_more_of_the_same_is_new() -> None:
    baseline = accepting(reported(cell=1), reported(cell=5))
    later = [reported(cell=2), reported(cell=3), reported(cell=9)]
    assert apply(baseline, "a.ipynb", later) == ((later[2],), 2)
    assert apply(baseline, "a.ipynb", later) == ((later[2],), 2), "asking uses nothing up"
    assert apply(baseline, "b.ipynb", later) == (tuple(later), 0)


SOME = st.lists(st.builds(reported, st.sampled_from(["NB201", "NB403"]), st.sampled_from("abc"), st.sampled_from("xy")))


@given(SOME, SOME)
@settings(deadline=None)
def test_what_is_accepted_and_what_is_left(old: list[Reported], new: list[Reported]) -> None:
    baseline = accepting(*old)
    assert apply(baseline, "a.ipynb", old) == ((), len(old))
    left, accepted = apply(baseline, "a.ipynb", new)
    assert len(left) + accepted == len(new)
    for one in new:
        assert left.count(one) == max(0, new.count(one) - old.count(one))


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "n").mkdir()
    monkeypatch.chdir(tmp_path)
    text = write_baseline(
        [FileReport("n/a.ipynb", (reported(),)), FileReport("b.ipynb", (reported(),))], "n/known.json"
    )
    assert list(json.loads(text)["files"]) == ["../b.ipynb", "a.ipynb"]
    for folder, path, file in (
        (".", "n/a.ipynb", "n/known.json"),
        ("n", "a.ipynb", "known.json"),
        ("n", os.path.abspath("n/a.ipynb"), "./known.json"),
        ("n", "../b.ipynb", os.path.abspath("n/known.json")),
    ):
        with monkeypatch.context() as inner:
            inner.chdir(tmp_path / folder)
            assert apply(read_baseline(text, file), path, [reported()]) == ((), 1)


# the file


def test_file_is_made_for_merging() -> None:
    reports = [
        FileReport("b.ipynb", (reported("NB403"), reported(cell=2), reported(cell=4))),
        FileReport("a.ipynb", (reported(),)),
        FileReport("fine.ipynb"),
    ]
    one, other = (
        fingerprint(code, "x = y", "`y` is bound by no cell above", "rule-name") for code in ("NB201", "NB403")
    )
    expected = f"""\
{{
  "nb2pkg-baseline": 1,
  "files": {{
    "a.ipynb": [
      ["NB201", "{one}", 1]
    ],
    "b.ipynb": [
      ["NB201", "{one}", 2],
      ["NB403", "{other}", 1]
    ]
  }}
}}
"""
    assert write_baseline(reports) == write_baseline(reports[::-1]) == expected
    assert write_baseline([]) == '{\n  "nb2pkg-baseline": 1,\n  "files": {}\n}\n'
    assert read_baseline(write_baseline([])) == Baseline({})


def test_rows_that_a_merge_left_twice_add_up() -> None:
    rows = [["NB201", "f", 1], ["NB201", "f", 2]]
    baseline = read_baseline(json.dumps({"nb2pkg-baseline": 1, "files": {"a": rows}}))
    assert baseline.files == {"a": {("NB201", "f"): 3}}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "is not valid JSON", 1),
        ("{\n  'a': 1}", "is not valid JSON", 2),
        ("[" * 200_000, "is n", None),
        ("9" * 5_000, "is n", None),
        ("[]", "is no baseline of nb2pkg", 0),
        ('{"files": {}}', "is no baseline of nb2pkg", 0),
        ('{"nb2pkg-baseline": 2, "files": {}}', "has format 2, but only 1 is known", 0),
        ('{"nb2pkg-baseline": 1}', "`files` must be an object", 0),
        ('{"nb2pkg-baseline": 1, "files": {"a": 1}}', '"a": each finding must be a list', 0),
        ('{"nb2pkg-baseline": 1, "files": {"a": [["NB201", "f"]]}}', '"a": each finding must be a list', 0),
        ('{"nb2pkg-baseline": 1, "files": {"a": [["NB201", "f", true]]}}', '"a": each finding must be a list', 0),
        ('{"nb2pkg-baseline": 1, "files": {"a": [["NB201", "f", -1]]}}', '"a": each finding must be a list', 0),
    ],
)
def test_broken_file(text: str, message: str, line: int | None) -> None:
    with pytest.raises(UsageError) as caught:
        read_baseline(text, "known.json")
    assert caught.value.message.startswith(f"the baseline {message}")
    assert caught.value.location is not None
    assert caught.value.location.path == "known.json"
    assert line is None or caught.value.location.line == line
    assert caught.value.hint


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)).map(json.dumps))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, f'{{"nb2pkg-baseline": 1, "files": {{"a": {text}}}}}'):
        try:
            found: object = read_baseline(candidate)
        except UsageError as error:
            found = error
        assert isinstance(found, Baseline | UsageError)
