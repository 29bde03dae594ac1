"""The types that names have at each place of a notebook: what is surely so is known, all else stays open."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from making import analysed, code_of, converted, notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.flow.type_facts import Type
from nb2pkg.flow.types import NameTypes, infer_types
from nb2pkg.plan.stages import MODULES

IMPORTS = """
import json, math, random, re, time
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from pathlib import Path
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_curve
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("a.csv")
s = df["a"]
a = np.arange(3)
n = len(df)
"""


def spelled(kind: Type | None) -> str:
    """Return a type as `DataFrame`, `list[int]` or `?`."""
    if kind is None or not kind.name:
        return "?"
    return kind.name + (f"[{', '.join(map(spelled, kind.args))}]" if kind.args else "")


def types_of(tmp_path: Path, *cells: str) -> tuple[NameTypes, int]:
    """Return the types of a notebook's names, and how many statements it has."""
    flow = analysed(tmp_path, *cells)
    return infer_types(flow), len(flow.statements)


EXPRESSIONS = {
    # literals and displays
    "1": "int", "1.5": "float", "'a'": "str", "f'{n}'": "str", "True": "bool", "None": "?",
    "[1, 2]": "list[int]", "[1, 2.5]": "list[float]", "[1, 'a']": "list", "[]": "list", "{'a': 1}": "dict[str, int]",
    "{1, 2}": "set[int]", "(1, 'a')": "tuple[int, str]", "[str(v) for v in a]": "list[str]", "[v for v in a]": "list",
    # arithmetic and comparisons
    "n + 1": "int", "n / 2": "float", "n // 2": "int", "n ** 2": "int", "n ** -1": "?", "'%d' % n": "str",
    "n > 1": "bool", "n in [1]": "bool", "not a": "bool", "s > 1": "Series", "a * 2": "ndarray", "df / 2": "DataFrame",
    "a @ a": "?", "-s": "Series", "~(s > 1)": "Series", "3 < s": "Series", "unknown + 1": "?", "1 - a": "ndarray",
    # frames
    "df['a']": "Series", "df[['a', 'b']]": "DataFrame", "df[df['a'] > 3]": "DataFrame", "df[df.a > 3]": "DataFrame",
    "df.a": "Series", "df.shape": "tuple[int, int]", "df.shape[0]": "int", "df.columns": "Index", "df.T": "DataFrame",
    "df.values": "ndarray", "s.values": "?", "df.head()": "DataFrame", "df.dropna(inplace=True)": "?",
    "df.dropna(inplace=False)": "DataFrame", "df.loc[:, 'a']": "Series", "df.loc[df.a > 1, ['a']]": "DataFrame",
    "df.loc['a']": "?", "df.iloc[:, :-1]": "DataFrame", "df.iloc[:, -1]": "Series", "df.iloc[0]": "Series",
    "df.iloc[:, 1:3].values": "ndarray", "df.sum()": "Series", "df.sum(axis=None)": "?", "s.sum()": "?",
    "s.map(str)": "Series", "s.apply(str)": "?", "s.str.lower()": "Series", "s.str.split()": "Series",
    "s.str.split(expand=True)": "?", "s.dt.year": "Series", "s.unique()": "?", "s.tolist()": "list",
    "s.reset_index()": "DataFrame", "s.reset_index(drop=True)": "Series", "s.value_counts()": "Series",
    "df.groupby('a').mean()": "DataFrame", "df.groupby('a')['b'].mean()": "Series", "df.groupby('a')": "?",
    "df.groupby('a', as_index=False)['b'].mean()": "?", "df.groupby('a').size()": "Series",
    "df.groupby('a').agg({'b': ['min', 'max']})['b']": "?", "df.groupby('a')['b'].agg('sum')": "Series",
    "df.pivot_table(index='a')['b']": "?", "df.groupby('a').agg(b=('b', 'sum'))['b']": "Series",
    "df.rolling(3).mean()": "DataFrame", "pd.concat([df, df])": "DataFrame", "pd.concat([s, s])": "Series",
    "pd.concat([s, s], axis=1)": "DataFrame", "pd.concat(unknown)": "?", "pd.read_csv('a', chunksize=3)": "?",
    "pd.read_excel('a', None)": "?", "pd.read_csv('a', header=[0, 1])['b']": "?", "pd.to_datetime(s)": "Series",
    "pd.to_datetime('2020-01-01')": "?", "pd.read_csv('a', **{})": "?",
    # arrays
    "np.zeros(3)": "ndarray", "np.exp(s)": "Series", "np.exp(df)": "DataFrame", "np.exp(2)": "float",
    "np.random.rand()": "?", "np.random.rand(3)": "ndarray", "np.random.normal(0, 1, 100)": "ndarray",
    "np.random.normal(0, 1)": "?", "np.random.normal(size=n)": "ndarray", "np.where(a > 1, 1, 0)": "ndarray",
    "np.where(a > 1)": "?", "a[1:]": "ndarray", "a[0]": "?", "a[:, 0]": "ndarray", "a.sum()": "?",
    "a.reshape(3)": "ndarray",
    "np.unique(a, return_counts=True)": "?", "np.linspace(0, 1, 5)": "ndarray", "np.isnan(2.0)": "?",
    # models
    "LogisticRegression()": "LogisticRegression", "LogisticRegression().fit(df, s)": "LogisticRegression",
    "LogisticRegression().fit(df, s).predict(df)": "ndarray", "LogisticRegression().fit(df, s).coef_": "?",
    "StandardScaler().fit_transform(df)": "ndarray", "StandardScaler().fit_transform(unknown)": "?",
    "LogisticRegression().fit(df, s).score(df, s)": "float", "accuracy_score(s, s)": "float",
    "f1_score(s, s)": "float", "f1_score(s, s, average=None)": "?", "f1_score(s, s, average='macro')": "float",
    "load_iris().data": "ndarray", "load_iris(as_frame=True).data": "?", "load_iris(return_X_y=True)[0]": "ndarray",
    # texts, paths and the rest
    "'a'.upper()": "str", "'a b'.split()": "list[str]", "Path('a') / 'b'": "Path", "Path('a').name": "str",
    "time.time()": "float", "math.sqrt(2)": "float", "json.dumps(1)": "str", "round(2.5)": "int",
    "round(2.5, 1)": "float", "max(1, 2)": "int", "max(a)": "?", "abs(-1)": "int", "sorted(a)": "list",
    "df if n else df": "DataFrame", "df if n else s": "?", "1 if n else 2.5": "float",
}  # fmt: skip


