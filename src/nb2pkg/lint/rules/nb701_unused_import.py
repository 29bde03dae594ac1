"""An import that no cell uses.

## Why it hurts

A package made of the notebook would depend on a distribution that it does not need, and each test would pay for its
import. Readers look for the use that is not there.

## What is found

Names that are imported and read by no cell, whether at once, later within a function, in a magic (`!ls {path}`,
`%timeit f()`), or as text: `df.query("x > @limit")`, a formula, a doctest, a comment that gives a type. Imports that
do something are none: star imports, `__future__`, those in `try`, a module that a submodule is imported for
(`import a.b` where `a` is used), `seaborn` beside a style, names in `__all__`, names imported twice (the first counts),
and packages that are imported for what they register (`mpl_toolkits`, `sklearn.experimental`). What stands before code
that can't be seen (`%run`, `exec`, a cell that does not parse) is not judged, and `# noqa: F401` is taken at its word.

## How to mend it

Remove the import; `nb2pkg check --fix` does so where importing the module surely does nothing else, `--unsafe-fixes`
elsewhere; both leave the other names of its line.

## Related

ruff and pyflakes have F401, cell by cell all the same; they do not know what magics read.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from nb2pkg.flow.strings import names_in_strings, quoted_names
from nb2pkg.lint.findings import Edit, Finding, Fix
from nb2pkg.lint.notebook import Notebook, Site, Statement

# Importing these does something, or is how they announce themselves.
_EFFECTFUL = frozenset("""
    seaborn mpl_toolkits japanize_matplotlib matplotlib_fontja this antigravity mglearn scienceplots tqdm_joblib
    readline six sklearnex intel_extension_for_pytorch pandas_profiling pytest nest_asyncio helpers setup utils
    tensorflow_text tf_agents gym_super_mario_bros pybullet_envs highway_env ale_py cufflinks swifter pint_pandas
    geoviews hvplot holoviews panel dask_expr modin rpy2 ipywidgets plotly pylab turtle unsloth comet_ml
    """.split())

# Libraries whose import shows nothing and changes nothing that others see.
_QUIET = frozenset(
    "numpy pandas scipy sklearn matplotlib PIL tqdm requests bs4 statsmodels networkx joblib sympy yaml IPython".split()
)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each imported name that nothing reads."""
    if any(s.unsure for s in notebook.statements[-1:]) or any(c.opaque for c in notebook.codes.values()):
        return
    read = _read_names(notebook)
    seen: set[str] = set()
    texts: frozenset[str] | None = None
    for site in sorted(
        (*notebook.find(ast.Import), *notebook.find(ast.ImportFrom)),
        key=lambda s: (s.statement.index, s.node.lineno, s.node.col_offset),
    ):
        unused = [a for a in site.node.names if _is_unused(notebook, site, a, read, seen)]
        seen |= {_bound(a, site.node) for a in site.node.names}
        if unused and texts is None:
            texts = _names_in_texts(notebook)
        unused = [a for a in unused if _bound(a, site.node) not in (texts or ()) and not _is_meant(site, a)]
        edit = _edit(notebook, site, unused) if unused else None
        safe = edit is not None and all(_is_quiet(notebook, site.node, alias) for alias in unused)
        for alias in unused:
            name = _shown(alias, site.node)
            message = f"`{name}` is imported but never used"
            # All unused names of a statement go together.
            fix = Fix(f"remove the import of `{name}`", safe, (edit,)) if edit is not None else None
            place = notebook.place(alias, site.statement)
            yield Finding(place, "NB701", "info", message, "remove the import", fix)


def _read_names(notebook: Notebook) -> frozenset[str]:
    found = {s.node.id for s in notebook.find(ast.Name) if not isinstance(s.node.ctx, ast.Store)}
    for lowered in notebook.codes.values():
        for names in lowered.reads.values():
            found |= names
        if any(escape.kind in ("?", "??") for escape in lowered.escapes):
            found |= {escape.name.partition(".")[0] for escape in lowered.escapes}
    for statement in notebook.statements if "@" in notebook.code_text else ():
        found |= quoted_names(statement.node)
    for call in notebook.calls:
        found |= names_in_strings(call.node)
    for site in notebook.find(ast.Constant):  # annotations as text, `__all__`, names for `getattr`
        value = site.node.value
        if isinstance(value, str) and len(value) < 80:
            found |= {part.strip("'\"[] ") for part in value.replace("[", ".").replace(",", ".").split(".")}
    return frozenset(found)


