"""What no conversion can carry over: findings that stop `convert`, each with its place and the next step."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from nb2pkg.flow.effects import dotted
from nb2pkg.flow.identity import shared_literals
from nb2pkg.flow.scopes import bound_names
from nb2pkg.model import Finding, Flow, Location, Statement

_WAITING = {"input", "raw_input", "getpass.getpass", "getpass"}
_LEAVING = {"exit", "quit", "sys.exit", "os._exit"}
_PROVIDED = frozenset(dir(builtins)) | {"display", "__name__", "__doc__", "__file__", "__builtins__", "__debug__"}


def refusals(flow: Flow) -> tuple[Finding, ...]:
    """Return the findings that refuse a notebook, in its order."""
    found: list[Finding] = []
    maybe: set[str] = set()
    star = False
    ever = frozenset().union(*(s.names.defs | s.names.late_writes for s in flow.statements))
    for statement in flow.statements:
        names = statement.names
        star = star or any(i.name == "*" and i.statement == statement.index for i in flow.imports)
        if not star:
            for name in sorted(names.must_uses - maybe):
                if name not in _PROVIDED and not name.startswith("__nb_"):
                    found.append(_unbound(flow, statement, name, later=name in ever))
            for name in sorted(names.late_uses - ever):
                if _is_history(name):
                    found.append(_unbound(flow, statement, name, later=False))
        if isinstance(statement.node, ast.Delete):
            maybe -= names.deletes
        maybe |= names.defs | names.late_writes | names.must_uses
        found += _interactive(flow, statement, ever)
        found += _hidden_globals(statement)
    return (*found, *shared_literals(flow))


def _unbound(flow: Flow, statement: Statement, name: str, *, later: bool) -> Finding:
    if _is_history(name):
        return Finding(
            "NB403",
            f"`{name}` is IPython's history of inputs and results",
            _place(statement, name),
            "error",
            why="The history belongs to the session, a program has none.",
            hint="give the value a name where it is made, and use that",
        )
    why = (
        "Only a cell below binds it; the notebook fails when run from top to bottom."
        if later
        else "A cell that bound it may have been deleted or moved; the notebook fails when run from top to bottom."
    )
    return Finding(
        "NB201",
        f"the name `{name}` is bound by no cell above",
        _place(statement, name),
        "error",
        why=why,
        hint="add the cell back, or move it up; "
        "or convert what there is, to fail there as the notebook does: --keep-going",
    )


def _is_history(name: str) -> bool:
    return name in {"In", "Out", "_", "__", "___", "_ih", "_oh", "_dh"} or (
        name[0] == "_" and name[1:].lstrip("i").isdigit()
    )


def _place(statement: Statement, name: str) -> Location:
    base = statement.location
    for node in ast.walk(statement.node):
        if isinstance(node, ast.Name) and node.id == name:
            return Location(
                base.path, base.cell, base.line + node.lineno - _first_line(statement.node), node.col_offset + 1
            )
    return base


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _interactive(flow: Flow, statement: Statement, bound: frozenset[str]) -> Iterator[Finding]:
    for node in _immediate(statement.node):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name.split(".")[0] in bound and not _imported(flow, name.split(".")[0]):
            continue
        place = Location(
            statement.location.path,
            statement.location.cell,
            statement.location.line + node.lineno - _first_line(statement.node),
            node.col_offset + 1,
        )
        if name in _WAITING:
            yield Finding(
                "NB402", f"`{name}()` waits for a person", place, "error",
                why="A package runs without anybody at the keyboard.",
                hint="put the value into a variable (it becomes a setting), or read it from os.environ",
            )  # fmt: skip
        elif name in _LEAVING:
            yield Finding(
                "NB404", f"`{name}()` ends the kernel in the middle of the notebook", place, "error",
                why="Whatever stands below never runs when the notebook is run from top to bottom.",
                hint="remove the call, or the cells below it",
            )  # fmt: skip


def _hidden_globals(statement: Statement) -> Iterator[Finding]:
    """Yield `global x` within a function that has an `x` of its own: inside `run()` the nearer one would be meant."""
    for outer in ast.walk(statement.node):
        if not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        own = bound_names(outer)
        for inner in ast.walk(outer):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner is not outer:
                declared = {n for g in ast.walk(inner) if isinstance(g, ast.Global) for n in g.names}
                for name in sorted(declared & own):
                    yield Finding(
                        "NB405", f"`global {name}` stands within a function that has a `{name}` of its own",
                        statement.location, "error",
                        why="In a package the notebook's names live in a function, and the nearer name would be meant.",
                        hint=f"give the inner or the outer `{name}` another name",
                    )  # fmt: skip


def _imported(flow: Flow, name: str) -> bool:
    return any(i.name == name for i in flow.imports)


def _immediate(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with the statement itself, not those in functions."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack += ast.iter_child_nodes(item)
