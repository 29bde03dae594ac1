"""Decides from its text whether importing a module only defines names."""

from __future__ import annotations

import ast

from nb2pkg.cells.text import parse

# Calls that build a value and do nothing else.
_HARMLESS_CALLS = frozenset(
    [
        "dict",
        "list",
        "tuple",
        "set",
        "frozenset",
        "range",
        "int",
        "float",
        "str",
        "bytes",
        "bool",
        "complex",
        "len",
        "min",
        "max",
        "sum",
        "sorted",
        "zip",
        "enumerate",
        "type",
        "object",
        "slice",
        "namedtuple",
        "collections.namedtuple",
        "collections.OrderedDict",
        "collections.defaultdict",
        "OrderedDict",
        "defaultdict",
        "Counter",
        "deque",
        "re.compile",
        "Path",
        "PurePath",
        "pathlib.Path",
        "Decimal",
        "Fraction",
        "datetime.timedelta",
        "timedelta",
        "datetime.date",
        "date",
        "TypeVar",
        "typing.TypeVar",
        "ParamSpec",
        "NewType",
        "typing.NewType",
        "logging.getLogger",
        "getLogger",
        "field",
        "dataclasses.field",
        "np.array",
        "np.dtype",
        "np.float32",
        "np.float64",
        "np.int64",
        "numpy.array",
        "partial",
        "functools.partial",
        "property",
        "Enum",
    ]
)
_HARMLESS_DECORATORS = frozenset(
    [
        "property",
        "staticmethod",
        "classmethod",
        "dataclass",
        "dataclasses.dataclass",
        "abstractmethod",
        "abc.abstractmethod",
        "functools.wraps",
        "wraps",
        "functools.lru_cache",
        "lru_cache",
        "functools.cache",
        "cache",
        "cached_property",
        "functools.cached_property",
        "functools.total_ordering",
        "total_ordering",
        "contextmanager",
        "contextlib.contextmanager",
        "functools.singledispatch",
        "singledispatch",
        "overload",
        "typing.overload",
        "njit",
        "numba.njit",
        "jit",
        "numba.jit",
    ]
)


def is_pure(source: str) -> bool:
    """Return whether a module holds nothing but imports, definitions and plain values."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_defines(node) for node in tree.body)


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, ast.Global)):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _function(node)
    if isinstance(node, ast.ClassDef):
        values = [*node.bases, *(keyword.value for keyword in node.keywords)]
        return _decorated(node.decorator_list) and all(map(_value, values)) and all(map(_defines, node.body))
    if isinstance(node, ast.Assign):
        return all(map(_target, node.targets)) and _value(node.value)
    if isinstance(node, ast.AnnAssign):
        return _target(node.target) and (node.value is None or _value(node.value))
    if isinstance(node, ast.If):
        taken = node.orelse if _is_guard(node.test) else [*node.body, *node.orelse]
        return _value(node.test) and all(map(_defines, taken))
    if isinstance(node, ast.Try):
        bodies = [*node.body, *node.orelse, *node.finalbody, *(s for handler in node.handlers for s in handler.body)]
        return all(_defines(statement) or isinstance(statement, ast.Raise) for statement in bodies)
    return False


def _is_guard(test: ast.expr) -> bool:
    """Return whether a branch is not taken on import: `if __name__ == "__main__"`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
    return _decorated(node.decorator_list) and all(map(_value, defaults))


def _decorated(decorators: list[ast.expr]) -> bool:
    for decorator in decorators:
        name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name not in _HARMLESS_DECORATORS and not name.endswith((".setter", ".getter", ".deleter", ".register")):
            return False
    return True


def _target(node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_target, node.elts))
    return isinstance(node, ast.Name)


def _value(node: ast.AST) -> bool:
    """Return whether evaluating an expression only makes a value."""
    if isinstance(node, ast.Lambda):
        return all(map(_value, node.args.defaults))
    if isinstance(node, ast.Call):
        if ast.unparse(node.func) not in _HARMLESS_CALLS:
            return False
    elif isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
        return False
    return all(
        _value(child)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, (ast.expr, ast.keyword, ast.comprehension))
    )
