"""Statements, functions and modules of the generated package, followed as far as they are certain."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nb2pkg.promises import access, operators
from nb2pkg.promises.evaluate import Evaluator, Scope, builtin
from nb2pkg.promises.library import constant_of
from nb2pkg.promises.values import (
    UNKNOWN,
    Class,
    Column,
    Doubt,
    Frame,
    Function,
    Instance,
    Raised,
    Ref,
    Series,
    need,
)

_SHOWING = {"show", "display"}
_DEEPEST = 40
_FREE_BASES = {"object", "BaseEstimator", "TransformerMixin", "ABC"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of the package in the story: what it was given, copied before the call."""

    module: str
    function: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class _Returned(Exception):
    value: Any


class _Jump(Exception):
    """`break` or `continue`."""


@dataclass(slots=True)
class Interpreter(Evaluator):
    """Follows the code of a package.

    Args:
        package: its name.
        sources: module -> text.
        readers: what reading a file gives: (full name of the function, arguments) -> value.
        tolerant: a statement that is not certain makes unknown what it touches, and the next one follows.
    """

    package: str
    sources: Mapping[str, str]
    readers: Any = None
    tolerant: bool = False
    steps: int = 0
    shown: list[Any] = field(default_factory=list)
    printed: list[Any] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    depth: int = 0
    _names: dict[str, dict[str, Any]] = field(default_factory=dict)
    trees: dict[str, ast.Module] = field(default_factory=dict)  # modules that were parsed before

    def tree(self, module: str) -> ast.Module:
        """Return a module of the package, parsed."""
        if module not in self.trees:
            need(module in self.sources, f"no module {module}")
            self.trees[module] = ast.parse(self.sources[module])
        return self.trees[module]

    def module_name(self, module: str, name: str) -> Any:
        names = self._names.setdefault(module, {})
        if name not in names:
            names[name] = self._find(module, name)
        return names[name]

    def _find(self, module: str, name: str) -> Any:
        for node in reversed(self.tree(module).body):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                need(not node.decorator_list, "a decorated function")
                return Function(node, module, (), self.defaults(node.args, [{}], module))
            if isinstance(node, ast.ClassDef) and node.name == name:
                return self._class(node, module)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found = self._imported(node, name)
                if found is not None:
                    return found
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return self.evaluate(node.value, [{}], module)
        return builtin(name)

    def _class(self, node: ast.ClassDef, module: str) -> Class:
        record = any("dataclass" in ast.unparse(d) for d in node.decorator_list)
        need(record or not node.decorator_list, "a decorated class")
        need(all(ast.unparse(b).rpartition(".")[2] in _FREE_BASES for b in node.bases) and not node.keywords)
        return Class(node, module, record)

    def _imported(self, node: ast.Import | ast.ImportFrom, name: str) -> Any:
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) != name:
                continue
            if isinstance(node, ast.Import):
                return Ref(alias.name if alias.asname else alias.name.partition(".")[0])
            source = node.module or ""
            if source == self.package:
                return Ref(f"{source}.{alias.name}")
            if source.startswith(f"{self.package}."):
                return self._own(source.partition(".")[2], alias.name)
            return constant_of(f"{source}.{alias.name}")
        return None

    def _own(self, module: str, name: str) -> Any:
        if module == "display":
            return Ref(f"nb2pkg.{name}")
        return self.module_name(module, name)

    def member(self, ref: Ref, name: str) -> Any:
        if ref.name.startswith(f"{self.package}."):
            return self._own(ref.name.partition(".")[2], name)
        return constant_of(f"{ref.name}.{name}")

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(function, Ref) and function.name.startswith("nb2pkg."):
            need(function.name.partition(".")[2] in _SHOWING and not kwargs, "a helper that is not known")
            self.shown += args
            return None
        if isinstance(function, Ref) and function.name == "builtins.print":
            self.printed += args
            return None
        if isinstance(function, Ref) and self.readers is not None:
            value = self.readers(function.name, args, kwargs)
            if value is not None:
                return value
        return super(Interpreter, self).call(function, args, kwargs)

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        need(self.depth < _DEEPEST, "too deep")
        scope = self._bound(function, args, kwargs)
        if self.tolerant and isinstance(function.node, ast.FunctionDef) and not function.around:
            self.calls.append(Call(function.module, function.name, copy.deepcopy(scope)))
        self.depth += 1
        try:
            scopes = [scope, *function.around]
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, scopes, function.module)
            need(not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(function.node)), "a generator")
            self.run(function.node.body, scopes, function.module)
        except _Returned as returned:
            return returned.value
        finally:
            self.depth -= 1
        return None

    def _bound(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Scope:
        given = function.node.args
        need(given.vararg is None and given.kwarg is None, "any number of arguments")
        plain = [a.arg for a in (*given.posonlyargs, *given.args)]
        args = [*([function.owner] if function.owner is not None else []), *args]
        if len(args) > len(plain):
            raise Raised("TypeError")
        scope = {**dict(function.defaults), **dict(zip(plain, args, strict=False)), **kwargs}
        if set(scope) != set(function.parameters) or not set(kwargs).isdisjoint(plain[: len(args)]):
            raise Raised("TypeError")
        return scope

    def make(self, cls: Class, args: list[Any], kwargs: dict[str, Any]) -> Instance:
        made = Instance(cls, {})
        if cls.record:
            rows = [n for n in cls.node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
            names = [n.target.id for n in rows if isinstance(n.target, ast.Name)]
            values = {**dict(zip(names, args, strict=False)), **kwargs}
            for row, name in zip(rows, names, strict=True):
                if name not in values:
                    need(row.value is not None, "a field without a value")
                    values[name] = self.evaluate(row.value, [{}], cls.module)  # type: ignore[arg-type]
            made.attributes = {name: values[name] for name in names}
            return made
        for node in cls.node.body:
            need(isinstance(node, (ast.FunctionDef, ast.Pass)) or _is_text(node), "a class with more than methods")
        begin = cls.method("__init__")
        if begin is not None:
            self.call_function(self._method(cls, begin, made), args, kwargs)
        return made

    def _method(self, cls: Class, node: ast.FunctionDef, owner: Any) -> Function:
        return Function(node, cls.module, (), self.defaults(node.args, [{}], cls.module), owner)

    def run(self, nodes: Sequence[ast.stmt], scopes: Sequence[Scope], module: str) -> None:
        """Follow statements, one after the other."""
        for node in nodes:
            if not self.tolerant:
                self._statement(node, scopes, module)
                continue
            try:
                self._statement(node, scopes, module)
            except (Doubt, Raised, RecursionError) as error:
                _forget(node, scopes)
                if isinstance(node, ast.Return):
                    raise _Returned(UNKNOWN) from None
                if any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in _own_nodes([node])):
                    raise Doubt(str(error)) from None

    def _statement(self, node: ast.stmt, scopes: Sequence[Scope], module: str) -> None:
        self.steps += 1
        visit = getattr(self, f"_do_{type(node).__name__}", None)
        need(visit is not None, f"{type(node).__name__} is not known")
        try:
            visit(node, scopes, module)  # type: ignore[misc]
        except (Doubt, Raised, _Returned, _Jump, RecursionError):
            raise
        except Exception as error:  # a model that was given what it does not know
            raise Doubt(f"{type(error).__name__}: {error}") from None

    def _do_Pass(self, node: ast.Pass, scopes: Sequence[Scope], module: str) -> None:
        return

    def _do_Expr(self, node: ast.Expr, scopes: Sequence[Scope], module: str) -> None:
        if not isinstance(node.value, ast.Constant):
            self.evaluate(node.value, scopes, module)

    def _do_Assign(self, node: ast.Assign, scopes: Sequence[Scope], module: str) -> None:
        value = self.evaluate(node.value, scopes, module)
        for target in node.targets:
            self.bind(target, value, scopes, module)

    def _do_AnnAssign(self, node: ast.AnnAssign, scopes: Sequence[Scope], module: str) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value, scopes, module), scopes, module)

    def _do_AugAssign(self, node: ast.AugAssign, scopes: Sequence[Scope], module: str) -> None:
        target = node.target
        load: ast.expr = ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target
        old, value = self.known(load, scopes, module), self.known(node.value, scopes, module)
        if isinstance(old, list):
            need(isinstance(node.op, ast.Add) and not isinstance(target, ast.Subscript))
            old.extend(access.items_of(value))
            return
        need(isinstance(old, (int, float, str, tuple)) or isinstance(target, ast.Subscript), "changed in place")
        if isinstance(target, ast.Subscript):
            owner = self.known(target.value, scopes, module)
            need(isinstance(owner, (Frame, list, dict)) and isinstance(old, (int, float, str, tuple, Series)))
        self.bind(target, self.binary(type(node.op).__name__, old, value), scopes, module)

    def _do_Return(self, node: ast.Return, scopes: Sequence[Scope], module: str) -> None:
        raise _Returned(None if node.value is None else self.evaluate(node.value, scopes, module))

    def _do_If(self, node: ast.If, scopes: Sequence[Scope], module: str) -> None:
        chosen = operators.truth(self.known(node.test, scopes, module))
        self._block(node.body if chosen else node.orelse, scopes, module)

    def _block(self, nodes: Sequence[ast.stmt], scopes: Sequence[Scope], module: str) -> None:
        """Follow statements within a statement: where one is not certain, the whole is not."""
        for node in nodes:
            self._statement(node, scopes, module)

    def _do_For(self, node: ast.For, scopes: Sequence[Scope], module: str) -> None:
        items = self.known(node.iter, scopes, module)
        for item in access.items_of(items):
            self.bind(node.target, item, scopes, module)
            if self._round(node.body, scopes, module):
                return
        self._block(node.orelse, scopes, module)

    def _do_While(self, node: ast.While, scopes: Sequence[Scope], module: str) -> None:
        while operators.truth(self.known(node.test, scopes, module)):
            if self._round(node.body, scopes, module):
                return
        self._block(node.orelse, scopes, module)

    def _round(self, nodes: Sequence[ast.stmt], scopes: Sequence[Scope], module: str) -> bool:
        """Follow one round of a loop; return whether it left the loop."""
        try:
            self._block(nodes, scopes, module)
        except _Jump as jump:
            return jump.args == ("break",)
        return False

    def _do_Break(self, node: ast.Break, scopes: Sequence[Scope], module: str) -> None:
        raise _Jump("break")

    def _do_Continue(self, node: ast.Continue, scopes: Sequence[Scope], module: str) -> None:
        raise _Jump("continue")

    def _do_FunctionDef(self, node: ast.FunctionDef, scopes: Sequence[Scope], module: str) -> None:
        need(not node.decorator_list, "a decorated function")
        need(not any(isinstance(n, (ast.Nonlocal, ast.Global)) for n in ast.walk(node)), "variables from outside")
        scopes[0][node.name] = Function(node, module, tuple(scopes), self.defaults(node.args, scopes, module))

    def _do_Delete(self, node: ast.Delete, scopes: Sequence[Scope], module: str) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                access.delete_item(self.known(target.value, scopes, module), self.key(target.slice, scopes, module))
            else:
                need(isinstance(target, ast.Name) and target.id in scopes[0], "what is deleted is not known")
                del scopes[0][target.id]  # type: ignore[attr-defined]

    def _do_Assert(self, node: ast.Assert, scopes: Sequence[Scope], module: str) -> None:
        if not operators.truth(self.known(node.test, scopes, module)):
            raise Raised("AssertionError")

    def _do_Raise(self, node: ast.Raise, scopes: Sequence[Scope], module: str) -> None:
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        need(isinstance(error, ast.Name) and error.id.endswith("Error"), "an exception that is not known")
        raise Raised(error.id)  # type: ignore[union-attr]

    def _do_Try(self, node: ast.Try, scopes: Sequence[Scope], module: str) -> None:
        try:
            self._block(node.body, scopes, module)
        except Raised as raised:
            handler = next((h for h in node.handlers if _catches(h, raised.kind)), None)
            need(handler is not None and handler.name is None, "an exception that passes")
            self._block(handler.body, scopes, module)  # type: ignore[union-attr]
        else:
            self._block(node.orelse, scopes, module)
        self._block(node.finalbody, scopes, module)

    def _do_ImportFrom(self, node: ast.ImportFrom, scopes: Sequence[Scope], module: str) -> None:
        need(not node.level and not (node.module or "").startswith(self.package))
        for alias in node.names:
            scopes[0][alias.asname or alias.name] = constant_of(f"{node.module}.{alias.name}")

    def _do_Import(self, node: ast.Import, scopes: Sequence[Scope], module: str) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            scopes[0][name] = Ref(alias.name if alias.asname else name)


def _catches(handler: ast.ExceptHandler, kind: str) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {ast.unparse(t) for t in types}
    if names.isdisjoint({kind, "Exception"}):
        need(names <= {"ValueError", "TypeError", "KeyError", "ZeroDivisionError", "IndexError", "AttributeError"})
        return False
    return True


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield nodes, without those of functions that are defined within."""
    for node in nodes:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            yield from _own_nodes(ast.iter_child_nodes(node))


def _forget(node: ast.stmt, scopes: Sequence[Scope]) -> None:
    """Make unknown what a statement binds, and the columns that it sets."""
    for n in ast.walk(node):
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load):
            scopes[0][n.id] = UNKNOWN
        elif isinstance(n, (ast.FunctionDef, ast.ClassDef)):
            scopes[0][n.name] = UNKNOWN
        elif isinstance(n, ast.alias):
            scopes[0][(n.asname or n.name).partition(".")[0]] = UNKNOWN
        elif isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name):
            frame = next((scope[n.value.id] for scope in scopes if n.value.id in scope), None)
            if isinstance(frame, Frame) and isinstance(n.slice, ast.Constant):
                frame.columns[n.slice.value] = Column((UNKNOWN,) * len(frame), "")
