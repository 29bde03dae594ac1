"""Where a notebook names an object, and whether it only asks it there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from nb2pkg.flow.context import Context
from nb2pkg.model import Flow, Statement
from nb2pkg.plan.story import Story

FITTING = frozenset({"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit"})
DUMPS = frozenset({"joblib.dump", "pickle.dump", "pickle.dumps"})
SPLIT = "sklearn.model_selection.train_test_split"
_ASKING = frozenset("""
    transform inverse_transform predict predict_proba predict_log_proba decision_function score get_params
    get_feature_names get_feature_names_out kneighbors staged_predict apply
    """.split())
_LOOKING = frozenset("""
    shape dtype dtypes ndim size columns index head tail describe info mean std var min max sum toarray todense isnull
    isna nnz value_counts
    """.split())
# Calls that read an estimator, or fit copies of it.
_READERS = frozenset({f"builtins.{name}" for name in ("print", "len", "type", "isinstance", "repr", "str")}) | {
    f"sklearn.model_selection.{name}"
    for name in ("cross_val_score", "cross_validate", "cross_val_predict", "learning_curve", "validation_curve")
}
_READING = ("sklearn.metrics.", "sklearn.inspection.", "sklearn.tree.plot_tree", "sklearn.tree.export_")
_IN_PLACE = frozenset("sort fill put resize itemset partition setflags append extend insert update pop".split())
_SHUFFLING = ("numpy.random.", "random.")


class Mentions:
    """The places at which names stand in a notebook's code."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.parents: dict[int, Mapping[ast.AST, ast.AST]] = {}

    @cached_property
    def stored(self) -> Mapping[str, tuple[int, ...]]:
        """Per name, the statements that put something into its object: `df["x"] = 0`."""
        found: dict[str, tuple[int, ...]] = {}
        for statement in self.flow.statements:
            for n in ast.walk(statement.node):
                if isinstance(n, (ast.Subscript, ast.Attribute)) and not isinstance(n.ctx, ast.Load):
                    found[_root(n)] = (*found.get(_root(n), ()), statement.index)
        return found

    @cached_property
    def fitted(self) -> frozenset[str]:
        """Names whose object is fitted under this name."""
        nodes = (n for s in self.flow.statements for n in ast.walk(s.node))
        return frozenset(_root(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr in FITTING)

    def asked(self, methods: Iterable[str]) -> frozenset[str]:
        """Return the notebook's names that are asked by one of these methods."""
        places = ((s.names, n) for s in self.flow.statements for n in ast.walk(s.node) if isinstance(n, ast.Attribute))
        names = ((_root(n.value), known) for known, n in places if n.attr in methods)
        return frozenset(name for name, known in names if name in known.uses | known.late_uses)

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Names whose object may be changed, or fitted, under this name or one that got it."""
        found = set(self.stored)
        for statement in self.flow.statements:
            for n in ast.walk(statement.node):
                if isinstance(n, ast.AugAssign):
                    found.add(_root(n.target))
                elif isinstance(n, ast.Attribute) and _changes(n.attr):
                    found.add(_root(n.value))
        size = 0
        while size < len(found):
            size = len(found)
            for statement in self.flow.statements:
                if not found.isdisjoint(statement.names.defs):
                    found |= statement.names.uses | statement.names.late_uses
        return frozenset(found)

    def of(self, name: str) -> Iterator[tuple[Statement, ast.Name, list[ast.AST]]]:
        """Yield each place that reads a name: the statement, the node, and the nodes around it, inmost first."""
        for statement in self.flow.statements:
            names = statement.names
            if name not in names.uses | names.late_uses | names.deletes:
                continue
            parents = self._parents(statement)
            for n in ast.walk(statement.node):
                if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Store):
                    around: list[ast.AST] = []
                    node: ast.AST = n
                    while node in parents:
                        node = parents[node]
                        around.append(node)
                    yield statement, n, [a for a in around if not isinstance(a, ast.keyword)]

    def _parents(self, statement: Statement) -> Mapping[ast.AST, ast.AST]:
        if statement.index not in self.parents:
            pairs = ((c, n) for n in ast.walk(statement.node) for c in ast.iter_child_nodes(n))
            self.parents[statement.index] = dict(pairs)
        return self.parents[statement.index]

    def fits(self, story: Story, name: str) -> list[tuple[int, ast.Call]] | None:
        """Return where an estimator is fitted, statement and call; None where it may be changed otherwise."""
        found: list[tuple[int, ast.Call]] = []
        for statement, node, around in self.of(name):
            call = around[1] if len(around) > 1 and isinstance(around[0], ast.Attribute) else None
            if isinstance(around[0], ast.Attribute) and around[0].attr in FITTING:
                if not isinstance(call, ast.Call) or call.func is not around[0] or not _is_fit(statement, call):
                    return None
                found.append((statement.index, call))
            elif not self._only_asks(story.context, statement, node, around):
                return None
        return found

    def _only_asks(self, context: Context, statement: Statement, node: ast.Name, around: list[ast.AST]) -> bool:
        first = around[0]
        if isinstance(first, ast.Attribute):
            called = isinstance(around[1], ast.Call) and around[1].func is first
            known = first.attr in _ASKING if called else first.attr.endswith("_") and not _is_written(first)
            return known and (called or self._reads_part(context, statement, first, around[1:]))
        if isinstance(first, ast.Call):
            return node is not first.func and _reads(context.qualified(first.func))
        if isinstance(first, (ast.Tuple, ast.List, ast.Dict)):
            return isinstance(around[1], ast.Call) and context.qualified(around[1].func) in DUMPS
        return isinstance(first, (ast.Expr, ast.FormattedValue))

    def _reads_part(self, context: Context, statement: Statement, part: ast.AST, around: list[ast.AST]) -> bool:
        """True where an attribute of a fitted object is read, and nothing that gets it can change it."""
        for inner, outer in zip([part, *around], around, strict=False):
            if isinstance(outer, ast.Call) and inner is not outer.func:
                call = context.qualified(outer.func)
                if not call or call.startswith(_SHUFFLING):
                    return False  # it may change what it gets: a function of the notebook, or a shuffle
            deeper = isinstance(outer, (ast.Attribute, ast.Subscript)) and inner is outer.value
            if deeper and (_is_written(outer) or _changes(getattr(outer, "attr", ""))):
                return False
            if isinstance(outer, (ast.FunctionDef, ast.Lambda, ast.AugAssign, ast.For, ast.With)):
                return False
        return self._changed.isdisjoint(statement.names.defs)

    def saves(self, context: Context, name: str) -> Iterator[ast.Call]:
        """Yield the calls that save an object, by itself or with others."""
        for _, node, around in self.of(name):
            calls = around[:1] if isinstance(around[0], ast.Call) else around[1:2]
            inner = node if isinstance(around[0], ast.Call) else around[0]
            for call in calls:
                if isinstance(call, ast.Call) and context.qualified(call.func) in DUMPS and call.args[:1] == [inner]:
                    yield call

    def stays(self, story: Story, name: str, bound: int, read: int) -> bool:
        """True for a table that nothing can change between the statement that binds it and one that reads it."""
        if any(name in s.names.late_uses for s in self.flow.statements):
            return False
        places = [place for place in self.of(name) if bound < place[0].index <= read]
        return all(self._only_looks(story.context, statement, around) for statement, _, around in places)

    def _only_looks(self, context: Context, statement: Statement, around: list[ast.AST]) -> bool:
        first = around[0]
        if isinstance(first, ast.Attribute):
            return isinstance(first.ctx, ast.Load) and first.attr in _LOOKING
        if isinstance(first, ast.Subscript):
            shown = isinstance(statement.node, ast.Expr)
            calls = [context.qualified(n.func) for n in around if isinstance(n, ast.Call)]
            return shown and isinstance(first.ctx, ast.Load) and all(c == "builtins.print" for c in calls)
        if isinstance(first, ast.Call):
            call = context.qualified(first.func)
            method = call.removeprefix(".")
            asked = call.startswith(".") and "." not in method and method in _ASKING | FITTING
            return (asked and method not in context.methods) or _reads(call) or call == SPLIT
        return isinstance(first, ast.Expr)


def _is_written(node: ast.AST) -> bool:
    return not isinstance(getattr(node, "ctx", None), ast.Load)


def _changes(method: str) -> bool:
    """True for methods that may change their object."""
    return method in FITTING | _IN_PLACE or method.startswith("set_")


def _reads(call: str) -> bool:
    return call in _READERS or call in DUMPS or call.startswith(_READING)


def _is_fit(statement: Statement, call: ast.Call) -> bool:
    """True for a call that is a statement by itself, or whose value gets a name; that of `fit` is the object again."""
    node = statement.node
    named = isinstance(node, ast.Assign) and isinstance(call.func, ast.Attribute) and call.func.attr != "fit"
    return (named or isinstance(node, ast.Expr)) and getattr(node, "value", None) is call


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
