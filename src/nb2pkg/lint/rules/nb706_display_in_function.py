"""A function shows something and returns a value.

## Why it hurts

A test that calls the function for its value also gets the picture or the text, which slows it down, opens windows and
fills its log. What is shown can't be tested without computing it again, and the other way round.

## What is found

Functions that return a value and, each time they are called, draw or show a figure (`plt.plot`, `plt.show()`,
`fig.show()`), call `display`, or print. Progress printed within loops, messages that an `if` guards (`if verbose:`),
warnings to stderr, figures that are closed or drawn on axes that are handed in, generators, and functions that only
return the figure or the axes that they draw on are none.

## How to mend it

Let the function return the value, and show it where it is called; or make two functions, one that computes and one that
shows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Function, Notebook

_SHOWS = frozenset(
    {"builtins.print", "display", "IPython.display.display", "matplotlib.pyplot.show", "pprint.pprint"}
    | {"plotly.offline.iplot", "plotly.io.show", "bokeh.plotting.show"}
)
_DRAWS = (
    r"matplotlib\.pyplot\.(?:plot|scatter|hist2?d?|bar|barh|imshow|boxplot|pie|fill_between|contourf?)"
    r"|seaborn\.\w+plot|\.plot"
)
_GUARDS = (ast.If, ast.For, ast.While, ast.AsyncFor, ast.ExceptHandler, ast.IfExp, ast.Lambda)
_FIGURES = frozenset({"fig", "figure", "ax", "axes", "axs", "f", "g", "plot", "chart", "p"})
_HELP = "return the value and show it where the function is called, or make two functions of it"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each function that always shows something and returns a value."""
    shown: dict[ast.AST, Call] = {}
    for call in notebook.calls:
        if call.function is None or call.function in shown or not (_shows(call) or _draws(notebook, call)):
            continue
        if not any(isinstance(above, _GUARDS) for above in _within(notebook, call)):
            shown[call.function] = call
    for call in notebook.calls:  # what is closed is written into a file, not shown
        if call.function in shown and call.name == "matplotlib.pyplot.close":
            del shown[call.function]
    if not shown:
        return
    returns = _returning(notebook)
    for function in notebook.functions:
        found = shown.get(function.node)
        if found is not None and function.node in returns and not _is_script(function):
            name = found.name.lstrip(".").rpartition(".")[2]
            message = f"`{function.name}` shows something (`{name}`) and returns a value"
            yield Finding(notebook.place(found.node, found.statement), "NB706", "info", message, _HELP)


def _shows(call: Call) -> bool:
    name = call.name or (call.node.func.id if isinstance(call.node.func, ast.Name) else "")
    if name == "builtins.print":
        return bool(call.node.args) and call.keyword("file") is None
    return name in _SHOWS or (name == ".show" and not call.node.args)


def _draws(notebook: Notebook, call: Call) -> bool:
    """Return whether a call draws a figure that is shown when the cell ends, and only that."""
    if not re.fullmatch(_DRAWS, call.name) or not isinstance(notebook.parent(call.node), ast.Expr):
        return False
    owner = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
    on_axes = isinstance(owner, ast.Name) and owner.id.startswith(("ax", "fig"))
    return not on_axes and not isinstance(owner, ast.Subscript) and call.keyword("ax") is None


def _within(notebook: Notebook, call: Call) -> Iterator[ast.AST]:
    """Yield the nodes around a call up to its function."""
    for above in notebook.parents(call.node):
        if above is call.function:
            return
        yield above


def _returning(notebook: Notebook) -> set[ast.AST]:
    """Return the functions that return a value other than what they draw on; generators aside."""
    found: set[ast.AST] = set()
    for site in notebook.find(ast.Return):
        value = site.node.value
        if value is None or (isinstance(value, ast.Constant) and value.value in (None, True, False)):
            continue
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        if site.function is not None and not all(isinstance(p, ast.Name) and p.id in _FIGURES for p in parts):
            found.add(site.function)
    for kind in (ast.Yield, ast.YieldFrom):
        found -= {site.function for site in notebook.find(kind) if site.function is not None}
    return found


def _is_script(function: Function) -> bool:
    return function.name in ("main", "run") or function.name.rpartition(".")[2].startswith("__")


CASES = """
#=== bad | a figure and a table
# %%
def summarise(df):
    table = df.groupby("a").sum()
    table.plot()
    plt.show()
    return table
#=== bad | printed and returned
# %%
def score(model, X, y):
    value = model.score(X, y)
    print(f"score: {value:.2f}")
    return value
#=== bad | displayed
# %%
def head(df):
    display(df.head())
    return df
#=== bad | a method
# %%
class Report:
    def total(self):
        print(self.rows)
        return sum(self.rows)
#=== bad | a figure that the notebook shows by itself
# %%
import matplotlib.pyplot as plt
def mean(x):
    plt.hist(x)
    return x.mean()
#=== good | drawn into a file
# %%
import matplotlib.pyplot as plt
def mean(x):
    plt.hist(x)
    plt.savefig("hist.png")
    plt.close()
    return x.mean()
#=== good | drawn on axes that are handed in
# %%
def band(ax, x):
    ax.plot(x)
    return x.std()
#=== good | only shown
# %%
def show(df):
    print(df.shape)
    plt.show()
#=== good | only when asked
# %%
def clean(df, verbose=False):
    if verbose:
        print(df.shape)
    return df.dropna()
#=== good | progress
# %%
def train(model, epochs):
    for epoch in range(epochs):
        print("epoch", epoch)
    return model
#=== good | returns what it draws on
# %%
def draw(x):
    fig, ax = plt.subplots()
    ax.plot(x)
    plt.show()
    return fig, ax
#=== good | to stderr
# %%
import sys
def load(path):
    print("loading", path, file=sys.stderr)
    return open(path).read()
"""
