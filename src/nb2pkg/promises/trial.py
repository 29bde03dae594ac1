"""A function of the package tried on small inputs: what it surely returns, changes and shows."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from nb2pkg.promises.choices import choices
from nb2pkg.promises.inputs import LEVELS, TablePlan
from nb2pkg.promises.package import Package
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Doubt,
    Estimator,
    Frame,
    Function,
    Instance,
    Origin,
    Raised,
    Series,
)

_ROUNDS = 30
_MOST_TRIES = 24
SPLIT_ROWS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call surely does.

    Args:
        before: the arguments, as they were.
        after: the same objects after the call.
        result: what it returns.
        shown: what it shows as a cell's value.
        printed: what it prints.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    result: Any
    shown: tuple[Any, ...] = ()
    printed: tuple[Any, ...] = ()


def execute(package: Package, module: str, function: str, arguments: Mapping[str, Any], readers: Any = None) -> Outcome:
    """Return what a call surely does; `readers` are those of `Interpreter`.

    Raises:
        Doubt: something of it is not certain.
        Raised: it surely raises.
    """
    interpreter = package.interpreter(readers)
    value = interpreter.module_name(module, function)
    if not isinstance(value, Function):
        raise Doubt("no function")
    after = dict(arguments)
    before = copy.deepcopy(after)
    result = interpreter.call_function(value, [], after)
    return Outcome(before, after, result, tuple(interpreter.shown), tuple(interpreter.printed))


def try_function(package: Package, module: str, name: str) -> Outcome | None:
    """Return what a function surely does on inputs that exercise it, or None where nothing is certain."""
    node = package.function(module, name)
    if node is None or node.args.vararg or node.args.kwarg or node.decorator_list:
        return None
    samples = package.samples(module, name)
    offered = [list(choices(package, node, a, samples.get(a.arg, UNKNOWN))) for a in _parameters(node)]
    if not all(offered):
        return None
    for chosen in islice(product(*offered), _MOST_TRIES):
        outcome = _settle(package, module, node, dict(zip([a.arg for a in _parameters(node)], chosen, strict=True)))
        if outcome is not None and says_something(outcome):
            return outcome
    return None


def _parameters(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def says_something(outcome: Outcome) -> bool:
    """True when a call gives, changes or shows something."""
    empty = isinstance(outcome.result, (list, dict, tuple, set, str)) and not outcome.result
    if (outcome.result is not None and not empty) or outcome.shown or outcome.printed:
        return True
    return any(not same(outcome.before[k], outcome.after[k]) for k in outcome.before)


def same(a: Any, b: Any) -> bool:
    """True when two values are equal in all that is known of them."""
    if isinstance(a, Frame) and isinstance(b, Frame):
        return list(a.columns) == list(b.columns) and a.index == b.index and repr(a.columns) == repr(b.columns)
    if isinstance(a, Series) and isinstance(b, Series):
        return repr(a.column) == repr(b.column) and a.index == b.index
    if isinstance(a, Array) and isinstance(b, Array):
        return repr(a.cells) == repr(b.cells) and a.shape == b.shape
    if isinstance(a, Instance) and isinstance(b, Instance):
        return all(same(v, b.attributes.get(k)) for k, v in a.attributes.items())
    if isinstance(a, Estimator) and isinstance(b, Estimator):
        return a.fitted == b.fitted
    return repr(a) == repr(b)


def splits(node: ast.FunctionDef) -> bool:
    """True when a function splits rows into training and test rows."""
    return any(isinstance(n, ast.Name) and n.id == "train_test_split" for n in ast.walk(node))


def split_rows(node: ast.FunctionDef) -> int:
    """Return how many rows a function is tried on that splits them, so that classes can be halved; 0 for others."""
    if not splits(node):
        return 0
    stratified = any(isinstance(n, ast.keyword) and n.arg == "stratify" for n in ast.walk(node))
    return SPLIT_ROWS * 2 if stratified else SPLIT_ROWS


def _many(name: str, value: Any, rows: int) -> Any:
    """Return so many rows that halves of them can be told apart."""
    if isinstance(value, list):
        return list(range(rows)) if len(value) == 2 else value
    labels = len(value.shape) == 1 and name.lower().startswith(("y", "t", "label"))
    if labels:
        return Array([0, 1] * (rows // 2), (rows,), "int")
    width = 2 if len(value.shape) > 1 else 1
    shape = (rows, 2) if len(value.shape) > 1 else (rows,)
    return Array(list(range(rows * width)), shape, "int")


def _settle(package: Package, module: str, node: ast.FunctionDef, chosen: Mapping[str, Any]) -> Outcome | None:
    """Fit the tables among the arguments to what the code asks of them, the most demanding rows first."""
    rows = split_rows(node)
    if rows:
        chosen = {k: _many(k, v, rows) if isinstance(v, (Array, list)) else v for k, v in chosen.items()}
    for level in LEVELS:
        plans = {k: copy.deepcopy(v) for k, v in chosen.items() if isinstance(v, TablePlan)}
        outcome = _fit(package, module, node.name, chosen, plans, level, rows)
        if outcome is not None or not plans:
            return outcome
    return None


def _fit(
    package: Package,
    module: str,
    name: str,
    chosen: Mapping[str, Any],
    plans: Mapping[str, TablePlan],
    level: int,
    rows: int = 0,
) -> Outcome | None:
    for _ in range(_ROUNDS):
        before = {k: copy.deepcopy(plan.origin.notes) for k, plan in plans.items()}
        arguments = {k: plans[k].build(level, rows) if k in plans else copy.deepcopy(v) for k, v in chosen.items()}
        try:
            outcome = execute(package, module, name, arguments)
        except Raised as raised:
            if not _mended(plans, raised) and before == {k: plan.origin.notes for k, plan in plans.items()}:
                return None
            continue
        except (Doubt, RecursionError):
            if before == {k: plan.origin.notes for k, plan in plans.items()}:
                return None
            continue
        if _widened(plans) or before != {k: plan.origin.notes for k, plan in plans.items()}:
            continue
        return outcome
    return None


def _mended(plans: Mapping[str, TablePlan], raised: Raised) -> bool:
    """Add the column that was missing; return whether there was one."""
    source = raised.culprit
    if source is None or raised.kind not in ("KeyError", "AttributeError", "NameError", "LookupError"):
        return False
    for plan in plans.values():
        if plan.origin is source.origin and not plan.plain and source.column not in plan.columns:
            plan.columns.append(source.column)
            return True
    return False


def _widened(plans: Mapping[str, TablePlan]) -> bool:
    """Note the columns that are read but stood there by chance, so that no smaller table would do."""
    found = False
    for plan in plans.values():
        for label in plan.origin.notes:
            if label is not None and not plan.plain and label not in plan.columns:
                plan.columns.append(label)
                found = True
    return found


def without(outcome: Outcome, parameter: str, label: Any) -> Mapping[str, Any]:
    """Return the arguments of a call with a column taken from a table."""
    arguments = dict(copy.deepcopy(dict(outcome.before)))
    frame = arguments[parameter]
    del frame.columns[label]
    return arguments


def missing_column(package: Package, module: str, name: str, outcome: Outcome) -> tuple[str, Any, str] | None:
    """Return (parameter, column, exception) of a column without which the function surely fails."""
    for parameter, value in outcome.before.items():
        if not isinstance(value, Frame) or value.origin is None:
            continue
        for label in list(value.origin.notes):
            if label not in value.columns or len(value.columns) < 2 or not isinstance(label, str):
                continue
            arguments = without(outcome, parameter, label)
            arguments[parameter].origin = Origin(parameter)
            try:
                execute(package, module, name, arguments)
            except Raised as raised:
                source = raised.culprit
                same_place = source is not None and source.origin is arguments[parameter].origin
                if same_place and source.column == label and raised.kind in ("KeyError", "AttributeError"):
                    return parameter, label, raised.kind
            except Doubt:
                continue
    return None
