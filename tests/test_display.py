"""What a generated package shows for a value, against IPython itself."""

from __future__ import annotations

import collections
import datetime
import enum
import functools
import importlib
import itertools
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import black
import numpy as np
import pandas as pd
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from IPython.lib.pretty import pretty as ipythons_pretty

from nb2pkg.project.render import render

PACKAGE = "shown_book"
CONTEXT: dict[str, Any] = {
    "tellers": ["run"],
    "results_class": "",
    "predictor_class": "",
    "package": PACKAGE,
    "title": "A book",
    "uses_figures": False,
    "uses_pandas": False,
    "asynchronous": False,
    "has_config": False,
    "needs_tomli": True,
    "driver": "run",
    "script": False,
}
FIGURES = Path("reports", "figures")
# What cells define: classes, functions and closures, with their texts below.
CELLS = """
def scale(x, by=2):
    return x * by


class Model:
    def fit(self):
        return lambda: 1


class WrongInput(ValueError):
    pass
"""
STORY = f"""
from {PACKAGE}.data import Model


def run():
    class Local:
        pass

    def inner(a):
        def deepest():
            pass
        return deepest

    return Local, inner, inner(1), lambda q: q, [Model]
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[types.SimpleNamespace]:
    """The modules of a package."""
    folder = tmp_path_factory.mktemp("display")
    home = folder / PACKAGE
    home.mkdir()
    for name in ("display.py", "pretty.py", "__init__.py"):
        (home / name).write_text(render(f"src/PACKAGE/{name}.jinja", **CONTEXT), encoding="utf-8")
    (home / "data.py").write_text(CELLS, encoding="utf-8")
    (home / "pipeline.py").write_text(STORY, encoding="utf-8")
    sys.path.insert(0, str(folder))
    found = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in ("display", "pretty", "data", "pipeline")}
    yield types.SimpleNamespace(**found)
    sys.path.remove(str(folder))


@pytest.fixture
def shown(modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> Any:
    """What `show` prints for a value."""
    modules.display.configure(quiet=False, figures=FIGURES)

    def shown(value: object) -> str:
        modules.display.show(value)
        return capsys.readouterr().out

    return shown


class Lines:
    """Has a representation of several lines."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __repr__(self) -> str:
        return "\n".join("line" * number for number in range(1, self.count))


class Grouped:
    """Lays itself out, as people's classes may."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def _repr_pretty_(self, p: Any, cycle: bool) -> None:
        if cycle:
            p.text("Grouped(...)")
            return
        with p.group(8, "Grouped(", ")"):
            for number, item in enumerate(self.items):
                if number:
                    p.text(",")
                    p.breakable()
                p.pretty(item)


class Broken(Grouped):
    """Breaks lines by itself."""

    def _repr_pretty_(self, p: Any, cycle: bool) -> None:
        p.begin_group(2, "<")
        with p.indent(3):
            for item in [] if cycle else self.items:
                p.breakable("  ")
                p.pretty(item)
                p.break_()
        p.end_group(2, ">")


class PlainList(list[Any]):
    """A list by another name."""


class NamedList(list[Any]):
    """A list with a representation of its own."""

    def __repr__(self) -> str:
        return f"NamedList of {len(self)}"


class Meta(type):
    """Gives classes a representation."""

    def __repr__(cls) -> str:
        return "a class of classes"


class Named(metaclass=Meta):
    """Its representation is its metaclass's."""


class Color(enum.Enum):
    """An enumeration."""

    RED = 1


Point = collections.namedtuple("Point", "x y")

ATOMS = [
    None,
    True,
    ...,
    NotImplemented,
    int,
    Lines,
    Named,
    Color,
    Color.RED,
    Point(1, "b" * 50),
    ValueError("a" * 20, 3),
    KeyError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"),
    len,
    print,
    str.join,
    [].append,
    "abc".upper,
    functools.partial(print, 1),
    re.compile(r"a\d", re.I | re.S),
    re.compile(rb"x\\"),
    re.compile("é", re.X),
    re.I,
    range(3),
    slice(1, 2),
    collections.UserList([1, 2]),
    datetime.datetime(2020, 1, 1),
    datetime.timedelta(3),
    Broken(["a" * 30, "b" * 50]),
    np.eye(12),
    np.arange(3.0),
    np.float32(0.1),
    pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    pd.Timestamp("2020-01-01"),
    sympy.Symbol("x") ** 2,
]


