"""Code makes or reads names through `exec`, `globals()` and the like, where nobody can see them.

## Why it hurts

A name that appears only while the notebook runs can be no parameter and no return value of a function, so nothing
around it can be tested alone. `nb2pkg convert` has to keep such a notebook as one plain script.

## What is found

Calls of the builtins `exec`, `eval` of text that is put together, `globals()[...] = value`, `globals().update(...)`,
`locals()` and `vars()` without an argument where they are changed, `setattr` on `__main__`, and IPython's
`get_ipython().run_cell`, `user_ns` and `push`. Methods that are called `exec` or `eval` (`model.eval()`, `df.eval("a
+ b")`, `session.exec(query)`), a function of the notebook of that name, `"name" in globals()`, `"name" in locals()`
and `eval` of a plain text are none.

## How to mend it

Keep the values in a dict of your own: `frames[name] = df` instead of `globals()[name] = df`. For text that holds a
value use `ast.literal_eval` or `json.loads`.

## Related

ruff has S102 and S307 (security: `exec`, `eval`); they do not look at `globals()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook

_HELP = "keep such values in a dict of your own, which can be passed to functions"
_NAMESPACES = frozenset({"builtins.globals", "builtins.locals", "builtins.vars"})
_CHANGING = frozenset({"update", "setdefault", "pop", "clear", "__setitem__", "popitem"})
_OF_IPYTHON = frozenset({"run_cell", "run_code", "ex", "ev", "push", "user_ns", "user_global_ns"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each place that makes names out of sight."""
    for call in notebook.calls:
        if _hides(call, notebook):
            text = ast.unparse(call.node.func)
            message = f"`{text}(...)` hides names: only a plain script can come out of it"
            if call.name in _NAMESPACES:
                message = f"`{text}()` is changed: names that are made there can't be seen"
            yield Finding(notebook.place(call.node, call.statement), "NB601", "warning", message, _HELP)
    for site in notebook.find(ast.Attribute):
        if site.node.attr in _OF_IPYTHON and _is_shell(site.node.value):
            message = f"`get_ipython().{site.node.attr}` hides names: only a plain script can come out of it"
            yield Finding(notebook.place(site.node, site.statement), "NB601", "warning", message, _HELP)


def _hides(call: Call, notebook: Notebook) -> bool:
    if call.name == "builtins.exec":
        return True
    if call.name == "builtins.eval":
        return bool(call.node.args) and not isinstance(call.node.args[0], ast.Constant)
    if call.name == "builtins.setattr":
        return bool(call.node.args) and "__main__" in ast.dump(call.node.args[0])
    if call.name not in _NAMESPACES or (call.name == "builtins.vars" and call.node.args):
        return False
    if call.name == "builtins.locals" and call.function is not None:
        return False  # changing these has no effect, reading them is plain
    return _is_changed(call.node, notebook)


def _is_changed(node: ast.Call, notebook: Notebook) -> bool:
    """True when a namespace is written to where it is asked for: `globals()[k] = v`, `globals().update(d)`."""
    parent = notebook.parent(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return not isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute) and parent.attr in _CHANGING:
        return True
    return isinstance(parent, ast.Assign) and parent.value is node  # `g = globals()`, then anything


def _is_shell(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"


CASES = """
#=== bad | exec
# %%
exec("x = 1")
print(x)
#=== bad | names made of text
# %%
for i in range(3):
    globals()[f"df_{i}"] = i
print(df_1)
#=== bad | all at once
# %%
globals().update({"a": 1})
#=== bad | eval of text that is put together
# %%
name = "model_" + "a"
best = eval(name)
#=== bad | through the shell
# %%
get_ipython().user_ns["x"] = 1
#=== good | a method called exec
# %%
class Db:
    def exec(self, q): return q
Db().exec("select 1")
#=== good | methods called eval
# %%
model.eval()
df.eval("c = a + b")
#=== good | asking whether a name is there
# %%
if "df" not in globals():
    df = [1]
#=== good | vars of an object
# %%
class A: pass
print(vars(A()))
#=== good | a function of that name
# %%
def exec(q): return q
exec("select 1")
"""
