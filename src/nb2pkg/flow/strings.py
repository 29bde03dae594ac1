"""Names that code reads through a string: `df.query("v > @limit")`, formulas, `eval("a + b")`.

pandas and formula libraries look such names up in the caller's frame, so the code must stay where they are visible.
"""

from __future__ import annotations

import ast
import re

_AT_NAME = re.compile(r"@\s*([^\W\d]\w*)")
_NAME = re.compile(r"(?<![\w.])([^\W\d]\w*)")
_CALLERS_FRAME = frozenset({"query", "eval"})


def names_in_strings(node: ast.Call) -> set[str]:
    """Return the names that the literal strings among a call's arguments may read from the calling frame."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = [a.value for a in _values(node) if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if called == "eval" and isinstance(node.func, ast.Name):
        return set().union(*(_expression_names(text) for text in texts[:1]))
    found: set[str] = set()
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
