"""What the docstring of a function says that a unit becomes: what it does, from where, and what becomes of its frames.

The first line is the heading or the comment above the code if that speaks of this unit alone, else what the calls do.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nb2pkg.flow.context import Context
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.libraries import draws, verb_of
from nb2pkg.flow.type_facts import FRAME, Type
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.plan.databases import database_phrase
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.phrases import looks_like_code, opens_with_verb

_MOST_COLUMNS = 6
_MOST_PHRASES = 3
# What calls do, in words: `{of}` is what a method is called on, `{first}` the first argument, `{to}` the result.
_PHRASES: Mapping[str, str] = {
    ".drop_duplicates": "drop duplicates",
    ".dropna": "drop rows with missing values",
    ".fillna": "fill missing values",
    ".interpolate": "interpolate missing values",
    ".set_index": "set the index",
    ".reset_index": "reset the index",
    ".sort_values": "sort {of}",
    ".sort_index": "sort {of} by its index",
    ".rename": "rename columns",
    ".merge": "merge with {first}",
    ".join": "join with {first}",
    ".groupby": "group {of}",
    ".pivot_table": "pivot {of}",
    ".resample": "resample {of}",
    ".rolling": "smooth {of}",
    ".fit": "fit {of}",
    ".fit_transform": "fit {of} and transform {first}",
    ".fit_predict": "fit {of} and predict",
    ".transform": "transform {first} with {of}",
    ".predict": "predict with {of}",
    ".predict_proba": "predict probabilities with {of}",
    ".to_csv": "save {of}",
    ".to_excel": "save {of}",
    ".to_parquet": "save {of}",
    ".savefig": "save the figure",
    ".score": "score {of}",
    ".describe": "summarize {of}",
    ".value_counts": "count values",
    "pandas.concat": "concatenate {first}",
    "pandas.merge": "merge {first}",
    "pandas.get_dummies": "encode {first} as dummies",
    "pandas.to_datetime": "parse dates",
    "pandas.to_numeric": "convert texts to numbers",
    "pandas.crosstab": "tabulate {first}",
    "sklearn.model_selection.train_test_split": "split {first} into training and test rows",
    "sklearn.model_selection.cross_val_score": "cross-validate {first}",
    "sklearn.metrics.confusion_matrix": "compute the confusion matrix",
    "sklearn.metrics.classification_report": "report scores by class",
    "sklearn.metrics.accuracy_score": "score the accuracy",
    "sklearn.metrics.roc_auc_score": "score the area under the ROC curve",
    "sklearn.metrics.mean_squared_error": "compute the mean squared error",
    "sklearn.metrics.r2_score": "compute the coefficient of determination",
    "numpy.random.seed": "seed the random numbers",
    "random.seed": "seed the random numbers",
    "torch.manual_seed": "seed the random numbers",
}
_DRAWN = {
    "hist": "a histogram", "bar": "bars", "barh": "bars", "scatter": "points", "plot": "lines", "boxplot": "boxes",
    "heatmap": "a heatmap", "countplot": "counts", "pairplot": "pairs", "imshow": "an image", "pie": "a pie",
    "histplot": "a histogram", "scatterplot": "points", "lineplot": "lines", "barplot": "bars", "violinplot": "violins",
    "kdeplot": "a density", "distplot": "a distribution", "contourf": "contours", "contour": "contours",
    "errorbar": "error bars", "regplot": "a regression", "plot_surface": "a surface", "fill_between": "a band",
}  # fmt: skip
_LOADING = re.compile(
    r"pandas\.read_\w+|numpy\.(load|loadtxt|genfromtxt)|(seaborn|sklearn\.datasets)\.(load|fetch)_\w+"
)
_LONGEST = 62  # of a first line without the cells
_MAKING = frozenset(
    {"build", "load", "simulate", "make", "extract", "parse", "download", "combine", "find", "aggregate"}
)
_NO_TEXT = re.compile(r"[\W\d_]*")


def unit_lines(flow: Flow, plan: Plan) -> dict[tuple[int, ...], str]:
    """Return, per unit of a function (named by its statements), the first line of its docstring without the cells."""
    functions = [u for u in plan.units if u.kind == "function"]
    headings = headings_of(flow.notebook.cells)
    found: dict[tuple[int, ...], str] = {}
    used: Counter[str] = Counter({_key(plan.title): 1})
    for unit in functions:
        statements = [flow.statements[i] for i in unit.statements]
        heading = headings.get(statements[0].location.cell, "")
        edited = unit.doc and unit.doc != heading
        wishes = [unit.doc] if edited else [_comment(statements), heading]
        texts = [t for t in map(_sentence, wishes) if t and (edited or not used[_key(t)])]
        text = texts[0] if texts else database_phrase(statements) or described(statements, unit, flow.context)
        if heading and _key(heading) != _key(text) and not edited:
            used[_key(heading)] += 1  # it speaks of the first unit beneath it, which says it better
        used[_key(text)] += 1
        found[unit.statements] = text
    return found


def _key(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".:。： ")


def _comment(statements: Sequence[Statement]) -> str:
    """Return the comment above the code if it says what all of it does: one line, the only one, with a verb."""
    lines = [line.strip("# \t-=*") for line in statements[0].comments.splitlines()]
    if len(lines) != 1 or any(s.comments for s in statements[1:]):
        return ""
    return lines[0] if opens_with_verb(lines[0]) or not lines[0].isascii() else ""


def repeats_comment(text: str, statement: Statement) -> bool:
    """True when a docstring says what the comment above a function's first statement says."""
    return bool(statement.comments) and _key(_sentence(statement.comments.strip("# \t-=*\n"))) == _key(text)


