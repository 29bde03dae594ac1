"""What the rules see: one notebook, with the facts of its flow. What costs is computed when first asked for."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from functools import cached_property

from nb2pkg.flow.context import Context
from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.reaching import reaching
from nb2pkg.flow.scopes import Free, FunctionNode, arguments_of, function_free
from nb2pkg.lint.beside import Beside
from nb2pkg.lint.findings import Place
from nb2pkg.lint.lowering import Code, lower
from nb2pkg.lint.options import Options
from nb2pkg.lint.source import Cell, Source
from nb2pkg.names import DefUse
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Names that IPython and Python provide in each notebook.
PROVIDED = frozenset(dir(builtins)) | {"display", "get_ipython", "exit", "quit", "__name__", "__doc__", "__builtins__"}
HISTORY = frozenset({"In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh"})


class Statement:
    """One top-level statement of a cell that parses.

    Args:
        index: its place among all statements of the notebook.
        cell: the cell that it stands in.
        code: the same, lowered.
        node: its tree; positions are those of the lowered code, see `Notebook.place`.
        names: what it does with the notebook's names.
        displayed: the notebook shows its value.
        unsure: code above it may have bound names that can't be seen (a star import, `%run`, a cell that fails).
    """

    __slots__ = ("cell", "code", "displayed", "index", "names", "node", "unsure")

    def __init__(self, index: int, cell: Cell, code: Code, node: ast.stmt, *, displayed: bool, unsure: bool) -> None:
        self.index = index
        self.cell = cell
        self.code = code
        self.node = node
        self.names = DefUse()
        self.displayed = displayed
        self.unsure = unsure


class Site(NamedTuple):
    """A node with the statement that it stands in, and the innermost function around it that would have to be called.

    Decorators and defaults of a function stand outside of it.
    """

    node: Any
    statement: Statement
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None


class Call(NamedTuple):
    """A call: what it calls in full (`pandas.read_csv`, `builtins.print`), `.fit` for a method of an object, or ``."""

    name: str
    node: ast.Call
    statement: Statement
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value of a keyword argument, or None."""
        return next((k.value for k in self.node.keywords if k.arg == name), None)


class Function(NamedTuple):
    """A function of the notebook: at top level, or a method of a class there.

    Args:
        name: `clean`, or `Model.fit`.
        node: its definition.
        statement: the top-level statement that holds it.
        free: what it reads and binds outside of itself, nested functions included.
    """

    name: str
    node: FunctionNode
    statement: Statement
    free: Free


