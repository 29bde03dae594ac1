"""Which stages of a project a cell goes through: loading, preparation, training, evaluation, saving.

Stages are those of `nb2pkg.flow.libraries`, of which only the calls count that say by themselves what a cell is for:
`json.loads`, `sort_values` or a constructor are met in each stage. Looking and plotting are no stages here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.notebook import Call, Notebook, Statement

WORDS = {"data": "loading", "training": "training", "evaluation": "evaluation", "export": "saving"}
# How calls that load, train, judge or save are named, by their last part: cells without two of them need no look-up.
_LOADING = ("read_", "load", "fetch", "open_", "scan_", "get", "imread", "urlretrieve", "make_", "genfromtxt")
_TRAINING = ("fit", "train", "partial_fit", "backward", "curve_fit", "fit_predict", "fit_generator", "train_on_batch")
_SAVING = ("to_", "save", "dump", "write", "imsave", "imwrite")
_NOT_SAVING = frozenset(
    {"to_numpy", "to_datetime", "to_numeric", "to_list", "to_dict", "to_frame", "to_timedelta", "to_categorical"}
    | {"to_period", "to_timestamp", "to_crs", "to_string", "to_markdown", "to_html", "to_latex", "to_device"}
    | {"savefig", "dumps", "write_image", "write_html", "to_records", "to_pandas", "to_tensor", "to_dense", "to_xarray"}
    | {"to_json", "to_coo", "to_csr", "to_graph", "to_array", "to_undirected", "to_directed", "to_image", "to_series"}
)
_NOT_LOADING = frozenset({"loads", "loadtxt_", "open", "make_pipeline", "make_column_transformer", "make_scorer"})
# What prepares by itself, and what does so only in company: a `drop` may just take the target off the features.
_PREPARING = frozenset(
    {"dropna", "drop_duplicates", "fillna", "ffill", "bfill", "interpolate", "to_numeric", "to_datetime"}
    | {"get_dummies", "cut", "qcut", "merge", "pivot", "pivot_table", "melt", "explode", "fit_transform", "factorize"}
    | {"fit_resample", "zscore", "boxcox", "winsorize", "pad_sequences", "texts_to_sequences", "word_tokenize"}
    | {"assign", "label_binarize", "seasonal_decompose", "with_columns", "drop_nulls", "fill_null", "fill_nan"}
)
_PREPARING_IN_COMPANY = frozenset(
    {"drop", "rename", "set_index", "reset_index", "replace", "query", "clip", "concat", "resample", "rolling", "shift"}
    | {
        "train_test_split",
        "astype",
        "transform",
        "diff",
        "pct_change",
        "sort_values",
        "groupby",
        "str.replace",
        "str.strip",
        "str.lower",
    }
)
_PREPARERS = (
    "sklearn.preprocessing.",
    "sklearn.impute.",
    "sklearn.feature_",
    "sklearn.decomposition.",
    "sklearn.compose.",
    "imblearn.over_sampling.",
    "imblearn.under_sampling.",
    "imblearn.combine.",
    "category_encoders.",
)
_JUDGING = ("score", "evaluate", "cross_val")


def stages(notebook: Notebook, statements: list[Statement], calls: list[Call], least: int) -> dict[str, int]:
    """Return the stages that a cell goes through, in order, each with the line of the source where it begins.

    Args:
        notebook: the whole.
        statements: those of the cell.
        calls: those of the cell, in the order of the source.
        least: fewer stages are of no interest: the answer may then be empty.
    """
    calls = [c for c in calls if not isinstance(c.function, (ast.FunctionDef, ast.AsyncFunctionDef))]
    prepared = list(_prepared(notebook, statements, calls))
    named = sum(any(map(may, calls)) for may in (_may_load, _may_train, _may_judge, _may_save))
    if named + bool(prepared) < least:  # most cells: the tables needn't be loaded
        return {}
    found = [(line, "preparation") for line in prepared]
    for call in calls:
        stage = _stage(notebook, call)
        if stage:
            found.append((_line(call), stage))
    first: dict[str, int] = {}
    for line, stage in sorted(found):
        first.setdefault(stage, line)
    # What comes after the model has been fitted arranges its results.
    if first.get("preparation", 0) > first.get("training", first.get("preparation", 0)):
        del first["preparation"]
    return first


def _prepared(notebook: Notebook, statements: list[Statement], calls: list[Call]) -> Iterator[int]:
    """Yield the lines on which a cell prepares data."""
    company: dict[str, int] = {}
    for call in calls:
        last = _last(call)
        if call.name.startswith("builtins."):
            continue
        if last in _PREPARING or (last == "fit" and _is_preparer(notebook, call)):
            yield _line(call)
        elif last in _PREPARING_IN_COMPANY:
            company.setdefault(last, _line(call))
    if len(company) > 1:
        yield min(company.values())
    for statement in statements:
        if isinstance(statement.node, ast.Assign) and makes_column(statement.node):
            yield statement.code.source_line(statement.node.lineno)


def _line(call: Call) -> int:
    return call.statement.code.source_line(call.node.func.end_lineno or call.node.lineno)


def _last(call: Call) -> str:
    return _last_of(call.name)


def _last_of(name: str) -> str:
    return name[1:] if name.startswith(".str.") else name.rpartition(".")[2]


def _may_load(call: Call) -> bool:
    last = _last(call)
    return last.startswith(_LOADING) and last not in _NOT_LOADING


def _may_train(call: Call) -> bool:
    return _last(call) in _TRAINING


def _may_judge(call: Call) -> bool:
    last = _last(call)
    is_metric = ".metrics." in call.name and last.islower() and last != "make_scorer"
    return is_metric or last.startswith(_JUDGING) or last.endswith("_score")


def _may_save(call: Call) -> bool:
    last = _last(call)
    return last.startswith(_SAVING) and last not in _NOT_SAVING


def _stage(notebook: Notebook, call: Call) -> str:
    """Return the word for the stage, other than preparation, that a call shows by itself, or the empty string."""
    from nb2pkg.flow.libraries import stage_of_call  # tables that take milliseconds to load

    if call.name.startswith("builtins."):
        return ""
    fact = stage_of_call(call.name)
    if fact is None and not call.name.startswith("."):  # a library without facts, whose methods are named as usual
        fact = stage_of_call("." + _last(call))
    word = WORDS.get(fact or "", "")
    if word == "training":
        return word if _may_train(call) and not _is_preparer(notebook, call) else ""
    right = {"loading": _may_load, "evaluation": _may_judge, "saving": _may_save}.get(word)
    return word if right is not None and right(call) and not _is_of_model(call) else ""


def _is_of_model(call: Call) -> bool:
    """True for what loads or saves the weights of a model, or a language's model, and no data."""
    if "model" in _last(call) or "weights" in _last(call):
        return not call.name.startswith("sklearn.")
    return call.name.startswith(("spacy.", "transformers.", "torch.load", "torchvision.models", "nltk.download"))


