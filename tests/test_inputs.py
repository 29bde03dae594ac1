"""Which files and hosts a notebook needs, and what becomes of its tests without them."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import analysed, converted

from nb2pkg.machine import Around
from nb2pkg.model import Flow
from nb2pkg.needs.data import find_data
from nb2pkg.needs.inputs import absent_data, hosts, input_files
from nb2pkg.pipeline import flow_and_project
from nb2pkg.report.summary import summary_lines


def absent_files(flow: Flow) -> list[str]:
    """Return what the notebook reads and what is not there."""
    return absent_data(flow, find_data(flow, Around())[0])


READING = "import pandas as pd\ndf = pd.read_csv('data/a.csv')\n"


def test_a_file_beside_the_notebook_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x\n1\n")
    flow = analysed(tmp_path, READING)
    assert input_files(flow) == ["data/a.csv"]
    assert absent_files(flow) == []


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (READING, ["data/a.csv"]),
        ("import pandas as pd\nPATH = 'data/a.csv'\ndf = pd.read_csv(PATH)\n", ["data/a.csv"]),
        ("import numpy as np\nx = np.load('/home/me/x.npy')\n", ["data/x.npy"]),
        ("import pandas as pd\npd.DataFrame({'x': [1]}).to_csv('data/a.csv')\ndf = pd.read_csv('data/a.csv')\n", []),
        ("!wget https://a.example/a.csv\n" + READING, []),
        ("import pandas as pd\ndf = pd.read_csv('https://a.example/a.csv')\n", []),
        ("print('data/a.csv')", []),
    ],
)
def test_what_is_loaded_and_is_not_there_is_absent(code: str, absent: list[str], tmp_path: Path) -> None:
    assert absent_files(analysed(tmp_path, code)) == absent


def test_hosts(tmp_path: Path) -> None:
    flow = analysed(tmp_path, "import pandas as pd\nURL = 'https://b.example/a.csv'\ndf = pd.read_csv(URL)\n")
    assert hosts(flow) == ["b.example"]


def test_summary_says_which_tests_are_skipped(tmp_path: Path) -> None:
    analysed(tmp_path, READING + "other = pd.read_csv('https://a.example/b.csv')")
    flow, project = flow_and_project(tmp_path / "small_book.ipynb")
    text = "\n".join(summary_lines(flow, project.plan, "out", dry_run=False))
    assert "skipped without data/a.csv" in text
    assert "needs a.example" in text


def test_tests_name_what_they_need(tmp_path: Path) -> None:
    conftest = converted(tmp_path, READING).files["tests/conftest.py"].decode("utf-8")
    assert '"data/a.csv",' in conftest
    assert "HOSTS" not in conftest
