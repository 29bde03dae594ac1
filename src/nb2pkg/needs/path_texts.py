"""Which texts an expression can have, where literals say so: `"data/" + name`, `Path("x") / "y"`, f-strings."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from nb2pkg.flow.context import Context
from nb2pkg.model import Flow, Statement

WILD = "\0"  # stands for a part that nobody knows
_MOST = 50  # texts of one expression
_JOINING = frozenset({"os.path.join", "posixpath.join"})
PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"})
PASSING = frozenset(
    {f"os.path.{name}" for name in ("expanduser", "abspath", "realpath", "normpath")} | {"builtins.str", "os.fspath"}
)
PASSING_METHODS = frozenset({".resolve", ".absolute", ".expanduser", ".as_posix"})
_HERE = frozenset({"os.getcwd", "pathlib.Path.cwd", "__nb_working_directory"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FIELD = re.compile(r"\{[^{}]*\}")
_PERCENT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[srdifgx]")


class Texts:
    """What the names of a notebook stand for, as far as literals say it."""

    def __init__(self, flow: Flow) -> None:
        """Look for names that are bound once."""
        self.context: Context = flow.context
        self.local: set[str] = set()
        self.bound: Counter[str] = Counter()
        self._sources: dict[str, tuple[ast.expr, bool]] = {}
        self._open: set[str] = set()
        self.literals: list[tuple[str, Statement]] = []
        self.words: set[str] = set()  # names that are read or bound
        for statement in flow.statements:
            self.bound.update(statement.names.defs)
            self._note(statement)

    def values(self, node: ast.expr, *, inner: bool = False) -> tuple[str, ...]:
        """Return the texts that an expression can have; none where nothing is known.

        Args:
            node: the expression.
            inner: it stands in a function, whose own names hide those of the notebook.
        """
        found = self._values(node, inner)
        return tuple(dict.fromkeys(found)) if len(found) <= _MOST else ()

    def source(self, name: str) -> ast.expr | None:
        """Return the expression that a name is bound to, if it is bound once and to no items of one."""
        found = self._sources.get(name)
        return found[0] if found is not None and not found[1] and self.bound[name] == 1 else None

    def _note(self, statement: Statement) -> None:
        closed = isinstance(statement.node, _FUNCTIONS)
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Name):
                self.words.add(n.id)
                if closed and isinstance(n.ctx, ast.Store):
                    self.local.add(n.id)
            elif isinstance(n, ast.Constant):
                if isinstance(n.value, str):
                    self.literals.append((n.value, statement))
            elif isinstance(n, ast.arg):
                self.local.add(n.arg)
            elif isinstance(n, ast.Assign) and len(n.targets) == 1 and isinstance(n.targets[0], ast.Name):
                self._sources[n.targets[0].id] = (n.value, False)
            elif isinstance(n, ast.AnnAssign) and n.value is not None and isinstance(n.target, ast.Name):
                self._sources[n.target.id] = (n.value, False)
            elif isinstance(n, (ast.For, ast.comprehension)) and isinstance(n.target, ast.Name):
                self._sources[n.target.id] = (n.iter, True)
                self.bound[n.target.id] += isinstance(n, ast.comprehension)

    def _values(self, node: ast.expr, inner: bool) -> tuple[str, ...]:
        if isinstance(node, ast.Constant):
            return (node.value,) if isinstance(node.value, str) else ()
        if isinstance(node, ast.Name):
            return self._named(node.id, inner)
        if isinstance(node, ast.JoinedStr):
            return _joined("", [self._piece(part, inner) for part in node.values])
        if isinstance(node, ast.BinOp):
            return self._operation(node, inner)
        if isinstance(node, ast.Call):
            return self._call(node, inner)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return tuple(map(folder_of, self._values(node.value, inner)))
        if isinstance(node, ast.IfExp):
            return self._values(node.body, inner) + self._values(node.orelse, inner)
        return ()

    def _named(self, name: str, inner: bool) -> tuple[str, ...]:
        if self.bound[name] != 1 or name not in self._sources or name in self._open or (inner and name in self.local):
            return ()
        node, items = self._sources[name]
        self._open.add(name)
        try:
            if not items:
                return self._values(node, inner)
            source = self.source(node.id) if isinstance(node, ast.Name) else node
            elements = source.elts if isinstance(source, (ast.List, ast.Tuple, ast.Set)) else []
            found = [self._values(element, inner) for element in elements]
            return tuple(text for texts in found for text in texts) if all(found) else ()
        finally:
            self._open.discard(name)

    def _piece(self, node: ast.expr, inner: bool) -> tuple[str, ...]:
        """Return the texts of a part of an f-string or of a sum: a part that nobody knows is wild."""
        if isinstance(node, ast.FormattedValue):
            plain = node.conversion == -1 and node.format_spec is None
            return (self._values(node.value, inner) if plain else ()) or (WILD,)
        return self._values(node, inner) or (WILD,)

    def _operation(self, node: ast.BinOp, inner: bool) -> tuple[str, ...]:
        if isinstance(node.op, ast.Add):
            return _joined("", [self._piece(node.left, inner), self._piece(node.right, inner)])
        if isinstance(node.op, ast.Div):
            left = self._values(node.left, inner)
            return _paths([left, self._piece(node.right, inner)]) if left else ()
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return (_PERCENT.sub(WILD, node.left.value),)
        return ()

    def _call(self, node: ast.Call, inner: bool) -> tuple[str, ...]:
        name = self.context.qualified(node.func) or getattr(node.func, "id", "")
        if name in _HERE:
            return (".",)
        if name == "pathlib.Path.home":
            return ("~",)
        if name in PASSING and len(node.args) == 1:
            return self._values(node.args[0], inner)
        if name == "os.path.dirname" and len(node.args) == 1:
            return tuple(map(folder_of, self._values(node.args[0], inner)))
        if name in _JOINING or name in PATHS:
            parts = [self._piece(part, inner) for part in node.args]
            return _paths(parts) if parts else (".",)
        if not isinstance(node.func, ast.Attribute):
            return ()
        owner = self._values(node.func.value, inner)
        if node.func.attr == "joinpath" and owner:
            return _paths([owner, *(self._piece(part, inner) for part in node.args)])
        if node.func.attr == "format":
            return tuple(_FIELD.sub(WILD, text) for text in owner)
        return owner if f".{node.func.attr}" in PASSING_METHODS else ()


def _joined(mark: str, parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    size = 1
    for part in parts:
        size *= len(part)
    if not 0 < size <= _MOST:
        return ()
    return tuple(mark.join(texts) for texts in product(*parts))


def _paths(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(_path(text.split("\1")) for text in _joined("\1", parts))


def _path(parts: Sequence[str]) -> str:
    path = ""
    for part in parts:
        absolute = part.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", part)
        path = part if absolute or path in ("", ".") else f"{path.rstrip('/')}/{part}"
    return path


def folder_of(path: str) -> str:
    """Return the folder that a path lies in: `..` for `.`."""
    path = path.rstrip("/") or path
    if path in ("", "."):
        return ".."
    if path.rpartition("/")[2] == "..":
        return f"{path}/.."
    return path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")


def arguments(call: ast.Call, position: int, keywords: frozenset[str]) -> Iterator[ast.expr]:
    """Yield the arguments of a call at a position or by one of some keywords."""
    if position < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args[: position + 1]):
        yield call.args[position]
    yield from (k.value for k in call.keywords if k.arg in keywords)


def literal_keyword(call: ast.Call, name: str, position: int) -> str | None:
    """Return an argument that is a literal text: an empty one where it is left out, None where it is none."""
    given: Mapping[str | None, ast.expr] = {k.arg: k.value for k in call.keywords}
    node = given.get(name, call.args[position] if position < len(call.args) else None)
    if node is None:
        return ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