def _is_preparer(notebook: Notebook, call: Call) -> bool:
    """True for `fit` of a scaler or an encoder."""
    func = call.node.func
    if not isinstance(func, ast.Attribute):
        return False
    made: ast.expr | None = func.value
    if isinstance(made, ast.Name):
        bound = notebook.bindings.get(made.id, ())
        made = bound[-1].node.value if bound and isinstance(bound[-1].node, ast.Assign) else None
    return isinstance(made, ast.Call) and notebook.qualified(made.func).startswith(_PREPARERS)


# Modules with calls that read or write data.
_IO_MODULES = ("json.", "pickle.", "yaml.", "joblib.", "numpy.", "pandas.", "polars.", "torch.", "requests.", "urllib.")


def is_reading_or_writing(name: str) -> bool:
    """Tell whether a call, by its full name, reads or writes data: `pandas.read_csv`, `builtins.open`, `.to_csv`."""
    last = name.rpartition(".")[2]
    if name in {"builtins.open", "requests.get", "requests.post", "json.load", "json.dump", "csv.reader", "csv.writer"}:
        return True
    if name.startswith("."):
        return last in {"to_csv", "to_excel", "to_parquet", "to_pickle", "to_feather", "to_sql", "to_hdf", "write_csv"}
    if not name.startswith(_IO_MODULES) or last in {"loads", "dumps", "load_state_dict"}:
        return False
    return last.startswith(("read_", "load", "dump", "save", "urlopen", "urlretrieve", "genfromtxt"))


def is_preparing(name: str) -> bool:
    """Tell whether a call, by its full name, cleans, joins, reshapes or encodes a table: `.dropna`, `pandas.merge`."""
    return name.rpartition(".")[2] in _PREPARING and not name.startswith("builtins.")


def is_arranging(name: str) -> bool:
    """Tell whether a call, by its full name, arranges a table, as one that only reads it may do once: `.drop`."""
    return _last_of(name) in _PREPARING_IN_COMPANY and name.startswith((".", "pandas.", "polars."))


def makes_column(node: ast.Assign) -> bool:
    """Tell whether an assignment makes a column of a frame from the frame: `df["z"] = df["x"] * 2`."""
    target = node.targets[0]
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
        return False
    if not isinstance(target.slice, ast.Constant) or not isinstance(target.slice.value, str):
        return False
    inside = list(ast.walk(node.value))
    models = any(isinstance(n, ast.Attribute) and n.attr.startswith(("predict", "fit", "score")) for n in inside)
    return not models and any(isinstance(n, ast.Name) and n.id == target.value.id for n in inside)