def _names_in_texts(notebook: Notebook) -> frozenset[str]:
    """Return names that texts may read: all those of formulas and doctests, elsewhere those like `np.log` or `f(x)`."""
    found: set[str] = set()
    for site in notebook.find(ast.Constant):
        value = site.node.value
        if isinstance(value, str):
            every = "~" in value or ">>>" in value or "import" in value
            found.update(re.findall(r"[^\W\d]\w*" if every else r"[^\W\d]\w*(?=[.(])", value))
    for types in re.findall(r"#[ \t]*type:(.*)", notebook.code_text):
        found.update(re.findall(r"[^\W\d]\w*", types))
    return frozenset(found)


def _is_meant(site: Site, alias: ast.alias) -> bool:
    """True where a comment says so, in the words of the linters that know unused imports."""
    lines = site.statement.cell.source.split("\n")
    first, last = (site.statement.code.source_line(n) for n in (site.node.lineno, site.node.end_lineno))
    own = site.statement.code.source_line(alias.lineno)
    comments = "\n".join(lines[n - 1].partition("#")[2] for n in {first, own, last} if 0 < n <= len(lines))
    return re.search(r"noqa\s*:[^#\n]*\bF401\b|pylint:\s*disable=[^#\n]*\bunused-import\b", comments, re.I) is not None


def _is_unused(notebook: Notebook, site: Site, alias: ast.alias, read: frozenset[str], seen: set[str]) -> bool:
    node, name = site.node, _bound(alias, site.node)
    module = alias.name if isinstance(node, ast.Import) else node.module or ""
    if name in read or name in seen or name == "*" or module == "__future__" or name.startswith("_"):
        return False
    if module.partition(".")[0] in _EFFECTFUL or (
        isinstance(node, ast.Import) and "." in alias.name and not alias.asname
    ):
        return False
    if module == "sklearn.experimental" or (module == "sklearn" and alias.name == "experimental"):
        return False
    if alias.asname is not None and alias.asname == alias.name:
        return False  # `import a as a` says that it is meant
    if site.function is not None or "raises-exception" in site.statement.cell.tags:
        return False
    guarded = (ast.Try, ast.If, ast.With, ast.ExceptHandler, ast.ClassDef)
    return not any(isinstance(above, guarded) for above in notebook.parents(node))


def _bound(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    return alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)


def _shown(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.Import):
        return alias.asname or alias.name
    return alias.asname or f"{'.' * node.level}{node.module or ''}.{alias.name}"


