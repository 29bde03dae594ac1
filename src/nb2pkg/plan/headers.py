"""What may be evaluated when a module is imported: headers of functions, bodies of classes, constants.

A definition moves to module level only if evaluating its header there has no effect and gives what it gave in place.
"""

from __future__ import annotations

import ast
import builtins

from nb2pkg.flow.context import Context
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.scopes import FunctionNode, annotations_of, defaults_of

_PURE_CALLS = frozenset("""
    dataclasses.field enum.auto typing.TypeVar typing.NewType typing.ParamSpec collections.namedtuple
    typing.NamedTuple builtins.frozenset builtins.float builtins.int builtins.str builtins.tuple
    builtins.property builtins.object decimal.Decimal fractions.Fraction datetime.timedelta datetime.date
    re.compile pathlib.Path operator.itemgetter operator.attrgetter torch.device
    """.split())
_PURE_DECORATORS = frozenset("""
    dataclasses.dataclass functools.lru_cache functools.cache functools.wraps functools.total_ordering
    functools.cached_property functools.singledispatch contextlib.contextmanager contextlib.asynccontextmanager
    builtins.staticmethod builtins.classmethod builtins.property abc.abstractmethod enum.unique numba.jit
    numba.njit numba.vectorize numpy.vectorize torch.no_grad torch.inference_mode torch.jit.script jax.jit
    typing.no_type_check typing.overload typing.final typing.runtime_checkable attr.s attr.attrs attrs.define
    attrs.frozen tensorflow.function toolz.curry
    """.split())
_CHANGING_ATTRIBUTES = frozenset({"options", "rcParams", "environ", "display"})
_PURE_SUFFIXES = (".setter", ".getter", ".deleter", ".register")


