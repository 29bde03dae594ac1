"""Expressions of the generated package, evaluated as far as they are certain: a small interpreter of our own.

It knows plain Python values, the models of `values.py` and what the tables of `library.py` say; anything else is a
`Doubt`. No code of the notebook runs: each operation is looked up here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nb2pkg.promises import access, operators
from nb2pkg.promises.library import call_library, constant_of
from nb2pkg.promises.plain import BUILTINS
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Class,
    Doubt,
    Frame,
    Function,
    Index,
    Instance,
    Method,
    Opaque,
    Partial,
    Raised,
    Ref,
    Series,
    certain,
    need,
)

MOST_STEPS = 40_000
Scope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of the package as something that the models of library functions can call."""

    value: Any
    call: Callable[[Any, list[Any], dict[str, Any]], Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(self.value, list(args), kwargs)


class _Round(dict[str, Any]):
    """The variables of one round of a comprehension."""


class Evaluator:
    """Evaluates expressions; `execute.Interpreter` adds statements, functions and modules to it."""

    def __init__(self) -> None:
        self.steps = 0

    def module_name(self, module: str, name: str) -> Any:
        """Return what a name means at the top of a module of the package."""
        raise NotImplementedError

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Return what a function of the package returns."""
        raise NotImplementedError

    def make(self, cls: Class, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Return a new object of a class of the package."""
        raise NotImplementedError

    def evaluate(self, node: ast.expr, scopes: Sequence[Scope], module: str) -> Any:
        """Return the value of an expression.

        Raises:
            Doubt: it is not certain.
            Raised: it surely raises.
        """
        self.steps += 1
        need(self.steps < MOST_STEPS, "too many steps")
        visit = getattr(self, f"_{type(node).__name__}", None)
        need(visit is not None, f"{type(node).__name__} is not known")
        return visit(node, scopes, module)  # type: ignore[misc]

    def known(self, node: ast.expr, scopes: Sequence[Scope], module: str) -> Any:
        """Return the value of an expression that must be known; see `evaluate`."""
        value = self.evaluate(node, scopes, module)
        need(value is not UNKNOWN, f"`{ast.unparse(node)[:60]}` is not known")
        return value

    def _Constant(self, node: ast.Constant, scopes: Sequence[Scope], module: str) -> Any:
        need(not isinstance(node.value, complex))
        return node.value

    def _Name(self, node: ast.Name, scopes: Sequence[Scope], module: str) -> Any:
        for scope in scopes:
            if node.id in scope:
                return scope[node.id]
        return self.module_name(module, node.id)

    def _items(self, nodes: Sequence[ast.expr], scopes: Sequence[Scope], module: str) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from access.items_of(self.known(node.value, scopes, module))
            else:
                yield self.evaluate(node, scopes, module)

    def _List(self, node: ast.List, scopes: Sequence[Scope], module: str) -> list[Any]:
        return list(self._items(node.elts, scopes, module))

    def _Tuple(self, node: ast.Tuple, scopes: Sequence[Scope], module: str) -> tuple[Any, ...]:
        return tuple(self._items(node.elts, scopes, module))

    def _Set(self, node: ast.Set, scopes: Sequence[Scope], module: str) -> set[Any]:
        return set(_hashable(self._items(node.elts, scopes, module)))

    def _Dict(self, node: ast.Dict, scopes: Sequence[Scope], module: str) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                more = self.known(value, scopes, module)
                need(isinstance(more, dict))
                made.update(more)
            else:
                (one,) = _hashable([self.known(key, scopes, module)])
                made[one] = self.evaluate(value, scopes, module)
        return made

    def _BinOp(self, node: ast.BinOp, scopes: Sequence[Scope], module: str) -> Any:
        left, right = self.known(node.left, scopes, module), self.known(node.right, scopes, module)
        return self.binary(type(node.op).__name__, left, right)

    def binary(self, name: str, left: Any, right: Any) -> Any:
        """Return what an operator gives."""
        for value, other in ((left, right), (right, left)):
            if isinstance(value, Series) and name in operators.ARITHMETIC:
                text = isinstance(other, str) or (isinstance(other, Series) and other.dtype == "str")
                value.note("text" if text else "number")
        if name == "MatMult":
            return call_library("numpy.matmul", [left, right], {})
        return operators.binary(name, left, right)

    def _UnaryOp(self, node: ast.UnaryOp, scopes: Sequence[Scope], module: str) -> Any:
        return operators.unary(type(node.op).__name__, self.known(node.operand, scopes, module))

    def _BoolOp(self, node: ast.BoolOp, scopes: Sequence[Scope], module: str) -> Any:
        value: Any = None
        for part in node.values:
            value = self.known(part, scopes, module)
            if operators.truth(value) != isinstance(node.op, ast.And):
                break
        return value

    def _IfExp(self, node: ast.IfExp, scopes: Sequence[Scope], module: str) -> Any:
        chosen = operators.truth(self.known(node.test, scopes, module))
        return self.evaluate(node.body if chosen else node.orelse, scopes, module)

    def _Compare(self, node: ast.Compare, scopes: Sequence[Scope], module: str) -> Any:
        left, result = self.known(node.left, scopes, module), True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.known(right_node, scopes, module)
            name = type(op).__name__
            _note_comparison(name, left, right)
            result = operators.compare(name, left, right)
            if len(node.ops) == 1:
                return result
            if not operators.truth(result):
                return result
            left = right
        return result

    def _NamedExpr(self, node: ast.NamedExpr, scopes: Sequence[Scope], module: str) -> Any:
        value = self.evaluate(node.value, scopes, module)
        next(scope for scope in scopes if not isinstance(scope, _Round))[node.target.id] = value
        return value

    def _JoinedStr(self, node: ast.JoinedStr, scopes: Sequence[Scope], module: str) -> str:
        return "".join(str(self.evaluate(part, scopes, module)) for part in node.values)

    def _FormattedValue(self, node: ast.FormattedValue, scopes: Sequence[Scope], module: str) -> str:
        value = self.known(node.value, scopes, module)
        need(isinstance(value, (int, float, str)) and node.conversion in (-1, 115), "how it prints is not known")
        spec = self._JoinedStr(node.format_spec, scopes, module) if isinstance(node.format_spec, ast.JoinedStr) else ""
        try:
            return format(value, spec)
        except ValueError:
            raise Raised("ValueError") from None

    def _Lambda(self, node: ast.Lambda, scopes: Sequence[Scope], module: str) -> Function:
        return Function(node, module, tuple(scopes), self.defaults(node.args, scopes, module))

    def defaults(self, given: ast.arguments, scopes: Sequence[Scope], module: str) -> tuple[tuple[str, Any], ...]:
        """Return the default values of parameters."""
        plain = [*given.posonlyargs, *given.args]
        pairs = [(a.arg, d) for a, d in zip(plain[len(plain) - len(given.defaults) :], given.defaults, strict=True)]
        pairs += [(a.arg, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None]
        return tuple((name, self.evaluate(d, scopes, module)) for name, d in pairs)

    def _ListComp(self, node: ast.ListComp, scopes: Sequence[Scope], module: str) -> list[Any]:
        return [self.evaluate(node.elt, inner, module) for inner in self._rounds(node.generators, scopes, module)]

    _GeneratorExp = _ListComp

    def _SetComp(self, node: ast.SetComp, scopes: Sequence[Scope], module: str) -> set[Any]:
        rounds = self._rounds(node.generators, scopes, module)
        return set(_hashable(self.evaluate(node.elt, inner, module) for inner in rounds))

    def _DictComp(self, node: ast.DictComp, scopes: Sequence[Scope], module: str) -> dict[Any, Any]:
        made = {}
        for inner in self._rounds(node.generators, scopes, module):
            (key,) = _hashable([self.known(node.key, inner, module)])
            made[key] = self.evaluate(node.value, inner, module)
        return made

    def _rounds(
        self, generators: Sequence[ast.comprehension], scopes: Sequence[Scope], module: str
    ) -> Iterator[Sequence[Scope]]:
        first, *rest = generators
        for item in access.items_of(self.known(first.iter, scopes, module)):
            inner = [_Round(), *scopes]
            self.bind(first.target, item, inner, module)
            if all(operators.truth(self.known(test, inner, module)) for test in first.ifs):
                if rest:
                    yield from self._rounds(rest, inner, module)
                else:
                    yield inner

    def bind(self, target: ast.expr, value: Any, scopes: Sequence[Scope], module: str) -> None:
        """Bind a target of an assignment, a loop or a comprehension."""
        if isinstance(target, ast.Name):
            scopes[0][target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            need(not any(isinstance(t, ast.Starred) for t in target.elts), "a starred target")
            items = [UNKNOWN] * len(target.elts) if value is UNKNOWN else access.items_of(value)
            need(len(items) == len(target.elts), "another number of values")
            for part, item in zip(target.elts, items, strict=True):
                self.bind(part, item, scopes, module)
        elif isinstance(target, ast.Subscript):
            owner = self.known(target.value, scopes, module)
            access.set_item(owner, self.key(target.slice, scopes, module), value)
        elif isinstance(target, ast.Attribute):
            access.set_attribute(self.known(target.value, scopes, module), target.attr, value)
        else:
            raise Doubt("a target of another kind")

    def _Subscript(self, node: ast.Subscript, scopes: Sequence[Scope], module: str) -> Any:
        return access.get_item(self.known(node.value, scopes, module), self.key(node.slice, scopes, module))

    def key(self, node: ast.expr, scopes: Sequence[Scope], module: str) -> Any:
        """Return what stands in square brackets, slices as slices."""
        if isinstance(node, ast.Tuple):
            return tuple(self.key(part, scopes, module) for part in node.elts)
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return slice(*(None if p is None else self.known(p, scopes, module) for p in parts))
        value = self.known(node, scopes, module)
        need(isinstance(value, (Series, Frame, Array, Index)) or certain(value), "a key that is not known")
        return value

    def _Attribute(self, node: ast.Attribute, scopes: Sequence[Scope], module: str) -> Any:
        value = self.known(node.value, scopes, module)
        if isinstance(value, Ref):
            return self.member(value, node.attr)
        if isinstance(value, Instance) and node.attr not in value.attributes:
            found = value.cls.method(node.attr)
            need(found is not None and not found.decorator_list, "an attribute that is not known")
            return Function(found, value.cls.module, (), (), value)  # type: ignore[arg-type]
        return access.get_attribute(value, node.attr)

    def member(self, ref: Ref, name: str) -> Any:
        """Return a member of an imported module or class."""
        return constant_of(f"{ref.name}.{name}")

    def _Call(self, node: ast.Call, scopes: Sequence[Scope], module: str) -> Any:
        function = self.known(node.func, scopes, module)
        args = list(self._items(node.args, scopes, module))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scopes, module)
            if keyword.arg is None:
                need(isinstance(value, dict) and all(isinstance(k, str) for k in value))
                kwargs.update(value)
            else:
                kwargs[keyword.arg] = value
        return self.call(function, args, kwargs)

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Return what a call of anything gives."""
        self.steps += 1
        if isinstance(function, Function):
            return self.call_function(function, args, kwargs)
        if isinstance(function, Class):
            return self.make(function, args, kwargs)
        if isinstance(function, Partial):
            return self.call(function.function, [*function.args, *args], {**dict(function.kwargs), **kwargs})
        if isinstance(function, Ref) and function.name == "functools.partial":
            return Partial(args[0], tuple(args[1:]), tuple(kwargs.items()))
        need(isinstance(function, (Ref, Method)), "a call of something unknown")
        given = [self._callable(a) for a in args]
        named = {k: self._callable(v) for k, v in kwargs.items()}
        try:
            if isinstance(function, Method):
                return access.call_method(function, given, named)
            return call_library(function.name, given, named)
        except (Doubt, Raised, RecursionError):
            raise
        except Exception as error:  # the models take what the code gives them: what they can't is not certain
            raise Doubt(f"{type(error).__name__}: {error}") from None

    def _callable(self, value: Any) -> Any:
        if isinstance(value, (Function, Class, Method, Partial)):
            return Callee(value, self.call)
        if isinstance(value, Ref) and value.name.startswith(("builtins.", "numpy.", "math.", "pandas.")):
            return Callee(value, self.call)
        return value


def builtin(name: str) -> Any:
    """Return what a name means that nothing binds."""
    need(name in BUILTINS, f"`{name}` is not known")
    return Ref(f"builtins.{name}")


def _hashable(values: Any) -> Iterator[Any]:
    for value in values:
        need(isinstance(value, (int, float, str, bytes, tuple, frozenset, type(None))) and certain(value))
        try:
            hash(value)
        except TypeError:
            raise Raised("TypeError") from None
        yield value


def _note_comparison(name: str, left: Any, right: Any) -> None:
    for series, other, order in ((left, right, name), (right, left, operators.MIRRORED.get(name, ""))):
        if not isinstance(series, Series) or isinstance(other, (Series, Array, Opaque)):
            continue
        if order in ("Eq", "NotEq"):
            series.note("equal", other)
        elif order:
            series.note("threshold", other)
