"""What a notebook, and the modules beside it that come along, import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nb2pkg.flow.distributions import PASSING_STANDARD_MODULES
from nb2pkg.model import Flow, Location, Statement

_FAILURES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of something that is not part of the project.

    Args:
        module: as the code names it, `sklearn.linear_model`.
        path: of what is imported of it, `sklearn.linear_model.Ridge`: `from google.cloud import bigquery` needs all.
        location: of the statement.
        file: the module beside the notebook that it stands in; empty for a cell.
        optional: the code goes on where it fails.
    """

    module: str
    path: str
    location: Location
    file: str = ""
    optional: bool = False

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]


def imported(flow: Flow) -> tuple[Imported, ...]:
    """Return what has to be there for a notebook and its local modules, in the order of the text, without repeats."""
    local = {m.name for m in flow.notebook.local_modules}
    found: dict[str, Imported] = {}
    for item in (*_of_cells(flow.statements), *_of_modules(flow)):
        if item.top not in local and item.module and not _is_standard(item.top):
            known = found.get(item.path)
            if known is None or (known.optional and not item.optional):
                found[item.path] = item
    return tuple(found.values())


def _is_standard(top: str) -> bool:
    """Tell whether Python itself has a module; `distutils` is gone from it, and comes with setuptools."""
    return top != "distutils" and (top in sys.stdlib_module_names or top in PASSING_STANDARD_MODULES)


def _of_cells(statements: Iterable[Statement]) -> Iterator[Imported]:
    for statement in statements:
        yield from _of_tree(statement.node, statement.location)


def _of_modules(flow: Flow) -> Iterator[Imported]:
    location = Location(flow.notebook.path)
    for module in flow.notebook.local_modules:
        for name, content in module.files:
            if name.endswith(".py") and b"import" in content:
                try:
                    tree = ast.parse(content)
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
                yield from _of_tree(tree, location, name)


def _of_tree(root: ast.AST, location: Location, file: str = "") -> Iterator[Imported]:
    waiting: list[tuple[ast.AST, bool]] = [(root, False)]
    while waiting:
        node, optional = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, alias.name, location, file, optional)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                for alias in node.names:
                    path = node.module if alias.name == "*" else f"{node.module}.{alias.name}"
                    yield Imported(node.module, path, location, file, optional)
        elif isinstance(node, ast.Try):
            inner = optional or any(map(_catches_imports, node.handlers))
            waiting += [(n, optional) for n in reversed((*node.orelse, *node.finalbody))]
            waiting += [(n, optional) for n in reversed(node.handlers)]
            waiting += [(n, inner) for n in reversed(node.body)]
        elif not isinstance(node, ast.expr):
            waiting += [(n, optional) for n in reversed([*ast.iter_child_nodes(node)])]


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _FAILURES) for kind in kinds)
