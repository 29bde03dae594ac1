"""Which lines of the saved outputs a generated test expects, and how it compares them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.project.expected import expected_lines
from nb2pkg.project.render import render

CODE = "x = 1"


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": text}}


def cell(code: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": code, "outputs": list(outputs), "execution_count": 1}


def by_cell(folder: Path, *cells: dict[str, Any], version: str = "3.11.4") -> list[tuple[int, list[str]]]:
    path = notebook(folder, *cells)
    text = path.read_text("utf-8").replace(
        '"metadata": {"kernelspec"',
        '"metadata": {"language_info": {"name": "python", "version": "' + version + '"}, "kernelspec"',
    )
    path.write_text(text, "utf-8")
    return expected_lines(analyse(read_notebook(path)))


def lines(folder: Path, *outputs: dict[str, Any], code: str = CODE, version: str = "3.11.4") -> list[str]:
    return [line for _, found in by_cell(folder, cell(code, *outputs), version=version) for line in found]


def test_prints_and_displays_are_expected(tmp_path: Path) -> None:
    assert lines(tmp_path, printed("12  customers\n"), shown("(70, 3)")) == ["12 customers", "(70, 3)"]


def test_lines_belong_to_their_cells(tmp_path: Path) -> None:
    cells = (cell("print('one')", printed("one\n")), cell("x = 2"), cell("print('two')", printed("two\n")))
    assert by_cell(tmp_path, *cells) == [(1, ["one"]), (3, ["two"])]


@pytest.mark.parametrize(
    "text",
    [
        "<object at 0x7f0000000000>",
        "took 3.2 s",
        "2024-05-01",
        "/home/me/data",
        "a ... b",
        "ab",
    ],
)
def test_what_changes_from_run_to_run_is_not(text: str, tmp_path: Path) -> None:
    assert lines(tmp_path, printed(f"{text}\nsure line\n")) == ["sure line"]


@pytest.mark.parametrize(
    "text",
    [
        "DecisionTreeClassifier(criterion='gini', max_depth=None,",
        "Name: age, dtype: int64",
        "dict_keys(['data', 'target'])",
        "RangeIndex: 3 entries, 0 to 2",
    ],
)
def test_what_changes_from_release_to_release_is_not(text: str, tmp_path: Path) -> None:
    assert lines(tmp_path, shown(f"{text}\nsure line\n")) == ["sure line"]


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        ("import numpy as np\nprint(np.mean([1, 2]))", "3.11.4", True),
        ("import numpy as np\nprint(np.mean([1, 2]))", "3.6.4", True),
        ("import numpy as np\nprint(np.random.rand())", "3.11.4", False),
        ("import numpy as np\nnp.random.seed(1)\nprint(np.random.rand())", "3.11.4", True),
        ("from sklearn.linear_model import Ridge\nprint(Ridge().fit([[1]], [1]).coef_)", "3.11.4", True),
        ("from sklearn.linear_model import Ridge\nprint(Ridge().fit([[1]], [1]).coef_)", "3.6.4", False),
        ("import pandas as pd\nprint(pd.Series([0, 0.5]).mean())", "3.11.4", True),
        ("import pandas as pd\nprint(pd.Series([0, 0.5]).mean())", "3.10.4", False),
        ("import torch\nprint(torch.rand(1))", "3.11.4", False),
        ("import requests\nprint(requests.get('https://a.example').json()['x'])", "3.11.4", False),
    ],
)
def test_floats_count_where_they_come_again(code: str, version: str, expected: bool, tmp_path: Path) -> None:
    assert lines(tmp_path, printed("mean: 0.25\n"), code=code, version=version) == ["mean: 0.25"] * expected


def test_whole_numbers_that_are_drawn_do_not_count(tmp_path: Path) -> None:
    code = "import random\nprint('drawn', random.randint(0, 9))"
    assert lines(tmp_path, printed("drawn 7\nno number\n"), code=code) == ["no number"]


def test_only_prints_count_of_a_notebook_of_old_libraries(tmp_path: Path) -> None:
    outputs = (printed("12 customers\n[ 1.  2.] rows\n"), shown("(70, 3)"))
    assert lines(tmp_path, *outputs, version="3.6.4") == ["12 customers"]
    assert "(70, 3)" in lines(tmp_path, *outputs, version="3.11.2")


def test_the_wording_of_libraries_of_old_does_not_count(tmp_path: Path) -> None:
    code = "import dowhy\nprint(dowhy.estimand())"
    assert lines(tmp_path, printed("Estimand type: ate\n"), code=code, version="3.8.5") == []
    assert lines(tmp_path, printed("Estimand type: ate\n"), code=code) == ["Estimand type: ate"]
    assert lines(tmp_path, shown("Estimand type: ate\n"), code=code) == []


def test_numbers_of_models_are_shortened(tmp_path: Path) -> None:
    code = (
        "from sklearn.linear_model import LogisticRegression\nprint(LogisticRegression().fit([[0], [1]], [0, 1]).coef_)"
    )
    found = lines(tmp_path, printed("[0.27054401 0.0012345 12.34567 0.832]\n"), code=code)
    assert found == ["[0.27 0.0012 12.3 0.832]"]


def test_pages_of_documentation_do_not_count(tmp_path: Path) -> None:
    page = shown("Signature: f(x)\nDocstring: adds")
    assert lines(tmp_path, page, code="f = sum\nf?") == []
    assert lines(tmp_path, page, code="?sum") == []
    assert lines(tmp_path, page, code="f = 'why?'") == ["Signature: f(x)", "Docstring: adds"]
    assert lines(tmp_path, shown("\x1b[31mDocstring:\x1b[39m adds")) == []


def test_a_cell_gives_its_first_and_its_last_lines_each_once(tmp_path: Path) -> None:
    found = lines(tmp_path, printed("same line\n" * 3 + "".join(f"line number {n}\n" for n in range(99))))
    first = ["same line", *(f"line number {n}" for n in range(3))]
    assert found == [*first, *(f"line number {n}" for n in range(95, 99))]


def test_there_are_only_so_many(tmp_path: Path) -> None:
    cells = [cell("print('x')", printed("".join(f"line {number} {n}\n" for n in range(8)))) for number in range(30)]
    assert sum(len(found) for _, found in by_cell(tmp_path, *cells)) == 120


@pytest.fixture(scope="module")
def same() -> Callable[[str, str], bool]:
    """The comparison that generated tests have."""
    namespace: dict[str, Any] = {}
    exec(render("tests/comparing.py.jinja"), namespace)
    found: Callable[[str, str], bool] = namespace["same"]
    return found


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("accuracy: 0.832", "accuracy: 0.832"),
        ("accuracy: 0.832", "accuracy: 0.833"),
        ("x  y", "x y"),
        ("1.3879034699382886", "1.3879034699382893"),
        ("1e-07", "1.0e-07"),
        ("[0.5 1.5]", "[0.5  1.5]"),
        ("[ 0.5 1. ]", "[0.5 1.]"),
        ("(2.5, 3)", "(np.float64(2.5), np.int64(3))"),
        ("{'a': 0.5}", "{np.str_('a'): np.float64(0.5)}"),
        ("<Figure size 432x288 with 1 Axes>", "<Figure size 640x480 with 1 Axes>"),
    ],
)
def test_lines_that_say_the_same(expected: str, shown: str, same: Callable[[str, str], bool]) -> None:
    assert same(expected, shown)


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("accuracy: 0.832", "accuracy: 0.842"),
        ("788 customers", "789 customers"),
        ("1.38790", "1.38793"),
        ("-0.5", "0.5"),
        ("column x1", "column x2"),
        ("1.0 a", "1.0 b"),
        ("[1.5, 2.5]", "[1.5]"),
        ("<Figure size 432x288 with 1 Axes>", "<Figure size 432x288 with 2 Axes>"),
    ],
)
def test_lines_that_do_not(expected: str, shown: str, same: Callable[[str, str], bool]) -> None:
    assert not same(expected, shown)


def test_what_installers_print_does_not_count(tmp_path: Path) -> None:
    said = printed("Requirement already satisfied: six\nSuccessfully installed six\n")
    assert lines(tmp_path, said, code="%pip install six") == []
    assert lines(tmp_path, said, printed("ready, one\n"), code="!pip install six\nprint('ready, one')") == [
        "ready, one"
    ]
    assert lines(tmp_path, said) == ["Requirement already satisfied: six", "Successfully installed six"]
