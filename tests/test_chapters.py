"""Long stories: `run()` is cut at headings into functions, which together do what it did."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from fuzz import described, random_notebooks
from harness import close_worker, examine
from making import code_of, converted

from nb2pkg.model import Project
from nb2pkg.plan import chapters
from nb2pkg.plan.chapters import LONGEST, Block, Chapter
from nb2pkg.project import chapters as told


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


SHOWS = "\n".join(f"print('{{0}}', values[{n}])" for n in range(5))
PART = (SHOWS, "values = sorted(values)\nvalues.append({1})", SHOWS)
FRUIT = ("apples", "pears", "plums", "figs", "limes", "dates", "kiwis", "grapes")


def parts(count: int, *more: str, headings: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a notebook of parts that each show, change and show values; `more` are the cells above them."""
    cells = ["values = [3, 1, 2]\nvalues += range(9)", *more]
    for number in range(count):
        title = headings[number] if headings else f"Sort the {FRUIT[number]}"
        cells += [f"#md ## {title}", *(cell.format(title, number) for cell in PART)]
    return tuple(cells)


def functions(project: Project) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions of pipeline.py."""
    nodes = ast.parse(code_of(project)["pipeline"]).body
    return {n.name: n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno


def same(cells: Sequence[str]) -> None:
    """Check that the package of a notebook with headings does what the notebook does."""
    code: list[str] = []
    headings: dict[int, str] = {}
    for cell in cells:
        if cell.startswith("#md "):
            headings[len(code)] = cell.removeprefix("#md ")
        else:
            code.append(cell)
    verdict = examine(code, headings)
    assert verdict.kind == "same", verdict


def test_a_short_story_stays_whole(tmp_path: Path) -> None:
    assert [*functions(converted(tmp_path, *parts(2)))] == ["run"]


def test_a_long_story_becomes_a_table_of_contents(tmp_path: Path) -> None:
    cells = parts(6)
    found = functions(converted(tmp_path, *cells))

    assert lines(found["run"]) <= LONGEST
    assert len(found) >= 4
    assert all(lines(node) <= LONGEST for node in found.values())
    assert all(len(node.args.args) <= 5 for node in found.values())
    called = next(name for name in found if "sort_pears" in name)
    assert f"values = {called}(values)" in ast.unparse(found["run"])
    assert ast.get_docstring(found[called], clean=False) == "Sort the pears (cells 7-9)."
    same(cells)


def test_headings_that_are_no_names_stay_readable(tmp_path: Path) -> None:
    cells = parts(6, headings=["一つ目", "二つ目", "三つ目", "四つ目", "五つ目", "六つ目"])
    project = converted(tmp_path, *cells)

    assert '"""二つ目 (cells ' in code_of(project)["pipeline"]
    same(cells)


def test_without_headings_there_are_no_chapters(tmp_path: Path) -> None:
    cells = tuple(c for c in parts(6) if not c.startswith("#md"))
    assert [*functions(converted(tmp_path, *cells))] == ["run"]


def test_chapters_take_the_configuration_instead_of_settings(tmp_path: Path) -> None:
    cells = [*parts(8, "rate = 0.5\nname = 'all'")]
    for fruit in FRUIT[1::2]:
        cells[cells.index(f"#md ## Sort the {fruit}") + 1] += "\nprint(rate, name)"
    cells[cells.index("#md ## Sort the pears") + 2] += "\nwidth = 3"
    cells[cells.index("#md ## Sort the figs") + 1] += "\nprint(width)"
    code = code_of(converted(tmp_path, *cells))["pipeline"]

    assert re.search(r"values = (\w+)\(values, config\)", code)
    assert re.search(r"def \w+\(values(: list)?, config: Config\)( -> list)?:", code)
    same(cells)


KEEPERS = {
    "a closure": "def f():\n    global count\n    count = len(values)\nf()\nprint(count)",
    "a name that is read later": "keep = [lambda: values]\nvalues = values[::-1]\nprint(keep[0]())",
    "a deleted name": "more = 3\nprint(more)\ndel values[0]",
    "a builtin that is hidden below": "print(max(values))\nmax = 3\nprint(max)",
    "a builtin that is back": "sum = 3\nprint(sum)\ndel sum\nprint(sum([1]))",
    "its own file": "__file__ = 'here'\nprint(__file__)",
    "a local import": "values[0] = 5\nimport math\nprint(math.floor(2.5))",
    "an open file": "out = open('a.txt', 'w')\nout.write('text')\nprint(len(open('a.txt').read()))",
    "a generator": "def g():\n    yield values\n    yield max(values)\nit = g()\nprint(next(it))\n"
    "values = values[:]\nprint(next(it))",
    "what is evaluated": "print(eval('len(values)'))",
    "an await": "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
}


@pytest.mark.parametrize("where", FRUIT[1:6:2])
@pytest.mark.parametrize("case", KEEPERS)
def test_whatever_stands_in_it_a_long_story_does_the_same(case: str, where: str, tmp_path: Path) -> None:
    cells = [*parts(6)]
    cells.insert(cells.index(f"#md ## Sort the {where}") + 3, KEEPERS[case])
    same(cells)


def test_figures_are_shown_where_their_cell_ends(tmp_path: Path) -> None:
    """Neither before nor after what the next cell prints: also at the border of a chapter."""
    cells = [*parts(8, "import matplotlib.pyplot as plt")]
    for place, cell in enumerate(cells):
        if cell.startswith("print('Sort the"):
            cells[place] = f"plt.plot(values)\n{cell}"
    found = functions(converted(tmp_path, *cells))
    steps = [[ast.unparse(step) for step in node.body] for node in found.values()]
    shows = sum(body.count("show_figures()") for body in steps)
    at_ends = sum(a.startswith("print(") and b == "show_figures()" for s in steps for a, b in pairwise(s))

    assert len(found) > 1
    assert shows == at_ends == 16


def test_what_is_made_in_a_chapter_is_shown_under_the_notebook_s_name(tmp_path: Path) -> None:
    cells = [*parts(6)]
    cells.insert(cells.index("#md ## Sort the pears") + 2, "(v for v in values)")
    project = converted(tmp_path, *cells)

    chapter = next(name for name, node in functions(project).items() if "(v for v in values)" in ast.unparse(node))
    assert "sort_pears" in chapter
    assert rf'NESTED = re.compile(r"\b(run|{chapter})\.<locals>\.")' in code_of(project)["pretty"]


def test_random_stories_in_chapters_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut wherever it can be, whatever that costs: no cut may change what is shown."""
    made: list[Chapter] = []

    def divide(*given: object, **named: int) -> tuple[Block | Chapter, ...]:
        items = chapters.divide(*given, **named)  # type: ignore[arg-type]
        made.extend(i for i in items if isinstance(i, Chapter))
        return items

    monkeypatch.setattr(told, "divide", divide)
    monkeypatch.setattr(told, "LONGEST", -100)
    for name, value in {"_SHORTEST": 1, "_MOST_INPUTS": 9, "_MOST_OUTPUTS": 9, "_SHARE": 1.0}.items():
        monkeypatch.setattr(chapters, name, value)
    for number, book in enumerate(random_notebooks(80, 4)):
        monkeypatch.setattr(chapters, "_WEIGHTS", ((50.0, 9.0 * (number % 2)),))
        headings = {place: f"## Part {place}" for place in range(len(book.cells))}
        verdict = examine(book.cells, headings)
        assert not verdict.bad, described(book, verdict)
    assert len(made) > 100
