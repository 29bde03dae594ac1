"""Rows of the rare class were multiplied before the split, so that copies of test rows are in the train rows.

## Why it hurts

After over-sampling, the same row (or one made from it) stands on both sides of the split, and the model is tested on
what it learned by heart. The score can rise from useless to excellent without the model being any better.

## What is found

`fit_resample` of an over-sampler (SMOTE and its relatives, ADASYN, `RandomOverSampler`), or rows that were drawn with
replacement (`sklearn.utils.resample`, `df.sample(replace=True)`) and put together with others, when `train_test_split`,
folds or `cross_val_score` come after that.

Not found: under-sampling, which copies nothing; over-sampling of the train rows; a sampler as a step of an imblearn
`Pipeline`; a bootstrap that is not put together with other rows.

## How to mend it

Split first and over-sample the train rows only. For cross-validation make the sampler a step of `imblearn.pipeline`.

## Related

NB501. Yang, Brower-Sinning, Lewis and Kästner, *Data Leakage in Notebooks* (ASE 2022), call it overlap leakage.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.ml.leaks import apart
from nb2pkg.lint.notebook import Notebook

_HELP = "split first, then over-sample the train rows only; in a cross-validation use a Pipeline of imblearn"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each over-sampling whose rows are split afterwards."""
    history = history_of(notebook)
    told: set[int] = set()
    for fit, split in sorted(history.met, key=lambda pair: (pair[0].order, pair[1].order)):
        test = history.met[fit, split].get("test")
        if test is None or fit not in test.sampled or id(fit.node) in told:
            continue
        if split.kind in ("slice", "mask", "subset") or (fit.x is not None and apart(history, fit.x)):
            continue
        told.add(id(fit.node))
        name = fit.estimator.name
        cell = split.statement.cell.number
        where = "the split" if split.kind == "random" else "the cross-validation"
        message = f"`{name}` copies rows before {where} in cell {cell}: copies of test rows are in the train rows"
        yield Finding(notebook.place(fit.node, fit.statement), "NB503", "error", message, _HELP)


CASES = """
#=== bad | SMOTE, then the split
# %%
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X, y = df.drop("y", axis="columns"), df["y"]
smote = SMOTE(random_state=0)
X_more, y_more = smote.fit_resample(X, y)
# %%
X_train, X_test, y_train, y_test = train_test_split(X_more, y_more, random_state=0)
#=== bad | drawn with replacement
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
many, few = df[df.y == 0], df[df.y == 1]
more = few.sample(len(many), replace=True, random_state=0)
both = pd.concat([many, more], axis=0)
X, y = both.drop(columns="y"), both["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== bad | resample, then folds
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.utils import resample
df = pd.read_csv("d.csv")
many, few = df[df.y == 0], df[df.y == 1]
df = pd.concat([many, resample(few, n_samples=len(many), random_state=0)])
cross_val_score(LogisticRegression(), df.drop(columns="y"), df["y"])
#=== good | the train rows
# %%
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="y"), df["y"], random_state=0)
X_train, y_train = SMOTE(random_state=0).fit_resample(X_train, y_train)
#=== good | fewer rows, no copies
# %%
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
X, y = RandomUnderSampler(random_state=0).fit_resample(df.drop(columns="y"), df["y"])
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== good | drawn without replacement
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
many, few = df[df.y == 0], df[df.y == 1]
df = pd.concat([many.sample(len(few), random_state=0), few])
train, test = train_test_split(df, random_state=0)
#=== good | a look at it; the split is of the data as they were
# %%
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import train_test_split
import pandas as pd
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df["y"]
X_more, y_more = SMOTE(random_state=0).fit_resample(X, y)
print(y_more.value_counts())
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
#=== good | a step of a pipeline
# %%
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
import pandas as pd
df = pd.read_csv("d.csv")
cross_val_score(make_pipeline(SMOTE(random_state=0), LogisticRegression()), df.drop(columns="y"), df["y"])
"""
