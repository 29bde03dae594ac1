"""What a statement surely binds, may bind, reads before that, and reads later."""

from __future__ import annotations

import ast
import importlib.util
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from notebook_strategies import RandomNotebook, notebooks

from nb2pkg.flow.context import Context, surely_runs
from nb2pkg.flow.defuse import def_use
from nb2pkg.names import DefUse

FIELDS = ("kills", "defs", "uses", "must_uses", "late_uses", "late_writes", "deletes")


def names(code: str, context: Context | None = None) -> DefUse:
    (node,) = ast.parse(code).body
    return def_use(node, context)


def expected(text: str) -> dict[str, set[str]]:
    """Read `kills=a b uses=c`; what is not named is empty, and `defs` are the kills when it is not given."""
    found: dict[str, set[str]] = {name: set() for name in FIELDS}
    field = ""
    for word in text.replace("=", "= ").split():
        if word.endswith("="):
            field = word[:-1]
        else:
            found[field].add(word)
    if "defs=" not in text:
        found["defs"] = set(found["kills"])
    return found


TABLE = {
    # plain bindings
    "a = b": "kills=a uses=b must_uses=b",
    "a = a + 1": "kills=a uses=a must_uses=a",
    "a = b = c": "kills=a b uses=c must_uses=c",
    "(a, [b, *c]) = d": "kills=a b c uses=d must_uses=d",
    "a += b": "kills=a uses=a b must_uses=a b",
    "a.b = c": "uses=a c must_uses=a c",
    "a[i] = c": "uses=a i c must_uses=a i c",
    "a[i] += c": "uses=a i c must_uses=a i c",
    "a: b = c": "kills=a uses=b c must_uses=b c",
    "a: b": "uses=b must_uses=b",
    "a.x: b": "uses=a b must_uses=a b",
    "import a.b": "kills=a",
    "import a.b as c": "kills=c",
    "from a import b, c as d": "kills=b d",
    "from a import *": "",
    "del a": "uses=a must_uses=a deletes=a",
    "del a.b, c[d]": "uses=a c d must_uses=a c d",
    "assert a, b": "uses=a b must_uses=a",
    # expressions
    "print((n := m), n)": "kills=n uses=print m must_uses=print m",
    "(n := n + 1)": "kills=n uses=n must_uses=n",
    "a and (n := b)": "defs=n uses=a b must_uses=a",
    "a or b or c": "uses=a b c must_uses=a",
    "a < b < c": "uses=a b c must_uses=a b",
    "x = a if t else b": "kills=x uses=a b t must_uses=t",
    "(n := 1) if t else (n := 2)": "kills=n uses=t must_uses=t",
    "(n := 1) if t else 2": "defs=n uses=t must_uses=t",
    "x = f'{a:{b}}'": "kills=x uses=a b must_uses=a b",
    "x = f'{(n := a)} {n}'": "kills=x n uses=a must_uses=a",
    # comprehensions
    "x = [i + k for i in s if i > t]": "kills=x uses=s k t must_uses=s",
    "x = [i for i in i]": "kills=x uses=i must_uses=i",
    "x = {i: j for i in a for j in b[i]}": "kills=x uses=a b must_uses=a",
    "x = {(last := i) for i in a}": "kills=x defs=x last uses=a must_uses=a",
    "x = [[j for j in i if j != o] for i in a]": "kills=x uses=a o must_uses=a",
    "x = [0 for d[k] in a]": "kills=x uses=a d k must_uses=a",
    # code that runs later
    "f = lambda x, y=d: x + y + z": "kills=f uses=d must_uses=d late_uses=z",
    "f = lambda: lambda: z": "kills=f late_uses=z",
    "g = (i + k for i in s)": "kills=g uses=s k must_uses=s late_uses=k",
    "@deco\ndef f(a: ann = default) -> res:\n    return a + z": (
        "kills=f uses=deco ann default res must_uses=deco ann default res late_uses=z"
    ),
    "def f():\n    local = 1\n    return local + f()": "kills=f late_uses=f",
    "def f():\n    global g\n    g += h": "kills=f late_uses=g h late_writes=g",
    "def f():\n    def inner():\n        global g\n        g = o\n    return inner": (
        "kills=f late_uses=o late_writes=g"
    ),
    "def f():\n    n = 1\n    def inner():\n        nonlocal n\n        n += o\n    return inner": (
        "kills=f late_uses=o"
    ),
    "def f():\n    if t:\n        z = 1\n    return z": "kills=f late_uses=t",
    "def f():\n    return [z for q in r]": "kills=f late_uses=z r",
    "def f():\n    import os as o\n    return o, p": "kills=f late_uses=p",
    "def f():\n    try:\n        pass\n    except E as e:\n        print(e)": "kills=f late_uses=E print",
    "def f(*args, k=d, **kw):\n    return args, k, kw": "kills=f uses=d must_uses=d",
    "async def f():\n    return await z": "kills=f late_uses=z",
    # branches
    "if t:\n    a = b\nelse:\n    a = c": "kills=a uses=t b c must_uses=t",
    "if t:\n    a = 1": "defs=a uses=t must_uses=t",
    "if t:\n    a = 1\nelif u:\n    a = 2\nelse:\n    a = 3": "kills=a uses=t u must_uses=t",
    "if t:\n    a = 1\n    b = a\nelse:\n    raise E": "kills=a b uses=t E must_uses=t",
    # loops
    "for i in s:\n    a = i\n    b = a": "defs=i a b uses=s must_uses=s",
    "for i in s:\n    t = t + i": "defs=i t uses=s t must_uses=s",
    "for i in [1, 2]:\n    a = i": "kills=i a",
    "for i in range(3):\n    if i:\n        break\n    a = i": "kills=i defs=i a uses=range must_uses=range",
    "for i in range(3):\n    if i:\n        continue\n    a = i": "kills=i defs=i a uses=range must_uses=range",
    "for i in range(0):\n    a = i": "defs=i a uses=range must_uses=range",
    "for i in s:\n    pass\nelse:\n    a = b": "defs=i a uses=s b must_uses=s",
    "for d[k] in s:\n    pass": "uses=s d k must_uses=s",
    "while t:\n    a = b": "defs=a uses=t b must_uses=t",
    "while True:\n    a = b\n    if a:\n        break": "kills=a uses=b",
    "while True:\n    if t:\n        break\n    a = b": "defs=a uses=t b",
    "while (n := f()):\n    a = n": "kills=n defs=n a uses=f must_uses=f",
    # try
    "try:\n    a = f()\nexcept E:\n    a = g()": "kills=a uses=f E g",
    "try:\n    a = f()\nexcept E:\n    pass": "defs=a uses=f E",
    "try:\n    a = f()\nexcept E:\n    raise": "kills=a uses=f E",
    "try:\n    a = f()\nexcept E as e:\n    a = e": "kills=a defs=a e uses=f E deletes=e",
    "try:\n    a = f()\nfinally:\n    b = g()": "kills=a b uses=f g must_uses=f g",
    "try:\n    a = f()\nfinally:\n    b = a": "kills=a b uses=f a must_uses=f",
    "try:\n    a = f()\nexcept E:\n    a = 0\nelse:\n    b = a": "kills=a defs=a b uses=f E",
    # with
    "with open(p) as f:\n    a = f.read()": "kills=f a uses=open p must_uses=open p",
    "with open(m) as (x, y), open(x) as z:\n    a = y": "kills=x y z a uses=m open must_uses=m open",
    "with m as (x, y):\n    a = y": "kills=x y defs=x y a uses=m must_uses=m",
    "with suppress(E):\n    a = f()": "defs=a uses=suppress E f must_uses=suppress E",
    "with contextlib.suppress(E) as s:\n    a = f()": "kills=s defs=s a uses=contextlib E f must_uses=contextlib E",
    # match
    "match s:\n    case [a, *b]:\n        c = a\n    case {'k': d, **e}:\n        c = d": (
        "defs=a b c d e uses=s must_uses=s"
    ),
    "match s:\n    case P(x=1):\n        c = 1\n    case _:\n        c = q": "kills=c uses=s P q must_uses=s",
    "match s:\n    case a if a > t:\n        c = 1\n    case other:\n        c = 2": (
        "kills=c defs=a c other uses=s t must_uses=s"
    ),
    # classes
    "class C(B, metaclass=M):\n    x = v\n    y = x": "kills=C uses=B M v must_uses=B M v",
    "class C:\n    x = 1\n    def m(self):\n        return x": "kills=C late_uses=x",
    "class C:\n    x = x": "kills=C uses=x must_uses=x",
    "class C:\n    n = 2\n    t = [n for _ in range(n)]": "kills=C uses=n range must_uses=range",
    "@d\nclass C:\n    def m(self, a=b):\n        return C, z": "kills=C uses=d b must_uses=d b late_uses=C z",
}


