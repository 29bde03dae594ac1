"""Which runs of statements may become a function, with what going in and out."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import analysed

from nb2pkg.names import DefUse
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.lifting import Interface, compose, interface_of
from nb2pkg.plan.story import Story, make_story


def story_of(tmp_path: Path, *cells: str) -> Story:
    flow = analysed(tmp_path, *cells)
    return make_story(flow, classify(flow))


def interface(tmp_path: Path, *cells: str) -> Interface:
    """Return the interface of the cell that begins with `# here`."""
    story = story_of(tmp_path, *cells)
    (number,) = [n for n, cell in enumerate(cells, 1) if cell.startswith("# here")]
    inside = [p for p, s in enumerate(story.statements) if s.location.cell == number]
    return interface_of(story, inside[0], inside[-1])


LIFTED: dict[str, tuple[list[str], str]] = {
    "nothing in, nothing out": (["# here\nprint(1)"], " -> "),
    "in and out": (["a = float(1)", "# here\nb = a + 1\nc = b", "print(c)"], "a -> c"),
    "what is not read later stays inside": (["# here\nb = 1\nc = b + 1", "print(c)"], " -> c"),
    "imports and definitions are no inputs": (
        ["import math\ndef f(v):\n    return v", "# here\nb = f(math.pi)", "print(b)"],
        " -> b",
    ),
    "a builtin is no input": (["# here\nb = len('a')", "print(b)"], " -> b"),
    "rebound": (["a = float(1)", "# here\na = a + 1", "print(a)"], "a -> a"),
    "rebound, the new value unused": (["a = float(1)", "# here\na = a + 1\nprint(a)"], "a -> "),
    "changed in place": (["a = [float(1)]", "# here\na.append(2)", "print(a)"], "a -> "),
    "bound on a condition, bound before": (
        ["a = float(1)\nt = float(0)", "# here\nif t:\n    a = 2", "print(a)"],
        "t a -> a",
    ),
    "bound on a condition, surely read later": (["t = float(1)", "# here\nif t:\n    a = 2", "print(a)"], "t -> a"),
    "read by a later function": (
        ["# here\nlimit = float(3)", "def f(v):\n    return v > limit\nhooks = [f]\nprint(hooks)"],
        " -> limit",
    ),
    "order of first mention": (["z = float(1)\na = float(2)", "# here\nq = z + a\nb = q", "print(b, q)"], "z a -> q b"),
    "lambda that is used up": (
        ["k = float(1)", "# here\nb = sorted([2, 1], key=lambda v: v * k)", "print(b)\nk = 2\nprint(k)"],
        "k -> b",
    ),
    "kept lambda over what never changes again": (
        ["k = float(1)", "# here\nf = {'f': lambda v: v * k}", "print(f['f'](1))"],
        "k -> f",
    ),
    "call of a function with lifted parameters": (
        ["rate = float(1)\ndef f(v):\n    return v * rate", "# here\nb = f(1)", "print(b)"],
        "rate -> b",
    ),
    "deletes its own name": (["# here\na = float(1)\nb = a\ndel a", "print(b)"], " -> b"),
}


@pytest.mark.parametrize("case", LIFTED)
def test_what_goes_in_and_out(case: str, tmp_path: Path) -> None:
    cells, expected = LIFTED[case]
    found = interface(tmp_path, *cells)
    assert found.obstacle == ""
    assert f"{' '.join(found.inputs)} -> {' '.join(found.outputs)}" == expected


OBSTACLES: dict[str, tuple[list[str], str]] = {
    "input may be unbound": (
        ["import random\nif random.random() < 2:\n    a = 1", "# here\nb = 1\nif b > 2:\n    b = a", "print(b)"],
        "`a` may be unbound before it",
    ),
    "output may be unbound": (
        ["t = float(1)", "# here\nif t:\n    a = 2", "if t:\n    print(a)"],
        "`a` may be unbound after it",
    ),
    "deletes a name from before": (["a = float(1)", "# here\nb = a\ndel a", "print(b)"], "it deletes a name"),
    "functions write a name": (
        ["n = 0\ndef f():\n    global n\n    n += 1", "# here\nb = n + 1", "f()\nprint(b)"],
        "functions write `n`",
    ),
    "keeps a lambda over a name that is rebound": (
        ["k = float(1)", "# here\nf = {'f': lambda v: v * k}", "k = 2\nprint(f['f'](1))"],
        "it keeps code that reads `k` later",
    ),
    "keeps a generator over a name that is rebound": (
        ["k = float(1)", "# here\ng = (v * k for v in [1])", "k = 2\nprint(list(g))"],
        "it keeps code that reads `k` later",
    ),
    "keeps code over a name that may be unbound": (
        ["import random\nif random.random() < 2:\n    k = 1", "# here\nf = {'f': lambda v: v * k}", "print(f)"],
        "`k`",
    ),
    "awaits": (["import asyncio", "# here\nawait asyncio.sleep(0)"], "it awaits"),
    "looks at the names around it": (
        ["a = float(1)", "# here\nb = eval('a')", "print(b)"],
        "`eval` looks at the names",
    ),
    "query of text that only the run knows": (
        ["import pandas as pd\ndf = pd.DataFrame({'v': [1]})\nq = str('v > 0')", "# here\nb = df.query(q)", "print(b)"],
        "`query` reads names that only the run knows",
    ),
    "a held function is called while its variable changes": (
        ["k = float(1)\ndef f(v):\n    return v * k\nhooks = [f]", "# here\nfor k in [1, 2]:\n    print(hooks[0](1))"],
        "a function that reads `k` may be called while it changes",
    ),
    "a held function is called right after its variable changed": (
        ["k = float(1)\ndef f(v):\n    return v * k\nhooks = [f]", "# here\nk = 3\nprint(hooks[0](1))"],
        "a function that reads `k` may be called right after it changes",
    ),
    "a name that notebooks do not have": (
        ["# here\ntry:\n    p = __file__\nexcept NameError:\n    p = ''", "print(p)"],
        "`__file__` is not bound in a notebook",
    ),
    "a definition that stays": (
        ["k = float(1)", "# here\ndef f(v):\n    return v * k", "hooks = [f]\nprint(hooks)"],
        "passed on",
    ),
    "a function bound twice": (
        ["# here\ndef f():\n    return 1", "f()", "def f():\n    return 2", "f()"],
        "bound more than once",
    ),
}


@pytest.mark.parametrize("case", OBSTACLES)
def test_obstacles(case: str, tmp_path: Path) -> None:
    cells, obstacle = OBSTACLES[case]
    found = interface(tmp_path, *cells)
    assert obstacle in found.obstacle, found
    assert (found.inputs, found.outputs) == ((), ())


def of(**fields: str) -> DefUse:
    return DefUse(**{name: frozenset(text.split()) for name, text in fields.items()})


def test_composition_of_statements() -> None:
    first = of(defs="a b", kills="a", uses="c", must_uses="c")
    second = of(defs="d", kills="d", uses="a b e", must_uses="a b e", late_uses="f")
    assert compose([first, second]) == of(defs="a b d", kills="a d", uses="b c e", must_uses="c e", late_uses="f")


def test_composition_of_deletions() -> None:
    bound, gone = of(defs="a", kills="a"), of(uses="a", must_uses="a", deletes="a")
    assert compose([bound, gone]) == of(defs="a", deletes="a")
    assert compose([gone, bound]) == of(defs="a", kills="a", uses="a", must_uses="a")


def test_composition_is_associative() -> None:
    parts = [
        of(defs="a", kills="a"),
        of(uses="a b", defs="b", kills="b"),
        of(deletes="a", uses="a"),
        of(defs="a", late_uses="b"),
    ]
    assert compose([compose(parts[:2]), compose(parts[2:])]) == compose(parts)
