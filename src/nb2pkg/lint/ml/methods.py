"""Methods of data: `drop`, `fillna`, `sample`, `mean`; which rows and columns are left."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.columns import assigned, below, beside, names_in, taken, without
from nb2pkg.lint.ml.facts import FEWER, GROUP_WORDS, ORDERED, RELABEL, SAME, STATISTICS, TIME_WORDS, word_in
from nb2pkg.lint.ml.state import State
from nb2pkg.lint.ml.values import Estimator, Fit, Labels, Rows, Statistic
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_MASKS = frozenset("isin isna isnull notna notnull eq ne gt ge lt le between duplicated contains startswith".split())
_NOTHING = frozenset(
    "info describe corr cov plot hist boxplot to_csv to_excel to_pickle to_parquet to_sql to_json nunique "
    "value_counts item any all count memory_usage idxmax idxmin argmax argmin equals get_params".split()
)
_ELEMENTWISE = frozenset(
    "unique apply applymap transform str dt cat T reshape transpose ravel flatten abs dot rank".split()
)
_PER_GROUP = frozenset("transform shift cumcount diff pct_change cumsum rolling rank ffill bfill".split())


def method(state: State, rows: Rows, name: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    """Return what a method of some data gives; a change in place is made to all names of the data."""
    found = _method(state, rows, name, node, args, keywords)
    if _is_true(node, "inplace"):
        if isinstance(found, Rows):
            _changed(state, rows, found, node)
        return None
    return found


def _changed(state: State, rows: Rows, found: Rows, node: ast.Call) -> None:
    """Make a change in place: also of `df["a"].fillna(..., inplace=True)`."""
    state.replace(rows, found)
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    base = state.value(receiver.value) if isinstance(receiver, (ast.Subscript, ast.Attribute)) else None
    if isinstance(base, Rows) and not found.learned <= base.learned:
        state.replace(base, base.but(learned=base.learned | found.learned))


def _method(state: State, rows: Rows, name: str, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    if name in _NOTHING:
        return None
    if name in _MASKS:
        return rows.plain(mask=True)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(state, rows, node, args, keywords)
    if name in STATISTICS:
        return statistic(state, rows, node)
    if name in SAME or name in RELABEL:
        found = rows if name in RELABEL or name in {"fillna", "reset_index"} else rows.but(takes=frozenset())
        return with_statistics(state, found, [*args, *keywords.values()])
    if name in ORDERED:
        return rows.but(dated=_dated([*args, *keywords.values()]) or rows.dated)
    if name in FEWER:
        return rows.cut(state.history.next())
    if name in _ELEMENTWISE:
        return rows.plain()
    return rows.plain(cuts=rows.cuts | {state.history.next()}, learned=rows.learned)


def with_statistics(state: State, rows: Rows, values: list[Any]) -> Rows:
    """Return data into which statistics went: `x.fillna(x.mean())`; those of other data are noted."""
    for value in values:
        if isinstance(value, Statistic) and not value.rows.roots & rows.roots:
            state.history.applied.append((value.fit, rows, value.fit.node))
    fits = frozenset(v.fit for v in values if isinstance(v, Statistic) and v.rows.roots & rows.roots)
    return rows.but(learned=rows.learned | fits) if fits else rows


def statistic(state: State, rows: Rows, node: ast.Call) -> Any:
    """Return a number, or one a column, that is computed from all rows of some data."""
    axis = next((k.value for k in node.keywords if k.arg == "axis"), None)
    if isinstance(axis, ast.Constant) and axis.value in (1, "columns"):
        return rows.plain()
    fit = Fit(Estimator("statistic", "", node), node, state.statement, rows, None, state.history.next())
    return Statistic(rows, fit)


def _drop(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    axis = keywords.get("axis", args[1] if len(args) > 1 else None)
    if "columns" in keywords:
        what = keywords["columns"]
    elif axis in (1, "columns"):
        what = args[0] if args else keywords.get("labels")
    elif any(k.arg == "axis" for k in node.keywords):
        return rows.cut(state.history.next(), groups=(), takes=frozenset()) if axis is None else _fewer(state, rows)
    else:
        return _fewer(state, rows)
    names = names_in(what)
    return rows.plain() if names is None else without(rows, names)


def _fewer(state: State, rows: Rows) -> Rows:
    return rows.cut(state.history.next())


def _pop(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    names = names_in(args[0]) if args else None
    if names is None:
        state.replace(rows, rows.but(groups=()))
        return rows.plain()
    column = taken(rows, args[0]) if isinstance(args[0], str) else rows.plain()
    state.replace(rows, without(rows, names))
    return column


def _insert(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> None:
    names = names_in(args[1] if len(args) > 1 else keywords.get("column"))
    value = args[2] if len(args) > 2 else keywords.get("value")
    if names is None:
        state.replace(rows, rows.but(groups=()))
    else:
        state.replace(rows, assigned(rows, names, state.history.next(), value))


def _assign(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    found = rows
    for name, value in keywords.items():
        found = assigned(found, frozenset({name}), state.history.next(), value)
    return found


def _rename(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    given = next((k.value for k in node.keywords if k.arg == "columns"), None)
    if given is None:
        return rows if not node.keywords else rows.but(groups=(), takes=frozenset())
    if not isinstance(given, ast.Dict) or not all(isinstance(k, ast.Constant) for k in given.keys):
        return rows.but(groups=(), takes=frozenset())
    return without(rows, frozenset(str(k.value) for k in given.keys if isinstance(k, ast.Constant)))


def _set_index(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    what = args[0] if args else keywords.get("keys")
    names = names_in(what)
    found = rows.plain() if names is None else without(rows, names)
    return found.but(dated=_dated([what]) or rows.dated)


def _sample(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    if _is_true(node, "replace"):
        fit = Fit(Estimator("sample", "pandas", node), node, state.statement, rows, None, state.history.next())
        state.history.samplings.append(fit)
        return rows.cut(state.history.next(), drawn=fit)
    return rows if keywords.get("frac") == 1 else _fewer(state, rows)


def _merge(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    other = next((v for v in (*args, *keywords.values()) if isinstance(v, Rows)), None)
    return beside([rows] if other is None else [rows, other], state.history.next())


def _append(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    others = [v for v in args if isinstance(v, Rows)]
    return below([rows, *others])


def _groupby(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    group = word_in(_names([*args, keywords.get("by")]), GROUP_WORDS)
    if group and not rows.dated and _per_group(state, node):
        state.replace(rows, rows.but(dated=group))
    return rows.plain(cuts=rows.cuts | {state.history.next()}, dated="")


def _tolist(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Any:
    return rows


def _some_columns(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Rows:
    return rows.plain()


def _keys(state: State, rows: Rows, node: ast.Call, args: list[Any], keywords: dict[str, Any]) -> Labels:
    return Labels()


_SPECIAL = {
    "drop": _drop,
    "pop": _pop,
    "insert": _insert,
    "assign": _assign,
    "rename": _rename,
    "set_index": _set_index,
    "sample": _sample,
    "merge": _merge,
    "join": _merge,
    "append": _append,
    "groupby": _groupby,
    "resample": _groupby,
    "rolling": _groupby,
    "pivot_table": _groupby,
    "pivot": _groupby,
    "tolist": _tolist,
    "select_dtypes": _some_columns,
    "filter": _some_columns,
    "keys": _keys,
}


def _is_true(node: ast.Call, name: str) -> bool:
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords)


def _per_group(state: State, node: ast.Call) -> bool:
    """Tell whether what is computed for a group goes back to its rows: `df.groupby("id")["x"].shift()`."""
    parent = state.notebook.parent(node)
    if isinstance(parent, ast.Subscript):
        parent = state.notebook.parent(parent)
    return isinstance(parent, ast.Attribute) and parent.attr in _PER_GROUP


def _dated(values: list[Any]) -> str:
    return word_in(_names(values), TIME_WORDS)


def _names(values: list[Any]) -> list[str]:
    return sorted(frozenset().union(*(names_in(v) or () for v in values)))
