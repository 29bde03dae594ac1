"""Gaps were filled, or columns scaled, with a mean or another statistic of all rows before the split.

## Why it hurts

The train rows then hold something of the test rows: a little with a mean, a lot with extremes or small data. The
preprocessing can't be tested on its own either, as the number depends on whatever rows are at hand.

## What is found

The mean, median, spread, extremes, mode or a quantile of data (also by numpy) that fills their gaps or is subtracted
from them, or that they are divided by, when some of the rows become test rows afterwards.

Not found: statistics of the train rows, those across the columns of one row, conditions on rows (`df[df.x < limit]`),
and what only the target gets.

## How to mend it

Split first, compute the number from the train rows and use it for both; or use `SimpleImputer` and `StandardScaler` in
a `Pipeline`.

## Related

NB501 has the same for transformers of scikit-learn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.leaks import apart, leaks
from nb2pkg.lint.notebook import Notebook

_HELP = "split first, and compute it from the train rows alone"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for the first statistic of all rows, in each cell, that went into test rows."""
    history = history_of(notebook)
    told: set[int] = set()
    cells: set[int] = set()  # one finding each: more columns of a cell are the same cause
    for fit, split in sorted(history.met, key=lambda pair: (pair[0].order, pair[1].order)):
        if fit.estimator.name != "statistic" or id(fit.node) in told or fit.x is None or apart(history, fit.x):
            continue
        cell = fit.statement.cell.number
        if cell not in cells and leaks(history, fit, fit.x, split):
            told.add(id(fit.node))
            cells.add(cell)
            words = ast.unparse(fit.node)
            words = words if len(words) <= 60 else words[:57] + "..."
            message = f"`{words}` is of all rows and goes into them; the split is in cell {split.statement.cell.number}"
            yield Finding(notebook.place(fit.node, fit.statement), "NB507", "warning", message, _HELP)


CASES = """
#=== bad | gaps are filled with the mean
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
df["age"] = df["age"].fillna(df["age"].mean())
# %%
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
#=== bad | in place, by name
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
middle = df.age.median()
df.age.fillna(middle, inplace=True)
train, test = train_test_split(df, random_state=0)
#=== bad | scaled by hand
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
X = (df - df.mean()) / df.std()
train, test = train_test_split(X, random_state=0)
#=== bad | by numpy
# %%
import numpy as np
from sklearn.model_selection import train_test_split
X = np.load("x.npy")
X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)
train, test = train_test_split(X, random_state=0)
#=== good | of the train rows
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
train, test = train_test_split(pd.read_csv("d.csv"), random_state=0)
middle = train["age"].mean()
train["age"] = train["age"].fillna(middle)
test["age"] = test["age"].fillna(middle)
#=== good | only shown
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
print(df["age"].mean(), df["age"].std())
train, test = train_test_split(df, random_state=0)
#=== good | each row alone
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
df["mean"] = df[["a", "b"]].mean(axis=1)
df["share"] = df["a"] / df["mean"]
train, test = train_test_split(df, random_state=0)
#=== good | a constant, and rows left out
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv").fillna(0)
df = df[df.price < df.price.quantile(0.99)]
train, test = train_test_split(df, random_state=0)
"""
