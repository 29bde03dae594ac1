"""A function of the notebook that is passed on as a value: may `partial(f, rate=rate)` be passed instead?

A partial is another object: it has no `__name__`, and is not `f` itself. So it goes only where a function is called and
not looked at: to calls of libraries that are known to, and to functions of the notebook that do nothing else with it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nb2pkg.flow.libraries import is_lazy_iterator
from nb2pkg.flow.scopes import FunctionNode, arguments_of
from nb2pkg.model import Flow
from nb2pkg.plan.headers import parents_of

# Pools and executors: what they are given is called in another process, which gets a partial as it gets a function.
_CALLING_LATER = frozenset(
    {".map", ".imap", ".imap_unordered", ".map_async", ".starmap", ".starmap_async", ".apply_async", ".submit"}
)


class HandOvers:
    """Decides for one notebook.

    Args:
        flow: the notebook, analysed.
    """

    def __init__(self, flow: Flow) -> None:
        self.context = flow.context
        bound: dict[str, int] = {}
        for statement in flow.statements:
            for name in statement.names.defs | statement.names.late_writes:
                bound[name] = bound.get(name, 0) + 1
        self.functions: dict[str, FunctionNode] = {
            s.node.name: s.node
            for s in flow.statements
            if isinstance(s.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and bound[s.node.name] == 1
        }
        self.known: dict[tuple[str, str], bool] = {}

    def allows(self, node: ast.Name, parents: Mapping[int, ast.AST], *, fixed: bool) -> bool:
        """Tell whether what stands at `node`, an argument of a call, is only called by it.

        Args:
            node: the function's name.
            parents: the parents of the statement's nodes.
            fixed: what the function reads is never bound again, so it does not matter when it is called.
        """
        parent = parents.get(id(node))
        keyword = parent if isinstance(parent, ast.keyword) else None
        call = parents.get(id(parent)) if keyword is not None else parent
        if not isinstance(call, ast.Call) or (keyword is None and node not in call.args):
            return False
        if any(k.arg == "engine" for k in call.keywords):
            return False  # numba compiles what it is given
        name = self.context.qualified(call.func)
        if name and is_lazy_iterator(name):
            return fixed or self._is_exhausted(call, parents)
        if name:
            later = fixed and name in _CALLING_LATER and name.lstrip(".") not in self.context.methods
            return later or self.context.finishes(call, node)
        return fixed and self._own(call, node, keyword)

    def _is_exhausted(self, call: ast.Call, parents: Mapping[int, ast.AST]) -> bool:
        outer = parents.get(id(call))
        return isinstance(outer, ast.Call) and call in outer.args and bool(self.context.finishes(outer, call))

    def _own(self, call: ast.Call, node: ast.Name, keyword: ast.keyword | None) -> bool:
        function = self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if function is None or function.decorator_list:
            return False
        if keyword is not None:
            return keyword.arg is not None and self._only_calls(function, keyword.arg)
        position = call.args.index(node)
        positional = [*function.args.posonlyargs, *function.args.args]
        if any(isinstance(a, ast.Starred) for a in call.args[:position]) or position >= len(positional):
            return False
        return self._only_calls(function, positional[position].arg)

    def _only_calls(self, function: FunctionNode, parameter: str) -> bool:
        """True when a function of the notebook calls a parameter, or passes it to what only calls it."""
        key = (function.name, parameter)
        if key not in self.known:
            self.known[key] = True  # recursion adds nothing
            self.known[key] = self._looks_right(function, parameter)
        return self.known[key]

    def _looks_right(self, function: FunctionNode, parameter: str) -> bool:
        if parameter not in {
            a.arg for a in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        }:
            return False
        parents = parents_of(function)
        for n in ast.walk(function):
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in {"locals", "vars", "eval"}:
                return False
            if isinstance(n, ast.Name) and n.id == parameter:
                call = parents.get(id(n))
                called = isinstance(call, ast.Call) and call.func is n
                if not isinstance(n.ctx, ast.Load) or not (called or self.allows(n, parents, fixed=True)):
                    return False
            inner = isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and n is not function
            if inner and parameter in {a.arg for a in arguments_of(n.args)}:  # type: ignore[attr-defined]
                return False  # another thing of the same name
        return True