@pytest.mark.parametrize("code", TABLE)
def test_names_of_each_construct(code: str) -> None:
    found = names(code)
    assert {name: set(getattr(found, name)) for name in FIELDS} == expected(TABLE[code])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="`except*` is of Python 3.11")
def test_exception_groups() -> None:
    found = names("try:\n    a = f()\nexcept* E as e:\n    a = e")
    assert (found.kills, found.defs) == ({"a"}, {"a", "e"})


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type aliases are of Python 3.12")
def test_type_aliases_are_read_when_asked_for() -> None:
    found = names("type A = list[B]")
    assert (found.kills, found.uses, found.late_uses) == ({"A"}, set(), {"list", "B"})


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are of Python 3.12")
def test_type_parameters_are_no_names_of_the_notebook() -> None:
    found = names("def f[T]():\n    return T, z")
    assert found.late_uses == {"z"}


def test_annotations_are_not_read_under_the_future_import() -> None:
    lazy = Context(lazy_annotations=True)
    assert names("def f(a: ann) -> res:\n    pass", lazy).uses == set()
    assert names("a: ann = 1", lazy) == DefUse(defs=frozenset("a"), kills=frozenset("a"))


def test_context_managers_may_swallow_exceptions_unless_a_library_s_are_known_not_to() -> None:
    code = "with guard():\n    a = 1"
    assert names(code).kills == set()
    assert names(code, Context(aliases={"guard": "library.guard"})).kills == {"a"}
    assert names(code, Context(aliases={"guard": "contextlib.suppress"})).kills == set()
    assert names("with open(p):\n    a = 1").kills == {"a"}
    held = "with held:\n    a = 1"
    assert names(held).kills == set()
    assert names(held, Context(plain_objects=frozenset({"held"}))).kills == {"a"}


