"""Stages that run one after the other in processes of their own do what one run does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from executed import FOLDERS
from harness import normalized
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import code_of, notebook

from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook
from nb2pkg.plan import tasks
from nb2pkg.plan.stages import STAGES

NAMES = ("a", "b", "c")
# One statement each; a letter in angles is a name of the notebook.
SIMPLE = (
    "<1> = [3, 1, 2]",
    "<1> = {'k': [1], 'n': 2}",
    "<1> = <2>",
    "<1> = [<2>, <2>]",
    "<1> = (<2>, <3>)",
    "<1> = Box(<2>)",
    "<1> = random.random()",
    "<1> = np.random.rand(2).round(6).tolist()",
    "<1> = np.arange(6).reshape(2, 3)",
    "<1> = np.asarray(<2>)[..., 1:]",
    "<1> = random.Random(4)",
    "<1> = lambda v: v",
    "<1> = iter([1, 2])",
    "<1> = {1, 2}",
    "if isinstance(<1>, list):\n    <1>.append(len(<1>))",
    "if isinstance(<1>, np.ndarray) and <1>.size and <1>.dtype != object:\n    <1>[..., 0] = 7",
    "if isinstance(<1>, Box):\n    <1>.held = <2>",
    "if isinstance(<1>, random.Random):\n    print(<1>.randint(0, 99))",
    "print(text(<1>), <1> is <2>)",
    "print(text([<1>, <2>, <3>]))",
    "for item in range(2):\n    <1> = [<1>, item]",
    "random.seed(5)",
    "np.random.seed(6)",
    "np.set_printoptions(precision=2)",
    "random.shuffle(numbers)\nprint(numbers)",
)
HEAD = """import random
import numpy as np

class Box:
    def __init__(self, held):
        self.held = held

def text(value, depth=0):
    if depth > 3 or callable(value) or 'iterator' in type(value).__name__:
        return '...'
    if isinstance(value, (list, tuple)):
        return str([text(v, depth + 1) for v in value])
    if isinstance(value, Box):
        return 'Box ' + text(value.held, depth + 1)
    return type(value).__name__ if isinstance(value, random.Random) else str(value)
"""
START = "random.seed(1)\nnp.random.seed(2)\nnumbers = [1, 2, 3, 4]\na = [1]\nb = a\nc = {'k': b}"


@st.composite
def small_notebooks(draw: Callable[..., Any]) -> tuple[str, ...]:
    """Return cells whose values share what they hold."""

    def statement() -> str:
        found = str(draw(st.sampled_from(SIMPLE)))
        names = draw(st.permutations(NAMES))
        return re.sub(r"<(\d)>", lambda m: names[int(m[1]) - 1], found)

    cells = ["\n".join(statement() for _ in range(draw(st.integers(1, 3)))) for _ in range(draw(st.integers(2, 6)))]
    return (HEAD, START, *cells, "print(text(a), text(b), text(c), a is b, b is c, random.random(), np.random.rand())")


def cut_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each cell be a stage of its own, where nothing else speaks against it."""
    monkeypatch.setattr(tasks, "stage_of", lambda statements, *_: STAGES[statements[0].location.cell % 8])
    monkeypatch.setattr(tasks, "_MOST_CROSSING", 99)
    monkeypatch.setattr(tasks, "_MOST_TASKS", 99)


def stages_of(project: Project) -> list[str]:
    """Return the stages of a project; none of one that is a single task."""
    return re.findall(r'^    "(\w+)": Stage', code_of(project).get("stages", ""), re.M)


