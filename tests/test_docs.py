"""Docstrings of the functions that units become: what they do, and nothing that isn't so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from making import code_of, converted

PARTS = {"__init__", "batch", "display", "pretty", "cli", "figures", "shell", "timing", "settings", "metrics"}
HEAD = "import pandas as pd\nimport numpy as np\nimport matplotlib.pyplot as plt\nfrom sklearn.svm import SVC"
LOAD = 'df = pd.read_csv("data.csv")'
SHOW = "print(df)\nother = df.copy()"


def documented(tmp_path: Path, *cells: str) -> list[str]:
    """Return the docstrings of the functions that units became, in the order of the cells that they name."""
    texts = []
    for module, text in code_of(converted(tmp_path, *cells)).items():
        if module not in PARTS | {"pipeline", "__main__", "config"}:
            texts += [ast.get_docstring(n) or "" for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    return sorted(
        texts, key=lambda text: int(text.split("(cell")[1].strip("s ").split(" ")[0].split(")")[0].split("-")[0])
    )


def test_a_heading_speaks_of_the_first_function_only(tmp_path: Path) -> None:
    found = documented(
        tmp_path,
        HEAD,
        "#md # A notebook\n\n## Prepare the table",
        LOAD,
        "df = df.drop_duplicates()\ndf = df.dropna(subset=['a'])",
        "#md ## Show it",
        "plt.hist(df['a'])\nplt.show()",
    )
    assert [text.split("\n")[0] for text in found] == [
        "Prepare the table (cell 3).",
        "Drop duplicates and drop rows without `a` (cell 4).",
        "Show it (cell 6).",
    ]


CODE = {
    "df['b'] = df['a'] * 2\ndf['c'] = 1": "Set `b` and `c` of `df` (cell 3).\n\n"
    "Args:\n    df: with column `a`; gets columns `b` and `c` in place.",
    "df = df.fillna(0)\ndf = df[df['a'] > 1]": "Fill missing values (cell 3).",
    "model = SVC()\nmodel.fit(df[['a', 'b']], df['y'])\nprint(model)": "Fit `model` (cell 3).\n\n"
    "Args:\n    df: with columns `a`, `b` and `y`.",
    "# Scale the numbers\ndf = df / 2": "Scale the numbers (cell 3).",
    "# the numbers are large\ndf = df / 2": "Compute `df` (cell 3).",
}  # fmt: skip


@pytest.mark.parametrize("code", CODE)
def test_what_code_does(code: str, tmp_path: Path) -> None:
    found = documented(tmp_path, HEAD, LOAD, code, "#md ## Look", SHOW)
    assert CODE[code] in found, found


def test_a_comment_is_said_once(tmp_path: Path) -> None:
    code = code_of(
        converted(tmp_path, HEAD, LOAD, "# Scale the numbers\ndf = df / 2", "# why: halves\ndf = df * 2", SHOW)
    )
    text = "\n".join(code.values())
    assert text.count("Scale the numbers") == 1
    assert "# why: halves" in text


def test_columns_are_text_and_nothing_else(tmp_path: Path) -> None:
    name = '"""\\nimport os; os.remove(1)\\n"""\\\\'
    found = documented(tmp_path, HEAD, LOAD, f"df[{name!r}] = df['a']\ndf['z'] = 1", SHOW)
    assert any("import os; os.remove(1)" in text for text in found)


def test_all_that_is_public_says_what_it_does(tmp_path: Path) -> None:
    magics = "r = %timeit -o 1\n!ls\nx = !ls"
    code = code_of(converted(tmp_path, HEAD, "SEED = 3", magics, "np.random.seed(SEED)\nplt.plot([SEED])\nplt.show()"))
    assert {"display", "pretty", "cli", "shell", "timing", "figures"} <= set(code)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    bare = [
        f"{module}.{node.name}"
        for module, text in code.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert bare == []
    assert [module for module, text in code.items() if not ast.get_docstring(ast.parse(text))] == []


def test_own_functions_have_only_their_own(tmp_path: Path) -> None:
    code = code_of(converted(tmp_path, "def double(x):\n    return 2 * x", "y = double(3)", "z = y + 1\nprint(z)"))
    nodes = [n for text in code.values() for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    assert [ast.get_docstring(n) for n in nodes if n.name == "double"] == [None]
