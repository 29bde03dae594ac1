"""State outside names: what a second process would not have when only values are handed to it.

Random generators (Python's, numpy's, torch's) are handed over and files stay, so neither counts. What is asked here is
only used to cut less: where a statement may change such state, nothing after it becomes a stage of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from nb2pkg.flow.context import Context
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.imports import imported_tops
from nb2pkg.flow.libraries import draws, is_setting, returns_nothing, stage_of_call
from nb2pkg.model import Flow, Statement

# Libraries that keep generators, sessions or counters of their own, which no value holds.
_OWN_STATE = frozenset(
    {"tensorflow", "keras", "tensorflow_probability", "jax", "flax", "mxnet", "paddle", "cupy", "chainer"}
    | {"pyspark", "dask", "ray", "duckdb", "logging", "loguru", "structlog", "mlflow", "wandb", "comet_ml", "neptune"}
    | {"threading", "multiprocessing", "concurrent", "asyncio", "sched", "signal", "atexit", "contextvars", "faker"}
    | {"rpy2", "oct2py", "matlab", "pygame", "turtle", "tkinter", "unittest", "doctest", "weakref"}
)
_CARRIED_SEEDS = frozenset({"random.seed", "numpy.random.seed", "torch.manual_seed", "torch.random.manual_seed"})
# Words that begin the names of functions which change a state, or are such names.
_CHANGING = ("set", "seed", "use", "register", "unregister", "enable", "disable", "reset", "config", "init", "patch",
             "install", "activate", "filterwarnings", "simplefilter", "rc", "switch", "ion", "ioff", "load_dotenv",
             "tqdm.pandas", "progress_apply", "manual_seed", "fix", "change")  # fmt: skip
# Calls for their effect which leave nothing behind in the process.
_HARMLESS = frozenset("""
    print pprint pp show flush display savefig close figure subplots tight_layout save savez savetxt savez_compressed
    dump dumps write to_csv copy copy2 copyfile copytree move makedirs mkdir remove unlink rmtree rename sleep download
    urlretrieve collect system run call check_call check_output Popen shuffle heappush heappop heapify insort
    insort_left insort_right fill_diagonal put copyto place putmask assert_allclose assert_array_equal assert_equal
    assert_frame_equal assert_almost_equal assert_series_equal at setattr delattr
    """.split())
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def rooted_state(flow: Flow) -> str:
    """Return why a notebook keeps state that no value holds, wherever it is cut; or the empty string."""
    tops = sorted(imported_tops(flow.statements) & _OWN_STATE)
    if tops:
        return f"`{tops[0]}` keeps state of its own"
    for module in flow.notebook.local_modules:
        for name, content in module.files:
            if name.endswith(".py") and _keeps_state(content):
                return f"`{name}` may keep state of its own"
    for statement in flow.statements:
        if isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            why = _definition_state(statement, flow.context)
            if why:
                return why
    return ""


def _keeps_state(content: bytes) -> bool:
    """True when a module's own values may change: it has values that can, or functions that bind its names."""
    try:
        body = ast.parse(content).body
    except (SyntaxError, ValueError):
        return True
    if any(isinstance(n, (ast.Global, ast.Nonlocal)) for node in body for n in ast.walk(node)):
        return True
    return any(not isinstance(n, (*_DEFINING, ast.Import, ast.ImportFrom)) and not _is_constant(n) for n in body)


_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_constant(node: ast.stmt) -> bool:
    values = (ast.Constant, ast.Tuple, ast.UnaryOp)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Assign, ast.AnnAssign)) and (node.value is None or isinstance(node.value, values))


def _definition_state(statement: Statement, context: Context) -> str:
    """Return why a function or class of the notebook may remember something between calls."""
    for n in ast.walk(statement.node):
        if isinstance(n, _FUNCTIONS):
            defaults = [*n.args.defaults, *(d for d in n.args.kw_defaults if d is not None)]
            if any(isinstance(d, _MUTABLE) for d in defaults):
                return "a function's default value may change"
        if isinstance(n, _DEFINING) and any(_is_memory(d) for d in n.decorator_list):
            return f"`{n.name}` remembers results"
        if isinstance(n, ast.ClassDef):
            held = (b for b in n.body if isinstance(b, (ast.Assign, ast.AnnAssign)))
            if any(isinstance(b.value, _MUTABLE) and not _is_field(b.value) for b in held):
                return f"`{n.name}` holds values that all its objects share"
        if isinstance(n, (ast.Nonlocal, ast.Global)):
            return "a function binds names outside of it"
    own = _touched(statement, context)
    return f"a function may change {own}" if own else ""


