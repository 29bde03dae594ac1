"""The type that an expression surely has, given the types of the names in it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from nb2pkg.flow.call_types import SPECIAL, integer, keywords_of
from nb2pkg.flow.context import Context
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.libraries import result_type
from nb2pkg.flow.type_facts import (
    ARRAY,
    ARRAY_DRAWS,
    ATTRIBUTES,
    BOOL,
    BYTES,
    CALLS,
    DATASET,
    DENSE,
    DICT,
    FLOAT,
    FRAME,
    FRAME_GROUPS,
    FRAME_NAMES,
    INDEX,
    INT,
    LEARNED,
    LEVELS,
    LIST,
    METHODS,
    PATH,
    SELF_RETURNING,
    SERIES,
    SERIES_GROUPS,
    SET,
    SINGLE,
    SIZED,
    TABLES,
    TENSOR,
    TEXT,
    TUPLE,
    Type,
    asks_others,
    is_estimator,
    joined,
)

_NUMBERS = (BOOL, INT, FLOAT)
_CONSTANTS = {bool: BOOL, int: INT, float: FLOAT, str: TEXT, bytes: BYTES}
_SETS_OUTPUT = frozenset({"set_output", "set_config", "config_context"})  # transformers may make frames then


class Expressions:
    """Infers types of expressions.

    Args:
        context: what calls stand for.
        names: the type of a name at this place, or None.
        returned: what a call of one of the notebook's own functions and classes gives.
        local: names that are variables here, whatever is imported under them.
    """

    def __init__(
        self,
        context: Context,
        names: Callable[[str], Type | None],
        returned: Callable[[str, ast.Call], Type | None],
        local: frozenset[str] = frozenset(),
    ) -> None:
        self.context = context
        self.names = names
        self.returned = returned
        self.local = local
        self.hidden: list[frozenset[str]] = []  # names that comprehensions around the place bind

    def of(self, node: ast.expr) -> Type | None:
        """Return the type of an expression, or None where it is not known."""
        method: Callable[[ast.expr], Type | None] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        return method(node) if method is not None else None

    def _constant(self, node: ast.Constant) -> Type | None:
        return _CONSTANTS.get(type(node.value))

    def _joinedstr(self, _node: ast.JoinedStr) -> Type:
        return TEXT

    def _name(self, node: ast.Name) -> Type | None:
        return None if any(node.id in names for names in self.hidden) else self.names(node.id)

    def _namedexpr(self, node: ast.NamedExpr) -> Type | None:
        return self.of(node.value)

    def _tuple(self, node: ast.Tuple) -> Type:
        if any(isinstance(e, ast.Starred) for e in node.elts):
            return TUPLE
        return Type("builtins", "tuple", tuple(self.of(e) for e in node.elts))

    def _list(self, node: ast.List) -> Type:
        return _container(LIST, [self._items(node.elts)])

    def _set(self, node: ast.Set) -> Type:
        return _container(SET, [self._items(node.elts)])

    def _dict(self, node: ast.Dict) -> Type:
        if any(k is None for k in node.keys):
            return DICT
        return _container(DICT, [self._items([k for k in node.keys if k is not None]), self._items(node.values)])

    def _items(self, nodes: Sequence[ast.expr]) -> Type | None:
        found = {t for t in (self.of(n) for n in nodes)}
        if found == {INT, FLOAT}:
            return FLOAT
        only = found.pop() if len(found) == 1 else None
        return only if only in (INT, FLOAT, TEXT, BOOL) else None

    def _listcomp(self, node: ast.ListComp) -> Type:
        return _container(LIST, [self._element(node, node.elt)])

    def _setcomp(self, node: ast.SetComp) -> Type:
        return _container(SET, [self._element(node, node.elt)])

    def _dictcomp(self, node: ast.DictComp) -> Type:
        return _container(DICT, [self._element(node, node.key), self._element(node, node.value)])

    def _element(self, node: ast.ListComp | ast.SetComp | ast.DictComp, element: ast.expr) -> Type | None:
        targets = (n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name))
        self.hidden.append(frozenset(targets))
        found = self._items([element])
        self.hidden.pop()
        return found

    def _ifexp(self, node: ast.IfExp) -> Type | None:
        return joined([self.of(node.body), self.of(node.orelse)])

    def _boolop(self, node: ast.BoolOp) -> Type | None:
        return joined([self.of(v) for v in node.values])

    def _unaryop(self, node: ast.UnaryOp) -> Type | None:
        if isinstance(node.op, ast.Not):
            return BOOL
        kind = self.of(node.operand)
        if isinstance(node.op, ast.Invert):
            return kind if kind in (*TABLES, INT) else None
        return kind if kind in (*TABLES, INT, FLOAT) else None

    def _compare(self, node: ast.Compare) -> Type | None:
        if all(isinstance(op, (ast.In, ast.NotIn, ast.Is, ast.IsNot)) for op in node.ops):
            return BOOL
        kinds = [self.of(n) for n in (node.left, *node.comparators)]
        if all(k in (BOOL, INT, TEXT) for k in kinds):
            return BOOL  # a float may be one of numpy, which compares to a `numpy.bool`
        if len(kinds) > 2:
            return None
        right = node.comparators[0]
        return _combined(kinds[0], kinds[1], right) or _combined(kinds[1], kinds[0], node.left)

    def _binop(self, node: ast.BinOp) -> Type | None:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Mod) and left == TEXT:
            return TEXT
        if left in _NUMBERS and right in _NUMBERS:
            return _number(node, left, right)
        if isinstance(node.op, ast.Add) and left is not None and right is not None and left.name == right.name:
            if left in (TEXT, BYTES):
                return left
            if left.module == "builtins" and left.name == "list":
                return left if left == right else LIST
        if isinstance(node.op, ast.Mult) and {left, right} in ({TEXT, INT}, {LIST, INT}):
            return right if left == INT else left
        if isinstance(node.op, ast.Div) and left == PATH:
            return PATH
        if isinstance(node.op, ast.MatMult):
            return None
        return _combined(left, right, node.right) or _combined(right, left, node.left)

    def _attribute(self, node: ast.Attribute) -> Type | None:
        kind = self.of(node.value)
        if kind is None or node.attr in self.context.stored:
            return None
        if kind == FRAME and node.attr not in FRAME_NAMES:
            return SERIES  # a column
        if is_estimator(kind) and node.attr in LEARNED and not asks_others(kind):
            return ARRAY
        found = ATTRIBUTES.get((_plain(kind), node.attr))
        return found[0] if found is not None else None

    def _subscript(self, node: ast.Subscript) -> Type | None:
        if isinstance(node.value, ast.Attribute) and node.value.attr in ("loc", "iloc"):
            return self._located(node.value, node.slice)
        kind = self.of(node.value)
        if kind is None:
            return None
        key = node.slice
        if kind in (FRAME, LEVELS):
            return self._column(kind, key)
        if kind == FRAME_GROUPS:
            return SERIES_GROUPS if self.of(key) == TEXT else FRAME_GROUPS if isinstance(key, ast.List) else None
        if kind in (SERIES, INDEX):
            return kind if isinstance(key, ast.Slice) or self.of(key) in (SERIES, ARRAY) else None
        if kind == ARRAY:
            whole = isinstance(key, ast.Slice) or self.of(key) in (ARRAY, SERIES) or isinstance(key, ast.List)
            part = isinstance(key, ast.Tuple) and any(isinstance(e, ast.Slice) for e in key.elts)
            return ARRAY if whole or part else None
        return self._item(kind, key)

    def _item(self, kind: Type, key: ast.expr) -> Type | None:
        if kind == TEXT:
            return TEXT
        if kind.module != "builtins" or not kind.args:
            return kind if kind == LIST and isinstance(key, ast.Slice) else None
        if kind.name == "tuple":
            place = integer(key)
            return kind.args[place] if place is not None and -len(kind.args) <= place < len(kind.args) else None
        if kind.name == "list":
            return kind if isinstance(key, ast.Slice) else kind.args[0] if self.of(key) == INT else None
        return kind.args[1] if kind.name == "dict" else None

    def _column(self, kind: Type, key: ast.expr) -> Type | None:
        if isinstance(key, (ast.List, ast.ListComp, ast.Slice)):
            return kind
        found = self.of(key)
        if found is None:
            return None
        if found in (SERIES, ARRAY, FRAME, INDEX) or found.name == "list":
            return kind
        return SERIES if found == TEXT and kind == FRAME else None

    def _located(self, node: ast.Attribute, key: ast.expr) -> Type | None:
        """Return what `df.loc[key]` gives: rows and columns that are slices, lists or masks stay a frame."""
        kind = self.of(node.value)
        if kind == SERIES:
            return SERIES if self._many(key) else None
        if kind not in (FRAME, LEVELS):
            return None
        if not isinstance(key, ast.Tuple):
            return kind if self._many(key) else SERIES if node.attr == "iloc" and self.of(key) == INT else None
        if len(key.elts) != 2 or not self._many(key.elts[0]):
            return None
        column = key.elts[1]
        if self._many(column):
            return kind
        one = (INT,) if node.attr == "iloc" else (TEXT, INT)
        return SERIES if kind == FRAME and self.of(column) in one else None

    def _many(self, key: ast.expr) -> bool:
        if isinstance(key, (ast.Slice, ast.List, ast.ListComp)):
            return True
        found = self.of(key)
        return found in (SERIES, ARRAY, INDEX) or (found is not None and found.name == "list")

    def _call(self, node: ast.Call) -> Type | None:
        root = dotted(node.func).split(".")[0]
        name = "" if root and self._is_local(root) else self.context.qualified(node.func)
        if name and not name.startswith("."):
            last = name.rpartition(".")[2]
            return None if last in self.context.stored else self._library(name, node)
        if isinstance(node.func, ast.Attribute):
            return None if node.func.attr in self.context.stored else self._method(node, node.func)
        if isinstance(node.func, ast.Name) and not self._is_local(root):
            return self.returned(node.func.id, node)
        return None

    def _is_local(self, name: str) -> bool:
        return name in self.local or any(name in names for names in self.hidden)

    def _library(self, name: str, node: ast.Call) -> Type | None:
        keywords = keywords_of(node)
        if keywords is None:
            return None
        special = SPECIAL.get(name)
        if special is not None:
            return special(self.of, node, keywords)
        if name.startswith("numpy.random.") and name.rpartition(".")[2] in SIZED:
            return ARRAY if self._is_sized(name, node, keywords) else None
        if name.startswith("statsmodels.") and ".datasets." in name and name.endswith((".load_pandas", ".load")):
            return DATASET
        if name in CALLS:
            result, unless = CALLS[name]
            return None if unless & set(keywords) else result
        if name.startswith("pandas.read_") and len(node.args) > 1:
            return None  # what stands second may be the sheets of a workbook
        if name.startswith("pandas.read_") and isinstance(keywords.get("header"), (ast.List, ast.Tuple)):
            return LEVELS
        found = result_type(name, keywords)
        return Type(*found) if found is not None else None

    def _is_sized(self, name: str, node: ast.Call, keywords: Mapping[str, ast.expr]) -> bool:
        """Tell whether a call that draws numbers is told how many."""
        place = SIZED[name.rpartition(".")[2]]
        size = keywords.get("size", node.args[place] if len(node.args) > place else None)
        kind = self.of(size) if size is not None else None
        return kind == INT or (kind is not None and kind.name in ("tuple", "list"))

    def _method(self, node: ast.Call, func: ast.Attribute) -> Type | None:
        keywords = keywords_of(node)
        kind = self.of(func.value)
        if kind is None or keywords is None:
            return None
        inplace = keywords.get("inplace")
        if inplace is not None and not (isinstance(inplace, ast.Constant) and inplace.value is False):
            return None
        if is_estimator(kind):
            return self._estimator(kind, func.attr, node, keywords)
        if kind in (FRAME_GROUPS, SERIES_GROUPS) and func.attr in ("agg", "aggregate"):
            return self._aggregated(kind, node, keywords)
        if kind == SERIES and func.attr == "reset_index":
            drop = keywords.get("drop")
            return FRAME if drop is None else SERIES if isinstance(drop, ast.Constant) and drop.value is True else None
        if kind == FRAME and func.attr in ("sum", "mean", "median", "std", "var", "min", "max", "any", "all"):
            axis = keywords.get("axis", node.args[0] if node.args else ast.Constant(0))
            fixed = isinstance(axis, ast.Constant) and axis.value is not None
            return SERIES if fixed and "level" not in keywords else None
        if kind == Type("numpy.random", "Generator"):
            array = func.attr in ARRAY_DRAWS or (func.attr in SIZED and self._is_sized(func.attr, node, keywords))
            return ARRAY if array else None
        if kind.module.startswith("torch.") and func.attr in SELF_RETURNING:
            return kind
        found = METHODS.get((_plain(kind), func.attr))
        if found is None or found[1] & set(keywords):
            return None
        if found[0] == LEVELS and isinstance(keywords.get("values"), ast.Constant):
            return FRAME
        return kind if kind.args and found[0] == _plain(kind) else found[0]

    def _aggregated(self, kind: Type, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
        how = node.args[0] if len(node.args) == 1 else None
        if how is None:
            return FRAME if keywords and not node.args else None
        if isinstance(how, ast.Dict):
            one = all(isinstance(v, ast.Constant) for v in how.values)
            return (FRAME if one else LEVELS) if kind == FRAME_GROUPS else None
        if isinstance(how, ast.List):
            return LEVELS if kind == FRAME_GROUPS else FRAME
        if self.of(how) == TEXT:
            return FRAME if kind == FRAME_GROUPS else SERIES
        return None

    def _estimator(self, kind: Type, name: str, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
        if name in ("fit", "partial_fit", "set_params"):
            return kind
        if asks_others(kind):
            return None
        if name in ("fit_transform", "transform", "inverse_transform"):
            dense = kind.name in DENSE and node.args and self.of(node.args[0]) in TABLES
            return ARRAY if dense and _SETS_OUTPUT.isdisjoint(self.context.words) else None
        if name in ("predict", "fit_predict", "decision_function") or (
            name in ("predict_proba", "predict_log_proba") and kind.name in SINGLE
        ):
            return ARRAY if not keywords and len(node.args) == 1 else None
        return (
            FLOAT if name == "score" and kind.module.startswith("sklearn.") and "cluster" not in kind.module else None
        )


def _plain(kind: Type) -> Type:
    return Type(kind.module, kind.name, (), kind.tag) if kind.args else kind


def _container(kind: Type, items: list[Type | None]) -> Type:
    return Type(kind.module, kind.name, tuple(items)) if all(item is not None for item in items) else kind


def _number(node: ast.BinOp, left: Type | None, right: Type | None) -> Type | None:
    if isinstance(node.op, ast.Div):
        return FLOAT
    if isinstance(node.op, ast.Pow):
        power = integer(node.right)
        return (FLOAT if left == FLOAT else INT) if power is not None and power >= 0 else None
    if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)):
        return FLOAT if FLOAT in (left, right) else INT
    return None


def _combined(left: Type | None, right: Type | None, other: ast.expr) -> Type | None:
    """Return what a table (a frame, a series, an array) makes with what it is calculated or compared with."""
    if left == TENSOR:
        return TENSOR
    if left not in TABLES:
        return None
    plain = right in (*_NUMBERS, TEXT) or isinstance(other, ast.Constant)
    if left in (FRAME, LEVELS):
        return left if plain or right in (SERIES, ARRAY, left) else None
    if left == SERIES:
        return SERIES if plain or right in (SERIES, ARRAY) else right if right in (FRAME, LEVELS) else None
    if right in (FRAME, LEVELS, SERIES):
        return right
    return ARRAY if right == ARRAY or (plain and right != TEXT) else None
