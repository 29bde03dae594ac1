"""`nb2pkg verify`: what it says of whole notebooks, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from making import notebook

from nb2pkg.commands.verify import Options, run
from nb2pkg.pipeline import convert_notebook, plan_of_project
from nb2pkg.project.write import write_project
from nb2pkg.report.verify import report_lines
from nb2pkg.run.limits import Limits
from nb2pkg.run.verdict import CellVerdict, Report
from nb2pkg.run.verify import verify

Cell = str | Mapping[str, Any]
SOURCE = Path(__file__).resolve().parent.parent / "src"


class Made:
    """A small notebook and its project."""

    def __init__(self, folder: Path, *cells: Cell, keep_going: bool = False) -> None:
        self.notebook = notebook(folder / "book", *cells)
        self.project = folder / "project"
        write_project(convert_notebook(self.notebook, keep_going=keep_going), self.project)

    def edit(self, old: str, new: str) -> Made:
        """Let one text of the package become another, in the one module that has it."""
        texts = {path: path.read_text(encoding="utf-8") for path in self.project.glob("src/small_book/*.py")}
        (file,) = (path for path, text in texts.items() if old in text)
        file.write_text(texts[file].replace(old, new), encoding="utf-8")
        return self

    def plan(self, text: str) -> Made:
        """Add lines to the plan."""
        file = self.project / ".nb2pkg" / "plan.toml"
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
        return self

    def report(self, timeout: float = 120) -> Report:
        flow, plan, notes = plan_of_project(self.notebook, self.project)
        return verify(flow, plan, self.project, limits=Limits(timeout), notes=notes)


def cell(report: Report, number: int) -> CellVerdict:
    return next(c for c in report.cells if c.number == number)


def statuses(report: Report) -> dict[int, str]:
    return {c.number: c.status for c in report.cells}


def test_what_is_unusual_in_notebooks_is_equal(tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text("shared")
    made = Made(
        tmp_path,
        "import helper\nfrom pathlib import Path\nprint(helper.VALUE, Path('../shared.txt').read_text())",
        "print('no line end', end='')",
        "class Thing:\n    pass\n\n\nthing = Thing()\nthing",
        "%%time\nnumbers = [1, 2]\nprint('in a magic cell', numbers)\nnumbers",
        {"cell_type": "code", "source": "1 / 0", "metadata": {"tags": ["raises-exception"]}, "outputs": []},
        {"cell_type": "code", "source": "nothing", "metadata": {"tags": ["skip-execution"]}, "outputs": []},
        "import random\nimport numpy as np\nprint(random.random(), np.random.rand(2))",
        "Path('written.txt').write_text('a\\n')",
        "for number in numbers:\n    print(number)\n    number",
    )
    (made.notebook.parent / "helper.py").write_text("VALUE = 5\n")
    before = sorted(made.notebook.parent.rglob("*"))

    report = made.report()

    assert report.equal, report_lines(report)
    assert set(statuses(report).values()) == {"equal"}
    assert 6 not in statuses(report)
    assert [file.path for file in report.files] == ["written.txt"]
    assert sorted(made.notebook.parent.rglob("*")) == before


def test_what_changes_from_run_to_run_is_no_difference(tmp_path: Path) -> None:
    made = Made(
        tmp_path,
        "import time\nstamp = time.time_ns()\nprint('now', stamp)",
        "print('always')\nprint('the same')\nprint('but', stamp)\nrest = stamp // 7",
        "print('sure')",
    )

    report = made.report()

    assert report.equal, report_lines(report)
    assert statuses(report) == {1: "not comparable", 2: "equal", 3: "equal"}
    assert "runs again" in cell(report, 1).reason
    assert cell(report, 2).reason.startswith("but for one line")


def test_differences_are_shown_where_they_are(tmp_path: Path) -> None:
    made = Made(
        tmp_path,
        "import math\nbase = math.floor(4.5)\nprint('base', base)",
        "doubled = [2 * n for n in range(base)]\nprint('doubled', doubled)",
        "total = sum(doubled)\nprint('the total of all numbers is', total)",
        "print('end')",
    ).edit("2 * n", "3 * n")

    report = made.report()

    assert not report.equal
    assert statuses(report) == {1: "equal", 2: "different", 3: "different", 4: "equal"}
    assert report.cause is not None
    assert (report.cause.cell, report.cause.line) == (2, 1)
    assert cell(report, 3).diff == (
        "- the total of all numbers is 12",
        "+ the total of all numbers is 18",
        "?                              ^",
    )
    text = "\n".join(report_lines(report))
    assert "small_book: different (cells: 2 equal, 2 different)" in text
    assert "first difference: cell 2, line 1: `doubled`" in text


def test_what_the_plan_intends_is_expected(tmp_path: Path) -> None:
    made = Made(tmp_path, "import math\nbase = math.floor(4.5)\nprint('base', base)", "print('total', base * 2)")
    made.edit("base * 2", "base * 3").edit('"base"', '"ground"')
    made.plan('\n[[changes]]\ncell = 1\nreason = "a better word"\n[[changes]]\ncell = [2]\nreason = "thrice"\n')

    report = made.report()

    assert report.equal
    assert statuses(report) == {1: "expected", 2: "expected"}
    assert cell(report, 1).reason == "a better word"


def test_a_name_that_is_meant_to_differ_is_expected(tmp_path: Path) -> None:
    cells = [
        "from sklearn.metrics import accuracy_score\naccuracy = accuracy_score([1, 0, 1], [1, 1, 1])",
        "print('end')",
    ]
    made = Made(tmp_path, *cells)
    change = '\n[[changes]]\nname = "accuracy"\nreason = "other rows"\n'
    made.edit("[1, 1, 1]", "[1, 0, 1]")

    expected = made.plan(change).report()

    assert expected.equal, report_lines(expected)
    assert [(r.name, r.status, r.reason) for r in expected.results] == [("accuracy", "expected", "other rows")]


def test_a_notebook_that_fails_is_equal_to_a_package_that_fails_alike(tmp_path: Path) -> None:
    report = Made(tmp_path, "print('a')\nvalue = [1]", "print('b')\nvalue[3]", "print('c')").report()

    assert report.equal, report_lines(report)
    assert statuses(report) == {1: "equal", 2: "equal", 3: "not reached"}
    assert any("IndexError" in note for note in report.notes)


def test_a_package_that_fails_is_different_from_there_on(tmp_path: Path) -> None:
    made = Made(tmp_path, "print('a')", "value = [1, 2]\nprint('b', value[1])", "print('c')").edit(
        "value[1]", "value[5]"
    )

    report = made.report()

    assert not report.equal
    assert "IndexError" in report.failure
    assert statuses(report) == {1: "equal", 2: "not reached", 3: "not reached"}
    assert report.cause is not None and (report.cause.cell, report.cause.line) == (2, 2)


@pytest.mark.parametrize(
    "cells",
    [
        ("x = 5\nprint('names', 'x' in globals())", "y = [x]\ny.append(2)\nprint(y)", "print('end')"),
        ("import asyncio\nx = await asyncio.sleep(0, 5)", "y = [x]\ny.append(2)\nprint(y)", "print('end')"),
    ],
    ids=["script", "asynchronous"],
)
def test_other_forms_of_packages_are_compared_too(cells: tuple[str, ...], tmp_path: Path) -> None:
    made = Made(tmp_path, *cells)
    assert made.report().equal, report_lines(made.report())

    report = made.edit("y.append(2)", "y.append(3)").report()

    assert not report.equal
    assert report.cause is not None and report.cause.cell == 2


def test_secrets_stand_in_no_report(tmp_path: Path) -> None:
    secret = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
    made = Made(tmp_path, f"api_key = {secret!r}\nprint(api_key)", "print('end')")

    report = made.report()

    assert not report.equal  # the package reads it from the environment, where it is not
    assert secret not in repr(report)


# The command


def command(*arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nb2pkg", "verify", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        timeout=timeout,
        check=False,
    )


def test_command_prints_the_report_and_writes_html(tmp_path: Path) -> None:
    html = "from IPython.display import HTML\nHTML('<b onclick=\"alert(1)\">bold</b><script>alert(2)</script>')"
    figure = (
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])\nplt.title('one')\nplt.show()"
    )
    made = Made(tmp_path, "#md # Title <script>alert(0)</script> ![x](https://a.example/b.png)", html, figure, "1 + 1")
    file = tmp_path / "report.html"
    made.edit('"one"', '"two"')

    done = command(made.notebook, made.project, "--html", file, "--format", "json")

    assert done.returncode == 1, done.stderr
    assert "executing" in done.stderr and "in a copy" in done.stderr
    data = json.loads(done.stdout)
    assert data["equal"] is False
    assert data["cause"]["cell"] == 3
    assert [row["status"] for row in data["cells"]] == ["equal", "different", "equal"]
    assert "pixels differ" in data["cells"][1]["figures"][0]["text"]
    page = file.read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3  # the notebook's, the package's, and where they differ
    assert "<b>bold</b>" in page
    assert harmful(page) == []


class _Harmful(HTMLParser):
    """Collects what acts or loads in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] if tag in ("script", "iframe", "object", "embed", "link", "base", "form", "svg") else []
        for name, value in attrs:
            loads = name in ("src", "href", "srcset", "action") and not re.match(r"data:image/|#", value or "")
            self.found += [f"{tag} {name}"] if loads or name.startswith("on") or "url(" in (value or "") else []


