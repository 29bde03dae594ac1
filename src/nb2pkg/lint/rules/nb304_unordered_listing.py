"""A result depends on the order in which the system happens to list files, or on the order of a set.

## Why it hurts

`os.listdir` and `glob` return files in an order that differs between file systems, and sets of strings are ordered anew
in each process. Rows, splits and numbers of labels then differ on the next machine, although code and data are the
same.

## What is found

`os.listdir`, `os.scandir`, `os.walk`, `glob.glob`, `Path.iterdir`, `Path.glob` and `Path.rglob` whose items, in the
order in which they come, are put together to a table, an array or a text, sliced, paired or picked by number; and sets
of strings that are numbered, picked by number, or select columns. What is sorted, counted, tested for membership,
printed, or deleted one by one is left alone.

## How to mend it

Wrap it in `sorted(...)`. `--unsafe-fixes` does so: unsafe, because results may then differ from the saved ones.

## Related

ruff's PLC0208 is about loops over a set that is written out, where a list would do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.flow.effects import dotted
from nb2pkg.lint.findings import Finding, Fix
from nb2pkg.lint.notebook import Call, Notebook, Site
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2pkg.lint.facts.ordering import Orders

_LISTS = frozenset({"os.listdir", "glob.glob", "glob.iglob", "os.scandir", ".iterdir", ".glob", ".rglob"})
_PICKED = frozenset({"os.listdir", ".iterdir"})
_SETS = frozenset({"builtins.set", "builtins.frozenset"})
_ORDERING = frozenset({"list", "enumerate"})
_TEXTS = r"word|token|char|column|name|vocab|text|str|keys|split|letter"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each listing and set whose order gets into a result."""
    orders: Orders | None = None
    for call in notebook.calls:
        walk = call.name == "os.walk"
        if (call.name in _LISTS and _is_of_files(notebook, call)) or walk:
            orders = orders or _orders(notebook)
            site = _walked(notebook, call) if walk else Site(call.node, call.statement, call.function)
            if site is not None:
                use = orders.use(site, exact=call.name in _PICKED)
                if use.depends:
                    yield _listing(notebook, call, use.depends)
    for site in _sets(notebook):
        orders = orders or _orders(notebook)
        use = orders.use(site, exact=True)
        if use.depends:
            yield _set(notebook, site, use.depends)


def _orders(notebook: Notebook) -> Orders:
    from nb2pkg.lint.facts.ordering import Orders  # most notebooks list nothing

    return Orders(notebook)


def _is_of_files(notebook: Notebook, call: Call) -> bool:
    """True for a function of the standard library, or a method of a path."""
    return not call.name.startswith(".") or "pathlib" in notebook.code_text


def _walked(notebook: Notebook, call: Call) -> Site | None:
    """Return the loop over the files of a folder in a loop over `os.walk`, as the place where the order comes from."""
    loop = notebook.parent(call.node)
    if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple) or len(loop.target.elts) != 3:
        return None
    files = loop.target.elts[2]
    if not isinstance(files, ast.Name) or any(_sorts(node) for node in ast.walk(loop)):
        return None
    return Site(call.node, call.statement, call.function)


