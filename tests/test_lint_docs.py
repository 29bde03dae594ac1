"""Pages of rules, made from their files; `python tests/test_lint_docs.py --update` writes docs/rules anew."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from nb2pkg.cli import app
from nb2pkg.commands.explain import run
from nb2pkg.lint import docs
from nb2pkg.lint.cases import CaseError, parse_cases
from nb2pkg.lint.docs import REQUIRED, documented, index_markdown, markdown, page, terminal
from nb2pkg.lint.examples import example
from nb2pkg.lint.rules.table import ROWS

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "rules"
FILES = ROOT / "src" / "nb2pkg" / "lint" / "rules"


def generated() -> dict[str, str]:
    """Return all pages: name of the file -> text."""
    return {"README.md": index_markdown(), **{f"{code}.md": markdown(code) for code in documented()}}


def stored() -> dict[str, str]:
    """Return the pages in docs/rules."""
    return {path.name: path.read_text("utf-8") for path in RULES.glob("*.md")}


def update() -> None:
    """Write the pages; those of rules that are gone disappear."""
    RULES.mkdir(parents=True, exist_ok=True)
    for name in stored():
        (RULES / name).unlink()
    for name, text in generated().items():
        (RULES / name).write_bytes(text.encode("utf-8"))


# pages of the project's own rules


def test_pages_are_those_of_the_files() -> None:
    assert stored() == generated(), "if that is meant: python tests/test_lint_docs.py --update"


def test_each_file_of_a_rule_is_in_the_table() -> None:
    files = {path.stem for path in FILES.glob("nb[0-9]*.py")}
    assert files == {page(code).row.module.rpartition(".")[2] for code in documented()}
    assert len(files) == len(documented())


@pytest.mark.parametrize("code", documented())
def test_page_has_its_shape(code: str) -> None:
    text = markdown(code)
    found = page(code)
    assert text.startswith(f"# {code} {found.row.name}\n\n{found.summary}\n")
    assert ("not known from other tools" in text) == found.row.novel
    order = [f"## {title}" for title in (*REQUIRED[:2], "Reported", "Not reported", REQUIRED[2])]
    assert [line for line in text.splitlines() if line in order] == order
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert text.count("```") % 2 == 0


def test_index_lists_every_rule_once() -> None:
    text = index_markdown()
    for row in ROWS:
        assert text.count(f"| {row.name}") == 1
        assert (f"[{row.code}]({row.code}.md)" in text) == (row.code in documented())


# a rule's file


TEXT = '''"""A cell says what it should not.

## Why it hurts

It does. Twice.

## What is found

Words.

### Not found

Silence.

## How to mend it

Hush.

## Options

`loudness`.
"""

CASES = r"""
#=== bad | says `x`
# %% count=3 out=a b\\nc display=5 tags=loud,late
#!%time x
print("a b\\nc")
#=== good | a table | files=data.csv:a,requirements.txt:pandas\\nnumpy | name=work/x.ipynb
# %% [markdown]
# # Title
#
# Text
# %%

# %% error=NameError: name 'y' is not defined
  #!y?
"""
'''


@pytest.fixture
def rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a rule, NB706, in a folder of its own."""
    path = tmp_path / "rule.py"
    path.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(docs, "_file", lambda row: str(path if row.code == "NB706" else tmp_path / row.code))
    page.cache_clear()
    yield path
    page.cache_clear()


def test_page_is_read_from_the_file(rule: Path) -> None:
    found = page("NB706")
    assert found.row.name == "display-in-function"
    assert found.summary == "A cell says what it should not."
    assert found.sections == {
        "Why it hurts": "It does. Twice.",
        "What is found": "Words.\n\n### Not found\n\nSilence.",
        "How to mend it": "Hush.",
        "Options": "`loudness`.",
    }
    assert [case.why for case in found.bad] == ["says `x`"]
    assert [case.why for case in found.good] == ["a table"]
    assert documented() == ("NB706",)


def test_a_rule_without_a_file_has_an_empty_page(rule: Path) -> None:
    assert page("NB203").sections == {}
    assert page("NB203").summary == "stale output"
    assert markdown("NB203").startswith("# NB203 stale-output\n")
    with pytest.raises(KeyError):
        page("NB999")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("should not.", "should not"),
        ("## Why it hurts", "## Why"),
        ("## Why it hurts", "Stray text\n\n## Why it hurts"),
        ("## Options", "## Thoughts"),
        ('"""A cell', '"A cell"\nX = """A cell'),
    ],
)
def test_a_file_out_of_shape_is_named(rule: Path, old: str, new: str) -> None:
    rule.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(docs.PageError):
        page("NB706")


def test_terminal_shows_one_example_of_each_kind(rule: Path) -> None:
    text = terminal("NB706")
    assert text.startswith("NB706 display-in-function (info, off by default)\n\nA cell says")
    assert "Reported: says `x`\n  # cell 1 (executed as [3], tags: loud,late)\n  %time x\n" in text
    assert "  # prints: a b\n  #     c\n  # shows: 5\n" in text
    assert "# beside it: requirements.txt\n  #     pandas\n  #     numpy\n" in text


