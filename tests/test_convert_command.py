"""`nb2pkg convert` and `nb2pkg plan` as people call them: exit codes, messages, and what is left on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from making import notebook

from nb2pkg import __version__
from nb2pkg.commands import convert
from nb2pkg.commands import plan as plan_command
from nb2pkg.pipeline import plan_notebook
from nb2pkg.wishes import Wishes


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def _options(notebooks: tuple[Path, ...], given: dict[str, object]) -> convert.Options:
    """Return the command line of `convert` with these options, wishes among them."""
    wished = {name: value for name, value in given.items() if name in Wishes.__dataclass_fields__}
    others = {name: value for name, value in given.items() if name not in wished}
    return convert.Options(notebooks, Wishes(**wished), **others)  # type: ignore[arg-type]


class Convert:
    """Runs `convert` in this process, in a folder of its own."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capture = capture

    def __call__(self, *notebooks: Path, **options: object) -> Done:
        self.capture.readouterr()
        code = convert.run(_options(notebooks, options))
        return Done(code, *self.capture.readouterr())


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Convert:
    monkeypatch.chdir(tmp_path)
    return Convert(tmp_path, capsys)


def shell(folder: Path, *arguments: str) -> Done:
    command = [sys.executable, "-m", "nb2pkg", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)
    return Done(done.returncode, done.stdout, done.stderr)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


GOOD = ("#md # Two numbers", "import math\na = math.sqrt(16)\nprint(a)")
REFUSED = ("print('fine')", "b = 1\nprint(missing_name)")


def test_convert_from_the_shell(tmp_path: Path) -> None:
    path = notebook(tmp_path, *GOOD)
    done = shell(tmp_path, "convert", path.name)
    assert (done.code, done.err) == (0, "")
    assert "package `small_book` written to" in done.out
    assert (tmp_path / "small_book/src/small_book/pipeline.py").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small_book", "small_book.ipynb"]


