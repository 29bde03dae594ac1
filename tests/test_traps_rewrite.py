"""Small notebooks whose text must change with care: class bodies, f-strings, names of the module, last expressions."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz import described
from harness import close_worker, examine, execute_cells, notebook_bytes
from making import named_notebooks
from notebook_strategies import RandomNotebook

from nb2pkg.pipeline import convert_notebook

# A cell of a notebook ends at a line of `---`; a notebook begins at a line of `==== name`.
TRAPS = r'''
==== tuples without parentheses are shown
x = 1
x,
---
*[x, 2],
---
x, x
---
print(1),
---
(v for v in [1]) is None
---
print(*[x, 2])
==== name of the module in f-strings
print(f"{__name__} x")
print(f'{__name__} y', f"{__name__!r:>12}")
print(f"""{__name__} "quoted" """)
print("a" f"{__doc__:.9}")
---
f"{__name__=}", f"{ __name__ = }", f"{__name__=!s}", f"{__name__=:>10}", f"{(len(__name__) + 1)=}"
==== a call that passes variables on shows its text in an f-string
rate = 2
def fee(v, **_):
    return v * rate
def tax(v):
    return v * rate
print(f"{tax(3)=} {tax(1) = :.1f} {fee(2)=}")
rate = 3
print(f"{tax(3)=}", f"{ {1: tax(2)}=}")
==== names of the module are bound nearer
def tag(__doc__):
    return __doc__
def local():
    __name__ = "local"
    return [__name__, (lambda: __name__)()]
print(tag("t"), local(), [__name__ for __name__ in ["a"]], (lambda __name__: __name__)("b"))
print([v + __name__ for v in __name__[:1]], [__name__ for __name__ in [__name__]])
def default(__name__=__name__):
    return __name__
default(), (lambda: __name__)()
==== names of the module in class bodies
class A:
    """hi"""
    d = __doc__
    n = __name__
    def m(self):
        return __doc__[:5], __name__
class B:
    d = __doc__[:5]
    __doc__ = "own"
    e = __doc__
class C:
    d = __doc__[:5]
class D:
    for i in range(2):
        __name__ = __name__ + str(i)
A.d, A.n, A().m(), B.d, B.e, C.d, D.__name__, D.__dict__["__name__"]
==== a loop in a class body counts on
total = 10
print(total)
total = total
class A:
    for i in range(3):
        total = total + i
A.total, total
==== a while in a class body comes to its end
k = 3
seen = []
k = k + 0
class A:
    while k > 0:
        seen.append(k)
        k = k - 1
A.k, k, seen
==== augmented assignments in class bodies
x = [1]
n = 5
n = n + 1
class A: x += [2]; y = x
class B:
    n += 1
    n *= n
    for i in range(2):
        n -= 1
    m = n
class C:
    if n > 100:
        n = 0
    n += 1
print(A.x is x, A.y, B.n, B.m, C.n, n, list(vars(B))[:3])
==== classes within classes
x = 1
x = x + 1
class A:
    x = x + 10
    class B:
        x = x + 100
        class C:
            y = x
            x += 1000
    z = x
A.x, A.B.x, A.B.C.x, A.B.C.y, A.z, x
==== classes within branches, loops and blocks
import contextlib
x = float("1")
if x:
    class A:
        x = x
for i in range(2):
    x = x + 1
    class B:
        x = x, i
        i = i
with contextlib.nullcontext():
    class C:
        x = [x, *[v for v in [x]]]
try:
    class D:
        y = x
        x = None
finally:
    pass
A.x, B.x, B.i, C.x, D.y, D.x, x
==== classes within functions
x = float("1")
x = x + 1
def make(v):
    class A:
        x = x + v
        def get(self, x=x):
            return x
    return A
print(make(1).x, make(2)().get())
x = x + 10
make(1).x, make(2)().get()
==== a class in a function that writes the name
x = 1
def make():
    global x
    x = x + 1
    class A:
        x = [x]
        x.append(x)
    return len(A.x), A.x[0]
print(make(), x)
==== methods, defaults, decorators and annotations read what the class binds later
x = float("1")
note = x
def marked(value):
    def inner(function):
        function.mark = value
        return function
    return inner
class A:
    y = x
    def x(self):
        return x
class B:
    def f(self, x=x):
        return x
    x = 5
    def g(self, x=x):
        return x
class C:
    @marked(x)
    def x(self: x, v: x = x) -> x:
        return v
class D:
    x: float = x
    note: note = note
    z: x = 3
print(A.y, A().x(), B().f(), B().g(), C.x.mark, C().x(), C.x.__annotations__, D.__annotations__)
x = x + 1
==== annotations that are not evaluated
from __future__ import annotations
kind = float("1")
kind = kind + 1
class A:
    other: kind = kind
    def f(self, v: kind = kind) -> kind:
        return v
    kind: kind = 3
A.__annotations__, A.f.__annotations__, A.other, A().f()
==== a bare annotation makes a name the class's
rate = float("1")
rate = rate + 1
class A:
    rate: float
    double = rate * 2
    rate: rate
    triple = rate * 3
A.double, A.triple, hasattr(A, "rate")
==== imports and deletions in a class body
import random
math = float("4")
x = float("1")
if random.random() < 2:
    math = math + 1
    x = x + 1
class A:
    before = math
    import math
    after = math.floor(2.5)
class B:
    x = 5
    del x
    y = x
    for i in [0, 1]:
        x = x + 1
        z = x
        del x
A.before, A.after, B.y, B.z, hasattr(B, "x")
==== order and kind of what a class body binds stay
from enum import Enum
import dataclasses
red = float("1")
red = red + 1
class Colour(Enum):
    blue = 0
    red = red
@dataclasses.dataclass
class Point:
    size: int = 1
    red: float = red
list(Colour), Point(), [n for n in vars(Colour)["_member_map_"]]
==== walrus, with, except and match in class bodies
import contextlib
x = float("1")
x = x + 1
class A:
    if (y := x) > (x := 0):
        z = x
    w = x
class B:
    with contextlib.nullcontext(x) as x:
        y = x
class C:
    try:
        y = x
        1 / 0
    except ZeroDivisionError as x:
        z = type(x).__name__
    w = x
class D:
    match x:
        case float() as x:
            y = -x
class E:
    a = x and (x := 7)
    x = x + 1
    b = [x for x in [x]]
(A.y, A.z, A.w), (B.x, B.y), (C.y, C.z, C.w), (D.x, D.y), (E.a, E.x, E.b)
==== a class body reads what it changes through a function
x = 1
def tick():
    global x
    x += 1
    return x
class A:
    y = tick()
    x = x
    z = tick()
A.y, A.x, A.z, x
==== the notebook has names like ours
outer_x = "mine"
x = float("1")
x = x + 1
class A:
    x = x
    y = outer_x
A.x, A.y, outer_x
==== class bodies in f-strings
x = float("1")
x = x + 1
class A:
    a = f"{x} {x:.2f} {x=}"
    for i in range(2):
        b = f"{x:>4}"
        x = 5
A.a, A.b
==== qualified name of a class that binds a name to itself
x = float("1")
x = x + 1
class A:
    x = x
    def f(self):
        return x
x = x + 1
A.__qualname__, A.f.__qualname__.rpartition(".")[2], A().f()
==== plt is something else
class Show:
    def show(self):
        return "shown"
plt = Show()
plt.show()
---
plt.show()
==== global at the top level says nothing
x = 1
x = x + 1
---
global x
x = x + 1
if x:
    global y; y = 2
for i in range(2):
    global total
    total = i
def read():
    return x + y + total
read()
'''

# Notebooks with no right conversion, and a part of what is said about them.
REFUSED = r"""
==== the function around a class has the name as well
x = float("1")
x = x + 1
def make(x):
    class A:
        x = x
    return A.x
