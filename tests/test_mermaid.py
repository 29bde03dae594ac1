"""The picture of the pipeline: what flows where, and that no name of a notebook can break out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import converted

from nb2pkg.project.mermaid import MOST_NODES, label

DATA = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})"


def picture(tmp_path: Path, *cells: str) -> str:
    """Return the lines of the picture in a README."""
    readme = converted(tmp_path, *cells).files["README.md"].decode()
    found = re.search(r"^```mermaid\n(.*?)\n```$", readme, re.M | re.S)
    return found[1] if found else ""


def test_values_flow_from_who_made_or_changed_them(tmp_path: Path) -> None:
    drawn = picture(
        tmp_path,
        "#md ## Load",
        "import pandas as pd\ndf = pd.read_csv('a.csv')\ndf = df.dropna()",
        "#md ## Add columns",
        "df['b'] = df['a'] * 2\ndf['c'] = df['b'] + 1\nprint(df.shape)",
        "#md ## Sum up",
        "total = df.groupby('a')['b'].sum()\ntop = total.sort_values().head(3)",
        "chosen = top if len(top) else total",
        "#md ## Show",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.bar(chosen.index, chosen)\nax.set_title('x')",
    )
    lines = drawn.split("\n")
    nodes = dict(re.findall(r'^    (f\d+)\["(\w+)"\]$', drawn, re.M))
    arrows = re.findall(r'^    (f\d+) -->\|"([^"]*)"\| (f\d+)$', drawn, re.M)
    assert lines[0] == "flowchart TD"
    assert lines[1:3] == ['    d0[("a.csv")]', "    d0 --> f0"]
    assert len(lines) == 3 + len(nodes) + len(arrows)
    assert len(nodes) >= 3
    assert {name for _, values, _ in arrows for name in values.split(", ")} >= {"df"}
    assert all(start in nodes and end in nodes for start, _, end in arrows)


def test_a_large_pipeline_is_drawn_by_module(tmp_path: Path) -> None:
    cells = [DATA]
    for number in range(MOST_NODES + 5):
        steps = f"x{number} = df['a'].sum() + {number}\ny{number} = x{number} * 2\nprint(y{number}, x{number})"
        cells += [f"#md ## Part {number}", f"df = df.assign(c{number}=df['a'] + {number})\n{steps}"]
    drawn = picture(tmp_path, *cells)
    assert drawn.count("[") <= MOST_NODES


def test_no_picture_without_a_flow(tmp_path: Path) -> None:
    assert picture(tmp_path, "print(1)") == ""


def test_names_in_other_scripts_are_shown_as_they_are(tmp_path: Path) -> None:
    assert label("顧客_データ") == "顧客_データ"


@pytest.mark.parametrize(
    "text", ['"] --> x["', "`a`", "%%{init: {}}%%", "```", "a\nb --> c", "#quot;", "<script>", "$$x$$"]
)
def test_hostile_names_are_spelled_by_numbers(text: str) -> None:
    shown = label(text)
    assert not set(shown) & set("\"`%{}<>$\n[]|&\\'")
    assert re.fullmatch(r"(?:[\w .,:/()+*=-]|#\d+;)+", shown)


@given(st.text())
def test_a_label_never_ends_its_quotes(text: str) -> None:
    assert re.fullmatch(r"(?:[\w .,:/()+*=-]|#\d+;)+|\?", label(text))
    assert len(label(text).split("\n")) == 1
