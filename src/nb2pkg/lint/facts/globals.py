"""What the functions of a notebook do with its variables: which they read, and which they change."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.flow.scopes import defaults_of, function_free, lambda_free, target_names
from nb2pkg.lint.facts.blocks import statements_in
from nb2pkg.lint.facts.mutation import root
from nb2pkg.lint.notebook import FUNCTIONS, HISTORY, PROVIDED, Function, Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Methods that change what they are called on, and of which the value is of use.
_TAKING = frozenset({"pop", "popitem", "popleft", "setdefault", "assign_add", "assign_sub", "apply_gradients"})
# Methods that change what they are called on when nothing is done with their value; else they may be other ones that
# return a changed copy (`DataFrame.append`, `optimizer.update` of optax).
_CHANGING = frozenset(
    {"append", "extend", "insert", "remove", "clear", "sort", "reverse", "update", "add", "discard", "appendleft"}
    | {"extendleft", "rotate", "difference_update", "intersection_update", "symmetric_difference_update"}
    | {"zero_grad", "step", "load_state_dict", "load_weights", "set_weights", "fill", "assign"}
)
# Methods of estimators that learn in place; models of statistics libraries return what they learnt instead.
_LEARNING = frozenset({"fit", "fit_transform", "partial_fit"})
_LEARNERS = ("sklearn.", "keras.", "tensorflow.", "xgboost.", "lightgbm.", "catboost.", "imblearn.")
# Calls that change their first argument.
_CHANGING_CALLS = frozenset(
    {"random.shuffle", "numpy.random.shuffle", "numpy.fill_diagonal", "numpy.put", "numpy.copyto", "numpy.place"}
    | {"heapq.heappush", "heapq.heappop", "heapq.heapify", "heapq.heapreplace", "heapq.heappushpop"}
    | {"bisect.insort", "bisect.insort_left", "bisect.insort_right"}
)
# Calls that make what is a part of the language's or a library's furniture rather than data.
_FURNITURE = frozenset(
    {"re.compile", "logging.getLogger", "torch.device", "collections.namedtuple", "typing.NamedTuple", "typing.NewType"}
    | {
        "typing.TypeVar",
        "typing.TypedDict",
        "enum.Enum",
        "enum.IntEnum",
        "functools.partial",
        "importlib.import_module",
    }
    | {
        "numpy.vectorize",
        "jax.jit",
        "jax.vmap",
        "jax.pmap",
        "jax.grad",
        "jax.value_and_grad",
        "numba.jit",
        "numba.njit",
    }
    | {"numba.vectorize", "tensorflow.function", "torch.jit.script", "torch.compile", "torch.vmap", "torch.func.vmap"}
    | {"functools.lru_cache", "functools.cache", "sympy.symbols", "sympy.Symbol", "sympy.Function", "sympy.var"}
    | {"sympy.lambdify", "string.Template", "operator.itemgetter", "operator.attrgetter", "builtins.__import__"}
    | {"structlog.get_logger", "builtins.object", "builtins.type", "struct.Struct", "datetime.timedelta"}
)

# Calls that make the same of the same literals.
_MAKING = frozenset(
    {
        "array",
        "asarray",
        "arange",
        "linspace",
        "eye",
        "zeros",
        "ones",
        "sqrt",
        "exp",
        "log",
        "float64",
        "matrix",
        "diag",
    }
    | {"int", "float", "complex", "list", "tuple", "dict", "set", "frozenset", "range", "len", "sum", "min", "max"}
)


class Change:
    """A variable of the notebook that a function changes, the node that does it, and whether it binds it anew."""

    __slots__ = ("name", "node", "rebinds")

    def __init__(self, name: str, node: Any, *, rebinds: bool) -> None:
        self.name = name
        self.node = node
        self.rebinds = rebinds


def functions(notebook: Notebook) -> list[Function]:
    """Return the functions and methods of a notebook, and the lambdas that have a name, in the order of the source."""
    found = list(notebook.functions)
    for site in notebook.find(ast.Lambda):
        node = notebook.parent(site.node)
        if isinstance(node, ast.Assign) and node is site.statement.node and isinstance(node.targets[0], ast.Name):
            found.append(Function(node.targets[0].id, site.node, site.statement, lambda_free(site.node)))
    return sorted(found, key=lambda f: (f.statement.index, f.node.lineno))


def variables_read(notebook: Notebook, function: Function, known: dict[str, bool]) -> dict[str, Any]:
    """Return the variables of the notebook that a function reads, each with the node that reads it first.

    Args:
        notebook: the whole.
        function: one of its functions.
        known: which names are variables, for the next function to ask.
    """
    read = function.free.all_reads - function.free.global_writes
    known.update({name: is_variable(notebook, name) for name in read if name not in known})
    names = {name for name in read if known[name]}
    if not names:
        return {}
    found: dict[str, Any] = {}
    for node, _, visible in nodes_of(function.node, frozenset(names)):
        if isinstance(node, ast.Name) and node.id in visible:
            found.setdefault(node.id, node)
    return {**{name: function.node for name in sorted(names - found.keys())}, **found}


def is_variable(notebook: Notebook, name: str) -> bool:
    """Tell whether a name of the notebook stands for data or a state: another value may stand there another day.

    Constants, imports, definitions and what is as good as these are no variables.
    """
    bound = notebook.bindings.get(name, ())
    if not bound or name in notebook.imported or name in PROVIDED or name in HISTORY:
        return False
    if all(_is_furniture(notebook, name, s) for s in bound) or any(_defines(s, name) for s in bound):
        return False
    return not _is_constant(notebook, name, bound)


def _is_constant(notebook: Notebook, name: str, bound: tuple[Statement, ...]) -> bool:
    letters = name.strip("_")
    if not letters.isupper() or any(isinstance(s.node, (ast.For, ast.While, ast.AugAssign)) for s in bound):
        return False
    values = [_value(s.node, name) for s in bound]
    if len(letters) == 1:  # `N = 10` is a constant, `X = df.drop(...)` is a matrix
        return len(bound) == 1 and values[0] is not None and _is_plain(notebook, values[0])
    if len(bound) == 1:
        return True
    first = values[0]
    return isinstance(first, ast.Constant) and all(
        isinstance(v, ast.Constant) and v.value == first.value for v in values
    )


def _is_plain(notebook: Notebook, value: ast.expr) -> bool:
    """True for an expression of literals, constants and arithmetic: it says the same each time."""
    for node in ast.walk(value):
        if isinstance(node, ast.Name) and not _is_known(notebook, node.id):
            return False
        if isinstance(node, ast.Call):
            module, _, name = notebook.qualified(node.func).rpartition(".")
            if module != "math" and not (module in {"numpy", "builtins"} and name in _MAKING):
                return False
    return True


def _is_known(notebook: Notebook, name: str) -> bool:
    return name in notebook.imported or name in PROVIDED or notebook.is_constant(name)


def _value(node: ast.stmt, name: str) -> ast.expr | None:
    """Return the value that an assignment gives to a name alone, or None."""
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
        return node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
        return node.value
    return None


def _defines(statement: Statement, name: str) -> bool:
    """True for a statement that defines a function or a class of this name, also below a condition."""
    if isinstance(statement.node, (*FUNCTIONS, ast.ClassDef)):
        return statement.node.name == name
    if isinstance(statement.node, (ast.If, ast.Try, ast.With, ast.For)):
        return any(isinstance(n, (*FUNCTIONS, ast.ClassDef)) and n.name == name for n in ast.walk(statement.node))
    return isinstance(_value(statement.node, name), ast.Lambda)


def _is_furniture(notebook: Notebook, name: str, statement: Statement) -> bool:
    """True for another name of something imported, a compiled pattern, a logger, a device, a wrapped function."""
    if isinstance(statement.node, (ast.If, ast.Try)):
        if name == "device":
            return True
        values = [v for v in (_value(n, name) for n in statements_in([statement.node])) if v is not None]
        values = [v for v in values if not isinstance(v, ast.Constant) or v.value is not None]
        return bool(values) and all(_is_furnished(notebook, name, v) for v in values)
    value = _value(statement.node, name)
    if value is not None:
        return _is_furnished(notebook, name, value)
    if not isinstance(statement.node, ast.Assign):
        return False
    value = statement.node.value  # `x, y = symbols("x y")`
    return isinstance(value, ast.Call) and notebook.qualified(value.func) in _FURNITURE


def _is_furnished(notebook: Notebook, name: str, value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp):
        return name == "device" or all(_is_reference(notebook, v) for v in (value.body, value.orelse))
    if isinstance(value, ast.Call):
        called = value.func.func if isinstance(value.func, ast.Call) else value.func  # `lru_cache(None)(f)`
        wraps = bool(value.args) and isinstance(value.args[0], ast.Name) and notebook.is_definition(value.args[0].id)
        own = isinstance(called, ast.Name) and notebook.is_definition(called.id) and wraps and len(value.args) == 1
        shell = isinstance(called, ast.Name) and called.id == "get_ipython"
        return notebook.qualified(called) in _FURNITURE or name == "device" or own or shell
    return _is_reference(notebook, value) or (name == "device" and isinstance(value, ast.Constant))


def _is_reference(notebook: Notebook, value: ast.expr) -> bool:
    """True for something imported or defined, by another name: `layers = keras.layers`, `Array = np.ndarray | list`."""
    while isinstance(value, (ast.Attribute, ast.Subscript)):
        value = value.value
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return _is_reference(notebook, value.left)
    if not isinstance(value, ast.Name):
        return False
    return value.id in notebook.imported or value.id in PROVIDED or notebook.is_definition(value.id)


def changes(notebook: Notebook, function: Function) -> list[Change]:
    """Return the variables of the notebook that a function changes, each once, in the order of the source."""
    bound = function.free.global_writes
    objects = {n for n in function.free.all_reads if n in notebook.bindings and n not in notebook.imported}
    objects -= {function.name, *function.name.split(".")}  # a class counts its own objects, a function its calls
    if not bound and not objects:
        return []
    found: dict[str, Change] = {}
    for node, parent, visible in nodes_of(function.node, frozenset(objects | bound)):
        name = node.id if isinstance(node, ast.Name) and node.id in bound and not _is_load(node) else ""
        if name:
            found.setdefault(name, Change(name, node, rebinds=True))
            continue
        name = _changed(notebook, node, parent)
        if name in visible and name in objects:
            found.setdefault(name, Change(name, node, rebinds=False))
    for name in sorted(bound - found.keys()):  # by `import`, `def`, `for`
        found[name] = Change(name, function.node, rebinds=True)
    return list(found.values())


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _changed(notebook: Notebook, node: ast.AST, parent: ast.AST) -> str:
    """Return the name of the object that a node changes in place, or the empty string."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        return root(node.value)
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        method, name = node.func.attr, root(node.func.value)
        if not name:
            return ""
        unused = isinstance(parent, ast.Expr) or (isinstance(parent, ast.Lambda) and _is_container(notebook, name))
        alone = isinstance(node.func.value, ast.Name)
        if method in _TAKING or (method in _CHANGING and unused) or (unused and _is_in_place(node)):
            return name
        if method in _LEARNING and alone and _is_learner(notebook, name):
            return name
    if node.args and notebook.qualified(node.func) in _CHANGING_CALLS:
        return root(node.args[0])
    return ""


