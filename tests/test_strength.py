"""What `nb2pkg strength` says of the tests of small projects whose weak points are known."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nb2pkg.commands import strength as command
from nb2pkg.commands.strength import Options
from nb2pkg.errors import RunError
from nb2pkg.report.changes import change
from nb2pkg.report.strength import as_data, percent_killed, strength_lines
from nb2pkg.run.mutants import Mutant, mutants_of
from nb2pkg.run.mutants_project import ProjectError, read_project
from nb2pkg.run.mutants_run import Strength, Wish, in_fair_order, measure
from nb2pkg.run.mutants_tests import emptied, unasserting

PREPROCESSING = '''"""Prepare."""

import functools


def clean(rows: list[int]) -> list[int]:
    """Keep what is positive (cell 2)."""
    kept = [row for row in rows if row > 0]
    return kept[1:]


def scale(rows, factor=2):
    """Scale (cell 3)."""
    rows = [row * factor for row in rows]
    return rows


def never(rows):
    return rows[0]
'''
PIPELINE = """from shop import preprocessing

FIRST = {0: [3]}[0]


def run():
    rows = preprocessing.clean([*FIRST, -1, 4])
    print("kept", rows)
    return preprocessing.scale(rows)
"""
TESTS = """import pytest
from shop import pipeline, preprocessing


@pytest.fixture(scope="session")
def story():
    return pipeline.run()


def test_clean():
    assert preprocessing.clean([5, 0, 1, -1]) == [1]


def test_story_is_a_list(story):
    assert isinstance(story, list)


def test_story_is_scaled(story):
    assert story == [8]


def test_nothing():
    preprocessing
"""
CELLS = ("x = 1", "kept = [row for row in rows if row > 0]", "rows = [row*2 for row in rows]")


def project(tmp_path: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write a project as nb2pkg would, with these files instead of the usual ones."""
    units = [
        {"unit": name, "module": "preprocessing", "kind": "function", "statements": [{"number": cell}]}
        for name, cell in (("clean", 2), ("scale", 3))
    ]
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        for n, text in enumerate(CELLS, 1)
    ]
    texts = {
        ".nb2pkg/provenance.json": json.dumps({"notebook": "shop.ipynb", "units": units}),
        "notebooks/shop.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
        "src/shop/__init__.py": "",
        "src/shop/cli.py": "def main():\n    return 1 + 1\n",
        "src/shop/preprocessing.py": PREPROCESSING,
        "src/shop/pipeline.py": PIPELINE,
        "tests/test_shop.py": TESTS,
    }
    folder = tmp_path / "shop"
    for name, text in {**texts, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def measured(folder: Path, **wish: object) -> Strength:
    """Measure a project with all mutants, in its own folder."""
    return measure(read_project(folder), Wish(folder, sys.executable, **wish))  # type: ignore[arg-type]


def verdicts(strength: Strength) -> dict[str, str]:
    """Return change -> verdict, with the function before it."""
    return {f"{m['function']}: {m['change']}": m["verdict"] for m in as_data(strength)["mutants"]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Strength:
    return measured(project(tmp_path_factory.mktemp("shop")), hollow=True, jobs=2)


# What is a mutant


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('df["a"] = df["b"]', {'… → df["b"] = df["b"]', '… → df["a"] = df["a"]', "… → pass"}),
        ("df = df.sum(axis=1)", {"… → df = df.sum(axis=0)", "… → pass"}),
        ("fit(X_train)", {"… → fit(X_test)", "… → pass"}),
        ("x = split.y_test", {"… → x = split.y_train"}),
        ("x = range(n)", {"… → x = range(n - 1)"}),
        ("x = y[n + 1 : -2]", {"… → x = y[(n + 1) - 1 : -2]", "… → x = y[n + 1 : (-2) - 1]"}),
        ("df.pop(n)", {"… → pass"}),
        ("x = y", set()),  # without it there would be no x: a NameError proves nothing
        ("X_train, X_test = 1, 2", set()),
    ],
)
def test_slips_that_the_library_lacks(line: str, expected: set[str]) -> None:
    text = f"def f(df, X_train, X_test, split, y_train, n, y):\n    {line}\n"
    found = {change(text, mutant) for mutant in mutants_of(text, "m.py") if mutant.group == "ours"}
    assert found == {text.replace("…", line) for text in expected}


def test_docstrings_imports_annotations_and_decorators_are_left_alone() -> None:
    text = (
        '"""Text 1."""\nimport a\nfrom b import c\n\n\n@c(1)\ndef f(x: "int" = None) -> "int":\n    "Doc 1."\n'
        "    y: int\n    return len(x + 1)\n"
    )
    assert mutants_of(text, "m.py") == []


def test_every_mutant_is_a_different_module_that_compiles() -> None:
    mutated = [mutant.applied(PREPROCESSING) for mutant in mutants_of(PREPROCESSING, "m.py")]
    assert len(set(mutated)) == len(mutated) == 10
    assert all(ast.dump(ast.parse(text)) != ast.dump(ast.parse(PREPROCESSING)) for text in mutated)


