"""A function of the package tried on small inputs: what it surely returns, changes and shows."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from nb2pkg.promises.demands import demands_of
from nb2pkg.promises.execute import Call, Interpreter
from nb2pkg.promises.inputs import LEVELS, TablePlan, plan_for
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Bunch,
    Doubt,
    Estimator,
    Frame,
    Function,
    Instance,
    Origin,
    Raised,
    Ref,
    Series,
    certain,
)

_ROUNDS = 30
_MOST_TRIES = 24
SPLIT_ROWS = 20
_FRAMES = {"pd.DataFrame", "DataFrame", "pandas.DataFrame"}
_COLUMNS = {"pd.Series", "Series", "pandas.Series"}
_ESTIMATORS = {"StandardScaler", "MinMaxScaler", "LabelEncoder"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call surely does.

    Args:
        before: the arguments, as they were.
        after: the same objects after the call.
        result: what it returns.
        shown: what it shows as a cell's value.
        printed: what it prints.
        reads: columns of each table that it reads from the very first on: (parameter, label).
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    result: Any
    shown: tuple[Any, ...] = ()
    printed: tuple[Any, ...] = ()
    reads: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True)
class Package:
    """The modules of a package, and what the story of `run()` showed of the values that its functions get."""

    name: str
    sources: Mapping[str, str]
    calls: Sequence[Call] = ()
    known: dict[tuple[str, str], ast.FunctionDef] = field(default_factory=dict)
    trees: dict[str, ast.Module] = field(default_factory=dict)

    def interpreter(self, readers: Any = None, *, tolerant: bool = False) -> Interpreter:
        """Return what follows the code of the package; `readers` and `tolerant` are those of `Interpreter`."""
        return Interpreter(self.name, self.sources, readers, tolerant, trees=self.trees)

    def function(self, module: str, name: str) -> ast.FunctionDef | None:
        """Return a function of a module."""
        if not self.known:
            for key in self.sources:
                for node in self.interpreter().tree(key).body:
                    if isinstance(node, ast.FunctionDef):
                        self.known[key, node.name] = node
        return self.known.get((module, name))

    def samples(self, module: str, name: str) -> Mapping[str, Any]:
        """Return what the story gives a function: parameter -> value, as far as it is known."""
        found: dict[str, Any] = {}
        for call in self.calls:
            if (call.module, call.function) == (module, name):
                for parameter, value in call.arguments.items():
                    if value is not UNKNOWN and parameter not in found:
                        found[parameter] = value
        return found


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
    choices = [list(_choices(package, node, a, samples.get(a.arg, UNKNOWN))) for a in _parameters(node)]
    if not all(choices):
        return None
    for chosen in islice(product(*choices), _MOST_TRIES):
        outcome = _settle(package, module, node, dict(zip([a.arg for a in _parameters(node)], chosen, strict=True)))
        if outcome is not None and says_something(outcome):
            return outcome
    return None


def _parameters(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def says_something(outcome: Outcome) -> bool:
    """True when a call gives, changes or shows something."""
    if outcome.result is not None or outcome.shown or outcome.printed:
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


def _many(name: str, value: Any) -> Any:
    """Return so many rows that halves of them can be told apart."""
    if isinstance(value, list):
        return list(range(SPLIT_ROWS)) if len(value) == 2 else value
    labels = len(value.shape) == 1 and name.lower().startswith(("y", "t", "label"))
    if labels:
        return Array([0, 1] * (SPLIT_ROWS // 2), (SPLIT_ROWS,), "int")
    width = 2 if len(value.shape) > 1 else 1
    shape = (SPLIT_ROWS, 2) if len(value.shape) > 1 else (SPLIT_ROWS,)
    return Array(list(range(SPLIT_ROWS * width)), shape, "int")


def _settle(package: Package, module: str, node: ast.FunctionDef, chosen: Mapping[str, Any]) -> Outcome | None:
    """Fit the tables among the arguments to what the code asks of them, the most demanding rows first."""
    rows = SPLIT_ROWS if splits(node) else 0
    if rows:
        chosen = {k: _many(k, v) if isinstance(v, (Array, list)) else v for k, v in chosen.items()}
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


def _choices(package: Package, node: ast.FunctionDef, parameter: ast.arg, sample: Any) -> Iterator[Any]:
    """Yield what a parameter may be tried with, the likeliest first."""
    note = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    name = parameter.arg
    if note in _FRAMES or isinstance(sample, Frame):
        yield plan_for(name, sample)
    elif note in _COLUMNS or isinstance(sample, Series):
        yield plan_for(name, sample, plain=True)
    elif isinstance(sample, Array):
        yield _small(sample) if certain(sample) else _numbers(sample.shape)
    elif sample is not UNKNOWN:
        if isinstance(sample, (Ref, Function)) or certain(sample):
            yield sample
    elif note == "np.ndarray":
        yield from _arrays(name)
    elif note in _ESTIMATORS:
        yield Estimator(note, {})
    elif note == "Bunch":
        yield _bunch(node, name)
    elif not note:
        yield from _untyped(node, name)
    else:
        yield from _of_type(package, name, note)


def _small(array: Array) -> Array:
    """Return the first rows and columns of an array."""
    from nb2pkg.promises.arrays import item

    if len(array.cells) <= 24:
        return Array(list(array.cells), array.shape, array.dtype)
    made = item(array, tuple(slice(0, 4) for _ in array.shape))
    return Array(list(made.cells), made.shape, made.dtype)


def _numbers(shape: Sequence[int]) -> Array:
    """Return an array of numbers that all differ."""
    small = tuple(min(n, 4) for n in shape)
    size = 1
    for n in small:
        size *= n
    return Array([float((7 * i) % (size + 1 if (size + 1) % 7 else size + 2)) for i in range(size)], small, "float")


def _arrays(name: str) -> Iterator[Array]:
    flat = Array([0, 1, 0, 1], (4,), "int") if name.lower().startswith(("y", "t", "label")) else _numbers((4,))
    shapes = [(4,), (4, 2), (3, 3), (2, 3, 2)] if name[:1].islower() else [(4, 2), (3, 3), (4,), (2, 3, 2)]
    for shape in shapes:
        yield flat if shape == (4,) else _numbers(shape)


def _bunch(node: ast.FunctionDef, name: str) -> Bunch:
    """Return a small data set with the fields that a function reads."""
    asked: set[Any] = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Attribute) and _means(n.value, name):
            asked.add(n.attr)
        elif isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and _means(n.value, name):
            asked.add(n.slice.value)
    known = {
        "data": _numbers((4, 2)),
        "target": Array([0, 1, 2, 0], (4,), "int"),
        "target_names": Array(["first", "second", "third"], (3,), "str"),
        "feature_names": ["length", "width"],
    }
    return Bunch({key: known[key] for key in known if key in asked})


def _untyped(node: ast.FunctionDef, name: str) -> Iterator[Any]:
    asked = demands_of(node, name)
    kinds = {kind for kind, _ in asked}
    if kinds & {"text", "split", "holds"} or any(isinstance(v, str) for k, v in asked if k == "equal"):
        yield "Some Text, here"
    if "threshold" in kinds or "equal" in kinds:
        yield 3
    if any(isinstance(n, ast.Subscript) and _means(n.slice, name) for n in ast.walk(node)):
        yield from (["first", "second"], "first", 1)
    yield plan_for(name, UNKNOWN)
    yield from _arrays(name)
    yield 3
    yield ["b", "a"]


def _means(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _of_type(package: Package, name: str, note: str) -> Iterator[Any]:
    plain: Mapping[str, Any] = {"int": 3, "float": 1.5, "str": "Some Text, here", "bool": True, "list": [3, 1, 2]}
    if note in plain:
        yield plain[note]
    elif note in package.sources.get("config", "") and "config" in package.sources:
        interpreter = package.interpreter()
        try:
            yield interpreter.call(interpreter.module_name("config", note), [], {})
        except (Doubt, Raised):
            return


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
