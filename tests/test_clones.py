"""Units that do the same become one function, and only where that changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from harness import close_worker, examine
from hypothesis import given, settings
from hypothesis import strategies as st
from making import analysed, code_of, converted, notebook

from nb2pkg.errors import PlanError
from nb2pkg.model import Project
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.plan.repeats import repeated_runs
from nb2pkg.plan.roles import common_name
from nb2pkg.plan.story import make_story
from nb2pkg.plan.units import is_look, is_setting
from nb2pkg.project.build import build_project

START = "xs = [1, 2, 3]\nys = [4, 5, 6]\n"
# What makes cells that tests repeat large enough to be worth a function.
TOTAL = "total_{n} = 0\nfor value in {data}:\n    total_{n} += value * {factor}\nmean_{n} = total_{n} / len({data})"


@pytest.fixture(scope="module", autouse=True)
def worker() -> Iterator[None]:
    yield
    close_worker()


def total(n: str, data: str = "xs", factor: str = "2") -> str:
    return TOTAL.format(n=n, data=data, factor=factor)


def shared_code(tmp_path: Path, *cells: str) -> str:
    """Return all code of the package that is made of cells; the package does what they do."""
    verdict = examine(cells)
    assert verdict.kind == "same", verdict.detail
    return own_code(converted(tmp_path, *cells))


def own_code(project: Project) -> str:
    modules = {u.module for u in project.plan.units} | {"pipeline"}
    return "\n".join(text for name, text in sorted(code_of(project).items()) if name in modules)


def shared_count(tmp_path: Path, *cells: str) -> int:
    """Return how many units of a notebook share a function with others; the package does what the notebook does."""
    verdict = examine(cells)
    assert verdict.kind in {"same", "failed the same"}, verdict.detail
    return sum(len(s.members) for s in converted(tmp_path, *cells).plan.shared)


def test_equal_cells_are_one_function(tmp_path: Path) -> None:
    code = shared_code(tmp_path, START, total("a"), "print(mean_a)", total("a"), "print(total_a, mean_a)")

    assert code.count("for value in xs:") == 1
    assert code.count("total_a, mean_a = ") == 2


def test_renamed_cells_get_the_names_that_they_have_in_common(tmp_path: Path) -> None:
    code = shared_code(tmp_path, START, total("a"), total("b", "ys"), "print(mean_a, mean_b, total_b)")

    assert "    total = 0\n" in code
    assert "    return total, mean\n" in code
    assert "total_a, mean_a = " in code
    assert "total_b, mean_b = " in code


def test_values_become_keyword_parameters(tmp_path: Path) -> None:
    cells = [total("a", factor="2"), total("b", factor="3.5"), total("c", factor="-1")]
    code = shared_code(tmp_path, START, *cells, "print(mean_a, mean_b, mean_c)")

    assert "(xs, factor=2)" in code
    assert "(xs, factor=-1)" in code
    assert code.count("for value in xs:") == 1


def test_a_keyword_names_its_parameter(tmp_path: Path) -> None:
    cells = [
        f"low_{n} = min(xs, default={d})\nhigh_{n} = max(xs, default={d} + 1)\nboth_{n} = low_{n} + high_{n}"
        for n, d in ("a1", "b2")
    ]
    code = shared_code(tmp_path, START, *cells, "print(both_a, both_b)")

    assert "default=1" in code
    assert "default=2" in code
    assert code.count("min(xs, default=default)") == 1


def test_functions_and_imports_may_differ(tmp_path: Path) -> None:
    start = "import math\nimport statistics\n" + START
    cells = [
        f"kept_{n} = [v * 2 for v in xs if v > 1]\nfound_{n} = {f}(kept_{n})\nlast_{n} = found_{n} + 1"
        for n, f in (("a", "statistics.mean"), ("b", "statistics.median"), ("c", "sum"))
    ]
    code = shared_code(tmp_path, start, *cells, "print(last_a, last_b, last_c)")

    assert "def " in code
    assert "statistics.mean" in code
    assert "found = function(kept)" in code


def test_one_variable_may_stand_for_two(tmp_path: Path) -> None:
    cell = "seen_{n} = []\nfor v in {a}:\n    seen_{n}.append(v)\nfor w in {b}:\n    seen_{n}.append(w * 2)"
    cells = [cell.format(n="p", a="xs", b="xs"), cell.format(n="q", a="xs", b="ys")]

    assert "(xs, xs)" in shared_code(tmp_path, START, *cells, "print(seen_p, seen_q)")


def test_a_name_for_a_value_becomes_the_parameter(tmp_path: Path) -> None:
    cell = "factor = {f}\nmade_{n} = []\nfor v in xs:\n    made_{n}.append(v * factor)\nsum_{n} = sum(made_{n})"
    code = shared_code(tmp_path, START, cell.format(f=2, n="a"), cell.format(f=5, n="b"), "print(sum_a, sum_b)")

    assert "factor=2" in code
    assert "factor=5" in code
    assert "factor = " not in code


def test_what_makes_the_model_stays_in_run(tmp_path: Path) -> None:
    models = (
        "class Mean:\n    def __init__(self, k=1):\n        self.k = k\n"
        "    def fit(self, x):\n        self.m = sum(x) * self.k\n        return self\n"
        "    def predict(self, x):\n        return [self.m + v for v in x]\n\n"
        "class Zero(Mean):\n    def __init__(self):\n        self.k = 0\n"
    )
    cell = "# {n}\n{n} = {make}\n{n}.fit(xs)\n{n}_score = sum({n}.predict(ys))\nprint(f'{n}: {{{n}_score}}')"
    cells = [cell.format(n="mean", make="Mean(k=3)"), cell.format(n="zero", make="Zero()")]
    code = shared_code(tmp_path, models + START, *cells, "print(mean_score, zero_score, mean.m)")

    assert "    # mean\n    mean = Mean(k=3)\n    mean_score = training.fit_and_predict(mean, xs, ys)\n" in code
    assert re.search(r"def fit_and_predict\(model, xs: list(\[int\])?, ys: list(\[int\])?\):", code)


def test_a_result_that_only_one_needs_is_returned_to_all_that_need_any(tmp_path: Path) -> None:
    code = shared_code(tmp_path, START, total("a"), total("b", "ys"), "print(mean_a, mean_b, total_b)")
    assert "total_a, mean_a = " in code

    nothing = shared_code(tmp_path, START, total("a"), total("b", "ys"), "print(mean_b)")
    assert re.search(r"^    \w+\.\w+\(xs\)$", nothing, re.M)


def test_comments_that_all_have_stay_and_others_go_to_the_calls(tmp_path: Path) -> None:
    cell = "# {what}\n# by hand\nt_{n} = 0\n# add up\nfor v in xs:  # {n}\n    t_{n} += v * {f}\nm_{n} = t_{n} / 3"
    cells = [cell.format(what="the first", n="a", f=1), cell.format(what="the second", n="b", f=2)]
    code = shared_code(tmp_path, START, *cells, "print(m_a, m_b)")

    assert code.count("# add up") == 1
    assert code.index("# the first") < code.index("# the second")
    assert code.count("# by hand") == 2
    assert "for v in xs:\n" in code


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # a literal that is made anew in each round
        (
            "out_a = []\nfor v in xs:\n    row = [1]\n    row.append(v)\n    out_a.append(row)\nn_a = len(out_a)",
            "out_b = []\nfor v in xs:\n    row = [2]\n    row.append(v)\n    out_b.append(row)\nn_b = len(out_b)",
        ),
        # what an expression gives depends on what ran before it
        (
            "xs.append(1)\nout_a = xs[0] + len(xs)\nn_a = out_a * 2",
            "xs.append(1)\nout_b = xs[0] + sum(xs)\nn_b = out_b * 2 + 1",
        ),
        # text in an f-string
        (
            "t_a = 0\nfor v in xs:\n    t_a += v\nprint(f'first {t_a}')\nout_a = n_a = t_a + 1",
            "t_b = 0\nfor v in xs:\n    t_b += v\nprint(f'second {t_b}')\nout_b = n_b = t_b + 1",
        ),
        # two names in one, one name in the other
        (
            "p_a = sum(xs)\nq_a = p_a + 1\np_a = q_a * 2\nout_a = n_a = p_a - q_a",
            "p_b = sum(xs)\np_b = p_b + 1\nr_b = p_b * 2\nout_b = n_b = r_b - p_b",
        ),
        # attributes
        (
            "w_a = str(xs)\nn_a = w_a + '-'\nout_a = w_a.upper() + n_a",
            "w_b = str(xs)\nn_b = w_b + '-'\nout_b = w_b.title() + n_b",
        ),
        # a value that is shown
        (
            "out_a = sum(xs)\nn_a = [out_a]\nn_a.append(out_a)\nn_a.pop() + out_a",
            "out_b = sum(xs)\nn_b = {out_b}\nn_b.add(out_b)\nm_b = n_b.pop() + out_b",
        ),
    ],
)
def test_what_can_not_be_one_function_is_left_alone(tmp_path: Path, first: str, second: str) -> None:
    assert shared_count(tmp_path, START, first, second, "print(out_a, out_b, n_a, n_b)") == 0


def test_four_differences_are_too_many(tmp_path: Path) -> None:
    cell = "a_{n} = [v + {0} for v in xs]\nd_{n} = [v * {1} - {2} for v in a_{n}][{3}]"
    cells = [cell.format(1, 2, 3, 0, n="p"), cell.format(4, 5, 6, 1, n="q")]

    assert shared_count(tmp_path, START, *cells, "print(d_p, d_q)") == 0


def test_names_that_strings_mean_keep_their_names(tmp_path: Path) -> None:
    start = (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})\nlow = 1\nhigh = 2\nlow = low + 0\nhigh = high + 0"
    )
    cell = "sum_{n} = df['a'].sum()\nkept_{n} = df.query('a > @{n}')\nsum_{n} += kept_{n}['a'].sum()"

    assert shared_count(tmp_path, start, cell.format(n="low"), cell.format(n="high"), "print(sum_low, sum_high)") == 0


def test_closures_see_what_they_saw(tmp_path: Path) -> None:
    start = START + "rate = 2\n\ndef scaled(v):\n    return v * rate\n"
    cell = "t_{n} = 0\nfor v in xs:\n    t_{n} += scaled(v)\nm_{n} = t_{n} / 3"
    cells = [start, cell.format(n="a"), "rate = 5", cell.format(n="b"), "print(m_a, m_b)"]

    assert examine(cells).kind == "same"
    assert shared_count(tmp_path, *cells) in {0, 2}


def test_lambdas_that_outlive_their_cell_are_right(tmp_path: Path) -> None:
    cell = "k_{n} = {k}\nf_{n} = [lambda v: v * k_{n}][0]\ng_{n} = [f_{n}(v) for v in xs]\nh_{n} = sum(g_{n})"

    verdict = examine([START, cell.format(n="a", k=2), cell.format(n="b", k=3), "print(h_a, h_b, f_a(1), f_b(1))"])
    assert verdict.kind == "same"


def test_a_builtin_that_one_cell_binds_is_not_lost(tmp_path: Path) -> None:
    cell = "t_{n} = 0\nfor v in xs:\n    t_{n} += v\n{s} = t_{n} * 2\nm_{n} = t_{n} / 3"
    cells = [START, "print(len(list(xs)))", cell.format(n="a", s="list"), cell.format(n="b", s="other")]

    assert examine([*cells, "print(m_a, m_b, other)"]).kind == "same"


def test_functions_of_the_same_name_stay_one_in_an_edited_plan(tmp_path: Path) -> None:
    path = notebook(tmp_path, START, total("a"), total("b", "ys"), "print(mean_a, mean_b)")
    flow, plan = plan_notebook(path)
    (shared,) = plan.shared
    text = plan_text(plan, flow)

    renamed = apply_plan(text.replace(f'"{shared.name}"', '"add_up"'), "plan.toml", flow, plan)
    assert [s.name for s in renamed.shared] == ["add_up"]
    assert own_code(build_project(flow, renamed)).count("def add_up(") == 1

    apart = apply_plan(text.replace(f'"{shared.name}"', '"add_up"', 1), "plan.toml", flow, plan)
    assert apart.shared == ()
    assert own_code(build_project(flow, apart)).count("for value in ") == 2


def test_functions_that_differ_can_not_have_the_same_name(tmp_path: Path) -> None:
    path = notebook(
        tmp_path, START, "t = 0\nfor v in xs:\n    t += v", "u = [v * v for v in ys]\nu.append(3)", "print(t, u)"
    )
    flow, plan = plan_notebook(path)
    names = [u.name for u in plan.units if u.kind == "function"][-2:]
    text = plan_text(plan, flow).replace(f'"{names[0]}"', '"both"').replace(f'"{names[1]}"', '"both"')

    with pytest.raises(PlanError, match="can't be one"):
        apply_plan(text, "plan.toml", flow, plan)


def test_cells_of_all_members_are_named(tmp_path: Path) -> None:
    project = converted(
        tmp_path, START, total("a"), "print(1)", total("b"), total("c"), "print(mean_a, mean_b, mean_c)"
    )

    assert "(cells 2, 4 and 5)" in own_code(project)
    assert "| cells 2, 4 and 5 |" in project.files["README.md"].decode("utf-8")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("logit_auc", "forest_auc"), "auc"),
        (("y_pred_lr", "y_pred_rf"), "y_pred"),
        (("df1", "df2"), "df"),
        (("x_1", "x_20"), "x"),
        (("trainDf", "testDf"), "df"),
        (("train", "test"), ""),
        (("_", "__"), ""),
    ],
)
def test_names_have_parts_in_common(names: tuple[str, ...], expected: str) -> None:
    assert common_name(names) == expected


def runs(tmp_path: Path, *cells: str) -> tuple[tuple[int, int], ...]:
    flow = analysed(tmp_path, *cells)
    return repeated_runs(make_story(flow, classify(flow)), is_look, is_setting)


REPEATED = "t_{0} = sum(xs)\nu_{0} = t_{0} * 2\nw_{0} = [u_{0}, t_{0}]\n"


def test_runs_are_found_within_cells(tmp_path: Path) -> None:
    first, second = REPEATED.format("a"), REPEATED.format("b")
    found = runs(tmp_path, START, f"p = {{}}\n{first}print(w_a)", f"{second}q = {{1}}\nprint(w_b)")

    assert found == ((3, 5), (7, 9))


def test_runs_of_several_cells_are_whole_cells(tmp_path: Path) -> None:
    cells = [part for n in "ab" for part in REPEATED.format(n).splitlines()]

    assert runs(tmp_path, START, *cells, "print(w_a, w_b)") == ((2, 4), (5, 7))
    assert runs(tmp_path, START, *cells[:2], "#md ## Next", *cells[2:], "print(w_a, w_b)") == ()


def test_runs_do_not_go_past_figures(tmp_path: Path) -> None:
    cell = "import matplotlib.pyplot as plt\n" + START
    cells = ["plt.plot(xs)", "plt.xlabel('x')", "plt.plot(ys)"]

    assert runs(tmp_path, cell, *cells, *cells) == ()


def test_code_that_repeats_itself_without_end_is_cut_somewhere(tmp_path: Path) -> None:
    found = runs(tmp_path, START, "\n".join(f"xs.append({n})" for n in range(40)), "print(xs)")

    assert all(first <= last for first, last in found)
    assert all(a[1] < b[0] for a, b in pairwise(found))


NAMES = st.sampled_from(["a", "b", "left", "right_1", "x2"])
LINES = st.sampled_from(
    [
        "{n}_t = sum({d}) * {k}",
        "{n}_m = [v + {k} for v in {d}]",
        "{n}_s = f'{{len({d})}}'\nprint({n}_s, {k})",
        "for w in {d}:\n    {n}_t = w - {k}",
        "{d}.append({k})",
        "{d} = [*{d}, {k}]",
        "if {k} > 2:\n    {n}_u = {k}\nelse:\n    {n}_u = len({d})",
        "{n}_f = sorted({d}, key=lambda v: v * {k})",
        "keep = {k}\n{n}_t = keep + len({d})",
        "print({d})",
        "{n}_d = {{'k': [{k}], 'd': {d}}}\n{n}_d['k'].append({k})",
        "{n}_t = {f}({d})",
    ]
)


@st.composite
def repeated_cells(draw: st.DrawFn) -> list[str]:
    """Cells that repeat a pattern with other names and values, and a last one that shows all that is left."""
    pattern = draw(st.lists(LINES, min_size=2, max_size=5))
    cells = [START]
    for _ in range(draw(st.integers(2, 4))):
        words = {
            "n": draw(NAMES),
            "d": draw(st.sampled_from(["xs", "ys"])),
            "f": draw(st.sampled_from(["max", "len", "sum"])),
        }
        lines = [line.format(k=draw(st.integers(0, 4)), **words) for line in pattern]
        if draw(st.booleans()):
            lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["# a comment", "print('here')"])))
        cells.append("\n".join(lines))
    shown = "print(sorted((k, str(v)) for k, v in [{}]))"
    names = sorted({f"{n}_{s}" for n in ("a", "b", "left", "right_1", "x2") for s in "tmsufd"})
    bound = [n for n in names if any(f"{n} =" in cell for cell in cells)]
    keep = [n for n in bound if draw(st.booleans())]
    return [*cells, shown.format(", ".join(f"('{n}', {n})" for n in [*keep, "xs", "ys"]))]


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(cells=repeated_cells())
def test_one_function_does_what_the_cells_did(cells: list[str]) -> None:
    verdict = examine(cells)

    assert not verdict.bad, verdict.detail