def _is_quiet(notebook: Notebook, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    """True when nothing but the name is gone without an import: it shows nothing, and no other import leans on it."""
    module = alias.name if isinstance(node, ast.Import) else node.module or ""
    top = module.partition(".")[0]
    if (top not in sys.stdlib_module_names and top not in _QUIET) or (isinstance(node, ast.ImportFrom) and node.level):
        return False
    # `scipy.stats` may be there only because of `from scipy import stats`.
    others = (a.name for s in notebook.find(ast.Import) for a in s.node.names if a is not alias)
    return all(other.partition(".")[0] != top for other in others) or (isinstance(node, ast.Import) and module == top)


def _edit(notebook: Notebook, site: Site, unused: list[ast.alias]) -> Edit | None:
    statement, node = site.statement, site.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    if statement.node is not site.node or statement.code.python != statement.cell.source:
        return None  # magics moved its lines
    from nb2pkg.lint.facts.spans import span

    source = statement.cell.source
    start, end = span(notebook, node, statement)
    gone = {id(alias) for alias in unused}
    kept = [a for a in node.names if id(a) not in gone]
    if not kept:
        alone = _stands_alone(notebook, site) and not _hides_a_value(notebook, site)
        return _whole(statement.cell.number, source, start, end, alone=alone)
    names = ", ".join(a.name + (f" as {a.asname}" if a.asname else "") for a in kept)
    if isinstance(node, ast.Import):
        return Edit(statement.cell.number, start, end, f"import {names}")
    if "#" in source[start:end]:
        return None  # comments between the names
    module = "." * node.level + (node.module or "")
    text = f"from {module} import {names}"
    if node.end_lineno != node.lineno and len(text) > 88:
        return None  # too long for one line: left to people
    return Edit(statement.cell.number, start, end, text)


def _stands_alone(notebook: Notebook, site: Site) -> bool:
    """True when its lines hold nothing but the import."""
    node, index = site.node, site.statement.index
    near = (s for s in notebook.statements[max(index - 1, 0) : index + 2] if s.cell is site.statement.cell)
    others = (s.node for s in near if s.node is not node)
    return all(o.lineno > node.end_lineno or (o.end_lineno or o.lineno) < node.lineno for o in others)


def _hides_a_value(notebook: Notebook, site: Site) -> bool:
    """True when an expression would be the last statement of the cell, and be shown, without the imports around it."""
    before = _beyond_imports(notebook, site.statement, -1)
    return isinstance(before, ast.Expr) and _beyond_imports(notebook, site.statement, 1) is None


def _beyond_imports(notebook: Notebook, statement: Statement, step: int) -> ast.stmt | None:
    """Return the nearest statement of the cell, in one direction, that is no import."""
    index = statement.index
    while 0 <= index < len(notebook.statements) and notebook.statements[index].cell is statement.cell:
        node = notebook.statements[index].node
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            return node
        index += step
    return None


def _whole(cell: int, source: str, start: int, end: int, *, alone: bool) -> Edit | None:
    """Return the edit that removes a statement with its line."""
    if not alone:
        return None
    line_end = source.find("\n", end)
    rest = source[end : line_end if line_end >= 0 else len(source)].strip()
    if rest and not rest.startswith("# noqa") and rest != ";":
        return None  # a comment of somebody
    if line_end >= 0:
        stop = line_end + 1
        while not source[:start].strip() and source.startswith("\n", stop):  # a cell does not begin with empty lines
            stop += 1
        return Edit(cell, start, stop, "")
    return Edit(cell, max(start - 1, 0), len(source), "")


CASES = """
#=== bad | unused
# %%
import os
import math
# %%
math.pi
#=== bad | one name of several
# %%
from math import pi, sqrt
print(pi)
#=== bad | an alias
# %%
import numpy as np
x = 1
#=== good | used late, in a function
# %%
import math
def area(r): return math.pi * r ** 2
# %%
area(1)
#=== good | a magic reads it
# %%
import os
path = "data"
#!!ls {os.path.join(path, "x")}
#!%timeit os.getcwd()
#=== good | optional, of the future, for its effects
# %%
from __future__ import annotations
try:
    import cupy
except ImportError:
    pass
import seaborn
import matplotlib.pyplot as plt
plt.plot([1])
#=== good | a submodule that is imported for its parent
# %%
import xml.dom
import xml
print(xml)
#=== good | names that can't be seen
# %%
import os
#!%run other.py
#=== good | its import lets another one be done
# %%
from sklearn.experimental import enable_iterative_imputer
from sklearn.impute import IterativeImputer
print(IterativeImputer())
#=== good | a formula in a variable
# %%
import numpy as np
import statsmodels.formula.api as smf
formula = "y ~ np.log(x) + C(z)"
smf.ols(formula, {"x": [1], "y": [2], "z": [3]}).fit()
#=== good | a doctest, a type in a comment
# %%
import doctest
import math
from typing import List
def square(x):
    '''
    >>> square(math.inf)
    inf
    '''
    return x * x
found = []  # type: List[int]
doctest.testmod()
#=== good | another linter was told that it is meant
# %%
import os  # noqa: F401
#=== good | in a string that is evaluated
# %%
import pandas as pd
import numpy as np
df = pd.DataFrame({"a": [1]})
df.eval("b = a + @np.pi")
"""
