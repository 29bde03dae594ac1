"""Which rung the notebook's own functions and classes take: library definition, lifted parameter, or closure.

All start as library definitions; each that reads notebook variables is moved down until nothing changes, so the result
is the greatest fixpoint: mutually recursive functions are judged together.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

from nb2pkg.flow.effects import dotted
from nb2pkg.flow.firstreads import first_reads
from nb2pkg.flow.scopes import Free, class_free, function_free, lambda_free
from nb2pkg.model import Flow, Rung, Statement
from nb2pkg.plan.callsites import CallSites, deferred_reads, is_generator
from nb2pkg.plan.headers import (
    Headers,
    has_creation_hook,
    is_immutable_literal,
    is_plain_container,
    only_reads,
    parents_of,
)

_NO_REGISTRIES = frozenset(
    {"builtins", "abc", "enum", "typing", "dataclasses", "collections", "unittest", "threading", "torch", "sklearn"}
    | {"keras", "tensorflow", "json", "argparse", "html", "ast"}
)
_CLASS_MAKERS = frozenset({"namedtuple", "NamedTuple", "NewType", "TypeVar"})


@dataclass(frozen=True, slots=True)
class Definition:
    """One function or class of the notebook: its rung and what it reads of the notebook's variables."""

    name: str
    statement: int
    rung: Rung
    why: str
    lifted: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Definitions:
    """The notebook's definitions and the constants that moved to module level with them."""

    by_name: dict[str, Definition]
    constants: dict[str, int]  # name -> statement
    volatile: frozenset[str]  # written by functions (`global`)

    def lifted(self, name: str) -> tuple[str, ...]:
        """Return the keyword-only parameters that a function gets."""
        found = self.by_name.get(name)
        return found.lifted if found is not None else ()

    @property
    def moved(self) -> frozenset[str]:
        """Names that live at module level."""
        up = {d.name for d in self.by_name.values() if d.rung in (Rung.DEFINITION, Rung.PARAMETER)}
        return frozenset(up | set(self.constants))

    @property
    def moved_statements(self) -> frozenset[int]:
        """Statements that left the story for module level."""
        up = {d.statement for d in self.by_name.values() if d.rung in (Rung.DEFINITION, Rung.PARAMETER)}
        return frozenset(up | set(self.constants.values()))


@dataclass(slots=True)
class _State:
    """The classification while it is being worked out."""

    rung: dict[str, Rung] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    lifted: dict[str, frozenset[str]] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)


def classify(flow: Flow) -> Definitions:
    """Return the rung of each definition; see docs/ladder.md for the conditions."""
    return _Classifier(flow).run()


