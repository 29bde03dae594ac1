"""Where the story is cut: interfaces, stages, borders; and what speaks for a stage."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import close_worker, examine
from hypothesis import given, settings
from hypothesis import strategies as st
from making import analysed

from nb2pkg.model import Unit
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.evidence import evidence_of, stage_for
from nb2pkg.plan.explain import explain
from nb2pkg.plan.make import make_plan
from nb2pkg.plan.segmentation import LONGEST, WEIGHTS
from nb2pkg.plan.setting_literals import with_hoisted_settings
from nb2pkg.plan.story import Story, make_story


def units_of(folder: Path, *cells: str) -> list[Unit]:
    """Return the functions that cells become."""
    return [u for u in make_plan(analysed(folder, *cells)).units if u.kind == "function"]


def story_of(folder: Path, *cells: str) -> Story:
    flow = analysed(folder, *cells)
    return with_hoisted_settings(make_story(flow, classify(flow)))


def stages(folder: Path, *cells: str) -> list[str]:
    """Return the stage that most speaks for, of each statement of the story."""
    return [stage_for([scores]) for scores in evidence_of(story_of(folder, *cells), {})]


IMPORTS = (
    "import pandas as pd\nimport matplotlib.pyplot as plt\n"
    "from sklearn.linear_model import LogisticRegression\nfrom sklearn.preprocessing import StandardScaler"
)


def test_loading_and_cleaning_are_two_functions(tmp_path: Path) -> None:
    cell = "df = pd.read_csv('a.csv')\ndf = df.dropna()\ndf = df.drop_duplicates()\ndf['a'] = df['a'].astype(int)"
    found = units_of(tmp_path, IMPORTS, cell, "print(df)")

    assert [u.module for u in found] == ["data", "preprocessing"]
    assert [len(u.statements) for u in found] == [1, 3]


def test_small_cells_that_go_on_are_one_function(tmp_path: Path) -> None:
    cells = ["xs = [2 * n for n in range(5)]", "ys = [x + 1 for x in xs]", "zs = [y * y for y in ys]"]
    (unit,) = units_of(tmp_path, *cells, "print(zs)")

    assert (unit.inputs, unit.outputs) == ((), ("zs",))


def test_no_function_goes_past_a_heading(tmp_path: Path) -> None:
    found = units_of(tmp_path, "xs = [2 * n for n in range(5)]", "#md ## More", "ys = [x + 1 for x in xs]", "print(ys)")

    assert [u.statements for u in found] == [(0,), (1,)]


def test_no_function_goes_past_a_figure_that_is_shown(tmp_path: Path) -> None:
    cells = ["plt.plot([1, 2])\nplt.title('a')", "plt.plot([3, 4])\nplt.title('b')"]
    found = units_of(tmp_path, IMPORTS, *cells)

    assert all(len({s for s in u.statements if s in (4, 5)} & set(u.statements)) in (0, 2) for u in found)
    assert len(found) == 2 or found[0].name == found[1].name


def test_drawing_on_one_figure_is_not_cut(tmp_path: Path) -> None:
    cell = "fig, ax = plt.subplots()\nax.plot([1, 2])\nax.set_title('a')\nax.set_xlabel('x')\nax.grid(True)"
    (unit,) = units_of(tmp_path, IMPORTS, cell)

    assert len(unit.statements) == 5


def test_a_setting_within_a_function_does_not_cut_it(tmp_path: Path) -> None:
    cell = "xs = [n for n in range(9)]\nlimit = 4\nys = [x for x in xs if x < limit]\nzs = [y * 2 for y in ys]"
    (unit,) = units_of(tmp_path, cell, "print(zs)")

    assert unit.statements == (0, 2, 3)
    assert "limit" in unit.inputs


EARLY = {
    "read above": (
        "try:\n    print(rate)\nexcept NameError:\n    print('none')\nrate = 0.5\nx = rate * 2\ny = [x, rate]"
    ),
    "read by a function that is called above": (
        "def f():\n    return rate + 1\ntry:\n    y = f()\nexcept NameError:\n    y = 0\nrate = 4\nx = [y, rate]"
    ),
    "read by a function in run() that is called above": (
        "def g():\n    global hits\n    hits = 1\n    return rate\ntry:\n    y = g()\nexcept NameError:\n    y = -1\n"
        "rate = 3\nx = [y, rate]"
    ),
    "read by a lambda that is called above": (
        "fs = [lambda: rate]\ntry:\n    y = fs[0]()\nexcept NameError:\n    y = -1\nrate = 3\nx = [y, rate]"
    ),
}


@pytest.mark.parametrize("case", EARLY)
def test_a_setting_is_not_there_before_its_place(case: str) -> None:
    verdict = examine((EARLY[case], "print(x, y)"))
    close_worker()
    assert verdict.kind == "same", verdict.detail


def test_what_only_gives_another_name_stays_in_run(tmp_path: Path) -> None:
    assert units_of(tmp_path, "#md ## A", "a = [1]", "print(a)", "#md ## B", "c = a", "print(c)") == []


STAGES = {
    "df = pd.read_csv('a.csv')": "data",
    "df = pd.read_csv('a.csv')\ndf = df.dropna()": "preprocessing",
    "df = pd.read_csv('a.csv')\ndf['b'] = df['a'] * 2": "features",
    "df = pd.read_csv('a.csv')\ndf['a'] = df['a'] * 2": "preprocessing",
    "m = LogisticRegression()\nm.fit([[1], [2]], [0, 1])": "training",
    "s = StandardScaler()\ns.fit([[1], [2]])": "preprocessing",
    "m = LogisticRegression()\np = m.predict([[1]])": "evaluation",
    "fig, ax = plt.subplots()\nax.unheard_of(1)": "visualization",
    "with open('a.txt', 'w') as f:\n    f.write('a')": "export",
    "with open('a.txt') as f:\n    t = f.read()": "data",
    "x = [1, 2, 3]": "data",
    "plt.style.use('ggplot')": "preprocessing",
}


@pytest.mark.parametrize("cell", STAGES)
def test_stage_of_the_last_statement(cell: str, tmp_path: Path) -> None:
    assert stages(tmp_path, IMPORTS, cell)[-1] == STAGES[cell]


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_units_cover_the_story_and_keep_within_bounds(names: list[str], data: st.DataObject) -> None:
    import tempfile

    lines = [f"{n} = [{data.draw(st.sampled_from(names[: i + 1]))} for _ in range(2)]" if i else f"{n} = list(range(3))"
             for i, n in enumerate(names)]  # fmt: skip
    bound: list[str] = []
    cells = []
    for name, line in zip(names, lines, strict=True):
        cells.append(line if not bound else f"{name} = [len({bound[-1]})] + list({bound[0]})")
        bound.append(name)
    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(analysed(Path(folder), *cells, f"print({bound[-1]})"))
    indexes = [i for u in plan.units for i in u.statements]
    assert sorted(indexes) == list(range(len(cells) + 1))
    for unit in plan.units:
        if unit.kind == "function":
            assert len(unit.statements) <= LONGEST
            assert len(unit.inputs) < len(WEIGHTS.inputs)


def test_explain_says_what_other_cuts_would_cost(tmp_path: Path) -> None:
    flow = analysed(
        tmp_path, IMPORTS, "df = pd.read_csv('a.csv')\ndf = df.dropna()\ndf = df.drop_duplicates()", "print(df)"
    )
    plan = make_plan(flow)
    name = next(u.name for u in plan.units if u.module == "preprocessing" and u.kind == "function")
    found = explain(flow, plan, name)

    assert found is not None
    assert found.chosen.cost == pytest.approx(sum(found.chosen.terms.values()))
    assert {"cut after statement 1", "with the function above"} <= {o.what for o in found.others}
    assert found.stages[0][0] == "preprocessing"
    assert explain(flow, plan, "no_such") is None
