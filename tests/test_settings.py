"""Which literals become settings, how their fields are called, and that a run with the defaults is the notebook's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from harness import close_worker, examine
from making import code_of, converted, named_notebooks, notebook

from nb2pkg.model import Project
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.stages import MODULES

SKLEARN = (
    "from sklearn.linear_model import LogisticRegression, Ridge\nfrom sklearn.ensemble import RandomForestClassifier"
)


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


def fields(folder: Path, *cells: str | Mapping[str, object]) -> dict[str, str]:
    """Return the settings of a notebook: field -> its type and value."""
    _, plan = plan_notebook(notebook(folder, *cells))
    return {s.name: f"{s.type} {s.value}" for s in plan.settings}


# Cells of a notebook, and the settings that they hold.
FOUND: dict[str, tuple[str, dict[str, str]]] = {
    "shares and seeds": (
        "from sklearn.model_selection import train_test_split\n"
        "a, b = train_test_split([1, 2, 3, 4], test_size=0.25, random_state=1, shuffle=True)",
        {"test_size": "float 0.25", "seed": "int 1"},
    ),
    "seeds by position": (
        "import random\nimport numpy as np\nrandom.seed(3)\nnp.random.seed(3)\nrng = np.random.default_rng(4)",
        {"seed": "int 3", "rng_seed": "int 4"},
    ),
    "a negative number": (f"{SKLEARN}\nm = Ridge(alpha=-1)", {"alpha": "float -1"}),
    "text as the notebook writes it": (
        f"{SKLEARN}\nm = Ridge(alpha=1e-3, tol=0.10)",
        {"alpha": "float 1e-3", "tol": "float 0.10"},
    ),
    "several models": (
        f"{SKLEARN}\nlogit = LogisticRegression(C=0.5, max_iter=100)\nridge = Ridge(alpha=2, max_iter=50)",
        {
            "logit_c": "float 0.5",
            "logit_max_iter": "int 100",
            "ridge_alpha": "float 2",
            "ridge_max_iter": "int 50",
        },
    ),
    "a model whose name tells nothing": (
        f"{SKLEARN}\nmodel = LogisticRegression(C=0.5, max_iter=100)",
        {"logistic_regression_c": "float 0.5", "max_iter": "int 100"},
    ),
    "the same call twice": (
        f"{SKLEARN}\na = RandomForestClassifier(n_estimators=5)\nb = RandomForestClassifier(n_estimators=5)",
        {"n_estimators": "int 5"},
    ),
    "the same call with two values": (
        f"{SKLEARN}\nm = RandomForestClassifier(n_estimators=5)\nm = RandomForestClassifier(n_estimators=6)",
        {"random_forest_n_estimators": "int 5", "random_forest_n_estimators_2": "int 6"},
    ),
    "another value under another name": (
        f"{SKLEARN}\nsmall = RandomForestClassifier(n_estimators=5)\nlarge = RandomForestClassifier(n_estimators=6)",
        {"small_n_estimators": "int 5", "large_n_estimators": "int 6"},
    ),
    "within a pipeline": (
        f"{SKLEARN}\nfrom sklearn.pipeline import make_pipeline\nm = make_pipeline(Ridge(alpha=3), verbose=False)",
        {"alpha": "float 3"},
    ),
    "a chained call": (
        f"{SKLEARN}\nlogit = LogisticRegression(C=2).fit([[1], [2]], [0, 1])",
        {"logit_c": "float 2"},
    ),
    "loops, comprehensions and branches": (
        f"{SKLEARN}\nms = [Ridge(alpha=0.5) for _ in range(2)]\nfor i in range(2):\n    m = Ridge(tol=0.1)\n"
        "best = Ridge(solver='lsqr') if ms else None",
        {"alpha": "float 0.5", "tol": "float 0.1", "solver": "str 'lsqr'"},
    ),
    "functions of the notebook": (
        "def train(x, epochs, lr=0.1):\n    return x * epochs * lr\nprint(train(2, epochs=3, lr=0.01))",
        {"epochs": "int 3", "learning_rate": "float 0.01"},
    ),
    "two splits": (
        "from sklearn.model_selection import train_test_split as split\n"
        "a = split([1, 2, 3], test_size=1)\nb = split([1, 2, 3, 4], test_size=2)",
        {"split_test_size": "int 1", "split_test_size_2": "int 2"},
    ),
    "the look of a method that nobody knows": ("look = dict(alpha=0.5)\nNone and look.glow(alpha=1)", {}),
    "calls that draw": ("import matplotlib.pyplot as plt\nplt.hist([1], alpha=0.5)\nplt.plot([1], alpha=1)", {}),
    "options": ("import numpy as np\nnp.set_printoptions(threshold=5)", {}),
    "inside of functions, classes, lambdas and f-strings": (
        f"{SKLEARN}\ndef f(seed=1):\n    return Ridge(alpha=1)\nclass A:\n    m = Ridge(alpha=2)\n"
        "g = lambda: Ridge(alpha=3)\nprint(f'{Ridge(alpha=4)}', f(seed=None), g(), A.m)",
        {},
    ),
    "derived values": ("n = len('abc')\nfrom sklearn.linear_model import Ridge\nm = Ridge(alpha=n, tol=1 / 10)", {}),
    "schema": ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ndf.drop(columns='a', inplace=True, axis=None)", {}),
    "truth values and None": (f"{SKLEARN}\nm = RandomForestClassifier(max_depth=None, random_state=None)", {}),
    "paths": (
        "import pandas as pd\ndf = pd.read_csv('data/in.csv', sep=';')\nopen('data/notes.txt', 'w').close()\n"
        "u = pd.read_json(path_or_buf='https://example.com/api/rows.json?n=1')\ndf.to_csv('out.csv')",
        {
            "in_csv": "str 'data/in.csv'",
            "notes_txt": "str 'data/notes.txt'",
            "rows_json": "str 'https://example.com/api/rows.json?n=1'",
            "out_csv": "str 'out.csv'",
        },
    ),
    "paths of one name": (
        "import pandas as pd\na = pd.read_csv('train/labels.csv')\nb = pd.read_csv('test/labels.csv')",
        {"train_labels_csv": "str 'train/labels.csv'", "test_labels_csv": "str 'test/labels.csv'"},
    ),
    "a path that is given to other calls too": (
        "import os\nprint(os.path.exists('a.txt'))\nopen('a.txt', 'w').close()",
        {"a_txt": "str 'a.txt'"},
    ),
    "a path that a function has too": (
        "def f():\n    return open('a.txt')\nopen('a.txt', 'w').close()\nf().close()",
        {},
    ),
    "a folder that other paths begin with": (
        "from pathlib import Path\np = Path('data')\nopen('data/a.txt', 'w').close()",
        {"a_txt": "str 'data/a.txt'"},
    ),
    "what only looks like a path": ("import pandas as pd\na = pd.read_json('[1]')\nb = pd.read_html('<p>')", {}),
    "no names in Japanese": ("import pandas as pd\na = pd.read_csv('データ.csv')", {"csv_path": "str 'データ.csv'"}),
    "variables": (
        "SEED = 1\ntestSize = 0.2\nrate = 0.5\nFAST = True\nlabel = 'x'\nnothing = None\ndata = b'x'",
        {"seed": "int 1", "test_size": "float 0.2", "rate": "float 0.5", "fast": "bool True", "label": "str 'x'"},
    ),
    "variables that are bound again": ("n = 1\nn = n + 1\nk = 2\ndel k\nfor m in 'ab':\n    pass\nm = 1", {}),
    "names in lower case that are taken": ("N = 3\nn = N + len('a')\nLIST = 4", {"N": "int 3", "LIST": "int 4"}),
    "a variable and an equal seed": (
        f"{SKLEARN}\nSEED = 5\na = Ridge(random_state=SEED)\nb = Ridge(random_state=5)\nc = Ridge(random_state=6)",
        {"seed": "int 5", "ridge_seed": "int 6"},
    ),
    "a variable and an equal path": (
        "PATH = 'a.csv'\nopen(PATH, 'w').close()\nopen('a.csv').close()",
        {"path": "str 'a.csv'"},
    ),
    "names of columns": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ncols = ['a']\nother = ['a']\nprint(df[cols], other)",
        {"cols": "tuple[str, ...] ('a',)"},
    ),
    "a long list": (
        f"xs = {list(range(25))}\nprint([x for x in xs if x > 3], len(xs))",
        {"xs": f"tuple[int, ...] {tuple(range(25))}"},
    ),
    "a long list that changes": (f"xs = {list(range(25))}\nxs.append(1)\nprint(xs)", {}),
    "a long list that is handed on": (f"def f(v):\n    v.append(1)\nxs = {list(range(25))}\nf(xs)\nprint(xs)", {}),
    "a long list of several types": (f"xs = {[*range(25), 'x']}\nprint(xs)", {}),
    "what IPython blanked": ("password = 'hunter2hunter2'\nimport sqlite3\nc = sqlite3.connect('***')", {}),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
def test_settings_are_found_and_named(case: str, tmp_path: Path) -> None:
    code, expected = FOUND[case]
    assert fields(tmp_path, code) == expected


def test_a_papermill_cell_is_taken_whole(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "source": "n = 3\nsteps = [1, 2]\nname = 'x'\nnothing = None",
        "outputs": [],
        "execution_count": None,
        "metadata": {"tags": ["parameters"]},
    }
    cells = (cell, "n = n + 1\nsteps.append(n)\nprint(n, steps, name)")

    assert fields(tmp_path, *cells) == {"n": "int 3", "steps": "tuple[int, ...] (1, 2)", "name": "str 'x'"}
    pipeline = code_of(converted(tmp_path, *cells))["pipeline"]
    assert "n = config.n\n" in pipeline  # bound again below
    assert "steps = list(config.steps)\n" in pipeline  # changed below
    assert "name = config" not in pipeline


def test_comments_move_along(tmp_path: Path) -> None:
    code = code_of(converted(tmp_path, "# how often\nN = 3  # at most\n# N = 4", "print(N)"))["config"]

    assert "    # how often\n    n: int = 3  # at most (cell 1)\n    # N = 4\n" in code


# Notebooks whose settings are read in ways that could go wrong: the package does what the cells do.
TRICKY = named_notebooks('''
==== a lambda, a comprehension and a class hide the name
SEED = 3
print((lambda SEED: SEED + 1)(1), [SEED for SEED in range(2)], SEED)
class A:
    SEED = SEED + 1
    def m(self):
        return SEED
print(A.SEED, A().m())
==== f-strings
N = 3
text = "x"
print(f"{N} {N=} {N + 1 = :>5} {text!r:>{N}} {'a' * N}")
print(f"""{
    N
}""", f"{[N for N in range(N)]}")
==== the lower case name is used within
SEED = 3
f = lambda seed: SEED + seed
print(f(1), [SEED + seed for seed in range(2)])
==== functions read it before and after
def f():
    return LATER + 1
LATER = 2
print(f(), LATER)
==== global
def reset():
    global K
    print(K)
K = 4
reset()
print(K)
==== a query and a formula
import pandas as pd
LIMIT = 1
df = pd.DataFrame({"a": [1, 2, 3]})
print(df.query("a > @LIMIT"), df.eval("a + @LIMIT"))
==== a text that only the run knows
import pandas as pd
LIMIT = 1
df = pd.DataFrame({"a": [1, 2, 3]})
text = "a > @" + "LIM" + "IT"
print(df.query(text))
==== lifted parameters
width = 12
START = 2
def bucket(v):
    return (v + START) // width
print([bucket(v) for v in (1, 30)], list(map(bucket, [40])))
==== a list is one object
names = ["b", "a"]
same = names
print(same is names, sorted(names), names)
same.append("c")
print(names)
==== columns
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
numeric = ["a", "b"]
df[numeric] = df[numeric] * 2
print(df[numeric + ["a"]], numeric)
numeric
==== parentheses, signs and powers
T = -2
print(T ** 2, -T, +T, abs(T), not T, T.real, "%d" % T)
T
==== text over lines and of many kinds
QUERY = """
  a
    b"""
LONG = ("one "
        "two")
RAW = r"\\d+"
print(QUERY, LONG, RAW, repr(QUERY))
==== keywords in nested calls
def f(*args, alpha=0, seed=0, epochs=0):
    return args, alpha, seed, epochs
print(f(f(1, epochs=2, seed=-3), f(2, epochs=3), seed=7, epochs=(4)))
for i in range(2):
    if f(i, epochs=i) and f(i, epochs=5)[3]: print(f(epochs = 5, seed = 7))
==== two statements on one line
def f(epochs): return epochs
é = "é"; x = f(epochs=5); print(x, é, f(epochs=6)); y = f(epochs=7)
print(x, y)
==== a name of ours
config = {"seed": 1}
SEED = 2
def show(v, epochs): print(v, epochs, config)
show(SEED, epochs=3)
==== identity of what is set
A = 1000
B = A
print(A is B)
==== try, with and del
LIMIT = 3
try:
    x = LIMIT / 0
except ZeroDivisionError as error:
    x = LIMIT
print(x)
y = 1
del y
print(LIMIT)
==== a function that is compiled sees numbers only
rate = 3
def compiled(f):
    constants = [c.cell_contents for c in f.__closure__ or ()] or [f.__globals__[n] for n in f.__code__.co_names]
    return lambda v: v * constants[0]
@compiled
def times(v):
    return v * rate
print(times(2))
==== in a nested function
K = 5
def outer():
    def inner(K):
        return K
    return inner(1) + K
handlers = [outer, lambda: K]
print([h() for h in handlers])
''')


@pytest.mark.parametrize("case", TRICKY)
def test_the_package_does_what_the_cells_do(case: str) -> None:
    verdict = examine(TRICKY[case])
    assert verdict.kind == "same", f"{verdict.detail}\n{verdict.package}\n{verdict.files}"


def own(project: Project, module: str) -> str:
    """Return a module, or, for `stages`, all that hold units."""
    code = code_of(project)
    return "".join(code[m] for m in MODULES if m in code) if module == "stages" else code[module]


def test_few_settings_are_parameters_and_many_come_as_config(tmp_path: Path) -> None:
    few = converted(
        tmp_path / "few", "def f(x, epochs, lr):\n    return x", "x = [1]\nx.append(f(x, epochs=2, lr=0.1))"
    )
    many = converted(
        tmp_path / "many", "def f(**k):\n    return k", "x = [2]\nx.append(f(epochs=2, lr=0.1, seed=3, cv=4))\nprint(x)"
    )

    assert "_x(*, epochs: int, learning_rate: float)" in own(few, "stages")
    assert "f(x, epochs=epochs, lr=learning_rate)" in own(few, "stages")
    assert "_x(epochs=config.epochs, learning_rate=config.learning_rate)" in own(few, "pipeline")
    assert "from small_book.config import Config\n" in own(many, "stages")
    assert "_x(config: Config)" in own(many, "stages")
    assert "seed=config.seed" in own(many, "stages")
    assert "_x(config)" in own(many, "pipeline")


def test_a_class_of_the_notebook_keeps_its_name(tmp_path: Path) -> None:
    project = converted(
        tmp_path, "class Config:\n    pass\nconfig = Config()", "SEED = 1\nprint(SEED, config.__class__)"
    )

    assert "def run(settings: Settings = Settings()) -> None:" in own(project, "pipeline")
    assert "print(settings.seed, config.__class__)" in own(project, "pipeline")


BOOK = (
    "from pathlib import Path\nSEED = 3\nrate = 0.5\nfast = False",
    "def draw(n, *, random_state):\n    return [(random_state * k) % 7 for k in range(n)]",
    "values = draw(4, random_state=3)",
    "print(SEED, rate, fast, values, draw(2, random_state=SEED))",
    "print(open('in.txt').read())",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package and what it reads."""
    folder = tmp_path_factory.mktemp("book")
    project = converted(folder, *BOOK)
    for name, data in project.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "in.txt").write_text("in")
    (folder / "other.txt").write_text("other")
    (folder / "some.toml").write_text("seed = 5\nrate = 1\n")
    (folder / "typo.toml").write_text("sed = 5\n")
    (folder / "wrong.toml").write_text("seed = true\n")
    (folder / "broken.toml").write_text("seed = = 1\n")
    return folder