class Notebook:
    """One notebook and what is known of it.

    Args:
        path: as reports name it.
        source: its cells.
        text: the file as text: to look for words.
        beside: the files around it.
        options: the numbers that rules go by.
    """

    def __init__(self, path: str, source: Source, text: str = "", *, beside: Beside, options: Options) -> None:
        self.path = path
        self.source = source
        self.cells = source.cells
        self.text = text
        self.beside = beside
        self.options = options

    # code

    @cached_property
    def code_text(self) -> str:
        """The sources of all code cells: to look for words."""
        return "\n".join(cell.source for cell in self.cells if cell.kind == "code")

    @cached_property
    def codes(self) -> Mapping[int, Code]:
        """The lowered code of each code cell that is executed, by the cell's number."""
        return {c.number: lower(c.source) for c in self.cells if c.kind == "code" and not c.skipped}

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The top-level statements of all cells that parse, in order, with what they do with names."""
        found: list[Statement] = []
        unsure = False
        for cell in self.cells:
            lowered = self.codes.get(cell.number)
            if lowered is None:
                continue
            body = lowered.tree.body if lowered.tree is not None else []
            unsure = unsure or lowered.opaque  # `%store -r name` may stand anywhere in the cell
            hiding = any(word in lowered.python for word in _HIDING)
            for position, node in enumerate(body, start=1):
                shown = position == len(body) and isinstance(node, ast.Expr) and not lowered.silent
                found.append(Statement(len(found), cell, lowered, node, displayed=shown, unsure=unsure))
                unsure = unsure or (hiding and _binds_unseen(node))
        self._name(found)
        return tuple(found)

    def _name(self, statements: list[Statement]) -> None:
        imports = [s.node for s in statements if isinstance(s.node, (ast.Import, ast.ImportFrom))]
        rough = Context(aliases=_aliases(imports))
        for statement in statements:
            if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
                lazy = any(alias.name == "annotations" for alias in statement.node.names)
                rough = rough._replace(lazy_annotations=lazy or rough.lazy_annotations)
            try:
                names = def_use(statement.node, rough)
            except RecursionError:  # a formula of a thousand terms
                names = DefUse()
                statement.unsure = True
            read = _magic_reads(statement) if statement.code.reads else frozenset()
            statement.names = names._replace(uses=names.uses | read) if read else names

    @cached_property
    def context(self) -> Context:
        """What names stand for in the whole notebook."""
        found: dict[str, str] = {}
        imported: dict[int, set[str]] = {}
        for site in (*self.find(ast.Import), *self.find(ast.ImportFrom)):
            for name, target in _aliases([site.node]).items():
                found.setdefault(name, target)
                imported.setdefault(site.statement.index, set()).add(name)
        nothing = set[str]()
        otherwise = {
            name
            for s in self.statements
            for name in s.names.defs
            if name in found and name not in imported.get(s.index, nothing)
        }
        aliases = {name: target for name, target in found.items() if name not in otherwise}
        return Context(aliases=aliases, bound=frozenset(self.bindings))

    @cached_property
    def bindings(self) -> Mapping[str, tuple[Statement, ...]]:
        """The statements that bind each name, in order; `global` in functions included."""
        found: dict[str, list[Statement]] = {}
        for statement in self.statements:
            for name in statement.names.defs | statement.names.late_writes:
                found.setdefault(name, []).append(statement)
        return {name: tuple(statements) for name, statements in found.items()}

    @cached_property
    def reaching(self) -> tuple[Mapping[str, frozenset[int]], ...]:
        """Per statement: for each name that it reads, the indices of the statements that may have bound it."""
        return reaching(s.names for s in self.statements)

    # nodes

    @cached_property
    def _index(self) -> tuple[dict[type[ast.AST], list[Site]], dict[ast.AST, ast.AST]]:
        sites: dict[type[ast.AST], list[Site]] = {}
        parents: dict[ast.AST, ast.AST] = {}
        for statement in self.statements:
            _collect(statement, sites, parents)
        return sites, parents

    def find(self, kind: type[ast.AST]) -> list[Site]:
        """Return all nodes of a kind, in the order of the source."""
        return self._index[0].get(kind, [])

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds a node, or None for a top-level statement."""
        return self._index[1].get(node)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, the innermost first, up to its top-level statement."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in the order of the source."""
        qualified = self.context.qualified
        return tuple(Call(qualified(s.node.func), s.node, s.statement, s.function) for s in self.find(ast.Call))

    def qualified(self, node: ast.expr) -> str:
        """Return what a name or an attribute stands for in full, `.attr` of an object, or the empty string."""
        return self.context.qualified(node)

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """The functions at top level, and the methods of classes there."""
        found = []
        for kind in FUNCTIONS:
            for site in self.find(kind):
                if site.function is None:
                    above = [n.name for n in self.parents(site.node) if isinstance(n, ast.ClassDef)]
                    name = ".".join([*reversed(above), site.node.name])
                    found.append(Function(name, site.node, site.statement, function_free(site.node)))
        return tuple(sorted(found, key=lambda f: (f.statement.index, f.node.lineno)))

    @cached_property
    def imported(self) -> frozenset[str]:
        """All names that are imported anywhere."""
        sites = (*self.find(ast.Import), *self.find(ast.ImportFrom))
        return frozenset(name for site in sites for name in _aliases([site.node]))

    def is_constant(self, name: str) -> bool:
        """Tell whether a name is bound once, at top level, and spelled as constants are."""
        return name.lstrip("_").isupper() and len(self.bindings.get(name, ())) == 1

    def is_definition(self, name: str) -> bool:
        """Tell whether a name is only ever bound by `def` or `class`."""
        bound = self.bindings.get(name, ())
        return bool(bound) and all(isinstance(s.node, (*FUNCTIONS, ast.ClassDef)) for s in bound)

    # places

    def place(self, node: Any, statement: Statement) -> Place:
        """Return where a node stands in the source of its cell."""
        return place_in(statement.cell, statement.code, node)

    def line_place(self, cell: Cell, line: int) -> Place:
        """Return the place of a line of a cell, without the blanks around it."""
        lines = cell.source.split("\n")
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        start = len(text) - len(text.lstrip()) + 1
        return Place(cell.number, line, start, line, max(len(text.rstrip()) + 1, start))

    def cell_place(self, cell: Cell) -> Place:
        """Return the place of a cell as a whole."""
        return Place(cell.number)


