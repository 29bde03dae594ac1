"""What the tests of a project look like: which assert nothing, and a package with nothing in its bodies."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePath

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def emptied(text: str) -> str:
    """Return a module whose functions all raise NotImplementedError."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            node.body = [ast.Raise(ast.Name("NotImplementedError", ast.Load()))]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def unasserting(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tests, as pytest names them, that neither assert nor expect an error, nor call a helper that does.

    Args:
        files: path below the project -> text.
    """
    trees = {path: ast.parse(text) for path, text in sorted(files.items())}
    helpers = {node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, _Function)}
    asserting = {name for name, node in helpers.items() if _asserts(node)}
    while more := {n for n, node in helpers.items() if n not in asserting and not asserting.isdisjoint(_called(node))}:
        asserting |= more
    return tuple(
        name
        for path, tree in trees.items()
        if PurePath(path).name.startswith("test_") or path.endswith("_test.py")
        for name, node in _tests(path, tree)
        if not _asserts(node) and asserting.isdisjoint(_called(node))
    )


def _tests(path: str, tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    for node in tree.body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            yield f"{path}::{node.name}", node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for method in node.body:
                if isinstance(method, _Function) and method.name.startswith("test"):
                    yield f"{path}::{node.name}::{method.name}", method


def _asserts(function: _Function) -> bool:
    calls = _called(function)
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or any(
        name.startswith("assert_") or name in ("raises", "warns", "fail") for name in calls
    )


def _called(function: _Function) -> set[str]:
    """Return the last names of what a function calls."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            found.add(node.func.id if isinstance(node.func, ast.Name) else node.func.attr)
    return found