def test_expressions(tmp_path: Path) -> None:
    lines = [f"v{number} = {text}" for number, text in enumerate(EXPRESSIONS)]
    types, count = types_of(tmp_path, IMPORTS, "\n".join(lines))
    found = {text: spelled(types.before(f"v{number}", count)) for number, text in enumerate(EXPRESSIONS)}
    assert found == EXPRESSIONS


STATEMENTS = {
    "split": (
        "A, B, C, D = train_test_split(df, s)\nE, F = train_test_split(a)",
        {"A": "DataFrame", "B": "DataFrame", "C": "Series", "D": "Series", "E": "ndarray"},
    ),
    "subplots": (
        "fig, ax = plt.subplots()\nf2, axs = plt.subplots(2, 2)\nf3, ax3 = plt.subplots(n)",
        {"fig": "Figure", "ax": "Axes", "axs": "ndarray", "f3": "Figure", "ax3": "?"},
    ),
    "projection": ("ax = plt.axes(projection='3d')", {"ax": "?"}),
    "unpacked": ("p, (q, r) = 1, ('a', 2.5)\nx, *y = 1, 2", {"p": "int", "q": "str", "r": "float", "x": "?", "y": "?"}),
    "rates": ("fpr, tpr, _ = roc_curve(s, s)", {"fpr": "ndarray"}),
    "branch agrees": ("if n: z = 1\nelse: z = 2", {"z": "int"}),
    "branch differs": ("z = 1\nif n: z = 'a'", {"z": "?"}),
    "branch may be left out": ("if n: z = 1", {"z": "int"}),
    "loop keeps": ("for i in range(n):\n    df = df.dropna()", {"df": "DataFrame", "i": "int"}),
    "loop changes": ("z = 'a'\nfor i in range(n):\n    z = len(z)", {"z": "?"}),
    "loop passes through": ("z = 1\nfor i in range(n):\n    z = 'a'\n    if i: continue\n    z = 2", {"z": "?"}),
    "sum": ("t = 0\nfor v in [1.5]:\n    t += v", {"t": "float", "v": "float"}),
    "enumerate": ("for i, word in enumerate(['a']): pass", {"i": "int", "word": "str"}),
    "caught": ("try:\n    z = 1\nexcept ValueError:\n    z = 'a'", {"z": "?"}),
    "with": ("with open('a') as f:\n    z = f.read()\n    z = len(z)", {"z": "int", "f": "?"}),
    "walrus": ("z = 1\nif (z := 'a'): pass\nw = [z := 2.5]", {"z": "?"}),
    "deleted": ("z = 1\ndel z", {"z": "?"}),
    "written by a function": ("z = 1\ndef f():\n    global z\n    z = 'a'", {"z": "?"}),
    "growing": ("z = [1]\nz.append('a')\nw = [1]", {"z": "list", "w": "list[int]"}),
    "keys of any kind": ("q = {'a': 1}\nq['b'] = 'c'", {"q": "dict"}),
    "growing by another name": ("z = [1]\nw = z\nw.append('a')", {"z": "list", "w": "list"}),
    "growing in a function": ("def f(x): x.append('a')\nz = [1]\nf(z)", {"z": "list"}),
    "two names": ("z = w = [1]", {"z": "list", "w": "list"}),
    "read only": ("z = ['a']\nprint(z)\nw = df[z]\nplt.plot(z, label=z)", {"z": "list[str]", "w": "DataFrame"}),
    "own function": ("def f(v):\n    w = np.array(v)\n    return w\nz = f(1)", {"z": "ndarray", "f": "Callable"}),
    "own function of two kinds": ("def f(v):\n    if v: return 1\n    return 'a'\nz = f(1)", {"z": "?"}),
    "own function annotated": ("def f(v) -> pd.DataFrame:\n    return v\nz = f(1)", {"z": "DataFrame"}),
    "own function hides": ("def f(pd):\n    return pd.read_csv('a')\nz = f(1)", {"z": "?"}),
    "generator": ("def f():\n    yield 1\n    return 2\nz = f()", {"z": "?"}),
    "decorated": ("@unknown\ndef f(): return 1\nz = f()", {"z": "?", "f": "?"}),
    "own class": ("class K: pass\nz = K()", {"z": "K", "K": "type"}),
    "own class that makes others": ("class K:\n    def __new__(cls): return 1\nz = K()", {"z": "?"}),
    "patched library": ("pd.read_csv = unknown\nz = pd.read_csv('a')", {"z": "?"}),
    "patched method": ("pd.DataFrame.head = unknown\nz = df.head()", {"z": "?"}),
    "comprehension's own": ("z = 1\nw = [z for z in a]\nq = [z]", {"z": "int", "w": "list", "q": "list[int]"}),
    "frames of scalers": (
        "StandardScaler().set_output(transform='pandas')\nz = StandardScaler().fit_transform(df)",
        {"z": "?"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STATEMENTS)
def test_statements(case: str, tmp_path: Path) -> None:
    code, expected = STATEMENTS[case]
    types, count = types_of(tmp_path, IMPORTS, code)
    assert {name: spelled(types.before(name, count)) for name in expected} == expected


def test_each_place_has_its_own(tmp_path: Path) -> None:
    types, _ = types_of(tmp_path, "x = 1", "x = 'a'", "x = 2.5")
    assert [spelled(types.before("x", place)) for place in range(4)] == ["?", "int", "str", "float"]
    assert spelled(types.after("x", 1)) == "str"


def test_cost_is_linear(tmp_path: Path) -> None:
    def seconds(size: int) -> float:
        cell = "\n".join(f"v{i} = v{i - 1} + 1\nif v{i}:\n    w{i} = [v{i}]" for i in range(1, size))
        flow = analyse(read_notebook(notebook(tmp_path, "v0 = 1", cell, name=f"n{size}.ipynb")))
        best = 9.0
        for _ in range(3):
            start = time.perf_counter()
            infer_types(flow)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(1600) < 4 * 3 * seconds(400)


HEAD = "import pandas as pd\nimport numpy as np\nfrom sklearn.linear_model import LogisticRegression"


def signatures(tmp_path: Path, *cells: str) -> dict[str, str]:
    """Return the functions that units became, as `name: parameters -> result`."""
    found = {}
    for module, text in code_of(converted(tmp_path, *cells)).items():
        if module not in MODULES or module == "config":
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
                found[node.name] = ast.unparse(node.args) + result
    return found


def test_functions_say_what_they_take_and_return(tmp_path: Path) -> None:
    cells = (
        "df = pd.read_csv('a.csv')",
        "df['b'] = df['a'] * 2\ndf['c'] = 1",
        "y = df['a'] > 1",
        "model = LogisticRegression()\nmodel.fit(df[['a', 'b']], y)",
        "w = model.predict(df[['a', 'b']])",
        "print(w)\nw.sort()",
    )
    apart = [part for number, cell in enumerate(cells) for part in (f"#md ## Part {number}", cell)]
    found = signatures(tmp_path, HEAD, *apart)

    assert set(found.values()) >= {
        "df: pd.DataFrame -> None",
        "df: pd.DataFrame -> pd.Series",
        "df: pd.DataFrame, y: pd.Series -> LogisticRegression",
        "w: np.ndarray -> None",
    }, found


def test_own_definitions_keep_their_text(tmp_path: Path) -> None:
    source = "def double(x, y=1):\n    return x * 2"
    code = code_of(converted(tmp_path, source, "z = double(3)", "w = z + 1\nprint(w)"))
    assert any(source in text for text in code.values())


ALIASES = {
    "plain import": ("import pandas\ndf = pandas.read_csv('a')", "df: pandas.DataFrame", ""),
    "member": ("from pandas import DataFrame, read_csv\ndf = read_csv('a')", "df: DataFrame", "from pandas import"),
    "other member": ("from pandas import read_csv\ndf = read_csv('a')", "df: pd.DataFrame", "import pandas as pd"),
    "taken": ("from pandas import read_csv\npd = 3\ndf = read_csv('a')", "df", ""),
    "not imported": ("import seaborn as sns\ndf = sns.load_dataset('a')", "df", ""),
    "shadowed builtin": ("list = [1, 2]\ndf = [3]\nlist.sort()", "df: list[int]", ""),
}


@pytest.mark.parametrize("case", ALIASES)
def test_types_are_written_under_the_notebooks_names(case: str, tmp_path: Path) -> None:
    code, parameter, line = ALIASES[case]
    project = converted(
        tmp_path, code, "#md ## Count", "x = len(df)\nx += 1", "#md ## End", "print(x + len(df))\nx -= 1"
    )
    texts = [t for m, t in code_of(project).items() if m not in {"batch", "display", "pretty", "cli", "pipeline"}]
    found = [t for t in texts if f"({parameter})" in t or f"({parameter}, " in t]
    assert found, texts
    assert all(line in text for text in found)
