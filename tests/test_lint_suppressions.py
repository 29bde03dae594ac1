"""What hides findings, what it covers, and what is left where it hides nothing."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lint_files import Style

from nb2pkg.lint.comments import comments
from nb2pkg.lint.findings import Finding, Fix, Place
from nb2pkg.lint.fixes import apply_fixes
from nb2pkg.lint.rules.table import ROWS
from nb2pkg.lint.suppressions import apply, find_suppressions, unused

QUICK = settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
ALL = frozenset(row.code for row in ROWS)
ON = frozenset(row.code for row in ROWS if row.default)


class Cell(NamedTuple):
    """A cell as suppressions need it."""

    source: str
    number: int = 1
    kind: str = "code"
    tags: frozenset[str] = frozenset()
    metadata: Mapping[str, Any] = {}


def finding(line: int = 1, code: str = "NB203", end: int = 0, cell: int = 1) -> Finding:
    """A finding in a line, or of a cell (0)."""
    return Finding(Place(cell, line, 1, end or line, 2), code, "warning", "")


def hidden(source: str, *findings: Finding) -> list[int]:
    """Lines of the findings that comments of a cell hide."""
    left, _ = apply(findings, find_suppressions([Cell(source)], {}))
    return [f.place.line for f in findings if f not in left]


def messages(cells: list[Cell], *findings: Finding, enabled: frozenset[str] = ALL, metadata: Any = None) -> list[str]:
    """What is said of suppressions that these findings do not need."""
    found = find_suppressions(cells, metadata or {})
    return [f.message for f in unused(found, apply(findings, found)[1], enabled)]


def mended(source: str, *findings: Finding) -> str:
    """A cell's source with the fixes of its unused suppressions made, one after the other until none is left."""
    for _ in range(100):
        found = find_suppressions([Cell(source)], {})
        fixes = [f.fix for f in unused(found, apply(findings, found)[1], ALL) if f.fix]
        if not fixes:
            return source
        assert fixes[0].safe
        (edit,) = fixes[0].edits
        source = source[: edit.start] + edit.text + source[edit.end :]
    raise AssertionError(source)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# noqa: NB203",
        "#noqa:NB203",
        "# NOQA : nb203",
        "# noqa: E501, NB203",
        "# noqa: E501 NB203",
        "# noqa: NB203,E501",
        "# noqa: NB2",
        "# noqa: NB203 because of the weather",
        "# noqa (it must)",
        "# why  # noqa: NB203",
        "# noqa: E501  # noqa: NB203",
        "# type: ignore[x]  # noqa",
        "# nb2pkg: ignore",
        "# nb2pkg:ignore",
        "#nb2pkg : ignore",
        "# nb2pkg: ignore[NB203]",
        "# nb2pkg: ignore[NB4, NB203]",
        "# nb2pkg: ignore [ nb203 , NB4 ] reason",
        "# nb2pkg: ignore[NB203",
        "# NB2PKG: IGNORE[NB2]",
        "# why # nb2pkg: ignore[NB203]",
    ],
)
@pytest.mark.parametrize("code", ["x = 1  ", "%matplotlib inline ", "!ls it's ", "%%bash ", "x = '''\n# '''; y "])
def test_comments_hide(comment: str, code: str) -> None:
    line = code.count("\n") + 1
    assert hidden(f"{code}{comment}\ny = 2", finding(line), finding(line + 1)) == [line]


