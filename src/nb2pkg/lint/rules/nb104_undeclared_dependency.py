"""A library is imported that the files beside the notebook do not declare.

## Why it hurts

Who installs what `requirements.txt` or `pyproject.toml` names gets a `ModuleNotFoundError` from the first cell, and so
does the server that runs the tests. That it works here is a matter of what else happens to be installed.

## What is found

Imports whose distribution (`cv2` comes from `opencv-python`) stands in none of the declaring files beside the notebook:
`requirements*.txt`, `pyproject.toml`, `environment.yml`, `setup.cfg`, `setup.py`, `Pipfile`, all groups and extras.
Without such a file the rule is silent. The standard library, modules that lie beside the notebook, imports that
`try`/`except ImportError` or `if` guard, what a cell installs, Jupyter's own modules, and libraries that the table of
distributions does not know are none.

## How to mend it

Add the distribution to the file, with the version that you use.

## Related

`deptry` does this for packages (DEP001), without reading notebooks.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from nb2pkg.lint.facts.commands import commands
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook, Site
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Where the import's name says little; the whole table is read only for what is declared under none of these names.
_COMMON = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "yaml": "pyyaml",
    "dotenv": "python-dotenv",
    "umap": "umap-learn",
    "imblearn": "imbalanced-learn",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
}
# Other distributions that provide the same, as pip and conda name them.
_INSTEAD = {
    "opencv-python": "opencv-python-headless opencv-contrib-python opencv-contrib-python-headless opencv py-opencv",
    "tensorflow": "tensorflow-gpu tensorflow-cpu tensorflow-macos tensorflow-intel tf-nightly",
    "keras": "tensorflow tensorflow-gpu tensorflow-cpu tensorflow-macos tf-nightly",
    "torch": "pytorch pytorch-gpu pytorch-cpu torch-cpu",
    "psycopg2": "psycopg2-binary",
    "matplotlib": "matplotlib-base",
    "graphviz": "python-graphviz",
    "pillow": "pil",
    "scikit-learn": "sklearn scikit-learn-intelex",
    "beautifulsoup4": "bs4",
    "faiss-cpu": "faiss faiss-gpu",
    "umap-learn": "umap",
    "tables": "pytables",
    "xgboost": "py-xgboost xgboost-cpu",
    "ipywidgets": "jupyter",
    "notebook": "jupyter jupyterlab",
    "dask": "dask-core distributed",
    "pyspark": "databricks-connect",
    "imbalanced-learn": "imblearn",
    "protobuf": "tensorflow",
}
# Jupyter brings the first three; the others come along with nearly everything.
_ALWAYS = frozenset(
    {"IPython", "ipykernel", "traitlets", "pkg_resources", "setuptools", "pip", "six", "dateutil", "pytz", "packaging"}
)
_HELP = "add it to `{file}` with the version that you use"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each library that is not declared, at its first import."""
    if not notebook.beside.declaring():
        return
    from nb2pkg.lint.facts.declared import declared

    known = declared(notebook.beside)
    if known is None:
        return
    names = known.names | known.own | _installed(notebook)
    told: set[str] = set()
    for site, module in _imports(notebook):
        top = module.partition(".")[0]
        if top in told or _is_there(notebook, top, names) or _is_optional(notebook, site):
            continue
        distribution = _distribution(module)
        if distribution and not _is_declared(distribution, names):
            told.add(top)
            files = " nor ".join(f"`{file}`" for file in known.files[:3])
            where = f"not in {files}" if len(known.files) == 1 else f"neither in {files}"
            message = f"`{top}` ({distribution}) is {where} beside the notebook"
            place = notebook.place(site.node, site.statement)
            yield Finding(place, "NB104", "warning", message, _HELP.format(file=known.files[0]))


def _imports(notebook: Notebook) -> Iterator[tuple[Site, str]]:
    """Yield each imported module in full, in the order of the source."""
    sites = [*notebook.find(ast.Import), *notebook.find(ast.ImportFrom)]
    for site in sorted(sites, key=lambda s: (s.statement.index, s.node.lineno, s.node.col_offset)):
        node: Any = site.node
        if isinstance(node, ast.Import):
            yield from ((site, alias.name) for alias in node.names)
        elif not node.level and node.module:
            yield from ((site, f"{node.module}.{alias.name}") for alias in node.names)


