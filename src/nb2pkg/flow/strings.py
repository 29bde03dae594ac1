"""Names that code reads through a string: `df.query("v > @limit")`, formulas, `eval("a + b")`.

pandas and formula libraries look such names up in the caller's frame, so the code must stay where they are visible.
"""

from __future__ import annotations

import ast
import re

_AT_NAME = re.compile(r"@\s*([^\W\d]\w*)")
_NAME = re.compile(r"(?<![\w.])([^\W\d]\w*)")
_CALLERS_FRAME = frozenset({"query", "eval"})
_EVALUATING = frozenset({"eval", "evaluate"})  # also numexpr.evaluate("a + b")


def quoted_names(node: ast.AST) -> set[str]:
    """Return the names that strings of a piece of code mention as `@name`."""
    texts = (
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str) and "@" in n.value
    )
    return {name for text in texts for name in _AT_NAME.findall(text)}


def asks_the_frame(node: ast.Call) -> bool:
    """True for `df.query(text)` and the like, whose text only the run knows."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return called in _CALLERS_FRAME and not all(isinstance(a, ast.Constant) for a in node.args)


def names_in_strings(node: ast.Call) -> set[str]:
    """Return the names that the literal strings among a call's arguments may read from the calling frame."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = [a.value for a in _values(node) if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if called == "eval" and isinstance(node.func, ast.Name):
        return set().union(*(_expression_names(text) for text in texts[:1]))
    found: set[str] = set().union(*(_expression_names(text) for text in texts[:1])) if called in _EVALUATING else set()
    for text in texts:
        if called in _CALLERS_FRAME:
            found.update(_AT_NAME.findall(text))
        if "~" in text and len(text) < 2000 and "://" not in text:
            found.update(_NAME.findall(text))
    return found


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(k.value for k in node.keywords)]


def _expression_names(text: str) -> set[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def hidden_frame_read(node: ast.stmt, bound: frozenset[str]) -> ast.Call | None:
    """Return a call that reads the notebook's names by a string, from a scope in which a package can't show them.

    `df.query("v > @limit")` finds `limit` in the frame around it, or among its globals. A lambda or a method within a
    function has neither, since nothing in its code names `limit`.

    Args:
        node: a top-level statement.
        bound: the names that the notebook binds.
    """
    own = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return _hidden_read(node, bound, frozenset(), depth=-1 if own else 0)


def _hidden_read(node: ast.AST, bound: frozenset[str], local: frozenset[str], *, depth: int) -> ast.Call | None:
    if isinstance(node, ast.Call) and depth > 0 and (names_in_strings(node) & bound) - local:
        return node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        arguments = node.args
        found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        local, depth = frozenset(a.arg for a in found if a is not None) | _stored(node), depth + 1
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        local, depth = local | _stored(node), depth + 1
    for child in ast.iter_child_nodes(node):
        call = _hidden_read(child, bound, local, depth=depth)
        if call is not None:
            return call
    return None


def _stored(node: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
