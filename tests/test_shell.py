"""Shell lines and magics of a generated package, against what IPython prints."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from nb2pkg.project.render import render

posix = pytest.mark.skipif(os.name != "posix", reason="the commands are POSIX")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A package's `shell` module; the current folder is a fresh one."""
    home = tmp_path / "lib" / "shell_book"
    home.mkdir(parents=True)
    (home / "__init__.py").touch()
    (home / "shell.py").write_text(render("src/PACKAGE/shell.py.jinja", package="shell_book"), encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.setenv("SHELL", "/bin/sh")
    yield importlib.import_module("shell_book.shell")
    for name in ("shell_book.shell", "shell_book"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def ipython() -> Iterator[InteractiveShell]:
    """IPython itself, to compare with."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@posix
def test_a_command_prints_in_order_and_never_raises(
    shell: types.ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    print("before")
    shell.run_shell("echo out; echo err >&2; echo été; exit 3")
    shell.run_shell("no-such-command 2>/dev/null")

    assert capsys.readouterr() == ("before\nout\nerr\nété\n", "")


@posix
def test_a_command_finds_a_terminal_of_80_columns(shell: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        Path(name).touch()

    shell.run_shell("ls; test -t 1 && stty size <&1; echo $PAGER")

    assert capsys.readouterr().out == "a.txt  b.txt  c.txt\n24 80\ncat\n"


@posix
def test_much_output_is_passed_on_whole(shell: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_shell(f"{sys.executable} -c \"print('é' * 100000)\"")

    assert capsys.readouterr().out == "é" * 100000 + "\n"


@posix
def test_lines_of_a_command_are_ipythons(
    shell: types.ModuleType, ipython: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("echo a; echo b >&2; printf 'c\\n\\nd'", "true", "ls nowhere; exit 2", "printf 'x\\r\\ny'"):
        assert shell.shell_lines(command) == list(ipython.getoutput(command))
    assert capsys.readouterr().out == ""


def test_nothing_runs_in_the_background(shell: types.ModuleType) -> None:
    for function in (shell.run_shell, shell.shell_lines):
        with pytest.raises(OSError, match="Background processes not supported"):
            function("sleep 1 & ")


@posix
def test_a_script_gets_its_text_and_arguments(shell: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_script("sh", "echo $1 $2\necho err >&2", args=("-s", "a", "b c"))

    assert capsys.readouterr() == ("a b c\n", "err\n")


@posix
def test_a_failing_script_raises_unless_told_otherwise(
    shell: types.ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        shell.run_script("sh", "echo a\nexit 3\n")
    shell.run_script("sh", "echo b\nexit 3\n", check=False)

    assert (raised.value.returncode, raised.value.cmd) == (3, b"echo a\nexit 3\n")
    assert capsys.readouterr().out == "a\nb\n"


def test_a_missing_program_is_said_as_ipython_does(
    shell: types.ModuleType, ipython: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    ipython.run_cell_magic("script", "no-such-program", "x")
    expected = capsys.readouterr().out

    shell.run_script("no-such-program", "x")

    assert capsys.readouterr().out == expected == "Couldn't find program: 'no-such-program'\n"


def test_folders_are_changed_and_printed(
    shell: types.ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work, below = Path.cwd(), Path.cwd() / "below"
    below.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    with pytest.raises(RuntimeError, match="No previous directory"):
        shell.change_directory("-")
    shell.change_directory("below")
    shell.change_directory("-")
    shell.change_directory("nowhere")
    shell.change_directory("~")
    shell.change_directory(str(work), quiet=True)

    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == [str(below), str(work)]
    assert "No such file" in printed[2] or "cannot find" in printed[2]
    assert printed[3:] == [str(work), str(tmp_path)]
    assert Path.cwd() == work


@posix
def test_folders_are_printed_as_ipython_prints_them(
    shell: types.ModuleType, ipython: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("below").mkdir()
    start = os.getcwd()

    def printed(change: object) -> str:
        os.chdir(start)
        for path in (".", "below", "nowhere", "-", "-"):
            change(path)  # type: ignore[operator]
        return capsys.readouterr().out

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions of IPython miss pickleshare
        expected = printed(lambda path: ipython.run_line_magic("cd", path))
    assert printed(shell.change_directory) == expected


def test_environment_variables_are_set_and_printed(
    shell: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NB_BOOK", "old")

    shell.set_environment("NB_BOOK", "b c")

    assert os.environ["NB_BOOK"] == "b c"
    assert capsys.readouterr().out == "env: NB_BOOK=b c\n"


def test_files_are_written_as_ipython_writes_them(
    shell: types.ModuleType, ipython: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in ("ipythons.txt", "ipythons.txt", "-a ipythons.txt"):
        ipython.run_cell_magic("writefile", line, "é\n")
    expected = capsys.readouterr().out

    for append in (False, False, True):
        shell.write_file("ours.txt", "é\n", append=append)

    assert capsys.readouterr().out == expected.replace("ipythons", "ours")
    assert Path("ours.txt").read_bytes() == Path("ipythons.txt").read_bytes()


def test_a_file_runs_as_a_program(shell: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub", "helper.py").write_text("value = 7\n")
    Path("sub", "job.py").write_text(
        "import sys\nfrom helper import value\nprint(__name__, sys.argv, __file__)\n"
        "def twice(): return value * 2\nmain = sys.modules['__main__'].twice is twice\n"
    )
    arguments, path = list(sys.argv), list(sys.path)

    value, twice, main = shell.run_file("sub/job.py", "value", "twice", "main")

    assert (value, twice(), main) == (7, 14, True)
    assert capsys.readouterr().out == f"__main__ ['sub/job.py'] {Path('sub', 'job.py').resolve()}\n"
    assert (sys.argv, sys.path) == (arguments, path)
    del sys.modules["helper"]


def test_a_file_that_fails_has_bound_names_before(shell: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fails.py").write_text("a = 1\n1 / 0\nb = 2\n")
    Path("ends.py").write_text("a = 2\nraise SystemExit\n")
    Path("ends_badly.py").write_text("a = 3\nraise SystemExit(4)\n")

    assert shell.run_file("fails.py", "a") == (1,)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert shell.run_file("ends.py", "a") == (2,)
    assert capsys.readouterr() == ("", "")
    assert shell.run_file("ends_badly.py", "a") == (3,)
    assert "SystemExit: 4" in capsys.readouterr().err
    with pytest.raises(NameError, match=r"'b' is not defined by fails\.py"):
        shell.run_file("fails.py", "a", "b")
    with pytest.raises(FileNotFoundError):
        shell.run_file("nowhere.py")


def test_secrets_come_from_the_environment(
    shell: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NB_TOKEN", "abc")
    assert shell.secret("NB_TOKEN") == "abc"
    assert capsys.readouterr() == ("", "")

    monkeypatch.delenv("NB_TOKEN")
    assert shell.secret("NB_TOKEN") == "secret"
    assert "NB_TOKEN is not set" in capsys.readouterr().err


def test_there_is_no_shell(shell: types.ModuleType) -> None:
    assert shell.no_shell() is None
