"""State outside names: what a statement does to the process around it, read off its calls and targets."""

from __future__ import annotations

import ast

_CALL_EFFECTS = {
    "os.chdir": "cwd",
    "__nb_change_directory": "cwd",
    "os.putenv": "environ",
    "shutil.copy": "files",
    "shutil.move": "files",
    "__nb_set_environment": "environ",
    "load_dotenv": "environ",
    "dotenv.load_dotenv": "environ",
    "site.addsitedir": "path",
    "__nb_write_file": "files",
    "__nb_run_file": "path",
    "__nb_run_shell": "files",
    "__nb_run_script": "files",
    "__nb_shell_lines": "files",
}
_CONTAINERS = {"sys.path": "path", "os.environ": "environ", "environ": "environ", "sys.modules": "modules"}
# Methods and functions that may put a module beside the notebook.
_WRITING = {"write_text", "write_bytes", "extractall", "unpack_archive", "copyfile", "copytree", "urlretrieve"}
_CHANGING = {"append", "insert", "extend", "update", "setdefault", "pop", "remove", "clear"}
_NAMESPACE_CALLS = {"globals", "locals", "vars", "dir", "exec", "eval"}
_FRAMES = {"sys._getframe", "inspect.currentframe", "inspect.stack", "inspect.trace", "currentframe"}
# Calls that look for the notebook's functions in the module `__main__`.
_MAIN_READERS = {"doctest.testmod", "unittest.main", "cProfile.run", "profile.run", "trace.Trace"}
_NAMESPACE_FUNCTIONS = {"globals", "exec", "eval"}


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a name or a chain of attributes of one, else the empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def effects_of(node: ast.stmt) -> frozenset[str]:
    """Return what outside state a statement may change: cwd, environ, path, modules, files, patch, await."""
    found: set[str] = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Call):
            name = dotted(n.func)
            if name in _CALL_EFFECTS:
                found.add(_keyed(_CALL_EFFECTS[name], n.args[0] if n.args else None))
            owner, _, method = name.rpartition(".")
            if (method or getattr(n.func, "attr", "")) in _WRITING or (name == "open" and _opens_for_writing(n)):
                found.add("files")
            if owner in _CONTAINERS and method in _CHANGING:
                found.add(_keyed(_CONTAINERS[owner], n.args[0] if method in {"setdefault", "pop"} and n.args else None))
            if name in {"setattr", "delattr"} and n.args and dotted(n.args[0]):
                found.add("patch:" + dotted(n.args[0]).split(".")[0])
        elif isinstance(n, (ast.Assign, ast.AugAssign, ast.Delete)):
            targets = n.targets if isinstance(n, (ast.Assign, ast.Delete)) else [n.target]
            for target in targets:
                found |= _target_effects(target)
        elif isinstance(n, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(n, "is_async", False):
            found.add("await")
    if "await" in found and not awaits(node):
        found.discard("await")
    return frozenset(found)


def _keyed(effect: str, key: ast.expr | None) -> str:
    """Return an effect on the environment with the variable that it is about, where that is known."""
    if effect == "environ" and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return f"environ:{key.value}"
    return effect


def _opens_for_writing(node: ast.Call) -> bool:
    modes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]
    return any(not isinstance(m, ast.Constant) or not str(m.value).startswith("r") for m in modes)


def _target_effects(target: ast.expr) -> set[str]:
    base = target.value if isinstance(target, (ast.Subscript, ast.Attribute)) else target
    key = target.slice if isinstance(target, ast.Subscript) else None
    found = {_keyed(_CONTAINERS[name], key) for name in (dotted(target), dotted(base)) if name in _CONTAINERS}
    if isinstance(target, ast.Attribute) and dotted(target):
        found.add("patch:" + dotted(target).split(".")[0])
    return found


def awaits(node: ast.AST) -> bool:
    """True when `await` stands at top level, outside of functions."""
    stack: list[ast.AST] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return True
        if isinstance(item, ast.comprehension) and item.is_async:
            return True
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack += ast.iter_child_nodes(item)
    return False


def namespace_use(node: ast.stmt, rebound: frozenset[str]) -> ast.AST | None:
    """Return the place where a statement looks into the notebook's namespace itself, if it does.

    Args:
        node: a top-level statement.
        rebound: names that the notebook binds: `vars` may be its own.
    """
    return _inspect(node, rebound, inside=False)


def _inspect(node: ast.AST, rebound: frozenset[str], *, inside: bool) -> ast.AST | None:
    parts = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call):
        if _asks_for_namespace(node, rebound, inside=inside):
            return node
        if isinstance(node.func, ast.Name):  # what is called has been looked at
            parts = iter([*node.args, *node.keywords])
    elif isinstance(node, ast.Subscript):
        if dotted(node.value) == "sys.modules" and _means_main(node.slice):
            return node
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if "__main__" in names:
            return node
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _NAMESPACE_FUNCTIONS - rebound:
        return node
    inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in parts:
        found = _inspect(child, rebound, inside=inside)
        if found is not None:
            return found
    return None


def _asks_for_namespace(node: ast.Call, rebound: frozenset[str], *, inside: bool) -> bool:
    name = dotted(node.func)
    if name in _FRAMES or name in _MAIN_READERS:
        return name.split(".")[-1] not in rebound
    if name in {f"builtins.{function}" for function in _NAMESPACE_FUNCTIONS}:
        return True
    if name in {"sys.modules.get", "importlib.import_module", "__import__"}:
        return any(_means_main(a) for a in node.args)
    if name != "print" and any(_imports_main(a) for a in [*node.args, *(k.value for k in node.keywords)]):
        return True
    return isinstance(node.func, ast.Name) and node.func.id not in rebound and _looks_at_namespace(node, inside=inside)


def _means_main(node: ast.expr) -> bool:
    """True for `"__main__"` and for the notebook's `__name__`, which is the same."""
    return (isinstance(node, ast.Constant) and node.value == "__main__") or dotted(node) == "__name__"


def _imports_main(node: ast.expr) -> bool:
    """True for text of code that imports from the notebook: `timeit.timeit("f()", "from __main__ import f")`."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "import" in node.value
        and "__main__" in node.value
    )


def _looks_at_namespace(node: ast.Call, *, inside: bool) -> bool:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _NAMESPACE_CALLS:
        return False
    if name in {"vars", "dir", "locals"}:
        return not inside and not node.args
    if name == "eval":
        literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
        return inside or not literal or len(node.args) > 1
    return True
