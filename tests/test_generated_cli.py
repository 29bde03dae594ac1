"""The command line of a generated package."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import black
import pytest

from nb2pkg.project.render import render

CONTEXT: dict[str, Any] = {
    "package": "told_book",
    "title": "A book",
    "uses_figures": False,
    "uses_pandas": False,
    "asynchronous": False,
    "has_config": True,
    "needs_tomli": True,
    "environment": [{"field": "data", "variable": "TOLD_BOOK_DATA"}],
    "driver": "run",
    "results_class": "",
    "predictor_class": "",
    "script": False,
    "writes_files": False,
    "stages": (),
}
CONFIG = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    seed: int = 42
    rate: float = 0.5
    name: str = "a"
    fast: bool = False
    data: str = "in.csv"
    columns: tuple[str, ...] = ("x",)
    sizes: tuple[float, ...] = (1, 2)
"""
PIPELINE = """
from told_book.config import Config
from told_book.display import show


def run(config: Config = Config()) -> None:
    print(repr(config))
    show([1])
"""


def make(folder: Path, pipeline: str = PIPELINE, **changes: Any) -> Path:
    """Write a package and return the folder to run it in."""
    home = folder / "lib" / "told_book"
    home.mkdir(parents=True)
    context = {**CONTEXT, "writes_files": bool(changes.get("results_class")), **changes}
    for name in ("batch", "display", "pretty", "cli", "metrics", "settings", "__main__", "__init__"):
        (home / f"{name}.py").write_text(render(f"src/PACKAGE/{name}.py.jinja", **context), encoding="utf-8")
    (home / "config.py").write_text(CONFIG, encoding="utf-8")
    (home / "pipeline.py").write_text(pipeline, encoding="utf-8")
    work = folder / "work"
    work.mkdir()
    return work


def run(
    work: Path, *arguments: str, start: tuple[str, ...] = ("-m", "told_book"), **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(work.parent / "lib"), **variables}
    return subprocess.run(
        [sys.executable, *start, *arguments], cwd=work, env=environment, capture_output=True, text=True, timeout=60
    )


def test_settings_have_the_types_of_the_config(tmp_path: Path) -> None:
    work = make(tmp_path)
    changes = {"seed": "7", "rate": "1e-3", "name": "b=c", "fast": "yes", "data": "a b.csv"}
    changes |= {"columns": "x, y", "sizes": "3, 4.5"}

    plain = run(work)
    done = run(work, *(word for name, text in changes.items() for word in ("--set", f"{name}={text}")))

    assert plain.stdout.startswith("Config(seed=42, rate=0.5, name='a', fast=False,"), plain.stderr
    assert plain.stdout.endswith(")\n[1]\n")
    assert done.returncode == 0, done.stderr
    assert "seed=7, rate=0.001, name='b=c', fast=True" in done.stdout
    assert "data='a b.csv', columns=('x', 'y'), sizes=(3.0, 4.5))" in done.stdout


def test_items_that_hold_commas_are_written_as_json(tmp_path: Path) -> None:
    done = run(make(tmp_path), "--set", 'columns=["x, y", "z"]', "--set", "sizes=[]")

    assert "columns=('x, y', 'z'), sizes=())" in done.stdout, done.stderr


