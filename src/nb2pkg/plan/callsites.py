"""Every place where the notebook names one of its functions: may a parameter be added to each call?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.scopes import (
    FunctionNode,
    arguments_of,
    bound_names,
    class_names,
    function_free,
    generator_free,
    lambda_free,
    target_names,
)
from nb2pkg.flow.strings import names_in_strings
from nb2pkg.model import Flow
from nb2pkg.plan.handover import HandOvers
from nb2pkg.plan.headers import parents_of

_FRAME_READERS = {"locals", "vars", "dir", "eval", "exec", "globals"}
_SOURCE_READERS = {"getsource", "getsourcelines", "signature", "getfullargspec", "code_info", "dis"}


class CallSites:
    """Where the names of functions stand, by name; built once for a notebook."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.handovers = HandOvers(flow)
        self._parents: dict[int, dict[int, ast.AST]] = {}
        self._cells: dict[int, list[str]] = {}
        self.places: dict[str, list[tuple[int, ast.Name]]] = {}
        names = flow.context.managers
        self.inspects = False
        self.quoted: set[str] = set()  # functions that strings name which are evaluated: `df.query("@above(v)")`
        for statement in flow.statements:
            for n in ast.walk(statement.node):
                if isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Load):
                    self.places.setdefault(n.id, []).append((statement.index, n))
                elif isinstance(n, ast.Attribute) and n.attr in _SOURCE_READERS:
                    self.inspects = True
                elif isinstance(n, ast.Call):
                    self.quoted |= names_in_strings(n) & names

    def parents(self, index: int) -> dict[int, ast.AST]:
        """Return the parents of the nodes of a statement."""
        if index not in self._parents:
            self._parents[index] = parents_of(self.flow.statements[index].node)
        return self._parents[index]

    def obstacle(self, function: str, variable: str, *, fixed: bool, first: int) -> str:
        """Return why a call of `function` can't pass `variable`, or the empty string.

        Args:
            function: a function of the notebook.
            variable: a name of the notebook that it reads.
            fixed: the variable is bound once for good.
            first: the first statement that may call the function, itself or through others.
        """
        if self.inspects:
            return "the notebook looks at the source or signature of functions"
        definition = next(
            s.node
            for s in self.flow.statements
            if isinstance(s.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and s.node.name == function
        )
        if any(isinstance(n, ast.Call) and getattr(n.func, "id", "") in _FRAME_READERS for n in ast.walk(definition)):
            return "it looks at its own frame"
        if function in self.quoted:
            return f"`{function}` is named in a string that is evaluated"
        for index, node in self.places.get(function, []):
            parents = self.parents(index)
            call = parents.get(id(node))
            called = isinstance(call, ast.Call) and call.func is node
            binds = variable in self.flow.statements[index].names.defs
            if not called and (binds or not self.handovers.allows(node, parents, fixed=fixed)):
                return f"`{function}` is passed on as a value and reads `{variable}`"
            if not self._is_where_it_says(index, node, call if called else node):  # type: ignore[arg-type]
                return f"`{function}` is called within an f-string over several lines"
            if isinstance(call, ast.Call) and called and any(k.arg in (None, variable) for k in call.keywords):
                return f"`{function}` is called with keywords that only the run knows"
            chain = list(_ancestors(node, parents))
            for name in (variable, function):
                if any(name in _binds(n) for n in chain):
                    return f"`{name}` means something else where `{function}` is called"
        if not self.flow.bound_before.holds(variable, first) and not self._binds_first(function, variable, first):
            return f"`{variable}` may be unbound where `{function}` is called"
        return ""

    def _is_where_it_says(self, index: int, node: ast.Name, whole: ast.expr) -> bool:
        """True when a call's text stands at its position: before Python 3.12 those within f-strings may be off.

        Args:
            index: the statement.
            node: the function's name.
            whole: the call, or the name itself where it is passed on.
        """
        statement = self.flow.statements[index]
        lines = self._lines(statement.location.cell)
        line, last = lines[node.lineno - 1].encode(), lines[(whole.end_lineno or 1) - 1].encode()
        name = node.id.encode()
        end = b")" if isinstance(whole, ast.Call) else name
        return line[node.col_offset :].startswith(name) and last[: whole.end_col_offset].endswith(end)

    def _lines(self, cell: int) -> list[str]:
        if cell not in self._cells:
            self._cells[cell] = self.flow.notebook.cells[cell - 1].python.split("\n")
        return self._cells[cell]

    def _binds_first(self, function: str, variable: str, index: int) -> bool:
        """True when the first statement that calls a function surely binds the variable before it does."""
        if index >= len(self.flow.statements):
            return True  # nothing calls it
        context = self.flow.context._replace(lifted={function: (variable,)})
        names = def_use(self.flow.statements[index].node, context)
        return variable in names.kills and variable not in names.uses | names.late_uses


def _ancestors(node: ast.AST, parents: Mapping[int, ast.AST]) -> Iterator[ast.AST]:
    while id(node) in parents:
        node = parents[id(node)]
        yield node


def _binds(node: ast.AST) -> set[str]:
    """Return the names that a scope around a call binds itself."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return set().union(*(target_names(g.target) for g in node.generators))
    if isinstance(node, ast.Lambda):
        return {a.arg for a in arguments_of(node.args)}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return bound_names(node)
    if isinstance(node, ast.ClassDef):
        return class_names(node)
    return set()


def deferred_reads(node: FunctionNode, lifted: Mapping[str, frozenset[str]]) -> set[str]:
    """Return what code made inside a function reads when it is called later, lifted parameters of callees included."""
    found: set[str] = set()
    for n in ast.walk(node):
        if n is node:
            continue
        if isinstance(n, ast.Lambda):
            found |= lambda_free(n).all_reads
        elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found |= function_free(n).all_reads
        elif isinstance(n, ast.GeneratorExp):
            found |= generator_free(n)
    for name in list(found):
        found |= lifted.get(name, frozenset())
    return found


def is_generator(node: FunctionNode) -> bool:
    """True when calling the function does not run its body: generators and coroutines."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    stack: list[ast.AST] = list(node.body)
    while stack:
        item = stack.pop()
        if isinstance(item, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack += ast.iter_child_nodes(item)
    return False
