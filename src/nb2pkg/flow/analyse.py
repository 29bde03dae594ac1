"""Notebook -> Flow: statements with what they define and use, reaching definitions, liveness."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nb2pkg.flow.context import Context
from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.effects import dotted, effects_of, namespace_use
from nb2pkg.flow.history import name_results
from nb2pkg.flow.imports import find_imports, qualified_names
from nb2pkg.flow.reaching import reaching
from nb2pkg.flow.refusals import refusals
from nb2pkg.flow.stars import name_stars, unclear_stars
from nb2pkg.flow.statements import split_statements
from nb2pkg.flow.strings import hidden_frame_read, quoted_names
from nb2pkg.flow.timeline import backward, forward
from nb2pkg.model import Cell, Finding, Flow, Location, Notebook, Statement, Timeline


def analyse(notebook: Notebook) -> Flow:
    """Return what a notebook's statements do with its names.

    The notebook's top level is straight-line code, so one pass in each direction is enough: the cost is linear.

    Raises:
        RefusedError: a cell does not parse.
    """
    notebook = name_stars(name_results(notebook))
    plain = tuple(replace(s, effects=effects_of(s.node)) for s in split_statements(notebook))
    rough = tuple(replace(s, names=def_use(s.node)) for s in plain)
    imports = find_imports(notebook, rough)
    context = _context(rough, qualified_names(imports))
    statements = _with_names(rough, context)
    imports = find_imports(notebook, statements)
    flow = Flow(
        notebook=notebook,
        statements=statements,
        reaching=reaching(s.names for s in statements),
        live_out=live_after(statements),
        bound_before=bound_before(statements),
        imports=imports,
        namespace=_namespace(notebook, statements, context.bound),
        context=context,
    )
    flow = replace(flow, namespace=(*flow.namespace, *unclear_stars(flow), *_told_names(flow)))
    return replace(flow, findings=refusals(flow))


def _context(statements: Sequence[Statement], aliases: Mapping[str, str]) -> Context:
    nodes = [n for s in statements for n in ast.walk(s.node)]
    classes = [n for n in nodes if isinstance(n, ast.ClassDef)]
    functions = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    stored = [n for n in nodes if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)]
    set_by_name = [
        c.args for c in nodes if isinstance(c, ast.Call) and dotted(c.func) in {"setattr", "delattr"} and c.args
    ]
    words = {n.attr for n in nodes if isinstance(n, ast.Attribute) and not _is_module(n.value, aliases)}
    words |= {part for target in aliases.values() for part in target.split(".")}
    return Context(
        managers=frozenset(n.name for n in [*classes, *functions]),
        methods=frozenset(
            m.name for c in classes for m in c.body if isinstance(m, (ast.FunctionDef, ast.AsyncFunctionDef))
        )
        | {n.attr for n in stored},
        stored=frozenset({n.attr for n in stored} | {_text(a[1]) for a in set_by_name if len(a) > 1}),
        patched=frozenset(
            {dotted(n).split(".")[0] for n in stored} | {dotted(a[0]).split(".")[0] for a in set_by_name} | {""}
        ),
        plain_objects=_plain_objects(statements, aliases),
        quoted=frozenset().union(*(quoted_names(s.node) for s in statements)),
        aliases=aliases,
        bound=frozenset().union(*(s.names.defs | s.names.late_writes for s in statements)),
        words=frozenset(words),
    )


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _plain_objects(statements: Sequence[Statement], aliases: Mapping[str, str]) -> frozenset[str]:
    """Return the names that are bound to nothing but results of libraries' calls, no suppressors among them."""
    bound = frozenset[str]().union(*(s.names.defs for s in statements))
    context = Context(aliases=aliases, bound=bound)
    plain: set[str] = set()
    other: set[str] = set()
    for statement in statements:
        node = statement.node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and context.lets_through(node.value):
            plain |= statement.names.defs
        else:
            other |= statement.names.defs | statement.names.late_writes
    return frozenset(plain - other)


def _is_module(node: ast.expr, aliases: Mapping[str, str]) -> bool:
    return isinstance(node, ast.Name) and node.id in aliases


def _with_names(statements: Sequence[Statement], context: Context) -> tuple[Statement, ...]:
    found: list[Statement] = []
    lazy = False
    for statement in statements:
        if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
            lazy = lazy or any(a.name == "annotations" for a in statement.node.names)
        names = def_use(statement.node, context._replace(lazy_annotations=lazy))
        found.append(replace(statement, names=names))
    return tuple(found)


def bound_before(statements: Iterable[Statement], start: Iterable[str] = ()) -> Timeline:
    """Return the names that are surely bound before each statement, in a run that comes this far."""
    names = [s.names for s in statements]
    return forward([((n.must_uses - n.deletes) | n.kills, n.deletes) for n in names], start)


def live_after(statements: Iterable[Statement], end: Iterable[str] = ()) -> Timeline:
    """Return the names that may be read after each statement; deferred code may read its names at any later time.

    Args:
        statements: in order.
        end: the names that are read when all is done.
    """
    return backward([(s.names.uses | s.names.late_uses, s.names.kills) for s in statements], end)


def _namespace(notebook: Notebook, statements: Sequence[Statement], bound: frozenset[str]) -> tuple[Finding, ...]:
    found = []
    for statement in statements:
        place = namespace_use(statement.node, bound) or hidden_frame_read(statement.node, bound)
        if place is not None:
            cell = _cell(notebook, statement.location.cell)
            line = getattr(place, "lineno", 1)
            source_line = cell.lines[line - 1] if line <= len(cell.lines) else line
            found.append(
                Finding(
                    "NB401",
                    f"`{ast.unparse(place)[:60]}` looks into the notebook's own namespace",
                    Location(notebook.path, cell.number, source_line),
                    why="Only a script has such a namespace, so the whole notebook is kept as one script.",
                    hint="use a dict of your own instead, to get functions and tests",
                )
            )
    return tuple(found)


def _told_names(flow: Flow) -> Iterator[Finding]:
    """Yield findings where the notebook catches, and may show, the message about a name of its own that is not bound.

    In a function Python words it otherwise: "cannot access local variable".
    """
    bound = flow.context.bound
    late = frozenset[str]().union(*(s.names.late_uses for s in flow.statements))
    gone: frozenset[str] = frozenset()
    for statement in flow.statements:
        gone |= statement.names.deletes & late
        handlers = [n for n in ast.walk(statement.node) if isinstance(n, ast.ExceptHandler) and n.name]
        if not any(_catches_names(h) for h in handlers):
            continue
        for name in sorted((statement.names.uses & bound) | gone):
            if not flow.bound_before.holds(name, statement.index):
                yield Finding(
                    "NB409",
                    f"the message about `{name}`, which may not be bound, is caught and may be shown",
                    statement.location,
                    why="Python words it otherwise within a function, so the whole notebook is kept as one script.",
                    hint="don't show the exception's message",
                )


def _catches_names(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(k) in {"NameError", "Exception", "BaseException", "UnboundLocalError"} for k in kinds if k)


def _cell(notebook: Notebook, number: int) -> Cell:
    return notebook.cells[number - 1]
