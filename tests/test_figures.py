"""Figures of a generated package: shown and closed when a notebook does it, and saved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nb2pkg.project.render import render

CONTEXT: dict[str, Any] = {
    "tellers": ["run"],
    "results_class": "",
    "predictor_class": "",
    "package": "drawn_book",
    "title": "A book",
    "uses_figures": True,
    "uses_pandas": False,
    "asynchronous": False,
    "has_config": False,
    "needs_tomli": True,
    "driver": "run",
    "script": False,
}
FIGURE = "<Figure size 640x480 with {} Axes>"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder of a package that draws."""
    home = tmp_path / "drawn_book"
    home.mkdir()
    for name in ("display", "figures", "pretty", "__init__"):
        (home / f"{name}.py").write_text(render(f"src/PACKAGE/{name}.py.jinja", **CONTEXT), encoding="utf-8")
    return tmp_path


def run(folder: Path, *cells: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run cells as a package does, in a process of their own: pyplot has one state."""
    lines = [
        "from pathlib import Path",
        "from drawn_book.display import capture, configure, display, show, show_figures",
        f"configure(quiet={quiet}, figures=Path('reports', 'figures'))",
        "import matplotlib.pyplot as plt",
    ]
    for cell in cells:
        lines += [cell, "show_figures()"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "MPLCONFIGDIR": str(folder / "config")}
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def saved(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("reports/figures/*"))


def test_open_figures_are_shown_and_closed_at_the_end_of_a_cell(package: Path) -> None:
    done = run(
        package,
        "_ = plt.plot([1, 2])\nprint('drawn')",
        "print(plt.get_fignums())",
        "fig, ax = plt.subplots(figsize=(2, 1)); fig2, _ = plt.subplots(1, 2)",
    )

    shown = ["drawn", FIGURE.format(1), "[]", "<Figure size 200x100 with 1 Axes>", FIGURE.format(2)]
    assert done.stdout.splitlines() == shown, done.stderr
    assert done.stderr.splitlines() == [str(Path("reports", "figures", f"figure-{n}.png")) for n in (1, 2, 3)]
    assert saved(package) == ["figure-1.png", "figure-2.png", "figure-3.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in package.glob("reports/figures/*"))


def test_plt_show_shows_in_the_middle_of_a_cell(package: Path) -> None:
    done = run(
        package, "plt.plot([1])\nplt.show()\nprint('between')\nplt.plot([2])\nplt.show(block=False)\nprint('end')"
    )

    assert done.stdout.splitlines() == [FIGURE.format(1), "between", FIGURE.format(1), "end"], done.stderr
    assert len(saved(package)) == 2


def test_a_figure_with_nothing_on_it_is_shown_but_not_saved(package: Path) -> None:
    done = run(package, "fig = plt.figure()\nshow(fig)")

    assert done.stdout.splitlines() == [FIGURE.format(0)] * 2, done.stderr
    assert saved(package) == []


def test_a_displayed_figure_is_saved_and_shown_again_at_the_end(package: Path) -> None:
    done = run(package, "fig, ax = plt.subplots()\ndisplay(fig)", "show(fig)", "show([fig])")

    text = FIGURE.format(1)
    assert done.stdout.splitlines() == [text, text, text, f"[{text}]"], done.stderr
    assert len(saved(package)) == 3


def test_without_interactive_mode_figures_wait_for_plt_show(package: Path) -> None:
    done = run(
        package,
        "plt.ioff()\nfig, ax = plt.subplots()",
        "print(plt.get_fignums())",
        "plt.show()\nprint(plt.get_fignums())",
        "plt.ion()\nplt.plot([1])\nplt.show(close=False)\nprint(plt.get_fignums())",
    )

    shown = ["[1]", FIGURE.format(1), "[]", FIGURE.format(1), "[1]", FIGURE.format(1)]
    assert done.stdout.splitlines() == shown, done.stderr


def test_another_backend_shows_nothing(package: Path) -> None:
    done = run(package, "plt.switch_backend('agg')\nplt.plot([1])\nplt.show()", "print(plt.get_fignums())")

    assert done.stdout == "[1]\n", done.stderr
    assert saved(package) == []


def test_captured_figures_are_closed_and_can_be_shown_later(package: Path) -> None:
    done = run(package, "with capture() as kept:\n    plt.plot([1])\nprint(plt.get_fignums())", "kept.show()")

    assert done.stdout.splitlines() == ["[]", FIGURE.format(1)], done.stderr
    assert saved(package) == ["figure-1.png"]


def test_quiet_saves_without_a_word(package: Path) -> None:
    done = run(package, "_ = plt.plot([1])", quiet=True)

    assert (done.stdout, done.stderr) == ("", "")
    assert saved(package) == ["figure-1.png"]


def test_figures_stay_where_the_run_began(package: Path) -> None:
    done = run(package, "import os; os.mkdir('below'); os.chdir('below'); _ = plt.plot([1])")

    assert saved(package) == ["figure-1.png"], done.stderr
    assert not (package / "below" / "reports").exists()


def test_a_figure_that_cannot_be_drawn_is_reported(package: Path) -> None:
    done = run(package, "_ = plt.title('$\\\\nonsense$')", "print('goes on')")

    assert done.stdout.splitlines() == [FIGURE.format(1), "goes on"], done.stderr
    assert "ValueError" in done.stderr
    assert saved(package) == []


def test_importing_neither_draws_nor_imports_matplotlib(package: Path) -> None:
    code = "import drawn_book.display, sys; print('matplotlib' in sys.modules)\nimport drawn_book.figures, matplotlib\n"
    code += "print(matplotlib.is_interactive(), 'matplotlib.pyplot' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(package)}

    done = subprocess.run([sys.executable, "-c", code], cwd=package, env=environment, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["False", "False False"], done.stderr
