"""Small notebooks in which it counts when a name is read, how long an object lives, and who looks at what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz import described
from harness import close_worker, examine, execute_cells
from making import named_notebooks
from notebook_strategies import RandomNotebook

# A cell of a notebook ends at a line of `---`; a notebook begins at a line of `==== name`.
TRAPS = r"""
==== dict keeps the function that it is given
rate = 2
ops = dict(scale=lambda x: x * rate)
---
rate = 10
print(ops["scale"](1))
==== max keeps the functions that it compares
rate = 2
def f(x): return x * rate
def g(x): return x - rate
best = max(f, g, key=lambda h: h(3))
---
rate = 10
print(best(1))
==== a default reads what a cell has changed
import sys
sys.argv = ['prog','--n','3', '4']
def main(argv=sys.argv):
    return argv
print(main())
==== a default reads a counter of a class
class A:
    n = 0
    def __init__(self): A.n += 1
A(); A()
class B: start = A.n
def f(k=A.n): return k
print(B.start, f())
==== a function registers below a use
from functools import singledispatch
@singledispatch
def f(x): return "any"
---
print(f(1))
---
@f.register(int)
def f_int(x): return "int"
---
print(f(1))
==== a result would take a name of the notebook
5
---
result_1 = 7
---
print(_, result_1)
==== a temporary folder lives to the end
import tempfile, os
tmp = tempfile.TemporaryDirectory()
path = tmp.name
---
print(os.path.exists(path))
==== an open file is not closed by the end of its cell
f = open("t.txt", "w")
n = f.write("hello")
---
print(open("t.txt").read(), n)
==== a function is called above its helper
def g(): return h()
try: print(g())
except NameError: print("not yet")
---
def h(): return 1
print(g())
==== a pattern binds the name of a variable that is passed on
rate = 2
def f(x): return x*rate
rate = 3
def g(v):
    match v:
        case [rate, _]: return f(2)
print(g([5,6]))
==== an argument binds what a function reads
rate = 1
def f(x): return x * rate
print(list(map(f, [rate := 5, 2])))
==== an f-string shows its own text
rate = 2
def f(x): return x * rate
rate = 3
print(f"{f(2)=}")
==== a builtin is used above the import that hides it
print(pow(2, 3))
---
from math import pow
print(pow(2, 3))
==== a star import rebinds a variable
pi = 3
e = 5
---
from math import *
print(pi, e)
==== the last star wins
from math import *
from cmath import *
print(sqrt(-4 if sqrt.__module__ == "cmath" else 4))
==== an import stands below a read of its name
try: print(math.pi)
except NameError: print("no math yet")
---
import math
print(math.pi)
==== an object swallows exceptions
class Guard:
    def __enter__(self): return self
    def __exit__(self, *a): return True
guard = Guard()
x = len("a")
---
with guard:
    y = int("q")
    x = 2
---
print(x)
==== a loop over what has the name of a library function
def tqdm(n): return []
x = len("abc")
---
for i in tqdm([1,2]): x = i
---
print(x)
==== a function is called before what it sometimes reads
def f(x):
    if x > 0: return rate
    return 0
h = lambda x: f(x)
print(h(-1))
rate = 2
print(h(1))
rate = 3
print(h(1))
==== a call binds what the function sometimes reads
def f(n): return n if n == 0 else rate
rate = f(0)
rate = rate + 5
print(f(1))
==== a query that only the run knows reads a variable
import pandas as pd
df = pd.DataFrame({"v": [1, 2, 3]})
limit = df["v"].max() - 1
q = "v > @limit"
print(len(df.query(q)))
==== a string calls a function
rate = 2
def f(x): return x * rate
rate = 3
print(eval("f(3)"))
==== a setting has the name of a type
str = "ClassVar"
b = "q"
print(str, b)
==== a function looks for its file
def here():
    try: return __file__
    except NameError: return "no file"
print(here())
==== named tuples are pickled
import pickle
from collections import namedtuple
P = namedtuple("P", "x y")
print(pickle.loads(pickle.dumps(P(1, 2))))
==== a module is changed through an alias
import math as m
m.sqrt = lambda x: "patched"
---
from math import sqrt
print(sqrt(4))
==== a class body reads an attribute that a cell has made
import sys
sys.ps9 = 3
class A: p = sys.ps9
print(A.p)
==== a method is replaced by one that keeps its argument
n = 2
class Obj: pass
o = Obj()
fs = []
o.apply = fs.append
o.apply(lambda: n)
---
n = 5
print(fs[0]())
"""

# These look into their own namespace, so they stay scripts.
SCRIPTS = r'''
==== globals under another name
g = globals
x = 5
print("x" in g())
==== doctest looks for examples
import doctest
def f(x):
    """
    >>> f(1)
    2
    """
    return x + 1
doctest.testmod()
==== unittest looks for tests
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(1, 1)
r = unittest.main(argv=["x"], exit=False)
print(r.result.testsRun)
==== the message about a deleted name is shown
x = 5
del x
try: print(x)
except NameError as e: print(e)
'''


ALL = {**named_notebooks(TRAPS), **named_notebooks(SCRIPTS)}


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


@pytest.mark.parametrize("name", ALL)
def test_trap(name: str) -> None:
    close_worker()  # what the cells of another notebook did to a library must not be there
    verdict = examine(ALL[name])
    assert verdict.kind == "same", described(RandomNotebook(ALL[name]), verdict)
    assert verdict.script == (name in named_notebooks(SCRIPTS))


@pytest.mark.parametrize("name", ALL)
def test_trap_shows_something(name: str) -> None:
    """A trap without output could not fail."""
    run = execute_cells(ALL[name])
    assert (run.error, bool(run.stdout.strip())) == ("", True), run.trace


def test_equal_literals_are_refused() -> None:
    verdict = examine(("a = 257", "b = 257", "print(a is b)"))
    assert (verdict.kind, "one object" in verdict.detail) == ("refused", True)
    assert examine(("a = 257", "b = a", "print(a is b)")).kind == "same"
    assert examine(("a = None", "b = None", "print(a is b)")).kind == "same"
    assert examine(("a = 257\nb = 257", "a = [1]\nb = a", "print(a is b)")).kind == "same"


def test_a_history_that_a_function_reads_is_refused() -> None:
    verdict = examine(("1 + 1", "def f():\n    return _", "print(f())"))
    assert (verdict.kind, "history" in verdict.detail) == ("refused", True)


def test_strings_that_no_scope_can_answer_are_refused() -> None:
    cells = (
        "import pandas as pd\ndf = pd.DataFrame({'v': [1, 2]})\nk = len('a')",
        "def f(d):\n    return d.query('v > @k')",
    )
    verdict = examine((*cells, "fs = [f]\nprint(len(fs[0](df)))"))
    assert (verdict.kind, "by a string" in verdict.detail) == ("refused", True)
