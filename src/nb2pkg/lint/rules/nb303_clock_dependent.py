"""A result depends on the time at which the notebook is run.

## Why it hurts

The same notebook on the same data gives other numbers tomorrow, so a test that passes today fails next week. Nobody can
get back the results that were shown.

## What is found

`datetime.now()`, `date.today()`, `Timestamp.now()`, `to_datetime("today")` and their like whose value gets into data:
an age, the end of a period, a filter; and a seed that is taken from the clock. Durations (`time.time() - start`),
waiting, and times that are only printed, logged or put into a text such as a file's name are none.

## How to mend it

Set the day of the analysis in the first cell (`TODAY = date(2024, 5, 1)`) and use it everywhere.

## Related

ruff's DTZ rules ask for time zones, not for a fixed time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from nb2pkg.flow.effects import dotted
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook, Site

_DAYS = frozenset("""
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today pandas.Timestamp.now
    pandas.Timestamp.today pandas.Timestamp.utcnow pandas.datetime.now pandas.datetime.today pendulum.now pendulum.today
    arrow.now arrow.utcnow
    """.split())
_OF_TEXT = frozenset({"pandas.to_datetime", "pandas.Timestamp", "numpy.datetime64"})
_SECONDS = frozenset({"time.time", "time.time_ns", "time.perf_counter", "time.monotonic"})
_SHOWING = frozenset({"print", "display", "write", "info", "debug", "warning", "error", "log", "sleep", "strftime"})
_TEXTS = frozenset({"str", "format", "isoformat", "strftime", "ctime", "repr", "join"})
_WRAPPING = frozenset({"date", "replace", "normalize", "timestamp", "astimezone", "time", "int", "round", "float"})
_DEEPEST = 5  # names that are followed from one reading of the clock


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each reading of the clock that gets into data."""
    for call in notebook.calls:
        seconds = call.name in _SECONDS
        if not (seconds or call.name in _DAYS or _is_today(call)):
            continue
        site = Site(call.node, call.statement, call.function)
        if _seeds(notebook, call.node) or (not seconds and _gets_into_data(notebook, site, [])):
            yield Finding(
                notebook.place(call.node, call.statement),
                "NB303",
                "info",
                f"a result depends on the time of the run: `{dotted(call.node.func)}` gets into it",
                "set the time in the first cell, as a constant, and use that",
            )


def _is_today(call: Call) -> bool:
    if call.name not in _OF_TEXT or not call.node.args:
        return False
    first = call.node.args[0]
    return isinstance(first, ast.Constant) and first.value in ("today", "now")


def _seeds(notebook: Notebook, node: ast.AST) -> bool:
    """True when a value goes into a seed in the same statement."""
    for above in notebook.parents(node):
        if isinstance(above, ast.Call) and "seed" in dotted(above.func).rpartition(".")[2].lower():
            return True
        if isinstance(above, ast.keyword) and above.arg in {"random_state", "seed"}:
            return True
    return False


def _gets_into_data(notebook: Notebook, site: Site, followed: list[str]) -> bool:
    """Tell whether a time gets into something else than text, a display or a duration."""
    node, above = site.node, notebook.parent(site.node)
    while above is not None and len(followed) < _DEEPEST:
        if isinstance(above, ast.Call):
            last = dotted(above.func).rpartition(".")[2] or getattr(above.func, "attr", "")
            if node is above.func:
                pass
            elif last in _SHOWING or last in _TEXTS:
                return False
            elif last not in _WRAPPING:
                return True
        elif isinstance(above, ast.Attribute):
            if above.attr in _TEXTS:
                return False
        elif isinstance(above, ast.BinOp):
            other = above.right if node is above.left else above.left
            if isinstance(above.op, ast.Mod) and node is above.right:
                return False
            if isinstance(above.op, ast.Sub) and _is_time(notebook, other, site):
                return False
        elif isinstance(above, (ast.JoinedStr, ast.FormattedValue, ast.Expr, ast.Return)):
            return False
        elif isinstance(above, ast.Assign):
            return _name_gets_into_data(notebook, above, site, followed)
        elif isinstance(above, (ast.Compare, ast.Subscript, ast.keyword, ast.Dict, ast.List, ast.AugAssign)):
            return not (isinstance(above, ast.Compare) and _waits(notebook, above))
        elif not isinstance(above, (ast.UnaryOp, ast.IfExp, ast.Tuple)):
            return False
        node, above = above, notebook.parent(above)
    return False


