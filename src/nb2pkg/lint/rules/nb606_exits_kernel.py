"""A cell ends the kernel in the middle of the notebook.

## Why it hurts

Run from top to bottom, nothing below is ever reached, so it can't be tested. Often the call was meant to stop *Run
all* by hand, and stayed.

## What is found

`exit()`, `quit()`, `sys.exit()` and `os._exit()` at top level, without an `if` or a loop around them. The same names
as variables, and `sys.exit(main())` as the last statement of all, are none.

## How to mend it

Remove the call, or the cells below it. To stop at will, raise an error with a message.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_LEAVING = frozenset({"builtins.exit", "builtins.quit", "sys.exit", "os._exit"})
_BRANCHES = (ast.If, ast.Try, ast.While, ast.For, ast.IfExp, ast.BoolOp, ast.ExceptHandler)


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each call that surely ends the kernel before the notebook's end."""
    last = len(notebook.statements) - 1
    for call in notebook.calls:
        name = call.name or _bare(call.node, notebook)
        if name not in _LEAVING or call.function is not None:
            continue
        branches = any(isinstance(above, _BRANCHES) for above in notebook.parents(call.node))
        if branches or (name == "sys.exit" and call.statement.index == last):
            continue
        message = f"`{name.removeprefix('builtins.')}()` ends the kernel in the middle of the notebook"
        help_ = "remove the call, or the cells below it; to stop at will, raise an error with a message"
        yield Finding(notebook.place(call.node, call.statement), "NB606", "error", message, help_)


def _bare(node: ast.Call, notebook: Notebook) -> str:
    """Return the full name of `exit` and `quit`, which are builtins only where `site` was loaded."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return f"builtins.{name}" if name in ("exit", "quit") and name not in notebook.bindings else ""


CASES = """
#=== bad | exit
# %%
x = 1
# %%
exit()
# %%
print(x)
#=== bad | through sys
# %%
import sys
sys.exit("stop here")
# %%
x = 1
#=== bad | at once
# %%
import os
os._exit(0)
x = 1
#=== good | a variable that only sounds like it
# %%
exit_code = 0
x = 1
#=== good | only when something is wrong
# %%
import sys
if len(sys.argv) > 99:
    sys.exit(1)
x = 1
#=== good | the very last statement
# %%
import sys
def main(): return 0
sys.exit(main())
#=== good | a method
# %%
app.quit()
x = 1
#=== good | a function of the notebook's own
# %%
def quit(): return 1
quit()
x = 1
"""