def place_in(cell: Cell, lowered: Code, node: Any) -> Place:
    """Return where a node of the lowered code stands in the source of its cell."""
    lines = lowered.python.split("\n") if not lowered.python.isascii() else ()
    line, end_line = lowered.source_line(node.lineno), lowered.source_line(node.end_lineno or node.lineno)
    column = _characters(lines, node.lineno, node.col_offset) + lowered.shifts.get(line, 0)
    end = _characters(lines, node.end_lineno or node.lineno, node.end_col_offset or 0) + lowered.shifts.get(end_line, 0)
    return Place(cell.number, line, column + 1, end_line, end + 1)


def _characters(lines: list[str] | tuple[()], line: int, offset: int) -> int:
    """Return the character column of a UTF-8 byte offset."""
    if not lines or not 0 < line <= len(lines) or lines[line - 1].isascii():
        return offset
    return len(lines[line - 1].encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))


def _aliases(nodes: list[Any]) -> dict[str, str]:
    """Return what imports bind names to: `pd` -> `pandas`, `split` -> `sklearn.model_selection.train_test_split`."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        else:
            module = "." * node.level + (node.module or "")
            found.update({a.asname or a.name: f"{module}.{a.name}" for a in node.names if a.name != "*"})
    return found


# Words without one of which no code binds names that can't be seen.
_HIDING = (
    "import *",
    "import*",
    "exec",
    "globals",
    "locals",
    "vars",
    "magic",
    "user_ns",
    "push",
    "builtins",
    "__main__",
    "modules[",
)
_HIDING_NAMES = frozenset({"exec", "globals", "locals", "vars", "execfile", "builtins", "__main__"})


def _binds_unseen(node: ast.stmt) -> bool:
    """True for a statement that may bind names which can't be seen: a star import, `exec`, `globals()[...] = ...`."""
    if isinstance(node, ast.ImportFrom):
        return any(alias.name == "*" for alias in node.names)
    if isinstance(node, ast.Import):
        return False
    if isinstance(node, FUNCTIONS):  # only what outlives its call
        return any(isinstance(n, ast.Name) and n.id in {"globals", "__main__", "builtins"} for n in ast.walk(node))
    return any(
        (isinstance(n, ast.Name) and n.id in _HIDING_NAMES)
        or (isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Name) and n.slice.id == "__name__")
        or (isinstance(n, ast.ImportFrom) and n.names[0].name == "*")
        or (isinstance(n, ast.Attribute) and n.attr in {"run_line_magic", "run_cell_magic", "magic", "user_ns", "push"})
        for n in ast.walk(node)
    )


def _magic_reads(statement: Statement) -> frozenset[str]:
    """Return the names that magics on the lines of a statement, and at the top of its cell, mention."""
    lowered, node = statement.code, statement.node
    first, last = lowered.source_line(node.lineno), lowered.source_line(node.end_lineno or node.lineno)
    return frozenset(name for line, names in lowered.reads.items() if first <= line <= last for name in names)


Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None


def _collect(statement: Statement, sites: dict[type[ast.AST], list[Site]], parents: dict[ast.AST, ast.AST]) -> None:
    """Add the nodes of a statement; each notebook pays for each node here, so the loop is kept bare."""
    stack: list[tuple[ast.AST, Scope]] = [(statement.node, None)]
    pop, push = stack.pop, stack.append
    while stack:
        node, function = pop()
        kind = node.__class__
        found = sites.get(kind)
        if found is None:
            found = sites[kind] = []
        found.append(Site(node, statement, function))
        if kind in _SCOPES:
            children = [*_function_parts(node, function)]  # type: ignore[arg-type]
            for child, _ in children:
                parents[child] = node
            stack.extend(reversed(children))
            continue
        for name in reversed(kind._fields):
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in reversed(value):
                    if isinstance(item, ast.AST):
                        parents[item] = node
                        push((item, function))
            elif isinstance(value, ast.AST) and not isinstance(value, _SIGNS):
                parents[value] = node
                push((value, function))


_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda})
_SIGNS = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)  # one object for all places


def _function_parts(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: Scope
) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield the parts of a function with the function that has to be called for them to run."""
    if not isinstance(node, ast.Lambda):
        yield from ((decorator, outer) for decorator in node.decorator_list)
    yield from ((d, outer) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None)
    yield from ((argument, outer) for argument in arguments_of(node.args))
    if isinstance(node, ast.Lambda):
        yield node.body, node
        return
    if node.returns is not None:
        yield node.returns, outer
    yield from ((part, node) for part in node.body)