def keys() -> st.SearchStrategy[Any]:
    leaves = st.one_of(st.integers(), st.text(max_size=50), st.booleans(), st.floats(), st.none())
    return st.recursive(
        leaves, lambda k: st.one_of(st.lists(k, max_size=5).map(tuple), st.frozensets(k, max_size=4)), max_leaves=8
    )


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(values, max_size=7)
    dicts = st.dictionaries(keys(), values, max_size=5)
    named = st.dictionaries(st.from_regex(r"\A[a-z]{1,20}\Z"), values, max_size=4)
    kinds = (list, tuple, Grouped, Broken, PlainList, NamedList, collections.deque)
    return st.one_of(
        st.one_of([lists.map(kind) for kind in kinds]),
        lists.map(lambda items: collections.deque(items, 9)),
        lists.map(lambda items: ValueError(*items)),
        dicts,
        dicts.map(collections.OrderedDict),
        dicts.map(types.MappingProxyType),
        dicts.map(lambda items: collections.defaultdict(list, items)),
        named.map(lambda items: types.SimpleNamespace(**items)),
        st.dictionaries(keys(), st.integers(0, 5), max_size=5).map(collections.Counter),
        st.sets(keys(), max_size=8),
        st.frozensets(keys(), max_size=8),
    )


def everything() -> st.SearchStrategy[Any]:
    scalars = st.one_of(st.integers(), st.floats(), st.complex_numbers(), st.text(max_size=60), st.binary(max_size=9))
    leaves = st.one_of(scalars, st.sampled_from(ATOMS), st.integers(1, 8).map(Lines))
    return st.recursive(leaves, containers, max_leaves=40)


@settings(max_examples=400, deadline=None)
@given(value=everything())
def test_values_are_laid_out_as_ipython_does(modules: types.SimpleNamespace, value: Any) -> None:
    assert modules.pretty.pretty(value) == ipythons_pretty(value)


def _around() -> Iterator[Any]:
    items: list[Any] = [1]
    items.append(items)
    yield items
    mapping: dict[Any, Any] = {1: items}
    mapping[2] = mapping
    yield mapping
    group = Grouped([items])
    group.items.append(group)
    yield group
    default: collections.defaultdict[Any, Any] = collections.defaultdict(int)
    default[1] = default
    yield default
    queue: collections.deque[Any] = collections.deque([1], maxlen=5)
    queue.append(queue)
    yield queue
    space = types.SimpleNamespace()
    space.itself = space
    yield space


class Parent:
    """Has a child below."""


class Child(Parent):
    """Shows its parent."""

    def parent(self) -> Any:
        return super()

    def __repr__(self) -> str:
        return "child"


CASES = {
    **{f"around {number}": value for number, value in enumerate(_around())},
    "longest list": list(range(1000)),
    "too long list": list(range(1001)),
    "too long set": set(range(1001)),
    "too long dict": dict.fromkeys(range(2000)),
    "empty": [set(), frozenset(), (), [], {}, collections.Counter(), collections.OrderedDict(), PlainList()],
    "sets in order": [{3, 1, 2}, {"b", 1, "a"}, frozenset("ba")],
    "key of many lines": {(1,) * 30: (2,) * 60},
    "key and value that break": {("a" * 20, "b" * 20): ("c" * 30, ["d" * 40, "e" * 40], "f" * 30)},
    "keys of dict": {"a": 1}.keys(),
    "plain object": object(),
    "object in list": [object(), Parent()],
    "super": Child().parent(),
    "method": Child().parent,
    "lambda": lambda x, *y, **z: x,
    "arrays": {"a": np.arange(100), "b": [np.eye(3), np.float64(1.5)]},
    "frames": [pd.DataFrame({"a": range(3)}), pd.Series([1, 2], name="s")],
    "library's function": [np.mean, pd.read_csv, pd.DataFrame.head],
    "library's class": [pd.DataFrame, np.float64, collections.deque],
}


@pytest.mark.parametrize("name", CASES)
def test_cases_are_laid_out_as_ipython_does(modules: types.SimpleNamespace, name: str) -> None:
    assert modules.pretty.pretty(CASES[name]) == ipythons_pretty(CASES[name])


