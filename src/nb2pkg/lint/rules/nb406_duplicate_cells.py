"""Cells do the same thing with other variables or other values.

## Why it hurts

A mistake that is found in one copy stays in the others, and each copy would need tests of its own. What differs between
them, the one thing a reader has to know, can't be seen.

## What is found

Cells of at least three statements that do something, on at least five lines, that are the same once variables are
renamed and literals left out. One finding a group, at its second cell, names the others. Cells of at least five such
statements that are the same but for one statement are reported as information. Imports, comments and texts are left
out of the comparison; cells that only define functions, or only bind literals, are none.

## How to mend it

Make a function of the first cell whose parameters are what differs, and call it in each place.

## Related

pylint has R0801 (duplicate-code), which compares lines of different files.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from nb2pkg.lint.facts.blocks import DEFINITIONS
from nb2pkg.lint.facts.likeness import Looks, is_rich, mixed, outline, working
from nb2pkg.lint.facts.words import joined
from nb2pkg.lint.findings import Finding, Severity
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import Cell

_LEAST = 3
_LEAST_LINES = 5
_LEAST_NEAR = 5  # statements of cells that may differ in one
_MOST_NEAR = 60


class Candidate:
    """A cell that is long enough to be worth a function, with its statements."""

    __slots__ = ("body", "cell")

    def __init__(self, cell: Cell, body: list[ast.stmt]) -> None:
        self.cell = cell
        self.body = body


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each group of cells that do the same."""
    candidates = list(_candidates(notebook))
    looks = Looks(notebook)
    told: set[int] = set()
    for alike in _grouped(candidates, lambda c: tuple(outline(n) for n in c.body)):
        for group in _grouped(alike, lambda c: looks.of(c.body)):
            told.update(c.cell.number for c in group[1:])
            yield _finding(notebook, [c.cell for c in group], "warning")
    rest = [c for c in candidates if c.cell.number not in told]
    yield from _near(notebook, rest, looks)


def _candidates(notebook: Notebook) -> Iterator[Candidate]:
    for cell in notebook.cells:
        lowered = notebook.codes.get(cell.number)
        if lowered is None or lowered.tree is None or lowered.python.count("\n") < _LEAST_LINES - 1:
            continue
        body = working(lowered.tree.body)
        if _lines(body) < _LEAST_LINES or not is_rich(body, _LEAST):
            continue
        if not all(isinstance(n, DEFINITIONS) for n in body):
            yield Candidate(cell, body)


def _lines(body: list[ast.stmt]) -> int:
    return sum((n.end_lineno or n.lineno) - n.lineno + 1 for n in body)


