"""State outside names: what a statement does to the process around it, read off its calls and targets."""

from __future__ import annotations

import ast

_CALL_EFFECTS = {
    "os.chdir": "cwd",
    "__nb_change_directory": "cwd",
    "os.putenv": "environ",
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
_CHANGING = {"append", "insert", "extend", "update", "setdefault", "pop", "remove", "clear"}
_NAMESPACE_CALLS = {"globals", "locals", "vars", "dir", "exec", "eval"}
_FRAMES = {"sys._getframe", "inspect.currentframe", "inspect.stack", "inspect.trace", "currentframe"}


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
                found.add(_CALL_EFFECTS[name])
            owner, _, method = name.rpartition(".")
            if owner in _CONTAINERS and method in _CHANGING:
                found.add(_CONTAINERS[owner])
        elif isinstance(n, (ast.Assign, ast.AugAssign, ast.Delete)):
            targets = n.targets if isinstance(n, (ast.Assign, ast.Delete)) else [n.target]
            for target in targets:
                found |= _target_effects(target)
        elif isinstance(n, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            found.add("await")
    if "await" in found and not awaits(node):
        found.discard("await")
    return frozenset(found)


def _target_effects(target: ast.expr) -> set[str]:
    base = target.value if isinstance(target, (ast.Subscript, ast.Attribute)) else target
    found = {_CONTAINERS[name] for name in (dotted(target), dotted(base)) if name in _CONTAINERS}
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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in rebound:
        if _looks_at_namespace(node, inside=inside):
            return node
    elif (isinstance(node, ast.Call) and dotted(node.func) in _FRAMES) or (
        isinstance(node, ast.Subscript)
        and dotted(node.value) == "sys.modules"
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == "__main__"
    ):
        return node
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if "__main__" in names:
            return node
    inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        found = _inspect(child, rebound, inside=inside)
        if found is not None:
            return found
    return None


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
