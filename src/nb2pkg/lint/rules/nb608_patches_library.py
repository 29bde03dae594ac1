"""A cell puts something of its own into a library.

## Why it hurts

From then on all code of the process sees the library so, tests of other modules included, and in another order of
cells it is another library. A test must know of the patch, or tests something else than what ran.

## What is found

`module.function = ...`, `module.Class.method = ...` and `setattr(module, "name", ...)` where `module` is imported,
and the attribute is not one that the library wants to be set: options (`plt.rcParams`, `pd.options.display.max_rows`,
`np.random.seed`, `warnings.showwarning`, `sys.stdout`, `torch.backends.cudnn.deterministic`), upper-case constants,
`sys.path` and the like are none. Nor are objects that a library made, or modules of the notebook's own.

## How to mend it

Write a function of your own and call that one. In tests, `unittest.mock.patch` puts things back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Modules that exist to be configured, and parts of names that say so.
_SETTABLE_TOPS = frozenset(
    {"sys", "os", "logging", "warnings", "config", "settings", "openai", "builtins", "ssl", "stripe"}
)
_SETTABLE_WORDS = (
    *("rcparams", "option", "config", "setting", "backend", "default", "param", "seed", "verbose", "debug", "log"),
    *(
        "api_key",
        "token",
        "key",
        "style",
        "theme",
        "precision",
        "level",
        "mode",
        "env",
        "path",
        "file",
        "hook",
        "formatter",
    ),
    *(
        "template",
        "renderer",
        "register",
        "cudnn",
        "max_",
        "min_",
        "displayhook",
        "palette",
        "engine",
        "device",
        "extension",
    ),
)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each attribute of an imported module that is replaced by a function or a class."""
    for kind in (ast.Assign, ast.AnnAssign):
        for site in notebook.find(kind):
            targets = site.node.targets if kind is ast.Assign else [site.node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and _patches(notebook, target, site.node.value):
                    yield _finding(notebook, notebook.qualified(target), target, site.statement)
    for call in notebook.calls:
        if call.name == "builtins.setattr" and len(call.node.args) == 3:
            owner, name, value = call.node.args
            text = notebook.qualified(owner)
            named = isinstance(name, ast.Constant) and isinstance(name.value, str)
            if named and _is_module_part(notebook, text, owner) and _replaces(notebook, value):
                full = f"{text}.{name.value}"  # type: ignore[attr-defined]
                if not _is_settable(full):
                    yield _finding(notebook, full, call.node, call.statement)


def _finding(notebook: Notebook, name: str, node: Any, statement: Any) -> Finding:
    message = f"`{name}` of a library is replaced"
    help_ = "call a function of your own instead; in tests, unittest.mock.patch puts things back"
    return Finding(notebook.place(node, statement), "NB608", "warning", message, help_)


def _patches(notebook: Notebook, target: ast.Attribute, value: ast.expr | None) -> bool:
    name = notebook.qualified(target)
    return _is_module_part(notebook, name, target.value) and not _is_settable(name) and _replaces(notebook, value)


def _is_module_part(notebook: Notebook, name: str, owner: ast.expr) -> bool:
    """True for an attribute of an imported module, or of a class of it; not of a module beside the notebook."""
    top = name.partition(".")[0]
    if not top or name.startswith(".") or notebook.beside.exists(f"{top}.py") or notebook.beside.exists(top):
        return False
    root = owner
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in notebook.context.aliases


def _is_settable(name: str) -> bool:
    top, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    return top in _SETTABLE_TOPS or last.isupper() or any(word in rest.lower() for word in _SETTABLE_WORDS)


def _replaces(notebook: Notebook, value: ast.expr | None) -> bool:
    """True for what is surely put in the place of a function, a class or a module: not for plain values."""
    if isinstance(value, ast.Lambda):
        return True
    if isinstance(value, ast.Name):
        return notebook.is_definition(value.id) or value.id in notebook.context.aliases
    if isinstance(value, ast.Attribute):
        return not notebook.qualified(value).startswith(".") and bool(notebook.qualified(value))
    if isinstance(value, ast.Call):
        name = notebook.qualified(value.func)
        return name.endswith(("partial", "patch", "wraps")) or name.startswith(("functools.", "unittest.mock"))
    return False


CASES = """
#=== bad | patched
# %%
import statistics
statistics.mean = lambda v: 0
#=== bad | a method of its class
# %%
import pandas as pd
def shout(self): print(len(self))
pd.DataFrame.shout = shout
#=== bad | by its name
# %%
import requests
def fake(url): return "x"
setattr(requests, "get", fake)
#=== bad | one function for another
# %%
import numpy as np
np.float = float
np.alltrue = np.all
#=== good | options are meant to be set
# %%
import matplotlib.pyplot as plt
plt.rcParams["figure.dpi"] = 100
#=== good | settings
# %%
import pandas as pd
import torch
pd.options.display.max_rows = 10
torch.backends.cudnn.deterministic = True
#=== good | an attribute of an object
# %%
from types import SimpleNamespace
config = SimpleNamespace()
config.transform = lambda x: x
#=== good | a key
# %%
import openai
openai.api_key = "..."
"""