def harmful(page: str) -> list[str]:
    parser = _Harmful()
    parser.feed(page)
    return parser.found + [word for word in ("@import", "url(") if word in page]


def test_command_ends_with_0_when_all_is_equal(tmp_path: Path) -> None:
    made = Made(tmp_path, "print('a')")
    done = command(made.notebook, made.project)
    assert done.returncode == 0, done.stderr
    assert "small_book: equal" in done.stdout
    assert "cell 1: equal" in done.stdout


def test_time_out_of_the_notebook_says_where_and_what_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Made(tmp_path, "import time\nprint('a')", "time.sleep(60)")
    status = run(Options(made.notebook, made.project, timeout=5))
    said = capsys.readouterr().err
    assert status == 1
    assert "the notebook was still running after 5 s" in said
    assert ":cell 2" in said
    assert "--timeout" in said


def test_time_out_of_the_package_is_a_difference(tmp_path: Path) -> None:
    made = Made(tmp_path, "import time\nprint('a')", "time.sleep(0.01)\nprint('b')").edit("0.01", "60")
    report = made.report(timeout=8)
    assert not report.equal
    assert "still running" in report.failure
    assert statuses(report) == {1: "equal", 2: "not reached"}
    assert report.cause is not None and report.cause.cell == 2


def refused(*arguments: Any) -> Callable[[pytest.CaptureFixture[str]], str]:
    def said(capsys: pytest.CaptureFixture[str]) -> str:
        assert run(Options(*arguments)) == 1
        return capsys.readouterr().err

    return said


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path, "print('a')")
    assert "there is no such folder" in refused(path, tmp_path / "nowhere")(capsys)
    assert "this is no project of nb2pkg" in refused(path, tmp_path)(capsys)


