"""Calls: of estimators and data, of the libraries' functions, of the notebook's own functions."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.columns import below, beside, names_in, without
from nb2pkg.lint.ml.estimators import estimator_method, made, score
from nb2pkg.lint.ml.facts import (
    BELOW,
    BESIDE,
    CONVERTING,
    CROSS_VALIDATION,
    HARMLESS,
    METRICS,
    SCALING,
    STATISTICS,
    TRAIN_TEST,
)
from nb2pkg.lint.ml.methods import method, statistic
from nb2pkg.lint.ml.state import State
from nb2pkg.lint.ml.values import (
    Enumerated,
    Estimator,
    Fit,
    Folds,
    Group,
    Half,
    Index,
    Labels,
    Routine,
    Rows,
    Sequence,
    Statistic,
)
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_FITTING = frozenset({"fit", "fit_transform", "predict", "predict_proba", "score", "transform", "evaluate"})
_PRICES = ("yfinance.", "pandas_datareader.", "quandl.", "nsepy.")
# Nothing that they get or give is rows: pictures, paths, times.
_NO_DATA = (
    *("matplotlib.", "seaborn.", "plotly.", "os.", "pathlib.", "glob.", "re.", "json.", "time.", "datetime.", "sys."),
    *("warnings.", "builtins.open", "builtins.range", "builtins.str", "builtins.format"),
)
# They give rows of their own, whatever they get.
_LOADING = ("pandas.read_", "numpy.load", "numpy.genfromtxt", "joblib.load", "sklearn.datasets.", "seaborn.load")
_PASSING = frozenset({"builtins.list", "builtins.sorted", "builtins.tuple", "builtins.set", "builtins.reversed"})


def call(state: State, node: ast.Call) -> Any:
    """Return what is known of a call's value, with what happens noted."""
    function = node.func
    name = state.notebook.qualified(function)
    if isinstance(function, ast.Name):
        routine = state.lookup(function.id)
        if isinstance(routine, Routine) and state.may_follow():
            return state.follow(state, routine.node, node)
    receiver = None
    if isinstance(function, ast.Attribute) and (not name or name.startswith(".")):
        receiver = state.value(function.value)
    if name.startswith(_NO_DATA) and name != "seaborn.load_dataset":
        return None
    args = [state.value(a.value if isinstance(a, ast.Starred) else a) for a in node.args]
    keywords = {k.arg: state.value(k.value) for k in node.keywords if k.arg is not None}
    if isinstance(function, ast.Attribute) and (not name or name.startswith(".")):
        return _method(state, receiver, function, node, args, keywords)
    return _function(state, name, node, args, keywords)


def _method(
    state: State, receiver: Any, function: ast.Attribute, node: ast.Call, args: list[Any], keywords: dict[str, Any]
) -> Any:
    name = function.attr
    if isinstance(receiver, Estimator):
        return estimator_method(state, receiver, name, node, args, keywords)
    if isinstance(receiver, Rows):
        if name in ("fit", "fit_transform"):
            return _unknown_estimator(state, function, node, args, keywords)
        return method(state, receiver, name, node, args, keywords)
    if isinstance(receiver, Statistic):
        return receiver
    if isinstance(receiver, Labels):
        return receiver
    if isinstance(receiver, Sequence):
        return receiver if name == "copy" else None
    if name in _FITTING and any(isinstance(v, Rows) for v in (*args, *keywords.values())):
        return _unknown_estimator(state, function, node, args, keywords)
    return _unknown(state, node, args, keywords)