def test_a_mutant_knows_its_function_and_statement() -> None:
    text = "class A:\n    def m(self):\n        return (\n            1\n            + 2\n        )\n"
    found = {(m.function, m.line, m.last, m.at) for m in mutants_of(text, "m.py")}
    assert {("A.m", 3, 6, 4), ("A.m", 3, 6, 5)} <= found
    assert {row[:3] for row in found} == {("A.m", 3, 6)}


def test_any_first_part_of_the_order_is_a_fair_sample() -> None:
    mutants = [
        Mutant(f"m{file}.py", "f", n, n, n, "number", "library", n, n + 1, "2", (n, n + 1))
        for file, size in enumerate((400, 100, 40))
        for n in range(size)
    ]
    first = Counter(mutant.file for mutant in in_fair_order(mutants, seed=0)[:135])
    assert {file: round(number / 135, 1) for file, number in first.items()} == {
        "m0.py": 0.7,
        "m1.py": 0.2,
        "m2.py": 0.1,
    }
    assert in_fair_order(mutants, seed=0) == in_fair_order(mutants[::-1], seed=0) != in_fair_order(mutants, seed=1)


# What becomes of them


def test_verdicts(shop: Strength) -> None:
    found = verdicts(shop)
    assert {
        "clean: kept = [row for row in rows if row > 0] → kept = [row for row in rows if row >= 0]": "killed",
        "clean: return kept[1:] → return kept[2:]": "killed",
        "scale: rows, factor=2 → rows, factor=3": "killed",  # by a test that uses what the first one made
        'run: print("kept", rows) → pass': "survived",
        "never: return rows[0] → return rows[1]": "not covered",
        ": FIRST = {0: [3]}[0] → FIRST = {0: [3]}[1]": "import error",
        ": FIRST = {0: [3]}[0] → FIRST = None": "killed",
        ": FIRST = {0: [3]}[0] → FIRST = {0: [4]}[0]": "survived",
    }.items() <= found.items()


def test_the_killing_test_is_named(shop: Strength) -> None:
    by = {result.by for result in shop.results if result.mutant.function == "scale"}
    assert "tests/test_shop.py::test_story_is_scaled" in by
    assert by <= {"tests/test_shop.py::test_story_is_scaled", "tests/test_shop.py::test_story_is_a_list"}


def test_only_what_came_of_the_notebook_is_mutated(shop: Strength) -> None:
    files = {result.mutant.file for result in shop.results}
    assert files == {"src/shop/preprocessing.py", "src/shop/pipeline.py"}


def test_tests_that_see_nothing_are_listed(shop: Strength) -> None:
    assert shop.hollow == ("tests/test_shop.py::test_nothing",)
    assert shop.unasserting == ("tests/test_shop.py::test_nothing",)


def test_the_report_says_where_and_which_cell(shop: Strength) -> None:
    text = "\n".join(strength_lines(shop))
    assert re.search(r"^preprocessing\.py +\d+ +\d+ +0 +1 +\d+$", text, re.M)
    assert re.search(r"^  never +1 +0 +0 +1 +0$", text, re.M)
    assert "left out: 2 that can't be imported" in text
    assert '    pipeline.py:8: print("kept", rows) → pass' in text
    assert "  preprocessing.py:19: 1 mutant\n" in text


def test_data_tells_cells_and_diffs(shop: Strength) -> None:
    data = as_data(shop)
    row = next(m for m in data["mutants"] if m["function"] == "scale" and m["operator"] == "swap_op")
    assert (row["cells"], row["line"], row["verdict"]) == ([3], 14, "killed")
    assert row["diff"] == [
        "-    rows = [row * factor for row in rows]",
        "+    rows = [row / factor for row in rows]",
    ]
    assert data["killed"]["library"] == percent_killed(r for r in shop.results if r.mutant.group == "library")
    json.dumps(data)


def test_nothing_of_the_project_is_touched(tmp_path: Path) -> None:
    folder = project(
        tmp_path, {"tests/test_shop.py": "def test_writes():\n    open('new.txt', 'w').close()\n    assert 1\n"}
    )
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))

    measured(folder, functions=("scale",))

    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


SUBPROCESS = """import subprocess, sys
from shop import preprocessing


def test_other_process():
    code = "from shop import preprocessing; print(preprocessing.clean([1, 2]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[2]\\n"


def test_secret_process():
    code = "import sys; sys.path.insert(0, sys.argv[1]); from shop import preprocessing as p; print(p.scale([3]))"
    source = preprocessing.__file__.rpartition("/shop/")[0]
    done = subprocess.run([sys.executable, "-I", "-c", code, source], capture_output=True, text=True)
    assert done.stdout == "[6]\\n"
"""


