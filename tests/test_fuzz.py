"""Random notebooks do the same as their packages; and the comparison sees what it must see."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from fuzz import described, minimised, random_notebooks, stored_notebook, try_notebooks
from harness import Run, close_worker, difference, execute_cells, execute_package
from notebook_strategies import RandomNotebook

EXAMPLES = int(os.environ.get("NB2PKG_FUZZ_EXAMPLES", "300"))
SEED = int(os.environ.get("NB2PKG_FUZZ_SEED", "0"))


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


def test_packages_do_what_notebooks_did() -> None:
    tally = try_notebooks(EXAMPLES, SEED, most_failures=1)
    if tally.failures:
        pytest.fail(described(*minimised(*tally.failures[0])), pytrace=False)
    print(tally.summary())
    assert sum(tally.kinds.values()) == EXAMPLES
    assert tally.scripts == 0
    assert tally.kinds["refused"] <= EXAMPLES / 100, tally.summary()


def test_random_notebooks_mostly_run() -> None:
    """Programs that fail early compare little: few may, and most must show something."""
    runs = [execute_cells(notebook.cells) for notebook in random_notebooks(100, SEED)]
    assert sum(bool(run.error) for run in runs) <= 3, {run.error for run in runs}
    assert sum(bool(run.stdout) for run in runs) >= 90


def test_cells_run_as_in_a_notebook() -> None:
    cells = [
        "x = 2\nclass A:\n    pass\ndisplay(A, None)\nx",
        "_ * 5",
        "_2 + Out[1];",
        "___",
        "None",
        "1 / 0\nprint(x)",
    ]
    run = execute_cells(cells)
    assert run.stdout == "__main__.A\nNone\n2\n10\n''\n"
    assert run.error == "ZeroDivisionError"
    assert run.sure == len(run.stdout)


def test_runs_leave_nothing_behind() -> None:
    changes = (
        "import builtins, sys, os, random\nbuiltins.len = 3\nsys.path.append('zzz')\nos.environ['ZZZ'] = '1'\nname = 1"
    )
    execute_cells([changes, "random.seed(99)"])
    checks = "import sys, os, random\nprint(len('ab'), 'zzz' in sys.path, 'ZZZ' in os.environ, 'name' in globals())"
    run = execute_cells([checks, "random.random()"])
    assert run.stdout.splitlines()[0] == "2 False False False"
    assert execute_cells(["import random", "random.random()"]).stdout == run.stdout.splitlines()[1] + "\n"


def test_package_is_imported_afresh() -> None:
    files = {"src/pack/__init__.py": "", "src/pack/state.py": "seen = []\n"}
    body = "    state.seen.append(1)\n    print(state.seen)\n    return 0\n"
    cli = "from pack import state\n\ndef main(arguments):\n" + body
    for _ in range(2):
        assert execute_package("pack", {**files, "src/pack/cli.py": cli}) == Run("[1]\n")
    assert execute_package("pack", {**files, "src/pack/cli.py": cli.replace("0\n", "2\n")}).error == "status 2"


def test_broken_package_is_an_error_of_its_own() -> None:
    run = execute_package("pack", {"src/pack/__init__.py": "", "src/pack/cli.py": "def main(:\n"})
    assert (run.stdout, run.error) == ("", "SyntaxError")


@pytest.mark.parametrize(
    ("cells", "package"),
    [
        (Run("<class '__main__.A'>\n"), Run("<class 'pack.model.A'>\n")),
        (Run("<function __main__.f(v)>\n"), Run("<function pack.pipeline.run.<locals>.f(v)>\n")),
        (Run("<A object at 0x7f12>\n"), Run("<A object at 0x9abc>\n")),
        (Run("1\n2\n", "NameError", sure=2), Run("1\n", "UnboundLocalError")),
        (Run("1\n", "NameError", sure=2), Run("1\n", "NameError")),
    ],
)
def test_runs_that_are_equal(cells: Run, package: Run) -> None:
    assert difference(cells, package, "pack") == ""


@pytest.mark.parametrize(
    ("cells", "package", "answer"),
    [
        (Run("1\n"), Run("2\n"), "line 1 of the output is '2' instead of '1'"),
        (Run("1\n2\n"), Run("1\n"), "line 2 of the output is None instead of '2'"),
        (Run("1\n"), Run("1\n\n"), "line 2 of the output is '' instead of None"),
        (Run("1\n"), Run("1\n", "KeyError"), "raised KeyError instead of nothing"),
        (Run("1\n", "KeyError", sure=2), Run("1\n"), "raised nothing instead of KeyError"),
        (Run("1\n", "KeyError", sure=2), Run("1\n", "IndexError"), "raised IndexError instead of KeyError"),
        (Run("1\n", "KeyError", sure=2), Run("", "KeyError"), "line 1 of the output is None instead of '1'"),
        (Run("1\n", "KeyError", sure=2), Run("1\n2\n", "KeyError"), "line 2 of the output is '2' instead of None"),
    ],
)
def test_runs_that_differ(cells: Run, package: Run, answer: str) -> None:
    assert difference(cells, package, "pack") == answer


def test_stored_notebooks_are_read_back() -> None:
    notebook = RandomNotebook(("a = 1\n\n# %d\na", "print(a)"), {1: "## Part"})
    assert stored_notebook(str(notebook)).cells == notebook.cells
