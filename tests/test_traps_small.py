"""Small notebooks, each with one construct that is easily carried over wrong: the package must do the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz import described
from harness import close_worker, examine, execute_cells
from making import named_notebooks
from notebook_strategies import RandomNotebook

# A cell of a notebook ends at a line of `---`; a notebook begins at a line of `==== name`.
TRAPS = r'''
==== function reads a name that is rebound between its calls
rate = 0.1
def fee(amount):
    return round(amount * rate, 2)
print(fee(50))
---
rate = 0.25
fee(50)
==== stored function reads a name that is rebound later
level = 1
hooks = []
def amplify(value):
    return value * level
hooks.append(amplify)
---
level = 10
[hook(3) for hook in hooks]
==== function reads a name that is bound after it
def area():
    return width * 2
---
width = 4
area()
==== lambda in a dictionary keeps reading
n = 2
table = {"times": lambda v: v * n}
n = 5
table["times"](3)
==== lambdas of a loop share its variable
adders = []
for step in range(3):
    adders.append(lambda v: v + step)
---
step = 10
[add(1) for add in adders]
==== default argument is evaluated once
base = 1
def add(v, by=base):
    return v + by
base = 100
add(1)
==== mutable default argument is one object
def collect(v, seen=[]):
    seen.append(v)
    return seen
collect(1)
---
collect(2)
==== default argument is the notebook's own list
log = []
def note(text, into=log):
    into.append(text)
note("a")
---
note("b")
log
==== generator consumed after its names were rebound
factor = 2
values = [1, 2, 3]
scaled = (v * factor for v in values)
---
factor = 10
values = [7]
list(scaled)
==== first iterable of a generator is evaluated at once
rows = [1, 2]
pairs = ((a, b) for a in rows for b in rows)
rows = [9]
list(pairs)
==== map is lazy
offset = 1
shifted = map(lambda v: v + offset, [1, 2])
offset = 5
list(shifted)
==== function counts in a global
count = 0
def tick():
    global count
    count += 1
    return count
tick()
---
tick()
print(count)
==== function binds a global that nothing else binds
def setup():
    global settings
    settings = {"depth": 3}
setup()
---
settings["depth"]
==== global in a nested function
total = 0
def outer():
    def inner(v):
        global total
        total += v
    inner(2)
    inner(3)
outer()
total
==== nonlocal stays within its function
def counter():
    n = 0
    def bump():
        nonlocal n
        n += 1
        return n
    return bump
bump = counter()
bump()
---
bump()
==== function is redefined while another one calls it
def clean(text):
    return text.strip()
def prepare(text):
    return clean(text) + "!"
print(prepare(" A "))
---
def clean(text):
    return text.strip().lower()
prepare(" A ")
==== function wraps its own older version
def f(v):
    return v + 1
old = f
def f(v):
    return old(v) * 10
f(1)
==== recursion
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
fact(5)
==== mutual recursion that reads a rebound name
limit = 3
def even(n):
    return True if n == 0 or n > limit * 10 else odd(n - 1)
def odd(n):
    return False if n == 0 else even(n - 1)
print(even(4))
limit = 0
even(3)
==== recursive function is rebound while its old version is held
def walk(n):
    return [n] if n == 0 else [n, *walk(n - 1)]
held = walk
---
def walk(n):
    return ["new"]
held(3)
==== decorator of the notebook
calls = []
def logged(function):
    def wrapper(*args):
        calls.append(function.__name__)
        return function(*args)
    return wrapper
@logged
def double(v):
    return v * 2
double(4)
---
calls
==== decorator that reads a rebound name
prefix = "a"
def tagged(function):
    def wrapper(v):
        return prefix + function(v)
    return wrapper
@tagged
def shout(v):
    return v.upper()
prefix = "b"
shout("x")
==== partial of a function that reads a rebound name
from functools import partial
scale = 2
def times(v, w):
    return v * w * scale
three = partial(times, 3)
scale = 5
three(1)
==== local variable has the name of a notebook name
total = 5
def area(v):
    total = v * 2
    return total + 1
print(area(2), total)
==== parameter has the name of a notebook name
rate = 3
def apply(v, rate):
    return v * rate
def other(v):
    return v * rate
apply(2, 10), other(2)
==== keyword of a caller has the name of a notebook name
rate = 3
def show_all(**more):
    return sorted(more.items()), rate
show_all(rate=1)
==== comprehension variable has the name of a notebook name
x = 10
print([x for x in range(3)], x)
==== walrus in a comprehension binds outside
data = [3, 8, 5]
big = [last := v for v in data if v > 4]
last
==== name that a branch may leave unbound
flag = 0
if flag:
    maybe = 1
try:
    print(maybe)
except NameError:
    print("unbound")
==== branch rebinds, or not
import math
value = 3
if math.pi > 4:
    value = 5
def read():
    return value
read()
==== loop over nothing leaves its variable alone
item = "before"
for item in []:
    print(item)
item
==== loop variable leaks
for index, char in enumerate("ab"):
    pass
---
index, char
==== loop with break and else
for n in [4, 6, 7]:
    if n % 2:
        print("odd", n)
        break
else:
    print("all even")
n
==== while with a counter, and a function that reads it
n = 0
def seen():
    return n
while n < 3:
    n += 1
    print(seen())
==== exception name is unbound after its handler
error = "kept"
try:
    1 / 0
except ZeroDivisionError as error:
    print(type(error).__name__)
try:
    error
except NameError:
    print("gone")
==== finally runs, and names bound on the way live on
try:
    first = 1
    second = {}["no"]
except KeyError:
    second = 2
finally:
    third = 3
first, second, third
==== definition in each branch
import sys
if sys.maxsize > 5:
    def pick():
        return "large"
else:
    def pick():
        return "small"
pick()
==== del and bind again
def read():
    return box
box = 1
print(read())
del box
try:
    read()
except NameError:
    print("gone")
---
box = 2
read()
==== aliases see each other's changes
a = [1]
b = a
b.append(2)
---
a += [3]
b
==== augmented assignment in a function changes the object
def grow(items):
    items += [0]
    return len(items)
xs = [1]
grow(xs)
xs
==== chained assignment is one object
left = right = []
left.append(1)
right
==== swap and starred unpacking
a, b = 1, 2
a, b = b, a
head, *tail = [a, b, 3]
(p, q), r = (head, tail[0]), tail[-1]
p, q, r
==== class reads notebook names when used
unit = "kg"
class Weight:
    def __init__(self, value):
        self.value = value
    def text(self):
        return f"{self.value} {unit}"
w = Weight(3)
---
unit = "g"
w.text()
==== class body binds a name to itself
size = 4
class Box:
    size = size
    double = size * 2
    def both(self):
        return self.size, size
size = 9
Box().both(), Box.double
==== comprehension in a class body sees the notebook's names, not the class's
k = 2
class Table:
    k = 100
    cells = [v * k for v in range(3)]
Table.cells
==== class is redefined while an instance lives
class Model:
    def name(self):
        return "old"
m = Model()
---
class Model:
    def name(self):
        return "new"
m.name(), Model().name(), isinstance(m, Model)
==== subclass, super and a class attribute that counts
class Base:
    made = 0
    def __init__(self):
        type(self).made += 1
        Base.made += 10
class Child(Base):
    def __init__(self):
        super().__init__()
Child()
Base.made, Child.made
==== property, static method and class method
scale = 3
class P:
    @property
    def x(self):
        return scale
    @staticmethod
    def s(v):
        return v * scale
    @classmethod
    def c(cls):
        return cls().x
scale = 4
P.c(), P.s(2)
==== dataclass with a default of the notebook
from dataclasses import dataclass, field
start = 5
@dataclass
class Point:
    x: int = start
    tags: list = field(default_factory=list)
start = 7
Point()
==== exception class of the notebook
class TooBig(ValueError):
    pass
def check(v):
    if v > limit:
        raise TooBig(v)
limit = 3
try:
    check(5)
except TooBig as error:
    print("caught", error.args)
==== context manager of the notebook
from contextlib import contextmanager
depth = 0
@contextmanager
def deeper():
    global depth
    depth += 1
    yield depth
    depth -= 1
with deeper() as one, deeper() as two:
    print(one, two, depth)
depth
==== notebook has its own sum
print(sum([1, 2]))
---
def sum(values):
    return -1
sum([1, 2])
==== notebook has its own print
import builtins
def print(*values):
    builtins.print(">", *values)
print("a")
==== notebook has its own list before it is used
list = [1, 2]
for v in list:
    print(v)
len(list)
==== builtin is shadowed, then given back
len = lambda v: 0
print(len("abc"))
del len
len("abc")
==== function calls a builtin that is shadowed later
def size(v):
    return len(v)
print(size("ab"))
len = lambda v: -1
size("ab")
==== names of the generated package
run = 1
config = {"a": 2}
main = lambda: config["a"] + run
show = [main()]
Config = 5
Results = "r"
pipeline = data = training = display_ = 3
print(run, config, show, Config, Results, pipeline, data, training)
main()
==== functions with names of the generated package
def run(config):
    return config * 2
def show(value):
    return f"shown {value}"
def main():
    return run(3), show(4)
main()
==== notebook binds display
def display(value):
    print("mine", value)
display(3)
---
4
==== display shows None and several values
display(None)
display([1], "a")
==== values shown in the middle and at the end
x = {"b": [1, 2], "a": "text"}
x
x["b"]
---
x
---
x;
---
None
==== wide and nested values are broken over lines
{"numbers": list(range(40)), "inner": {"words": ["word"] * 12}, "set": {3, 1, 2}}
==== classes, functions and objects are shown as a notebook shows them
class Thing:
    pass
def act(v, *, w=1):
    return v
Thing
---
act
---
[Thing, len, int]
==== last value is there as an underscore
3 * 4
---
_ + 1
==== underscore that the notebook binds
for _ in range(3):
    pass
---
_
==== main guard
if __name__ == "__main__":
    answer = 42
answer
==== import within a function, aliases and names from a module
import itertools as it
from math import floor as lower, pi
def logs(v):
    import math as m
    return round(m.log(v), 3)
logs(2), lower(pi), list(it.islice("abc", 2))
==== import is rebound by the notebook
import math
print(math.floor(2.5))
math = 3
math
==== optional import
try:
    import no_such_module_anywhere as nothing
except ImportError:
    nothing = None
nothing is None
==== random state flows from cell to cell
import random
random.seed(3)
a = random.random()
---
def draw():
    return random.randint(0, 100)
b = draw()
---
[round(a, 4), b, draw(), random.choice("abc")]
==== text keeps its lines and blanks
text = """first
    second \\
  third # no comment
