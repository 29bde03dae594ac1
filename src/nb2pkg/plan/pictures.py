"""Which statements may leave a pyplot figure open: after their cell it is shown and closed, as a notebook does."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import lru_cache

from nb2pkg.flow.effects import dotted
from nb2pkg.flow.imports import all_imports
from nb2pkg.flow.libraries import draws
from nb2pkg.model import Flow, Statement

# Libraries that have no figures of their own, when nothing else is imported.
_PICTURELESS = frozenset({"numpy", "joblib", "IPython", "requests", "tqdm", "yaml", "bs4"})


class Pictures:
    """Looks through one notebook; to say yes too often costs nothing, since showing no figure shows nothing.

    Args:
        flow: the notebook. Its imports count at any depth, and whether or not they move to a module.
    """

    def __init__(self, flow: Flow) -> None:
        self.context = flow.context
        self.imports = all_imports(flow.statements)
        tops = {target.split(".")[0] for targets in self.imports.values() for target in targets}
        self.possible = not all(top in sys.stdlib_module_names or top in _PICTURELESS for top in tops)
        self.own: dict[str, list[ast.AST]] = {}
        self.anywhere = False  # a plotting module has another name: any call may be one of its
        for statement in flow.statements:
            for n in ast.walk(statement.node):
                if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    self.own.setdefault(n.name, []).append(n)
                elif isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name):
                    if isinstance(n.value, ast.Lambda):
                        self.own.setdefault(n.targets[0].id, []).append(n.value)
                    self.anywhere = self.anywhere or (isinstance(n.value, ast.Name) and self._plots(n.value))
        self.known: dict[str, bool] = {}

    def may_draw(self, statements: Iterable[Statement]) -> bool:
        """True when statements may draw, themselves or through functions of the notebook."""
        return self.possible and any(self.anywhere or self._node(s.node, definitions=False) for s in statements)

    def _node(self, node: ast.AST, *, definitions: bool) -> bool:
        if not definitions and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        for n in ast.walk(node):
            if isinstance(n, ast.Call) and self._call(n):
                return True
            if isinstance(n, ast.Attribute) and self._plots(n):  # `map(plt.plot, series)`
                return True
            if isinstance(n, ast.Name) and n.id in self.own and isinstance(n.ctx, ast.Load) and self._own(n.id):
                return True
        return False

    def _call(self, node: ast.Call) -> bool:
        if self._plots(node.func):
            return True
        name = self.context.qualified(node.func)
        if name.startswith("."):
            return draws(name) or self._own(name.rpartition(".")[2])
        if name:
            return draws(name)
        own = isinstance(node.func, ast.Name) and (node.func.id in self.own or node.func.id.startswith("__nb_"))
        return not own and not (isinstance(node.func, ast.Name) and node.func.id in self.imports)

    def _plots(self, node: ast.expr) -> bool:
        """True for what an import of the notebook, wherever it stands, makes a thing that draws."""
        head, _, rest = dotted(node).partition(".")
        return any(draws(f"{target}.{rest}" if rest else target) for target in self.imports.get(head, ()))

    def _own(self, name: str) -> bool:
        if name not in self.own:
            return False
        if name not in self.known:
            self.known[name] = False  # recursion adds nothing
            self.known[name] = any(self._node(n, definitions=True) for n in self.own[name])
        return self.known[name]


@lru_cache(maxsize=8)
def _pictures(flow: Flow) -> Pictures:
    return Pictures(flow)


def may_draw(flow: Flow, statements: Iterable[Statement]) -> bool:
    """True when statements of a notebook may leave a pyplot figure open."""
    return _pictures(flow).may_draw(statements)
