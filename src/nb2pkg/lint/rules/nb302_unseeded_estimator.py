"""A split, a model or a sample is drawn at random without a `random_state`.

## Why it hurts

The rows, and with them every score below, differ from run to run, so a test can only check that something came out. Two
models may seem to differ although only their splits did.

## What is found

Calls of scikit-learn, imbalanced-learn and UMAP whose result depends on `random_state`, when it is not given:
`train_test_split`, forests, trees, boosting, k-means, t-SNE, neural networks, folds with `shuffle=True`, solvers that
shuffle, `make_blobs` and its like; and `sample` of a pandas frame. Those that compute the same each time are none:
`LogisticRegression()` as it comes, nearest neighbours, `train_test_split(shuffle=False)`, gradient boosting of XGBoost,
LightGBM and CatBoost, whose seed is fixed. It is only information when NumPy's generator was seeded above, as
scikit-learn then draws from it, where a sample is just shown, and for trees that draw only between equally good splits.

## How to mend it

Give `random_state` a fixed number, best a constant of the notebook. `--unsafe-fixes` adds the seed constant of the
notebook, or 0: unsafe, because the numbers will be others than those saved.

## Related

dslinter has a rule for missing random states in scikit-learn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.flow.effects import dotted
from nb2pkg.lint.facts.estimators import PASSING_ON, needs_state, only_breaks_ties
from nb2pkg.lint.facts.randomness import runs, seeded_by
from nb2pkg.lint.findings import Edit, Finding, Fix
from nb2pkg.lint.notebook import Call, Notebook, Statement

_STATES = frozenset({"random_state", "seed", "rng"})
_SAMPLING = frozenset({"n", "frac", "replace", "weights", "axis", "ignore_index"})
_SEED_NAMES = ("seed", "random_state", "random_seed", "rand_state", "rng_seed", "randomstate", "rs")


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each call that draws without a random state."""
    if not any(c.name == ".sample" or needs_state(c) for c in notebook.calls) or _is_set_later(notebook):
        return
    seeds = _seeds(notebook)
    has_pandas = "pandas" in notebook.code_text
    by_parameters = "random_state':" in notebook.code_text or 'random_state":' in notebook.code_text
    seeded = False
    for run in runs(notebook):
        seeded = seeded or (run.reached and "numpy" in seeded_by(run))
        call = run.call
        if call is None or "raises-exception" in call.statement.cell.tags:
            continue
        sample = has_pandas and _is_sample(notebook, call)
        if by_parameters and call.name.rpartition(".")[2][:1].isupper():
            continue  # of an estimator, by a grid or a dictionary
        if (sample or needs_state(call)) and _is_unset(call) and not _is_set_around(notebook, call):
            shown = sample and _is_shown(notebook, call)
            yield _finding(notebook, call, _seed(seeds, call), seeded=seeded, shown=shown)


def _is_set_later(notebook: Notebook) -> bool:
    """True when the notebook sets random states of objects that it has: which of them is hard to tell."""
    attributes = notebook.find(ast.Attribute)
    return any(s.node.attr == "random_state" and isinstance(s.node.ctx, ast.Store) for s in attributes) or any(
        call.name == ".set_params" and call.keyword("random_state") is not None for call in notebook.calls
    )


def _is_unset(call: Call) -> bool:
    for keyword in call.node.keywords:
        if keyword.arg is None:
            return False
        if keyword.arg in _STATES:
            return isinstance(keyword.value, ast.Constant) and keyword.value.value is None
    return not any(isinstance(a, ast.Starred) and call.name.startswith(".") for a in call.node.args)


def _is_set_around(notebook: Notebook, call: Call) -> bool:
    """True for the estimator in an ensemble that hands its own random state on."""
    above = notebook.parent(call.node)
    above = notebook.parent(above) if isinstance(above, ast.keyword) else above
    return isinstance(above, ast.Call) and notebook.qualified(above.func).rpartition(".")[2] in PASSING_ON


# samples of frames


def _is_sample(notebook: Notebook, call: Call) -> bool:
    if call.name != ".sample" or not isinstance(call.node.func, ast.Attribute):
        return False
    given = {k.arg for k in call.node.keywords}
    if not given <= _SAMPLING | _STATES or len(call.node.args) > 1:
        return False
    return bool(given & {"frac", "n"}) or _is_frame(notebook, call.node.func.value, call.statement)


def _is_frame(notebook: Notebook, node: ast.expr, statement: Statement) -> bool:
    """True for an expression that pandas makes, and for names that only such expressions are bound to."""
    from nb2pkg.lint.facts.mutation import root

    for _ in range(8):  # a chain of names, each bound to the next
        if isinstance(node, ast.Call):
            name = notebook.qualified(node.func)
            if name.startswith("pandas.read_") or name in {"pandas.DataFrame", "pandas.concat", "pandas.merge"}:
                return True
            if not isinstance(node.func, ast.Attribute) or not name.startswith("."):
                return False
            node = node.func.value
            continue
        name = root(node)
        bound = [s for s in notebook.bindings.get(name, ()) if s.index < statement.index]
        if not bound or not isinstance(bound[-1].node, ast.Assign) or statement.names.defs >= {name}:
            return False
        statement, node = bound[-1], bound[-1].node.value
    return False