def _sentence(text: str) -> str:
    """Return a heading or a comment as the first line of a docstring, or the empty string if it can't be one."""
    text = re.sub(r"^(\(?[\dIVX]+[.)]|step \d+[:.]?|\d+(\.\d+)*)\s+", "", text.strip(), flags=re.I)
    text = " ".join(text.split()).rstrip(".:。：;, ")
    if len(text) > _LONGEST or _NO_TEXT.fullmatch(text) or looks_like_code(text) or "http" in text:
        return ""
    if text.isascii() and len(text.split()) < 2 and not text[:1].isupper():
        return ""
    return text[:1].upper() + text[1:]


def described(statements: Sequence[Statement], unit: Unit, context: Context) -> str:
    """Return what a unit's code does, in words: `Drop duplicates, fill missing values and compute `y``."""
    phrases = _phrases(statements, unit, context)
    text = ""
    for count in range(min(_MOST_PHRASES, len(phrases)), 0, -1):
        text = _listed(phrases[:count])
        if len(text) <= _LONGEST:
            break
    text = text if text and len(text) <= _LONGEST else _about(unit, statements)
    return text[:1].upper() + text[1:]


def _about(unit: Unit, statements: Sequence[Statement]) -> str:
    """Return what can be said of code that nothing is known of: what it gives back, what it calls."""
    if unit.outputs:
        return _within("compute", unit.outputs)
    verb, _, noun = unit.name.partition("_")
    return f"{verb} {_code(noun) if noun in unit.inputs else noun.replace('_', ' ')}".strip()


def _within(verb: str, names: Sequence[str]) -> str:
    for count in range(min(len(names), 4), 0, -1):
        text = f"{verb} {_listed([_code(n) for n in names[:count]])}"
        if len(text) <= _LONGEST:
            return text if count == len(names) else f"{verb} {', '.join(_code(n) for n in names[:count])} and more"
    return f"{verb} the values"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:-1]) + f" and {texts[-1]}" if len(texts) > 1 else texts[0]


def _code(text: str) -> str:
    return f"`{text}`"