def test_lambdas_are_called_at_once_where_the_callee_has_done_with_them() -> None:
    kept, done = names("x = keep(s, key=lambda v: v + z)"), names("x = sorted(s, key=lambda v: v + z)")
    assert (kept.late_uses, "z" in kept.uses) == ({"z"}, False)
    assert (done.late_uses, "z" in done.uses) == (set(), True)
    own = Context(bound=frozenset({"sorted"}))
    assert names("x = sorted(s, key=lambda v: v + z)", own).late_uses == {"z"}


def test_generators_are_read_at_once_where_the_callee_exhausts_them() -> None:
    assert names("x = sum(i * k for i in s)").late_uses == set()
    assert names("x = map(f, (i * k for i in s))").late_uses == {"k"}


def test_calls_of_lifted_functions_read_what_they_pass_on() -> None:
    lifted = Context(lifted={"f": ("rate",)})
    assert names("x = f(1)", lifted).uses == {"f", "rate"}
    assert names("g = lambda: f(1)", lifted).late_uses == {"f", "rate"}
    assert names("rate = f(1)", lifted).uses == {"f", "rate"}


def test_strings_that_name_variables() -> None:
    found = names("x = df.query('v > @limit')")
    assert (found.uses, found.must_uses) == ({"df", "limit"}, {"df"})