def _unknown_estimator(
    state: State, function: ast.Attribute, node: ast.Call, args: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method of something that is fitted, though its class isn't known: from now on its name stands for that."""
    unknown = Estimator(ast.unparse(function.value)[:40], "", None)
    if isinstance(function.value, ast.Name):
        state.names[function.value.id] = unknown
    return estimator_method(state, unknown, function.attr, node, args, keywords)


def _function(state: State, name: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    last = name.rpartition(".")[2]
    if name in TRAIN_TEST:
        return _train_test(state, node, args)
    if name in CROSS_VALIDATION:
        return _cross_validated(state, node, args, keywords)
    if last in METRICS and name != last:
        return _metric(state, last, node, [*args, *keywords.values()])
    if name in SCALING and args:
        return estimator_method(state, Estimator(last, "sklearn", node), "fit_transform", node, args, keywords)
    estimator = made(name, node, args, keywords)
    if estimator is not None:
        return estimator
    found = _data(state, name, last, node, args, keywords)
    return found if found is not None else _unknown(state, node, args, keywords, name)


def _data(state: State, name: str, last: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    """Return what functions of pandas, numpy and sklearn.utils make of data, or None for others."""
    rows = [a for a in args if isinstance(a, Rows)]
    inner = args[0] if args else keywords.get("data", keywords.get("objs"))
    if name in BELOW | BESIDE:
        parts = [v for v in (inner.items if isinstance(inner, Sequence) else args) if isinstance(v, Rows)]
        axis = keywords.get("axis", args[1] if len(args) > 1 else None)
        if not parts:
            return None
        return beside(parts) if name in BESIDE or axis in (1, "columns", -1) else below(parts)
    if name == "pandas.merge" and rows:
        return beside(rows, state.history.next())
    if name.startswith("sklearn.utils.") and last in ("shuffle", "resample") and rows:
        return _resampled(state, last, node, rows, keywords)
    if isinstance(inner, Statistic) and name.startswith(("builtins.", "math.", "numpy.")):
        return inner
    if name.startswith("numpy.") and last in STATISTICS and isinstance(inner, Rows):
        return statistic(state, inner, node)
    if name == "builtins.next" and isinstance(inner, Folds):
        return _indices(state, inner)
    if name in _PASSING and isinstance(inner, (Labels, Sequence, Folds)):
        return inner
    if name in ("builtins.enumerate", "builtins.zip", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm"):
        return Enumerated(inner) if last == "enumerate" else inner
    if name in CONVERTING and isinstance(inner, Rows):
        return _converted(state, last, inner, keywords)
    if name == "pandas.DataFrame":
        return state.source().but(groups=(Group(state.history.next()),))
    return None


def _converted(state: State, last: str, inner: Rows, keywords: dict[str, Any]) -> Rows:
    if last == "DataFrame":
        frame = inner.groups if inner.groups and "columns" not in keywords else (Group(state.history.next()),)
        return inner.but(groups=frame)
    if last == "get_dummies":
        names = names_in(keywords.get("columns"))
        return inner.plain() if names is None else without(inner, names)
    return inner if last in ("array", "asarray", "ravel", "Series", "list", "reshape", "squeeze") else inner.plain()


def _train_test(state: State, node: ast.Call, args: list[Any]) -> Sequence:
    shuffle = next((k.value for k in node.keywords if k.arg == "shuffle"), None)
    shuffled = not (isinstance(shuffle, ast.Constant) and shuffle.value is False)
    kind = "subset" if _takes_one_side(state, node) else "random"
    split = state.split(kind, node, tuple(args), shuffled=shuffled)
    parts: list[Rows] = []
    for argument in args:
        rows = argument if isinstance(argument, Rows) else state.source()
        for side in ("train", "test"):
            part = rows.cut(state.history.half(split, side))
            state.history.note(part)
            parts.append(part)
    return Sequence(tuple(parts))


def _takes_one_side(state: State, node: ast.Call) -> bool:
    """Tell whether a split is only there to take some rows: `small, _ = train_test_split(...)`, `...[0]`."""
    parent = state.notebook.parent(node)
    if isinstance(parent, ast.Subscript):
        return True
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, (ast.Tuple, ast.List)):
        return False
    unused = [isinstance(e, ast.Name) and e.id.startswith("_") for e in target.elts]
    return len(unused) > 1 and (all(unused[1::2]) or all(unused[::2]))


def _cross_validated(state: State, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    state.history.validated = True
    x = args[1] if len(args) > 1 else keywords.get("X")
    y = args[2] if len(args) > 2 else keywords.get("y")
    split = state.split("cv", node, (x,))
    if isinstance(x, Rows):
        state.history.note(x.cut(Half(split, "test")))
        estimator = args[0] if args and isinstance(args[0], Estimator) else Estimator("model", "", None)
        rows = y if isinstance(y, Rows) else None
        state.history.fits.append(Fit(estimator, node, state.statement, x, rows, state.history.next()))
    return None


def _metric(state: State, name: str, node: ast.Call, values: list[Any]) -> Any:
    predictions = [v.prediction for v in values if isinstance(v, Rows) and v.prediction is not None]
    if len(predictions) == 1:
        one = predictions[0]
        score(state, name, node, one.estimator, one.fit, one.x)
    else:
        score(state, name, node, None, None, None)
    return Sequence((None, None, None)) if name.endswith("curve") else None


def _resampled(state: State, name: str, node: ast.Call, rows: list[Rows], keywords: dict[str, Any]) -> Any:
    found = []
    cut = state.history.next()
    replace = next((k.value for k in node.keywords if k.arg == "replace"), None)
    drawing = name == "resample" and not (isinstance(replace, ast.Constant) and replace.value is False)
    fit = Fit(Estimator(name, "sklearn", node), node, state.statement, rows[0], None, state.history.next())
    if drawing:
        state.history.samplings.append(fit)
    for one in rows:
        if name == "shuffle":
            found.append(one if "n_samples" not in keywords else one.cut(cut))
        else:
            found.append(one.cut(cut, drawn=fit if drawing else None))
    return found[0] if len(found) == 1 else Sequence(tuple(found))


def _indices(state: State, folds: Folds) -> Sequence:
    halves = [state.history.half(folds.split, side) for side in ("train", "test")]
    return Sequence(tuple(Index(half) for half in halves))


def _unknown(state: State, node: ast.Call, args: list[Any], keywords: dict[str, Any], name: str = "") -> Any:
    """Return what is known of the value of a call of which nothing is known: it comes from the data that it gets."""
    values = [*args, *keywords.values()]
    if not name.startswith(HARMLESS):
        state.history.passed_on += [v for v in values if isinstance(v, Estimator)]
    rows = [] if name.startswith(_LOADING) else [v for v in values if isinstance(v, Rows)]
    rows += [item for v in values if isinstance(v, Sequence) for item in v.items if isinstance(item, Rows)]
    if not rows:
        dated = "Date" if name.startswith(_PRICES) else _indexed_by_date(name, node, keywords)
        number = state.history.next()
        return Rows(frozenset((number,)), groups=(Group(number),), dated=dated)
    state.history.manual += [r.prediction for r in rows if r.prediction is not None and _may_measure(name)]
    found = rows[0] if len(rows) == 1 else below(rows)
    kept = found.prediction if len(rows) == 1 and name.startswith("numpy.") else None  # np.argmax(p, axis=1)
    return found.plain(cuts=found.cuts | {state.history.next()}, dated="", prediction=kept)


def _indexed_by_date(name: str, node: ast.Call, keywords: dict[str, Any]) -> str:
    """`read_csv("x.csv", index_col="date", parse_dates=True)` gives rows in an order of time."""
    given = {k.arg for k in node.keywords}
    if not name.startswith("pandas.read_") or not {"index_col", "parse_dates"} <= given:
        return ""
    index = keywords.get("index_col")
    return index if isinstance(index, str) else "the index"


def _may_measure(name: str) -> bool:
    return not name.startswith(("matplotlib", "seaborn", "builtins.print", "builtins.len", "pandas"))
