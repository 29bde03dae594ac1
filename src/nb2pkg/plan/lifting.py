"""May a run of statements become a function? Decides, and says what goes in and out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from nb2pkg.flow.effects import dotted
from nb2pkg.model import Statement
from nb2pkg.names import DefUse
from nb2pkg.plan.story import Story, is_ready_made

_FRAME_CALLS = {"eval", "exec", "locals", "vars", "dir", "globals"}


@dataclass(frozen=True, slots=True)
class Interface:
    """What a function made of statements takes and returns, or why there can be none."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    obstacle: str = ""


def compose(names: Sequence[DefUse]) -> DefUse:
    """Return what statements do one after the other."""
    empty: frozenset[str] = frozenset()
    defs = kills = uses = must = late = writes = deletes = empty
    for n in names:
        uses = uses | (n.uses - kills)
        must = must | (n.must_uses - defs)
        late = late | n.late_uses
        defs = defs | n.defs
        kills = (kills - n.deletes) | n.kills
        deletes = (deletes - n.kills) | n.deletes
        writes = writes | n.late_writes
    return DefUse(defs, kills, uses, must, late, writes, deletes)


def interface_of(story: Story, first: int, last: int) -> Interface:
    """Return the interface of the statements at positions `first` to `last` of the story, or the obstacle.

    Provably right means: each input is bound before (or surely read in there, so that a run which comes past it has it
    bound), each output is bound after, and nothing outside can rebind a name while the function works on its copy.
    """
    span = Span(story, first)
    for _ in range(first, last + 1):
        span.extend()
    found = span.interface()
    if found.obstacle:
        return found
    order = _first_mention(statements_of(story, first, last))

    def by_mention(name: str) -> tuple[int, str]:
        return (order.get(name, 10**9), name)

    return Interface(tuple(sorted(found.inputs, key=by_mention)), tuple(sorted(found.outputs, key=by_mention)))