# cases


def test_case_becomes_a_notebook(rule: Path) -> None:
    (cell,) = page("NB706").bad[0].notebook["cells"]
    assert cell == {
        "cell_type": "code",
        "id": "cell-1",
        "metadata": {"tags": ["loud", "late"]},
        "execution_count": 3,
        "outputs": [
            {"name": "stdout", "output_type": "stream", "text": ["a b\n", "c\n"]},
            {"data": {"text/plain": ["5"]}, "execution_count": 3, "metadata": {}, "output_type": "execute_result"},
        ],
        "source": ["%time x\n", 'print("a b\\nc")'],
    }


def test_other_cells_and_what_lies_beside(rule: Path) -> None:
    (case,) = page("NB706").good
    words, empty, failed = case.notebook["cells"]
    assert words["cell_type"] == "markdown" and "outputs" not in words
    assert words["source"] == ["# Title\n", "\n", "Text"]
    assert (empty["source"], empty["execution_count"], empty["outputs"]) == ([], None, [])
    assert failed["source"] == ["  y?"]
    assert failed["outputs"] == [
        {"ename": "NameError", "evalue": "name 'y' is not defined", "output_type": "error", "traceback": []}
    ]
    assert case.files == (("data.csv", "a"), ("requirements.txt", "pandas\nnumpy"))
    assert case.name == "work/x.ipynb"


def test_case_is_valid_for_nbformat(rule: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    for case in page("NB706").cases:
        assert nbformat.validator.isvalid(nbformat.reads(case.data.decode(), as_version=4))


def test_raw_case_is_the_text_of_the_file() -> None:
    (case,) = parse_cases('#=== bad | no JSON | raw=yes\n{"cells": [\n# %%')
    assert case.data == b'{"cells": [\n# %%'
    assert example(case) == '{"cells": [\n# %%'


def test_kernel_of_a_case() -> None:
    (case,) = parse_cases("#=== bad | R | language=R | kernel=ir\n# %%\nx <- 1")
    assert case.notebook["metadata"]["language_info"] == {"name": "R"}
    assert case.notebook["metadata"]["kernelspec"]["name"] == "ir"
    assert example(case).startswith("# kernel: ir R\n")


LINES = st.sampled_from(["x = 1", "", "  y", "# words", "#!%time x", "    #!!ls", "#!", '"""# %%"""', "é\t#"])


@given(st.lists(st.lists(LINES, max_size=4), max_size=4))
def test_cells_hold_the_lines_that_were_written(cells: list[list[str]]) -> None:
    text = "\n".join(["#=== good | why", *(line for cell in cells for line in ("# %%", *cell))])
    (case,) = parse_cases(text)
    shown = [[line.replace("#!", "", 1) if line.lstrip().startswith("#!") else line for line in cell] for cell in cells]
    assert [cell.source for cell in case.cells] == ["\n".join(cell).strip("\n") for cell in shown]
    assert ["".join(cell["source"]) for cell in case.notebook["cells"]] == [cell.source for cell in case.cells]
    assert parse_cases(text) == (case,)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n#=== bad | why\n# %%",
        "#=== ugly | why\n# %%",
        "#=== bad\n# %%",
        "#=== bad | why | colour=red\n# %%",
        "#=== bad | why | files\n# %%",
        "#=== bad | why\nx = 1\n# %%",
        "#=== bad | why\n# %% loud",
        "#=== bad | why\n# %% loud count=1",
    ],
)
def test_text_that_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(CaseError):
        parse_cases(text)


# nb2pkg explain


def test_explain_prints_pages_by_code_or_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["nb705", "NB203", "untitled"]) == 0
    out = capsys.readouterr().out
    assert out == f"{terminal('NB705')}\n\n{terminal('NB203')}"


def test_explain_prints_the_pages_of_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    codes = [row.code for row in ROWS if row.code.startswith("NB5")]
    assert run(["nb5", "NB501"]) == 0
    assert capsys.readouterr().out == "\n\n".join(map(terminal, codes))


def test_explain_lists_all_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[row.code, row.name] for row in ROWS]
    assert lines[0].split() == ["NB101", "unreadable-notebook", "error", "on"]
    assert "NB701  unused-import            info     on   safe fix" in lines


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("NB2033", "did you mean NB203?"),
        ("stale-outputs", "did you mean stale-output?"),
        ("?", "`nb2pkg explain` lists all"),
    ],
)
def test_explain_names_the_nearest_rule(asked: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([asked, "NB705"]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error == f"error: there is no rule {asked}; {hint}\n"


def test_explain_is_a_command() -> None:
    done = CliRunner().invoke(app, ["explain", "NB705"])
    assert (done.exit_code, done.output) == (0, terminal("NB705"))
    assert CliRunner().invoke(app, ["explain", "NB0"]).exit_code == 2
    assert CliRunner().invoke(app, ["explain"]).output.startswith("NB101")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/test_lint_docs.py --update")
    update()
