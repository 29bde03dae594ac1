"""A cell waits until somebody types something.

## Why it hurts

No test, schedule or service has anybody at the keyboard: the run waits for ever or fails with an `EOFError`. What was
typed also stands nowhere, so the result can't be made again.

## What is found

Calls of `input`, `raw_input`, `getpass.getpass` and `click.prompt`, also within functions that a cell calls. A
function or parameter of the notebook that is called `input` is none.

## How to mend it

Put the value into a variable at the top: `convert` makes it a setting. Read secrets from `os.environ`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.flow.scopes import arguments_of
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook

_WAITING = frozenset({"builtins.input", "getpass.getpass", "click.prompt", "click.confirm"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each call that waits for a person."""
    for call in notebook.calls:
        name = call.name
        if not name and getattr(call.node.func, "id", "") == "raw_input" and "raw_input" not in notebook.bindings:
            name = "raw_input"
        if (name in _WAITING or name == "raw_input") and not _is_parameter(call):
            message = f"`{name.removeprefix('builtins.')}()` waits for a person"
            help_ = "put the value into a variable at the top"
            if "getpass" in name:
                help_ = "read the secret from `os.environ`"
            yield Finding(notebook.place(call.node, call.statement), "NB604", "error", message, help_)


def _is_parameter(call: Call) -> bool:
    """True where the function is what a parameter of the one around it was given."""
    if call.function is None or not isinstance(call.node.func, ast.Name):
        return False
    return call.node.func.id in {a.arg for a in arguments_of(call.function.args)}


CASES = """
#=== bad | waits
# %%
name = input("name")
#=== bad | a password
# %%
from getpass import getpass
password = getpass("password: ")
#=== bad | in a function
# %%
def ask():
    return int(input("how many? "))
n = ask()
#=== good | a function that is given input
# %%
def input_shape(x): return len(x)
input_shape([1])
#=== good | a name of the notebook's own
# %%
def input(n): return n
input(3)
#=== good | a parameter
# %%
def ask(input):
    return input("how many?")
ask(len)
#=== good | a layer
# %%
from keras.layers import Input
x = Input(shape=(3,))
#=== good | only its text
# %%
print("type input() to go on")
"""
