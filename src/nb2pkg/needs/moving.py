"""Which paths of one machine may become settings that lead into the project: those that only reading calls get.

Nothing else may see the text: what prints it, compares it, asks whether the file is there or catches that it isn't
would do something else where the file lies elsewhere. docs/decisions/0010-data-by-two-places.md says why.
"""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from nb2pkg.model import Flow
from nb2pkg.needs.file_facts import (
    EXPANDS_HOME,
    FOLDER_READERS,
    OPENERS,
    PATH_KEYWORDS,
    READERS,
    READING_OWNERS,
)
from nb2pkg.needs.path_texts import PASSING, PASSING_METHODS, PATHS, Texts, arguments, literal_keyword
from nb2pkg.needs.reads import Disk, is_absolute, readable

_JOINING = frozenset({"os.path.join", "posixpath.join"})
_EVERYWHERE = re.compile(r"^/(?:tmp|var|opt|srv)(?:/|$)")  # as `readable` leaves out /usr, /dev, ...
# Readers that don't fail at once when the file is missing: the notebook goes on without it. One moves it away.
_LENIENT = frozenset(
    {"cv2.imread", "cv2.VideoCapture", "cv2.CascadeClassifier", "IPython.display.Image", "IPython.display.Audio"}
    | {"os.walk", ".flow_from_directory", "shutil.move", "dask.dataframe.read_csv", "dask.dataframe.read_parquet"}
    | {name for name in READERS if ".scan_" in name}
)
_STRICT = (READERS | FOLDER_READERS) - _LENIENT
_STRICT_OWNERS = READING_OWNERS | {".iterdir"}


def may_move(path: str) -> bool:
    """Tell whether a path is one of a single machine."""
    return is_absolute(path) and bool(readable(path)) and not _EVERYWHERE.match(path)


def movable_paths(flow: Flow, disk: Disk) -> dict[str, frozenset[int]]:
    """Return the literals that name something on one machine and reach nothing but calls that read: text -> cells.

    Args:
        flow: the notebook.
        disk: what it reads and writes: a path that it writes to, or near which a shell command works, stays.
    """
    if disk.moves or not any(may_move(r.text) for r in disk.reads):
        return {}
    uses = _Uses(flow)
    found: dict[str, set[int]] = {}
    fixed: set[str] = set()
    for node, inner, cell in uses.literals():
        text = str(node.value)
        if inner or not uses.only_reads(node):
            fixed.add(text)
        found.setdefault(text, set()).add(cell)
    written = [w.text for w in disk.writes if w.how != "command"]
    names = {part for path in written for part in path.split("/") if part.strip(".*")}
    commands = [w.text for w in disk.writes if w.how == "command"]
    return {
        text: frozenset(cells)
        for text, cells in found.items()
        if text not in fixed
        and not any(_touch(text, path) for path in written)
        and not any(fnmatch.fnmatchcase(own, name) for own in _names_below(text, disk) for name in names)
        and not any(text.rstrip("/") in command for command in commands)
        and not any(_touch(text, other) for other in fixed)
    }


def _touch(one: str, other: str) -> bool:
    """Tell whether a path is another, or one of them lies below the other."""
    one, other = posixpath.normpath(one), posixpath.normpath(other)
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _names_below(text: str, disk: Disk) -> Iterator[str]:
    """Yield the last names of a path and of what is read below it: written by another path, it is the same file."""
    for path in {text, *(r.text for r in disk.reads if r.text.startswith(f"{text.rstrip('/')}/"))}:
        yield posixpath.basename(path.replace("\\", "/").rstrip("/"))


