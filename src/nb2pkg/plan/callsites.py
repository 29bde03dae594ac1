"""Every place where the notebook names one of its functions: may a parameter be added to each call?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb2pkg.flow.scopes import FunctionNode, arguments_of, function_free, generator_free, lambda_free, target_names
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
        for statement in flow.statements:
            for n in ast.walk(statement.node):
                if isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Load):
                    self.places.setdefault(n.id, []).append((statement.index, n))
                elif isinstance(n, ast.Attribute) and n.attr in _SOURCE_READERS:
                    self.inspects = True

    def parents(self, index: int) -> dict[int, ast.AST]:
        """Return the parents of the nodes of a statement."""
        if index not in self._parents:
            self._parents[index] = parents_of(self.flow.statements[index].node)
        return self._parents[index]

    def obstacle(self, function: str, variable: str, *, fixed: bool) -> str:
        """Return why a call of `function` can't pass `variable`, or the empty string.

        Args:
            function: a function of the notebook.
            variable: a name of the notebook that it reads.
            fixed: the variable is bound once for good.
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
        for index, node in self.places.get(function, []):
            parents = self.parents(index)
            call = parents.get(id(node))
            called = isinstance(call, ast.Call) and call.func is node
            if not called and not self.handovers.allows(node, parents, fixed=fixed):
                return f"`{function}` is passed on as a value and reads `{variable}`"
            if not self._is_where_it_says(index, node, call if called else node):  # type: ignore[arg-type]
                return f"`{function}` is called within an f-string over several lines"
            if isinstance(call, ast.Call) and called and any(k.arg is None for k in call.keywords):
                return f"`{function}` is called with keywords that only the run knows"
            chain = list(_ancestors(node, parents))
            for name in (variable, function):
                if any(name in _binds(n) for n in chain):
                    return f"`{name}` means something else where `{function}` is called"
            deferred = any(
                isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)) for n in chain
            )
            if (
                not deferred
                and not self.flow.bound_before.holds(variable, index)
                and not self._binds_before(index, variable)
            ):
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

    def _binds_before(self, index: int, variable: str) -> bool:
        """True for a straight block that surely binds the variable, such as the body of a `with`."""
        names = self.flow.statements[index].names
        return variable in names.kills and variable not in names.uses


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
        declared = {x for n in ast.walk(node) if isinstance(n, ast.Global) for x in n.names}
        stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        inner = {n.name for n in ast.walk(node) if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n is not node}
        imported = {
            (a.asname or a.name.split(".")[0])
            for n in ast.walk(node)
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for a in n.names
        }
        return ({a.arg for a in arguments_of(node.args)} | stored | inner | imported) - declared
    if isinstance(node, ast.ClassDef):
        return {
            n.id for b in node.body for n in ast.walk(b) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
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
