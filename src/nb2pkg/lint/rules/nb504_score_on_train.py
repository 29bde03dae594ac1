"""The only score of the notebook is computed on the rows that the model was fitted on.

## Why it hurts

A model that learns its rows by heart gets the best score here, so the number says how well it remembers and not how
well it predicts. A test that holds such a number holds nothing that anyone wants to know.

## What is found

`model.score(X, y)`, or a metric of scikit-learn of what the model predicts from `X`, where `X` is what `fit` got, and
there is no other score in the notebook: on other rows, by cross-validation, by a search with folds, out of bag, by
hand, or in a function that gets the model.

Not found: notebooks that report both, models without a target (clustering, densities), statsmodels, deep learning, and
whatever can't be followed.

## How to mend it

Split the rows, fit on the one part and score on the other, or use `cross_val_score`. For a model that only describes
the data say so, and ignore this rule.

## Related

NB501, NB502, NB506.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.estimators import is_model
from nb2pkg.lint.ml.facts import METRICS, UNSUPERVISED
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.state import History
from nb2pkg.lint.ml.values import Estimator, Fit, Rows, Score
from nb2pkg.lint.notebook import Notebook

_HELP = "keep rows apart with train_test_split and score on those, or use cross_val_score"
_MEASURING = METRICS | {"score", "evaluate", "cross_val_score", "cross_validate", "scorer", "get_scorer", "test"}


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield one finding, at the first score, when all scores of a notebook are on train rows."""
    history = history_of(notebook)
    if not history.scores or history.validated or not all(_on_train(score) for score in history.scores):
        return
    if _measured_elsewhere(notebook, history) or _compared_by_hand(history) or _test_part_is_read(notebook, history):
        return
    first = history.scores[0]
    fitted = first.fit.statement.cell.number if first.fit is not None else 0
    name = f"`{first.name}`" if first.name not in (".score",) else "`score`"
    where = "this cell" if fitted == first.statement.cell.number else f"cell {fitted}"
    message = f"{name} is computed on the rows that the model was fitted on in {where}, and nothing is scored on others"
    yield Finding(notebook.place(first.node, first.statement), "NB504", "warning", message, _HELP)


def _on_train(score: Score) -> bool:
    fit, estimator = score.fit, score.estimator
    if fit is None or estimator is None or score.x is None or fit.x is None or fit.y is None:
        return False
    return is_model(estimator) and _is_supervised(estimator) and _same(score.x, fit)


def _is_supervised(estimator: Estimator) -> bool:
    last = estimator.steps[-1] if estimator.steps and estimator.name in ("Pipeline", "make_pipeline") else estimator
    return last.name not in UNSUPERVISED


def _same(rows: Rows, fit: Fit) -> bool:
    return fit.x is not None and rows.same_rows(fit.x)


def _measured_elsewhere(notebook: Notebook, history: History) -> bool:
    """Tell whether there are calls that may measure, and that the pass did not come by, or models given away."""
    seen = {id(score.node) for score in history.scores}
    for call in notebook.calls:
        last = call.name.rpartition(".")[2] if call.name else getattr(call.node.func, "id", "")
        measures = last in _MEASURING or "score" in last.lower() or "eval" in last.lower() or "valid" in last.lower()
        if measures and id(call.node) not in seen:
            return True
    return bool(history.passed_on)


def _compared_by_hand(history: History) -> bool:
    """Tell whether predictions for other rows were held against something."""
    return any(p.fit is None or p.x is None or not _same(p.x, p.fit) for p in history.manual)


def _test_part_is_read(notebook: Notebook, history: History) -> bool:
    """Tell whether anything is done with the test side of a split: then a score may be computed by other means."""
    names: set[str] = set()
    for split in history.splits:
        if split.kind in ("fold", "cv"):
            return True
        if split.kind == "random":
            names |= _unpacked_tests(notebook, split.node)
        elif len(history.sides.get(split, ())) > 1:
            return True
    read = {site.node.id for site in notebook.find(ast.Name) if isinstance(site.node.ctx, ast.Load)}
    return "" in names or bool(names & read)


def _unpacked_tests(notebook: Notebook, node: ast.AST) -> set[str]:
    """Return the names that the test sides of a split are bound to; the empty string among them: unknown."""
    parent = notebook.parent(node)
    if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Tuple):
        return {""}
    targets = parent.targets[0].elts[1::2]
    return {target.id if isinstance(target, ast.Name) else "" for target in targets}


CASES = """
#=== bad | fitted and scored on the same rows
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv("d.csv")
X, y = df[["area", "rooms"]], df["price"]
reg = LinearRegression()
reg.fit(X, y)
# %%
reg.score(X, y)
#=== bad | a metric of what it predicts for the train rows
# %%
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df["y"]
tree = DecisionTreeClassifier(random_state=0).fit(X, y)
found = tree.predict(X)
print(accuracy_score(y, found))
#=== bad | split, but the test rows are never used
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
model = SVC().fit(X_train, y_train)
model.score(X_train, y_train)
#=== bad | the columns are written out each time
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("d.csv")
model = LogisticRegression()
model.fit(df[["a", "b"]], df.y)
print("accuracy", model.score(df[["a", "b"]], df.y))
#=== good | both
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
model = SVC().fit(X_train, y_train)
print(model.score(X_train, y_train), model.score(X_test, y_test))
#=== good | cross-validation
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.model_selection import cross_val_score
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df["y"]
print(SVC().fit(X, y).score(X, y), cross_val_score(SVC(), X, y).mean())
#=== good | by hand
# %%
import pandas as pd
import numpy as np
from sklearn.svm import SVC
train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
model = SVC().fit(train[["a"]], train["y"])
print(model.score(train[["a"]], train["y"]))
print(np.mean(model.predict(test[["a"]]) == test["y"]))
#=== good | out of bag
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df["y"]
forest = RandomForestClassifier(oob_score=True, random_state=0).fit(X, y)
print(forest.score(X, y), forest.oob_score_)
#=== good | no target
# %%
import pandas as pd
from sklearn.mixture import GaussianMixture
X = pd.read_csv("d.csv")
GaussianMixture(3, random_state=0).fit(X).score(X)
#=== good | a function that may score it
# %%
import pandas as pd
from sklearn.svm import SVC
from mine import report
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df["y"]
model = SVC().fit(X, y)
print(model.score(X, y))
report(model)
"""