def _is_in_place(node: ast.Call) -> bool:
    return any(
        k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords
    )


def _is_learner(notebook: Notebook, name: str) -> bool:
    values = [_value(s.node, name) for s in notebook.bindings.get(name, ())]
    made = [notebook.qualified(v.func) for v in values if isinstance(v, ast.Call)]
    return len(made) == len(values) and all(m.startswith(_LEARNERS) for m in made)


def _is_container(notebook: Notebook, name: str) -> bool:
    """True for a list, a dictionary or a set, whose changing methods return nothing."""
    values = [_value(s.node, name) for s in notebook.bindings.get(name, ())]
    return all(isinstance(v, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)) for v in values)


def nodes_of(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, names: frozenset[str]
) -> Iterator[tuple[ast.AST, ast.AST, frozenset[str]]]:
    """Yield the nodes of a function's body, in the order of the source.

    Args:
        function: its definition, or a lambda.
        names: those that the function takes from the notebook.

    Yields:
        The node, its parent, and which of the names aren't hidden there by a variable of a nested scope.
    """
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    stack: list[tuple[ast.AST, ast.AST, frozenset[str]]] = [(n, function, names) for n in reversed(body)]
    while stack:
        node, parent, visible = stack.pop()
        yield node, parent, visible
        stack.extend((child, node, seen) for child, seen in reversed(_parts(node, visible)))


def _parts(node: ast.AST, visible: frozenset[str]) -> list[tuple[ast.AST, frozenset[str]]]:
    """Return the children of a node, each with the names that still mean those of the notebook there."""
    inner = visible
    outside: list[ast.AST] = []  # evaluated outside of the scope that the node is
    if not visible:
        pass
    elif isinstance(node, FUNCTIONS):
        free = function_free(node)
        inner = visible & (free.all_reads | free.global_writes)
        outside = [*node.decorator_list, *defaults_of(node.args)]
    elif isinstance(node, ast.Lambda):
        inner = visible & lambda_free(node).all_reads
        outside = [*defaults_of(node.args)]
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        inner = visible - set().union(*(target_names(g.target) for g in node.generators))
        outside = [node.generators[0].iter]
    found = [(n, visible) for n in outside]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.arguments, ast.comprehension)) and outside:
            found += [(n, inner) for n in ast.iter_child_nodes(child) if n not in outside]
        elif child not in outside:
            found.append((child, inner))
    return found
