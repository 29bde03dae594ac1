"""Settings or models are compared by their score on the test rows, and the best one is taken.

## Why it hurts

The best of many scores on the same rows is too good by chance: the test rows took part in the choice and can't judge
it any more. The reported number won't come back on new data, whatever a test says.

## What is found

A loop or a comprehension in which a model is made from what the loop goes through and scored on the test side of
`train_test_split`, when the best of these scores is taken: by `max`, `min`, `argmax`, `idxmax`, `sorted` or a
comparison inside the loop.

Not found: validation rows that were cut off the train rows, folds, searches with folds, and loops whose scores are only
drawn or printed.

## How to mend it

Choose by `cross_val_score`, `GridSearchCV` or validation rows cut off the train rows, and score on the test rows once.

## Related

NB501. Yang, Brower-Sinning, Lewis and Kästner, *Data Leakage in Notebooks* (ASE 2022), call it multi-test leakage.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.values import Score, Split
from nb2pkg.lint.notebook import Notebook

_HELP = "choose by cross-validation or on validation rows, and score on the test rows once, at the end"
_PICKING = frozenset(
    {
        *("builtins.max", "builtins.min", "builtins.sorted", "numpy.argmax", "numpy.argmin", "numpy.max", "numpy.min"),
        *(".argmax", ".argmin", ".idxmax", ".idxmin", ".index", ".sort_values", ".max", ".min", ".nlargest"),
        *("numpy.argsort", "numpy.amax", "numpy.amin", ".sort"),
    }
)
_LOOPS = (ast.For, ast.ListComp, ast.GeneratorExp, ast.SetComp)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each loop that compares settings on the test rows."""
    told: set[int] = set()
    picks = _picks(notebook)
    for score in history_of(notebook).scores:
        split = _test_split(score)
        if split is None or id(score.loop) in told or not isinstance(score.loop, _LOOPS):
            continue
        if _varies(score, score.loop) and _is_picked(notebook, score, score.loop, picks):
            told.add(id(score.loop))
            message = f"settings are chosen by the score on the test rows of the split in cell {_cell(split)}"
            yield Finding(notebook.place(score.node, score.statement), "NB506", "warning", message, _HELP)


def _cell(split: Split) -> int:
    return split.statement.cell.number


def _test_split(score: Score) -> Split | None:
    """Return the split on whose test side all scored rows are; none where they were cut off train rows."""
    halves = score.x.halves if score.x is not None else frozenset()
    if any(half.side == "train" or half.split.kind not in ("random", "slice") for half in halves):
        return None
    return next((half.split for half in halves), None)


def _varies(score: Score, loop: ast.AST) -> bool:
    """Tell whether the model is made from what the loop goes through, or is it."""
    targets = [loop.target] if isinstance(loop, ast.For) else [g.target for g in getattr(loop, "generators", ())]
    names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    made = score.estimator.node if score.estimator is not None else None
    if made is not None and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(made)):
        return any(n is made for n in ast.walk(loop))
    receiver = score.node.func.value if isinstance(score.node.func, ast.Attribute) else None
    return isinstance(receiver, ast.Name) and receiver.id in names


def _is_picked(notebook: Notebook, score: Score, loop: ast.AST, picks: list[tuple[int, set[str]]]) -> bool:
    """Tell whether the best is taken of what the loop collects."""
    around = loop if isinstance(loop, ast.For) else notebook.parent(loop)
    collected = _collected(around) if around is not None else set()
    if isinstance(loop, ast.For):
        for node in ast.walk(loop):
            compares = node.test if isinstance(node, ast.If) else None
            if isinstance(compares, ast.Compare) and isinstance(compares.ops[0], (ast.Gt, ast.Lt, ast.GtE, ast.LtE)):
                names = [n.id for n in ast.walk(compares) if isinstance(n, ast.Name)]
                if len(set(names) & collected) >= 2:
                    return True
    return any(names & collected for index, names in picks if index >= score.statement.index)


def _picks(notebook: Notebook) -> list[tuple[int, set[str]]]:
    """Return where the best of something is taken, and the names that it is taken of."""
    found = []
    for call in notebook.calls:
        name = f".{call.name.rpartition('.')[2]}" if call.name.startswith(".") else call.name
        if name in _PICKING:
            nodes = [n for part in (*call.node.args, call.node.func) for n in ast.walk(part)]
            found.append((call.statement.index, {n.id for n in nodes if isinstance(n, ast.Name)}))
    return found


def _collected(node: ast.AST) -> set[str]:
    """Return the names that are bound in, or appended to in, a loop, or that a comprehension is bound to."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store):
            found |= {inner.value.id} if isinstance(inner.value, ast.Name) else set()
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "append":
            found |= {inner.func.value.id} if isinstance(inner.func.value, ast.Name) else set()
    return found


CASES = """
#=== bad | the best number of neighbours
# %%
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
# %%
scores = []
for k in range(1, 30):
    knn = KNeighborsClassifier(n_neighbors=k)
    knn.fit(X_train, y_train)
    scores.append(knn.score(X_test, y_test))
# %%
best = np.argmax(scores) + 1
#=== bad | kept inside the loop
# %%
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
best_score = 0
for C in [0.1, 1, 10]:
    model = SVC(C=C).fit(X_train, y_train)
    score = accuracy_score(y_test, model.predict(X_test))
    if score > best_score:
        best_score, best_C = score, C
#=== bad | a comprehension
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("d.csv")
a, b, ya, yb = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
scores = [DecisionTreeClassifier(max_depth=d, random_state=0).fit(a, ya).score(b, yb) for d in range(1, 9)]
print(max(scores))
#=== good | validation rows
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X_rest, X_test, y_rest, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
X_train, X_valid, y_train, y_valid = train_test_split(X_rest, y_rest, random_state=0)
best = 0
for C in [0.1, 1, 10]:
    score = SVC(C=C).fit(X_train, y_train).score(X_valid, y_valid)
    if score > best:
        best = score
#=== good | a curve, nothing is chosen
# %%
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
scores = []
for k in range(1, 30):
    scores.append(KNeighborsClassifier(n_neighbors=k).fit(X_train, y_train).score(X_test, y_test))
plt.plot(scores)
#=== good | by cross-validation
# %%
import pandas as pd
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
scores = []
for C in [0.1, 1, 10]:
    scores.append(cross_val_score(SVC(C=C), X_train, y_train).mean())
best = max(scores)
"""
