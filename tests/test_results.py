"""What `run()` hands back: which names, in which form, and that handing them back changes nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fuzz import described, random_notebooks
from harness import close_worker, examine
from making import code_of, converted, notebook

from nb2pkg.errors import PlanError
from nb2pkg.model import Project, Unit
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan import make
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.plan.results import bound_at_end
from nb2pkg.plan.story import Story
from nb2pkg.project.build import build_project


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


LEARN = (
    "from sklearn.linear_model import LogisticRegression, Ridge\nfrom sklearn.metrics import accuracy_score, roc_curve"
)
DATA = "X, y = [[1.0], [2.0], [3.0]], [0, 1, 1]"

# cells -> results
CHOSEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a fitted model and its score": (
        (LEARN, DATA, "clf = LogisticRegression()", "clf.fit(X, y)", "acc = clf.score(X, y)", "print(acc)"),
        ("clf", "acc"),
    ),
    "a model from a file": (("import joblib", DATA, "clf = joblib.load('m')", "print(clf.predict(X))"), ("clf",)),
    "what fit returns": (
        ("import statsmodels.api as sm", DATA, "fitted = sm.OLS(y, X).fit()", "fitted.params"),
        ("fitted",),
    ),
    "a scaler": (
        (
            "from sklearn.preprocessing import StandardScaler",
            DATA,
            "scaler = StandardScaler()",
            "Z = scaler.fit_transform(X)",
        ),
        ("scaler",),
    ),
    "a class of the notebook's own": (
        ("import torch.nn as nn", "class Net(nn.Module):\n    pass", "net = Net()\nloss = nn.MSELoss()"),
        ("net",),
    ),
    "a metric's value, computed on": (
        (
            "import numpy as np\nfrom sklearn.metrics import mean_squared_error",
            DATA,
            "rmse = np.sqrt(mean_squared_error(y, y))",
        ),
        ("rmse",),
    ),
    "a statistical test": (("from scipy import stats", DATA, "t, p_value = stats.ttest_ind(y, y)"), ("p_value",)),
    "a number called as metrics are": (
        ("hits = 3\nn_hits = float(hits)", "accuracy = n_hits / 4", "print(accuracy)"),
        ("accuracy",),
    ),
    "the frame that was saved": (
        (
            "import pandas as pd",
            "df = pd.read_csv('a.csv')",
            "totals = df.groupby('a').sum()",
            "totals.to_csv('b.csv')",
        ),
        ("totals",),
    ),
    "the frame that was shown last": (
        ("import pandas as pd", "df = pd.read_csv('a.csv')", "means = df.groupby('a').mean()", "means.head()"),
        ("means",),
    ),
    "no frame that is beside a model": (
        (
            f"{LEARN}\nimport pandas as pd",
            DATA,
            "frame = pd.DataFrame(X)\nframe['a'] = 1\nleft = len(frame)",
            "clf = Ridge().fit(X, y)",
            "print(frame.head(), left)",
        ),
        ("clf",),
    ),
    "no data that were just loaded": (("import pandas as pd", "df = pd.read_csv('a.csv')", "df.head()"), ()),
    "no predictions, no curves": ((LEARN, DATA, "fpr, tpr, _ = roc_curve(y, y)", "print(fpr)"), ()),
    "no loop variables": ((LEARN, DATA, "for model in [Ridge(), Ridge(2)]:\n    model.fit(X, y)"), ()),
    "nothing that may be unbound": (
        (LEARN, DATA, "if len(y) > 2:\n    acc = accuracy_score(y, y)\n    print(acc)"),
        (),
    ),
    "nothing that is deleted": ((LEARN, DATA, "acc = accuracy_score(y, y)", "print(acc)\ndel acc"), ()),
    "no settings": (("accuracy = 0.5", "print(accuracy)"), ()),
    "nothing private": ((LEARN, DATA, "_acc = accuracy_score(y, y)", "print(_acc)"), ()),
    "nothing that functions write": (
        (LEARN, DATA, "acc = accuracy_score(y, y)", "def more():\n    global acc\n    acc += 1\nmore()\nprint(acc)"),
        (),
    ),
    "nothing whose end counts": (
        (
            "class Model:\n    def fit(self): pass\n    def __del__(self): print('gone')",
            "m = Model()\nm.fit()\nprint('end')",
        ),
        (),
    ),
    "nothing at all": (("a = [1]", "print(a)"), ()),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_results_are(case: str, tmp_path: Path) -> None:
    cells, expected = CHOSEN[case]
    assert plan_notebook(notebook(tmp_path, *cells))[1].results == expected


def returned(project: Project) -> dict[str, int]:
    """Return how many values each function gives back."""
    functions = [
        node for text in code_of(project).values() for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
    ]
    found = {}
    for function in functions:
        last = function.body[-1]
        value = last.value if isinstance(last, ast.Return) else None
        found[function.name] = len(value.elts) if isinstance(value, ast.Tuple) else int(value is not None)
    return found


def test_a_second_value_is_given_back_only_for_the_one_model_or_metric(tmp_path: Path) -> None:
    fit = "clf = Ridge()\nclf.fit(X, y)\nleft = sum(y)\nacc = clf.score(X, y)\nworse = clf.score(X, y) / 2"
    plan = plan_notebook(notebook(tmp_path, LEARN, DATA, fit, "print(left)"))[1]

    assert plan.results == ("clf", "worse")
    assert all(len(u.outputs) < 2 for u in plan.units if u.kind == "function")


def test_a_metric_is_no_second_value_where_there_is_another(tmp_path: Path) -> None:
    first = "base = accuracy_score(y, y)"
    second = "left = sum(y)\nacc = accuracy_score(y, y)"
    plan = plan_notebook(notebook(tmp_path, LEARN, DATA, first, second, "print(left, base)"))[1]

    assert plan.results == ("base",)


CELLS = (
    "import math\nfrom fractions import Fraction",
    "#md ## Fit",
    "class Mean:\n    def fit(self, v):\n        self.value = Fraction(sum(v), len(v))\n        return self\n"
    "    def predict(self, v):\n        return [self.value for _ in v]",
    "values = [1, 2, 4]\nvalues.append(math.floor(4.5))\nmodel = Mean()\nmodel.fit(values);",
    "guesses = model.predict(values)\nerror = max(abs(g - v) for g, v in zip(guesses, values))\nprint(error)",
    "#md ## Judge",
    "accuracy = float(error) / 2",
    "print(accuracy)",
    "scores = {'half': accuracy, 'nan': math.nan, 'model': model}",
    "print(scores['nan'])",
)

SHOWN = "7/4\n0.875\nnan\n"


def test_the_story_hands_back_a_dataclass(tmp_path: Path) -> None:
    project = converted(tmp_path, *CELLS)
    code = code_of(project)

    assert "class Results:" in code["pipeline"]
    assert "def run() -> Results:" in code["pipeline"]
    assert '__all__ = ["Results", "run"]' in code["__init__"]
    assert examine([c for c in CELLS if not c.startswith("#md")]).kind == "same"
    assert max(returned(project).values()) <= 2


def test_no_results_no_class(tmp_path: Path) -> None:
    code = code_of(converted(tmp_path, "a = [1]", "print(a)"))

    assert "def run() -> None:" in code["pipeline"]
    assert "Results" not in "".join(code.values())
    assert "metrics" not in code


def test_our_names_give_way(tmp_path: Path) -> None:
    cells = (
        "class Results:\n    def fit(self): return self",
        "dataclass, Any, run = [1], [2], [3]",
        "m = Results().fit()",
        "print(dataclass, Any, run)",
    )
    code = code_of(converted(tmp_path, *cells))

    assert "class RunResults:" in code["pipeline"]
    assert "from typing import Any as _Any" in code["pipeline"]
    assert '__all__ = ["RunResults", "run_pipeline"]' in code["__init__"]
    assert examine(cells).kind == "same"


def installed(project: Project, folder: Path) -> dict[str, str]:
    """Write a project and return the environment in which its package is found."""
    for name, data in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return {**os.environ, "PYTHONPATH": str(folder / "src")}


def python(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_results_and_json_of_a_package(tmp_path: Path) -> None:
    environment = installed(converted(tmp_path, *CELLS), tmp_path)
    code = "from small_book import run; r = run(); print(sorted(vars(r)), r.model.value, r.scores['half'])"

    plain = python(tmp_path, environment, "-m", "small_book")
    as_json = python(tmp_path, environment, "-m", "small_book", "--json")
    called = python(tmp_path, environment, "-c", code)

    assert plain.stdout == SHOWN, plain.stderr
    assert as_json.stderr == plain.stdout
    assert json.loads(as_json.stdout) == {"accuracy": 0.875, "scores": {"half": 0.875, "nan": None}}
    assert called.stdout == SHOWN + "['accuracy', 'error', 'model', 'scores'] 11/4 0.875\n", called.stderr


def test_a_plan_with_results_survives_a_round_trip(tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, *CELLS))
    text = plan_text(plan, flow)

    assert plan.results
    assert apply_plan(text, "plan.toml", flow, plan) == plan
    assert build_project(flow, apply_plan(text, "plan.toml", flow, plan)).files == build_project(flow, plan).files


def line_of_results(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("results ="))


@pytest.mark.parametrize(("names", "shown"), [('["values", "guesses"]', "guesses=guesses"), ("[]", "-> None:")])
def test_people_choose_the_results(names: str, shown: str, tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, *CELLS))
    text = plan_text(plan, flow)

    project = build_project(
        flow, apply_plan(text.replace(line_of_results(text), f"results = {names}"), "p.toml", flow, plan)
    )
    done = python(tmp_path, installed(project, tmp_path), "-m", "small_book")

    assert shown in code_of(project)["pipeline"]
    assert done.stdout == SHOWN, done.stderr


@pytest.mark.parametrize("name", ["nothing", "math", "Mean", "print", "self"])
def test_a_result_that_nothing_surely_binds_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, *CELLS))
    text = plan_text(plan, flow)
    line = text.splitlines().index(line_of_results(text)) + 1

    with pytest.raises(PlanError, match=f"`{name}` can't be a result") as caught:
        apply_plan(text.replace(line_of_results(text), f'results = ["{name}"]'), "p.toml", flow, plan)
    assert f"p.toml:{line}" in str(caught.value)


def test_results_are_a_list_of_names(tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, *CELLS))
    text = plan_text(plan, flow)
    with pytest.raises(PlanError, match="list of names"):
        apply_plan(text.replace(line_of_results(text), 'results = "model"'), "p.toml", flow, plan)


def test_what_binds_a_result_cannot_be_dropped(tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, LEARN, DATA, "acc = accuracy_score(y, y)"))
    text = plan_text(plan, flow)
    last = text.partition("\n\n[needs]")[0].rsplit("\n\n", 1)[1]

    assert plan.results == ("acc",)
    with pytest.raises(PlanError, match="the result `acc` is bound by a unit that was dropped"):
        apply_plan(text.replace(last, ""), "p.toml", flow, plan)


def test_handing_back_everything_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a notebook ends with may be a result: its units give it out, and do the same."""
    found: list[int] = []

    def everything(story: Story, units: Sequence[Unit]) -> tuple[str, ...]:
        names = tuple(sorted(bound_at_end(story)))
        found.append(len(names))
        return names

    monkeypatch.setattr(make, "choose_results", everything)
    for book in random_notebooks(60, 3):
        verdict = examine(book.cells, book.headings)
        assert not verdict.bad, described(book, verdict)
    assert sum(found) > 200
