"""What calls return whose result depends on what they are given: splits, grids of axes, concatenations."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from nb2pkg.flow.type_facts import (
    ARRAY,
    ARRAYS,
    AVERAGED,
    AXES,
    ELEMENTWISE,
    FIGURE,
    FLOAT,
    FRAME,
    INT,
    LEVELS,
    LIST,
    SERIES,
    TABLES,
    TESTS,
    TEXT,
    Type,
    joined,
)

Of = Callable[[ast.expr], "Type | None"]
_PAIR = Type("builtins", "tuple", (ARRAY, ARRAY))


def integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = integer(node.operand)
        return -inner if inner is not None else None
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def keywords_of(node: ast.Call) -> dict[str, ast.expr] | None:
    """Return the keywords of a call, or None where not all are known."""
    if any(k.arg is None for k in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    return {k.arg: k.value for k in node.keywords if k.arg is not None}


def _subplots(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    counts = [keywords.get(word, node.args[place] if len(node.args) > place else ast.Constant(1)) for place, word in
              enumerate(("nrows", "ncols"))]  # fmt: skip
    numbers = [integer(c) for c in counts]
    grid: Type | None = None
    if "squeeze" not in keywords and "subplot_kw" not in keywords:
        if numbers == [1, 1]:
            grid = AXES
        elif any(n is not None and n > 1 for n in numbers):
            grid = ARRAY
    return Type("builtins", "tuple", (FIGURE, grid))


def _split(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    kinds = [of(a) for a in node.args]
    kept = [k if k in TABLES or k == LIST else LIST if k and k.name == "list" else None for k in kinds]
    return Type("builtins", "tuple", tuple(k for k in kept for _ in range(2))) if kinds else None


def _concat(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    if not node.args or not isinstance(node.args[0], (ast.List, ast.Tuple)):
        return None
    kinds = [of(e) for e in node.args[0].elts]
    axis = keywords.get("axis", node.args[1] if len(node.args) > 1 else ast.Constant(0))
    if not kinds or any(k not in (FRAME, LEVELS, SERIES) for k in kinds):
        return None
    across = isinstance(axis, ast.Constant) and axis.value in (1, "columns")
    if not across and not (isinstance(axis, ast.Constant) and axis.value in (0, "index")):
        return None
    if all(k == SERIES for k in kinds) and not across:
        return SERIES
    return LEVELS if "keys" in keywords or LEVELS in kinds else FRAME


def _same_kind(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    kind = of(node.args[0]) if node.args else None
    return kind if kind == SERIES and "retbins" not in keywords else None


def _read_csv(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    if {"chunksize", "iterator", "squeeze", "typ"} & set(keywords) or len(node.args) > 3:
        return None
    header = keywords.get("header")
    return FRAME if header is None or isinstance(header, ast.Constant) else LEVELS


def _toy(of: Of, _node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    pair = keywords.get("return_X_y")
    if "as_frame" in keywords:
        return None if pair is not None else Type(ARRAYS.module, ARRAYS.name)
    if pair is None:
        return ARRAYS
    return _PAIR if isinstance(pair, ast.Constant) and pair.value is True else None


def _rounded(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    kind = of(node.args[0]) if node.args else None
    if kind in TABLES:
        return kind
    if kind not in (INT, FLOAT):
        return None
    return INT if kind == INT or (len(node.args) == 1 and not keywords) else FLOAT


def _smallest(of: Of, node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    return joined([of(a) for a in node.args]) if len(node.args) > 1 and not keywords else None


def _absolute(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    kind = of(node.args[0]) if node.args else None
    return kind if kind in (*TABLES, INT, FLOAT) else None


def _where(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return ARRAY if len(node.args) == 3 else None


def _sorted_array(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    kind = of(node.args[0]) if node.args else None
    return ARRAY if kind == ARRAY or (kind is not None and kind.name == "list") else None  # series stay series


def _grid(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return Type("", "", tuple(ARRAY for _ in node.args), "arrays")  # a list, or a tuple since numpy 2


def _histogram(of: Of, _node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return _PAIR


def _report(of: Of, _node: ast.Call, keywords: Mapping[str, ast.expr]) -> Type | None:
    return TEXT if "output_dict" not in keywords else None


def _joined_path(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return TEXT if node.args and all(of(a) == TEXT for a in node.args) else None


def _text_list(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    known = not node.args or of(node.args[0]) == TEXT
    return Type("builtins", "list", (TEXT,)) if known else LIST


def _keras_data(of: Of, _node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return Type("builtins", "tuple", (_PAIR, _PAIR))


def _repeated(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    kind = of(node.args[0]) if node.args else None
    return ARRAY if kind in (ARRAY, INT, FLOAT, TEXT) or (kind is not None and kind.name == "list") else None


def _elementwise(of: Of, node: ast.Call, words: Mapping[str, ast.expr]) -> Type | None:
    """Return what comes of a table as a whole: an array of an array, a frame of a frame; of a number, a number."""
    kind = of(node.args[0]) if len(node.args) == 1 and not words else None
    return kind if kind in TABLES else FLOAT if kind in (INT, FLOAT) else None


def _tested(of: Of, node: ast.Call, words: Mapping[str, ast.expr]) -> Type | None:
    kind = _elementwise(of, node, words)
    return kind if kind in TABLES else None


def _limited(of: Of, node: ast.Call, words: Mapping[str, ast.expr]) -> Type | None:
    kinds = [of(a) for a in node.args]
    return ARRAY if ARRAY in kinds and all(k in (ARRAY, INT, FLOAT) for k in kinds) and not words else None


def _averaged(of: Of, _node: ast.Call, words: Mapping[str, ast.expr]) -> Type | None:
    average = words.get("average")
    whole = average is None or (isinstance(average, ast.Constant) and isinstance(average.value, str))
    return FLOAT if whole else None


def _shaped(of: Of, node: ast.Call, _words: Mapping[str, ast.expr]) -> Type | None:
    return ARRAY if node.args else None


Special = Callable[[Of, ast.Call, Mapping[str, ast.expr]], Type | None]
SPECIAL: dict[str, Special] = {
    "matplotlib.pyplot.subplots": _subplots,
    "sklearn.model_selection.train_test_split": _split,
    "pandas.concat": _concat,
    "pandas.to_numeric": _same_kind,
    "pandas.to_datetime": _same_kind,
    "pandas.cut": _same_kind,
    "pandas.qcut": _same_kind,
    "pandas.read_csv": _read_csv,
    "pandas.read_table": _read_csv,
    "builtins.round": _rounded,
    "numpy.round": _sorted_array,
    "numpy.transpose": _sorted_array,
    "numpy.repeat": _repeated,
    "numpy.clip": _limited,
    "numpy.maximum": _limited,
    "numpy.minimum": _limited,
    "numpy.random.rand": _shaped,
    "numpy.random.randn": _shaped,
    "builtins.min": _smallest,
    "builtins.max": _smallest,
    "builtins.abs": _absolute,
    "numpy.where": _where,
    "numpy.sort": _sorted_array,
    "numpy.argsort": _sorted_array,
    "numpy.cumsum": _sorted_array,
    "numpy.reshape": _sorted_array,
    "numpy.meshgrid": _grid,
    "numpy.histogram": _histogram,
    "sklearn.metrics.classification_report": _report,
    "os.path.join": _joined_path,
    "os.path.basename": _joined_path,
    "os.path.dirname": _joined_path,
    "os.path.abspath": _joined_path,
    "os.listdir": _text_list,
    "glob.glob": _text_list,
    **{f"sklearn.datasets.load_{name}": _toy for name in ("iris", "wine", "breast_cancer", "digits", "diabetes")},
    **{
        f"{keras}.datasets.{name}.load_data": _keras_data
        for keras in ("keras", "tensorflow.keras")
        for name in ("mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "boston_housing")
    },
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(TESTS, _tested),
    **dict.fromkeys(AVERAGED, _averaged),
}
