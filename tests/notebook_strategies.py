"""Random notebooks that mostly run: templates whose holes are filled with names and expressions of the right kind.

A hole is `$` and a kind. Small letters make an expression (`$int`, `$list`), capitals take a name that is bound
(`$INT`, `$F1` a function of one number), `$new_KIND` binds a name. A digit before the kind makes two of one; holes that
are written alike are filled alike. Every name has one kind for ever, so that rebinding leaves functions that read it
well-typed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

# A few names of each kind, so that they are rebound often; the last ones are those that a generated package likes, too.
POOLS: Mapping[str, tuple[str, ...]] = {
    "INT": ("a", "b", "n", "total", "x", "training", "id", "count"),
    "LIST": ("xs", "ys", "rows", "data", "results"),
    "STR": ("s", "text", "title", "package"),
    "DICT": ("d", "table", "config", "settings"),
    "SET": ("seen", "tags"),
    "F0": ("tick", "read", "run", "show"),
    "F1": ("f", "g", "scale", "main", "display"),
    "F2": ("h", "combine", "pipeline"),
    "GEN": ("gen", "stream", "evaluation"),
    "STEPS": ("steps", "walk", "load"),
    "CLS": ("Box", "Model", "Config", "Results"),
    "OBJ": ("box", "model", "result"),
    "DEC": ("traced", "twice"),
    "CM": ("scope", "figures"),
    "EXC": ("Bad", "Missing"),
    "HOOKS": ("hooks", "callbacks"),
    "MAYBE": ("maybe", "extra"),
}
LATE = frozenset({"F0", "F1", "F2", "GEN", "CLS", "OBJ", "DEC", "CM", "HOOKS", "STEPS"})
MODULES = ("math", "random", "itertools", "functools", "contextlib", "dataclasses", "collections", "builtins")
WORDS = ("''", "'a'", "'bc'", "'x y'", "'é'", "'# no'")


def _items(text: str) -> tuple[str, ...]:
    """Return templates of one line, which two blanks part."""
    return tuple(re.split(r"\s{2,}", text.strip()))


def _rows(text: str) -> tuple[str, ...]:
    """Return templates written one a line, with `\\n` where theirs end."""
    return tuple(line.replace("\\n", "\n") for line in text.strip().splitlines())


def _blocks(text: str) -> tuple[str, ...]:
    """Return templates that blank lines part."""
    return tuple(text.strip().split("\n\n"))


EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    "int": _items(r"""
        $lit  $INT  $INT  ($1int + $2int)  ($1int - $2int)  ($int * 3 % 17)  len($list)  sum($list)  $F1($int)
        $F0()  $F2($1int, $2int)  $F1($int)  $F2($1int, w=$2int)  $F2(*[$1int, $2int])  $OBJ.value  $OBJ.get()
        $OBJ.add($lit)  $CLS($int).get()  $DICT.get($str, 0)  len($str)  ($1int if $cond else $2int)
        max($1int, $2int)  abs($int)  next($GEN, 0)  len($SET)  ($LIST[0] if $LIST else 0)
        sum(v * $INT for v in $list)  (lambda v: v + $INT)($int)  math.gcd($int, 12)
        functools.reduce(lambda v, w: v + w, $list, $int)  functools.partial($F2, $1int)($2int)
        int(round($int / 3, 0))  sum(h2(1) for h2 in $HOOKS)  random.Random($lit).randint(0, 9)
        """),
    "list": _items(r"""
        [$1int, $2int]  $LIST  $LIST  []  [v + $INT for v in $LIST]  [$F1(v) for v in $LIST[:3]]  $LIST[1:]
        sorted($list, key=lambda v: -v)  list(map($F1, $LIST[:3]))  list(filter(lambda v: v > $INT, $LIST))
        [v * w for v in $LIST[:2] for w in range(3) if v != w]  [*$LIST[:3], $int]  list($GEN)
        list($STEPS($int))  list(range($lit))
        sorted($DICT.values())  [f2($int) for f2 in $HOOKS]  [len(w) for w in $str.split()]  sorted($SET)
        list(itertools.accumulate($LIST[:4]))  [max([v, *[w for w in $LIST[:2]]]) for v in $LIST[:2]]
        """),
    "str": _items(r"""
        $word  $STR  ($word * 2)  $STR.upper()  f"{$INT:>3}"  f"{$LIST}!"  str($int)  ','.join(map(str, $LIST))
        """),
    "dict": _items(r"""
        {$word: $int}  $DICT  {}  {$1word: $1int, 'k': $2int}  {str(v): v + $INT for v in $LIST}
        {**$DICT, 'z': 1}
        """),
    "cond": _items(r"""
        $1int > $2int  $int % 2  $list  not $INT  $INT in $list  $str in $DICT  $1int <= $INT < 9
        isinstance($INT, int)
        """),
    "true": _items(r"""
        True  len($list) >= 0  $INT == $INT  not None
        """),
}

SIMPLE = _items(r"""
    print($int)  print($list, $str)  print(f"{$INT=} {$LIST}")  $new_INT = $int  $new_INT = $lit  $new_LIST = $list
    $new_GEN = $STEPS($int)  print(list($GEN))  $new_INT = $lit
    $new_STR = $str  $new_DICT = $dict  $LIST.append($int)  $LIST[:1] = [$int]  $new_INT = $2new_INT = $int
    $DICT[$word] = $int  $new_INT, $2new_INT = $1int, $2int  $new_INT, *$new_LIST = [$int, *$list]  $INT += $int
    $LIST += [$int]  $STR += $word  $OBJ.value = $int  $OBJ.add($int)  $OBJ.value += $int  $new_OBJ = $CLS($int)
    $new_SET = {$1int, $2int}  $SET.add($int)  $1INT, $2INT = $2INT, $1INT  $new_LIST = $LIST  $new_OBJ = $OBJ
    $LIST.sort(key=lambda v: v % 3)  $new_INT: int = $int  $LIST.extend(itertools.islice($GEN, 3))
    $HOOKS.append($F1)  $HOOKS.append(lambda v: v + $INT)  print($F0(), $INT)  print(($new_INT := $int) + 1)
    print(*$LIST, sep='-')  display($list)  display($int, $str)  $DICT.update(q=$int)
    $new_GEN = (v + $INT for v in $list)  assert $true, $str  print({'k': $LIST, 'o': [$str]})
    print($CLS.__name__)  print($LIST is $2LIST, $OBJ is $2OBJ)
    """)

COMPOUND = (
    _rows(r"""
