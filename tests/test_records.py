"""Values that are returned together: one frozen dataclass, and what `run()` and functions read of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import close_worker, examine
from making import code_of, converted

SPLIT = (
    "#md ## Values",
    "xs = list(range(10))\nys = [x * 3 + x % 2 for x in xs]\nprint(xs, ys)",
    "#md ## Split",
    "x_train, x_test = xs[::2], xs[1::2]\ny_train, y_test = ys[::2], ys[1::2]\n"
    "n_train = len(x_train)\nn_test = len(x_test)",
    "#md ## What follows",
)
FIT = "slope = sum(x * y for x, y in zip(x_train, y_train)) / sum(x * x for x in x_train)\nslope = round(slope, 6)"
SCORE = (
    "error = 0.0\n"
    "for x, y in zip(x_test, y_test):\n    error += abs(y - slope * x)\n"
    "error = error / len(y_test) / n_test"
)


@pytest.fixture(autouse=True, scope="module")
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


def same(*cells: str) -> None:
    """Check that the package shows what the notebook shows."""
    verdict = examine(cells)
    assert verdict.kind == "same", verdict.detail


def code(folder: Path, *cells: str) -> str:
    """Return the package's modules that hold the notebook's code, after checking that they do what the cells do."""
    same(*cells)
    modules = code_of(converted(folder, *cells))
    return "\n".join(text for _, text in sorted(modules.items()))


def test_four_values_travel_as_one(tmp_path: Path) -> None:
    found = code(tmp_path, *SPLIT, FIT, "#md ## Score", SCORE, "print(slope, error, n_train)")

    assert "@dataclass(frozen=True)\nclass Split:" in found
    assert "    split = preprocessing." in found
    assert "split.n_train" in found


def test_two_fields_are_passed_by_themselves(tmp_path: Path) -> None:
    found = code(
        tmp_path, *SPLIT, FIT, "#md ## Score", SCORE, "print(slope, error)", "print(n_train, n_test, y_train[:1])"
    )

    assert "(split.x_train, split.y_train)" in found


def test_three_fields_are_passed_as_a_whole(tmp_path: Path) -> None:
    found = code(tmp_path, *SPLIT, FIT, "#md ## Score", SCORE, "print(slope, error)", "print(n_train, y_train)")

    assert "split: Split" in found
    assert "zip(split.x_test, split.y_test)" in found


def test_new_values_of_two_fields_make_a_new_record(tmp_path: Path) -> None:
    scale = "top = max(x_train)\nx_train = [x / top for x in x_train]\nx_test = [x / top for x in x_test]"
    found = code(
        tmp_path, *SPLIT, "print(x_train)", scale, FIT, "#md ## Score", SCORE, "print(slope, error, n_train, y_train)"
    )

    assert "x_train=x_train" in found
    assert "y_train=split.y_train" in found


def test_what_a_cell_binds_anew_is_read_by_its_name(tmp_path: Path) -> None:
    same(
        *SPLIT,
        "print(x_train)",
        "x_train = [1, 2, 3]\nprint(x_train)",
        "print(x_train, x_test, y_train, y_test, n_test)",
    )


def test_a_name_that_left_its_record_comes_back(tmp_path: Path) -> None:
    left = "x_train = y_train\nprint(x_train, x_test, y_train, y_test)"
    again = "m = len(ys)\nx_train, x_test, y_train, y_test = [y + m for y in ys], ys[1::2], xs[::2], xs[1::2]"
    cells = (
        *SPLIT,
        "print(x_train, n_train, n_test)",
        "#md ## Left",
        left,
        "#md ## Again",
        again,
        "#md ## End",
        "print(m)",
    )
    same(*cells, "print(x_train, x_test, y_train, y_test)", "print(x_test[0], x_train[0])")


OTHERS = {
    "a function in run() reads a field later": (
        "def f():\n    return x_train\nx_train = x_train + [0]\nprint(f(), x_test, y_train)"
    ),
    "a lambda reads a field later": "g = lambda: x_train[0]\nx_train = [7]\nprint(g(), x_test, y_train, y_test)",
    "a field is changed in place": "x_train.append(99)\nprint(x_train, len(x_test), y_train, y_test)",
    "a field grows by +=": "x_train += [5]\nprint(x_train, x_test, y_train, y_test)",
    "a field is deleted": "del x_test\nprint(x_train, y_train, y_test)",
    "a loop binds a field": "for x_train in [1, 2]:\n    print(x_train)\nprint(x_train, x_test, y_train, y_test)",
    "a branch may bind a field": "if len(xs) > 3:\n    x_train = []\nprint(x_train, x_test, y_train, y_test)",
    "a comprehension hides a field": "print([x_train for x_train in y_train], x_test, y_test)",
    "an f-string shows a field's name": "print(f'{x_train=} {n_test=}', x_test, y_train, y_test)",
    "a class body reads a field": (
        "class A:\n    x_train = x_train\n    n = n_test\nprint(A.x_train, A.n, x_test, y_test)"
    ),
    "a function reads a field by a string": (
        "a = eval('x_train')\nb = [v + n_test for v in a]\nprint(b, x_test, y_test)"
    ),
    "a field is read by a string": "print(eval('x_train'), x_test, y_train, y_test)",
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_reads_and_bindings_are_the_same(case: str) -> None:
    same(*SPLIT, "print(x_train)", OTHERS[case], "print(n_train, n_test)")


def test_a_second_split_of_the_same_names(tmp_path: Path) -> None:
    again = SPLIT[3].replace("xs[::2], xs[1::2]", "zs[2:], zs[:2]")
    cells = (*SPLIT, "print(x_train, x_test, y_train, y_test)", FIT, "print(slope, n_train, n_test)\nzs = ys")
    found = code(
        tmp_path, *cells, "#md ## Again", again, "#md ## End", "print(x_train, x_test, y_train, y_test, n_test)"
    )

    assert found.count("class Split") <= 1
