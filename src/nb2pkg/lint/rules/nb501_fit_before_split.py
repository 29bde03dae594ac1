"""A scaler, an imputer or another transformer learned from all rows before the test rows were split off.

## Why it hurts

The test rows stand for data that the model has never seen, but their mean, their range or their words are already in
what it learns from. The score comes out too good, and no later test can tell by how much.

## What is found

`fit` or `fit_transform` of something that learns numbers from rows (scalers, imputers, PCA and other decompositions,
selection of features, encoders by the target, TF-IDF) on rows, some of which become test rows: by `train_test_split`,
by folds, by `cross_val_score`, or by slices and masks when a model is fitted on the one side and scored on the other.
It counts only when what was learned did go into the test rows. `CountVectorizer` gives a remark only, since it learns
no more than which words there are.

Not found: what treats each row alone (`Normalizer`, `PolynomialFeatures`), encoders of categories, `get_dummies`,
scaling of the target alone, steps of a `Pipeline` that is itself fitted on the train rows or inside a
cross-validation, and notebooks that never split.

## How to mend it

Split first, `fit` on the train rows only, and `transform` both. Or put the step and the model into one `Pipeline` and
fit that: then cross-validation does it right in each fold.

## Related

NB503 (resampling), NB507 (statistics by hand). Yang, Brower-Sinning, Lewis and Kästner, *Data Leakage in Notebooks:
Static Detection and Better Processes* (ASE 2022), describe the problem and how common it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.estimators import is_mild, learns
from nb2pkg.lint.ml.facts import SCALING
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.leaks import apart, leaks
from nb2pkg.lint.notebook import Notebook

_HELP = "split first and fit on the train rows only, or make it a step of a Pipeline with the model"
_SCALING = frozenset(name.rpartition(".")[2] for name in SCALING)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each fit whose results went into rows that are test rows."""
    history = history_of(notebook)
    told: set[int] = set()
    for fit, split in sorted(history.met, key=lambda pair: (pair[0].order, pair[1].order)):
        if id(fit.node) in told or fit.x is None or apart(history, fit.x):
            continue
        name = learns(fit.estimator) or (fit.estimator.name if fit.estimator.name in _SCALING else "")
        mild = not name and is_mild(fit.estimator)
        if not (name or (mild and split.kind == "random")) or not leaks(history, fit, fit.x, split):
            continue
        told.add(id(fit.node))
        where = "the cross-validation" if split.kind in ("cv", "fold") else "the split"
        comes = "comes in" if split.statement.index >= fit.statement.index else "is in"
        said = name or fit.estimator.name
        message = f"`{said}` is fitted on all rows, {where} {comes} cell {split.statement.cell.number}: "
        message += "it has seen the words of the test rows" if mild else "the test score is too good"
        place = notebook.place(fit.node, fit.statement)
        yield Finding(place, "NB501", "info" if mild else "warning", message, _HELP)


CASES = """
#=== bad | scaled, then split
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
df = pd.read_csv("d.csv")
X = df.drop(columns="y")
y = df["y"]
scaler = StandardScaler()
X_scaled = scaler.fit_transform(X)
# %%
X_train, X_test, y_train, y_test = train_test_split(X_scaled, y, random_state=0)
#=== bad | fitted on all, applied after the split
# %%
from sklearn.model_selection import train_test_split
from sklearn.decomposition import PCA
import numpy as np
X = np.load("x.npy")
pca = PCA(2).fit(X)
train, test = train_test_split(X, random_state=0)
test_2d = pca.transform(test)
#=== bad | columns are scaled in place
# %%
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
cols = ["age", "fare"]
df[cols] = MinMaxScaler().fit_transform(df[cols])
# %%
X = df.drop("y", axis=1)
y = df.y
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== bad | selected by the target, then cross-validated
# %%
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
import numpy as np
X, y = np.random.rand(50, 1000), np.random.randint(0, 2, 50)
best = SelectKBest(k=20).fit_transform(X, y)
cross_val_score(LogisticRegression(), best, y)
#=== bad | a series, cut in two
# %%
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
data = pd.read_csv("prices.csv").values
scaled = MinMaxScaler().fit_transform(data)
n = int(len(scaled) * 0.8)
train, test = scaled[:n], scaled[n:]
model = LinearRegression().fit(train[:, :3], train[:, 3])
print(mean_squared_error(test[:, 3], model.predict(test[:, :3])))
#=== bad | in a function of the notebook
# %%
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
import pandas as pd
def prepare(frame):
    return StandardScaler().fit_transform(frame)
# %%
X = prepare(pd.read_csv("d.csv"))
train, test = train_test_split(X, random_state=0)
#=== good | fitted on the train rows
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
X = pd.read_csv("d.csv")
train, test = train_test_split(X, random_state=0)
scaler = StandardScaler()
train = scaler.fit_transform(train)
test = scaler.transform(test)
#=== good | a step of a pipeline
# %%
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.model_selection import cross_val_score
import pandas as pd
df = pd.read_csv("d.csv")
cross_val_score(make_pipeline(StandardScaler(), SVC()), df.drop(columns="y"), df["y"])
#=== good | each row alone, and the names of categories
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, Normalizer, PolynomialFeatures
import pandas as pd
df = pd.read_csv("d.csv")
y = LabelEncoder().fit_transform(df["kind"])
X = PolynomialFeatures(2).fit_transform(Normalizer().fit_transform(df.drop(columns="kind")))
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== good | the picture is of all rows, the split is of the data as they were
# %%
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
import matplotlib.pyplot as plt
import pandas as pd
X = pd.read_csv("d.csv")
flat = PCA(2).fit_transform(X)
plt.scatter(flat[:, 0], flat[:, 1])
# %%
train, test = train_test_split(X, random_state=0)
#=== good | no split: nothing is tested
# %%
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
import pandas as pd
X = StandardScaler().fit_transform(pd.read_csv("d.csv"))
KMeans(3, random_state=0).fit(X)
#=== good | a value that is the same for all
# %%
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
import pandas as pd
X = SimpleImputer(strategy="constant", fill_value=0).fit_transform(pd.read_csv("d.csv"))
train, test = train_test_split(X, random_state=0)
#=== good | the train rows are cut once more
# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
import pandas as pd
train, test = train_test_split(pd.read_csv("d.csv"), random_state=0)
scaler = StandardScaler()
train, test = scaler.fit_transform(train), scaler.transform(test)
fit, valid = train_test_split(train, random_state=0)
"""
