"""The column that is to be predicted is still among the features.

## Why it hurts

The model only has to copy the answer, so its score is close to perfect and it is useless where the answer isn't known.
Nothing fails, and a test of the notebook would pass forever.

## What is found

`fit(X, y)`, or a cross-validation of `X` and `y`, where `y` is a column of a frame and `X` surely still holds that
column: the frame itself, the frame without other columns, or a list of columns that names it. Followed through
`train_test_split`, copies, scalers, `drop`, `pop`, `del` and changes in place.

Not found: models that pick their columns (`ColumnTransformer`, `ignored_features`), a target that is another moment of
the column (`shift`, slices that are set off), columns that a list or a condition leaves out when that can't be read
from the source, and columns that were assigned anew in between.

## How to mend it

Take the target out as you take it: `y = df.pop("churn")`, or `X = df.drop(columns=["churn"])`.

## Related

None that we know of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.estimators import is_model
from nb2pkg.lint.ml.facts import SEARCHES, UNSUPERVISED
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.values import Fit, Token
from nb2pkg.lint.notebook import Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each target that is first seen among the features of a fit."""
    told: set[Token] = set()
    for fit in history_of(notebook).fits:
        for token in sorted(_kept(fit)):
            if token not in told:
                told.add(token)
                yield _finding(notebook, fit, token)


def _kept(fit: Fit) -> frozenset[Token]:
    """Return the columns that are both target and feature."""
    x, y = fit.x, fit.y
    if x is None or y is None or x is y or x.cuts != y.cuts or x.roots != y.roots:
        return frozenset()
    if not (is_model(fit.estimator) or fit.estimator.name in SEARCHES) or fit.estimator.name in UNSUPERVISED:
        return frozenset()
    if not fit.estimator.whole or _ignores_columns(fit):
        return frozenset()
    return frozenset(token for token in y.takes if x.holds(token))


def _ignores_columns(fit: Fit) -> bool:
    """`CatBoostClassifier(ignored_features=[...])`, `HistGradientBoostingRegressor(...).fit(..., cols=...)`."""
    made = fit.estimator.node.keywords if fit.estimator.node is not None else []
    return any(k.arg is None or "ignore" in k.arg or "cols" in k.arg for k in (*made, *fit.node.keywords))


def _finding(notebook: Notebook, fit: Fit, token: Token) -> Finding:
    arguments = [a for a in fit.node.args if not isinstance(a, ast.Starred)]
    at = 1 if getattr(fit.node.func, "attr", "") not in ("fit", "fit_transform", "fit_predict") else 0
    node = arguments[at] if at < len(arguments) else fit.node
    features = f" `{node.id}`" if isinstance(node, ast.Name) else ""
    message = f"the target `{token.name}` is still a column of the features{features}"
    help = f"leave it out: drop(columns=[{token.name!r}]), or take the target with pop({token.name!r})"
    return Finding(notebook.place(node, fit.statement), "NB505", "error", message, help)


CASES = """
#=== bad | another column is dropped
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
y = df["churn"]
X = df.drop("id", axis=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
# %%
RandomForestClassifier(random_state=0).fit(X_train, y_train)
#=== bad | the list names it
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv("d.csv")
features = ["area", "rooms", "price"]
LinearRegression().fit(df[features], df["price"])
#=== bad | the whole frame, scaled
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
df = pd.read_csv("d.csv").dropna()
y = df.species
X = StandardScaler().fit_transform(df)
SVC().fit(X, y)
#=== bad | forgotten after it was added
# %%
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.svm import SVC
iris = load_iris()
df = pd.DataFrame(iris.data, columns=iris.feature_names)
df["target"] = iris.target
df["flower"] = df.target.apply(lambda x: iris.target_names[x])
X = df.drop(["flower"], axis="columns")
y = df.target
SVC().fit(X, y)
#=== good | dropped in place
# %%
import pandas as pd
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
y = df["churn"]
df.drop("churn", axis=1, inplace=True)
SVC().fit(df, y)
#=== good | popped
# %%
import pandas as pd
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
y = df.pop("churn")
SVC().fit(df, y)
#=== good | the next day
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv("d.csv")
y = df["close"].shift(-1)
LinearRegression().fit(df[["close"]], y)
#=== good | rows are set off
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv("d.csv")
LinearRegression().fit(df[["close"]][:-1], df["close"][1:])
#=== good | left out by a condition
# %%
import pandas as pd
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X = df[[c for c in df.columns if c != "churn"]]
Z = df.loc[:, df.columns != "churn"]
SVC().fit(X, df["churn"])
SVC().fit(Z, df["churn"])
#=== good | the pipeline picks its columns
# %%
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("d.csv")
model = make_pipeline(make_column_transformer((StandardScaler(), ["a", "b"])), LogisticRegression())
model.fit(df, df["churn"])
GridSearchCV(model, {"logisticregression__C": [1, 10]}).fit(df, df["churn"])
#=== good | steps that aren't known
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from mine import Picker
df = pd.read_csv("d.csv")
Pipeline([("pick", Picker(["a"])), ("model", LogisticRegression())]).fit(df, df["churn"])
#=== good | taken off a list
# %%
import pandas as pd
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
columns = ["a", "b", "churn"]
columns.remove("churn")
SVC().fit(df[columns], df["churn"])
names = list(df)
names.remove("churn")
SVC().fit(df[names], df["churn"])
#=== good | in a function of the notebook
# %%
import pandas as pd
from sklearn.svm import SVC
def clean(frame):
    del frame["churn"]
df = pd.read_csv("d.csv")
y = df["churn"]
clean(df)
SVC().fit(df, y)
"""