def definition_name(node: ast.stmt) -> str | None:
    """Return the name that a function, a class or an assigned lambda defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        made = isinstance(node.value, ast.Call) and dotted(node.value.func).split(".")[-1] in _CLASS_MAKERS
        return node.targets[0].id if made or isinstance(node.value, ast.Lambda) else None
    return None


def free_of(node: ast.stmt) -> Free:
    """Return what a definition reads when it is called."""
    if isinstance(node, ast.ClassDef):
        return class_free(node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return function_free(node)
    assert isinstance(node, ast.Assign)
    return lambda_free(node.value) if isinstance(node.value, ast.Lambda) else Free()


class _Classifier:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.binders: dict[str, list[int]] = {}
        volatile: set[str] = set()
        self.deleted: set[str] = set()
        for statement in flow.statements:
            for name in statement.names.defs:
                self.binders.setdefault(name, []).append(statement.index)
            volatile |= statement.names.late_writes
            self.deleted |= statement.names.deletes
        self.volatile = frozenset(volatile)
        self.imported = frozenset(i.name for i in flow.imports)
        self.inline = frozenset(i.name for i in flow.imports if i.inline)
        self.sites = CallSites(flow)
        self.nodes = {
            defined: s
            for s in flow.statements
            if (defined := definition_name(s.node)) is not None and defined not in self.imported
        }
        self.headers = Headers(flow.context, self.imported - self.inline, frozenset(self.nodes))
        self.reads = {name: self._variables(s) for name, s in self.nodes.items()}
        self.first_read = first_reads(flow.statements)
        self.literals = self._literals()
        self.needs: dict[str, set[str]] = {}

    def run(self) -> Definitions:
        state = _State()
        for name, statement in self.nodes.items():
            reason = self._stays(name, statement)
            state.rung[name] = Rung.CLOSURE if reason else Rung.DEFINITION
            state.why[name] = reason or "reads only imports and other definitions"
        changed = True
        while changed:
            changed = False
            for name in self.nodes:
                changed = self._step(name, state) or changed
        return self._result(state)

    # what is known before the iteration

    def single(self, name: str) -> bool:
        """True when a name is bound once, for good, by one straight statement."""
        binders = self.binders.get(name, [])
        if len(binders) != 1 or name in self.volatile or name in self.deleted:
            return False
        statement = self.flow.statements[binders[0]]
        return name in statement.names.kills and not isinstance(statement.node, (ast.For, ast.While, ast.AsyncFor))

    def _stays(self, name: str, statement: Statement) -> str:
        """Return why a definition can't leave its place, or the empty string."""
        node = statement.node
        if self.binders[name] != [statement.index] or name in self.volatile or name in self.deleted:
            return f"`{name}` is bound more than once"
        if hasattr(builtins, name) or name == "display":
            return f"`{name}` is a builtin's name"
        if self.first_read.get(name, statement.index) < statement.index:
            return f"`{name}` may be read before it is defined"
        if "__file__" in free_of(node).all_reads:
            return "it reads `__file__`, which a notebook does not have"
        if self._registers_late(node, statement.index):
            return "it registers with what is used before"
        if isinstance(node, ast.ClassDef) and name not in self.first_read and self._may_register(node):
            return "nothing names it, but making it may register it with its base class"
        needs: set[str] = set()
        if not self.headers.is_safe(node, needs):
            return "its header is evaluated where it stands"
        if isinstance(node, ast.ClassDef) and self._hooked(node, set()):
            return "making the class runs code of the notebook"
        if any(isinstance(n, ast.Global) for n in ast.walk(node)):
            return "it declares a name of the notebook as global"
        self.needs[name] = needs - {name}
        return ""

    def _registers_late(self, node: ast.stmt, index: int) -> bool:
        """True when `@f.register` stands below a use of `f`: at module level it would be in force from the start."""
        for decorator in getattr(node, "decorator_list", []):
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = dotted(called)
            if name.endswith(".register") and self.first_read.get(name.split(".")[0], index) < index:
                return True
        return False

    def _may_register(self, node: ast.ClassDef) -> bool:
        """True when a base class comes from a library that may keep account of its subclasses."""
        tops = {self.flow.context.qualified(base).split(".")[0] for base in node.bases}
        return not tops <= _NO_REGISTRIES | {""}

    def _hooked(self, node: ast.ClassDef, seen: set[str]) -> bool:
        for base in [*node.bases, *(k.value for k in node.keywords)]:
            for n in ast.walk(base):
                parent = self.nodes.get(n.id) if isinstance(n, ast.Name) else None
                if parent is not None and isinstance(parent.node, ast.ClassDef) and n.id not in seen:  # type: ignore[attr-defined]
                    seen.add(parent.node.name)
                    if has_creation_hook(parent.node) or self._hooked(parent.node, seen):
                        return True
        return False

    def _variables(self, statement: Statement) -> frozenset[str]:
        """Return the names of the notebook that a definition reads: variables and other definitions."""
        names = free_of(statement.node).all_reads | set(statement.names.uses)
        own = definition_name(statement.node)
        return frozenset(
            n for n in names if (n in self.binders or n in self.volatile) and n not in self.imported and n != own
        )

    def _literals(self) -> dict[str, tuple[int, bool]]:
        """Return name -> (statement, prefers to be a module constant) of literals that never change."""
        found: dict[str, tuple[int, bool]] = {}
        for statement in self.flow.statements:
            node = statement.node
            if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
                continue
            name = node.targets[0].id
            if not self.single(name) or name in self.imported or hasattr(builtins, name) or name.startswith("__"):
                continue
            if self.first_read.get(name, statement.index) < statement.index:
                continue  # the notebook fails there, or falls back; a module constant would be found
            if is_immutable_literal(node.value):
                found[name] = (statement.index, name.isupper())
            elif is_plain_container(node.value) and self._never_changes(name):
                found[name] = (statement.index, True)
        return found

    def _never_changes(self, name: str) -> bool:
        for statement in self.flow.statements:
            if name not in statement.names.uses | statement.names.late_uses:
                continue
            parents = self.sites.parents(statement.index)
            reads = (n for n in ast.walk(statement.node) if isinstance(n, ast.Name) and n.id == name)
            if not all(only_reads(n, parents) for n in reads if isinstance(n.ctx, ast.Load)):
                return False
        return True

    # the iteration

    def _step(self, name: str, state: _State) -> bool:
        """Move one definition down the ladder if it can't stay; return True when something changed."""
        if state.rung[name] is Rung.CLOSURE:
            return False
        before = (state.rung[name], state.lifted.get(name), len(state.constants))
        variables = self._open(name, state)
        wanted = {v for v in variables if v in self.literals and self.literals[v][1]}
        rest = variables - wanted
        if any(n in self.nodes and state.rung[n] is not Rung.DEFINITION for n in self.needs[name]):
            self._close(name, state, "its header reads a function that stays in run()")
        elif any(n not in self.nodes and n not in self.literals for n in self.needs[name]):
            self._close(name, state, "its header reads a variable of the notebook")
        elif self.needs[name] - set(self.nodes) or not rest:
            state.constants |= wanted | (self.needs[name] - set(self.nodes))
            rest -= state.constants
            if rest:
                self._lift(name, rest, state)
            else:
                state.rung[name], state.lifted[name] = Rung.DEFINITION, frozenset()
        else:
            self._lift(name, rest, state)
            if state.rung[name] is not Rung.CLOSURE:
                state.constants |= wanted
        return before != (state.rung[name], state.lifted.get(name), len(state.constants))

    def _open(self, name: str, state: _State) -> set[str]:
        """Return the variables that a definition reads, itself or through the functions that it calls."""
        found: set[str] = set()
        for read in self.reads[name]:
            rung = state.rung.get(read)
            if rung is Rung.PARAMETER:
                found |= state.lifted.get(read, frozenset())
            elif rung is not Rung.DEFINITION and read not in state.constants:
                found.add(read)
        return found

    def _lift(self, name: str, variables: set[str], state: _State) -> None:
        reason = self._not_liftable(name, variables, state)
        if not reason:
            state.rung[name], state.lifted[name] = Rung.PARAMETER, frozenset(variables)
            state.why[name] = "each call passes what it reads of the notebook: " + ", ".join(sorted(variables))
        elif all(v in self.literals for v in variables) and state.rung[name] is Rung.DEFINITION:
            state.constants |= variables
        else:
            self._close(name, state, reason)

    def _close(self, name: str, state: _State, reason: str) -> None:
        state.rung[name], state.why[name] = Rung.CLOSURE, reason
        state.lifted.pop(name, None)

    def _not_liftable(self, name: str, variables: set[str], state: _State) -> str:
        """Return why a function can't get variables as parameters, or the empty string."""
        statement = self.nodes[name]
        node = statement.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return "it reads variables of the notebook: " + ", ".join(sorted(variables))
        if node.decorator_list:
            return "it is decorated and reads variables of the notebook: " + ", ".join(sorted(variables))
        if node.args.kwarg is not None:
            return "it takes any keyword, and reads variables of the notebook"
        for variable in sorted(variables):
            if variable in self.volatile or variable in self.deleted:
                return f"it reads `{variable}`, which functions write"
            late = is_generator(node) or variable in deferred_reads(node, state.lifted)
            if late and not self.single(variable):
                return f"it hands out code that reads `{variable}` later"
            reason = self.sites.obstacle(
                name, variable, fixed=self.single(variable), first=self.first_read.get(name, len(self.flow.statements))
            )
            if reason:
                return reason
        return ""

    def _result(self, state: _State) -> Definitions:
        found = {}
        for name, statement in self.nodes.items():
            reads = frozenset(self._open(name, state)) if state.rung[name] is Rung.CLOSURE else frozenset()
            lifted = tuple(sorted(state.lifted.get(name, ()))) if state.rung[name] is Rung.PARAMETER else ()
            found[name] = Definition(name, statement.index, state.rung[name], state.why[name], lifted, reads)
        constants = {name: self.literals[name][0] for name in sorted(state.constants)}
        return Definitions(found, constants, self.volatile)


__all__ = ["Definition", "Definitions", "classify", "definition_name", "free_of", "parents_of"]