"""
def inner():
    return f"""{len(text)}
  kept"""
print(text, inner())
==== nested f-strings and formats
width = 7
value = 3.14159
f"{value:>{width}.2f}|{'a' if width > 3 else 'b'}|{value=:.1f}"
==== match
def kind(v):
    match v:
        case [a, *rest]:
            return a, rest
        case {"x": x}:
            return x
        case _:
            return None
match [1, 2]:
    case [left, right]:
        print(left + right)
kind([1, 2, 3]), kind({"x": 5}), left
==== star-arguments
def collect(first, *rest, key=None, **more):
    return first, rest, key, sorted(more)
args, options = [1, 2], {"key": 3, "z": 4}
collect(*args, **options)
==== sorted by a function that reads a rebound name
order = {"a": 2, "b": 1}
def rank(v):
    return order[v]
print(sorted("ab", key=rank))
order = {"a": 1, "b": 2}
sorted("ab", key=rank)
==== bound method held while its object is rebound
class Counter:
    def __init__(self):
        self.n = 0
    def up(self):
        self.n += 1
        return self.n
c = Counter()
up = c.up
c = Counter()
up(), up(), c.up()
==== function attribute
def f():
    f.calls += 1
    return f.calls
f.calls = 0
f()
---
f(), f.calls
==== names of functions and classes
def outer():
    pass
class Inner:
    def method(self):
        pass
outer.__name__, Inner.__name__, Inner.method.__name__, outer.__doc__
==== function is compared and kept in a set
def f():
    return 1
g = f
f is g, len({f, g})
==== top-level await
import asyncio
async def double(v):
    await asyncio.sleep(0)
    return v * factor
factor = 2
await double(3)
---
factor = 5
results = [await double(v) for v in range(3)]
results
==== annotations without values bind nothing
x: int
x: int = 3
y: "list[int]" = [x]
y
==== nested functions read names at three levels
a = 1
def one():
    b = 10
    def two():
        c = 100
        return lambda: a + b + c
    return two()
late = one()
a = 2
late()
==== conditional expression and boolean operators skip what they don't need
calls = []
def note(v):
    calls.append(v)
    return v
note(0) or note(2) and note(3)
note(1) if len(calls) > 9 else note(4)
calls
==== two names for one unicode name
ﬁne = 3
fine + 1
==== class attribute is changed by the notebook
class Options:
    depth = 1
def depth():
    return Options.depth
Options.depth = 4
depth()
==== statement on one line, and a semicolon in text
a = 1; b = 2; print(a + b)
print("a;"); "b;"
==== local and global of one name in two functions
x = 1
def reads():
    return x
def binds():
    x = 50
    return reads() + x
binds()
==== name is used before and after it becomes something else
value = 3
def plus(v):
    return v + 1
value = plus(value)
value = [value, plus(value)]
value
==== closures over the same variable
def pair():
    state = [0]
    def put(v):
        state[0] = v
    def get():
        return state[0] + offset
    return put, get
offset = 1
put, get = pair()
put(5)
offset = 10
get()
==== iterator is shared by two loops
it = iter(range(6))
for v in it:
    if v == 2:
        break
---
list(it)
==== try around a loop that rebinds
total = 0
try:
    for v in [1, 2, 0, 3]:
        total += 6 // v
except ZeroDivisionError:
    print("stopped at", v)
total
==== exec-free dynamic attribute access
class Bag:
    pass
bag = Bag()
for name in ["a", "b"]:
    setattr(bag, name, name * 2)
vars(bag)
==== a parameter has the name of a function that gets parameters
rate = float("2")
def f(v):
    return v * rate
def g(f):
    return f(-1)
def h(v):
    f = abs
    return f(v)
---
print(f(2), g(abs), h(-3))
==== functions that read variables are passed on
import functools
rate = float("2")
def f(v):
    return v * rate
def cross(fn, n, k=1):
    return [fn(i) for i in range(n)] + list(map(fn, [k]))
---
print(list(map(f, [1, 2])), sorted([3, -1], key=f))
print(cross(f, 3), cross(fn=f, n=2))
it = map(f, [7])
---
print(list(it), functools.reduce(lambda a, b: a + f(b), [1, 2]))
==== a function that is passed on reads what is bound anew
rate = 1
def f(v):
    return v * rate
def kept(fn):
    return lambda v: fn(v)
g = kept(f)
it = map(f, [1, 2])
---
rate = 10
print(list(it), g(1), sorted([1, 2], key=f))
==== a cell uses a builtin and binds its name afterwards
data = [1, 0]
print([max([v, 0]) for v in data[:2]], max(data), 0)
max = 5
max
'''

# Notebooks that fail in their last cell: so must the package, after the same output.
FAILURES = r"""
==== exception of the notebook is the package's
print("before")
---
def divide(v):
    return 1 / v
divide(0)
==== exception class of the notebook ends it
class Stop(Exception):
    pass
print("before")
---
raise Stop("now")
==== name is gone
value = 1
print(value)
del value
---
value
==== function is called before its name is bound
def read():
    return later
print("before")
---
read()
later = 1
==== assertion
total = 3
print(total)
---
assert total == 4, "three"
"""


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


@pytest.mark.parametrize("name", named_notebooks(FAILURES))
def test_failing_notebook(name: str) -> None:
    cells = named_notebooks(FAILURES)[name]
    verdict = examine(cells)
    assert verdict.kind == "failed the same", described(RandomNotebook(cells), verdict)


@pytest.mark.parametrize("name", named_notebooks(TRAPS))
def test_trap_shows_something(name: str) -> None:
    """A trap without output could not fail."""
    run = execute_cells(named_notebooks(TRAPS)[name])
    assert (run.error, bool(run.stdout.strip())) == ("", True), run.trace