def test_what_runs_in_another_process_counts(tmp_path: Path) -> None:
    """One that says what it ran is asked for that only, one that can't say so for everything."""
    strength = measured(project(tmp_path, {"tests/test_shop.py": SUBPROCESS}), modules=("preprocessing",), jobs=2)
    lines = {test.name.split("::")[1]: test.lines for test in strength.tests}
    assert lines["test_secret_process"] is None
    assert lines["test_other_process"]["src/shop/preprocessing.py"] >= {8, 9}
    by = {(r.mutant.function, r.by.rpartition(":")[2]) for r in strength.results if r.verdict == "killed"}
    assert {("clean", "test_other_process"), ("scale", "test_secret_process")} <= by


ENDLESS = "def count(n):\n    while n > 0:\n        n -= 1\n    return n\n"
ENDLESS_TESTS = "from shop import preprocessing\n\n\ndef test_count():\n    assert preprocessing.count(3) == 0\n"


def endless(tmp_path: Path) -> Path:
    return project(tmp_path, {"src/shop/preprocessing.py": ENDLESS, "tests/test_shop.py": ENDLESS_TESTS})


def test_runs_may_be_fresh_processes(tmp_path: Path) -> None:
    strength = measured(project(tmp_path), functions=("clean",), groups=("ours",), fresh=True)
    assert [result.verdict for result in strength.results] == ["killed"]


def test_an_endless_loop_is_killed(tmp_path: Path) -> None:
    strength = measured(endless(tmp_path), functions=("count",), groups=("ours",))
    assert verdicts(strength) == {"count: n -= 1 → pass": "timeout"}


def test_time_that_is_up_leaves_the_rest_untried(tmp_path: Path) -> None:
    strength = measured(project(tmp_path), seconds=0)
    assert {result.verdict for result in strength.results} == {"not tried"}
    assert "the time was up (--time)" in "\n".join(strength_lines(strength))
    assert percent_killed(strength.results) is None


def test_failing_tests_are_said(tmp_path: Path) -> None:
    folder = project(tmp_path, {"tests/test_shop.py": "def test_wrong():\n    assert 1 == 2\n"})
    with pytest.raises(
        RunError, match=r"the tests don't pass as they are\n  tests/test_shop\.py::test_wrong: assert 1 == 2"
    ):
        measured(folder)


def test_skipped_tests_are_said(tmp_path: Path) -> None:
    text = "import pytest\n\n\n@pytest.mark.skip('no data.csv')\ndef test_skipped():\n    assert 0\n"
    with pytest.raises(RunError, match=r"no test runs\n  .*no data\.csv"):
        measured(project(tmp_path, {"tests/test_shop.py": text}))


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no project of nb2pkg"):
        read_project(tmp_path)


# Tests that assert nothing


def test_helpers_that_assert_count_as_assertions() -> None:
    text = (
        "import pytest, helpers\n\n\ndef check(x):\n    helpers.same(x)\n\n\ndef test_a():\n    check(1)\n\n\n"
        "def test_b():\n    print(1)\n\n\ndef test_c():\n    with pytest.raises(KeyError):\n        {}[1]\n\n\n"
        "class TestD:\n    def test_e(self):\n        pass\n"
    )
    files = {"tests/test_x.py": text, "tests/helpers.py": "def same(x):\n    assert x\n"}
    assert unasserting(files) == ("tests/test_x.py::test_b", "tests/test_x.py::TestD::test_e")


def test_emptied_bodies_all_raise() -> None:
    names: dict[str, object] = {}
    exec(emptied('def f():\n    """Doc."""\n    return 1\n\n\nclass A:\n    def m(self):\n        yield 1\n'), names)
    for call in (names["f"], names["A"]().m):  # type: ignore[operator]
        with pytest.raises(NotImplementedError):
            call()  # type: ignore[operator]


# The command


def test_command_prints_json_and_heeds_the_minimum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path)
    options = Options(
        folder, workdir=tmp_path, modules=("preprocessing",), functions=("clean",), format="json", minimum=99
    )
    assert command.run(options) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["killed"]["all"] == 100.0
    assert "executes the tests" in captured.err


def test_less_than_the_minimum_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(Options(project(tmp_path), functions=("never",), minimum=50, jobs=1)) == 1
    assert "0.0 % of the mutants are killed, less than --min 50" in capsys.readouterr().err


def test_without_mutmut_the_command_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mutmut", None)
    assert command.run(Options(tmp_path)) == 2
    assert "pip install 'nb2pkg[strength]'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_nothing_running(tmp_path: Path, number: int) -> None:
    folder = endless(tmp_path)
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "nb2pkg", "strength", str(folder), "--workdir", str(folder), "--operators", "ours"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: any("while n > 0:\n        pass" in text for text in mutated(tmp_path)))
    process.send_signal(number)
    process.wait(timeout=20)
    wait_for(lambda: not processes_in(tmp_path))
    assert number == signal.SIGKILL or not list((tmp_path / "tmp").iterdir())


def mutated(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in folder.glob("tmp/*/*/shop/src/shop/preprocessing.py")]


def processes_in(folder: Path) -> list[str]:
    """Return the processes that work below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(folder / "tmp"):
                found.append(entry.name)
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