@pytest.mark.parametrize(
    "text",
    [
        "# noqa: E501",
        "# noqa: NB301",
        "# noqa:",
        "# noqa: because",
        "# noqa-file",
        "# noqas",
        "# ruff: noqa",
        "# flake8: noqa: NB203",
        "# not noqa",
        "# nb2pkg: ignore[]",
        "# nb2pkg: ignore[NB301]",
        "# nb2pkg: ignored",
        "# nb2pkg: ignore-next",
        "# nb2pkg ignore",
        "'# noqa'",
        '"# nb2pkg: ignore"',
        "'it\\'s # noqa'",
        "'''a\n# noqa\n'''",
        'f"{y} # noqa"',
        "'a\\\n# noqa'",
    ],
)
def test_other_text_hides_nothing(text: str) -> None:
    source = f"x = 1, {text}"
    assert hidden(source, *(finding(n + 1) for n in range(source.count("\n") + 1))) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a\nb  # noqa: NB203\nc", [2]),
        ("a\nf(\n  1,\n  2  # noqa: NB203\n)\nb", [2, 3, 4, 5]),
        ("a\nf(\n  1\n)  # noqa\nb", [2, 3, 4]),
        ("a\nb = 1 + \\\n  2  # noqa: NB203\nc", [2, 3]),
        ("a\nb = '''\n# noqa\n'''  # noqa: NB203\nc", [2, 3, 4]),
        ("# nb2pkg: ignore[NB203]\na\nb", [1, 2, 3]),
        ("\n# why\n# noqa: NB203\n\na\nb", [1, 2, 3, 4, 5, 6]),
        ("# noqa\na\nb", [1]),
        ("%%time\n# noqa: NB203\na\nb", [1, 2, 3, 4]),
        ("%%bash\n# noqa: NB203\na\nb", []),
        ("%%bash # noqa: NB203\na\nb", [1]),
        ("a\n# nb2pkg: ignore\nb\nc", [2, 3]),
        ("a\n# nb2pkg: ignore\n# why\n\nb(\n  1)\nc", [2, 3, 4, 5, 6]),
        ("a\n# noqa: NB203\n@b\n@c(\n)\ndef d():\n    e", [2, 3, 4, 5, 6]),
        ("a\n[\n  1,\n  # noqa: NB203\n  2,\n  3]\nb", [4, 5]),
        ("a\n# noqa: NB203", [2]),
        ("# noqa: NB203", [1]),
        ("a\n# noqa\nb", [2]),
        ("!ls (\nb  # noqa: NB203\nc", [2]),
        ("!echo it's # noqa: NB203\nb", [1]),
        ("a)\nb  # noqa: NB203\nc", [2]),
        ("if a:\n  # noqa: NB203\n  b\n  c", [2, 3]),
        ("a = '''b\n# noqa", []),
    ],
)
def test_comments_cover_code(source: str, lines: list[int]) -> None:
    assert hidden(source, *(finding(n + 1) for n in range(source.count("\n") + 1))) == lines


def test_comments_within_a_finding_hide_it() -> None:
    assert hidden("def f():\n    a  # noqa\n    b", finding(1, end=3), finding(3)) == [1]
    assert hidden("def f():\n    a\n    b\nc  # noqa", finding(1, end=3)) == []


def test_findings_of_cells_need_a_comment_on_top() -> None:
    assert hidden("# noqa: NB203\na", finding(0)) == [0]
    assert hidden("a  # noqa: NB203", finding(0)) == []
    assert hidden("a\n# noqa: NB203\nb", finding(0)) == []
    assert hidden("# noqa: NB203\na", finding(0, cell=2), finding(0, cell=0)) == []


def test_comments_of_texts_are_none() -> None:
    left, _ = apply([finding()], find_suppressions([Cell("# noqa", kind="markdown")], {}))
    assert left == (finding(),)


@pytest.mark.parametrize(
    ("tag", "hides"),
    [
        ("nb2pkg-ignore", True),
        ("nb2pkg-ignore-NB203", True),
        ("nb2pkg-ignore-nb2", True),
        ("nb2pkg: ignore", True),
        ("nb2pkg: ignore[NB203]", True),
        ("nb2pkg:ignore[NB301,NB203]", True),
        ("nb2pkg-ignore-NB301", False),
        ("nb2pkg: ignore[]", False),
        ("nb2pkg-ignored", False),
        ("noqa", False),
        ("parameters", False),
    ],
)
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_tags_hide_findings_of_their_cell(tag: str, hides: bool, kind: str) -> None:
    cell = Cell("a\nb", 2, kind, frozenset({tag}))
    inside, outside = [finding(2, cell=2), finding(0, cell=2)], [finding(2), finding(0, cell=0)]
    left, _ = apply([*inside, *outside], find_suppressions([cell], {}))
    assert [*left] == [*([] if hides else inside), *outside]


