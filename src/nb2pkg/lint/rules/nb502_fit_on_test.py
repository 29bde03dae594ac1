"""Something was fitted on the test rows that had been fitted on the train rows already, or is scored on them.

## Why it hurts

A scaler that is fitted again on the test rows gives them another scale than the model learned, and a model that is
fitted on the test rows has seen the answers. Either way the score says nothing about new data, and a test that repeats
it fixes a wrong number.

## What is found

`fit` or `fit_transform` of a transformer on rows that are all on the test side of a split, when one of the same class
was fitted on the train side; and `fit` of a model on the test side when that model is then scored there. The test side
is that of `train_test_split`, of a fold, or the rows from a cut on.

Not found: what treats each row alone (`Normalizer`, `PolynomialFeatures`), a decomposition of the test rows alone for
a picture, models that swap the two halves, and splits of which only one side is ever used.

## How to mend it

Call `transform` for the test rows, with the transformer that was fitted on the train rows; or use a `Pipeline`.

## Related

NB501 (fitted on all rows).
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.estimators import is_mild, is_model, learns
from nb2pkg.lint.ml.facts import COMPOSED
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.state import History
from nb2pkg.lint.ml.values import Fit, Rows, Split
from nb2pkg.lint.notebook import Notebook

# They learn which categories there are: fitted twice, the same number may mean two things.
_NAMING = frozenset({"OneHotEncoder", "OrdinalEncoder", "LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"})
_DRAWN = ("random", "fold", "slice")


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each fit on test rows alone."""
    history = history_of(notebook)
    told: set[int] = set()
    for fit in history.fits:
        if fit.x is None or id(fit.node) in told or getattr(fit.node.func, "attr", "") not in ("fit", "fit_transform"):
            continue
        split = next((s for s in _tested(fit.x) if _counts(history, fit, s)), None)
        if split is not None:
            told.add(id(fit.node))
            model = is_model(fit.estimator)
            name = fit.estimator.name if model else learns(fit.estimator) or fit.estimator.name
            message = f"`{name}` is fitted on test data: the rows that cell {split.statement.cell.number} set apart"
            help = (
                "fit the model on the train rows" if model else "call `transform` here, with what the train rows gave"
            )
            yield Finding(notebook.place(fit.node, fit.statement), "NB502", "error", message, help)


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
    name = fit.estimator.name
    if not (learns(fit.estimator) or is_mild(fit.estimator) or name in _NAMING or _names(fit)):
        return False
    return any(f.estimator.name == name for f in others)


def _names(fit: Fit) -> bool:
    return fit.estimator.name in COMPOSED and any(step.name in _NAMING for step in fit.estimator.steps)


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