@pytest.mark.parametrize(
    "code",
    ["[1]", "(1, *a)", "{1: 2}", "'ab'", "range(1, 3)", "enumerate([1])", "zip([1], 'a')", "sorted({3})"],
)
def test_loops_that_surely_run(code: str) -> None:
    assert surely_runs(ast.parse(code, mode="eval").body, Context())


@pytest.mark.parametrize(
    "code",
    [
        "[]",
        "[*a]",
        "{}",
        "{**a}",
        "''",
        "s",
        "range(n)",
        "range(2, 2)",
        "range()",
        "range('a')",
        "zip()",
        "zip([1], s)",
        "f([1])",
    ],
)
def test_loops_that_may_not_run(code: str) -> None:
    assert not surely_runs(ast.parse(code, mode="eval").body, Context())


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


def comprehension_targets(code: str) -> set[str]:
    found = [g.target for n in ast.walk(ast.parse(code)) for g in getattr(n, "generators", [])]
    return {n.id for target in found for n in ast.walk(target) if isinstance(n, ast.Name)}


def named_in_comprehensions(code: str) -> set[str]:
    found = [n for n in ast.walk(ast.parse(code)) if getattr(n, "generators", None)]
    return {n.target.id for c in found for n in ast.walk(c) if isinstance(n, ast.NamedExpr)}


def check_against_symtable(code: str) -> None:
    """Compare with the compiler's own symbol table; it knows no order, so it says the widest that may be."""
    top, *nested = tables(symtable.symtable(code, "<test>", "exec"))
    found = names(code)
    own = top.get_symbols()
    bound = {s.get_name() for s in own if (s.is_assigned() and not s.is_annotated()) or s.is_imported()}
    noted = {s.get_name() for s in own if s.is_annotated()}  # `a: int` need not bind
    bound |= {s.get_name() for t in nested for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()}
    read = {s.get_name() for s in own if s.is_referenced()}
    read |= {s.get_name() for t in nested for s in t.get_symbols() if s.is_referenced() and s.is_global()}
    read -= {"__class__"}  # what `super()` asks for belongs to the class
    if sys.version_info >= (3, 12):  # where comprehensions are no scopes of their own for the compiler
        inlined = comprehension_targets(code)
        bound = (bound - (inlined - found.defs)) | (named_in_comprehensions(code) & found.defs)
        read -= inlined - (found.uses | found.late_uses)
    # A class body reads a name from outside until it binds it itself.
    either = {s.get_name() for t in nested if t.get_type() == "class" for s in t.get_symbols() if s.is_referenced()}
    assert bound <= found.defs | found.deletes | found.late_writes
    assert found.kills <= found.defs <= bound | noted
    assert found.late_writes | found.deletes <= bound
    assert found.must_uses <= found.uses
    assert read <= found.uses | found.late_uses | found.defs
    assert found.uses | found.late_uses <= read | bound | noted | either


@pytest.mark.parametrize("code", TABLE)
def test_symtable_knows_the_same_names(code: str) -> None:
    check_against_symtable(code)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks())
def test_symtable_knows_the_names_of_random_notebooks(book: RandomNotebook) -> None:
    for cell in book.cells:
        for node in ast.parse(cell).body:
            check_against_symtable(ast.unparse(node))


@pytest.mark.parametrize("module", ["argparse", "dataclasses", "doctest", "enum", "inspect", "typing", "unittest.mock"])
def test_symtable_knows_the_names_of_real_code(module: str) -> None:
    found = importlib.util.find_spec(module)
    assert found is not None and found.origin is not None
    checked = 0
    for node in ast.walk(ast.parse(Path(found.origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt):
            code = ast.unparse(node)
            try:
                compile(code, "<test>", "exec")
            except SyntaxError:
                continue  # `return`, `nonlocal` and the like stand in functions only
            if "eval(" not in code and "query(" not in code and "~" not in code:  # strings may name variables
                check_against_symtable(code)
                checked += 1
    assert checked > 200