def test_what_cells_define_belongs_to_main(modules: types.SimpleNamespace, shown: Any) -> None:
    data, (local, inner, deepest, function, models) = modules.data, modules.pipeline.run()

    assert shown(data.Model) == "__main__.Model\n"
    assert shown(data.scale) == "<function __main__.scale(x, by=2)>\n"
    assert shown(data.WrongInput("a")) == "__main__.WrongInput('a')\n"
    assert re.fullmatch(r"\[<__main__\.Model at 0x[0-9a-f]+>\]\n", shown([data.Model()]))
    assert shown(data.Model().fit()) == "<function __main__.Model.fit.<locals>.<lambda>()>\n"
    assert shown(local) == "__main__.Local\n"
    assert shown(inner) == "<function __main__.inner(a)>\n"
    assert shown(deepest) == "<function __main__.inner.<locals>.deepest()>\n"
    assert shown(function) == "<function __main__.<lambda>(q)>\n"
    assert shown(collections.defaultdict(data.Model)) == "defaultdict(__main__.Model, {})\n"
    assert shown(models) == "[__main__.Model]\n"


class Bundle:
    """Says itself in what forms it is shown."""

    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle

    def __repr__(self) -> str:
        return "plain"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if isinstance(self.bundle, Exception):
            raise self.bundle
        return self.bundle


class BundleList(Bundle, list[Any]):
    """A list that has a bundle: IPython prints it as a list."""


class AnyAttribute:
    """Claims to have every attribute."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: {"text/plain": "made up"}

    def __repr__(self) -> str:
        return "any attribute"


@pytest.mark.parametrize(
    "value",
    [
        Bundle({"text/plain": "from the bundle"}),
        Bundle(({"text/plain": "with metadata"}, {})),
        Bundle({"text/html": "<b>"}),
        Bundle({}),
        Bundle(None),
        Bundle,
        BundleList({"text/plain": "x"}),
        AnyAttribute(),
    ],
)
def test_a_bundles_plain_text_is_shown_where_ipython_shows_it(shown: Any, value: Any) -> None:
    data, _ = DisplayFormatter().format(value)

    assert shown(value) == f"{data['text/plain']}\n"


def test_show_leaves_out_none_and_display_does_not(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    display = modules.display
    display.configure(quiet=False, figures=FIGURES)

    display.show(None)
    display.display(None, "a", clear=True, metadata={})
    display.display({"text/plain": "raw", "text/html": "<b>"}, {"text/html": "<i>"}, raw=True)
    display.display(1, include=["text/html"])
    display.display(2, exclude=["text/plain"])
    display.show_text("<a form>")
    display.clear_output(wait=True)

    assert capsys.readouterr().out == "None\n'a'\nraw\n<a form>\n"


def test_names_of_what_stays_in_run_are_shown_as_in_the_notebook(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    _, inner, *_ = modules.pipeline.run()
    held = functools.partial(inner)
    assert "<function run.<locals>.inner at 0x" in repr(held)
    modules.display.show(held)
    assert "<function inner at 0x" in capsys.readouterr().out


def test_a_handle_shows_updates(modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    modules.display.configure(quiet=False, figures=FIGURES)

    handle = modules.display.display("a", display_id="x")
    handle.update("b")
    handle.display("c")

    assert handle.display_id == "x"
    assert capsys.readouterr().out == "'a'\n'b'\n'c'\n"
    assert modules.display.display("d") is None


def test_quiet_shows_nothing(modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    modules.display.configure(quiet=True, figures=FIGURES)

    modules.display.show([1])
    modules.display.display(None, 2)
    modules.display.show_text("x")
    print("printed")

    assert capsys.readouterr().out == "printed\n"


class Failing:
    """Can't be shown."""

    def __repr__(self) -> str:
        raise LookupError("no representation")


