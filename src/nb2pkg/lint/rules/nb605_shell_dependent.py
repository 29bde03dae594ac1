"""A cell runs a command of the shell.

## Why it hurts

The notebook needs that program, and often that operating system, wherever it runs: in CI, in a container, on a
colleague's laptop. What the command does can't be seen or replaced in a test.

## What is found

Lines such as `!ls data`, `files = !ls`, cells of `%%bash`, `%%sh` and the like, `os.system`, `os.popen` and
`subprocess`. Installers (`!pip install`) are NB107's.

## How to mend it

Use Python: `pathlib`, `shutil`, `zipfile`, `urllib.request`. Where the program is the point, list it among the system
packages of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_INSTALLER = re.compile(r"\s*(sudo\s+)?(\S*python\S*\s+-m\s+)?(pip3?|conda|mamba|apt(-get)?|uv|npm|brew|yum)\b")
_CELLS = frozenset({"bash", "sh", "script", "shell", "zsh", "system", "sx", "!", "cmd", "powershell"})
_CALLS = re.compile(
    r"(os\.(system|popen|spawn\w+|exec\w+)|subprocess\.(run|call|check_call|check_output|Popen|getoutput))$"
)
_HELP = "use Python (pathlib, shutil, zipfile, urllib), or list the program among the project's system packages"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each command."""
    for cell in notebook.cells:
        lowered = notebook.codes.get(cell.number)
        for escape in lowered.escapes if lowered else ():
            shell = escape.kind in ("!", "!!") or (escape.kind == "%" and escape.name in ("sx", "system"))
            if escape.kind == "%%" and escape.name in _CELLS:
                message = f"the cell needs `{'sh' if escape.name == '!' else escape.name}` and its tools"
                yield Finding(notebook.line_place(cell, escape.line), "NB605", "info", message, _HELP)
            elif shell and not _INSTALLER.match(escape.argument):
                command = (escape.argument.split() or ["the command"])[0]
                message = f"`{command}` needs a shell and its tools"
                yield Finding(notebook.line_place(cell, escape.line), "NB605", "info", message, _HELP)
    for call in notebook.calls:
        if _CALLS.match(call.name):
            message = f"`{call.name}` needs a shell and its tools"
            yield Finding(notebook.place(call.node, call.statement), "NB605", "info", message, _HELP)


CASES = """
#=== bad | a command
# %%
#!!unzip data.zip
#=== bad | a cell of the shell
# %%
#!%%bash
ls
#=== bad | from Python
# %%
import os
os.system("ls")
#=== bad | its lines
# %%
#!files = !ls *.csv
#=== good | an installer
# %%
#!!pip install pandas
#=== good | not equal
# %%
print(1 != 2)
#=== good | a method called run
# %%
session.run("ls")
"""
