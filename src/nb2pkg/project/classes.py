"""What a class body reads under a name that it binds itself: its own value, or the one from outside.

At the top level of a notebook such a read finds the class's value if there is one, else the notebook's. Within a
function Python looks in the class and then in the module, past the variables of the function.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from enum import Enum

from nb2pkg.flow.scopes import ComprehensionNode, FunctionNode, annotations_of, defaults_of

_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


class Found(Enum):
    """Whose value a read in a class body finds."""

    OWN = "the class's"
    OUTER = "the one from outside"
    EITHER = "the class's if it has one by then, else the one from outside"


def reads_of_class(node: ast.ClassDef, names: Collection[str], *, lazy_annotations: bool = False) -> dict[int, Found]:
    """Return what the reads of a class body find, by the `id` of the name; targets of `+=` are reads too.

    Args:
        node: the class. Classes and functions in it are not looked into.
        names: the names that matter; only those are looked at that the class body binds as well.
        lazy_annotations: annotations are not evaluated.
    """
    levels = [(statement, _level([statement], lazy=lazy_annotations)) for statement in node.body]
    whole = _level(node.body, lazy=lazy_annotations)
    given = {"__doc__"} if ast.get_docstring(node, clean=False) is not None else set()
    found: dict[int, Found] = {}
    for name in ((whole.binds | given) - whole.elsewhere).intersection(names):
        state = Found.OWN if name in given - whole.deletes else Found.EITHER if name in given else Found.OUTER
        for statement, level in levels:
            binds = name in level.binds and not _is_bare(statement, name)
            straight = binds and name not in whole.deletes and _binds_last(statement, name)
            kind = Found.EITHER if binds and not straight and state is Found.OUTER else state
            found |= {id(read): kind for read in level.reads if read.id == name}
            if binds and state is not Found.OWN:
                state = Found.OWN if straight else Found.EITHER
    return found


def _binds_last(statement: ast.stmt, name: str) -> bool:
    """True for a statement that surely binds a name when it is through, and reads it only before."""
    if not isinstance(statement, (*_SIMPLE, *_IMPORTS)):
        return False
    if any(isinstance(n, ast.NamedExpr) and n.target.id == name for n in ast.walk(statement)):
        return False
    after: Sequence[ast.AST] = ()
    if isinstance(statement, ast.Assign):
        after = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        after = (statement.annotation,)
    return not any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for a in after for n in ast.walk(a)
    )


def _is_bare(statement: ast.stmt, name: str) -> bool:
    """True for `name: annotation`, which makes the name one of the class without giving it a value."""
    bare = isinstance(statement, ast.AnnAssign) and statement.value is None
    return bare and getattr(statement.target, "id", "") == name  # type: ignore[attr-defined]


def _level(nodes: Sequence[ast.stmt], *, lazy: bool) -> _Level:
    level = _Level(lazy=lazy)
    for node in nodes:
        level.visit(node)
    return level


class _Level(ast.NodeVisitor):
    """Collects what statements of a class body read and bind themselves, leaving out the scopes nested in it."""

    def __init__(self, *, lazy: bool) -> None:
        self.lazy = lazy
        self.reads: list[ast.Name] = []
        self.binds: set[str] = set()
        self.deletes: set[str] = set()
        self.elsewhere: set[str] = set()  # declared `global` or `nonlocal`

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.reads.append(node)
        else:
            self.binds.add(node.id)
        if isinstance(node.ctx, ast.Del):
            self.deletes.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.reads.append(node.target)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for part in (node.value, node.target, None if self.lazy else node.annotation):
            if part is not None:
                self.visit(part)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.elsewhere.update(node.names)

    visit_Nonlocal = visit_Global

    def visit_alias(self, node: ast.alias) -> None:
        self.binds.add(node.asname or node.name.split(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.binds.add(node.name)
            self.deletes.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.binds.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.binds.add(node.rest)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        self.binds.add(node.name)
        annotations = [] if self.lazy else annotations_of(node)
        for part in [*node.decorator_list, *defaults_of(node.args), *annotations]:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.binds.add(node.name)
        for part in [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]:
            self.visit(part)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in defaults_of(node.args):
            self.visit(part)

    def _comprehension(self, node: ComprehensionNode) -> None:
        self.visit(node.generators[0].iter)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self.visit(node.name)  # type: ignore[attr-defined]  # the value is evaluated later