if $cond:\n    $body
if $cond:\n    $1body\nelse:\n    $2body
if $1cond:\n    $1body\nelif $2cond:\n    $2body
for $INT in range($lit):\n    $body
for $INT in [*$list][:4]:\n    $body
for _ in range(2):\n    $body
for $INT in $LIST[:4]:\n    if $cond:\n        continue\n    $body
for $INT, v in enumerate($LIST[:3]):\n    $LIST.append(v + $INT)
step = 0\nwhile step < $lit:\n    step += 1\n    $body
try:\n    $1body\nfinally:\n    $2body
try:\n    $DICT['absent']\nexcept (KeyError, IndexError) as error:\n    print(repr(error))
with contextlib.suppress(ZeroDivisionError):\n    print(1 % ($int % 2))\n    $body
with $CM($int) as $new_INT:\n    $body
if __name__ == '__main__':\n    $body
del $gone
$new_HOOKS = []\nfor $new_INT in range(3):\n    $new_HOOKS.append(lambda v: v + $new_INT)
$new_HOOKS = [lambda v, w=w: v * w + $INT for w in range(2)]
print([$new_INT := v + 1 for v in [1, $int]], $new_INT)
random.seed($lit)\nprint(random.random() < 0.5, random.randint(0, 9))
$new_STR = '''one\n  two $word\n'''\nprint($new_STR)
if $true:\n    $new_INT = $int\nprint($new_INT)
from math import floor as low, pi\nprint(low($int / 2), pi > 3)
import itertools as it2\nprint([*it2.chain($list, $2list)][:5])
$new_DICT = $2new_DICT = {'n': $int}\nprint($new_DICT is $2new_DICT)
""")
    + _blocks("""