def _sorts(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "sort"
    return isinstance(node, ast.Name) and node.id == "sorted"


def _listing(notebook: Notebook, call: Call, depends: str) -> Finding:
    from nb2pkg.lint.facts.spans import wrapped

    called = dotted(call.node.func) or call.name
    fix = None
    if call.name not in {"os.walk", "os.scandir"}:
        fix = Fix("wrap it in `sorted(...)`", safe=False, edits=wrapped(notebook, call.node, call.statement, "sorted"))
    return Finding(
        notebook.place(call.node, call.statement),
        "NB304",
        "warning",
        f"the order of `{called}` differs between machines, and {depends}",
        "wrap it in `sorted(...)`" if fix else "sort the names before they are used",
        fix,
    )


# sets


def _sets(notebook: Notebook) -> Iterator[Site]:
    """Yield the sets that are made a list or numbered and probably hold strings, whose order differs between runs."""
    made = [Site(c.node, c.statement, c.function) for c in notebook.calls if c.name in _SETS and c.node.args]
    if made:
        made += [site for site in notebook.find(ast.BinOp) if _is_of_sets(notebook, site.node)]
    for site in made:
        above = notebook.parent(site.node)
        ordered = isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in _ORDERING
        if ordered and re.search(_TEXTS, ast.unparse(site.node).lower()):
            yield site


def _is_of_sets(notebook: Notebook, node: ast.BinOp) -> bool:
    """True for `set(a) - set(b)`."""
    if not isinstance(node.op, (ast.Sub, ast.BitAnd, ast.BitOr, ast.BitXor)):
        return False
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Call) and notebook.qualified(side.func) in _SETS for side in sides)


def _set(notebook: Notebook, site: Site, depends: str) -> Finding:
    from nb2pkg.lint.facts.spans import wrapped

    return Finding(
        notebook.place(site.node, site.statement),
        "NB304",
        "warning",
        f"the order of a set of strings differs between runs, and {depends}",
        "wrap it in `sorted(...)`",
        Fix("wrap it in `sorted(...)`", safe=False, edits=wrapped(notebook, site.node, site.statement, "sorted")),
    )


CASES = """
#=== bad | listing order flows into data
# %%
import os
import pandas as pd
frames = [pd.read_csv(f) for f in os.listdir("data")]
df = pd.concat(frames)
#=== bad | a loop fills a list
# %%
import glob
import numpy as np
images = []
for path in glob.glob("*.npy"):
    images.append(np.load(path))
# %%
X = np.array(images)
#=== bad | the first ones
# %%
from pathlib import Path
files = list(Path("data").glob("*.csv"))
train = files[:10]
#=== bad | one by its number
# %%
import os
name = os.listdir("data")[0]
#=== bad | words get numbers
# %%
words = "a b c".split()
numbers = {w: i for i, w in enumerate(set(words))}
#=== bad | columns from a set
# %%
import pandas as pd
df = pd.read_csv("d.csv")
features = list(set(df.columns) - {"target"})
X = df[features]
#=== bad | a table that grows in the loop
# %%
import os
import pandas as pd
df = pd.DataFrame()
for name in os.listdir("data"):
    df = pd.concat([df, pd.read_csv(name)])
#=== bad | a text that is put together
# %%
from pathlib import Path
text = ""
for path in Path("texts").glob("*.txt"):
    with open(path) as file:
        text += file.read()
#=== good | sorted or counted
# %%
import os
files = sorted(os.listdir("."))
n = len(os.listdir("."))
#=== good | sorted later
# %%
import glob
import pandas as pd
files = glob.glob("*.csv")
files.sort()
df = pd.concat([pd.read_csv(f) for f in files])
#=== good | only printed
# %%
import os
for folder, _, files in os.walk("/kaggle/input"):
    for name in files:
        print(os.path.join(folder, name))
#=== good | membership
# %%
import os
if "a.csv" in os.listdir("."):
    print("there")
#=== good | whether there is one
# %%
from pathlib import Path
empty = next(Path("data").iterdir(), None) is None
#=== good | the rows are sorted
# %%
import glob
import pandas as pd
df = pd.concat([pd.read_csv(f) for f in glob.glob("*.csv")]).sort_values("date")
#=== good | the newest
# %%
import glob, os
newest = max(glob.glob("*.csv"), key=os.path.getctime)
#=== good | a set that is sorted or counted
# %%
words = "a b c".split()
n = len(set(words))
numbers = {w: i for i, w in enumerate(sorted(set(words)))}
#=== good | each file by its name
# %%
import os
import pandas as pd
tables = {name: pd.read_csv(name) for name in os.listdir("data")}
"""
