"""Code that asks for IPython's shell: outside of a notebook it finds none."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nb2pkg.cells.calls import Scene
from nb2pkg.cells.text import Edit, Positions
from nb2pkg.errors import RefusedError

# Code in these may never run, or expects that there is no shell.
_GUARDING = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SHELL_MODULES = {"IPython", "IPython.core.getipython"}


def shell_names(tree: ast.Module) -> frozenset[str]:
    """Return the names that hold the shell: `ip = get_ipython()`."""
    return frozenset(
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_shell(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def is_shell(node: ast.expr, aliases: frozenset[str]) -> bool:
    """Return whether an expression is IPython's shell.

    Args:
        node: the expression.
        aliases: names that hold the shell.
    """
    if isinstance(node, ast.Name):
        return node.id in aliases
    if not isinstance(node, ast.Call) or node.args:
        return False
    function = node.func
    if isinstance(function, ast.Attribute):
        return (
            function.attr == "get_ipython" and isinstance(function.value, ast.Name) and function.value.id == "IPython"
        )
    return isinstance(function, ast.Name) and function.id == "get_ipython"


def guard_edits(tree: ast.Module, positions: Positions, lines: tuple[int, ...]) -> Iterator[Edit]:
    """Yield the edits that make code which asks for the shell find none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _SHELL_MODULES:
            kept = [alias for alias in node.names if alias.name != "get_ipython"]
            if len(kept) < len(node.names):
                yield _import_edit(node, kept, positions, lines)
        elif (isinstance(node, ast.Name) and node.id == "get_ipython" and isinstance(node.ctx, ast.Load)) or (
            isinstance(node, ast.Attribute)
            and node.attr == "get_ipython"
            and isinstance(node.value, ast.Name)
            and node.value.id == "IPython"
        ):
            yield _replaced(node, "__nb_no_shell", positions, lines)


def _replaced(node: ast.expr, text: str, positions: Positions, lines: tuple[int, ...]) -> Edit:
    start, end = positions.span(node)
    return Edit(start, end, text, (lines[node.lineno - 1],))


def _import_edit(node: ast.ImportFrom, kept: list[ast.alias], positions: Positions, lines: tuple[int, ...]) -> Edit:
    start, end = positions.span(node)
    renamed = [alias.asname for alias in node.names if alias.name == "get_ipython" and alias.asname]
    parts = [f"{name} = __nb_no_shell" for name in renamed]
    if kept:
        parts.insert(0, ast.unparse(ast.ImportFrom(node.module, kept, 0)))
    return Edit(start, end, "; ".join(parts) or "pass", (lines[node.lineno - 1],))


def shell_attributes(
    tree: ast.Module,
    aliases: frozenset[str],
    lowered: Sequence[ast.AST],
    dropped: Sequence[ast.AST],
    lines: tuple[int, ...],
    scene: Scene,
) -> None:
    """Refuse code that surely uses the shell in a way that has no counterpart.

    Args:
        tree: the cell's tree.
        aliases: names that hold the shell.
        lowered: calls of the shell that have been lowered.
        dropped: statements that are left out.
        lines: the source line of each line.
        scene: the cell's place.

    Raises:
        RefusedError: an attribute of the shell is used where it is not guarded by `if` or `try`.
    """
    done = {id(node.func) for node in lowered if isinstance(node, ast.Call)}
    for statement in tree.body:
        if statement in dropped or isinstance(statement, _GUARDING):
            continue
        nodes = list(ast.walk(statement))
        if any(isinstance(node, (ast.BoolOp, ast.IfExp)) for node in nodes):
            continue
        for node in nodes:
            if isinstance(node, ast.Attribute) and id(node) not in done and _is_used(node, aliases):
                raise _refusal(node, lines, scene)


def _is_used(node: ast.Attribute, aliases: frozenset[str]) -> bool:
    return not node.attr.startswith("__") and is_shell(node.value, aliases)


def _refusal(node: ast.Attribute, lines: tuple[int, ...], scene: Scene) -> RefusedError:
    return RefusedError(
        f"the cell uses `{node.attr}` of IPython's shell",
        location=scene.at(lines[node.lineno - 1]),
        why="A package runs without a notebook's shell.",
        hint="delete the line, or put it under `if get_ipython():`",
    )