class Span:
    """A run of statements that grows at its end; its interface is known at each length without starting over.

    Args:
        story: the story.
        first: the position at which the run begins.
    """

    def __init__(self, story: Story, first: int) -> None:
        self.story, self.first, self.last = story, first, first - 1
        self.names = DefUse()
        self.early: frozenset[str] = frozenset()  # what code made in here may read before it is bound in here
        self.killed: frozenset[str] = frozenset()
        self.settings: set[str] = set()  # names of settings in here, which are bound before
        self.pinned = ""  # an obstacle that no further statement removes
        self.changed = ""  # the name that a function outside reads and the last statement changes

    def extend(self) -> None:
        """Add the next statement."""
        self.last += 1
        if self.last in self.story.hoisted:
            self.settings.add(self.story.hoisted[self.last])
            return
        statement = self.story.statements[self.last]
        names = statement.names
        if self.changed and not self.pinned:
            self.pinned = f"a function that reads `{self.changed}` may be called right after it changes"
        self.pinned = self.pinned or pinned(self.story, statement)
        self.early |= names.late_uses - self.killed
        self.killed = (self.killed - names.deletes) | names.kills
        self.names = compose((self.names, names))
        self._look_for_captures(statement)

    def _look_for_captures(self, statement: Statement) -> None:
        self.changed = ""
        for name in sorted(statement.names.defs | statement.names.deletes):
            held = self.story.captured.get(name)
            if held is not None and held < self.last:
                self.changed = self.changed or name
                if not isinstance(statement.node, (ast.Assign, ast.AnnAssign)) and not self.pinned:
                    self.pinned = f"a function that reads `{name}` may be called while it changes"

    def obstacle(self) -> str:
        """Return why the run can't be a function, or the empty string."""
        story, names = self.story, self.names
        touched = names.uses | names.defs | names.late_uses | names.deletes
        shared = sorted(touched & story.definitions.volatile)
        if shared or names.late_writes:
            return f"functions write `{(shared or sorted(names.late_writes))[0]}`"
        if touched & story.unset:
            return f"`{sorted(touched & story.unset)[0]}` is not bound in a notebook"
        if self.pinned:
            return self.pinned
        if names.deletes - names.defs or any(n in story.captured for n in names.deletes):
            return "it deletes a name"
        if any(self._is_bound(n) or story.is_live_after(n, self.last) for n in names.deletes):
            return "it deletes a name"
        for name in sorted(names.late_uses):
            if story.last_bound.get(name, -1) > self.last:
                return f"it keeps code that reads `{name}` later"
            if name not in names.kills and not self._is_bound(name):
                return f"it keeps code that reads `{name}`, which may not be bound"
        return ""

    def _is_bound(self, name: str) -> bool:
        """Tell whether a name is surely bound before the run; settings within it are."""
        return name in self.settings or self.story.is_bound_before(name, self.first)

    def interface(self) -> Interface:
        """Return what the run takes and returns (in no special order), or why it can't be a function."""
        obstacle = self.obstacle()
        if obstacle:
            return Interface(obstacle=obstacle)
        story, names, first, last = self.story, self.names, self.first, self.last
        outputs = [n for n in names.defs if story.is_live_after(n, last) or n in story.captured or n in story.kept]
        bound_early = {n for n in self.early if self._is_bound(n)}
        given = names.uses | (names.late_uses - names.defs) | bound_early
        for name in sorted(self.early - bound_early):
            if story.first_bound.get(name, first) < first:
                return Interface(obstacle=f"`{name}` may be unbound before it")
        for name in outputs:
            if name not in names.kills:
                if self._is_bound(name):
                    given = given | {name}
                elif not story.must_later.holds(name, last):
                    return Interface(obstacle=f"`{name}` may be unbound after it")
        given = frozenset(n for n in given if not _still_builtin(story, last, n))
        for name in sorted(given - self.early):
            if name not in names.must_uses and not self._is_bound(name):
                return Interface(obstacle=f"`{name}` may be unbound before it")
        return Interface(tuple(sorted(given)), tuple(sorted(outputs)))


def statements_of(story: Story, first: int, last: int) -> tuple[Statement, ...]:
    """Return the statements that a function of positions `first` to `last` of the story holds."""
    return tuple(story.statements[p] for p in positions_of(story, first, last))


def positions_of(story: Story, first: int, last: int) -> tuple[int, ...]:
    """Return the positions from `first` to `last` without settings, which are bound before."""
    return tuple(p for p in range(first, last + 1) if p not in story.hoisted)


def _still_builtin(story: Story, last: int, name: str) -> bool:
    """True for a builtin's name that the notebook binds only below the unit, if at all."""
    return is_ready_made(name) and story.first_bound.get(name, last + 1) > last


def pinned(story: Story, statement: Statement) -> str:
    """Return why a single statement can't leave `run()`."""
    if "await" in statement.effects:
        return "it awaits"
    definition = story.definitions.by_name.get(_defined(statement.node))
    if definition is not None and definition.statement == statement.index:
        return definition.why
    if isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "the name is bound more than once"
    for n in ast.walk(statement.node):
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _FRAME_CALLS:
            if n.func.id not in story.variables:
                return f"`{n.func.id}` looks at the names around it"
        elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in {"query", "eval"}:
            if not all(isinstance(a, ast.Constant) for a in n.args) and dotted(n.func):
                return f"`{n.func.attr}` reads names that only the run knows"
        elif isinstance(n, ast.Global):
            return "it declares a global name"
    return ""


def _defined(node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _first_mention(statements: Sequence[Statement]) -> dict[str, int]:
    order: dict[str, int] = {}
    for statement in statements:
        places = [(n.lineno, n.col_offset, n.id) for n in ast.walk(statement.node) if isinstance(n, ast.Name)]
        for _, _, name in sorted(places):
            order.setdefault(name, len(order))
    return order