def _grouped(
    candidates: Iterable[Candidate], key: Callable[[Candidate], tuple[object, ...] | str]
) -> list[list[Candidate]]:
    """Return the candidates that share a key with another one, those with the same key together."""
    groups: dict[tuple[object, ...] | str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(key(candidate), []).append(candidate)
    return [group for group in groups.values() if len(group) > 1]


def _near(notebook: Notebook, candidates: list[Candidate], looks: Looks) -> Iterator[Finding]:
    """Yield a finding for each group of cells that are the same but for one statement."""
    long = [c for c in candidates if _LEAST_NEAR <= len(c.body) <= _MOST_NEAR]
    roughly = [c for group in _linked(long, outline) for c in group]
    for group in _linked(sorted(roughly, key=lambda c: c.cell.number), lambda n: looks.of([n])):
        yield _finding(notebook, [c.cell for c in group], "info")


def _linked(candidates: list[Candidate], look: Callable[[ast.stmt], object]) -> list[list[Candidate]]:
    """Return the groups of candidates in which each is like an earlier one, but for one statement.

    Each statement's look stands for a number, and a cell for the sum of these: two cells are alike when the sums are
    equal after one statement was taken away from one of them, or from both.
    """
    numbers: dict[object, int] = {}
    group_of: dict[tuple[int, int], list[Candidate]] = {}
    groups: list[list[Candidate]] = []
    for candidate in candidates:
        terms = [numbers.setdefault(look(n), mixed(len(numbers))) for n in candidate.body]
        total, count = sum(terms), len(terms)
        keys = [(count, total), *((count - 1, total - term) for term in terms)]
        group = next((group_of[key] for key in keys if key in group_of), None)
        if group is None:
            groups.append(group := [])
        group.append(candidate)
        for key in keys:
            group_of.setdefault(key, group)
    return [group for group in groups if len(group) > 1]


def _finding(notebook: Notebook, cells: list[Cell], severity: Severity) -> Finding:
    second = cells[1]
    numbers = [str(cell.number) for cell in cells]
    shown = numbers if len(numbers) <= 6 else [*numbers[:5], f"{len(numbers) - 5} more"]
    if severity == "warning":
        message = f"cells {joined(shown)} do the same (up to names and values)"
    else:
        message = f"cells {joined(shown)} do nearly the same: one statement differs (up to names and values)"
    advice = f"make a function of cell {numbers[0]}, with what differs as parameters, and call it in each"
    return Finding(notebook.cell_place(second), "NB406", severity, message, advice)


CASES = """
#=== bad | the same twice
# %%
m1 = [1, 2, 3]
m1 = [v * 2 for v in m1]
m1.append(sum(m1))
top1 = max(m1)
print("best", top1)
# %%
m2 = [1, 2, 3]
m2 = [v * 2 for v in m2]
m2.append(sum(m2))
top2 = max(m2)
print("best", top2)
#=== bad | plots of another column, with a comment and another import
# %%
import matplotlib.pyplot as plt
plt.figure(figsize=(10, 4))
plt.hist(df["age"], bins=20)
plt.title("Age")
plt.xlabel("years")
plt.axvline(df["age"].mean())
plt.show()
# %%
# and now the fare
plt.figure(figsize=(12, 5))
plt.hist(df["fare"], bins=50)
plt.title("Fare")
plt.xlabel("pounds")
plt.axvline(df["fare"].mean())
plt.show()
#=== bad | nearly the same: another model
# %%
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
model = SVC()
model.fit(X_train, y_train)
found = model.predict(X_test)
right = (found == y_test).sum()
print("right", right)
# %%
tree = DecisionTreeClassifier()
tree.fit(X_train, y_train)
found = tree.predict(X_test)
right = (found == y_test).sum()
print("right", right)
#=== bad | a loop
# %%
for name in first:
    rows = read(name)
    rows = rows.dropna()
    total = rows.sum()
    print(name, total)
# %%
for other in second:
    lines = read(other)
    lines = lines.dropna()
    total = lines.sum()
    print(other, total)
#=== good | short
# %%
a = 1
print(a)
# %%
b = 1
print(b)
#=== good | imports and literals only
# %%
import os
import sys
rate = 1
size = 2
name = "a"
text = "b"
last = 5
# %%
import os
import sys
speed = 1
width = 2
label = "a"
title = "b"
first = 5
#=== good | other methods
# %%
means = df.groupby("a").mean()
means = means.sort_values("b")
top = means.head(3)
share = top / top.sum()
print(share)
# %%
tops = df.groupby("a").max()
tops = tops.reset_index()
some = tops.tail(3)
share = some - some.min()
print(share)
#=== good | the variables change places
# %%
a = load(x)
b = load(y)
c = a - b
d = a.join(c)
print(d.sum())
# %%
a = store(x)
b = a.other(y)
c = b - a
d = c.join(b)
print(d.max())
#=== good | only definitions
# %%
def double(v):
    w = v * 2
    x = w + v
    y = x - w
    return y
# %%
def double(v):
    w = v * 2
    x = w + v
    y = x - w
    return y
#=== good | texts only
# %%
print("a")
print("b")
print("c")
print("d")
print("e")
# %%
print("f")
print("g")
print("h")
print("i")
print("j")
"""
