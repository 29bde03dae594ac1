"""Which rung of the ladder the functions and classes of a notebook take."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from making import analysed, converted

from nb2pkg.model import Rung
from nb2pkg.plan.definitions import Definitions, classify, definition_name

DEFINITION, PARAMETER, CLOSURE = Rung.DEFINITION, Rung.PARAMETER, Rung.CLOSURE


def classified(tmp_path: Path, *cells: str) -> Definitions:
    return classify(analysed(tmp_path, *cells))


RATE = "rate = float('0.5')\n"  # a variable: no literal

STAYS_OR_MOVES: dict[str, tuple[str, Rung, str]] = {
    "reads nothing": ("def f(v):\n    return v + 1\nf(1)", DEFINITION, "reads only"),
    "reads an import": ("import math\ndef f(v):\n    return math.sqrt(v)\nf(1)", DEFINITION, "reads only"),
    "reads a definition": ("def g(v):\n    return v\ndef f(v):\n    return g(v)\nf(1)", DEFINITION, "reads only"),
    "reads a constant": ("RATE = 0.5\ndef f(v):\n    return v * RATE\nf(1)", DEFINITION, "reads only"),
    "reads a variable": (RATE + "def f(v):\n    return v * rate\nf(1)", PARAMETER, "rate"),
    "reads a rebound variable": ("rate = 1\ndef f(v):\n    return v * rate\nf(1)\nrate = 2\nf(1)", PARAMETER, "rate"),
    "generator": (RATE + "def f(v):\n    yield v * rate\nlist(f(1))", PARAMETER, "rate"),
    "generator reads a rebound variable": (
        RATE + "def f(v):\n    yield v * rate\ng = f(1)\nrate = 2\nlist(g)",
        CLOSURE,
        "hands out code",
    ),
    "returns a lambda that reads a rebound variable": (
        RATE + "def f():\n    return lambda v: v * rate\ng = f()\nrate = 2\ng(1)",
        CLOSURE,
        "hands out code",
    ),
    "decorated, reads nothing": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(v):\n    return v\nf(1)",
        DEFINITION,
        "reads only",
    ),
    "decorated, reads a variable": (
        "from functools import lru_cache\n" + RATE + "@lru_cache(maxsize=None)\ndef f(v):\n    return v * rate\nf(1)",
        CLOSURE,
        "decorated",
    ),
    "passed to what calls it": (RATE + "def f(v):\n    return v * rate\nlist(map(f, [1]))", PARAMETER, "rate"),
    "passed to a function that calls it": (
        RATE + "def f(v):\n    return v * rate\ndef each(g, vs):\n    return [g(v) for v in vs]\neach(f, [1])",
        PARAMETER,
        "rate",
    ),
    "passed to a function that looks at it": (
        RATE + "def f(v):\n    return v * rate\ndef each(g):\n    print(g.__name__)\neach(f)",
        CLOSURE,
        "passed on as a value",
    ),
    "passed to a function that keeps it": (
        RATE + "def f(v):\n    return v * rate\nkept = []\ndef keep(g):\n    kept.append(g)\nkeep(f)",
        CLOSURE,
        "passed on as a value",
    ),
    "passed to what calls it later, reads a rebound variable": (
        RATE + "def f(v):\n    return v * rate\nit = map(f, [1])\nrate = 2\nlist(it)",
        CLOSURE,
        "passed on as a value",
    ),
    "passed to what is unknown": (
        "import zzz\n" + RATE + "def f(v):\n    return v * rate\nzzz.register(f)",
        CLOSURE,
        "passed on as a value",
    ),
    "another function of the same name is called": (
        RATE + "def f(v):\n    return v * rate\ndef g(f):\n    return f(1)\ng(abs), f(1)",
        CLOSURE,
        "means something else",
    ),
    "stored": (RATE + "def f(v):\n    return v * rate\ntable = {'f': f}", CLOSURE, "passed on as a value"),
    "called with unknown keywords": (
        RATE + "def f(v):\n    return v * rate\nf(**{'v': 1})",
        CLOSURE,
        "keywords that only the run knows",
    ),
    "takes any keyword": (RATE + "def f(**more):\n    return rate\nf(v=1)", CLOSURE, "any keyword"),
    "looks at its frame": (RATE + "def f(v):\n    return rate, locals()\nf(1)", CLOSURE, "its own frame"),
    "name means something else at the call": (
        RATE + "def f(v):\n    return v * rate\nfor v in [f(rate) for rate in [1]]:\n    print(v)",
        CLOSURE,
        "means something else",
    ),
    "variable may be unbound at the call": (
        "import random\nif random.random() < 2:\n    rate = 1\ndef f(v):\n    return v * rate\nf(1)",
        CLOSURE,
        "may be unbound",
    ),
    "writes a global": (
        "n = 0\ndef f():\n    global n\n    n += 1\nf()",
        CLOSURE,
        "declares a name of the notebook as global",
    ),
    "reads what a function writes": (
        "n = 0\ndef g():\n    global n\n    n += 1\ndef f():\n    return n\ng()\nf()",
        CLOSURE,
        "which functions write",
    ),
    "bound twice": ("def f():\n    return 1\nf()\ndef f():\n    return 2\nf()", CLOSURE, "bound more than once"),
    "bound on a condition too": (
        "import sys\ndef f():\n    return 1\nif sys.argv:\n    f = print\nf()",
        CLOSURE,
        "more than once",
    ),
    "deleted": ("def f():\n    return 1\nf()\ndel f", CLOSURE, "bound more than once"),
    "header runs code": ("def f(v=print('now')):\n    return v\nf()", CLOSURE, "header"),
    "default is a variable": (RATE + "def f(v=rate):\n    return v\nf()", CLOSURE, "header"),
    "default is a constant": ("RATE = 0.5\ndef f(v=RATE):\n    return v\nf()", DEFINITION, "reads only"),
    "class": ("class f:\n    def m(self):\n        return 1\nf().m()", DEFINITION, "reads only"),
    "class reads a variable": (
        RATE + "class f:\n    def m(self):\n        return rate\nf().m()",
        CLOSURE,
        "reads variables of the notebook: rate",
    ),
    "class whose base has a hook": (
        "class B:\n    def __init_subclass__(cls):\n        print(cls)\nclass f(B):\n    pass",
        CLOSURE,
        "runs code of the notebook",
    ),
    "lambda": ("f = lambda v: v + 1\nf(1)", DEFINITION, "reads only"),
    "lambda reads a variable": (RATE + "f = lambda v: v * rate\nf(1)", CLOSURE, "reads variables of the notebook"),
    "coroutine": ("async def f():\n    return 1\nawait f()", DEFINITION, "reads only"),
    "calls what gets parameters": (
        RATE + "def g(v):\n    return v * rate\ndef f(v):\n    return g(v)\nf(1)",
        PARAMETER,
        "rate",
    ),
    "source is looked at": (
        "import inspect\n" + RATE + "def f(v):\n    return v * rate\nprint(inspect.getsource(f))",
        CLOSURE,
        "source or signature",
    ),
}


@pytest.mark.parametrize("case", STAYS_OR_MOVES)
def test_rung(case: str, tmp_path: Path) -> None:
    code, rung, why = STAYS_OR_MOVES[case]
    found = classified(tmp_path, code).by_name["f"]
    assert (found.rung, why in found.why) == (rung, True), found.why


def test_lifted_parameters_are_sorted_and_named(tmp_path: Path) -> None:
    found = classified(tmp_path, "b = float(1)\na = float(2)", "def f(v):\n    return v + a + b\nf(1)")
    assert found.lifted("f") == ("a", "b")
    assert found.lifted("unknown") == ()
    assert found.moved == {"f"}


def test_a_closure_says_what_it_reads(tmp_path: Path) -> None:
    found = classified(tmp_path, RATE + "def f(v):\n    return v * rate\nhooks = [f]")
    assert found.by_name["f"].reads == {"rate"}
    assert found.moved_statements == set()


def test_constants_move_with_their_readers(tmp_path: Path) -> None:
    found = classified(tmp_path, "LIMIT = 3\nOTHER = 4\ndef f(v):\n    return v > LIMIT\nf(1)")
    assert found.constants == {"LIMIT": 0}
    assert found.moved == {"f", "LIMIT"}
    assert found.moved_statements == {0, 2}


@pytest.mark.parametrize(
    ("use", "moves"),
    [
        ("NAMES[0]", True),
        ("len(NAMES)", True),
        ("'a' in NAMES", True),
        ("NAMES.append(1)", False),
        ("g = NAMES", False),
    ],
)
def test_a_container_is_constant_if_nothing_can_change_it(use: str, moves: bool, tmp_path: Path) -> None:
    found = classified(tmp_path, f"NAMES = ['a']\ndef f(v):\n    return v in NAMES\nf('a')\n{use}")
    assert ("NAMES" in found.constants) is moves


def test_mutual_recursion_is_judged_together(tmp_path: Path) -> None:
    even = "def even(n):\n    return n == 0 or odd(n - 1)\n"
    plain = "def odd(n):\n    return n != 0 and even(n - 1)\n"
    reads = "def odd(n):\n    return n != stop and even(n - 1)\n"
    free = classified(tmp_path, even + plain + "even(4)")
    assert {d.rung for d in free.by_name.values()} == {DEFINITION}
    lifted = classified(tmp_path, "stop = int('0')\n" + even + reads + "even(4)")
    assert [(d.rung, d.lifted) for d in lifted.by_name.values()] == [(PARAMETER, ("stop",))] * 2
    held = classified(tmp_path, "stop = int('0')\n" + even + reads + "even(4)\nhooks = [odd]")
    assert [(d.name, d.rung, d.lifted) for d in held.by_name.values()] == [
        ("even", PARAMETER, ("odd",)),
        ("odd", CLOSURE, ()),
    ]


def test_a_builtin_s_name_stays_in_place(tmp_path: Path) -> None:
    found = classified(tmp_path, "def sum(v):\n    return 1\nsum(1)").by_name["sum"]
    assert (found.rung, found.why) == (CLOSURE, "`sum` is a builtin's name")


def test_what_reads_a_closure_is_one_itself_or_gets_it_passed(tmp_path: Path) -> None:
    cells = (RATE, "def g(v):\n    return v * rate\nhooks = [g]", "def f(v):\n    return g(v)\nf(1)")
    found = classified(tmp_path, *cells)
    assert found.by_name["g"].rung is CLOSURE
    assert (found.by_name["f"].rung, found.lifted("f")) == (PARAMETER, ("g",))


def test_names_written_by_functions_are_volatile(tmp_path: Path) -> None:
    found = classified(tmp_path, "n = 0\ndef f():\n    global n\n    n += 1\nf()")
    assert found.volatile == {"n"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("def f(): pass", "f"),
        ("class C: pass", "C"),
        ("f = lambda: 1", "f"),
        ("f = g = lambda: 1", None),
        ("f = 1", None),
    ],
)
def test_what_counts_as_a_definition(code: str, name: str | None) -> None:
    assert definition_name(ast.parse(code).body[0]) == name


def test_lifted_parameters_are_keyword_only_and_each_call_passes_them(tmp_path: Path) -> None:
    project = converted(tmp_path, RATE + "def fee(v):\n    return v * rate", "print(fee(2))")
    code = "".join(data.decode() for name, data in project.files.items() if name.startswith("src/"))
    assert "def fee(v, *, rate):" in code
    assert "fee(2, rate=rate)" in code