@pytest.mark.parametrize(
    ("metadata", "hides"),
    [
        ({"nb2pkg": {"ignore": ["NB203"]}}, True),
        ({"nb2pkg": {"ignore": ["NB301", "nb2"]}}, True),
        ({"nb2pkg": {"ignore": "NB301, NB203"}}, True),
        ({"nb2pkg": {"ignore": True}}, True),
        ({"nb2pkg": {"ignore": ["NB301"]}}, False),
        ({"nb2pkg": {"ignore": []}}, False),
        ({"nb2pkg": {"ignore": [3, None, ""]}}, False),
        ({"nb2pkg": {"ignore": {"NB203": 1}}}, False),
        ({"nb2pkg": ["ignore"]}, False),
        ({}, False),
    ],
)
def test_metadata_hides(metadata: dict[str, Any], hides: bool) -> None:
    findings = [finding(), finding(0), finding(0, cell=0), finding(cell=2)]
    of_cell, _ = apply(findings, find_suppressions([Cell("a", metadata=metadata)], {}))
    of_notebook, _ = apply(findings, find_suppressions([Cell("a")], metadata))
    assert [*of_cell] == (findings[2:] if hides else findings)
    assert [*of_notebook] == ([] if hides else findings)


# What hides nothing


def test_unused_codes_are_found() -> None:
    source = "a = 1  # noqa: E501, NB203, NB301 and so on"
    found = find_suppressions([Cell(source, 4)], {})
    (one,) = unused(found, apply([finding(code="NB301", cell=4)], found)[1], ALL)
    assert one.place == Place(4, 1, 22, 1, 27)
    assert (one.code, one.severity) == ("NB707", "warning")
    assert one.message == "`NB203` hides nothing"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a  # noqa", []),
        ("a  # noqa: E501", []),
        ("a  # noqa: NB999", ["`NB999` is the code of no rule"]),
        ("a  # nb2pkg: ignore[E501]", ["`E501` is the code of no rule"]),
        ("a  # nb2pkg: ignore[stale-output]", ["`STALE-OUTPUT` is the code of no rule"]),
        ("a  # nb2pkg: ignore[]", ["`nb2pkg: ignore` names no code, and hides nothing"]),
        ("a  # nb2pkg: ignore", ["`nb2pkg: ignore` hides nothing"]),
        ("a  # nb2pkg: ignore[NB4]", ["`NB4` hides nothing"]),
        ("a  # nb2pkg: ignore[NB405]", []),
        ("a  # nb2pkg: ignore[NB707]", []),
        ("a  # nb2pkg: ignore[NB203, NB707]", []),
        ("a  # nb2pkg: ignore[NB203]  # noqa", []),
        ("'# noqa: NB203'", []),
    ],
)
def test_what_is_called_unused(source: str, expected: list[str]) -> None:
    assert messages([Cell(source)], enabled=ON) == expected


def test_rules_that_did_not_look_may_need_theirs() -> None:
    cell = Cell("a  # noqa: NB203, NB999")
    assert messages([cell], enabled=frozenset({"NB301", "NB707"})) == ["`NB999` is the code of no rule"]
    assert messages([cell], enabled=frozenset({"NB203"})) == []
    assert messages([Cell("a  # nb2pkg: ignore[NB2]")], enabled=ON - {"NB201"}) == []


def test_used_ones_are_not_called_unused() -> None:
    cells = [
        Cell("a  # noqa: NB203", tags=frozenset({"nb2pkg-ignore"}), metadata={"nb2pkg": {"ignore": ["NB2"]}}),
        Cell("a", 2, tags=frozenset({"nb2pkg-ignore-NB301", "nb2pkg: ignore[NB203]"})),
    ]
    metadata = {"nb2pkg": {"ignore": ["NB203", "NB403"]}}
    assert messages(cells, finding(), metadata=metadata) == [
        "`NB403` in the notebook's metadata hides nothing",
        "`NB203` in the cell's tags hides nothing",
        "`NB301` in the cell's tags hides nothing",
    ]