def test_a_project_without_its_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Made(tmp_path, "print('a')")
    (made.project / "src" / "small_book").rename(made.project / "src" / "other_book")
    assert "There is no folder small_book in src" in refused(made.notebook, made.project)(capsys)


def test_a_notebook_that_has_changed_is_noted(tmp_path: Path) -> None:
    made = Made(tmp_path, "print('a')", "print('b')")
    notebook(made.notebook.parent, "print('a')", "print('c')")
    report = made.report()
    assert not report.equal
    assert report.cause is not None and report.cause.cell == 2
    assert any("has changed" in note for note in report.notes)


@pytest.mark.parametrize(
    "options", [{"format": "xml"}, {"timeout": 0.0}, {"sample": -1}, {"html": Path("nowhere", "a.html")}]
)
def test_wrong_usage_is_told(options: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Options(tmp_path / "a.ipynb", tmp_path, **options)) == 2
    assert "error: --" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(number: int, tmp_path: Path) -> None:
    sleep = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
    made = Made(tmp_path, f"{sleep}open(r'{tmp_path / 'ready'}', 'a').close()\ntime.sleep(99)")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TMPDIR": str(tmp_path), "NB2PKG_TEST": tmp_path.name}
    process = subprocess.Popen(
        [sys.executable, "-m", "nb2pkg", "verify", str(made.notebook), str(made.project)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not (tmp_path / "ready").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == (130 if number == signal.SIGINT else 143), said
    assert "Traceback" not in said
    assert list(tmp_path.glob("nb2pkg-*")) == []
    mark, end = f"NB2PKG_TEST={tmp_path.name}", time.monotonic() + 10
    while _with_environment(mark) and time.monotonic() < end:
        time.sleep(0.1)  # a process that was killed may take a moment to go
    assert _with_environment(mark) == []


def _with_environment(text: str) -> list[str]:
    """Return the command lines of processes that have a variable."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found
