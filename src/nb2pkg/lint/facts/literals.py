"""What is known of a text that code spells out: literals, names that stand for them, and joined pieces."""

from __future__ import annotations

import ast
import re

from nb2pkg.flow.scopes import arguments_of
from nb2pkg.lint.notebook import Notebook, Statement

HOLE = "\0"  # stands where a piece of a text is not known
_MOST_PIECES = 20


def text_of(notebook: Notebook, node: ast.AST, statement: Statement, depth: int = 3) -> str:
    """Return the text of an expression with `HOLE` where it isn't known; only `HOLE` where nothing is.

    Args:
        notebook: where the expression stands.
        node: the expression.
        statement: the top-level statement around it.
        depth: how many names are followed to what they were given.
    """
    pieces = _pieces(node)
    if len(pieces) > _MOST_PIECES:
        return HOLE
    return "".join(piece if isinstance(piece, str) else _named(notebook, piece, statement, depth) for piece in pieces)


def _pieces(node: ast.AST) -> list[str | ast.AST]:
    """Return the pieces of a text in order: strings, and expressions that are none."""
    found: list[str | ast.AST] = []
    stack: list[ast.AST | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            found.append(item.value)
        elif isinstance(item, ast.JoinedStr):
            stack += reversed(item.values)
        elif isinstance(item, ast.FormattedValue):
            stack.append(item.value)
        elif isinstance(item, ast.BinOp) and isinstance(item.op, (ast.Add, ast.Div)):
            between = ["/"] if isinstance(item.op, ast.Div) else []
            stack += [item.right, *between, item.left]
        elif isinstance(item, ast.Call) and _joins(item):
            for number, argument in reversed([*enumerate(item.args)]):
                stack += [argument, "/"] if number else [argument]
        else:
            found.append(item)
    return found


def _joins(node: ast.Call) -> bool:
    """Return whether a call makes a path of its arguments: `os.path.join(a, b)`, `Path(a)`, `expanduser(a)`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "join":
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        return owner is None or last in ("path", "osp")
    return name in ("Path", "PurePath", "expanduser", "abspath", "str", "fspath", "normpath") and bool(node.args)


def _named(notebook: Notebook, node: ast.AST, statement: Statement, depth: int) -> str:
    """Return the text of a name that one statement above bound, else `HOLE`."""
    if not isinstance(node, ast.Name) or depth <= 0 or _is_local(notebook, node):
        return HOLE
    bound = notebook.bindings.get(node.id, ())
    above = [s for s in bound if s.index < statement.index] or list(bound)
    given = above[-1].node if above and (len(above) == 1 or above[-1].cell is statement.cell) else None
    if isinstance(given, ast.Assign) and len(given.targets) == 1 and isinstance(given.targets[0], ast.Name):
        return text_of(notebook, given.value, above[-1], depth - 1)
    if isinstance(given, ast.AnnAssign) and given.value is not None:
        return text_of(notebook, given.value, above[-1], depth - 1)
    return HOLE


def _is_local(notebook: Notebook, node: ast.Name) -> bool:
    """Return whether a function, a lambda or a comprehension around a name binds it itself."""
    for above in notebook.parents(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            if any(argument.arg == node.id for argument in arguments_of(above.args)):
                return True
        elif isinstance(above, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            targets = [name for generator in above.generators for name in ast.walk(generator.target)]
            if any(isinstance(name, ast.Name) and name.id == node.id for name in targets):
                return True
    return False


def clean(path: str) -> str:
    """Return a path without doubled slashes and leading `./`."""
    return re.sub(r"^(?:\./)+", "", re.sub(r"(?<!:)/{2,}", "/", path))
