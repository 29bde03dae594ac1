"""What `nb2pkg check` prints: each format, with whatever a notebook may hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.lint.docs import markdown
from nb2pkg.lint.findings import Edit, FileReport, Finding, Fix, Place, Reported
from nb2pkg.lint.rules.table import BY_CODE, ROWS
from nb2pkg.lint.score import score
from nb2pkg.report.check import FORMATS, formatter
from nb2pkg.report.check.sarif import artifact
from nb2pkg.report.check.source_line import WIDEST, marked, printable
from nb2pkg.report.check.totals import percentiles, scores, scores_json, statistics, statistics_json

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))
READS = Reported(
    Finding(
        Place(7, 3, 5, 3, 7), "NB401", "warning", "`fit` reads `df` of the notebook", "make it a parameter: `fit(df)`"
    ),
    "function-reads-global",
    "a1b2",
    "    df = df.dropna()",
    81,
    "f00d",
)
UNUSED = Reported(
    Finding(
        Place(1, 1, 1, 1, 10),
        "NB701",
        "info",
        "`os` is imported and never used",
        fix=Fix("remove the import of `os`", True, (Edit(1, 0, 10, ""),), (2,), (3,)),
    ),
    "unused-import",
    "c3",
    "import os",
    12,
    "beef",
)
LONG = Reported(Finding(Place(2), "NB403", "info", "cell 2 has 50 statements"), "long-cell", "", "", 20)
BROKEN = Reported(Finding(Place(), "NB101", "error", "the file is no notebook: not JSON"), "unreadable-notebook")
CHURN = FileReport("churn.ipynb", (UNUSED, LONG, READS), score([x.finding for x in (UNUSED, LONG, READS)]))
BAD = FileReport("work/bad.ipynb", (BROKEN,), score([BROKEN.finding]))
CLEAN = FileReport("clean.ipynb", (), score([]))
REPORTS = (CHURN, CLEAN, BAD)

# What a notebook may hold: anything, halves of surrogate pairs included.
WILD = st.text(st.characters(exclude_categories=()), max_size=30)
PLACES = st.tuples(*[st.integers(0, 40)] * 5).map(lambda numbers: Place(*numbers))
REPORTED = st.builds(
    lambda place, row, words, note, line, own: Reported(
        Finding(place, row.code, row.severity, words, note), row.name, words, line, place.line + 1, own
    ),
    PLACES,
    st.sampled_from(ROWS),
    WILD,
    WILD,
    WILD,
    st.sampled_from(["", "same", "other"]),
)
WILD_REPORTS = st.lists(
    st.builds(lambda path, found: FileReport(path, tuple(found)), WILD, st.lists(REPORTED, max_size=4)), max_size=3
)


def render(name: str, *reports: FileReport, colour: bool = False) -> str:
    """Return reports in a format."""
    return formatter(name)(reports, colour)


# all formats


def test_there_are_six_formats_and_no_others() -> None:
    assert FORMATS == ("text", "json", "sarif", "github", "gitlab", "junit")
    for name in FORMATS:
        assert callable(formatter(name))
    with pytest.raises(KeyError):
        formatter("html")


@pytest.mark.parametrize("name", FORMATS)
@given(reports=WILD_REPORTS)
def test_any_text_can_be_written_and_comes_out_the_same(name: str, reports: list[FileReport]) -> None:
    text = render(name, *reports)
    text.encode("utf-8")  # no halves of surrogate pairs
    assert text == render(name, *reports)
    assert text == "" or text.endswith("\n")


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
def test_json_is_ascii_whatever_the_terminal(name: str) -> None:
    wild = READS._replace(finding=READS.finding._replace(message="`値` \ud800"))
    assert render(name, FileReport("データ.ipynb", (wild,))).isascii()


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        (
            "text",
            {"json", "hashlib", "unicodedata", "rich", "dataclasses", "pathlib", "nb2pkg.model", "nb2pkg.lint.docs"},
        ),
        ("json", {"urllib.parse", "nb2pkg.lint.docs", "nb2pkg.report.check.text"}),
    ],
)
def test_a_format_imports_what_it_needs(name: str, left_out: set[str]) -> None:
    code = (
        "import sys; from nb2pkg.report.check import formatter; before = set(sys.modules)\n"
        "from nb2pkg.lint.findings import *\n"
        "found = Reported(Finding(Place(1, 1, 1), 'NB701', 'info', 'unused'), 'unused-import', source='import os')\n"
        f"formatter({name!r})([FileReport('a.ipynb', (found,))], True); print('\\n'.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], env={"PYTHONPATH": os.pathsep.join(sys.path)}, **CAPTURE)
    assert left_out & set(done.stdout.split()) == set()


CAPTURE: dict[str, Any] = {"capture_output": True, "text": True, "encoding": "utf-8", "check": True}


# text


def test_text_shows_place_message_source_and_help() -> None:
    assert render("text", *REPORTS) == (
        "churn.ipynb:cell 1:1:1: NB701 [I] `os` is imported and never used [*]\n"
        "    import os\n"
        "    ^~~~~~~~~\n"
        "churn.ipynb:cell 2: NB403 [I] cell 2 has 50 statements\n"
        "churn.ipynb:cell 7:3:5: NB401 [W] `fit` reads `df` of the notebook\n"
        "        df = df.dropna()\n"
        "        ^~\n"
        "    help: make it a parameter: `fit(df)`\n"
        "work/bad.ipynb: NB101 [E] the file is no notebook: not JSON\n"
        "Found 4 findings in 2 of 3 notebooks.\n"
        "1 fixable with --fix\n"
    )


def test_summary_counts_in_the_right_number() -> None:
    assert render("text", CLEAN, CLEAN) == "No findings in 2 notebooks.\n"
    assert render("text", CLEAN) == "No findings in 1 notebook.\n"
    assert render("text") == "No findings in 0 notebooks.\n"
    assert render("text", BAD).endswith("\nFound 1 finding in 1 of 1 notebook.\n")


def test_a_fix_that_is_not_safe_has_no_star() -> None:
    fix = Fix("add random_state", False, (Edit(1, 0, 0, "x"),))
    unsafe = READS._replace(finding=READS.finding._replace(fix=fix))
    text = render("text", FileReport("a.ipynb", (unsafe,)))
    assert "[*]" not in text and "fixable" not in text


def test_a_line_of_the_file_has_no_cell() -> None:
    at = BROKEN._replace(finding=BROKEN.finding._replace(place=Place(0, 3, 9)))
    assert render("text", FileReport("a.ipynb", (at,))).startswith("a.ipynb:3:9: NB101 [E] ")


def test_what_goes_on_in_other_lines_is_marked_to_the_end() -> None:
    over = READS._replace(finding=READS.finding._replace(place=Place(7, 3, 5, 4, 2)))
    assert "\n        ^~~~~~~~~~~~~~~~\n" in render("text", FileReport("a.ipynb", (over,)))


def test_colours_only_when_asked_and_nothing_else_changes() -> None:
    plain, coloured = render("text", *REPORTS), render("text", *REPORTS, colour=True)
    assert "\x1b" not in plain
    assert coloured.count("\x1b[") == 2 * coloured.count("\x1b[0m") > 0
    for tint in ("\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m"):
        assert tint in coloured
        coloured = coloured.replace(tint, "")
    assert coloured == plain


def test_a_notebook_can_not_steer_the_terminal() -> None:
    evil = Finding(Place(1, 1, 1, 1, 3), "NB105", "warning", "`\x1b[2J\n\u202e` is a path", "\x9b\x00")
    text = render("text", FileReport("a\x1b.ipynb", (Reported(evil, "machine-path", "", "\x1b]0;x\x07\r"),)))
    assert all(character == "\n" or character.isprintable() for character in text)
    assert "a\\x1b.ipynb:cell 1:1:1: NB105 [W] `\\x1b[2J\\n\\u202e` is a path\n" in text
    assert "    help: \\x9b\\x00\n" in text


@given(WILD_REPORTS)
def test_text_has_lines_of_ours_only(reports: list[FileReport]) -> None:
    for line in render("text", *reports).split("\n"):
        assert not {c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize(
    ("source", "column", "end", "text", "mark"),
    [
        ("x = df", 5, 7, "x = df", "    ^~"),
        ("x = df", 5, 0, "x = df", "    ^"),
        ("x = df", 5, 5, "x = df", "    ^"),
        ("x = df", 7, 9, "x = df", "      ^"),
        ("x = df", 99, 120, "x = df", "      ^"),
        ("x = df", 0, 0, "x = df", "^"),
        ("\tx = df", 6, 8, "    x = df", "        ^~"),
        ("ab\tx", 4, 5, "ab  x", "    ^"),
        ("名前 = df", 6, 8, "名前 = df", "       ^~"),
        ("名前 = df", 1, 3, "名前 = df", "^~~~"),
        ("ｘ = 1", 3, 4, "ｘ = 1", "   ^"),
        ("e\u0301 = df", 6, 8, "e\u0301 = df", "    ^~"),
        ("a\x00 = df", 6, 8, "a\\x00 = df", "        ^~"),
        ("x = 1   # é", 1, 2, "x = 1   # é", "^"),
        ("日\tx", 3, 4, "日  x", "    ^"),
    ],
)
def test_mark_stands_under_its_columns(source: str, column: int, end: int, text: str, mark: str) -> None:
    shown, blanks, under = marked(source, column, end)
    assert (shown, blanks + under) == (text, mark)


def test_a_long_line_is_cut_around_its_column() -> None:
    source = "a" * 5000 + "HERE" + "b" * 5_000_000
    text, blanks, mark = marked(source, 5001, 5005)
    assert len(text) == WIDEST + 2 and text[0] == text[-1] == "…"
    assert text[len(blanks) : len(blanks + mark)] == "HERE"
    assert mark == "^~~~"
    assert marked(source, 1, 9_000_000)[1:] == ("", "^" + "~" * (WIDEST - 1))
    assert marked("x" * WIDEST, 1, 2)[0] == "x" * WIDEST


@given(st.text("ab \t日é\x00", max_size=200), st.integers(0, 210), st.integers(0, 210))
def test_what_is_marked_is_what_stands_there(source: str, column: int, end: int) -> None:
    text, blanks, mark = marked(source, column, end)
    assert mark == "^" + "~" * (len(mark) - 1)
    assert blanks.strip(" ") == "" and "\t" not in text
    wide = "".join(c * (2 if c == "日" else 1) for c in text)  # a character a column
    first = source[max(column - 1, 0) : max(column, 1)]
    if first in ("a", "b", "é", "日"):
        assert wide[len(blanks)] == first


@given(WILD)
def test_printable_text_stays_and_the_rest_is_escaped(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert shown == printable(shown)
    if text.isprintable():
        assert shown == text


def test_other_blanks_stay() -> None:
    assert printable("a\u3000b\xa0c") == "a\u3000b\xa0c"


# json


def test_json_lists_findings_with_all_fields() -> None:
    unused, long, reads, broken = json.loads(render("json", *REPORTS))
    assert list(unused) == (
        "code name severity message help path cell cell_id line column end_line end_column fix".split()
    )
    assert unused["fix"] == {
        "message": "remove the import of `os`",
        "safe": True,
        "edits": [{"cell": 1, "start": 0, "end": 10, "text": ""}],
        "removed_cells": [2],
        "cleared_outputs": [3],
    }
    assert (reads["path"], reads["cell"], reads["cell_id"], reads["fix"]) == ("churn.ipynb", 7, "a1b2", None)
    assert [reads[name] for name in ("line", "column", "end_line", "end_column")] == [3, 5, 3, 7]
    assert (long["cell"], long["cell_id"], long["line"], long["column"]) == (2, None, None, None)
    assert (broken["cell"], broken["severity"], broken["name"]) == (None, "error", "unreadable-notebook")
    assert json.loads(render("json", CLEAN)) == []


# sarif


def sarif(*reports: FileReport) -> Any:
    """Return the one run of a SARIF log, which is valid."""
    log = json.loads(render("sarif", *reports))
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)
    assert log["version"] == "2.1.0"
    assert log["$schema"] == SCHEMA["id"]
    (run,) = log["runs"]
    return run


def test_sarif_is_valid_and_says_where() -> None:
    run = sarif(*REPORTS)
    reads = run["results"][2]
    assert (reads["ruleId"], reads["level"]) == ("NB401", "warning")
    (location,) = reads["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "churn.ipynb", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 3,
            "startColumn": 5,
            "endLine": 3,
            "endColumn": 7,
            "snippet": {"text": "    df = df.dropna()"},
        },
    }
    assert location["logicalLocations"] == [{"kind": "cell", "fullyQualifiedName": "cell 7", "decoratedName": "a1b2"}]
    assert [result["level"] for result in run["results"]] == ["note", "note", "warning", "error"]
    assert "region" not in run["results"][1]["locations"][0]["physicalLocation"]
    assert "logicalLocations" not in run["results"][3]["locations"][0]


def test_sarif_has_the_rules_that_were_found_with_their_help() -> None:
    untitled = Reported(Finding(Place(), "NB705", "info", "the file's name says nothing"), "untitled")
    run = sarif(FileReport("Untitled.ipynb", (untitled,)), *REPORTS)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["NB101", "NB401", "NB403", "NB701", "NB705"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert rules[-1]["help"]["markdown"] == markdown("NB705")
    assert "Rename the file" in rules[-1]["help"]["text"]
    assert rules[-1]["defaultConfiguration"] == {"enabled": True, "level": "note"}


@given(WILD_REPORTS)
def test_sarif_of_anything_is_valid_and_fingerprints_differ(reports: list[FileReport]) -> None:
    run = sarif(*reports)
    marks = [result["partialFingerprints"]["nb2pkg/v1"] for result in run["results"]]
    assert len(set(marks)) == len(marks) == sum(len(report.findings) for report in reports)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("churn.ipynb", "churn.ipynb"),
        ("./a b/50%.ipynb", "a%20b/50%25.ipynb"),
        ("データ.ipynb", "%E3%83%87%E3%83%BC%E3%82%BF.ipynb"),
        ("a:b#c?.ipynb", "a%3Ab%23c%3F.ipynb"),
        ("/work/a b.ipynb", "file:///work/a%20b.ipynb"),
        ("C:/work/a.ipynb", "file:///C:/work/a.ipynb"),
        ("../a.ipynb", "../a.ipynb"),
    ],
)
def test_paths_become_uris(path: str, uri: str) -> None:
    found = artifact(path)
    assert found["uri"] == uri
    assert ("uriBaseId" in found) == (not uri.startswith("file:"))
    assert unquote(uri).removeprefix("file://").lstrip("/") == path.removeprefix("./").lstrip("/")


# github, gitlab


def test_github_commands_point_into_the_file() -> None:
    assert render("github", *REPORTS) == (
        "::notice file=churn.ipynb,line=12,title=NB701::cell 1, line 1: `os` is imported and never used\n"
        "::notice file=churn.ipynb,line=20,title=NB403::cell 2: cell 2 has 50 statements\n"
        "::warning file=churn.ipynb,line=81,title=NB401::cell 7, line 3: `fit` reads `df` of the notebook"
        "%0Ahelp: make it a parameter: `fit(df)`\n"
        "::error file=work/bad.ipynb,line=1,title=NB101::the file is no notebook: not JSON\n"
    )
    assert render("github", CLEAN) == ""


def test_github_escapes_what_would_end_a_property_or_a_line() -> None:
    evil = Reported(Finding(Place(1, 2, 3), "NB105", "warning", "50%\r\n::error::x, y"), "machine-path", file_line=5)
    assert render("github", FileReport("a,b:c%\n.ipynb", (evil,))) == (
        "::warning file=a%2Cb%3Ac%25%0A.ipynb,line=5,title=NB105::cell 1, line 2: 50%25%0D%0A::error::x, y\n"
    )


def test_gitlab_has_what_its_report_needs() -> None:
    issues = json.loads(render("gitlab", *REPORTS))
    assert [issue["severity"] for issue in issues] == ["info", "info", "minor", "major"]
    assert issues[2] == {
        "description": "cell 7: `fit` reads `df` of the notebook",
        "check_name": "NB401",
        "fingerprint": issues[2]["fingerprint"],
        "severity": "minor",
        "location": {"path": "churn.ipynb", "lines": {"begin": 81}},
    }


def test_fingerprints_are_unique_and_outlive_moved_lines() -> None:
    twice = FileReport("a.ipynb", (READS, READS))
    first, second = (issue["fingerprint"] for issue in json.loads(render("gitlab", twice)))
    assert first != second
    moved = READS._replace(finding=READS.finding._replace(place=Place(9, 1, 1, 1, 3)), file_line=200)
    assert json.loads(render("gitlab", FileReport("a.ipynb", (moved,))))[0]["fingerprint"] == first
    other = json.loads(render("gitlab", FileReport("b.ipynb", (READS,))))[0]["fingerprint"]
    assert other not in (first, second)


# junit


def test_junit_has_a_suite_a_notebook_and_a_case_a_finding() -> None:
    root = ElementTree.fromstring(render("junit", *REPORTS).encode())
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "5", "4", "0")
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("churn.ipynb", "3", "3"),
        ("clean.ipynb", "1", "0"),
        ("work/bad.ipynb", "1", "1"),
    ]
    reads = root[0][2]
    assert (reads.get("classname"), reads.get("name")) == ("churn.ipynb", "NB401 function-reads-global cell 7:3:5")
    (failure,) = reads
    assert (failure.get("type"), failure.get("message")) == ("warning", "`fit` reads `df` of the notebook")
    assert failure.text == (
        "churn.ipynb:cell 7:3:5: `fit` reads `df` of the notebook\n"
        "df = df.dropna()\n"
        "help: make it a parameter: `fit(df)`"
    )
    assert list(root[1][0]) == []


def test_junit_keeps_what_xml_holds_and_replaces_the_rest() -> None:
    wild = READS._replace(finding=READS.finding._replace(message='a<b>&"c"\n\t\r\x00\x1b\ud800\ufffe𝒳'))
    root = ElementTree.fromstring(render("junit", FileReport('a&<".ipynb', (wild,))).encode())
    assert root[0].get("name") == 'a&<".ipynb'
    assert root[0][0][0].get("message") == 'a<b>&"c"\n\t\r\ufffd\ufffd\ufffd\ufffd𝒳'


@given(WILD_REPORTS)
def test_junit_of_anything_is_xml_whose_counts_agree(reports: list[FileReport]) -> None:
    root = ElementTree.fromstring(render("junit", *reports).encode())
    assert len(root) == len(reports)
    for suite, report in zip(root, reports, strict=True):
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
        assert len(suite) == int(suite.attrib["tests"]) == max(1, len(report.findings))
        assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"]) == len(report.findings)
    assert int(root.attrib["tests"]) == sum(int(suite.attrib["tests"]) for suite in root)


# totals


def test_statistics_count_rules_and_scores() -> None:
    reports = (CHURN, CHURN._replace(findings=(READS,)), CLEAN, BAD)
    assert statistics(reports) == (
        "2  NB401  function-reads-global\n"
        "1  NB101  unreadable-notebook\n"
        "1  NB403  long-cell\n"
        "1  NB701  unused-import\n"
        "Scores of 4 notebooks: p10 0, p50 92, p90 100\n"
    )
    found = json.loads(statistics_json(reports))
    assert found["rules"][0] == {"code": "NB401", "name": "function-reads-global", "count": 2}
    assert (found["notebooks"], found["scores"]) == (4, {"p10": 0, "p50": 92, "p90": 100})


def test_statistics_of_nothing() -> None:
    assert statistics(()) == ""
    assert json.loads(statistics_json(())) == {"rules": [], "notebooks": 0, "scores": None}
    assert statistics((CLEAN,)) == "Scores of 1 notebook: p10 100, p50 100, p90 100\n"


@given(st.lists(st.integers(0, 100), min_size=1))
def test_percentiles_are_values_in_order(values: list[int]) -> None:
    p10, p50, p90 = percentiles(values).values()
    assert {p10, p50, p90} <= set(values)
    assert p10 <= p50 <= p90
    for percent, value in percentiles(values).items():
        assert 100 * sum(1 for each in values if each <= value) >= percent * len(values)
        assert 100 * sum(1 for each in values if each < value) < percent * len(values)


def scored(path: str, *codes: str) -> FileReport:
    """Return a report with the score of findings of these rules."""
    return FileReport(path, (), score([Finding(Place(), code, BY_CODE[code].severity, "found") for code in codes]))


def test_scores_name_their_terms() -> None:
    reports = [
        scored("notebooks/churn.ipynb", "NB202", "NB203", *["NB401"] * 6),
        scored("all.ipynb"),
        scored("more.ipynb", *["NB603"] * 3),
        scored("names.ipynb", "NB201"),
        scored("broken.ipynb", "NB101"),
        FileReport("unscored.ipynb"),
    ]
    assert scores(reports) == (
        " 63 notebooks/churn.ipynb  NB2 -12.0 (2 of 5), NB4 -25.0 (6 of 6)\n"
        "100 all.ipynb\n"
        " 85 more.ipynb  NB6 -15.0 (3, 2 count)\n"
        " 20 names.ipynb  NB2 -6.0 (1 of 5), at most 20: NB201\n"
        "  0 broken.ipynb  0: NB101\n"
    )


def test_scores_as_json_have_all_terms() -> None:
    (found,) = json.loads(scores_json([scored("a.ipynb", "NB201")]))
    assert (found["path"], found["score"], found["capped"]) == ("a.ipynb", 20, "NB201")
    assert found["terms"][0] == {"group": "NB2", "found": 1, "cap": 5, "weight": 30, "lost": 6.0}
    assert [term["group"] for term in found["terms"]] == ["NB2", "NB3", "NB4", "NB5", "NB6"]
