"""The straight-line story: what is left in `run()` beside definitions and imports, and which names cross it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nb2pkg.flow.analyse import bound_before, live_after
from nb2pkg.flow.context import Context
from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.timeline import backward
from nb2pkg.model import Flow, Rung, Statement, Timeline
from nb2pkg.names import DefUse
from nb2pkg.plan.definitions import Definitions
from nb2pkg.plan.lifetimes import kept_names

_NOT_IN_NOTEBOOKS = frozenset({"__file__"})


@dataclass(frozen=True, slots=True)
class Story:
    """The statements of the story with the names that really cross between them.

    Names of module-level imports, definitions and constants are gone from the statements' names; what a call of a
    lifted function passes on is added.
    """

    flow: Flow
    definitions: Definitions
    statements: tuple[Statement, ...]  # in order; `index` is that of the notebook
    live_after: Timeline
    must_later: Timeline  # after each statement: names that are surely read before anything rebinds them
    bound_before: Timeline
    last_bound: dict[str, int]  # name -> position of the last statement that may bind it
    first_bound: dict[str, int]  # name -> position of the first one
    bindings: dict[str, int]  # name -> how many statements bind or delete it
    captured: dict[str, int]  # name -> position of the first statement that holds code which reads it late
    variables: frozenset[str]  # all names that are variables of the story
    seeds: frozenset[str]  # builtins that the notebook uses before it binds the name itself
    unset: frozenset[str]  # names that must be unbound locals at first
    kept: frozenset[str]  # names of objects that must live to the end of the run
    context: Context
    hoisted: Mapping[int, str] = field(default_factory=dict)  # position of `name = literal` of a setting -> the name
    results: tuple[str, ...] = ()  # names that `run()` hands back: they are read when all is done

    def is_bound_before(self, name: str, position: int) -> bool:
        """Tell whether a name is surely bound before the statement at a position of the story."""
        return self.bound_before.holds(name, position)

    def is_live_after(self, name: str, position: int) -> bool:
        """Tell whether a name may be read after the statement at a position of the story."""
        return self.live_after.holds(name, position)


def is_ready_made(name: str) -> bool:
    """True for names that a notebook has without binding them: builtins and `display`."""
    return hasattr(builtins, name) or name == "display"


def with_results(story: Story, results: Iterable[str]) -> Story:
    """Return a story at whose end these names are read."""
    names = tuple(results)
    return replace(story, results=names, live_after=live_after(story.statements, names))


def make_story(flow: Flow, definitions: Definitions, results: Iterable[str] = ()) -> Story:
    """Return the story of a notebook whose definitions are classified.

    Args:
        flow: the notebook, analysed.
        definitions: what becomes of its functions and classes.
        results: the names that `run()` hands back.
    """
    importable = frozenset(i.name for i in flow.imports)
    gone = importable | definitions.moved
    imports = {i.statement for i in flow.imports if not i.inline}
    kept = [
        s
        for s in flow.statements
        if s.index not in definitions.moved_statements and not _moved_import(s, flow, imports)
    ]
    variables = frozenset().union(*(s.names.defs | s.names.late_writes for s in kept)) - gone
    lifted = {name: d.lifted for name, d in definitions.by_name.items() if d.lifted}
    context = flow.context._replace(lifted=lifted)
    keep = (variables | _NOT_IN_NOTEBOOKS) - gone
    found = tuple(replace(s, names=_crossing(s, context, gone, keep)) for s in kept)
    unset = frozenset(n for s in flow.statements for n in (s.names.uses | s.names.late_uses) & _NOT_IN_NOTEBOOKS)
    unset -= variables
    seeds = _seeds(found, variables)
    names = tuple(results)
    return Story(
        flow=flow,
        definitions=definitions,
        statements=found,
        live_after=live_after(found, names),
        must_later=_must_later(found),
        bound_before=bound_before(found, seeds),
        last_bound=_last_bound(found),
        first_bound=_last_bound(found, reverse=True),
        bindings=_bindings(found),
        captured=_captured(found, definitions),
        variables=variables | unset,
        seeds=seeds,
        unset=unset | _created_by_functions(found, variables),
        kept=kept_names(flow.statements, flow.context),
        context=flow.context,
        results=names,
    )


def _moved_import(statement: Statement, flow: Flow, imports: set[int]) -> bool:
    node = statement.node
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return True
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    return (
        statement.index in imports
        and all(not i.inline for i in flow.imports if i.statement == statement.index)
        and len([i for i in flow.imports if i.statement == statement.index]) == len(node.names)
    )


def _crossing(statement: Statement, context: Context, gone: frozenset[str], keep: frozenset[str]) -> DefUse:
    names = statement.names
    if not context.lifted.keys().isdisjoint(names.uses | names.late_uses):
        names = def_use(statement.node, context)
    return DefUse(
        defs=names.defs - gone,
        kills=names.kills - gone,
        uses=names.uses & keep,
        must_uses=names.must_uses & keep,
        late_uses=names.late_uses & keep,
        late_writes=names.late_writes,
        deletes=names.deletes - gone,
    )


def _must_later(statements: Sequence[Statement]) -> Timeline:
    names = [s.names for s in statements]
    return backward([(n.must_uses, n.defs | n.deletes) for n in names])


def _last_bound(statements: Sequence[Statement], *, reverse: bool = False) -> dict[str, int]:
    """Return, per name, the position of the last (first, when reversed) statement that may bind it."""
    found: dict[str, int] = {}
    order = list(enumerate(statements))
    for position, statement in reversed(order) if reverse else order:
        for name in statement.names.defs | statement.names.late_writes:
            found[name] = position
    return found


def _bindings(statements: Sequence[Statement]) -> dict[str, int]:
    found: dict[str, int] = {}
    for statement in statements:
        for name in statement.names.defs | statement.names.deletes:
            found[name] = found.get(name, 0) + 1
    return found


def _captured(statements: Sequence[Statement], definitions: Definitions) -> dict[str, int]:
    """Return the names that closures in `run()` read, with the position of the first such closure."""
    found: dict[str, int] = {}
    last = _last_bound(statements)
    closures = {d.statement: d for d in definitions.by_name.values() if d.rung is Rung.CLOSURE}
    for position, statement in enumerate(statements):
        names = frozenset(n for n in statement.names.late_uses if last.get(n, -1) > position)
        if statement.index in closures:
            names = names | closures[statement.index].reads
        for name in names | statement.names.late_writes:
            found.setdefault(name, position)
    return found


def _seeds(statements: Sequence[Statement], variables: frozenset[str]) -> frozenset[str]:
    """Return the builtins that may be read while the notebook's own name of that spelling is not bound."""
    shadowed = {n for n in variables if is_ready_made(n)}
    bound: frozenset[str] = frozenset()
    found: set[str] = set()
    for statement in statements if shadowed else ():
        names = statement.names
        reads = names.uses | names.late_uses | names.deletes
        found |= {n for n in reads & shadowed if n not in bound}
        bound = (bound - names.deletes) | (names.kills & shadowed)
        found |= names.deletes & shadowed
    return frozenset(found)


def _created_by_functions(statements: Sequence[Statement], variables: frozenset[str]) -> frozenset[str]:
    """Return the names that only functions bind (`global`): `run()` must own them."""
    stored = frozenset().union(*(s.names.defs for s in statements))
    written = frozenset().union(*(s.names.late_writes for s in statements))
    return written - stored