def _is_memory(decorator: ast.expr) -> bool:
    """True for decorators that may keep something: all but those that are known."""
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]
    return name not in {"staticmethod", "classmethod", "property", "dataclass", "wraps", "setter", "abstractmethod"} | {
        "override",
        "overload",
        "total_ordering",
        "no_grad",
        "contextmanager",
    }


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] == "field"


def touches_state(statement: Statement, context: Context) -> str:
    """Return what state outside names a statement of the story may change, or the empty string."""
    if isinstance(statement.node, (ast.Import, ast.ImportFrom)):
        return "what an import does"
    outside = sorted(_SPOKEN.keys() & {e.partition(":")[0] for e in statement.effects})
    if outside:
        return _SPOKEN[outside[0]]
    return _touched(statement, context)


_SPOKEN = {
    "cwd": "the working folder",
    "environ": "the environment",
    "path": "where modules are found",
    "modules": "modules",
    "await": "the event loop",
}


def _touched(statement: Statement, context: Context) -> str:
    bare = {id(n.value) for n in ast.walk(statement.node) if isinstance(n, ast.Expr) and not statement.displayed}
    for n in ast.walk(statement.node):
        if isinstance(n, ast.Call):
            name = context.qualified(n.func)
            if _changes(name, n, alone=id(n) in bare):
                return f"what `{name}` changes"
        for target in _targets(n):
            root = dotted(target.value if isinstance(target, ast.Subscript) else target).partition(".")[0]
            if root in context.aliases or (root and root in context.managers):
                return f"`{root}`"
    return ""


def _targets(node: ast.AST) -> Iterator[ast.Attribute | ast.Subscript]:
    found: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        found = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        found = [node.target]
    yield from (t for t in found if isinstance(t, (ast.Attribute, ast.Subscript)))


def _changes(name: str, call: ast.Call, *, alone: bool) -> bool:
    """True for calls of libraries that may change what no value holds."""
    if not name or name.startswith(".") or name in _CARRIED_SEEDS:
        return False
    if is_setting(name):
        return True
    last = name.rpartition(".")[2]
    if name.startswith("builtins."):
        return last in {"setattr", "delattr"}
    if last.lower().startswith(_CHANGING) and not last[:1].isupper():
        return not name.startswith("matplotlib.pyplot.set") and not draws(name)
    known = last in _HARMLESS or stage_of_call(name) is not None or name.startswith("matplotlib.pyplot.")
    return alone and not known and not draws(name)


def sets_up(statement: Statement, context: Context, settings: Collection[str]) -> bool:
    """True for a statement that only sets options by constants: done again in another process, it does the same.

    Args:
        statement: the statement.
        context: what calls stand for.
        settings: names of settings, which are the same in all processes.
    """
    node = statement.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        root = dotted(target.value if isinstance(target, ast.Subscript) else target).partition(".")[0]
        plain = isinstance(target, (ast.Attribute, ast.Subscript)) and root in context.aliases
        return plain and _is_plain(node.value, settings) and not statement.effects & {"path", "modules"}
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    name = context.qualified(node.value.func)
    given = [*node.value.args, *(k.value for k in node.value.keywords)]
    if statement.displayed and not returns_nothing(name):
        return False
    known = is_setting(name) or name in _CARRIED_SEEDS or ".rcParams." in name
    return known and all(_is_plain(value, settings) for value in given)


def _is_plain(value: ast.expr, settings: Collection[str]) -> bool:
    """True for what is made of constants and settings."""
    allowed = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.Load, ast.keyword)
    return all(isinstance(n, allowed) or getattr(n, "id", "") in settings for n in ast.walk(value))