def _waits(notebook: Notebook, node: ast.AST) -> bool:
    """True for the condition of a loop or a branch: it waits, or says that it is late."""
    return isinstance(notebook.parent(node), (ast.While, ast.If, ast.BoolOp, ast.Assert))


def _name_gets_into_data(notebook: Notebook, assign: ast.Assign, site: Site, followed: list[str]) -> bool:
    target = assign.targets[0]
    if not isinstance(target, ast.Name):
        return isinstance(target, ast.Subscript)
    if target.id in followed:
        return False
    followed.append(target.id)
    for use in _reads(notebook).get(target.id, ()):
        if use.function is not site.function:
            continue
        if use.function is None and site.statement.index not in notebook.reaching[use.statement.index].get(
            target.id, ()
        ):
            continue
        if _gets_into_data(notebook, use, followed):
            return True
    return False


@lru_cache(maxsize=1)
def _reads(notebook: Notebook) -> dict[str, list[Site]]:
    """Return the places where each name is read."""
    found: dict[str, list[Site]] = {}
    for site in notebook.find(ast.Name):
        if isinstance(site.node.ctx, ast.Load):
            found.setdefault(site.node.id, []).append(site)
    return found


def _is_time(notebook: Notebook, node: ast.expr, site: Site) -> bool:
    """True for an expression that is itself a reading of the clock, or a name that only such are bound to."""
    if isinstance(node, ast.Name):
        bound = notebook.bindings.get(node.id, ())
        values = [s.node.value for s in bound if isinstance(s.node, ast.Assign)]
        if site.function is not None and not bound:
            return True  # local to the function: a duration most likely
        return bool(values) and all(isinstance(v, ast.Call) and _reads_clock(notebook, v) for v in values)
    return isinstance(node, ast.Call) and _reads_clock(notebook, node)


def _reads_clock(notebook: Notebook, node: ast.Call) -> bool:
    return notebook.qualified(node.func) in _DAYS | _SECONDS


CASES = """
#=== bad | an age
# %%
import pandas as pd
from datetime import datetime
df = pd.DataFrame({"born": [1980, 1990]})
df["age"] = datetime.now().year - df["born"]
#=== bad | the end of a period
# %%
import datetime as dt
end = dt.date.today()
# %%
import yfinance as yf
prices = yf.download("MSFT", start="2020-01-01", end=end)
#=== bad | a filter
# %%
import pandas as pd
df = pd.read_csv("d.csv", parse_dates=["day"])
recent = df[df["day"] > pd.Timestamp.now() - pd.Timedelta(days=30)]
#=== bad | a seed from the clock
# %%
import random, time
random.seed(time.time())
#=== good | a duration
# %%
import time
from datetime import datetime
start = time.time()
began = datetime.now()
total = sum(range(10))
print(time.time() - start, datetime.now() - began)
#=== good | printed, logged
# %%
from datetime import datetime
print("run at", datetime.now())
print(f"{datetime.now():%Y-%m-%d}")
#=== good | in a file's name
# %%
from datetime import datetime
stamp = datetime.now().strftime("%Y%m%d")
name = f"model_{stamp}.bin"
#=== good | waiting
# %%
import time
from datetime import datetime, timedelta
end = time.time() + 1
while time.time() < end:
    time.sleep(0.1)
"""