def test_what_hides_all_hides_unused_comments() -> None:
    comment = "a  # nb2pkg: ignore[NB203]"
    assert messages([Cell(comment, tags=frozenset({"nb2pkg-ignore"}))]) == []
    assert messages([Cell(comment)], metadata={"nb2pkg": {"ignore": ["NB707"]}}) == []
    assert messages([Cell("a", tags=frozenset({"nb2pkg-ignore"}))]) == [
        "`nb2pkg-ignore` in the cell's tags hides nothing"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a  # noqa: NB203", "a"),
        ("a;  # noqa: NB203\nb", "a;\nb"),
        ("a  # noqa: NB203, NB301", "a  # noqa: NB301"),
        ("a  # noqa: NB301, NB203", "a  # noqa: NB301"),
        ("a  # noqa: E501,NB203,W1 x", "a  # noqa: E501,W1 x"),
        ("a  # noqa: NB203, NB999, NB403", "a"),
        ("a  # noqa: NB203 because", "a  # because"),
        ("a  # noqa: NB203 - because", "a  # because"),
        ("a  # noqa: NB203  # type: ignore", "a  # type: ignore"),
        ("a  # type: ignore  # noqa: NB203", "a  # type: ignore"),
        ("a  # see # noqa: NB203 # there", "a  # see  # there"),
        ("a  # nb2pkg: ignore[NB203, NB301]", "a  # nb2pkg: ignore[NB301]"),
        ("a  # nb2pkg: ignore[ NB301, NB203 ] why", "a  # nb2pkg: ignore[ NB301 ] why"),
        ("a  # nb2pkg: ignore[NB203]", "a"),
        ("a  # nb2pkg: ignore[]", "a"),
        ("a  # nb2pkg: ignore[NB203] # nb2pkg: ignore[NB403]", "a"),
        ("# nb2pkg: ignore[NB203]\na", "a"),
        ("a\n  # nb2pkg: ignore[NB203]\n\nb", "a\n\nb"),
        ("a\n# nb2pkg: ignore[NB203]", "a"),
        ("# noqa: NB203", ""),
        ("%pip install x # noqa: NB203", "%pip install x"),
        ("é = '😀'  # noqa: NB203\nb", "é = '😀'\nb"),
        ("# noqa: NB203\n%%time\na", "# noqa: NB203\n%%time\na"),
        ("x # noqa: NB301, NB301", "x # noqa: NB301, NB301"),
    ],
)
def test_fixes_remove_what_is_unused(before: str, after: str) -> None:
    assert mended(before, finding(code="NB301")) == after


def test_codes_of_one_comment_share_a_fix() -> None:
    found = find_suppressions([Cell("a  # noqa: NB203, NB403")], {})
    first, second = unused(found, frozenset(), ALL)
    assert isinstance(first.fix, Fix)
    assert first.fix == second.fix
    assert first.place < second.place


def test_tags_and_metadata_have_no_fix() -> None:
    found = find_suppressions([Cell("a", tags=frozenset({"nb2pkg-ignore-NB203"}))], {"nb2pkg": {"ignore": ["NB1"]}})
    assert [(f.place, f.fix) for f in unused(found, frozenset(), ALL)] == [(Place(), None), (Place(1), None)]


# Properties

WORDS = "a|'|\"|'''|f'|\\|(|)|[|]|%%|!|@|é|#|noqa|: NB203|, NB999| |\t|\n|\n|\x0c|\x00"
COMMENTS = "# noqa: NB203|# nb2pkg: ignore[NB203, E1]|# nb2pkg: ignore|# noqa"
PARTS = st.sampled_from(f"{WORDS}|{COMMENTS}".split("|"))


