"""How each kind of expression is evaluated by the forward pass."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from nb2pkg.lint.ml.calls import call
from nb2pkg.lint.ml.columns import joined, taken
from nb2pkg.lint.ml.facts import NO_COLUMNS, SPLITTERS
from nb2pkg.lint.ml.methods import with_statistics
from nb2pkg.lint.ml.state import State
from nb2pkg.lint.ml.subscripts import subscript
from nb2pkg.lint.ml.values import Enumerated, Estimator, Folds, Index, Labels, Rows, Sequence, Statistic
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_SCORES = frozenset({"best_score_", "cv_results_", "oob_score_", "oob_prediction_", "oob_decision_function_"})


def _name(state: State, node: ast.Name) -> Any:
    return state.lookup(node.id)


def _constant(state: State, node: ast.Constant) -> Any:
    value = node.value
    return value if value.__class__ is str or value.__class__ is int or value.__class__ is float else None


def _attribute(state: State, node: ast.Attribute) -> Any:
    held = state.value(node.value)
    if isinstance(held, Statistic):
        return held
    if isinstance(held, Rows):
        if node.attr in ("columns", "feature_names"):
            return Labels()
        if node.attr in NO_COLUMNS:
            return held if node.attr == "values" else held.plain()
        return taken(held, node.attr)
    if isinstance(held, Estimator):
        if node.attr in _SCORES:
            state.history.validated = True
        return held if node.attr == "best_estimator_" else None
    return None


def _sequence(state: State, node: ast.List | ast.Tuple | ast.Set) -> Any:
    if isinstance(node, ast.List) and _are_numbers(node):
        return state.source()
    items: list[Any] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = state.value(element.value)
            items += inner.items if isinstance(inner, Sequence) else [None]
        else:
            items.append(state.value(element))
    return Sequence(tuple(items))


def _are_numbers(node: ast.expr) -> bool:
    """Tell whether a list is data that are written out: `[1, 2]`, `[[1.0, 2.0], [3.0, 4.0]]`."""
    while isinstance(node, ast.List) and node.elts:
        node = node.elts[0]
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and node.value.__class__ in (int, float)


def _dict(state: State, node: ast.Dict) -> Any:
    values = [state.value(v) for v in node.values]
    statistics = [v for v in values if isinstance(v, Statistic)]
    if statistics:
        return statistics[0]
    rows = [v for v in values if isinstance(v, Rows)]
    return state.source().but(learned=rows[0].learned, roots=rows[0].roots, cuts=rows[0].cuts) if rows else None


def _binary(state: State, node: ast.BinOp) -> Any:
    left, right = state.value(node.left), state.value(node.right)
    if isinstance(left, Sequence) and isinstance(right, Sequence) and isinstance(node.op, ast.Add):
        return Sequence((*left.items, *right.items))
    if isinstance(left, Labels) or isinstance(right, Labels):
        return Labels()
    if isinstance(node.op, ast.Sub):
        _compared(state, left, right)
    return _combined(state, left, right, mask=isinstance(node.op, (ast.BitAnd, ast.BitOr)))


def _combined(state: State, left: Any, right: Any, *, mask: bool) -> Any:
    """Return what comes of two values, element by element."""
    one, other = (left, right) if isinstance(left, Rows) else (right, left)
    if not isinstance(one, Rows):
        if isinstance(left, Statistic) or isinstance(right, Statistic):
            return left if isinstance(left, Statistic) else right
        return None
    both = [v for v in (left, right) if isinstance(v, Rows)]
    found = one.plain(
        learned=frozenset(f for v in both for f in v.learned),
        sampled=frozenset(f for v in both for f in v.sampled),
        cuts=one.cuts | other.cuts if isinstance(other, Rows) else one.cuts,
        mask=mask and all(v.mask for v in both),
    )
    return with_statistics(state, found, [other])


def _compared(state: State, left: Any, right: Any) -> None:
    """Note predictions that are held against something."""
    if isinstance(left, Rows) and isinstance(right, Rows):
        state.history.manual += [v.prediction for v in (left, right) if v.prediction is not None]


def _compare(state: State, node: ast.Compare) -> Any:
    values = [state.value(node.left), *(state.value(c) for c in node.comparators)]
    rows = [v for v in values if isinstance(v, Rows)]
    for one in rows[1:]:
        _compared(state, rows[0], one)
    return (
        rows[0].plain(mask=True, prediction=rows[0].prediction)
        if rows and not isinstance(node.ops[0], (ast.In, ast.NotIn))
        else None
    )


def _unary(state: State, node: ast.UnaryOp) -> Any:
    held = state.value(node.operand)
    return held.plain(mask=held.mask) if isinstance(held, Rows) else None


def _boolean(state: State, node: ast.BoolOp) -> None:
    for value in node.values:
        state.value(value)


def _if(state: State, node: ast.IfExp) -> Any:
    state.value(node.test)
    return joined(state.value(node.body), state.value(node.orelse))


def _comprehension(state: State, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Any:
    """Return what comes of the first item; names that it binds are gone afterwards."""
    bound = [n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)]
    saved = {name: state.names[name] for name in bound if name in state.names}
    outer, state.loop = state.loop, node
    first = None
    for generator in node.generators:
        held = state.value(generator.iter)
        first = held if first is None else first
        bind(state, generator.target, item(state, held))
        for test in generator.ifs:
            state.value(test)
    found = state.value(node.elt)
    state.loop = outer
    for name in bound:
        state.names.pop(name, None)
    state.names.update(saved)
    if isinstance(first, Labels) or found.__class__ is str:
        return Labels()
    if isinstance(found, Rows):
        return found.plain(cuts=found.cuts | {state.history.next()})
    return None


def _formatted(state: State, node: ast.JoinedStr) -> None:
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            state.value(part.value)


def _named(state: State, node: ast.NamedExpr) -> Any:
    value = state.value(node.value)
    state.names[node.target.id] = value
    return value


def _await(state: State, node: ast.Await) -> Any:
    return state.value(node.value)


def item(state: State, held: Any) -> Any:
    """Return what is known of the first thing that a loop over a value gives."""
    if isinstance(held, Estimator) and held.name in SPLITTERS:
        held = Folds(state.split("fold", held.node, ()))  # KFold(len(y)) of old
    if isinstance(held, Folds):
        halves = [state.history.half(held.split, side) for side in ("train", "test")]
        return Sequence(tuple(Index(half) for half in halves))
    if isinstance(held, Enumerated):
        return Sequence((None, item(state, held.inner)))
    if isinstance(held, Sequence):
        return held.items[0] if held.items else None
    if isinstance(held, Labels):
        return held
    if isinstance(held, Rows) and held.groups:
        return Labels()  # a frame gives its columns
    return held.plain(cuts=held.cuts | {state.history.next()}) if isinstance(held, Rows) else None


def bind(state: State, target: ast.expr, value: Any) -> None:
    """Bind the names of a target; what a subscript or an attribute of data gets is seen to elsewhere."""
    if isinstance(target, ast.Name):
        state.names[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        known = isinstance(value, Sequence) and len(value.items) == len(target.elts)
        for place, element in enumerate(target.elts):
            inner = element.value if isinstance(element, ast.Starred) else element
            if known and not isinstance(element, ast.Starred):
                bind(state, inner, value.items[place])
            elif isinstance(value, Rows):
                bind(state, inner, value.plain(cuts=value.cuts | {state.history.next()}))
            else:
                bind(state, inner, None)


EVALUATORS: Mapping[type[ast.AST], Callable[[State, Any], Any]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: subscript,
    ast.Call: call,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.IfExp: _if,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.JoinedStr: _formatted,
    ast.NamedExpr: _named,
    ast.Await: _await,
}
