"""What statements look like when the names of variables and the values of literals are taken away.

Two cells with the same look do the same with other variables and other values: one function would do for both.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb2pkg.lint.facts.blocks import statements_in
from nb2pkg.lint.notebook import PROVIDED, Notebook
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_IMPORTS = (ast.Import, ast.ImportFrom)
_PRIME = 2**61 - 1


def working(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the top-level statements of a cell that do something: no imports, no texts, no `pass`."""
    return [
        n
        for n in body
        if not isinstance(n, (*_IMPORTS, ast.Pass))
        and not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    ]


def is_rich(body: Sequence[ast.stmt], least: int) -> bool:
    """Tell whether enough statements, nested ones counted, do more than bind literals or show a name or a text."""
    count = 0
    for node in statements_in(body):
        count += _is_work(node)
        if count >= least:
            return True
    return False


def _is_work(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(node, ast.AugAssign):
        return True
    if isinstance(node, ast.Expr) and isinstance(value, ast.Call):
        # `print("text")`, `display()`, `plt.show()` say nothing of what a cell does
        says = bool(value.args or value.keywords) and isinstance(value.func, ast.Attribute)
        return says or any(not isinstance(a, (ast.Constant, ast.JoinedStr, ast.Name)) for a in value.args)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)):
        return isinstance(
            value, (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.ListComp, ast.DictComp, ast.SetComp)
        )
    return isinstance(node, (ast.For, ast.While, ast.If))


def outline(node: ast.stmt) -> tuple[object, ...]:
    """Return a rough look of a statement that is cheap to get: statements with the same look have the same outline."""
    value = getattr(node, "value", None)
    func = getattr(value, "func", None)
    return (
        node.__class__,
        value.__class__,
        getattr(func, "attr", None),
        len(value.args) if isinstance(value, ast.Call) else 0,
        len(getattr(node, "body", ())),
    )


class Looks:
    """Gives looks of statements in which the names of imports, of definitions and of builtins are kept.

    Args:
        notebook: tells which names these are.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._kept = notebook.imported | PROVIDED
        self._notebook = notebook
        self._definitions: dict[str, bool] = {}

    def _is_kept(self, name: str) -> bool:
        if name in self._kept:
            return True
        if name not in self._definitions:
            self._definitions[name] = self._notebook.is_definition(name)
        return self._definitions[name]

    def of(self, body: Sequence[ast.stmt]) -> str:
        """Return the look of statements: variables are numbered as they appear, literals named by their kind."""
        numbers: dict[str, int] = {}
        parts: list[str] = []
        stack: list[Any] = list(reversed(body))
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                parts.append(node)
            elif isinstance(node, ast.Name):
                kept = self._is_kept(node.id)
                parts.append(node.id if kept else f"${numbers.setdefault(node.id, len(numbers))}")
            elif isinstance(node, ast.arg):
                parts.append(f"${numbers.setdefault(node.arg, len(numbers))}")
            elif isinstance(node, ast.Constant):
                parts.append(_kind(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts.append("str")
                stack.extend(v.value for v in reversed(node.values) if isinstance(v, ast.FormattedValue))
            elif isinstance(node, ast.AST):
                parts.append(node.__class__.__name__)
                stack.append(")")
                stack.extend(reversed(_fields(node)))
            else:
                parts.append(repr(node))
        return " ".join(parts)


def _fields(node: ast.AST) -> list[Any]:
    found: list[Any] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [*value, ";"]
        elif value is not None and not isinstance(value, ast.expr_context):
            found.append(value)
    return found


def _kind(value: object) -> str:
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return repr(value)
    return "number" if isinstance(value, (int, float, complex)) else "str"


def mixed(number: int) -> int:
    """Return a large number for a small one, such that sums of some tell which they are sums of."""
    return pow(number + 2, 65537, _PRIME)