@QUICK
@given(st.lists(PARTS, max_size=25).map("".join))
def test_any_text_is_read(source: str) -> None:
    """Comments are whole, and what fixes do comes to an end."""
    at = 0
    for comment in comments(source):
        assert at <= comment.start < comment.end
        assert source[comment.start] == "#"
        assert "\n" not in source[comment.start : comment.end]
        assert comment.line == source.count("\n", 0, comment.start) + 1
        assert comment.first <= comment.last
        at = comment.end
    mended(source, finding(code="NB301"))


@QUICK
@given(st.lists(PARTS, max_size=40).map("".join), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_findings_are_hidden_by_all_that_cover_them(source: str, lines: list[tuple[int, int]]) -> None:
    found = find_suppressions([Cell(source), Cell(source, 2, tags=frozenset({"nb2pkg-ignore-NB203"}))], {})
    for start, length in lines:
        one = finding(start, end=start + length if start else 0)
        expected = {
            (index, i)
            for index, item in enumerate(found)
            if item.place.cell == 1
            if not item.first or (start and start <= item.last and start + length >= item.first)
            for i, entry in enumerate(item.entries)
            if "NB203".startswith(entry.code)
        }
        assert apply([one], found) == (() if expected else (one,), frozenset(expected))


@pytest.mark.parametrize("style", [Style(), Style(None, ascii=True, crlf=True)])
def test_fixes_are_made_in_the_file(style: Style) -> None:
    lines = ["é = 1  # noqa: NB203\r\n", "# nb2pkg: ignore[NB203]\r\n", "y"]
    found = find_suppressions([Cell("".join(lines).replace("\r", ""))], {})
    fixes = [f.fix for f in unused(found, frozenset(), ALL) if f.fix]
    data = style.dump({"cells": [{"cell_type": "code", "source": lines}], "nbformat": 4})
    done = apply_fixes(data, fixes).data
    assert done == style.dump({"cells": [{"cell_type": "code", "source": ["é = 1\r\n", "y"]}], "nbformat": 4})


def test_most_notebooks_load_little() -> None:
    code = (
        "import sys, types; from nb2pkg.lint.suppressions import *;"
        "cell = types.SimpleNamespace(number=1, source='x # y', kind='code', tags=frozenset({'t'}), metadata={});"
        "found = find_suppressions([cell], {}); apply([], found); unused(found, frozenset(), {'NB707'});"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("nb2pkg.")}
    assert ours == {"nb2pkg.lint", "nb2pkg.lint.findings", "nb2pkg.lint.suppressions", "nb2pkg.tuples"}


LINES = st.sampled_from(r"""
a = 1
b = '# noqa'  # noqa: NB203
# noqa: NB203
f(
)
c = '''
'''
@d
def e():
    g
h = 'it\'s'  # why
i = "\"#" # x
j = [1, # y
2]
# z
k = 1 + \
l = f'{a}#'  # n
m = r'\' # o'
""".split("\n"))


@QUICK
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_comments_are_those_of_python(source: str) -> None:
    try:
        ast.parse(source)
        tokens = [*tokenize.generate_tokens(io.StringIO(source).readline)]
    except (SyntaxError, tokenize.TokenError):
        return
    expected = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    found = comments(source)
    assert [(comment.line, source[comment.start : comment.end]) for comment in found] == expected
    ends = [token.end[0] for token in tokens if token.type == tokenize.NEWLINE]
    for comment in found:
        if not comment.alone:
            assert comment.last == next(end for end in ends if end >= comment.line)


def test_large_cells_take_no_time() -> None:
    source = (
        "x = 1  # noqa: NB203\n# nb2pkg: ignore[NB301]\n" * 20_000 + "y = [\n" + "1,  # noqa: NB203\n" * 5_000 + "]"
    )
    found = find_suppressions([Cell(source)], {})
    findings = [finding(n) for n in range(1, 30_000, 10)]
    left, used = apply(findings, found)
    assert not left
    assert len(unused(found, used, ALL)) > 10_000