def written(project: Project, folder: Path) -> Path:
    for name, content in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def run(home: Path, package: str, work: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(home / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", package, *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
    )


def compare(project: Project, folder: Path, data: Path | None = None, *arguments: str) -> None:
    """Check that the stages print, and leave in their folder, what one run does."""
    home = written(project, folder / "project")
    for name in ("once", "staged"):
        if data is None:
            (folder / name).mkdir()
        else:
            shutil.copytree(data, folder / name)
    whole = run(home, project.package, folder / "once", *arguments)
    shown, errors = "", ""
    for stage in stages_of(project):
        part = run(
            home,
            project.package,
            folder / "staged",
            *("--stage", stage, "--state", str(folder / "state"), *arguments),
        )
        shown, errors = shown + part.stdout, errors + part.stderr
        if part.returncode:
            break
    assert normalized(shown, project.package) == normalized(whole.stdout, project.package), errors
    assert part.returncode == whole.returncode, errors
    if not whole.returncode:
        assert errors == whole.stderr
        assert files_in(folder / "staged") == files_in(folder / "once")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_stages_of_random_notebooks_do_what_one_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_everywhere(monkeypatch)
    counts: list[int] = []

    @settings(
        max_examples=int(os.environ.get("NB2PKG_STAGE_EXAMPLES", "25")),
        deadline=None,
        database=None,
        derandomize="NB2PKG_STAGE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(small_notebooks())
    def check(cells: Sequence[str]) -> None:
        with tempfile.TemporaryDirectory() as name:
            project = convert_notebook(notebook(Path(name), *cells), schedules=("airflow",))
            counts.append(len(stages_of(project)))
            if counts[-1]:
                compare(project, Path(name) / "runs")

    check()
    assert sum(count > 1 for count in counts) > len(counts) / 4


@pytest.mark.parametrize("name", ["churn", "wine", "simulation", "reviews_ja"])
def test_stages_of_examples_do_what_one_run_does(name: str, tmp_path: Path) -> None:
    project = convert_notebook(FOLDERS[name] / f"{name}.ipynb", schedules=("airflow",))
    results = () if name == "simulation" else ("--output", "results.json")

    assert len(stages_of(project)) > 1
    compare(project, tmp_path, FOLDERS[name], *results)


def test_run_calls_the_stages() -> None:
    modules = code_of(convert_notebook(FOLDERS["wine"] / "wine.ipynb", schedules=("airflow",)))

    assert (
        "    wines = load_wines(config)\n    explore(wines)\n    split = prepare(wines, config)\n"
        in modules["pipeline"]
    )
    assert modules["pipeline"].count("load_wines(") == 2
    assert "stages" not in code_of(convert_notebook(FOLDERS["wine"] / "wine.ipynb"))


WORK = "#md ## Load\n", "import pandas as pd\ndf = pd.DataFrame({'x': [1.0, 2]})", "#md ## Train\n"
FIT = "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression().fit(df, [1, 2])\nprint(len(df))"


def why_whole(folder: Path, *cells: str) -> str:
    """Return what the DAG of a notebook says of why it is one task; the empty string when there are several."""
    project = convert_notebook(notebook(folder, *cells), schedules=("airflow",))
    dag = project.files["deploy/airflow_small_book.py"].decode()
    return "" if stages_of(project) else "\n".join(re.findall(r"^# - (.*)", dag, re.M))


def test_values_are_all_that_crosses_a_border(tmp_path: Path) -> None:
    assert why_whole(tmp_path, *WORK, FIT) == ""
    assert why_whole(tmp_path, "import warnings\nwarnings.filterwarnings('ignore')", *WORK, FIT) == ""
    assert why_whole(tmp_path, "import random\nrandom.seed(3)", *WORK, FIT) == ""


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        ("import pandas as pd\npd.set_option('display.width', n)", "the steps above change what `pandas.set_option`"),
        ("import os\nos.environ['A'] = str(n)", "the steps above change the environment"),
        ("import os\nos.chdir('.' * n)", "the steps above change the working folder"),
        ("import sys\nsys.path.append(str(n))", "the steps above change where modules are found"),
        ("import json\njson.extra = n", "the steps above change `json`"),
        ("import logging", "`logging` keeps state of its own"),
        ("def f(a, seen=[]):\n    seen.append(a)\n    return len(seen)", "a function's default value may change"),
        ("import functools\n@functools.lru_cache\ndef f(a):\n    print(a)", "`f` remembers results"),
        ("class A:\n    made = []", "`A` holds values that all its objects share"),
        ("class A:\n    pass\ndef f():\n    A.count = 1", "a function may change `A`"),
        ("def f():\n    global n\n    n = 2\nf()", "functions write `n`"),
        (
            "def f():\n    import random\n    print(random.random())\nimport itertools\nlazy = itertools.count()",
            "`lazy`",
        ),
        ("lazy = (v for v in range(9))", "`lazy` can't be handed"),
        ("lazy = open('data.txt', 'w')", "`lazy` can't be handed"),
        ("lazy = lambda v: v + k\nk = 1", "functions in `run()`"),
        ("class A:\n    def __del__(self):\n        print('gone')\nlazy = A()", "`lazy` can't be handed"),
        ("import matplotlib.pyplot as plt\nlazy, _ = plt.subplots()", "`lazy` can't be handed"),
    ],
)
def test_nothing_is_cut_where_more_than_values_crosses(above: str, reason: str, tmp_path: Path) -> None:
    head = "n = len('a')\nn += 1\nlazy = 0\n" if "lazy" in above else "n = len('a')\nn += 1\n"
    use = "\nprint(lazy)" if "lazy" in above else ""

    assert reason in why_whole(tmp_path, head + above, *WORK, FIT + use)


