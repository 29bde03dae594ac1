"""Which types the notebook's names have at each place of its story: one pass from top to bottom.

Only what is surely so is claimed: a name that a branch, a loop or a function may bind otherwise has no type.
Kept as changes per name, so that the cost is linear in the notebook.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.flow.context import Context
from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.expression_types import Expressions
from nb2pkg.flow.scopes import arguments_of, bound_names
from nb2pkg.flow.type_facts import INT, RANGE, TEXT, Type, joined
from nb2pkg.model import Flow, Statement

_FUNCTION = Type("collections.abc", "Callable")
_CLASS = Type("builtins", "type")
_MODULE = Type("types", "ModuleType")
_ROUNDS = 4  # a loop that has not settled by then has no types
_DEEPEST = 3  # functions that are followed from one to the next
_ADDING = frozenset("append extend insert add update setdefault appendleft push put".split())
_HOOKS = frozenset({"__new__", "__call__", "__init_subclass__", "__class_getitem__"})


@dataclass(frozen=True, slots=True)
class NameTypes:
    """The types of names, as changes: after which statement a name has which type."""

    changes: Mapping[str, tuple[tuple[int, Type | None], ...]]

    def before(self, name: str, statement: int) -> Type | None:
        """Return the type that a name has before a statement, or None where it is not known."""
        found = self.changes.get(name, ())
        place = bisect_left(found, statement, key=lambda change: change[0])
        return found[place - 1][1] if place else None

    def after(self, name: str, statement: int) -> Type | None:
        """Return the type that a name has after a statement, or None where it is not known."""
        return self.before(name, statement + 1)


def infer_types(flow: Flow) -> NameTypes:
    """Return the types of the names that the notebook's statements bind."""
    return _Pass(flow).run()


