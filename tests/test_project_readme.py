"""The project's README: only what applies, and nothing of a notebook breaks out of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from making import notebook

from nb2pkg.machine import Around, DataFile, Download, Environment, Needs, SystemPackage, Variable
from nb2pkg.pipeline import plan_notebook
from nb2pkg.project.build import build_project

CELLS = (
    "#md # Rates",
    "import pandas as pd\nrates = pd.read_csv('rates.csv')\nrates = rates.dropna()",
    "#md ## Sum up",
    "total = rates.groupby('a')['b'].sum()\ntop = total.sort_values().head(3)",
    "print(top)",
)
HOSTILE = [
    "`a` | b",
    "```\n# x",
    '"] --> x',
    "<b>x</b>",
    "a\n## b",
    "[x](javascript:1)",
    "${X}",
    "%%{init}%%",
    "\x1b[0m",
]


def readme(tmp_path: Path, needs: Needs, around: Around | None = None) -> str:
    """Return the README of a small project that needs something."""
    flow, plan = plan_notebook(notebook(tmp_path, *CELLS))
    return build_project(flow, replace(plan, needs=needs), around=around).files["README.md"].decode()


def sections(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, re.M)


def test_a_plain_project_has_only_what_applies(tmp_path: Path) -> None:
    text = readme(tmp_path, Needs())
    assert sections(text) == [
        "Run it",
        "The pipeline",
        "Where each cell went",
        "Settings",
        "Test it",
        "What is where",
        "Where it comes from",
    ]
    assert "\n\n\n" not in text


def test_all_that_it_needs_is_named(tmp_path: Path) -> None:
    needs = Needs(
        python=">=3.11",
        system=(SystemPackage("mecab", "fugashi"), SystemPackage("gcc", "to build", build=True)),
        variables=(
            Variable("API_KEY", "a secret that cell 2 held", secret=True),
            Variable("REGION", "cell 2 reads it", required=False, value="eu"),
        ),
        data=(DataFile("data/rates.csv", (2,), 12, "ab" * 32, "/home/anna/rates.csv"),),
        downloads=(Download("nltk", "punkt", ("python", "-m", "nltk.downloader", "punkt"), "cell 2"),),
    )
    text = readme(tmp_path, needs, Around(environment=Environment("3.11.7", ".venv")))
    assert sections(text)[:4] == ["Run it", "What it reads", "What it needs", "The pipeline"]
    for line in (
        "- `data/rates.csv`, in the notebook `/home/anna/rates.csv`",
        "- `API_KEY` in the environment: a secret that cell 2 held",
        "- `REGION` in the environment, if you like: cell 2 reads it",
        "- of Debian bookworm: `mecab`",
        "- to build libraries where there is no wheel: `gcc`",
        "- `punkt`, fetched once: `python -m nltk.downloader punkt`",
    ):
        assert f"{line}\n" in text
    assert 'd0[("data/rates.csv")]' in text
    assert "d0 --> f0" in text
    assert "Versions of libraries are those of .venv, Python 3.11.7." in text


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_breaks_out(tmp_path: Path, text: str) -> None:
    plain = readme(tmp_path, _needs("x"), Around(environment=Environment("3", "x")))
    hostile = readme(tmp_path, _needs(text), Around(environment=Environment(text, text)))
    assert sections(hostile) == sections(plain)
    assert hostile.count("\n") == plain.count("\n")
    assert re.findall(r"^```.*$", hostile, re.M) == re.findall(r"^```.*$", plain, re.M)
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", hostile)
    pictures = [re.search(r"```mermaid\n(.*?)\n```", t, re.S) for t in (plain, hostile)]
    assert pictures[1] is not None
    for line in pictures[1][1].split("\n")[1:]:
        assert line.count('"') in (0, 2)


def _needs(text: str) -> Needs:
    return Needs(
        python=text,
        debian=text,
        system=(SystemPackage(text, text), SystemPackage(text, text, build=True)),
        variables=(Variable(text, text),),
        data=(DataFile(text, (2,), origin=text),),
        downloads=(Download("nltk", text, (text, text), text),),
        folder=text,
    )
