"""One cell goes through several stages of the work, such as loading, preparation, training and evaluation.

## Why it hurts

To test how the data is cleaned, the model has to be fitted too, and a new score needs the file to be read again. A
mistake in one stage hides in the output of another.

## What is found

A cell whose calls belong to at least `min-stages` of: loading (`read_csv`, `load_iris`), preparation (`dropna`,
`fillna`, `get_dummies`, a scaler, a column made from others), training (`fit`), evaluation (`score`, metrics,
cross-validation) and saving (`to_csv`, `dump`). Looking at data and plotting don't count, nor do the bodies of
functions, the split of train and test rows by itself, or calls that occur in every stage (`sort_values`).

## How to mend it

Split the cell where the stages change: the finding names the lines. Each part then makes a function whose inputs and
results can be tested.

## Options

`min-stages` (3): how many stages make a finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.facts.stages import stages
from nb2pkg.lint.facts.words import joined
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook, Statement


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that goes through too many stages."""
    least = notebook.options.min_stages
    calls: dict[int, list[Call]] = {}
    for call in notebook.calls:
        calls.setdefault(call.statement.cell.number, []).append(call)
    statements: dict[int, list[Statement]] = {}
    for statement in notebook.statements:
        statements.setdefault(statement.cell.number, []).append(statement)
    for number, made in calls.items():
        if len(made) + len(statements[number]) <= least:
            continue
        found = stages(notebook, statements[number], made, least)
        if len(found) >= least:
            cell = statements[number][0].cell
            yield Finding(notebook.cell_place(cell), "NB404", "warning", _message(number, found), _help(found))


def _message(number: int, found: dict[str, int]) -> str:
    return f"cell {number} mixes " + joined([f"{stage} (line {line})" for stage, line in found.items()])


def _help(found: dict[str, int]) -> str:
    lines = sorted(set(found.values()))[1:]
    if not lines:
        return "make a cell of each stage"
    return f"split it before line{'s' if len(lines) > 1 else ''} {joined([str(line) for line in lines])}"


CASES = """
#=== bad | loads, cleans, fits and scores
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("d.csv")
df = df.dropna()
m = LogisticRegression().fit(df[["z"]], df["y"])
print(m.score(df[["z"]], df["y"]))
#=== bad | loads, makes a column and saves
# %%
import pandas as pd
df = pd.read_csv("d.csv")
df["ratio"] = df["a"] / df["b"]
df.to_csv("out.csv")
#=== bad | loads, fits and judges
# %%
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
tree = DecisionTreeClassifier()
tree.fit(X, y)
print(accuracy_score(y, tree.predict(X)))
#=== bad | the model was made in another cell
# %%
import joblib
from sklearn.metrics import r2_score
model = make()
# %%
rows = rows.fillna(0)
model.fit(rows, y)
print(r2_score(y, model.predict(rows)))
joblib.dump(model, "model.pkl")
#=== good | one stage
# %%
import pandas as pd
df = pd.read_csv("d.csv")
df.head()
#=== good | loads, looks and plots
# %%
import pandas as pd
import matplotlib.pyplot as plt
df = pd.read_csv("d.csv")
df = df.dropna()
df.describe()
plt.hist(df["a"])
plt.savefig("a.png")
#=== good | in functions
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
def load():
    return pd.read_csv("d.csv")
def clean(df):
    return df.dropna()
def fit(df):
    return LogisticRegression().fit(df[["z"]], df["y"])
def save(df):
    df.to_csv("out.csv")
#=== good | splits, fits and scores
# %%
from sklearn.model_selection import train_test_split
X_train, X_test, y_train, y_test = train_test_split(X, y)
model.fit(X_train, y_train)
model.score(X_test, y_test)
#=== good | a pipeline prepares when it is fitted
# %%
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
model = make_pipeline(StandardScaler(), SVC())
model.fit(X_train, y_train)
model.score(X_test, y_test)
#=== good | a network with metrics, and a plot of its boundary
# %%
import tensorflow as tf
model.compile(metrics=[tf.keras.metrics.BinaryAccuracy()])
model.fit(X, y)
plot_regions(X, y.astype(int), model)
model.save("model.keras")
#=== good | a model that is loaded is no data
# %%
from tensorflow import keras
model.fit(X_train, y_train)
model = keras.models.load_model("best.h5")
model.evaluate(X_test, y_test)
#=== good | a dictionary is no frame, and a scaler is part of the preparation
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("d.csv")
found = {}
found["n"] = len(df)
scaler = StandardScaler()
scaler.fit(df)
scaled = scaler.transform(df)
"""
