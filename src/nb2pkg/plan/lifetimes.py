"""Objects whose end is an event: a notebook keeps them to its end, a function's locals die when it returns.

`tmp = tempfile.TemporaryDirectory()` removes its folder when nothing holds it any more; an open file is flushed then; a
generator runs its `finally`. So the names of such objects leave their unit, whether or not anything below reads them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb2pkg.flow.context import Context
from nb2pkg.model import Statement
from nb2pkg.plan.callsites import is_generator

_ENDING_CALLS = frozenset(
    {"builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", ".open"}
    | {f"tempfile.{kind}" for kind in ("TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile")}
    | {"tempfile.SpooledTemporaryFile", "matplotlib.animation.FuncAnimation", "matplotlib.animation.ArtistAnimation"}
    | {"weakref.finalize", ".__enter__"}
)


def kept_names(statements: Sequence[Statement], context: Context) -> frozenset[str]:
    """Return the names that may hold an object whose end is an event."""
    if any(target.split(".")[0] == "weakref" for target in context.aliases.values()):
        return frozenset().union(*(s.names.defs for s in statements))
    own = _own(statements)
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        closed = {id(i.context_expr) for n in ast.walk(statement.node) if isinstance(n, ast.With) for i in n.items}
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call) and id(n) not in closed and _ends(n, context, own):
                found |= statement.names.defs
    return frozenset(found)


def has_finalizers(statements: Sequence[Statement]) -> bool:
    """True when a class of the notebook has `__del__`: then it counts when anything that may hold its objects ends."""
    nodes = (n for s in statements for n in ast.walk(s.node))
    return any(isinstance(n, ast.FunctionDef) and n.name == "__del__" for n in nodes)


def _ends(node: ast.Call, context: Context, own: frozenset[str]) -> bool:
    name = context.qualified(node.func)
    return name in _ENDING_CALLS or (isinstance(node.func, ast.Name) and node.func.id in own)


def _own(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the notebook's generators, and its classes that have `__del__`."""
    nodes = [s.node for s in statements]
    generators = {n.name for n in nodes if isinstance(n, ast.FunctionDef) and is_generator(n)}
    classes = {
        n.name
        for n in nodes
        if isinstance(n, ast.ClassDef) and any(isinstance(m, ast.FunctionDef) and m.name == "__del__" for m in n.body)
    }
    return frozenset(generators | classes)