def test_views_of_frames_cross_where_nothing_is_written_into_frames(tmp_path: Path) -> None:
    view = "held = df['x'].values"

    assert why_whole(tmp_path, *WORK[:2], view, WORK[2], f"{FIT}\nprint(held)") == ""
    written_into = f"{FIT}\ndf.loc[0, 'x'] = 5\nprint(held)"
    assert "`held` can't be handed" in why_whole(tmp_path, *WORK[:2], view, WORK[2], written_into)


def test_a_stage_needs_the_one_before_it_and_the_same_settings(tmp_path: Path) -> None:
    project = convert_notebook(FOLDERS["simulation"] / "simulation.ipynb", schedules=("airflow",))
    home, state = written(project, tmp_path / "project"), str(tmp_path / "state")

    def stage(name: str, *more: str) -> subprocess.CompletedProcess[str]:
        return run(home, "simulation", tmp_path, "--stage", name, "--state", state, *more)

    early = stage("train")
    assert (early.returncode, early.stdout) == (2, "")
    assert "the stage prepare has not run yet" in early.stderr
    assert stage("prepare").returncode == 0
    assert "the stage prepare ran with other settings" in stage("train", "--set", "seed=9").stderr
    assert run(home, "simulation", tmp_path, "--stage", "train").returncode == 2
    assert stage("train").returncode == 0
    assert stage("train").stdout == stage("train").stdout != ""  # what it found is still there: it can be tried again
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_the_same_nan_is_the_same_below(tmp_path: Path) -> None:
    above = (
        "import math\nimport numpy as np\nimport pandas as pd\n"
        "own = float('nan')\nvalues = [own, np.nan, math.nan, 1.5]\n"
        "table = pd.DataFrame({'a': pd.Series(['x', np.nan], dtype=object)})"
    )
    below = (
        "print(own in values, np.nan in values, [v is np.nan for v in values], [v is math.nan for v in values])\n"
        "print(table.a.map(lambda v: v is np.nan).tolist(), values.index(np.nan))"
    )
    fit = FIT.replace("df", "[[1], [2]]")
    project = convert_notebook(
        notebook(tmp_path, "#md ## Load\n", above, "#md ## Train\n", f"{fit}\n{below}"), schedules=("airflow",)
    )
    assert len(stages_of(project)) > 1
    compare(project, tmp_path)


def test_what_can_not_be_written_is_named(tmp_path: Path) -> None:
    code = "class Held:\n    def __reduce__(self):\n        raise TypeError('no')"
    project = convert_notebook(
        notebook(
            tmp_path,
            code,
            "#md ## Load\n",
            "held = Held()\n'a'",
            "#md ## Train\n",
            FIT.replace("df", "[[1], [2]]") + "\nprint(held is None)",
        ),
        schedules=("airflow",),
    )
    first, *_ = stages_of(project)
    home = written(project, tmp_path / "project")
    done = run(home, "small_book", tmp_path, "--stage", first, "--state", str(tmp_path / "state"))

    assert done.returncode == 2
    assert done.stderr == "small_book: no process can be handed held: no\n"
    assert not [*(tmp_path / "state").iterdir()]
