"""Something was fitted on the test rows that had been fitted on the train rows already, or is scored on them.

## Why it hurts

A scaler that is fitted again on the test rows gives them another scale than the model learned, and a model that is
fitted on the test rows has seen the answers. Either way the score says nothing about new data, and a test that repeats
it fixes a wrong number.

## What is found

`fit` or `fit_transform` of a transformer on rows that are all on the test side of a split, when one of the same class
was fitted on the train side; and `fit` of a model on the test side when that model is then scored there. The test side
is that of `train_test_split`, of a fold, or the rows from a cut on; for data that come apart already, the names tell:
one transformer fitted on `train` and then on `test`.

Not found: what treats each row alone (`Normalizer`, `PolynomialFeatures`), a decomposition of the test rows alone for
a picture, models that swap the two halves, and splits of which only one side is ever used.

## How to mend it

Call `transform` for the test rows, with the transformer that was fitted on the train rows; or use a `Pipeline`.

## Related

NB501 (fitted on all rows).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.estimators import is_mild, is_model, learns
from nb2pkg.lint.ml.facts import COMPOSED, word_in
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.state import History
from nb2pkg.lint.ml.values import Fit, Rows, Split
from nb2pkg.lint.notebook import Notebook

# They learn which categories there are: fitted twice, the same number may mean two things.
_NAMING = frozenset({"OneHotEncoder", "OrdinalEncoder", "LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"})
_TEST_WORDS = frozenset({"test", "testing", "valid", "val", "validation"})
_TRAIN_WORDS = frozenset({"train", "training"})
_DRAWN = ("random", "fold", "slice")


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each fit on test rows alone."""
    history = history_of(notebook)
    told: set[int] = set()
    trained: dict[int, tuple[str, int]] = {}  # estimator -> the train rows that it was fitted on, and the cell
    for fit in history.fits:
        name = _data_name(fit)
        if id(fit.node) in told or getattr(fit.node.func, "attr", "") not in ("fit", "fit_transform"):
            continue
        split = next((s for s in _tested(fit.x) if _counts(history, fit, s)), None) if fit.x is not None else None
        earlier = trained.get(id(fit.estimator))
        if split is not None:
            told.add(id(fit.node))
            yield _finding(notebook, fit, f"the rows that cell {split.statement.cell.number} set apart")
        elif earlier and _is_test(name) and _learns(fit):
            told.add(id(fit.node))
            yield _finding(notebook, fit, f"`{name}`, after it was fitted on `{earlier[0]}` in cell {earlier[1]}")
        if word_in([name], _TRAIN_WORDS):
            trained[id(fit.estimator)] = (name, fit.statement.cell.number)


def _finding(notebook: Notebook, fit: Fit, where: str) -> Finding:
    model = is_model(fit.estimator)
    name = fit.estimator.name if model else learns(fit.estimator) or fit.estimator.name
    help = "fit the model on the train rows" if model else "call `transform` here, with what the train rows gave"
    message = f"`{name}` is fitted on test data: {where}"
    return Finding(notebook.place(fit.node, fit.statement), "NB502", "error", message, help)


def _is_test(name: str) -> bool:
    return bool(word_in([name], _TEST_WORDS)) and not word_in([name], _TRAIN_WORDS)


def _data_name(fit: Fit) -> str:
    """Return the name of the data that a fit gets: `X_test` of `fit(X_test[["a"]].values)`."""
    node: ast.expr | None = fit.node.args[0] if fit.node.args else None
    for _ in range(10):
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
    return node.id if isinstance(node, ast.Name) else ""


def _tested(rows: Rows) -> list[Split]:
    """Return the splits on whose test side all of the rows are, unless they were cut again to train on."""
    halves = [h for h in rows.halves if h.split.kind in _DRAWN]
    last = max((h.split.order for h in halves if h.side == "train"), default=0)
    found = [h.split for h in halves if h.side == "test" and h.split.order > last and h.other not in rows.cuts]
    return sorted(found, key=lambda split: split.order)


def _counts(history: History, fit: Fit, split: Split) -> bool:
    others = [f for f in history.fits if f.x is not None and f.x.side_of(split) == "train"]
    if is_model(fit.estimator):
        scored = any(s.fit is fit and s.x is not None and s.x.side_of(split) == "test" for s in history.scores)
        return bool(others) and scored
    if split.kind == "slice" and not any(is_model(f.estimator) for f in others):
        return False  # two parts of a signal, each scaled
    return _learns(fit) and any(f.estimator.name == fit.estimator.name for f in others)


def _learns(fit: Fit) -> bool:
    """Tell whether what a transformer makes of a row depends on the rows that it was fitted on."""
    estimator = fit.estimator
    steps = estimator.steps if estimator.name in COMPOSED else (estimator,)
    return bool(learns(estimator)) or is_mild(estimator) or any(step.name in _NAMING for step in steps)


CASES = """
#=== bad | fitted twice
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
X_train, X_test = train_test_split(pd.read_csv("d.csv"), random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.fit_transform(X_test)
#=== bad | a scaler of its own, in a function
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
import pandas as pd
def scale(rows):
    return MinMaxScaler().fit_transform(rows)
X_train, X_test = train_test_split(pd.read_csv("d.csv"), random_state=0)
X_train, X_test = scale(X_train), scale(X_test)
#=== bad | the model is fitted on what scores it
# %%
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
model = LogisticRegression().fit(X_train, y_train)
# %%
model.fit(X_test, y_test)
model.score(X_test, y_test)
#=== bad | words of the test rows
# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
import pandas as pd
train, test = train_test_split(pd.read_csv("d.csv")["text"], random_state=0)
tfidf = TfidfVectorizer()
a = tfidf.fit_transform(train)
b = tfidf.fit_transform(test)
#=== bad | the test rows are a file of their own
# %%
from sklearn.preprocessing import StandardScaler
import pandas as pd
train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
scaler = StandardScaler()
a = scaler.fit_transform(train[["age", "fare"]])
# %%
b = scaler.fit_transform(test[["age", "fare"]])
#=== good | only transformed
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
X_train, X_test = train_test_split(pd.read_csv("d.csv"), random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
#=== good | each half in turn
# %%
from sklearn.neighbors import KNeighborsClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X1, X2, y1, y2 = train_test_split(df.drop(columns="y"), df["y"], train_size=0.5, random_state=0)
model = KNeighborsClassifier()
p2 = model.fit(X1, y1).predict(X2)
p1 = model.fit(X2, y2).predict(X1)
accuracy_score(y1, p1), accuracy_score(y2, p2)
#=== good | a picture of the test rows
# %%
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
model = LogisticRegression().fit(X_train, y_train)
flat = PCA(2).fit_transform(X_test)
#=== good | it learns nothing
# %%
from sklearn.preprocessing import PolynomialFeatures
from sklearn.model_selection import train_test_split
import pandas as pd
X_train, X_test = train_test_split(pd.read_csv("d.csv"), random_state=0)
X_train = PolynomialFeatures(2).fit_transform(X_train)
X_test = PolynomialFeatures(2).fit_transform(X_test)
#=== good | a small part is all that is used
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
_, small = train_test_split(pd.read_csv("d.csv"), test_size=0.1, random_state=0)
small = StandardScaler().fit_transform(small)
"""