def _phrases(statements: Sequence[Statement], unit: Unit, context: Context) -> list[str]:
    """Return what statements do: first what is known of their calls, then what they make, draw and show."""
    known: list[str] = []
    stored: dict[str, list[str]] = {}
    made: dict[str, list[str]] = {}
    drawn: list[str] = []
    shown: list[str] = []
    for statement in statements:
        node, calls = statement.node, _calls(statement.node)
        names = [context.qualified(c.func) for c in calls]
        for frame, columns in _stored(node):
            stored.setdefault(frame, []).extend(columns)
        phrases = [_phrase(name, call, node) for name, call in zip(names, calls, strict=True)]
        known += filter(None, phrases)
        drawn += [_DRAWN[last] for name in names if (last := name.rpartition(".")[2]) in _DRAWN and draws(name)]
        whole = phrases[-1] if calls and isinstance(node, ast.Expr) and node.value is calls[-1] else ""
        if (statement.displayed or "builtins.print" in names) and not whole:
            called = {id(c.func) for c in calls}
            found = (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called)
            shown += [name for name in found if name in unit.inputs or name in unit.outputs]
        verb, makes = _made(node, names, unit)
        made.setdefault(verb, []).extend(makes)
    known = list(dict.fromkeys(known))
    for frame, columns in stored.items():
        known.append(f"set {_listed([_code(c) for c in dict.fromkeys(columns)][:3])} of {_code(frame)}")
    if drawn:
        known.append("plot " + _listed(list(dict.fromkeys(drawn))[:2]))
    for verb, found_names in [*made.items(), ("show", shown)]:
        said = " ".join(known)
        again = unit.inputs if verb == "compute" and known else ()  # the same thing, changed as has been said
        new = [_code(n) for n in dict.fromkeys(found_names) if _code(n) not in said and n not in again]
        by = _maker(new, statements) if verb == "compute" else ""
        known += [f"{verb} {_listed(new[:3])}{by}"] if new else []
    return known


def _calls(node: ast.stmt) -> list[ast.Call]:
    """Return the calls of a statement in the order in which they happen."""
    found = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return sorted(found, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0))


def _phrase(name: str, call: ast.Call, node: ast.stmt) -> str:
    """Return what one call does, or the empty string where nothing is known or what it works on has no name."""
    if _LOADING.fullmatch(name):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        path = call.args[0] if call.args else None
        if isinstance(target, ast.Name):
            known = isinstance(path, ast.Constant) and isinstance(path.value, str) and len(path.value) <= 30
            return f"load {_code(target.id)}" + (f" from {_code(path.value)}" if known else "")  # type: ignore[union-attr]
        return ""
    template = _PHRASES.get(name) or _PHRASES.get("." + name.rpartition(".")[2] if name.startswith(".") else name, "")
    places = {"of": call.func.value if isinstance(call.func, ast.Attribute) else None}
    places["first"] = call.args[0] if call.args else None
    if name == ".dropna":
        template = _without_missing(call)
    if name == ".drop":
        template = _without_labels(call)
    for place, value in places.items():
        if f"{{{place}}}" in template:
            text = _named(value)
            if not text:
                return ""
            template = template.replace(f"{{{place}}}", text)
    return template


def _without_labels(call: ast.Call) -> str:
    """Return what `df.drop("a", axis="columns")` does."""
    columns = next((k.value for k in call.keywords if k.arg == "columns"), None)
    axis = next((k.value for k in call.keywords if k.arg == "axis"), None)
    if isinstance(axis, ast.Constant) and axis.value in (1, "columns"):
        columns = call.args[0] if call.args else columns
    if columns is None:
        return "drop rows" if any(k.arg in ("index", "labels") for k in call.keywords) else ""
    texts = _texts(columns)
    few = 0 < len(texts) <= 2 and all(len(text) <= 20 for text in texts)
    return f"drop {_plural(texts)}" if few else "drop columns"


def _without_missing(call: ast.Call) -> str:
    subset = next((k.value for k in call.keywords if k.arg == "subset"), None)
    columns = _texts(subset)
    if any(k.arg == "axis" for k in call.keywords) or call.args:
        return "drop what has missing values"
    return (
        f"drop rows without {_listed([_code(c) for c in columns])}"
        if 0 < len(columns) <= 2
        else "drop rows with missing values"
    )