def _is_shown(notebook: Notebook, call: Call) -> bool:
    """True for a sample that is displayed and nothing else."""
    above: ast.AST | None = call.node
    while above is not None and not isinstance(above, ast.stmt):
        above = notebook.parent(above)
        if isinstance(above, ast.Call) and notebook.qualified(above.func) in {"builtins.print", "builtins.display"}:
            return True
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id == "display":
            return True
    return isinstance(above, ast.Expr) and call.statement.displayed


# findings


def _finding(notebook: Notebook, call: Call, seed: str, *, seeded: bool, shown: bool) -> Finding:
    called = dotted(call.node.func) or ("." + call.node.func.attr if isinstance(call.node.func, ast.Attribute) else "")
    message = f"`{called}` has no random_state: another result each run"
    explicit = next((k.value for k in call.node.keywords if k.arg in _STATES), None)
    if explicit is not None:
        message = f"`{called}` has random_state=None: another result each run"
    if seeded:
        message = (
            message.partition(":")[0] + ": it draws from NumPy's generator, so its result depends on all draws above"
        )
    elif only_breaks_ties(call):
        message = message.partition(":")[0] + ": of equally good splits it takes another one each run"
    elif shown:
        message = message.partition(":")[0] + ": other rows are shown each run"
    return Finding(
        notebook.place(call.node.func, call.statement),
        "NB302",
        "info" if seeded or shown or only_breaks_ties(call) else "warning",
        message,
        f"give it `random_state={seed}`",
        _fix(notebook, call, seed, explicit),
    )


def _seeds(notebook: Notebook) -> list[tuple[int, str]]:
    """Return the constants of the notebook that seeds are taken from, each with the statement that binds it."""
    return sorted(
        (bound[0].index, name)
        for name, bound in notebook.bindings.items()
        if name.lower() in _SEED_NAMES and len(bound) == 1 and _is_number(bound[0].node)
    )


def _is_number(node: ast.stmt) -> bool:
    """True for a statement that binds a whole number."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int


def _seed(seeds: list[tuple[int, str]], call: Call) -> str:
    """Return the first seed constant that stands above a call, or `0`."""
    return next((name for index, name in seeds if index < call.statement.index), "0")


def _fix(notebook: Notebook, call: Call, seed: str, explicit: ast.expr | None) -> Fix | None:
    from nb2pkg.lint.facts.spans import added_argument, span

    edit: Edit | None
    if explicit is not None:
        edit = Edit(call.statement.cell.number, *span(notebook, explicit, call.statement), seed)
    else:
        edit = added_argument(notebook, call.node, call.statement, f"random_state={seed}")
    return Fix(f"add `random_state={seed}`", safe=False, edits=(edit,)) if edit is not None else None


CASES = """
#=== bad | a split without a random state
# %%
from sklearn.model_selection import train_test_split
a, b = train_test_split([1, 2, 3, 4])
#=== bad | a forest
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=100)
#=== bad | information only: a tree chooses between equally good splits
# %%
from sklearn.tree import DecisionTreeClassifier
model = DecisionTreeClassifier(max_depth=3)
#=== bad | folds that are shuffled
# %%
from sklearn.model_selection import KFold
folds = KFold(n_splits=5, shuffle=True)
#=== bad | only Python's generator is seeded
# %%
import random
from sklearn.cluster import KMeans
random.seed(0)
model = KMeans(3)
#=== bad | a sample of a frame
# %%
import pandas as pd
df = pd.read_csv("d.csv")
part = df.sample(frac=0.1)
#=== bad | a solver that shuffles
# %%
from sklearn.linear_model import LogisticRegression
model = LogisticRegression(solver="saga")
#=== bad | None is no seed
# %%
from sklearn.manifold import TSNE
points = TSNE(random_state=None)
#=== bad | information only: NumPy's generator is seeded
# %%
import numpy as np
from sklearn.cluster import KMeans
np.random.seed(0)
model = KMeans(3)
#=== good | fixed, or deterministic
# %%
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.linear_model import LogisticRegression
a, b = train_test_split([1, 2, 3, 4], random_state=1)
m = KNeighborsClassifier(3)
model = LogisticRegression(solver="liblinear")
#=== good | not shuffled
# %%
from sklearn.model_selection import KFold, train_test_split
a, b = train_test_split([1, 2, 3, 4], shuffle=False)
folds = KFold(5)
#=== good | parameters that can't be seen
# %%
from sklearn.ensemble import RandomForestClassifier
settings = {"random_state": 0}
model = RandomForestClassifier(**settings)
#=== good | set by the ensemble
# %%
from sklearn.ensemble import BaggingClassifier
from sklearn.tree import DecisionTreeClassifier
model = BaggingClassifier(DecisionTreeClassifier(), random_state=0)
#=== good | a search sets it
# %%
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
search = GridSearchCV(DecisionTreeClassifier(), {"random_state": [0], "max_depth": [2, 3]})
#=== good | another library's boosting has a fixed seed
# %%
from xgboost import XGBClassifier
model = XGBClassifier(n_estimators=10)
#=== good | a sample of something else
# %%
import torch
from torch.distributions import Normal
x = Normal(0, 1).sample()
#=== good | all components, computed exactly
# %%
from sklearn.decomposition import PCA
pca = PCA(n_components=2)
"""