def _is_there(notebook: Notebook, top: str, names: frozenset[str]) -> bool:
    """Return whether nothing has to be installed for a module, or what it needs is surely declared."""
    if top in sys.stdlib_module_names or top in _ALWAYS or top.startswith("_"):
        return True
    if _is_declared(_normalized(top), names) or _is_declared(_COMMON.get(top, ""), names):
        return True
    folders = ("", "src/", "../", "../src/", "../../", "../../src/")
    exists = notebook.beside.exists
    if any(exists(f"{folder}{top}.py") or exists(f"{folder}{top}") for folder in folders):
        return True
    return re.search(rf"%%(?:writefile|file)\s[^\n]*\b{re.escape(top)}\b", _sources(notebook)) is not None


def _sources(notebook: Notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.source.startswith("%%"))


def _is_declared(distribution: str, names: frozenset[str]) -> bool:
    key = _normalized(distribution)
    return bool(key) and (key in names or any(name in names for name in _INSTEAD.get(key, "").split()))


def _is_optional(notebook: Notebook, site: Site) -> bool:
    """Return whether the notebook goes on without an import, or does it on some machines only."""
    return any(isinstance(above, (ast.Try, ast.If)) for above in notebook.parents(site.node))


def _installed(notebook: Notebook) -> frozenset[str]:
    """Return what the cells themselves install."""
    words = [
        word
        for command in commands(notebook)
        if re.search(r"\b(?:install|add)\b", command.text)
        for word in re.findall(r"(?<![\w./:-])[A-Za-z][\w.-]*", command.text)
    ]
    return frozenset(_normalized(word) for word in words)


def _distribution(module: str) -> str:
    """Return what provides a module; empty where nobody knows, or where it is not to be installed."""
    from nb2pkg.flow.distributions import distribution_of

    answer = distribution_of(module)
    return answer.name if answer is not None else ""


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


CASES = r"""
#=== bad | not in the requirements | files=requirements.txt:pandas==2.2\nnumpy
# %%
import pandas as pd
import seaborn as sns
#=== bad | the distribution has another name | files=requirements.txt:numpy
# %%
from sklearn.linear_model import Ridge
#=== bad | not in pyproject | files=pyproject.toml:[project]\nname = "churn"\ndependencies = ["pandas>=2"]
# %%
def show(path):
    import cv2
    return cv2.imread(path)
#=== bad | not in the environment | files=environment.yml:dependencies:\n  - python=3.11\n  - pandas
# %%
import xgboost as xgb
#=== good | declared, the names differ | files=requirements.txt:scikit_learn>=1 # a\nopencv-python-headless\nPillow
# %%
import cv2
from PIL import Image
from sklearn.svm import SVC
#=== good | in a group | files=pyproject.toml:[project]\ndependencies = []\n[dependency-groups]\ndev = ["seaborn"]
# %%
import seaborn
#=== good | no file beside the notebook
# %%
import seaborn
#=== good | the standard library, a module beside the notebook | files=requirements.txt:pandas,helpers.py:x = 1
# %%
import json
import helpers
#=== good | optional | files=requirements.txt:pandas
# %%
try:
    import seaborn as sns
except ImportError:
    sns = None
#=== good | below pip in the environment | files=environment.yml:dependencies:\n- pip:\n  - xgboost==2.0
# %%
import xgboost
#=== good | a pyproject that only configures tools | files=pyproject.toml:[tool.black]\nline-length = 100
# %%
import seaborn
#=== good | a cell installs it | files=requirements.txt:pandas
# %%
#!%pip install -q seaborn
# %%
import seaborn
#=== good | nobody knows the module | files=requirements.txt:pandas
# %%
import our_own_tools
#=== good | the requirements are in another file | files=requirements.txt:-r base.txt,base.txt:seaborn
# %%
import seaborn
"""