def test_a_file_goes_before_the_environment_and_the_command_line_before_the_file(tmp_path: Path) -> None:
    work = make(tmp_path)
    file = work / "settings.toml"
    file.write_text('seed = 1\nrate = 2\nfast = true\ncolumns = ["a"]\nsizes = [1, 2.5]\n', encoding="utf-8")
    words = ("--config", "settings.toml", "--set", "seed=3")

    shown = run(work, *words, TOLD_BOOK_DATA="elsewhere.csv").stdout
    assert "seed=3, rate=2.0, name='a', fast=True, data='elsewhere.csv', columns=('a',), sizes=(1.0, 2.5))" in shown
    file.write_text("data = 'file.csv'\n", encoding="utf-8")
    assert "data='file.csv'" in run(work, "--config", str(file), TOLD_BOOK_DATA="elsewhere.csv").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed = 7", "sed: no setting is called 'sed'; did you mean 'seed'?"),
        ("seed = 1.5", "seed: expected a value of type int"),
        ("seed = true", "seed: expected a value of type int"),
        ("fast = 1", "fast: expected a value of type bool"),
        ("name = 1", "name: expected a value of type str"),
        ("rate = '1'", "rate: expected a value of type float"),
        ("columns = 'x'", "columns: expected a value of type tuple[str, ...]"),
        ("columns = [1]", "columns: expected a value of type str"),
        ("[config]\nseed = 1", "config: no setting is called 'config'; there are seed, rate"),
        ("seed = ", "Invalid value (at end of document)"),
        ("name = '\udcff'", "'utf-8' codec can't decode"),
    ],
)
def test_wrong_files_are_refused_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    work = make(tmp_path)
    (work / "a.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    done = run(work, "--config", "a.toml")

    assert done.returncode == 2
    assert f"error: --config a.toml: {message}" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("sed=7", "no setting is called 'sed'; did you mean 'seed'?"),
        ("zzz=7", "no setting is called 'zzz'; there are seed, rate"),
        ("seed=x", "expected a value of type int"),
        ("seed=1.5", "expected a value of type int"),
        ("seed=True", "expected a value of type int"),
        ("fast=perhaps", "expected a value of type bool"),
        ("fast=", "expected a value of type bool"),
        ("sizes=a", "expected a value of type float"),
        ("sizes=[1", "Expecting ',' delimiter"),
        ("columns=[1]", "expected a value of type str"),
        ("seed", "expected NAME=VALUE"),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(tmp_path: Path, setting: str, message: str) -> None:
    done = run(make(tmp_path), "--set", setting)

    assert done.returncode == 2
    assert f"error: --set {setting}: {message}" in done.stderr
    assert done.stdout == ""


def test_without_settings_there_is_nothing_to_set(tmp_path: Path) -> None:
    work = make(tmp_path, "def run() -> None:\n    print('ran')\n", has_config=False)

    assert run(work).stdout == "ran\n"
    assert run(work, "--set", "seed=1").returncode == 2


def test_quiet_leaves_out_what_is_displayed(tmp_path: Path) -> None:
    done = run(make(tmp_path), "--quiet")

    assert done.stdout.startswith("Config(")
    assert "[1]" not in done.stdout


def test_the_code_runs_in_the_folder_and_imports_from_it(tmp_path: Path) -> None:
    work = make(tmp_path, "def run(config):\n    import beside\n    print(beside.WHERE, open('here.txt').read())\n")
    other = tmp_path / "other"
    other.mkdir()
    for folder in (work, other):
        (folder / "beside.py").write_text(f"WHERE = {folder.name!r}\n")
        (folder / "here.txt").write_text(folder.name)

    script = ("-c", "import sys; sys.path.remove(''); from told_book.cli import main; sys.exit(main())")

    assert run(work).stdout == "work work\n"
    assert run(work, "--workdir", str(other)).stdout == "other other\n"
    assert run(work, start=script).stdout == "work work\n"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    done = run(make(tmp_path), "--workdir", "nowhere")

    assert done.returncode == 2
    assert "--workdir: nowhere: " in done.stderr


def test_errors_of_the_code_are_passed_on(tmp_path: Path) -> None:
    work = make(tmp_path, "def run(config):\n    print('before')\n    raise LookupError('the reason')\n")

    done = run(work)

    assert (done.returncode, done.stdout) == (1, "before\n")
    assert done.stderr.endswith("LookupError: the reason\n")


def test_an_exit_of_the_code_is_passed_on(tmp_path: Path) -> None:
    work = make(tmp_path, "import sys\ndef run(config):\n    print('before')\n    sys.exit(5)\n")

    assert (run(work).returncode, run(work).stdout) == (5, "before\n")


def test_asynchronous_code_has_a_loop(tmp_path: Path) -> None:
    code = "import asyncio\nasync def run(config):\n    await asyncio.sleep(0)\n    print('done')\n"

    assert run(make(tmp_path, code, asynchronous=True)).stdout == "done\n"


def test_importing_the_command_line_runs_nothing(tmp_path: Path) -> None:
    work = make(tmp_path, "print('imported')\n")

    done = run(work, start=("-c", "import told_book.cli, told_book.__main__, sys; print('asyncio' in sys.modules)"))

    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize("flags", list(itertools.product([True, False], repeat=6)))
def test_the_generated_files_need_no_formatting(flags: tuple[bool, ...]) -> None:
    names = ("asynchronous", "has_config", "script", "uses_figures", "results_class", "predictor_class")
    context = {**CONTEXT, **dict(zip(names, flags, strict=True))}
    context["results_class"] = "Results" if context["results_class"] and not context["script"] else ""
    context["predictor_class"] = "Predictor" if context["predictor_class"] and context["results_class"] else ""
    context["writes_files"] = bool(context["results_class"])
    for name, length in itertools.product(("batch", "cli", "__main__", "__init__", "metrics"), (1, 20, 50)):
        text = render(f"src/PACKAGE/{name}.py.jinja", **{**context, "package": "p" * length})
        assert text == black.format_str(text, mode=black.Mode()), name


@pytest.mark.parametrize("rows", [[], [{"field": "a", "variable": "A"}], CONTEXT["environment"] * 3])
def test_the_settings_need_no_formatting(rows: list[dict[str, str]]) -> None:
    for length in (1, 20, 50):
        text = render("src/PACKAGE/settings.py.jinja", **{**CONTEXT, "package": "p" * length, "environment": rows})
        assert text == black.format_str(text, mode=black.Mode())


RESULTS = """
import sys
from dataclasses import dataclass
from typing import Any

@dataclass(frozen=True)
class Results:
    one: Any
    model: Any = object()

def run() -> Results:
    print("printed")
    {code}
    return Results({value})
"""


def as_json(folder: Path, value: str, code: str = "") -> Any:
    """Return what `--json` prints for a run that hands back a value."""
    text = RESULTS.format(code=code, value=value)
    done = run(make(folder, text, has_config=False, results_class="Results"), "--json")
    assert (done.returncode, "printed" in done.stderr) == (0, True), done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.5", {"one": 0.5}),
        ("True", {"one": True}),
        ("None", {"one": None}),
        ("'a\\né'", {"one": "a\né"}),
        ("float('nan')", {"one": None}),
        ("[1, (2, float('-inf'))]", {"one": [1, [2, None]]}),
        ("{'a': {'b': [0.25]}, 3: 1, 'lost': object()}", {"one": {"a": {"b": [0.25]}, "3": 1}}),
        ("{1, 2}", {}),
        ("[object()]", {}),
        ("list(range(101))", {}),
        ("1j", {}),
        ("b'a'", {}),
        ("(loop := [0], loop.append(loop), loop)[2]", {}),
    ],
)
def test_json_says_what_it_can_of_the_results(value: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert as_json(tmp_path, value) == expected


def test_json_knows_numbers_and_small_arrays_of_numpy(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    value = "[np.float32(0.5), np.int64(3), np.bool_(True), np.array([[1, 2]]), np.float64('nan')]"
    assert as_json(tmp_path, value, "import numpy as np") == {"one": [0.5, 3, True, [[1, 2]], None]}


def test_json_leaves_large_arrays_and_frames_out(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    code = "import numpy as np, pandas as pd"
    value = "dict(a=np.zeros(101), b=pd.DataFrame({'c': [1]}), d=np.datetime64('2024-01-01'), e=1)"
    assert as_json(tmp_path, value, code) == {"one": {"e": 1}}


def test_json_stands_alone_on_stdout(tmp_path: Path) -> None:
    code = "import os, subprocess; from told_book.display import show; show([1]); sys.__stdout__.write('early ')"
    code += "; os.write(1, b'low level'); subprocess.run([sys.executable, '-c', 'print(5)'])"
    assert as_json(tmp_path, "2", code) == {"one": 2}


def test_stdout_is_back_after_a_run_for_json(tmp_path: Path) -> None:
    text = RESULTS.format(code="", value="3")
    work = make(tmp_path, text, has_config=False, results_class="Results")
    code = "from told_book.cli import main; main(['--json']); print('after', flush=True)"
    code += "; import os; os.write(1, b'low level')"

    assert run(work, start=("-c", code)).stdout.splitlines() == ['{"one": 3}', "after", "low level"]


def test_errors_of_a_run_for_json_are_passed_on(tmp_path: Path) -> None:
    text = RESULTS.format(code="raise LookupError('the reason')", value="3")
    done = run(make(tmp_path, text, has_config=False, results_class="Results"), "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("LookupError: the reason\n")


def test_json_of_asynchronous_code(tmp_path: Path) -> None:
    text = RESULTS.format(code="", value="4").replace("def run", "async def run")
    work = make(tmp_path, text, has_config=False, results_class="Results", asynchronous=True)

    assert json.loads(run(work, "--json").stdout) == {"one": 4}


def test_without_results_there_is_no_json(tmp_path: Path) -> None:
    assert run(make(tmp_path), "--json").returncode == 2


def test_the_package_offers_its_parts_and_imports_them_late(tmp_path: Path) -> None:
    work = make(tmp_path, "loud = print('imported')\n" + RESULTS.format(code="", value="1"), results_class="Results")
    code = "import told_book, sys; print('told_book.pipeline' in sys.modules, told_book.__all__)"
    code += "; from told_book import Config, Results, run; print(run().one, Config().seed, Results(2).one)"
    code += "; print(hasattr(told_book, 'other'), told_book.pipeline.run is run)"
    done = run(work, start=("-c", code))

    assert done.stdout.splitlines() == [
        "False ['Config', 'Results', 'run']",
        "imported",
        "printed",
        "1 42 2",
        "False True",
    ], done.stderr