class _Scope:
    """Types of names in a block: what it changes, and what stands above it."""

    def __init__(self, above: _Scope | None = None) -> None:
        self.above = above
        self.types: dict[str, Type | None] = {}
        self.events: dict[str, list[Type | None]] = {}  # all that a name was bound to

    def knows(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.types:
                return True
            scope = scope.above
        return False

    def get(self, name: str) -> Type | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.types:
                return scope.types[name]
            scope = scope.above
        return None

    def bind(self, name: str, kind: Type | None) -> None:
        self.types[name] = kind
        self.events.setdefault(name, []).append(kind)


class _Pass:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.context: Context = flow.context
        statements = flow.statements
        self.volatile = frozenset[str]().union(*(s.names.late_writes for s in statements))
        bound = Counter(n for s in statements for n in s.names.defs)
        made = [s.node for s in statements if isinstance(s.node, (ast.FunctionDef, ast.ClassDef))]
        self.made = {n.name: n for n in made if bound[n.name] == 1 and n.name not in self.volatile}
        self.growing = _growing(statements, self.context)
        self.depth = 0

    def run(self) -> NameTypes:
        scope = _Scope()
        changes: dict[str, list[tuple[int, Type | None]]] = {}
        for statement in self.flow.statements:
            self._statement(statement.node, scope)
            for name in statement.names.defs | statement.names.deletes:
                kind = None if name in self.volatile else scope.get(name)
                changes.setdefault(name, []).append((statement.index, kind))
        return NameTypes({name: tuple(found) for name, found in changes.items()})

    # statements

    def _block(self, nodes: Iterable[ast.stmt], scope: _Scope) -> None:
        for node in nodes:
            self._statement(node, scope)

    def _statement(self, node: ast.stmt, scope: _Scope) -> None:
        if isinstance(node, ast.Assign):
            kind = self._of(node.value, scope)
            self._walrus(node.value, scope)
            if len(node.targets) > 1 and kind is not None and not _is_fixed(kind):
                kind = Type(kind.module, kind.name, tag=kind.tag)  # two names of one container
            for target in node.targets:
                self._bind(target, kind, scope)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._walrus(node.value, scope)
            if isinstance(node.target, ast.Name) and node.value is not None:
                scope.bind(node.target.id, self._kept(node.target.id, self._of(node.value, scope)))
        elif isinstance(node, ast.AugAssign):
            self._walrus(node.value, scope)
            if isinstance(node.target, ast.Name):
                read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
                kind = self._of(ast.copy_location(ast.BinOp(read, node.op, node.value), node), scope)
                scope.bind(node.target.id, self._kept(node.target.id, kind))
        elif isinstance(node, ast.If):
            self._branches(node, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)):
            self._loop(node, scope)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope.bind(node.name, None if node.decorator_list else _FUNCTION)
        elif isinstance(node, ast.ClassDef):
            scope.bind(node.name, None if node.decorator_list else _CLASS)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                scope.bind(alias.asname or alias.name.split(".")[0], _MODULE)
        else:
            self._other(node, scope)

    def _walrus(self, node: ast.expr, scope: _Scope) -> None:
        for n in ast.walk(node):
            if isinstance(n, ast.NamedExpr):
                scope.bind(n.target.id, None)

    def _other(self, node: ast.stmt, scope: _Scope) -> None:
        """Forget the types of names that a statement binds in a way that is not looked into."""
        if isinstance(node, ast.Expr):
            self._walrus(node.value, scope)
            return
        names = def_use(node)
        for name in names.defs | names.deletes:
            scope.bind(name, None)

    def _bind(self, target: ast.expr, kind: Type | None, scope: _Scope) -> None:
        if isinstance(target, ast.Name):
            scope.bind(target.id, self._kept(target.id, kind))
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts: Sequence[Type | None] = kind.args if kind is not None and _is_fixed(kind) else ()
            fits = len(parts) == len(target.elts) and not any(isinstance(e, ast.Starred) for e in target.elts)
            for place, element in enumerate(target.elts):
                self._bind(element, parts[place] if fits else None, scope)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, None, scope)

    def _kept(self, name: str, kind: Type | None) -> Type | None:
        """Return a type without those of its items, where something may be put in."""
        if kind is None or name in self.volatile:
            return None
        if kind.args and kind.name in ("list", "set", "dict") and name in self.growing:
            return Type(kind.module, kind.name)
        return kind

    def _branches(self, node: ast.If, scope: _Scope) -> None:
        found = []
        for body in (node.body, node.orelse):
            inner = _Scope(scope)
            self._block(body, inner)
            found.append((inner, _leaves(body)))
        for name in {n for inner, _ in found for n in inner.types}:
            kinds = [inner.get(name) for inner, leaves in found if inner.knows(name) and not leaves]
            for inner, _ in found:  # what a loop around it may see
                scope.events.setdefault(name, []).extend(inner.events.get(name, ()))
            scope.types[name] = joined(kinds)

    def _loop(self, node: ast.stmt, scope: _Scope) -> None:
        """Find types that hold at each place of a block that may run in parts, never, or again and again."""
        start: dict[str, Type | None] = {}
        for _ in range(_ROUNDS):
            inner = _Scope(scope)
            inner.types.update(start)
            self._parts(node, inner)
            found = {
                name: joined([*([scope.get(name)] if scope.knows(name) else []), *kinds])
                for name, kinds in inner.events.items()
            }
            if all(name in start and start[name] == kind for name, kind in found.items()):
                break
            start = found
        else:
            found = dict.fromkeys(found)
        surely = def_use(node, self.context).kills
        for name, kind in found.items():
            events = inner.events.get(name, [])
            scope.events.setdefault(name, []).extend(events)
            if name in surely:  # what stood there before is gone
                kind = inner.get(name) if isinstance(node, (ast.With, ast.AsyncWith)) else joined(events)
            scope.bind(name, kind)

    def _parts(self, node: ast.stmt, scope: _Scope) -> None:
        start = dict(scope.types)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, None, scope)
            self._block(node.body, scope)
            return
        if isinstance(node, ast.Try):  # what is caught may come from anywhere in the block
            for body in (node.finalbody, *(h.body for h in node.handlers)):
                self._block(body, scope)
                scope.types = dict(start)
            for handler in node.handlers:
                if handler.name:
                    scope.bind(handler.name, None)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self._bind(node.target, self._walked(node.iter, scope), scope)
        self._block(getattr(node, "body", []), scope)
        if not isinstance(node, ast.Try):
            scope.types = dict(start)
        self._block(getattr(node, "orelse", []), scope)

    def _walked(self, node: ast.expr, scope: _Scope) -> Type | None:
        """Return the type of what a loop walks over."""
        if isinstance(node, ast.Call) and not node.keywords and node.args:
            name = self.context.qualified(node.func)
            inner = [self._walked(a, scope) for a in node.args]
            if name == "builtins.enumerate":
                return Type("builtins", "tuple", (INT, inner[0]))
            if name == "builtins.zip":
                return Type("builtins", "tuple", tuple(inner))
        kind = self._of(node, scope)
        if kind == RANGE:
            return INT
        if kind == TEXT:
            return TEXT
        if kind is None or not kind.args:
            return None
        return joined(kind.args) if kind.name == "tuple" else kind.args[0]

    # expressions

    def _of(self, node: ast.expr, scope: _Scope, local: frozenset[str] = frozenset()) -> Type | None:
        return Expressions(self.context, scope.get, self._returned, local).of(node)

    def _returned(self, name: str, call: ast.Call) -> Type | None:
        """Return what a call of one of the notebook's functions or classes gives."""
        node = self.made.get(name)
        if isinstance(node, ast.ClassDef):
            decorators = {self.context.qualified(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list}
            plain = not node.keywords and decorators <= {"dataclasses.dataclass"} and len(node.bases) <= 1
            hooks = {m.name for m in node.body if isinstance(m, ast.FunctionDef)} & _HOOKS
            return Type("", name) if plain and not hooks else None
        if node is None or node.decorator_list or self.depth >= _DEEPEST:
            return None
        if node.returns is not None:
            return _noted(node.returns, self.context)
        self.depth += 1
        found = self._of_function(node)
        self.depth -= 1
        return found

    def _of_function(self, node: ast.FunctionDef) -> Type | None:
        """Return the type of what a function returns at its end, where it returns nowhere else."""
        inner = [n for part in node.body for n in ast.walk(part)]
        returns = [n for n in inner if isinstance(n, ast.Return)]
        last = node.body[-1]
        generator = any(isinstance(n, (ast.Yield, ast.YieldFrom, ast.Nonlocal)) for n in inner)
        if generator or len(returns) != 1 or last is not returns[0] or returns[0].value is None:
            return None
        local = frozenset(bound_names(node) | {a.arg for a in arguments_of(node.args)})
        names = Expressions(self.context, lambda _name: None, self._returned, local)
        scope = _Scope()
        for part in node.body[:-1]:
            if isinstance(part, ast.Assign):
                names.names = scope.get
                kind = names.of(part.value)
                self._walrus(part.value, scope)
                for target in part.targets:
                    self._bind_local(target, kind, scope)
            else:
                self._other(part, scope)
        names.names = scope.get
        return names.of(returns[0].value)

    def _bind_local(self, target: ast.expr, kind: Type | None, scope: _Scope) -> None:
        bare = Type(kind.module, kind.name) if kind and kind.name in ("list", "set", "dict") else kind
        if isinstance(target, ast.Name):
            scope.bind(target.id, bare)
        else:
            self._bind(target, bare, scope)


def _is_fixed(kind: Type) -> bool:
    return (kind.module, kind.name) == ("builtins", "tuple") or (kind.module == "" and kind.tag == "arrays")


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """True for a branch that does not come out at its end."""
    return bool(body) and isinstance(body[-1], (ast.Raise, ast.Return))


def _noted(node: ast.expr, context: Context) -> Type | None:
    """Return the type that an annotation names, where it is a plain one."""
    name = context.qualified(node)
    module, _, last = name.rpartition(".")
    if name.startswith(".") or not module:
        return None
    known = {"builtins": ("int", "float", "str", "bool", "list", "dict", "tuple", "set"), "pandas": ("DataFrame",)}
    known |= {"numpy": ("ndarray",)}
    found = Type(module, last)
    return found if last in known.get(module, ()) else None


def _growing(statements: Sequence[Statement], context: Context) -> frozenset[str]:
    """Return the names of containers that something may be put in, under this name or another."""
    found: set[str] = set()
    for statement in statements:
        reading: set[int] = set()  # keywords of calls that only read
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call) and _only_reads(node, context):
                reading.update(id(k) for k in (node, *node.keywords))
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            for child in ast.iter_child_nodes(node):
                read = isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and id(node) not in reading
                if read and _may_grow(node, child):  # type: ignore[arg-type]
                    found.add(child.id)  # type: ignore[attr-defined]
    return frozenset(found)


def _only_reads(node: ast.Call, context: Context) -> bool:
    """True for calls of libraries that put nothing into what they are given, nor keep it."""
    name = context.qualified(node.func)
    last = name.rpartition(".")[2]
    return bool(name) and last not in _ADDING and last not in context.methods


def _may_grow(parent: ast.AST, name: ast.Name) -> bool:
    """True unless a use of a container only reads it."""
    if isinstance(parent, ast.Attribute):
        return parent.attr in _ADDING
    if isinstance(parent, ast.Subscript):
        return parent.value is name and not isinstance(parent.ctx, ast.Load)
    reading = (ast.Compare, ast.For, ast.comprehension, ast.BinOp, ast.FormattedValue, ast.Slice, ast.Expr)
    return not isinstance(parent, reading)