def run(place: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(place / "src"), **variables}
    command = [sys.executable, "-B", "-m", "small_book", *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=60)


def test_defaults_are_the_notebook_s(place: Path) -> None:
    assert run(place).stdout == "3 0.5 False [0, 3, 6, 2] [0, 3]\nin\n"


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (("--set", "seed=2"), {}, "2 0.5 False [0, 2, 4, 6] [0, 2]\nin\n"),
        (("--set", "rate=2", "--set", "fast=yes"), {}, "3 2.0 True [0, 3, 6, 2] [0, 3]\nin\n"),
        (("--config", "some.toml"), {}, "5 1.0 False [0, 5, 3, 1] [0, 5]\nin\n"),
        (("--config", "some.toml", "--set", "seed=2"), {}, "2 1.0 False [0, 2, 4, 6] [0, 2]\nin\n"),
        ((), {"SMALL_BOOK_IN_TXT": "other.txt"}, "3 0.5 False [0, 3, 6, 2] [0, 3]\nother\n"),
        (("--set", "in_txt=in.txt"), {"SMALL_BOOK_IN_TXT": "other.txt"}, "3 0.5 False [0, 3, 6, 2] [0, 3]\nin\n"),
        ((), {"SMALL_BOOK_SEED": "4"}, "3 0.5 False [0, 3, 6, 2] [0, 3]\nin\n"),
    ],
)
def test_settings_change_the_run(
    arguments: tuple[str, ...], variables: dict[str, str], expected: str, place: Path
) -> None:
    done = run(place, *arguments, **variables)
    assert done.stdout == expected, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "sed=2"), "--set sed=2: no setting is called 'sed'; did you mean 'seed'?"),
        (("--set", "seed=1.5"), "--set seed=1.5: expected a value of type int"),
        (("--config", "typo.toml"), "--config typo.toml: sed: no setting is called 'sed'; did you mean 'seed'?"),
        (("--config", "wrong.toml"), "--config wrong.toml: seed: expected a value of type int"),
        (("--config", "broken.toml"), "--config broken.toml: Invalid value (at line 1, column 8)"),
        (("--config", "none.toml"), "--config none.toml: No such file or directory"),
    ],
)
def test_wrong_settings_are_refused(arguments: tuple[str, ...], message: str, place: Path) -> None:
    done = run(place, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {message}" in done.stderr


def test_help_lists_the_settings(place: Path) -> None:
    shown = run(place, "--help").stdout
    assert "  seed: int = 3\n  rate: float = 0.5\n  fast: bool = False\n  in_txt: str = 'in.txt'\n" in shown


def test_readme_lists_the_settings_and_how_to_change_them(place: Path) -> None:
    text = (place / "README.md").read_text(encoding="utf-8")
    assert "| `seed` | `int` | `3` | cells 1 and 3 |" in text
    assert "`SMALL_BOOK_IN_TXT`" in text
    assert "--set seed=3" in text
    assert "--config settings.toml" in text
