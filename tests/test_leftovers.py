"""What nothing depends on is named as a candidate to drop, and what counts is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz import random_notebooks
from harness import close_worker, difference, execute_cells, execute_package
from making import notebook

from nb2pkg.errors import RefusedError
from nb2pkg.model import Flow, Plan
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.plan.leftovers import find_leftovers
from nb2pkg.plan.story import make_story
from nb2pkg.project.build import build_project
from nb2pkg.report.summary import plan_lines


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


HEAD = (
    "import math, random\nimport numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import SGDRegressor, Ridge"
)
END = "print(kept)"

# cells between the two above -> numbers of the cells that could go; the first is cell 2
DROPPED: dict[str, tuple[tuple[str, ...], set[int]]] = {
    "a lost experiment": (("kept = [1]", "other = sorted(kept)\nbest = max(other)"), {3}),
    "a chain of them": (("kept = [1]", "a = len(kept)", "b = a + 1", "c = b * 2"), {3, 4, 5}),
    "a frame with new columns": (
        ("kept = pd.DataFrame({'a': [1]})", "other = pd.DataFrame({'a': [2]})\nother['b'] = 2"),
        {3},
    ),
    "a model that is never asked": (
        ("X, y = [[1.0], [2.0]], [1, 2]\nkept = len(y)", "lost = pd.Series(y)", "frame = pd.DataFrame(X)"),
        {3, 4},
    ),
    "a setting that nothing reads": (("kept = [1]", "rate = 0.5"), {3}),
    "an expression that is not shown": (("kept = [1]\nkept", "kept[0];"), {3}),
    "nothing that is shown": (("kept = [1]", "other = len(kept)", "other"), set()),
    "nothing that is written": (("kept = [1]", "pd.DataFrame(kept).to_csv('a.csv')"), set()),
    "no changes of what counts": (("kept = [1]", "kept.append(2)", "other = kept\nother.append(3)"), set()),
    "no columns of what counts": (("kept = pd.DataFrame({'a': [1]})", "view = kept\nview['b'] = 2"), set()),
    "no seeds and no random numbers": (
        ("kept = [1]", "random.seed(1)", "np.random.seed(2)", "a = np.random.rand()"),
        set(),
    ),
    "no options": (("kept = [1]", "pd.set_option('display.width', 50)", "pd.options.display.width = 60"), set()),
    "no calls of the notebook's own": (
        ("kept = [1]", "def f():\n    kept.append(2)\nf()", "n = list(map(abs, [1]))"),
        {4},
    ),
    "no iterators that count": (("kept = iter([1, 2])", "first = list(kept)"), set()),
    "no fits that draw random numbers": (("kept = [1]", "m = SGDRegressor()\nm.fit([[1.0], [2.0]], [1, 2])"), set()),
    "nothing in loops": (("kept = [1]", "for n in kept:\n    other = n"), set()),
    "no assertions": (("kept = [1]", "assert kept"), set()),
    "nothing that a function reads later": (
        ("kept = [1]", "extra = [2]", "def f():\n    return extra\nkept = kept + f()"),
        set(),
    ),
}


def leftovers(flow: Flow, plan: Plan) -> list[int]:
    """Return the cells of the units that could go."""
    story = make_story(flow, classify(flow), plan.results)
    return [flow.statements[i].location.cell for u in find_leftovers(plan, story) for i in u.statements]


@pytest.mark.parametrize("case", DROPPED)
def test_candidates_to_drop_are(case: str, tmp_path: Path) -> None:
    cells, expected = DROPPED[case]
    apart = [part for number, cell in enumerate(cells) for part in (f"#md ## Part {number}", cell)]  # one unit each
    flow, plan = plan_notebook(notebook(tmp_path, HEAD, *apart, "#md ## End", END))
    assert {cell // 2 + 1 for cell in leftovers(flow, plan)} == expected


def test_a_result_is_no_leftover(tmp_path: Path) -> None:
    cells = (
        "from sklearn.linear_model import Ridge\nX, y = [[1.0]], [1]", "m = Ridge()\nm.fit(X, y)", "#md ## n",
        "n = len(y)",
    )  # fmt: skip
    flow, plan = plan_notebook(notebook(tmp_path, *cells))
    assert plan.results == ("m",)
    assert set(leftovers(flow, plan)) == {4}


def test_the_plan_names_them_for_people(tmp_path: Path) -> None:
    flow, plan = plan_notebook(
        notebook(tmp_path, "kept = [1]", "#md ## Sort", "other = sorted(kept)", "#md ## End", "print(kept)")
    )
    text = "\n".join(plan_lines(flow, plan))
    assert re.search(r"take it out of the plan:\n  \w+\.\w+ \(cell 3\)$", text), text


def test_without_leftovers_nothing_is_said(tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, "kept = [1]", "print(kept)"))
    assert "take it out" not in "\n".join(plan_lines(flow, plan))


def test_what_could_go_makes_no_difference(tmp_path: Path) -> None:
    """Random notebooks without their leftovers show what they showed with them."""
    dropped = 0
    for book in random_notebooks(60, 8):
        try:
            flow, plan = plan_notebook(notebook(tmp_path, *book.cells, name="fuzzed.ipynb"))
        except RefusedError:
            continue
        left = find_leftovers(plan, make_story(flow, classify(flow), plan.results))
        head, *parts = plan_text(plan, flow).strip().split("\n\n")
        units = [part for part in parts if part.startswith("[[units]]")]
        settings = [part for part in parts if part.startswith("[[settings]]")]
        kept = [text for text, unit in zip(units, plan.units, strict=True) if unit not in left]
        dropped += len(left)
        project = build_project(flow, apply_plan("\n\n".join([head, *kept, *settings]), "plan.toml", flow, plan))
        prefix = f"src/{project.package}/"
        files = {name: data.decode() for name, data in project.files.items() if name.startswith(prefix)}
        wrong = difference(execute_cells(book.cells), execute_package(project.package, files), project.package)
        assert not wrong, f"{wrong}\n{book}"
    assert dropped > 20