---
make(5)
==== a class with a base adds to a name from outside
x = float("1")
x = x + 1
class Base:
    pass
class A(Base):
    x += 1
print(A.x)
==== an f-string with both quotes
print(f"{__name__} it's")
"""
SAID = {
    "the function around a class has the name as well": "class `A` binds `x`",
    "a class with a base adds to a name from outside": "class `A` binds `x`",
    "an f-string with both quotes": "`__name__` stands in an f-string",
}

SOURCE_CELLS = (
    "import inspect",
    "def  add( a,b = 'x' ):  # as typed\n    return { 'a':a,\n             'b' : b }",
    "class  Box :\n    size   = 3\n    def get( self ): return self.size",
    "print(inspect.getsource(add), inspect.getsource(Box))",
)


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


@pytest.mark.parametrize("name", named_notebooks(TRAPS))
def test_trap(name: str) -> None:
    cells = named_notebooks(TRAPS)[name]
    verdict = examine(cells)
    assert verdict.kind == "same", described(RandomNotebook(cells), verdict)
    assert not verdict.script


@pytest.mark.parametrize("name", named_notebooks(TRAPS))
def test_trap_shows_something(name: str) -> None:
    """A trap without output could not fail."""
    run = execute_cells(named_notebooks(TRAPS)[name])
    assert (run.error, bool(run.stdout.strip())) == ("", True), run.trace


@pytest.mark.parametrize("name", named_notebooks(REFUSED))
def test_refused(name: str) -> None:
    verdict = examine(named_notebooks(REFUSED)[name])
    assert verdict.kind == "refused", verdict
    assert SAID[name] in verdict.detail


def test_sources_stay_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a notebook may print the text of is not laid out anew."""
    notebook = tmp_path / "typed.ipynb"
    notebook.write_bytes(notebook_bytes(SOURCE_CELLS))
    project = convert_notebook(notebook)
    for name, data in project.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    units = {u.name: u.module for u in project.plan.units if u.kind == "definition"}
    try:
        for name, source in (("add", SOURCE_CELLS[1]), ("Box", SOURCE_CELLS[2])):
            module = importlib.import_module(f"{project.package}.{units[name]}")
            assert inspect.getsource(getattr(module, name)) == f"{source}\n"
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == project.package]:
            del sys.modules[name]
