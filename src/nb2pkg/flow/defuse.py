"""Definitions and uses of a notebook's names by a top-level statement (`ast` only, one pass).

`kills` needs certainty, `defs` only possibility; `uses` are upward-exposed reads (Aho, Lam, Sethi, Ullman: Compilers,
section 9.2). Names read by deferred code are `late_uses`, since they are read when that code is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from nb2pkg.flow.context import Context, surely_runs
from nb2pkg.flow.scopes import (
    ComprehensionNode,
    Free,
    FunctionNode,
    annotations_of,
    arguments_of,
    class_free,
    defaults_of,
    function_free,
    generator_free,
    lambda_free,
    target_names,
    type_parameter_reads,
    type_parameters,
)
from nb2pkg.flow.strings import asks_the_frame, names_in_strings
from nb2pkg.names import DefUse


def def_use(node: ast.stmt, context: Context | None = None) -> DefUse:
    """Return what a top-level statement does with the notebook's names."""
    walker = _Walker(context or Context())
    walker.visit(node)
    return walker.result()


class _Walker(ast.NodeVisitor):
    """Accumulates in execution order; branches fork the set of killed names."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.defs: set[str] = set()
        self.kills: set[str] = set()
        self.uses: set[str] = set()
        self.must: set[str] = set()
        self.late: set[str] = set()
        self.late_writes: set[str] = set()
        self.deletes: set[str] = set()
        self.certain = True
        self.hidden: list[set[str]] = []  # targets of the comprehensions around the place
        self.classes: list[set[str]] = []  # names bound so far in the class bodies around the place
        self.escapes: list[list[set[str]]] = []  # per loop: what was bound where `break` or `continue` left it

    def result(self) -> DefUse:
        freeze = frozenset
        return DefUse(
            freeze(self.defs),
            freeze(self.kills),
            freeze(self.uses),
            freeze(self.must),
            freeze(self.late),
            freeze(self.late_writes),
            freeze(self.deletes),
        )

    # names

    def read(self, name: str) -> None:
        if any(name in names for names in self.hidden) or any(name in names for names in self.classes[-1:]):
            return
        if name not in self.kills:
            self.uses.add(name)
            if self.certain and name not in self.defs:
                self.must.add(name)
        for passed in self.context.lifted.get(name, ()):
            if passed not in self.kills:
                self.uses.add(passed)

    def bind(self, name: str) -> None:
        if self.classes:
            self.classes[-1].add(name)
            return
        self.defs.add(name)
        self.kills.add(name)
        self.deletes.discard(name)

    def delete(self, name: str) -> None:
        if self.classes:
            self.classes[-1].discard(name)
            return
        self.kills.discard(name)
        self.deletes.add(name)

    def defer(self, free: Free) -> None:
        reads = free.all_reads
        for names in self.hidden:
            reads = reads - names
        self.late |= reads
        self.late |= {passed for name in reads for passed in self.context.lifted.get(name, ())}
        self.late_writes |= free.global_writes

    # expressions

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.bind(node.id)
        else:
            self.read(node.id)
            self.delete(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.bind(node.target.id)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self.maybe(node.values[1:])

    def visit_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left)
        self.visit(node.comparators[0])
        self.maybe(node.comparators[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.fork([[node.body], [node.orelse]])

    def visit_Call(self, node: ast.Call) -> None:
        self.visit(node.func)
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(argument, ast.Lambda) and self.context.finishes(node, argument):
                self._called_now(argument)
            elif isinstance(argument, ast.GeneratorExp) and self.context.finishes(node, argument):
                self._consumed_now(argument)
            else:
                self.visit(argument)
        for name in sorted(names_in_strings(node) | (self.context.quoted if asks_the_frame(node) else frozenset())):
            self.read_text(name)

    def _called_now(self, node: ast.Lambda) -> None:
        """Visit a lambda that is called, and forgotten, before the call that gets it returns."""
        for part in defaults_of(node.args):
            self.visit(part)
        self.hidden.append({a.arg for a in arguments_of(node.args)})
        self.maybe([node.body])
        self.hidden.pop()

    def read_text(self, name: str) -> None:
        """Note a name that a string names (`df.query("v > @limit")`): it may be read, and need not exist."""
        if name not in self.kills and not any(name in names for names in self.hidden):
            self.uses.add(name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in defaults_of(node.args):
            self.visit(part)
        self.defer(lambda_free(node))

    def _comprehension(self, node: ComprehensionNode) -> None:
        self.visit(node.generators[0].iter)
        if isinstance(node, ast.GeneratorExp):
            names: set[str] = generator_free(node)
            for hidden in self.hidden:
                names -= hidden
            names |= {passed for name in names for passed in self.context.lifted.get(name, ())}
            self.late |= names
            self.uses |= names - self.kills
            self.defs |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
            self.late_writes |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
            return
        self._consumed_now(node)

    def _consumed_now(self, node: ComprehensionNode) -> None:
        if isinstance(node, ast.GeneratorExp):
            self.visit(node.generators[0].iter)
        kills, certain, classes = set(self.kills), self.certain, self.classes
        self.certain = False
        if classes:  # a class body's names are not seen by a comprehension in it
            self.classes = [*classes[:-1], set()]
        self.hidden.append(set().union(*(target_names(g.target) for g in node.generators)))
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            for n in ast.walk(generator.target):
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
                    self.read(n.id)
            for condition in generator.ifs:
                self.visit(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self.hidden.pop()
        self.kills, self.certain, self.classes = kills, certain, classes

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    # control flow

    def maybe(self, nodes: Iterable[ast.AST]) -> None:
        """Visit code that may not run."""
        self.fork([list(nodes), []])

    def fork(self, branches: Sequence[Sequence[ast.AST]]) -> None:
        """Visit alternatives; what all of them bind is bound."""
        kills, certain = set(self.kills), self.certain
        self.certain = False
        ends: list[set[str]] = []
        for branch in branches:
            self.kills = set(kills)
            if self.block(branch):
                ends.append(self.kills)
        self.certain = certain
        self.kills = set.intersection(*ends) if ends else kills

    def block(self, nodes: Sequence[ast.AST]) -> bool:
        """Visit code in order; return False when it surely does not reach its end."""
        for node in nodes:
            self.visit(node)
            if isinstance(node, (ast.Raise, ast.Return, ast.Break, ast.Continue)):
                return False
        return True

    def visit_Break(self, node: ast.Break | ast.Continue) -> None:
        if self.escapes:
            self.escapes[-1].append(set(self.kills))

    visit_Continue = visit_Break

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.fork([node.body, node.orelse])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop(node, runs=surely_runs(node.iter, self.context), head=node.target)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._loop(node, runs=isinstance(node.test, ast.Constant) and bool(node.test.value), head=None)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, *, runs: bool, head: ast.expr | None) -> None:
        before, certain = set(self.kills), self.certain
        self.escapes.append([])
        self.certain = certain and runs
        if head is not None:
            self.visit(head)
        self.certain = False  # from here on an earlier `break` may have left the loop
        reached = self.block(node.body)
        ends = self.escapes.pop()
        if reached:
            ends.append(self.kills)
        after = set.intersection(*ends) if runs and ends else before
        self.kills = after
        self.fork([node.orelse, []])
        self.kills, self.certain = after | (self.kills & after), certain

    def visit_Try(self, node: ast.Try) -> None:
        before, certain = set(self.kills), self.certain
        self.certain = certain and not node.handlers
        reached = self.block([*node.body, *node.orelse])
        ends = [set(self.kills)] if reached else []
        for handler in node.handlers:
            self.kills = set(before)
            self.certain = False
            if handler.type is not None:
                self.visit(handler.type)
            if handler.name:
                self.bind(handler.name)
            reached = self.block(handler.body)
            if handler.name:
                self.delete(handler.name)
            if reached:
                ends.append(set(self.kills))
        self.certain = certain
        self.kills = set.intersection(*ends) if ends else set(before)
        after = set(self.kills)
        if node.finalbody:
            self.kills = set(before)  # it also runs when the body was left early
            self.block(node.finalbody)
            self.kills |= after - self.deletes

    visit_TryStar = visit_Try  # type: ignore[assignment,unused-ignore]

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        swallows = False
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.visit(item.optional_vars)
            swallows = swallows or self._swallows(item.context_expr)
        if swallows:
            self.maybe(node.body)
        else:
            self.block(node.body)

    visit_AsyncWith = visit_With

    def _swallows(self, manager: ast.expr) -> bool:
        """True unless a context manager surely lets exceptions through."""
        if isinstance(manager, ast.Name):
            return manager.id not in self.context.plain_objects
        if not isinstance(manager, ast.Call):
            return True
        return not self.context.lets_through(manager)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        branches: list[list[ast.AST]] = []
        exhaustive = False
        for case in node.cases:
            branches.append([case.pattern, *([case.guard] if case.guard else []), *case.body])
            exhaustive = exhaustive or (
                isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and not case.guard
            )
        self.fork(branches if exhaustive else [*branches, []])
        # a pattern that fails half-way may have bound its captures
        for case in node.cases:
            for n in ast.walk(case.pattern):
                name = getattr(n, "rest" if isinstance(n, ast.MatchMapping) else "name", None)
                if isinstance(name, str):
                    self.defs.add(name)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name:
            self.bind(node.name)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self.bind(node.rest)

    # statements

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        if not self.context.lazy_annotations:
            self.visit(node.annotation)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)
        if node.msg is not None:
            self.maybe([node.msg])

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        for part in [*node.decorator_list, *defaults_of(node.args)]:
            self.visit(part)
        if not self.context.lazy_annotations:
            self.hidden.append(type_parameters(node))
            for part in annotations_of(node):
                self.visit(part)
            self.hidden.pop()
        self.defer(function_free(node))
        self.late |= type_parameter_reads(node)
        self.bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in node.decorator_list:
            self.visit(part)
        self.hidden.append(type_parameters(node))
        for part in [*node.bases, *[k.value for k in node.keywords]]:
            self.visit(part)
        self.classes.append(
            {"__module__", "__qualname__"} | ({"__doc__"} if ast.get_docstring(node) is not None else set())
        )
        self.block(node.body)
        self.classes.pop()
        self.hidden.pop()
        free = class_free(node)
        self.late_writes |= free.global_writes
        self.late |= type_parameter_reads(node)
        self.bind(node.name)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        scope = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}  # type: ignore[attr-defined]
        self.late |= scope
        self.bind(node.name.id)  # type: ignore[attr-defined]