class Headers:
    """Decides about headers in the light of one notebook's imports.

    Args:
        context: what imported names stand for.
        importable: names that are imported at module level.
        definitions: names of functions and classes that may move to module level.
    """

    def __init__(self, context: Context, importable: frozenset[str], definitions: frozenset[str]) -> None:
        self.context = context
        self.importable = importable
        self.definitions = definitions

    def is_safe(self, node: ast.stmt, needs: set[str]) -> bool:
        """True when a definition can be evaluated at import; names that it needs evaluated before go into `needs`."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._function(node, needs)
        if isinstance(node, ast.ClassDef):
            return self._class(node, needs)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            return all(self.value(d, needs) for d in defaults_of(node.value.args))
        return isinstance(node, ast.Assign) and self._pure_call(node.value, needs)

    def _function(self, node: FunctionNode, needs: set[str]) -> bool:
        return (
            all(self._decorator(d, needs) for d in node.decorator_list)
            and all(self.value(d, needs) for d in defaults_of(node.args))
            and all(self.annotation(a, needs) for a in annotations_of(node))
        )

    def _decorator(self, node: ast.expr, needs: set[str]) -> bool:
        called = node.func if isinstance(node, ast.Call) else node
        name = self.context.qualified(called)
        arguments = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
        root = dotted(called).split(".")[0]
        known = name in _PURE_DECORATORS or (name.endswith(_PURE_SUFFIXES) and root in self.definitions)
        if name == "functools.wraps" and any(dotted(a).split(".")[0] in self.context.patched for a in arguments):
            return False
        if name.endswith(_PURE_SUFFIXES):
            needs.add(root)
        return known and all(self.value(a, needs) or self.annotation(a, needs) for a in arguments)

    def _class(self, node: ast.ClassDef, needs: set[str]) -> bool:
        keywords = all(self.value(k.value, needs) for k in node.keywords)
        bases = all(self.annotation(b, needs) or self._pure_call(b, needs) for b in node.bases)
        own = needs | {n.name for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
        local = set(own)
        inside = all(self._member(member, needs, local) for member in node.body)
        return keywords and bases and inside and all(self._decorator(d, needs) for d in node.decorator_list)

    def _member(self, node: ast.stmt, needs: set[str], local: set[str]) -> bool:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            decorators = [d for d in node.decorator_list if not self._is_own(d, local)]
            needed: set[str] = set()
            bare = all(self._decorator(d, needs) for d in decorators)
            rest = all(self.value(d, needed) for d in defaults_of(node.args))
            notes = all(self.annotation(a, needed) for a in annotations_of(node))
            needs |= needed - local
            return bare and rest and notes
        if isinstance(node, ast.ClassDef):
            local.add(node.name)
            return self._class(node, needs)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            needed = set()
            value = node.value is None or self.value(node.value, needed)
            note = not isinstance(node, ast.AnnAssign) or self.annotation(node.annotation, needed)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            needs |= needed - local
            local |= {t.id for t in targets if isinstance(t, ast.Name)}
            return value and note and all(isinstance(t, ast.Name) for t in targets)
        return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))

    def _is_own(self, node: ast.expr, local: set[str]) -> bool:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in local

    def value(self, node: ast.expr, needs: set[str]) -> bool:
        """True when an expression gives the same value at import, without effect."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return all(self.value(e, needs) for e in node.elts)
        if isinstance(node, ast.Dict):
            return all(k is not None and self.value(k, needs) for k in node.keys) and all(
                self.value(v, needs) for v in node.values
            )
        if isinstance(node, ast.UnaryOp):
            return self.value(node.operand, needs)
        if isinstance(node, ast.BinOp):
            return all(isinstance(e, (ast.Constant, ast.UnaryOp, ast.BinOp)) for e in (node.left, node.right)) and all(
                self.value(e, needs) for e in (node.left, node.right)
            )
        if isinstance(node, ast.Lambda):
            return all(self.value(d, needs) for d in defaults_of(node.args))
        return self._name(node, needs) or self._pure_call(node, needs)

    def annotation(self, node: ast.expr, needs: set[str]) -> bool:
        """True when an annotation or a base class can be evaluated at import."""
        if isinstance(node, ast.Subscript):
            return self.annotation(node.value, needs) and self.annotation(node.slice, needs)
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(self.annotation(e, needs) for e in node.elts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.annotation(node.left, needs) and self.annotation(node.right, needs)
        return isinstance(node, ast.Constant) or self._name(node, needs)

    def _name(self, node: ast.expr, needs: set[str]) -> bool:
        base = node
        while isinstance(base, ast.Attribute):
            if base.attr in self.context.stored or base.attr in _CHANGING_ATTRIBUTES:
                return False  # it may be another value by the time the notebook comes here
            base = base.value
        if not isinstance(base, ast.Name) or (isinstance(node, ast.Attribute) and base.id == "sys"):
            return False
        if base.id in self.importable:
            return True
        if base.id in self.context.bound:
            needs.add(base.id)
            return isinstance(node, ast.Name) or base.id in self.definitions
        return hasattr(builtins, base.id) and isinstance(node, ast.Name)

    def _pure_call(self, node: ast.expr, needs: set[str]) -> bool:
        if not isinstance(node, ast.Call) or self.context.qualified(node.func) not in _PURE_CALLS:
            return False
        return all(self.value(a, needs) for a in [*node.args, *(k.value for k in node.keywords)])


def has_creation_hook(node: ast.ClassDef) -> bool:
    """True when subclassing this class runs code of the notebook's."""
    names = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
    meta = any(isinstance(b, ast.Name) and b.id == "type" for b in node.bases)
    return meta or bool(names & {"__init_subclass__", "__set_name__", "__prepare__", "__mro_entries__"})


def is_immutable_literal(node: ast.expr) -> bool:
    """True for numbers, strings, None and tuples of them."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, (int, float, complex))
    if isinstance(node, ast.Tuple):
        return all(is_immutable_literal(e) for e in node.elts)
    return isinstance(node, ast.Constant)


def is_plain_container(node: ast.expr) -> bool:
    """True for lists, sets and dicts of immutable literals (dicts may hold such containers)."""
    if isinstance(node, (ast.List, ast.Set)):
        return all(is_immutable_literal(e) for e in node.elts)
    if isinstance(node, ast.Dict):
        return all(k is not None and is_immutable_literal(k) for k in node.keys) and all(
            is_immutable_literal(v) for v in node.values
        )
    return False


def parents_of(tree: ast.AST) -> dict[int, ast.AST]:
    """Return each node's parent by `id`."""
    return {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def only_reads(node: ast.Name, parents: dict[int, ast.AST]) -> bool:
    """True when this use of a container can neither change it nor keep it for later."""
    parent = parents.get(id(node))
    if isinstance(parent, ast.Compare):
        return True
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.ctx, ast.Load)
    if isinstance(parent, (ast.For, ast.comprehension, ast.Starred, ast.FormattedValue, ast.BinOp)):
        return True
    if isinstance(parent, ast.Attribute):
        return parent.attr in {"get", "items", "keys", "values", "index", "count", "copy", "isdisjoint", "union"}
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        names = {
            "len",
            "sorted",
            "sum",
            "min",
            "max",
            "set",
            "list",
            "tuple",
            "dict",
            "frozenset",
            "print",
            "any",
            "all",
        }
        return parent.func.id in names and parent.func is not node
    return False
