"""Objects that learn: what they are made of, and their methods."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.facts import COMPOSED, LEARNERS, LIBRARIES, MILD, OVERSAMPLERS, PURE, SEARCHES, SPLITTERS
from nb2pkg.lint.ml.state import State
from nb2pkg.lint.ml.values import Estimator, Fit, Folds, Prediction, Rows, Score, Sequence
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_PREDICTING = frozenset("predict predict_proba decision_function predict_log_proba fit_predict predict_classes".split())
_KEEPING_COLUMNS = frozenset(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer PowerTransformer SimpleImputer Imputer "
    "KNNImputer IterativeImputer Normalizer FunctionTransformer".split()
)
# They take some of the columns only.
_PICKING = frozenset(
    {
        *("ColumnTransformer", "make_column_transformer", "FeatureUnion", "FunctionTransformer", "ColumnSelector"),
        *("DropFeatures", "SelectFromModel", "RFE", "RFECV", "SequentialFeatureSelector", "make_union"),
    }
)
_KEEPING_TARGET = frozenset({"LabelEncoder", "LabelBinarizer", "OrdinalEncoder"})


def made(name: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Estimator | None:
    """Return the estimator that the call of a library's class makes, or None for something else."""
    library, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    if library not in LIBRARIES or not (last[:1].isupper() or last in COMPOSED):
        return None
    values = [*args, *keywords.values()]
    steps = tuple(_steps(values, 0))
    return Estimator(last, library, node, steps, whole=_is_whole(last, steps, args, keywords))


def _is_whole(name: str, steps: tuple[Estimator, ...], args: list[Any], keywords: dict[str, Any]) -> bool:
    """Tell whether an estimator takes all columns that it gets, as far as what it is made of is known."""
    if any(not step.whole or step.name in _PICKING for step in steps) or name in _PICKING:
        return False
    if name == "make_pipeline":
        return len(steps) == len(args)
    if name == "Pipeline":
        listed = args[0] if args else keywords.get("steps")
        return isinstance(listed, Sequence) and len(listed.items) == len(steps)
    return name not in SEARCHES or len(steps) == 1


def _steps(values: list[Any], depth: int) -> list[Estimator]:
    found = []
    for value in values:
        if isinstance(value, Estimator):
            found.append(value)
        elif isinstance(value, Sequence) and depth < 4:
            found += _steps([*value.items], depth + 1)
    return found


def learns(estimator: Estimator) -> str:
    """Return the class of an estimator that learns numbers from rows for `transform`, or the empty string."""
    stack = [estimator]
    for _ in range(30):
        if not stack:
            break
        one = stack.pop()
        if one.name in LEARNERS and not _is_constant(one):
            return one.name
        if one.name in COMPOSED:
            stack.extend(reversed(one.steps))
    return ""


def is_mild(estimator: Estimator) -> bool:
    """Tell whether an estimator only learns which words there are."""
    return estimator.name in MILD or (estimator.name in COMPOSED and any(s.name in MILD for s in estimator.steps))


def is_model(estimator: Estimator) -> bool:
    """Tell whether an estimator of a known library predicts something."""
    last = estimator.steps[-1] if estimator.name in COMPOSED and estimator.steps else estimator
    return bool(estimator.module) and not (
        last.name in LEARNERS | MILD | PURE | OVERSAMPLERS | SPLITTERS or last.name in COMPOSED
    )


def _is_constant(estimator: Estimator) -> bool:
    """`SimpleImputer(strategy="constant")` learns nothing."""
    keywords = estimator.node.keywords if estimator.node is not None else ()
    return any(
        k.arg == "strategy" and isinstance(k.value, ast.Constant) and k.value.value == "constant" for k in keywords
    )


def estimator_method(
    state: State, estimator: Estimator, name: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]
) -> Any:
    """Return what a method of an estimator gives, with what happens noted."""
    x = args[0] if args else keywords.get("X", keywords.get("raw_documents", keywords.get("x")))
    y = args[1] if len(args) > 1 else keywords.get("y", keywords.get("Y"))
    if estimator.name in SPLITTERS:
        return _folds(state, estimator, node, args) if name == "split" else None
    if name in ("fit_resample", "fit_sample"):
        return _resampled(state, estimator, node, x, y)
    if name in ("fit", "partial_fit", "fit_transform", "fit_predict"):
        state.fitted(estimator, node, x, y)
        if estimator.name in SEARCHES:
            state.history.validated = True
        if name in ("fit", "partial_fit"):
            return estimator
        if name == "fit_transform" and isinstance(x, Rows):
            return _applied(state, estimator, x, node)
    if name in _PREDICTING and isinstance(x, Rows):
        return x.plain(prediction=Prediction(estimator, estimator.fit, x))
    if name in ("transform", "fit_transform") and isinstance(x, Rows):
        return _applied(state, estimator, x, node)
    if name == "inverse_transform":
        return x.plain(prediction=x.prediction) if isinstance(x, Rows) else None
    if name in ("score", "evaluate"):
        score(state, f".{name}", node, estimator, estimator.fit, x)
        return None
    return estimator if name == "set_params" else None


def score(state: State, name: str, node: ast.Call, estimator: Estimator | None, fit: Fit | None, x: Any) -> None:
    """Note that something is measured."""
    rows = x if isinstance(x, Rows) else None
    event = Score(name, node, state.statement, estimator, fit, rows, state.history.next(), state.loop)
    state.history.scores.append(event)


def _applied(state: State, estimator: Estimator, x: Rows, node: ast.Call) -> Rows:
    learned = x.learned | {estimator.fit} if estimator.fit is not None else x.learned
    if estimator.fit is not None:
        state.history.applied.append((estimator.fit, x, node))
    return x.plain(
        learned=learned,
        groups=x.groups if estimator.name in _KEEPING_COLUMNS else (),
        takes=x.takes if estimator.name in _KEEPING_TARGET else frozenset(),
    )


def _folds(state: State, estimator: Estimator, node: ast.Call, args: list[Any]) -> Folds:
    words = {k.arg: k.value for k in estimator.node.keywords} if estimator.node is not None else {}
    shuffle = words.get("shuffle")
    shuffled = estimator.name.endswith("ShuffleSplit") or (isinstance(shuffle, ast.Constant) and shuffle.value is True)
    grouped = "Group" in estimator.name or estimator.name == "TimeSeriesSplit"
    return Folds(state.split("fold", node, tuple(args), shuffled=shuffled and not grouped))


def _resampled(state: State, estimator: Estimator, node: ast.Call, x: Any, y: Any) -> Sequence:
    rows = [v if isinstance(v, Rows) else state.source() for v in (x, y)]
    if estimator.name in OVERSAMPLERS:
        fit = Fit(estimator, node, state.statement, rows[0], rows[1], state.history.next())
        state.history.samplings.append(fit)
        return Sequence(tuple(r.but(sampled=r.sampled | {fit}) for r in rows))
    cut = state.history.next()
    return Sequence(tuple(r.cut(cut) for r in rows))
