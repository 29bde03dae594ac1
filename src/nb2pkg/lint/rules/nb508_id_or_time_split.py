"""Rows that belong together, or that follow each other in time, are split at random.

## Why it hurts

With rows of one patient on both sides, or a day between two days that the model knows, the test rows are no longer
new. The score says how well the model fills gaps, not how well it does for another patient or for tomorrow.

## What is found

`train_test_split`, or folds that shuffle, of data that the notebook itself treats as ordered in time (the index is a
date, rows are sorted by a date, prices from a data service) or as groups (something is computed a group of ids and
goes back to its rows: `groupby("user_id").shift()`).

Not found: `shuffle=False`, `TimeSeriesSplit`, `GroupKFold` and the like, and data that were put together a group.

## How to mend it

For time cut at a date, or use `TimeSeriesSplit`, or `shuffle=False`; for groups use `GroupKFold` or
`GroupShuffleSplit`. Where the order plays no part, ignore this.

## Related

None that we know of.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.facts import GROUP_WORDS, word_in
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.leaks import apart
from nb2pkg.lint.notebook import Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each random split of rows that are ordered in time, or of groups."""
    told: set[int] = set()
    history = history_of(notebook)
    for split in history.splits:
        rows = next((r for r in split.inputs if r is not None), None)
        if split.kind not in ("random", "fold") or not split.shuffled or rows is None or not rows.dated:
            continue
        if id(split.node) in told or apart(history, rows):
            continue
        told.add(id(split.node))
        if word_in([rows.dated], GROUP_WORDS):
            message = f"the split is random, but rows belong together by `{rows.dated}`: some may fall on both sides"
            help = "use GroupShuffleSplit or GroupKFold with that column"
        else:
            message = (
                f"the split is random, but rows are in the order of `{rows.dated}`: the model learns from later ones"
            )
            help = "cut at a moment (shuffle=False), or use TimeSeriesSplit"
        yield Finding(notebook.place(split.node, split.statement), "NB508", "info", message, help)


CASES = """
#=== bad | the index is a date
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("sales.csv", parse_dates=["date"]).set_index("date")
X, y = df.drop(columns="sold"), df["sold"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== bad | sorted by time
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("sales.csv")
df = df.sort_values("order_date")
train, test = train_test_split(df, test_size=0.2, random_state=0)
#=== bad | rows of one user
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("visits.csv")
df["before"] = df.groupby("user_id")["pages"].shift()
train, test = train_test_split(df, random_state=0)
#=== good | the last rows are the test rows
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("sales.csv", parse_dates=["date"]).set_index("date")
train, test = train_test_split(df, shuffle=False)
#=== good | folds in time
# %%
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
df = pd.read_csv("sales.csv").sort_values("date")
for train, test in TimeSeriesSplit(5).split(df):
    print(len(df.iloc[train]), len(df.iloc[test]))
#=== good | groups are kept together
# %%
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
df = pd.read_csv("visits.csv")
df["before"] = df.groupby("user_id")["pages"].shift()
train, test = next(GroupShuffleSplit(random_state=0).split(df, groups=df["user_id"]))
#=== good | one row a user
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("visits.csv").groupby("user_id").mean()
train, test = train_test_split(df, random_state=0)
#=== good | an age is no order
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("people.csv").sort_values("lifetime").set_index("name")
train, test = train_test_split(df, random_state=0)
"""
