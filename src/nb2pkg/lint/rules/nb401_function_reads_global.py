"""A function reads a variable of the notebook instead of taking it as a parameter.

## Why it hurts

A test can call the function only after the cells that made the variable have been executed, so it can't be tested
alone. Worse, the same call returns something else once a later cell has bound the name again.

## What is found

Functions, methods of classes, and lambdas with a name, that read a name which the notebook binds outside of them.
Names that are imported, that `def` or `class` define, constants (spelled in capitals and bound once), other names of
imported things, loggers, compiled patterns, `device`, and wrapped functions are none. One finding a function names all
that it reads. What the function *changes* is left to NB402, and functions called `test_...` are left alone.

## How to mend it

Make the variable a parameter, and pass it where the function is called. Where it never changes, spell it in capitals
and bind it once, near the imports. A list of words, a model or a connection that many functions need can be kept in an
object that is handed to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.facts.globals import changes, functions, variables_read
from nb2pkg.lint.facts.words import listed
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Function, Notebook

_LITERALS = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each function, at the first variable that it reads."""
    known: dict[str, bool] = {}
    for function in functions(notebook):
        if function.name.startswith("test_"):
            continue
        read = variables_read(notebook, function, known)
        if not read:
            continue
        changed = {change.name for change in changes(notebook, function)}
        names = [name for name in read if name not in changed]
        if names:
            yield _finding(notebook, function, names, read[names[0]])


def _finding(notebook: Notebook, function: Function, names: list[str], node: object) -> Finding:
    message = f"`{function.name}` reads {listed(names)} of the notebook: it can't be tested alone"
    first = notebook.bindings[names[0]][0].cell.number
    parameter = "a parameter" if len(names) == 1 else "parameters"
    advice = f"make {listed(names)} {parameter} of `{function.name}` (`{names[0]}` is bound in cell {first})"
    bound = notebook.bindings[names[0]]
    if len(names) == len(bound) == 1 and isinstance(getattr(bound[0].node, "value", None), _LITERALS):
        advice += "; where it never changes, spell it in capitals"
    return Finding(notebook.place(node, function.statement), "NB401", "warning", message, advice)


CASES = """
#=== bad | reads a frame
# %%
import pandas as pd
df = pd.read_csv("d.csv")
# %%
def missing(column):
    return df[column].isnull().mean()
missing("a")
#=== bad | a method
# %%
rate = 0.1
class Model:
    def step(self, x):
        return x * rate
#=== bad | bound in a later cell only
# %%
def scaled(x):
    return x / total
# %%
total = 30
scaled(3)
#=== bad | in a nested function, beside a parameter
# %%
model = build()
def predictions(rows):
    def one(row):
        return model.predict(row)
    return [one(row) for row in rows]
#=== bad | a matrix, although it is spelled in capitals
# %%
X = frame.drop(columns="y")
def predict(model):
    return model.predict(X)
#=== bad | a lambda
# %%
factor = load()
scaled = lambda v: v * factor
#=== bad | a single letter for a table
# %%
import pandas as pd
D = pd.read_csv("d.csv")
def rows():
    return len(D)
#=== bad | in capitals, but bound in two cells to different values
# %%
LIMIT = 3
def above(v):
    return v > LIMIT
# %%
LIMIT = 5
#=== good | constants, imports, definitions, a default
# %%
import numpy as np
THRESHOLD = 3
width = 5
def double(v):
    return v * 2
class Box:
    pass
def above(values, size=width):
    return Box(), np.mean([double(v) for v in values if v > THRESHOLD][:size])
#=== good | parameters, locals and loops that have the name of a variable
# %%
df = load()
i = 3
def missing(df, column):
    return df[column].isnull().mean()
def squares():
    df = [i * i for i in range(3)]
    return df
#=== good | constants of one letter
# %%
import numpy as np
G = 9.81
A = np.array([[1, 2], [3, 4]]) * G
def force(m):
    return A @ m * G
#=== good | a logger, a pattern, a device, an alias, a lambda
# %%
import logging, re, torch
from tensorflow import keras
log = logging.getLogger(__name__)
words = re.compile("[a-z]+")
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
layers = keras.layers
double = lambda v: 2 * v
def tokens(text):
    log.info("tokens")
    return double(len(words.findall(text))), layers.Dense(3), torch.zeros(3, device=device)
#=== good | changed, which NB402 says
# %%
seen = []
def note(v):
    seen.append(v)
#=== good | a test of the notebook itself
# %%
result = total([1, 2])
def test_total():
    assert result == 3
#=== good | a function wrapped by another
# %%
import functools
def slow(n):
    return n
fast = functools.lru_cache(None)(slow)
def twice(n):
    return fast(n) * 2
"""