def test_what_display_cannot_show_is_reported(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    modules.display.configure(quiet=False, figures=FIGURES)

    modules.display.display(Failing(), "after")

    printed = capsys.readouterr()
    assert printed.out == "'after'\n"
    assert "LookupError: no representation" in printed.err
    with pytest.raises(LookupError):
        modules.display.show(Failing())


def test_capture_keeps_what_is_printed_and_shown(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    display = modules.display
    display.configure(quiet=False, figures=FIGURES)

    with display.capture() as outer:
        print("out")
        print("err", file=sys.stderr)
        display.show([1])
        with display.capture(display=False) as inner:
            print("inner")
            display.show("to the outer one")

    assert capsys.readouterr() == ("", "")
    assert (outer.stdout, outer.stderr, str(outer)) == ("out\n", "err\n", "out\n")
    assert [output.data["text/plain"] for output in outer.outputs] == ["[1]", "'to the outer one'"]
    assert (inner.stdout, inner.outputs) == ("inner\n", [])
    outer()
    display.show(outer.outputs[0])
    assert capsys.readouterr() == ("out\n[1]\n'to the outer one'\n[1]\n", "err\n")


def test_displays_pass_a_capture_that_leaves_them_out(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    modules.display.configure(quiet=False, figures=FIGURES)

    with modules.display.capture(display=False, stderr=False) as captured:
        print("kept")
        modules.display.show("shown")
        print("error", file=sys.stderr)
    modules.display.show("after")

    assert capsys.readouterr() == ("'shown'\n'after'\n", "error\n")
    assert captured.stdout == "kept\n"


def test_an_error_ends_a_captured_block_only(
    modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    with modules.display.capture() as captured:
        print("before")
        raise LookupError("the reason")

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "LookupError: the reason" in printed.err
    assert captured.stdout == "before\n"


def test_errors_are_reported_on_stderr(modules: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    modules.display.report_error(ValueError("expected"))

    assert capsys.readouterr() == ("", "ValueError: expected\n")


def test_sympy_prints_what_it_can_after_init_printing(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = sympy.Symbol("x")
    assert shown(x**2) == "x**2\n"
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    sympy.init_printing()

    assert shown(x**2 / 3) == " 2\nx \n──\n3 \n"
    assert shown([x**2, 1]) == "⎡ 2   ⎤\n⎣x , 1⎦\n"
    assert shown({1: x**2}) == "⎧    2⎫\n⎨1: x ⎬\n⎩     ⎭\n"
    assert shown([x**2, "a"]) == "[x**2, 'a']\n"
    assert shown((True, 2)) == "(True, 2)\n"
    sympy.init_printing(use_unicode=False)
    assert shown(x**2) == " 2\nx \n"
    sympy.init_printing(pretty_print=False)
    assert shown(x**2) == "x**2\n"


@pytest.mark.parametrize("figures", [True, False])
@pytest.mark.parametrize("pandas", [True, False])
@pytest.mark.parametrize("ipython", [True, False])
def test_the_generated_files_need_no_formatting(figures: bool, pandas: bool, ipython: bool) -> None:
    context = {**CONTEXT, "uses_figures": figures, "uses_pandas": pandas, "uses_ipython": ipython}
    for name, length in itertools.product(("display", "pretty", "figures", "shell"), (1, 20, 50)):
        text = render(f"src/PACKAGE/{name}.py.jinja", **{**context, "package": "p" * length})
        assert text == black.format_str(text, mode=black.Mode()), name


def test_pandas_has_the_options_of_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("display", "pretty", "__init__"):
        text = render(f"src/PACKAGE/{name}.py.jinja", **{**CONTEXT, "package": "pandas_book", "uses_pandas": True})
        (tmp_path / "pandas_book").mkdir(exist_ok=True)
        (tmp_path / "pandas_book" / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    display = importlib.import_module("pandas_book.display")

    with pd.option_context("display.width", 7, "display.max_columns", 0):
        display.configure(quiet=False, figures=FIGURES)

        assert (pd.get_option("display.width"), pd.get_option("display.max_columns")) == (80, 20)


def test_libraries_show_through_ipython_as_we_do(tmp_path: Path) -> None:
    home = tmp_path / "library_book"
    home.mkdir()
    for name in ("display", "pretty", "__init__"):
        text = render(f"src/PACKAGE/{name}.py.jinja", **{**CONTEXT, "package": home.name, "uses_ipython": True})
        (home / f"{name}.py").write_text(text, encoding="utf-8")
    code = (
        "from pathlib import Path; from library_book.display import configure; configure(quiet=False, figures=Path())\n"
    )
    code += "import IPython.display; IPython.display.display({'a', 'b'}, [1])"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)

    assert done.stdout == "{'a', 'b'}\n[1]\n", done.stderr
