"""A cell installs dependencies.

## Why it hurts

Each run changes the environment that it runs in, takes the newest version of the day, and needs the network. A test of
the package wants an environment that was made once and stays the same.

## What is found

Cells that install with `pip`, `conda`, `mamba`, `uv`, `poetry`, `apt` or `npm`: as `%pip`, `!pip`, in a shell cell, or
through `os.system` and `subprocess`; once a cell. Commands that only list or show what is there, installs that are
commented out, and those that a condition guards (only on Colab, only after a failed import) are none.

## How to mend it

Write the dependencies into `requirements.txt` or `pyproject.toml`, with versions, and remove the cell.
`nb2pkg convert` does so: what a notebook installs becomes a dependency of the package.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.facts.commands import Command, commands
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_INSTALL = (
    r"(?:^|[\s;&|(/])(pip[\d.]*|pipenv|conda|mamba|micromamba|uv|poetry|apt|apt-get|aptitude|brew|npm|easy_install)"
    r"(?:\s+[-\w.=]+){0,6}?\s+(?:install|add|sync)(?=\s|$)"
)
_HELP = "write it into requirements.txt or pyproject.toml with a version, and remove the cell"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell that installs something, at its first command."""
    told: set[int] = set()
    for command in commands(notebook):
        if command.cell.number in told:
            continue
        match = re.search(_INSTALL, command.text)
        if match and not re.match(r"echo\b|#|which\b", command.text) and not _is_guarded(notebook, command):
            told.add(command.cell.number)
            message = f"dependencies are installed by cell {command.cell.number}, with `{match[1]}`"
            yield Finding(command.place(notebook), "NB107", "info", message, _HELP)


def _is_guarded(notebook: Notebook, command: Command) -> bool:
    """Return whether a command runs only on a condition, as on Colab or after a failed import."""
    if command.call is not None:
        return any(isinstance(n, (ast.If, ast.ExceptHandler)) for n in notebook.parents(command.call.node))
    code = notebook.codes[command.cell.number]
    escape = next((e for e in code.escapes if e.line == command.line and e.kind in ("%", "!", "!!")), None)
    line = command.cell.source.split("\n")[command.line - 1]
    return escape is not None and line[:1].isspace()


CASES = """
#=== bad | a magic
# %%
#!%pip install pandas
#=== bad | a shell line
# %%
#!!pip install -q pandas==2.0
import pandas as pd
#=== bad | packages of the system
# %%
#!!sudo apt-get -y install graphviz
#=== bad | a shell cell
# %%
#!%%bash
#!python -m pip install pandas
#=== bad | a cell whose output is captured
# %%
#!%%capture
#!!conda install -c conda-forge lightgbm -y
#=== bad | subprocess
# %%
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "pandas"])
#=== bad | without a percent sign
# %%
pip install pandas
#=== good | only a list
# %%
#!!pip list
#!%pip show pandas
#=== good | commented out
# %%
# !pip install pandas
x = 1
#=== good | only on Colab
# %%
#!if "google.colab" in str(get_ipython()):
#!    !pip install -q japanize-matplotlib
#=== good | only when it is missing
# %%
import os
try:
    import shap
except ImportError:
    os.system("pip install shap")
#=== good | printed
# %%
print("run pip install pandas first")
#=== good | other commands
# %%
#!!ls install
#!!python setup.py --version
"""
