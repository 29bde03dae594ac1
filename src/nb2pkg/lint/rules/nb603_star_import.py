"""`from module import *`: nobody can see which names it binds.

## Why it hurts

A reader, and a tool, can't tell where a name comes from, and a newer release of the module may hide one of yours
without a word. A function that uses such names needs the whole module in its test.

## What is found

Star imports at any place, `%pylab` and `from pylab import *` included. Star imports of modules that lie beside the
notebook count as well.

## How to mend it

Name what is used: `from math import pi, sqrt`. `ruff check --select F405` lists the names.

## Related

ruff and pyflakes have F403 and F405.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each star import."""
    for site in notebook.find(ast.ImportFrom):
        if site.node.names[0].name == "*":
            module = "." * site.node.level + (site.node.module or "")
            message = f"`from {module} import *`: its names can't be traced"
            help_ = "name what is used, as in `from math import pi, sqrt`"
            yield Finding(notebook.place(site.node, site.statement), "NB603", "warning", message, help_)
    for cell in notebook.cells:
        lowered = notebook.codes.get(cell.number)
        for escape in lowered.escapes if lowered else ():
            if escape.kind == "%" and escape.name == "pylab" and "--no-import-all" not in escape.argument:
                message = "`%pylab` imports all names of numpy and pyplot: its names can't be traced"
                help_ = "use `%matplotlib inline`, and import numpy and matplotlib.pyplot by name"
                yield Finding(notebook.line_place(cell, escape.line), "NB603", "warning", message, help_)


CASES = """
#=== bad | star import
# %%
from math import *
print(sqrt(4))
#=== bad | of a package
# %%
from tensorflow.keras.layers import *
#=== bad | pylab
# %%
#!%pylab inline
#=== good | named
# %%
from math import sqrt
print(sqrt(4))
#=== good | stars that are none
# %%
import math
def f(*args): return args
f(*[1, 2])
#=== good | pylab without its names
# %%
#!%pylab inline --no-import-all
#=== good | text about it
# %%
print("from math import *")
"""