def _named(node: ast.expr | None) -> str:
    """Return a name, or the names in a list or tuple, as code."""
    if isinstance(node, ast.Name):
        return _code(node.id)
    if isinstance(node, (ast.List, ast.Tuple)) and node.elts and all(isinstance(e, ast.Name) for e in node.elts):
        return _listed([_code(e.id) for e in node.elts if isinstance(e, ast.Name)])
    if isinstance(node, ast.Subscript):
        inner = _named(node.value)
        texts = _texts(node.slice)
        return f"{_code(texts[0])} of {inner}" if inner and len(texts) == 1 else inner
    return ""


def _texts(node: ast.expr | None) -> list[str]:
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    found = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return found if len(found) == len(nodes) else []


def _stored(node: ast.stmt) -> Iterator[tuple[str, list[str]]]:
    """Yield (frame, columns) of what a statement sets: `df["a"] = ...`."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    for target in targets:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            columns = [c for c in _texts(target.slice) if len(c) <= 30]
            if columns:
                yield target.value.id, columns


def _made(node: ast.stmt, calls: Sequence[str], unit: Unit) -> tuple[str, list[str]]:
    """Return the verb for what an assignment makes, and the names that other functions need of it."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = [t.id for t in targets if isinstance(t, ast.Name) and t.id in unit.outputs]
    verbs = [v for v in map(verb_of, calls) if v in _MAKING]
    return (verbs[0] or "" if verbs else "compute"), names


def _maker(names: Sequence[str], statements: Sequence[Statement]) -> str:
    """Return what makes the only thing that a unit makes: the function that the notebook calls for it."""
    values = [s.node.value for s in statements if isinstance(s.node, ast.Assign) and len(names) == 1]
    called = dotted(values[0].func) if len(values) == 1 and isinstance(values[0], ast.Call) else ""
    return f" with {_code(called)}" if called and len(called) <= 30 and not called.startswith("__nb_") else ""


def frame_notes(
    unit: Unit, statements: Sequence[Statement], types: Callable[[str], Type | None]
) -> list[tuple[str, str]]:
    """Return (parameter, note) of the frames that a unit takes: the columns that it reads, and those that it sets.

    A frame counts as the one that was passed up to the statement that binds its name anew.
    """
    found = []
    for name in unit.inputs:
        kind = types(name)
        if kind is None or (kind.module, kind.name) != (FRAME.module, FRAME.name):
            continue
        read, stored = _columns(name, statements)
        parts = [f"with {_plural(read)}"] if read else []
        parts += [f"gets {_plural(stored)} in place"] if stored else []
        if parts:
            found.append((name, "; ".join(parts)))
    return found


def _plural(columns: Sequence[str]) -> str:
    shown = [_code(c) for c in columns[:_MOST_COLUMNS]]
    more = len(columns) - len(shown)
    text = _listed([*shown, f"{more} more"] if more else shown)
    return f"column{'s' if len(columns) > 1 else ''} {text}"


def _columns(name: str, statements: Sequence[Statement]) -> tuple[list[str], list[str]]:
    """Return the columns that a frame must bring, and those that are surely set, in order."""
    read: dict[str, None] = {}
    stored: dict[str, None] = {}
    for statement in statements:
        accesses = list(_accesses(name, statement.node))
        read |= {column: None for column, store in accesses if not store and column not in stored}
        if isinstance(statement.node, (ast.Assign, ast.AugAssign)):
            stored |= {column: None for column, store in accesses if store}
        if name in statement.names.defs:
            break
    return list(read), list(stored)


def _accesses(name: str, node: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield (column, is stored) of `name["column"]` and `name[["a", "b"]]`."""
    branches = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda))
    for n in () if branches else ast.walk(node):
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and n.value.id == name:
            nodes: Iterable[ast.expr] = n.slice.elts if isinstance(n.slice, ast.List) else [n.slice]
            for part in nodes:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value, not isinstance(n.ctx, ast.Load)
