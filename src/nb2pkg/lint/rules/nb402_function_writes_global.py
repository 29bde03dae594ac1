"""A function changes a variable of the notebook.

## Why it hurts

The second call starts from what the first one left, so tests depend on each other and on their order. A reader of the
call can't see that it changes something.

## What is found

`global x` with an assignment; items and attributes that are set or deleted (`x[k] = v`, `x.a = v`, `del x[k]`);
methods that change in place (`append`, `update`, `sort`, `pop`, `inplace=True`, `fit` of an estimator, `step` of an
optimizer); `random.shuffle(x)` and the like: on a name that the notebook binds outside of the function. Arguments,
local variables, and options of modules (NB608) are none, nor are caches made by a decorator, nor a class that counts
its own objects.

## How to mend it

Return the new value and bind it where the function is called, or pass the object in. A dictionary that remembers
results is better done by `functools.lru_cache`.

## Related

pylint has W0603 (global-statement), which sees the statement `global` but no change in place.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.facts.globals import Change, changes, functions
from nb2pkg.lint.facts.words import listed
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Function, Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each function, at the first change of a variable."""
    for function in functions(notebook):
        found = changes(notebook, function)
        if found:
            yield _finding(notebook, function, found)


def _finding(notebook: Notebook, function: Function, found: list[Change]) -> Finding:
    names = [change.name for change in found]
    message = f"`{function.name}` changes the notebook's {listed(names)}"
    if all(change.rebinds for change in found):
        advice = f"return the new value of {listed(names)} instead, and bind it where `{function.name}` is called"
    else:
        advice = f"pass {listed(names)} to `{function.name}` as an argument, or return what is new"
    return Finding(notebook.place(found[0].node, function.statement), "NB402", "warning", message, advice)


CASES = """
#=== bad | appends to a list of the notebook
# %%
log = []
# %%
def note(v):
    log.append(v)
note(1)
#=== bad | a counter
# %%
count = 0
def tick():
    global count
    count += 1
#=== bad | a new column of a frame of the notebook
# %%
import pandas as pd
df = pd.read_csv("d.csv")
def add(name):
    df[name + "_z"] = df[name] - df[name].mean()
add("a")
#=== bad | remembers results in a dictionary
# %%
memo = {0: 0, 1: 1}
def fibonacci(n):
    if n not in memo:
        memo[n] = fibonacci(n - 1) + fibonacci(n - 2)
    return memo[n]
#=== bad | fits the notebook's model
# %%
from sklearn.linear_model import Ridge
model = Ridge()
def train(X, y):
    model.fit(X, y)
#=== bad | in place
# %%
df = load()
def clean():
    df.dropna(inplace=True)
    return len(df)
#=== bad | a method
# %%
history = []
class Trainer:
    def step(self, loss):
        history.append(loss)
#=== bad | a lambda
# %%
log = []
note = lambda v: log.append(v)
#=== good | its argument, its local, its attribute
# %%
log = []
def note(log, v):
    log.append(v)
    mine = {}
    mine["a"] = v
    return mine
class Box:
    count = 0
    def __init__(self):
        self.items = []
        self.items.append(1)
        Box.count += 1
note(log, 1)
#=== good | a cache by a decorator
# %%
from functools import lru_cache
@lru_cache(maxsize=None)
def square(n):
    return n * n
#=== good | options of a module
# %%
import matplotlib.pyplot as plt
import sys
def style():
    plt.rcParams["figure.dpi"] = 100
    sys.path.append("..")
#=== good | a changed copy is returned
# %%
rows = load()
def longer(row):
    more = rows.append(row)
    return sorted(rows), more
#=== good | a comprehension and a nested function that have the name themselves
# %%
item = []
def pairs(many):
    def inner(item):
        item.append(3)
    return [item.pop() for item in many], inner
"""
