"""Planted defects of the converter, each one that a naive converter has: the fuzzer is worth what it finds of them."""

from __future__ import annotations

import ast
import importlib
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock


@dataclass(frozen=True, slots=True)
class Defect:
    """One function of the converter, and how it goes wrong."""

    name: str
    module: str
    attribute: str  # a function of the module, or Class.method
    broken: Callable[[Callable[..., Any]], Callable[..., Any]]  # the right function -> the wrong one


@contextmanager
def planted(defect: Defect) -> Iterator[None]:
    """Put a defect into the converter of this process for a while.

    Raises:
        AttributeError: the converter no longer has the function; the table must follow it.
    """
    owner: Any = importlib.import_module(defect.module)
    *holders, name = defect.attribute.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    with mock.patch.object(owner, name, defect.broken(getattr(owner, name))):
        yield


def _always(value: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answer the same whatever is asked."""
    return lambda right: lambda *args, **kwargs: value


def _no_branches(right: Callable[..., Any]) -> Callable[..., Any]:
    """Take what one branch binds as bound."""

    def fork(self: Any, branches: Any) -> None:
        for branch in branches:
            self.block(branch)

    return fork


def _ignores(field: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Lose one of the sets of names that a statement has."""

    def broken(right: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: replace(right(*args, **kwargs), **{field: frozenset()})

    return broken


def _loses_last(field: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Forget the last of what a function takes or returns."""

    def broken(right: Callable[..., Any]) -> Callable[..., Any]:
        def interface_of(*args: Any) -> Any:
            found = right(*args)
            return replace(found, **{field: getattr(found, field)[:-1]})

        return interface_of

    return broken


def _moves_all_headers(right: Callable[..., Any]) -> Callable[..., Any]:
    """Evaluate decorators, defaults and class bodies anywhere."""
    return lambda self, node, needs: True


def _replaces_also_what_is_hidden(right: Callable[..., Any]) -> Callable[..., Any]:
    """Edit reads of a setting's name without asking whether something nearer has that name."""

    def read(self: Any, node: Any) -> Any:
        return self.edits.replaced.get(node.id) or right(self, node)

    return read


def _shows_no_calls(right: Callable[..., Any]) -> Callable[..., Any]:
    def shows_nothing(statement: Any, *args: Any) -> bool:
        node = statement.node
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)

    return shows_nothing


def _shifts_strings(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda text, prefix="    ": textwrap.indent(text, prefix)


def _keeps_globals(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, node: None


def _live_without_late_reads(right: Callable[..., Any]) -> Callable[..., Any]:
    def live(statements: Any, end: Any = ()) -> Any:
        return right([replace(s, names=replace(s.names, late_uses=frozenset())) for s in statements], end)

    return live


DEFECTS = (
    Defect("late reads are forgotten", "nb2pkg.flow.analyse", "def_use", _ignores("late_uses")),
    Defect("writes by functions are forgotten", "nb2pkg.flow.analyse", "def_use", _ignores("late_writes")),
    Defect("a branch surely binds", "nb2pkg.flow.defuse", "_Walker.fork", _no_branches),
    Defect("rebinding is overlooked", "nb2pkg.plan.definitions", "_Classifier.single", _always(True)),
    Defect("functions are lifted while held", "nb2pkg.plan.definitions", "CallSites.obstacle", _always("")),
    Defect("generators are called functions", "nb2pkg.plan.definitions", "is_generator", _always(False)),
    Defect("inner functions read at once", "nb2pkg.plan.definitions", "deferred_reads", _always(set())),
    Defect("headers may move", "nb2pkg.plan.headers", "Headers.is_safe", _moves_all_headers),
    Defect("an input is lost", "nb2pkg.plan.units", "interface_of", _loses_last("inputs")),
    Defect("an output is lost", "nb2pkg.plan.units", "interface_of", _loses_last("outputs")),
    Defect("late reads end a name's life", "nb2pkg.plan.story", "live_after", _live_without_late_reads),
    Defect("settings hide nearer names", "nb2pkg.project.rewrite", "_Rewriter._read", _replaces_also_what_is_hidden),
    Defect("builtins are not seeded", "nb2pkg.plan.story", "_seeds", _always(frozenset())),
    Defect("global stays global", "nb2pkg.project.rewrite", "_Rewriter.visit_Global", _keeps_globals),
    Defect("class bodies see functions' names", "nb2pkg.project.rewrite", "_outer_names", _always("")),
    Defect("calls are not shown", "nb2pkg.project.functions", "shows_nothing", _shows_no_calls),
    Defect("semicolons are overlooked", "nb2pkg.cells.read", "ends_in_semicolon", _always(False)),
    Defect("strings are indented", "nb2pkg.project.rewrite", "shift", _shifts_strings),
)