def test_refusal_from_the_shell(tmp_path: Path) -> None:
    path = notebook(tmp_path, *REFUSED)
    before = tree(tmp_path)
    done = shell(tmp_path, "convert", path.name, "-o", "out")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {path.name}:cell 2:2:7: the name `missing_name` is bound by no cell above")
    assert "\n  help: " in done.err
    assert "Traceback" not in done.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert"],
        ["convert", "--no-such-option", "a.ipynb"],
        ["no-such-command"],
        ["convert", "a.ipynb", "--format", "yaml"],
    ],
)
def test_wrong_usage_from_the_shell(arguments: list[str], tmp_path: Path) -> None:
    notebook(tmp_path, *GOOD, name="a.ipynb")
    before = tree(tmp_path)
    done = shell(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert "error" in done.err.lower()
    assert "Traceback" not in done.err
    assert tree(tmp_path) == before


def test_version_and_help_from_the_shell(tmp_path: Path) -> None:
    assert shell(tmp_path, "--version") == Done(0, f"nb2pkg {__version__}\n", "")
    assert "convert" in shell(tmp_path, "--help").out


def test_output_folder(run: Convert) -> None:
    done = run(notebook(run.folder, *GOOD), out=Path("new/folder"))
    assert done.code == 0
    assert (run.folder / "new/folder/src/small_book/pipeline.py").is_file()
    assert not (run.folder / "small_book").exists()
    assert sorted(p.name for p in (run.folder / "new").iterdir()) == ["folder"]


def test_an_empty_folder_is_used(run: Convert) -> None:
    (run.folder / "out").mkdir()
    assert run(notebook(run.folder, *GOOD), out=Path("out")).code == 0
    assert (run.folder / "out/pyproject.toml").is_file()


def test_a_folder_with_files_is_refused_and_untouched(run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    target = run.folder / "out"
    target.mkdir()
    (target / "precious.txt").write_text("mine")
    before = tree(run.folder)
    done = run(path, out=Path("out"))
    assert done.code == 1
    assert "out exists and isn't empty" in done.err
    assert "help: " in done.err
    assert tree(run.folder) == before


def test_a_second_conversion_overwrites_nothing(run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    assert run(path).code == 0
    before = tree(run.folder)
    assert run(path).code == 1
    assert tree(run.folder) == before


def test_a_file_in_the_place_of_the_folder_is_refused(run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    (run.folder / "out").write_text("mine")
    done = run(path, out=Path("out"))
    assert (done.code, "exists and is no folder" in done.err) == (1, True)
    assert (run.folder / "out").read_text() == "mine"


def test_dry_run_writes_nothing(run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    before = tree(run.folder)
    done = run(path, out=Path("out"), dry_run=True)
    assert (done.code, done.err) == (0, "")
    assert "would be written to out" in done.out
    assert str(Path("out/src/small_book/pipeline.py")) in done.out
    assert tree(run.folder) == before
    assert not (run.folder / "out").exists()


def test_json_of_one_notebook(run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    done = run(path, format="json", dry_run=True)
    data = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (data["notebook"], data["package"], data["folder"], data["script"]) == (
        str(path),
        "small_book",
        "small_book",
        False,
    )
    assert sum(data["rungs"].values()) == len(data["units"]) > 0
    assert {cell for unit in data["units"] for cell in unit["cells"]} == {2}
    assert {"name", "module", "kind", "rung", "why", "inputs", "outputs"} <= set(data["units"][0])


def test_json_of_several_notebooks_names_the_refused_one(run: Convert) -> None:
    good, bad = notebook(run.folder, *GOOD), notebook(run.folder, *REFUSED, name="bad.ipynb")
    done = run(bad, good, format="json", dry_run=True)
    first, second = json.loads(done.out)
    assert done.code == 1
    assert (first["notebook"], second["package"]) == (str(bad), "small_book")
    assert "missing_name" in first["error"]


def test_a_refused_notebook_does_not_stop_the_others(run: Convert) -> None:
    paths = [
        notebook(run.folder, *GOOD, name="one.ipynb"),
        notebook(run.folder, *REFUSED, name="two.ipynb"),
        notebook(run.folder, *GOOD, name="three.ipynb"),
    ]
    done = run(*paths, out=Path("out"))
    assert done.code == 1
    assert sorted(p.name for p in (run.folder / "out").iterdir()) == ["one", "three"]
    assert done.err.count("error: ") == 1


def test_name(run: Convert) -> None:
    assert run(notebook(run.folder, *GOOD), name="other_name").code == 0
    assert (run.folder / "other_name/src/other_name/pipeline.py").is_file()


@pytest.mark.parametrize("name", ["math", "json", "9lives", "class", "a-b", "a.b", "", "übung", "../up"])
def test_names_that_no_package_can_have(name: str, run: Convert) -> None:
    path = notebook(run.folder, *GOOD)
    before = tree(run.folder)
    done = run(path, name=name)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "help: " in done.err
    assert tree(run.folder) == before


@pytest.mark.parametrize("options", [{"name": "a"}, {"plan_file": Path("plan.toml")}])
def test_name_and_plan_go_with_one_notebook(options: dict[str, object], run: Convert) -> None:
    paths = [notebook(run.folder, *GOOD, name=name) for name in ("one.ipynb", "two.ipynb")]
    assert run(*paths, **options).code == 2
    assert sorted(p.name for p in run.folder.iterdir()) == ["one.ipynb", "two.ipynb"]


# cells, the place as printed, a part of the message
REFUSALS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "bound by no cell": (("a = 1", "\n\nprint(a)\nprint(  lost)"), "cell 2:4:9", "`lost` is bound by no cell above"),
    "bound further down only": (("print(late)", "late = 1"), "cell 1:1:7", "`late` is bound by no cell above"),
    "does not parse": (("a = 1", "b = 2\nfor"), "cell 2:2", "the cell does not parse"),
    "waits for a person": (("a = 1\nb = input('name?')",), "cell 1:2:5", "`input()` waits for a person"),
    "ends the kernel": (
        ("import sys", "#md text", "sys.exit()", "print(1)"),
        "cell 3:1:1",
        "`sys.exit()` ends the kernel",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_name_cell_line_and_what_to_do(case: str, run: Convert) -> None:
    cells, place, message = REFUSALS[case]
    path = notebook(run.folder, *cells)
    before = tree(run.folder)
    done = run(path, out=Path("out"))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: {path}:{place}")
    assert message in done.err
    assert "\n  help: " in done.err
    assert "Traceback" not in done.err
    assert tree(run.folder) == before


def test_keep_going_converts_what_would_fail(run: Convert) -> None:
    assert run(notebook(run.folder, *REFUSED), keep_going=True).code == 0
    assert (run.folder / "small_book/pyproject.toml").is_file()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": 3}', b"\xff\xfe\x00", None])
def test_files_that_are_no_notebooks(content: bytes | None, run: Convert) -> None:
    path = run.folder / "small_book.ipynb"
    if content is not None:
        path.write_bytes(content)
    before = tree(run.folder)
    done = run(path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert "small_book.ipynb" in done.err
    assert "nb2pkg itself failed" not in done.err
    assert tree(run.folder) == before


def test_plan_that_cannot_be_read(run: Convert) -> None:
    done = run(notebook(run.folder, *GOOD), plan_file=Path("no_such_plan.toml"))
    assert done.code == 1
    assert "no_such_plan.toml" in done.err
    assert not (run.folder / "small_book").exists()


def test_a_defect_of_ours_is_told_as_one(run: Convert, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("nb2pkg.pipeline.make_plan", broken)
    path = notebook(run.folder, *GOOD)
    done = run(path)
    assert done.code == 1
    assert "nb2pkg itself failed: ZeroDivisionError: oh" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in run(path, traceback=True).err


def printed_plan(
    path: Path, capsys: pytest.CaptureFixture[str], format_: str = "text", name: str | None = None
) -> Done:
    code = plan_command.run(path, Wishes(name=name), format_=format_, traceback=False)
    return Done(code, *capsys.readouterr())


def test_plan_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(
        tmp_path, "#md # Sizes", "k = float(1)\ndef f(v):\n    return v * k", "hooks = [f]\nprint(hooks[0](1))"
    )
    done = printed_plan(path, capsys)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("small_book: Sizes\n")
    assert "[closure]" in done.out
    assert "`f` is passed on as a value and reads `k`" in done.out
    assert tree(tmp_path).keys() == {path.name}


def test_plan_command_explains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(
        tmp_path, "import math\nvalues = [math.sqrt(n) for n in range(9)]\ntotal = sum(values)", "print(total)"
    )
    name = next(u.name for u in plan_notebook(path)[1].units if u.kind == "function")

    code = plan_command.run(path, Wishes(), format_="text", traceback=False, explain=name)
    shown = capsys.readouterr().out

    assert code == 0
    assert f".{name}, cell 1\n  takes nothing; gives back total\n" in shown
    assert "as it is: " in shown and " points = function 1.0" in shown
    assert "cut after statement 1: " in shown
    assert plan_command.run(path, Wishes(), format_="text", traceback=False, explain="no_such") == 2
    assert "the plan has no function `no_such`" in capsys.readouterr().err


def test_plan_command_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = notebook(tmp_path, *REFUSED, name="bad.ipynb"), notebook(tmp_path, *GOOD)
    refused = printed_plan(bad, capsys)
    assert (refused.code, refused.out, "cell 2:2:7" in refused.err) == (1, "", True)
    assert printed_plan(good, capsys, "yaml").code == 2
    assert printed_plan(good, capsys, name="math").code == 2
