"""Which of the notebook's objects a statement changes in place: the name stays, the value behind it does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb2pkg.flow.scopes import bound_names, target_names
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

# Methods that change their object whether or not the result is used.
_TAKING = frozenset({"pop", "popitem", "popleft", "setdefault"})
# Methods that change their object when nobody uses the result: `frame.add(x)` as a value makes another frame.
_CHANGING = frozenset("""
    append extend insert remove clear sort reverse update add discard appendleft extendleft rotate fill put itemset
    partition resize difference_update intersection_update symmetric_difference_update add_node add_nodes_from add_edge
    add_edges_from remove_node remove_nodes_from remove_edge remove_edges_from move_to_end
    """.split())
_ALSO_MAKING = frozenset({"rotate", "resize", "partition"})  # of a picture or a text: shown, they have made another
FITTING = frozenset({"fit", "fit_transform", "partial_fit", "load_state_dict", "load_weights"})
# Functions that change their first argument.
_OF_ARGUMENT = frozenset("""
    random.shuffle numpy.random.shuffle heapq.heappush heapq.heappop heapq.heapify heapq.heapreplace heapq.heappushpop
    bisect.insort bisect.insort_left bisect.insort_right numpy.fill_diagonal numpy.put numpy.place numpy.putmask
    numpy.copyto builtins.setattr builtins.delattr operator.setitem operator.delitem
    """.split())
_MAKING = frozenset("""
    builtins.list builtins.dict builtins.set builtins.bytearray collections.defaultdict collections.Counter
    collections.deque collections.OrderedDict numpy.array numpy.zeros numpy.ones numpy.empty numpy.full numpy.arange
    numpy.linspace numpy.zeros_like numpy.ones_like
    """.split())
_DISPLAYS = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Dict, ast.DictComp)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Mutation(NamedTuple):
    """A change in place of an object that a name of the notebook stands for.

    Args:
        name: the name.
        node: what changes it: a call, the target of a store, an augmented assignment.
        how: the method (`append`, `fit`), `inplace`, `item`, `attribute`, `del`, or the operator (`+=`).
        function: the innermost function that must be called for it to happen; None at top level.
    """

    name: str
    node: Any
    how: str
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None = None


def mutated(notebook: Notebook) -> Mapping[int, tuple[Mutation, ...]]:
    """Return the changes in place by the index of the statement that holds them, in the order of the source.

    What functions do with names of their own is left out; what they do with names of the notebook is in, with the
    function. Imported names are never in: what a module does to itself is no object of the notebook.
    """
    return _Finder(notebook).found()


def root(node: ast.AST) -> str:
    """Return the name whose object a chain of attributes and items starts from: `a` of `a.b[0].c`, or nothing."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Finder:
    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.shown = {s.node for s in notebook.statements if s.displayed}
        self.local: dict[Any, set[str]] = {}  # by function or comprehension: the names of its own

    def found(self) -> dict[int, tuple[Mutation, ...]]:
        changes: dict[int, list[Mutation]] = {}
        for statement, mutation in (*self._stores(), *self._calls(), *self._augmented()):
            name = mutation.name
            if name and name not in self.notebook.context.aliases and not self._is_local(name, mutation.node):
                changes.setdefault(statement.index, []).append(mutation)
        return {index: tuple(sorted(changes[index], key=_position)) for index in sorted(changes)}

    def _stores(self) -> Iterator[tuple[Statement, Mutation]]:
        for kind, how in ((ast.Subscript, "item"), (ast.Attribute, "attribute")):
            for node, statement, function in self.notebook.find(kind):
                if not isinstance(node.ctx, ast.Load):
                    done = "del" if isinstance(node.ctx, ast.Del) else how
                    yield statement, Mutation(root(node), node, done, function)

    def _calls(self) -> Iterator[tuple[Statement, Mutation]]:
        for call in self.notebook.calls:
            node, function = call.node, call.function
            if isinstance(node.func, ast.Attribute):
                how = self._method(node, node.func.attr)
                if how:
                    yield call.statement, Mutation(root(node.func.value), node, how, function)
            if call.name in _OF_ARGUMENT and node.args:
                yield call.statement, Mutation(root(node.args[0]), node, call.name.rpartition(".")[2], function)
            for keyword in node.keywords:
                if keyword.arg == "out" and isinstance(keyword.value, ast.Name) and call.name.startswith("numpy."):
                    yield call.statement, Mutation(keyword.value.id, node, "out", function)

    def _method(self, node: ast.Call, name: str) -> str:
        if any(
            k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords
        ):
            return "inplace"
        if name in _TAKING or name in FITTING:
            return name
        return name if name in _CHANGING and self._is_unused(node) else ""

    def _is_unused(self, node: ast.Call) -> bool:
        """True when nobody uses what a call returns, and the notebook does not show it."""
        above = self.notebook.parent(node)
        if isinstance(above, ast.Expr) and isinstance(node.func, ast.Attribute) and node.func.attr in _ALSO_MAKING:
            return above not in self.shown
        if isinstance(above, ast.ListComp) and above.elt is node:
            above = self.notebook.parent(above)
        return isinstance(above, (ast.Expr, ast.Lambda))

    def _augmented(self) -> Iterator[tuple[Statement, Mutation]]:
        for node, statement, function in self.notebook.find(ast.AugAssign):
            if isinstance(node.target, ast.Name) and self._is_mutable(node):
                yield statement, Mutation(node.target.id, node, _SIGNS.get(type(node.op), "") + "=", function)

    def _is_mutable(self, node: ast.AugAssign) -> bool:
        """True when the object of an augmented assignment surely is one that changes in place."""
        if self._makes_mutable(node.value) and isinstance(node.op, (ast.Add, ast.BitOr)):
            return True
        assert isinstance(node.target, ast.Name)
        values = [
            s.node for s in self.notebook.bindings.get(node.target.id, ()) if not isinstance(s.node, ast.AugAssign)
        ]
        return bool(values) and all(
            isinstance(v, (ast.Assign, ast.AnnAssign)) and v.value is not None and self._makes_mutable(v.value)
            for v in values
        )

    def _makes_mutable(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            return self.notebook.context.qualified(node.func) in _MAKING
        return isinstance(node, _DISPLAYS)

    def _is_local(self, name: str, node: Any) -> bool:
        return any(name in self._names_of(above) for above in self.notebook.parents(node))

    def _names_of(self, scope: ast.AST) -> set[str]:
        """Return the names that belong to a function or a comprehension itself; none for other nodes."""
        if not isinstance(scope, (*FUNCTIONS, ast.Lambda, *_COMPREHENSIONS)):
            return set()
        if scope not in self.local:
            if isinstance(scope, FUNCTIONS):
                names = bound_names(scope)
            elif isinstance(scope, ast.Lambda):
                names = {a.arg for a in ast.walk(scope.args) if isinstance(a, ast.arg)}
            else:
                names = set().union(*(target_names(g.target) for g in scope.generators))
            self.local[scope] = names
        return self.local[scope]


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
}


def _position(mutation: Mutation) -> tuple[int, int]:
    return mutation.node.lineno, mutation.node.col_offset
