"""`nb2pkg check` as people, hooks and CI call it."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import notebook

from nb2pkg.commands import check_plan
from nb2pkg.commands.check import parse, run
from nb2pkg.commands.check_many import results
from nb2pkg.commands.check_options import Request
from nb2pkg.commands.check_parser import parse_any
from nb2pkg.commands.check_plan import Planner
from nb2pkg.lint.rules.table import ROWS

BAD = "print(measurements[0])"  # NB201
UNUSED = "import os\nprint(1)"  # NB701, which --fix mends


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder, with a cache of its own."""
    monkeypatch.setenv("NB2PKG_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    code = run([*arguments])
    out, err = capsys.readouterr()
    return code, out, err


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Return the findings of a command as JSON."""
    _, out, _ = check(capsys, "--format", "json", *arguments)
    items: list[dict[str, Any]] = json.loads(out)
    return items


def test_finding_has_place_line_mark_and_help(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, "#md # Title", BAD, name="a.ipynb")
    code, out, err = check(capsys)
    assert code == 1
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "a.ipynb:cell 2:1:7: NB201 [E] `measurements` is bound by no cell above"
    assert lines[1:3] == ["    print(measurements[0])", "          ^~~~~~~~~~~~"]
    assert lines[3].startswith("    help: ")
    assert lines[4] == "Found 1 finding in 1 of 1 notebook."


def test_nothing_found_exits_with_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, "print(1)", name="a.ipynb")
    assert check(capsys) == (0, "No findings in 1 notebook.\n", "")
    assert check(capsys, "--quiet") == (0, "", "")


def test_cached_run_says_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, BAD, UNUSED, name="a.ipynb")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    first = check(capsys)
    assert check(capsys) == first == check(capsys, "--no-cache")
    path.write_text(path.read_text().replace("measurements", "values"))
    assert "`values`" in check(capsys)[1]


def test_cache_knows_a_moved_file_by_its_content(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, BAD, name="a.ipynb")
    first = check(capsys)[1]
    path.rename(here / "b.ipynb")
    assert check(capsys)[1] == first.replace("a.ipynb", "b.ipynb")


def test_cache_is_apart_for_other_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    assert check(capsys, "--ignore", "NB2")[0] == 0
    assert check(capsys)[0] == 1
    assert check(capsys, "--select", "NB7")[0] == 0


def test_cache_is_apart_for_another_installation_of_the_same_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages" / "nb2pkg" / "commands" / "check_plan.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setattr(check_plan, "__file__", str(installed))
    before = check_plan.stamp()
    assert check_plan.stamp() == before
    os.utime(installed, ns=(1, 1))
    assert check_plan.stamp() != before


def test_cache_is_apart_for_changed_code_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "nb2pkg"
    monkeypatch.setattr(check_plan, "__file__", str(package / "commands" / "check_plan.py"))
    seen = {check_plan.stamp()}
    for at, name in enumerate(("cells/a.py", "lint/rules/a.py", "lint/ml/a.py", "report/check/a.py"), start=1):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
        os.utime(package / name, ns=(at, at))
        seen.add(check_plan.stamp())
    assert len(seen) == 5


def test_many_files_are_checked_in_processes_and_sorted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        notebook(here, BAD if number % 2 else "print(1)", name=f"n{number:02}.ipynb")
    _, out, _ = check(capsys, "--jobs", "2", "--no-cache")
    assert out == check(capsys, "--jobs", "1", "--no-cache")[1]
    assert "Found 15 findings in 15 of 30 notebooks." in out
    named = [line.partition(":")[0] for line in out.splitlines() if line.startswith("n")]
    assert named == sorted(named)


def test_interrupt_leaves_no_process_behind(here: Path) -> None:
    paths = [str(notebook(here, BAD, name=f"n{number:02}.ipynb")) for number in range(60)]
    jobs = Planner(Request(())).jobs(paths)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        results(jobs, None, 2, interrupted)
    assert multiprocessing.active_children() == []


def test_paths_that_lead_nowhere_are_wrong_usage(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    code, out, err = check(capsys, "a.ipynb", "no.ipynb")
    assert code == 2
    assert "NB201" in out, "the others are checked all the same"
    assert err.startswith("error: no.ipynb: ")


def test_empty_folder_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys)
    assert (code, err) == (0, "warning: .: holds no notebooks\n")


def test_folder_of_excluded_notebooks_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="archive/a.ipynb")
    (here / "pyproject.toml").write_text('[tool.nb2pkg]\nexclude = ["archive"]\n')
    assert check(capsys, "archive") == (0, "", "warning: archive: all of its notebooks are excluded\n")
    assert check(capsys, "--force-exclude", "archive/a.ipynb") == (0, "", ""), "a hook has nothing to say of it"


def test_names_behind_two_dashes_are_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="-j.ipynb")
    assert check(capsys, "-q", "--", "-j.ipynb")[1].startswith("-j.ipynb:cell 1:1:7: NB201")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--min-score", "x"], "a score is a number from 0 to 100, not x"),
        (["--min-score", "101"], "a score is a number from 0 to 100, not 101"),
        (["--jobs", "x"], "a number of processes, not x"),
        (["--jobs=-1"], "a number of processes, not -1"),
    ],
)
def test_wrong_numbers_say_what_is_meant(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.endswith(f"{said}\n")


def test_settings_of_the_project_count(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    notebook(here, BAD, name="old/b.ipynb")
    (here / "pyproject.toml").write_text('[tool.nb2pkg]\nper-file-ignores = { "old/*" = ["NB2"] }\n')
    assert [item["path"] for item in found(capsys)] == ["a.ipynb"]
    (here / "pyproject.toml").write_text('[tool.nb2pkg]\nexclude = ["old"]\nextend-select = ["NB702"]\n')
    notebook(here, "", name="empty.ipynb")
    assert [(item["path"], item["code"]) for item in found(capsys)] == [("a.ipynb", "NB201"), ("empty.ipynb", "NB702")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tool.nb2pkg]\nselct = ["NB2"]\n', "select"),
        ('[tool.nb2pkg]\nselect = ["NB9"]\n', "NB9"),
        ("[tool.nb2pkg]\nmax-statements = 'many'\n", "max-statements"),
        ("[tool.nb2pkg\n", "pyproject.toml"),
    ],
)
def test_wrong_settings_are_wrong_usage(here: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    notebook(here, BAD, name="a.ipynb")
    (here / "pyproject.toml").write_text(text)
    code, out, err = check(capsys)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert said in err


def test_wrong_codes_of_the_command_line_are_wrong_usage(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys, "--select", "NB999")
    assert code == 2
    assert "NB999" in err


@pytest.mark.parametrize(
    "arguments", [["--unsafe-fixes"], ["--statistics", "--score"], ["--score", "--format", "sarif"]]
)
def test_what_would_do_nothing_is_wrong_usage(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    notebook(here, BAD, name="a.ipynb")
    code, out, err = check(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "help: " in err


def test_unknown_option_leaves_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        run(["--nonsense"])
    assert error.value.code == 2
    assert "--nonsense" in capsys.readouterr().err


def test_stdin(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = notebook(here, BAD, name="a.ipynb").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    code, out, _ = check(capsys, "-", "--stdin-filename", "b.ipynb")
    assert code == 1
    assert out.startswith("b.ipynb:cell 1:1:7: NB201")


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_stdin_can_not_be_mended(here: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    code, out, err = check(capsys, "-", option)
    assert (code, out) == (2, "")
    assert err.startswith("error: what comes from stdin can't be mended")


def test_report_that_can_not_be_written_is_no_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    code, _, err = check(capsys, "--output-file", "no/report.txt")
    assert code == 2
    assert err.startswith("error: no/report.txt can't be written")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell and its devices")
@pytest.mark.parametrize(
    ("into", "code", "said"),
    [
        (">/dev/full", 2, "error: the report can't be written: No space left on device\n"),
        (">&-", 1, ""),
    ],
)
def test_stdout_that_takes_nothing(here: Path, into: str, code: int, said: str) -> None:
    if into == ">/dev/full" and not os.path.exists("/dev/full"):
        pytest.skip("no full device here")
    notebook(here, BAD, name="a.ipynb")
    command = f'"{sys.executable}" -m nb2pkg check a.ipynb {into}'
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (code, said)


def test_baseline_accepts_what_is_there_and_tells_what_is_new(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, BAD, name="a.ipynb")
    code, _, err = check(capsys, "--write-baseline", "accepted.json")
    assert (code, err) == (0, "Accepted 1 finding in accepted.json.\n")
    assert check(capsys, "--baseline", "accepted.json")[0] == 0
    notebook(here, "#md # moved", "print(1)", BAD, "print(other_values)", name=path.name)
    code, out, _ = check(capsys, "--baseline", "accepted.json")
    assert code == 1
    assert "`other_values`" in out
    assert "`measurements`" not in out
    assert check(capsys, "--baseline", "none.json")[0] == 2


def test_suppressions_count_and_idle_ones_are_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tagged = {"cell_type": "code", "source": "print(b)", "outputs": [], "execution_count": None}
    cells = [
        "print(a)  # noqa: NB201",
        {**tagged, "metadata": {"tags": ["nb2pkg-ignore-NB201"]}},
        "x = 1  # noqa: NB604",
    ]
    notebook(here, *cells, name="a.ipynb")
    assert [(item["cell"], item["code"]) for item in found(capsys)] == [(3, "NB707")]


def test_fix_mends_in_place_and_only_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, UNUSED, BAD, name="a.ipynb")
    before = path.read_bytes()
    code, out, err = check(capsys, "--diff")
    assert code == 1
    assert "-import os" in out
    assert "Would mend 1 finding in 1 notebook." in err
    assert path.read_bytes() == before
    code, out, err = check(capsys, "--fix")
    assert code == 1, "one finding has no fix"
    assert "Mended 1 finding." in err
    assert "NB701" not in out
    after = path.read_bytes()
    assert after == before.replace(b"import os\\n", b"")
    check(capsys, "--fix")
    assert path.read_bytes() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\n\nprint(1)", "print(1)"),
        ("# Tools\nimport os\n\nprint(1)", "# Tools\n\nprint(1)"),
        ("print(1)\nimport os\n\nprint(2)", "print(1)\n\nprint(2)"),
        ("import os\n\n", ""),
    ],
)
def test_no_empty_lines_are_left_where_a_cell_begins(
    here: Path, capsys: pytest.CaptureFixture[str], before: str, after: str
) -> None:
    path = notebook(here, before, "print(3)", name="a.ipynb")
    check(capsys, "--fix", "--ignore", "NB702")
    assert json.loads(path.read_bytes())["cells"][0]["source"] == after


@pytest.mark.parametrize("code", ["5 + 5\nimport os", "x = 1\nx\nimport os\nimport math\n"])
def test_no_fix_makes_a_cell_show_what_it_did_not(here: Path, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, code, name="a.ipynb")
    before = path.read_bytes()
    check(capsys, "--fix", "--unsafe-fixes")
    assert path.read_bytes() == before


def test_no_fix_is_promised_for_a_script(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text("# %%\nimport os\nprint(1)\n")
    code, out, _ = check(capsys, "--fix", "a.py")
    assert code == 1
    assert "NB701" in out
    assert "fixable" not in out
    assert "[*]" not in out


def test_unsafe_fixes_are_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = "import os\nimport pandas as pd\npd.concat([pd.read_csv(f) for f in os.listdir('.')])"
    path = notebook(here, listing, name="a.ipynb")
    before = path.read_bytes()
    check(capsys, "--fix")
    assert path.read_bytes() == before
    check(capsys, "--fix", "--unsafe-fixes")
    assert b"sorted(os.listdir('.'))" in path.read_bytes()


def test_statistics_and_scores(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    notebook(here, "print(1)", name="b.ipynb")
    code, out, _ = check(capsys, "--statistics")
    assert code == 1
    assert out.splitlines()[0].split() == ["1", "NB201", "undefined-name"]
    code, out, _ = check(capsys, "--score")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [["20", "a.ipynb"], ["100", "b.ipynb"]]
    code, _, err = check(capsys, "--score", "--min-score", "70")
    assert code == 1
    assert err == "error: a.ipynb: its score is 20, less than 70\n"


def test_exit_zero(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    assert check(capsys, "--exit-zero")[0] == 0


def test_colours_when_asked_for_only(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    assert "\x1b[" not in check(capsys)[1]
    assert "\x1b[" in check(capsys, "--color", "always")[1]


def test_output_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb")
    code, out, _ = check(capsys, "--format", "sarif", "--output-file", "out.sarif")
    assert (code, out) == (1, "")
    assert json.loads((here / "out.sarif").read_text())["version"] == "2.1.0"


def test_github_names_the_line_of_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(here, "x = 1", BAD, name="a.ipynb")
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    _, out, _ = check(capsys, "--format", "github")
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "measurements" in text)
    assert f"::error file=a.ipynb,line={line}" in out


def test_file_that_is_no_notebook_is_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_bytes(b"\xff\x00{")
    notebook(here, BAD, name="b.ipynb")
    both = [("a.ipynb", "NB101"), ("b.ipynb", "NB201")]
    assert [(item["path"], item["code"]) for item in found(capsys)] == both
    assert [(item["path"], item["code"]) for item in found(capsys, "--select", "NB2")] == both


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a file that may not be read")
def test_file_that_may_not_be_read_is_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, BAD, name="a.ipynb").chmod(0)
    (item,) = found(capsys)
    assert item["code"] == "NB101"


def test_notebook_without_end_is_not_looked_at(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook(here, "x = 1\n" * 300_000, "x = 2", name="a.ipynb")
    [item] = found(capsys)
    assert item["code"] == "NB101"
    assert item["message"].endswith("it has 300002 lines of code")


@pytest.mark.parametrize("options", [["--select", "NB2"], ["--ignore", "NB1"]])
def test_file_that_is_no_notebook_never_passes(
    here: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    (here / "a.ipynb").write_text("{")
    assert [item["code"] for item in found(capsys, *options)] == ["NB101"]


def test_secrets_are_not_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "ghp_" + "0a1b2c3d4e5f6g7h8i9jA0B1C2D3E4F5G6H7"
    notebook(here, f"token = '{secret}'; print(measurements[0])", name="a.ipynb")
    for form in ("text", "json", "sarif", "github", "gitlab", "junit"):
        _, out, err = check(capsys, "--format", form)
        assert "NB106" in out
        assert "NB201" in out, "of the same line"
        assert secret not in out + err
        assert secret not in "".join(check(capsys, "--format", form, "--ignore", "NB106")[1:])


def test_every_rule_in_the_table_has_a_file() -> None:
    from nb2pkg.lint.rules import load

    assert all(callable(load(row)) for row in ROWS)


@pytest.mark.parametrize("arguments", [["check", "--help"], ["check", "a.ipynb"], ["--help"]])
def test_as_a_process(here: Path, arguments: list[str]) -> None:
    notebook(here, "print(1)", name="a.ipynb")
    command = [sys.executable, "-m", "nb2pkg", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr == ""
    assert "check" in done.stdout or "No findings" in done.stdout


USUAL = """
a.ipynb b --fix --diff -q --quiet --no-cache --score --select --ignore NB2 nb301,NB4 --extend-select --format json sarif
--exit-zero --unsafe-fixes --statistics --force-exclude --no-respect-gitignore --exclude - -- --select=NB2 -j 2 --color
never --help
"""
WORDS = st.sampled_from([*USUAL.split(), "", "x y"])


@given(st.lists(WORDS, max_size=6))
def test_short_way_reads_options_as_argparse_does(arguments: list[str]) -> None:
    outcomes = []
    for read in (parse, parse_any):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                outcomes.append(read([*arguments]))
            except SystemExit as error:
                outcomes.append(error.code)
    assert outcomes[0] == outcomes[1]
