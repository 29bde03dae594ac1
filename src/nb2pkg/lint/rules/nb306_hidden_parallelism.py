"""A result may depend on how many workers run, or on which of them is ready first.

## Why it hurts

The order in which parallel work ends differs from run to run and from machine to machine. A test that passes on a
laptop with four cores may fail on a server with two, although nothing is wrong.

## What is found

A loop or list over `as_completed` or `imap_unordered` that appends what it gets; and one `RandomState` or `Generator`
that is handed to an estimator or search with `n_jobs`, where workers draw from copies of it. Results that are stored by
a key, sorted, counted or summed, and `n_jobs=1` are none.

## How to mend it

Use `map`, which keeps the order, or store results by their key; give `random_state` a number instead of a generator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.facts.ordering import Orders
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook, Site

_MAKERS = frozenset({"numpy.random.RandomState", "numpy.random.default_rng", "numpy.random.Generator"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each place where the number or speed of workers gets into a result."""
    for call in notebook.calls:
        last = call.name.rpartition(".")[2]
        if last in {"as_completed", "imap_unordered"} and _collects(notebook, call):
            yield Finding(
                notebook.place(call.node.func, call.statement),
                "NB306",
                "info",
                f"result may depend on the number of workers: `{last}` gives what is ready first",
                "use `map`, which keeps the order, or store each result by its key",
            )
        elif _shares(notebook, call):
            yield Finding(
                notebook.place(call.node.func, call.statement),
                "NB306",
                "info",
                "result may depend on the number of workers: they share one generator of random numbers",
                "give `random_state` a number",
            )


def _collects(notebook: Notebook, call: Call) -> bool:
    """True when results are put into a list in the order in which they come, and the list is not sorted."""
    above = notebook.parent(call.node)
    node: ast.AST = call.node
    while isinstance(above, ast.Call) and node is not above.func:  # `tqdm(as_completed(...))`, `list(...)`
        if getattr(above.func, "id", "") in {"sorted", "set", "sum", "len", "dict", "max", "min"}:
            return False
        node, above = above, notebook.parent(above)
    if isinstance(above, ast.comprehension):
        made = notebook.parent(above)
        outer = notebook.parent(made) if made is not None else None
        if isinstance(outer, ast.Call) and getattr(outer.func, "id", "") in {
            "sorted",
            "set",
            "sum",
            "dict",
            "max",
            "min",
        }:
            return False
        return isinstance(made, ast.ListComp) and not Orders(notebook).use(Site(made, *call[2:])).sorted
    if isinstance(above, ast.For):
        grows = any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in {"append", "extend"}
            for n in ast.walk(above)
        )
        return grows and not Orders(notebook).use(Site(call.node, *call[2:])).sorted
    return isinstance(above, ast.Assign) and node is not call.node


def _shares(notebook: Notebook, call: Call) -> bool:
    """True for a call with `n_jobs` whose random state is a generator."""
    if len(call.node.keywords) < 2:
        return False
    jobs, state = call.keyword("n_jobs"), call.keyword("random_state")
    if jobs is None or state is None or (isinstance(jobs, ast.Constant) and jobs.value in {None, 1}):
        return False
    if isinstance(state, ast.Name):
        bound = notebook.bindings.get(state.id, ())
        values = [s.node.value for s in bound if isinstance(s.node, ast.Assign)]
        return bool(values) and len(values) == len(bound) and all(_is_generator(notebook, v) for v in values)
    return _is_generator(notebook, state)


def _is_generator(notebook: Notebook, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and notebook.qualified(node.func) in _MAKERS


CASES = """
#=== bad | the order in which futures are ready
# %%
from concurrent.futures import ThreadPoolExecutor, as_completed
results = []
with ThreadPoolExecutor() as pool:
    futures = [pool.submit(pow, 2, n) for n in range(5)]
    for future in as_completed(futures):
        results.append(future.result())
#=== bad | a pool that gives what is ready first
# %%
from multiprocessing import Pool
with Pool() as pool:
    squares = [x for x in pool.imap_unordered(abs, range(5))]
#=== bad | workers share a generator
# %%
import numpy as np
from sklearn.ensemble import RandomForestClassifier
state = np.random.RandomState(0)
model = RandomForestClassifier(n_jobs=-1, random_state=state)
#=== good | stored by key
# %%
from concurrent.futures import ThreadPoolExecutor, as_completed
results = {}
with ThreadPoolExecutor() as pool:
    futures = {pool.submit(pow, 2, n): n for n in range(5)}
    for future in as_completed(futures):
        results[futures[future]] = future.result()
#=== good | sorted
# %%
from multiprocessing import Pool
with Pool() as pool:
    squares = sorted(pool.imap_unordered(abs, range(5)))
#=== good | a number, or one worker
# %%
import numpy as np
from sklearn.ensemble import RandomForestClassifier
state = np.random.RandomState(0)
model = RandomForestClassifier(n_jobs=-1, random_state=0)
other = RandomForestClassifier(n_jobs=1, random_state=state)
#=== good | sorted after the loop
# %%
from concurrent.futures import ThreadPoolExecutor, as_completed
results = []
with ThreadPoolExecutor() as pool:
    for future in as_completed([pool.submit(pow, 2, n) for n in range(5)]):
        results.append(future.result())
results.sort()
"""