for $new_INT in [1, 2, 3]:
    if $cond:
        break
    $1body
else:
    $2body

try:
    $1body
    print(1 // ($int % 2))
except ZeroDivisionError as error:
    print('zero', error)
    $2body
else:
    print('fine')

try:
    raise $EXC($int)
except $EXC as problem:
    $new_INT = problem.args[0]
    print(type(problem).__name__)

if $cond:
    $maybe = $int
try:
    print($maybe)
except NameError:
    print('unbound')

match $int % 3:
    case 0:
        $1body
    case 1 | 2 if $cond:
        $2body
    case other:
        print(other)

match ($1int, $2int):
    case (0, $new_INT):
        print('first', $new_INT)
    case ($new_INT, _):
        print('second', $new_INT)

if $cond:
    def $new_F1(v):
        return v + $1int
else:
    def $new_F1(v):
        return v - $2int
""")
)

DEFINITIONS = (
    _rows(r"""
def $new_F1(v):\n    return v + $int
def $new_F1($param):\n    return $param * 2 + $int
def $new_F0():\n    return $int
def $new_F2(v, w=$1int):\n    return v - w + $2int
def $new_F0():\n    global $INT\n    $INT += 1\n    return $INT
def $new_F0():\n    $LIST.append($int)\n    return len($LIST)
def $new_F0():\n    return $LATER + $int
def $new_F0():\n    print('in', $INT)\n    return $INT
def $new_F1(v):\n    $LOCAL = v + 1\n    return $LOCAL + $int
def $new_F1(v):\n    if v <= 0:\n        return $int\n    return $new_F1(min(v, 4) - 1) + $INT
def $new_F1(v):\n    def inner(w):\n        return w + v + $INT\n    return inner($int)
def $new_F1(v, *rest, **more):\n    return v + len(rest) + len(more) + $int
def $new_F1(v, store=$LIST):\n    store.append(v)\n    return len(store)
def $new_F1(v=$INT, *, by=$int):\n    return v + by
def $new_F1(v):\n    return sum(w * $INT for w in range(v % 4))
def $new_F1(v):\n    import math as m2\n    return m2.gcd(v, 6) + $int
def $new_F2(v, w):\n    '''Add $word and more.'''\n    return $F1(v) + $F1(w)
def make(v):\n    return lambda w: v + w + $INT\n$new_F1 = make($int)
@$DEC\ndef $new_F1(v):\n    return v + $int
@functools.lru_cache(maxsize=None)\ndef $new_F1(v):\n    print('miss', v)\n    return v + $int
$new_F1 = lambda v: v + $int
$new_F1 = functools.partial($F2, w=$int)
$new_F1 = $F1
$new_F0 = $OBJ.get
def $new_STEPS(v):\n    for w in range(3):\n        yield w * v + $INT
def $new_STEPS(v):\n    return (w * v + $INT for w in range(3))
$new_GEN = $STEPS($int)
$new_GEN = ($F1(v) for v in $LIST[:3])
$new_GEN = map(lambda v: v + $INT, $LIST)
$new_GEN = (v * w for v in $LIST[:3] for w in $list if v != $INT)
class $new_EXC(Exception):\n    pass
class $new_EXC(ValueError):\n    code = $int
class $new_CLS($CLS):\n    def get(self):\n        return super().get() + $int
class $new_CLS($CLS):\n    def __repr__(self):\n        return f"<{self.value} {$INT}>"
if $true:\n    def $new_F1(v):\n        return v + $int
""")
    + _blocks("""
def $new_F0():
    global $new_INT
    $new_INT = $lit
    return $new_INT
$new_F0()

def $new_F1(v):
    seen2 = 0
    def bump():
        nonlocal seen2
        seen2 += v
        return seen2
    bump()
    return bump() + $int

def $new_F1(v):
    try:
        return $int // v
    except ZeroDivisionError:
        return $INT

def $new_DEC(function):
    def wrapper(v):
        print('call', $INT)
        return function(v) + 1
    return wrapper

def $new_DEC(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * 2
    return wrapper

@contextlib.contextmanager
def $new_CM(v):
    print('enter', $INT)
    yield v + $int
    print('leave', $INT)

class $new_CLS:
    def __init__(self, v):
        self.value = v
    def get(self):
        return self.value + $int
    def add(self, v):
        self.value += v
        return self.value

class $new_CLS:
    $INT = $INT
    def __init__(self, v):
        self.value = v + self.$INT
    def get(self):
        return self.value - self.$INT + $INT
    def add(self, v):
        self.value += v
        return $int

class $new_CLS:
    made = $int
    parts = [v + $INT for v in $LIST[:2]]
    def __init__(self, v):
        type(self).made += 1
        self._v = v
    @property
    def value(self):
        return self._v + $INT
    @value.setter
    def value(self, v):
        self._v = v
    @staticmethod
    def twice(v):
        return v * 2
    def get(self):
        return self.twice(self._v) % 9 + self.made + sum(self.parts)
    @classmethod
    def first(cls):
        return cls($int)
    def add(self, v):
        self._v += v
        return self.first().value

@dataclasses.dataclass
class $new_CLS:
    value: int = $int
    def get(self):
        return self.value + $INT
    def add(self, v):
        self.value += v
        return self.value

try:
    import json as codec
except ImportError:
    codec = None
print(codec is None)
""")
)

# Builtins that the notebook takes for itself, with meanings that leave the templates well-typed.
SHADOWS = _rows(r"""
sum = lambda values: 100 + len([*values]) + $INT
def len(value):\n    return 7
def list(values):\n    return [*values, 0]
max = min
abs = lambda v: v + 1
def sorted(values, key=None):\n    return [*values]
def print(*values, **options):\n    builtins.print('>', *values, **options)
from builtins import sum, len
str = repr
range = lambda v: builtins.range(v + 1)
""")

SHOWS = _items(r"""
    $INT  $list  $dict  $str  $SET  $int  ($int, $str)  $F1($int)  $OBJ.get()  $LIST;  $CLS  None
    {'list': $LIST, 'text': $STR, 'more': {'dict': $DICT, 'numbers': $1list}}  [$str] * 30
    {1: $INT, 2: [$LIST, $LIST]}  [$F1(v) for v in $LIST[:3]]  $F0()  $new_INT = $int  print($LIST)
    $LIST.append($int)  sum($GEN)  next($GEN, None)  collections.Counter($list)  collections.OrderedDict(k=$int)
    $OBJ.value == $int  $OBJ  $F1  _
    """)

_HOLE = re.compile(r"\$(\d?)(new_)?(F[012]|[A-Z]+|[a-z]+)")


@dataclass(frozen=True, slots=True)
class RandomNotebook:
    """A notebook's code cells, and the headings above some of them."""

    cells: tuple[str, ...]
    headings: Mapping[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it in the percent format."""
        parts = []
        for number, cell in enumerate(self.cells):
            if number in self.headings:
                parts.append(f"# %% [markdown]\n# {self.headings[number]}\n")
            parts.append(f"# %%\n{cell}\n")
        return "\n".join(parts)


@st.composite
def notebooks(draw: st.DrawFn) -> RandomNotebook:
    """Return random notebooks of 3 to 30 statements in 1 to 8 cells; they shrink towards few and simple statements."""
    return _Builder(lambda most: draw(st.integers(0, most))).notebook()


class _StuckError(Exception):
    """No name of the kind that a template needs may be used now."""


class _Builder:
    """Writes one notebook and knows which of its names are bound, and what functions made so far will read.

    Args:
        number: returns a number from 0 to its argument; 0 stands for the simplest choice.
    """

    def __init__(self, number: Callable[[int], int]) -> None:
        self.number = number
        self.bound: dict[str, str] = {}  # name -> kind
        self.late: dict[str, set[str]] = {}  # name -> names that calling or consuming it reads
        self.owed: list[str] = []  # names that a function reads and that nothing has bound yet
        self.imported: set[str] = set()
        self.shown = False  # a cell has shown a value, so that `_` stands for one
        self.reads: set[str] = set()  # of the statement in hand
        self.binding: set[str] = set()  # of the statement in hand

    def notebook(self) -> RandomNotebook:
        """Return the finished notebook."""
        cells: list[list[str]] = [[self.statement(("$new_INT = $lit",)), self.statement(("$new_LIST = [1, $lit]",))]]
        headings = {}
        for _ in range(1 + self.number(27)):
            if self.owed and not self.number(2):
                cells[-1].append(self.pay())
            cells[-1].append(self.noted(self.statement(self.pick_templates())))
            if len(cells) < 8 and not self.number(3):
                cells[-1] += self.show()
                cells.append([])
                if not self.number(3):
                    headings[len(cells) - 1] = f"## Part {self.number(9)}: load & fit"
        while self.owed:
            cells[-1].append(self.pay())
        cells[-1] += self.show()
        return RandomNotebook(tuple("\n".join(cell) for cell in cells if cell), headings)

    def pick_templates(self) -> tuple[str, ...]:
        """Return a group of templates, by weight."""
        choice = self.number(24)
        return SIMPLE if choice < 9 else DEFINITIONS if choice < 17 else COMPOUND if choice < 24 else SHADOWS

    def show(self) -> list[str]:
        """Return the last statement of a cell that shows something, or none."""
        if not self.number(2):
            return []
        text = self.statement(SHOWS)
        self.shown = self.shown or text.isidentifier()
        return [text]

    def pay(self) -> str:
        """Bind a name that functions already read."""
        name = self.owed.pop()
        self.bound[name] = "INT"
        return f"{name} = {self.number(9)}"

    def noted(self, text: str) -> str:
        """Put a comment above or behind some statements."""
        choice = self.number(11)
        if choice == 10:
            return f"# why: {text.splitlines()[0][:20]}\n{text}"
        return f"{text}  # note" if choice == 11 and "\n" not in text else text

    def statement(self, templates: tuple[str, ...], *, inside: bool = False) -> str:
        """Return a statement made of one of the templates, with the imports that it needs.

        Args:
            templates: to choose from; those that don't fit the names bound now are left out.
            inside: it may not be reached, so that it must bind no name that is not bound already.
        """
        outer = self.reads, self.binding
        self.reads, self.binding = set(), set()
        fitting = [template for template in templates if self.fits(template, inside=inside)]
        try:
            text = self.render(fitting[self.number(len(fitting) - 1)], inside=inside) if fitting else "print(0)"
        except _StuckError:
            self.binding = set()
            text = "print(1)"
        self.settle(inside=inside)
        self.reads, self.binding = outer[0] | self.reads, outer[1]
        if inside:
            return text
        needed = [name for name in MODULES if name not in self.imported and re.search(rf"\b{name}\.", text)]
        self.imported.update(needed)
        return "\n".join([*(f"import {name}" for name in needed), text])

    def settle(self, *, inside: bool) -> None:
        """Note what the statement in hand has bound, and what that reads later."""
        self.bound.update((name, _KINDS[name]) for name in self.binding)
        for name in self.binding | {name for name in self.reads if self.bound.get(name) in {"HOOKS", "OBJ"}}:
            kept = self.late.get(name, set()) if inside or name not in self.binding else set()
            self.late[name] = kept | (self.reads - {name}) if _KINDS[name] in LATE else set()

    def fits(self, template: str, *, inside: bool = False) -> bool:
        """Say whether there are names for a template's holes."""
        if ("display(" in template and "display" in self.bound) or (template == "_" and not self.shown):
            return False
        kinds = set(self.bound.values())
        holes = _HOLE.findall(template)
        return all(
            kind.replace("gone", "INT") in kinds for _, new, kind in holes if _takes_name(kind) and (inside or not new)
        )

    def render(self, template: str, *, inside: bool = False, depth: int = 0) -> str:
        """Return a template with its holes filled."""
        filled: dict[str, str] = {}
        for match in _HOLE.finditer(template):
            if match[2] and match[0] not in filled:
                names = [name for name in POOLS[match[3]] if name in self.bound or not inside]
                filled[match[0]] = names[self.number(len(names) - 1)]
                self.binding.add(filled[match[0]])

        def fill(match: re.Match[str]) -> str:
            if match[0] not in filled:
                column = match.start() - (template.rfind("\n", 0, match.start()) + 1)
                filled[match[0]] = self.fill(match[3], column, depth)
            return filled[match[0]]

        return _HOLE.sub(fill, template)

    def fill(self, kind: str, column: int, depth: int) -> str:
        """Return what fills a hole that binds nothing."""
        if kind in EXPRESSIONS:
            return self.expression(kind, depth)
        if kind == "lit":
            return str(self.number(5))
        if kind == "word":
            return self.one_of(WORDS)
        if kind == "body":
            lines = [self.statement(SIMPLE, inside=True) for _ in range(1 + self.number(1))]
            return textwrap.indent("\n".join(lines), " " * column).lstrip()
        if kind in {"param", "LOCAL"}:
            return self.one_of(("u", *POOLS["INT"]))
        if kind == "maybe":
            return self.one_of(POOLS["MAYBE"])
        if kind == "LATER":
            return self.later()
        return self.name("INT" if kind == "gone" else kind, delete=kind == "gone")

    def one_of(self, items: tuple[str, ...]) -> str:
        """Return one of some texts."""
        return items[self.number(len(items) - 1)]

    def later(self) -> str:
        """Return a name that a function reads once it is called, bound by then."""
        name = self.one_of(POOLS["INT"])
        if name not in self.bound and name not in self.owed:
            self.owed.append(name)
        self.reads.add(name)
        return name

    def name(self, kind: str, *, delete: bool = False) -> str:
        """Return a bound name that can be read without an error and does not lead back to what is being bound."""
        names = tuple(name for name in POOLS[kind] if name in self.bound and self.usable(name))
        if not names:
            raise _StuckError
        name = self.one_of(names)
        if delete:
            del self.bound[name]
        else:
            self.reads.add(name)
        return name

    def usable(self, name: str) -> bool:
        """Say whether all that a name reads is bound, and is not being rebound in terms of itself."""
        found, todo = {name}, [name]
        while todo:
            new = self.late.get(todo.pop(), set()) - found
            found |= new
            todo += sorted(new)
        return found <= self.bound.keys() and not any(_KINDS[other] in LATE for other in found & self.binding)

    def expression(self, kind: str, depth: int) -> str:
        """Return an expression of a kind, of at most three levels."""
        simplest = _SIMPLEST.get(kind, "$lit")
        fitting = [item for item in EXPRESSIONS[kind] if self.fits(item) and (depth < 2 or not _NESTS.search(item))]
        before = set(self.reads)
        try:
            return self.render(self.one_of(tuple(fitting) or (simplest,)), depth=depth + 1)
        except _StuckError:
            self.reads = before
            return self.render(simplest)


_KINDS = {name: kind for kind, pool in POOLS.items() for name in pool}
_SIMPLEST = {"list": "[3]", "dict": "{'k': 2}", "cond": "False", "true": "True", "str": "$word"}
_NESTS = re.compile(r"\$\d?(?:int|list|str|dict|cond|true)\b")


def _takes_name(kind: str) -> bool:
    return kind in POOLS or kind == "gone"
