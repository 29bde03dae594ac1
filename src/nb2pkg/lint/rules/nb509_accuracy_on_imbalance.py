"""Accuracy is the only score, and one class makes up most of the rows.

## Why it hurts

When nine rows in ten are of one class, always naming that class scores 90 %. A model that finds none of the rare rows
looks good, and a test that asks for a high accuracy lets it pass.

## What is found

A saved output of `value_counts()` of the target in which one class has at least four rows in five, in a notebook
whose only scores are `accuracy_score` or the `score` of a classifier.

Not found: notebooks that also look at precision, recall, F1, ROC AUC, a confusion matrix or a report of classes, and
those that balance the rows first.

## How to mend it

Add a score that the rare class moves: `classification_report`, `balanced_accuracy_score`, `average_precision_score`;
and compare with a `DummyClassifier`.

## Related

None that we know of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.state import History
from nb2pkg.lint.ml.values import Score
from nb2pkg.lint.notebook import Call, Notebook

_LARGE = 0.8
_MOST_CLASSES = 10
_OTHER = (
    *("f1", "precision", "recall", "roc", "auc", "confusion", "classification_report", "balanced", "kappa", "matthews"),
    *("average_precision", "log_loss", "brier", "fbeta", "support", "classificationreport", "cross_val", "dummy"),
)
_CLASSIFIERS = ("Classifier", "LogisticRegression", "SVC", "NB", "LogisticRegressionCV", "Perceptron", "Discriminant")
_HELP = "add classification_report or balanced_accuracy_score, and compare with a DummyClassifier"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield one finding, at the first score, where nothing but accuracy is measured on classes of very unlike size."""
    if "value_counts" not in notebook.code_text:
        return
    history = history_of(notebook)
    first = next((score for score in history.scores if _is_accuracy(score)), None)
    if first is None or history.samplings or any(not _is_accuracy(score) for score in history.scores):
        return
    if any(any(word in call.name.lower() for word in _OTHER) for call in notebook.calls):
        return
    targets = _targets(history)
    shares = next((s for call in notebook.calls if (s := _shares(call, targets))), ())
    if not shares or max(shares) < _LARGE:
        return
    told = ", ".join(f"{share:.0%}" for share in sorted(shares, reverse=True)[:4])
    message = f"accuracy alone is measured, on classes of {told}: always naming the largest scores {max(shares):.0%}"
    yield Finding(notebook.place(first.node, first.statement), "NB509", "info", message, _HELP)


def _is_accuracy(score: Score) -> bool:
    if score.name == "accuracy_score":
        return True
    estimator = score.estimator
    if score.name != ".score" or estimator is None:
        return False
    last = estimator.steps[-1] if estimator.steps and "ipeline" in estimator.name else estimator
    return last.name.endswith(_CLASSIFIERS)


def _shares(call: Call, targets: set[str]) -> tuple[float, ...]:
    """Return the shares of classes that a cell shows, when it shows the counts of the target."""
    if (
        not call.name.endswith(".value_counts")
        or call.function is not None
        or not isinstance(call.node.func, ast.Attribute)
    ):
        return ()
    name = _column(call.node.func.value)
    if name not in targets:
        return ()
    counts = [number for output in call.statement.cell.outputs for number in _counts(output.text)]
    total = sum(counts)
    return tuple(count / total for count in counts) if total and 2 <= len(counts) <= _MOST_CLASSES else ()


def _column(node: ast.expr) -> str:
    """Return the column of `df["a"]`, `df.a`, or the name of a target `y`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _targets(history: History) -> set[str]:
    """Return the columns that are targets, and the names that are given as such to fits and to splits."""
    nodes = [fit.node for fit in history.fits] + [split.node for split in history.splits if split.kind == "random"]
    columns = {token.name for fit in history.fits if fit.y is not None for token in fit.y.takes}
    return columns | {n.args[1].id for n in nodes if len(n.args) > 1 and isinstance(n.args[1], ast.Name)}


def _counts(text: str) -> list[float]:
    """Return the numbers at the ends of the lines of a shown count: `no     9500`."""
    found: list[float] = []
    for line in text.splitlines()[: _MOST_CLASSES + 5]:
        words = line.split()
        if len(words) >= 2 and not line.startswith("Name:") and words[-1].replace(".", "", 1).isdigit():
            found.append(float(words[-1]))
    return found


CASES = """
#=== bad | counts of the target are printed
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %% out=0    9500\\n1     500\\nName: fraud, dtype: int64
print(df["fraud"].value_counts())
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
#=== bad | shown as shares
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %% display=fraud\\n0    0.93\\n1    0.07\\nName: proportion, dtype: float64
df.fraud.value_counts(normalize=True)
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
#=== bad | of a target by its name
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
# %% display=no     880\\nyes    120\\nName: count, dtype: int64
y.value_counts()
# %%
accuracy_score(y_test, model.predict(X_test))
#=== good | classes of like size
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %% display=0    520\\n1    480
df.fraud.value_counts()
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
#=== good | a report of classes too
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %% display=0    9500\\n1     500
df.fraud.value_counts()
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
print(classification_report(y_test, model.predict(X_test)))
#=== good | counts of another column
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %% display=F    9500\\nM     500
df.sex.value_counts()
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
#=== good | no output was saved
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
# %%
df.fraud.value_counts()
# %%
X, y = df.drop(columns="fraud"), df["fraud"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
accuracy_score(y_test, model.predict(X_test))
"""