class _Uses:
    """Follows literals to the calls that they reach."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.texts = Texts(flow)
        self.context = self.texts.context
        self.parents: dict[int, ast.AST] = {}
        self.reads: dict[str, list[ast.Name]] = {}
        self.catches = False
        for statement in flow.statements:
            for node in ast.walk(statement.node):
                self.catches |= isinstance(node, _TRIES)
                for child in ast.iter_child_nodes(node):
                    self.parents[id(child)] = node
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    self.reads.setdefault(node.id, []).append(node)

    def literals(self) -> Iterator[tuple[ast.Constant, bool, int]]:
        """Yield the absolute paths among the literals, whether they stand in a function, and their cells."""
        for statement in self.flow.statements:
            inner = isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            for n in ast.walk(statement.node):
                if isinstance(n, ast.Constant) and isinstance(n.value, str) and may_move(n.value):
                    yield n, inner, statement.location.cell

    def only_reads(self, node: ast.expr) -> bool:
        """Tell whether a value reaches calls that read its file, and nothing else."""
        text = str(node.value) if isinstance(node, ast.Constant) else ""
        return self._reaches(node, text.startswith("~"), frozenset())

    def _reaches(self, node: ast.expr, home: bool, seen: frozenset[str]) -> bool:
        above = self.parents.get(id(node))
        if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
            return self._named(above.targets[0].id, above, home, seen)
        if isinstance(above, ast.FormattedValue):
            string = self.parents[id(above)]
            first = isinstance(string, ast.JoinedStr) and string.values[0] is above
            return first and isinstance(string, ast.JoinedStr) and self._reaches(string, home, seen)
        if isinstance(above, ast.BinOp):
            grows = isinstance(above.op, (ast.Add, ast.Div)) and above.left is node
            return grows and self._reaches(above, home, seen)
        if isinstance(above, ast.keyword):
            call = self.parents[id(above)]
            return isinstance(call, ast.Call) and self._given(call, node, home, seen)
        if isinstance(above, ast.Call):
            return self._given(above, node, home, seen)
        if isinstance(above, ast.Attribute):
            return self._method(above, home, seen)
        return False

    def _named(self, name: str, statement: ast.stmt, home: bool, seen: frozenset[str]) -> bool:
        if name in seen or self.texts.bound[name] != 1 or name in self.texts.local or name in self.context.quoted:
            return False
        if id(statement) in self.parents:
            return False  # in a branch or a loop
        reads: Sequence[ast.Name] = self.reads.get(name, [])
        return bool(reads) and all(self._reaches(read, home, seen | {name}) for read in reads)

    def _given(self, call: ast.Call, node: ast.expr, home: bool, seen: frozenset[str]) -> bool:
        name = self.context.qualified(call.func)
        first = bool(call.args) and call.args[0] is node
        if name in PASSING or name in PATHS or name in _JOINING:
            expanded = home and name != "os.path.expanduser"
            return first and self._reaches(call, expanded, seen)
        reads = name in _STRICT
        if name in OPENERS:
            mode = literal_keyword(call, "mode", 1)
            reads = mode is not None and not set(mode) & set("wxa+")
        path = any(argument is node for argument in arguments(call, 0, PATH_KEYWORDS))
        expands = not home or name.startswith(EXPANDS_HOME)
        return reads and path and expands and not self._caught(call)

    def _method(self, attribute: ast.Attribute, home: bool, seen: frozenset[str]) -> bool:
        call = self.parents.get(id(attribute))
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return False
        method = f".{attribute.attr}"
        if method in PASSING_METHODS or method == ".joinpath":
            return self._reaches(call, home and method != ".expanduser", seen)
        reads = method in _STRICT_OWNERS and self._is_path(attribute.value)
        if method == ".open" and self._is_path(attribute.value):
            mode = literal_keyword(call, "mode", 0)
            reads = mode is not None and not set(mode) & set("wxa+")
        return reads and not home and not self._caught(call)

    def _is_path(self, node: ast.expr) -> bool:
        return bool(self.texts.values(node))

    def _caught(self, node: ast.AST) -> bool:
        """Tell whether the notebook may go on when the file is not there."""
        above = self.parents.get(id(node))
        while above is not None:
            if isinstance(above, _TRIES) or (self.catches and isinstance(above, _FUNCTIONS)):
                return True
            if isinstance(above, (ast.With, ast.AsyncWith)):
                items = [item.context_expr for item in above.items]
                if not all(isinstance(item, ast.Call) and self.context.lets_through(item) for item in items):
                    return True
            above = self.parents.get(id(above))
        return False


_TRIES: tuple[type[ast.AST], ...] = (ast.Try, *([ast.TryStar] if sys.version_info >= (3, 11) else []))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_UNSAFE = re.compile(r"[^\w.\-+,=@() ]")
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)
_OURS = frozenset({"readme.md", "sha256sums"})


def new_places(paths: Sequence[str], taken: Sequence[str], folder: str) -> Mapping[str, str]:
    """Return where the project has files of one machine: path -> a unique one in the folder of the data.

    Args:
        paths: as the notebook has them; a `/` at the end stays, since names are put behind it.
        taken: other paths that the notebook reads.
        folder: the folder of the data, as the package's paths have it: `data` or `../data`; if the notebook reads it
            as a whole, they are put beside it.
    """
    used = {posixpath.normpath(path).casefold() for path in taken}
    # A folder that the notebook reads as a whole must not get more files.
    folders = (folder, *(f"{folder}_{number}" for number in range(2, len(taken) + 3)))
    folder = next(f for f in folders if f.casefold() not in used)
    used |= {f"{folder}/{name}" for name in _OURS}
    found: dict[str, str] = {}
    for path in sorted(paths):
        parts = [_safe(part) for part in re.split(r"[/\\]+", path.rstrip("/\\")) if part not in ("", "~", ".", "..")]
        names = [parts[-1], f"{parts[-2]}_{parts[-1]}"] if len(parts) > 1 else parts or ["data"]
        stem, dot, ending = names[-1].partition(".")
        names += [f"{stem}_{number}{dot}{ending}" for number in range(2, len(paths) + len(used) + 3)]
        name = next(n for n in names if not any(_touch(f"{folder}/{n}".casefold(), other) for other in used))
        used.add(f"{folder}/{name}".casefold())
        found[path] = f"{folder}/{name}{'/' if path.endswith(('/', chr(92))) else ''}"
    return found


def _safe(name: str) -> str:
    """Return a name that means the same in a shell, in git and on Windows."""
    name = _UNSAFE.sub("_", name).strip(" ").lstrip(".-").rstrip(".") or "data"
    return f"file_{name}" if _RESERVED.match(name) else name
