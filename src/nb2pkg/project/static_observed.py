"""Tests on the notebook's own data, for functions whose results are not known beforehand: what the code guarantees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.project.cases import Case
from nb2pkg.project.static_text import NUMPY, PANDAS, listed

_KINDS = {
    "pd.DataFrame": ("a_table", "pd.DataFrame", PANDAS),
    "DataFrame": ("a_table", "pd.DataFrame", PANDAS),
    "pd.Series": ("a_column", "pd.Series", PANDAS),
    "Series": ("a_column", "pd.Series", PANDAS),
    "np.ndarray": ("an_array", "np.ndarray", NUMPY),
    "list": ("a_list", "list", ""),
    "dict": ("a_dictionary", "dict", ""),
    "set": ("a_set", "set", ""),
    "str": ("a_text", "str", ""),
}
_FRAMES = {"pd.DataFrame", "DataFrame"}
_DENSE = {*_FRAMES, "pd.Series", "Series", "np.ndarray", "list"}
_RELABELS = {"drop", "rename", "pop", "set_index", "reset_index", "set_axis", "insert", "update"}
_COUNTS_FEATURES = {"PCA", "StandardScaler", "MinMaxScaler", "RobustScaler", "KMeans", "LinearRegression", "Ridge"}
_FITS = {"fit", "fit_transform", "fit_predict"}
_KEEPS_ROWS = {"transform", "fit_transform"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A function of the package, as far as its text says.

    Args:
        node: its definition.
        classes: names of classes of scikit-learn that its module imports.
        typed: its annotations were found by the analysis, not written by the notebook's author.
    """

    node: ast.FunctionDef
    classes: frozenset[str]
    typed: bool

    def note(self, name: str) -> str:
        """Return the annotation of a parameter."""
        given = [*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs]
        found = [a.annotation for a in given if a.arg == name]
        return ast.unparse(found[0]) if found and found[0] is not None and self.typed else ""

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters."""
        return [a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs)]

    @property
    def bound(self) -> set[str]:
        """The names that its code binds."""
        return {n.id for n in ast.walk(self.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def observed_cases(module: str, tree: ast.Module, node: ast.FunctionDef, *, typed: bool) -> list[Case]:
    """Return the tests of a function on what a run of the pipeline gives it.

    Args:
        module: that it stands in.
        tree: of the module.
        node: the function.
        typed: its annotations were found by the analysis.
    """
    seen = Seen(node, _classes(tree), typed)
    found: dict[str, tuple[Sequence[str], str]] = {}
    for says, lines, line in (*_of_columns(seen), *_of_estimator(seen), *_of_rows(seen), *_of_split(seen)):
        found.setdefault(says, (lines, line))
    if not found:
        found = {says: (lines, line) for says, lines, line in _of_kind(seen)}
    return [_case(module, node, says, lines, line) for says, (lines, line) in found.items()]


def _classes(tree: ast.Module) -> frozenset[str]:
    nodes = [n for n in tree.body if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("sklearn.")]
    return frozenset(a.name for n in nodes for a in n.names if a.name[:1].isupper() and a.asname is None)


def _case(module: str, node: ast.FunctionDef, says: str, lines: Sequence[str], line: str) -> Case:
    name = f"test_{node.name}_{says}"
    body = "\n".join(f"    {text}" for text in lines)
    source = (
        f'def {name}(observed: Callable[[str], Call]) -> None:\n    call = observed("{module}.{node.name}")\n\n{body}\n'
    )
    imports = ("from collections.abc import Callable", "from watching import Call", *([line] if line else []))
    return Case(module, node.name, name, source, imports)


Fact = tuple[str, Sequence[str], str]


def _of_columns(seen: Seen) -> Iterator[Fact]:
    """Yield the columns that the code sets, where nothing after it takes them away."""
    sets: dict[str, list[str]] = {}
    for statement in seen.node.body:
        for target in statement.targets if isinstance(statement, ast.Assign) else []:
            owner, label = _column_set(target)
            if owner:
                sets.setdefault(owner, []).append(label)
    calls = {n.func.attr for n in ast.walk(seen.node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    if calls & _RELABELS or any(isinstance(n, ast.Delete) for n in ast.walk(seen.node)):
        return
    for name, labels in sets.items():
        if name in seen.parameters and name not in seen.bound and seen.note(name) in _FRAMES:
            wanted = list(dict.fromkeys(labels))
            lines = [f"assert {label!r} in call.after[{name!r}].columns" for label in wanted]
            lines.append(f"assert len(call.after[{name!r}]) == len(call.arguments[{name!r}])")
            yield f"sets_{listed(wanted)}_in_place", lines, ""


def _column_set(target: ast.expr) -> tuple[str, str]:
    """Return the table and the column that `df["a"] = …` or `df.loc[:, "a"] = …` sets, or empty texts."""
    if not isinstance(target, ast.Subscript):
        return "", ""
    owner, key = target.value, target.slice
    if isinstance(owner, ast.Attribute) and owner.attr == "loc" and isinstance(key, ast.Tuple) and len(key.elts) == 2:
        if ast.unparse(key.elts[0]) != ":":
            return "", ""
        owner, key = owner.value, key.elts[1]
    if isinstance(owner, ast.Name) and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return owner.id, key.value
    return "", ""


def _assigned(seen: Seen) -> Mapping[str, ast.expr]:
    """Return the names that the body binds once -> what to."""
    found: dict[str, list[ast.expr]] = {}
    for n in ast.walk(seen.node):
        if isinstance(n, ast.Assign):
            for target in n.targets:
                for name in (m for m in ast.walk(target) if isinstance(m, ast.Name) and isinstance(m.ctx, ast.Store)):
                    found.setdefault(name.id, []).append(
                        n.value if isinstance(target, ast.Name) else ast.Constant(None)
                    )
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _returned(seen: Seen) -> list[tuple[str, ast.expr]]:
    """Return what the function returns: how the test calls it, and the expression."""
    last = seen.node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or _returns(seen) != 1:
        return []
    if isinstance(last.value, ast.Tuple):
        return [(f"call.result[{i}]", e) for i, e in enumerate(last.value.elts)]
    if isinstance(last.value, ast.Call) and last.value.keywords and not last.value.args:
        return [(f"call.result.{k.arg}", k.value) for k in last.value.keywords if k.arg] + [("call.result", last.value)]
    return [("call.result", last.value)]


def _returns(seen: Seen) -> int:
    return sum(isinstance(n, ast.Return) for n in ast.walk(seen.node))


def _made(seen: Seen, value: ast.expr) -> ast.Call | None:
    """Return the call of a class of scikit-learn that makes a value, if one does."""
    if isinstance(value, ast.Name):
        value = _assigned(seen).get(value.id, value)
    known = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in seen.classes
    return value if known else None  # type: ignore[return-value]


def _of_estimator(seen: Seen) -> Iterator[Fact]:
    """Yield the class and the parameters of an estimator that is returned."""
    for expr, value in _returned(seen):
        made = _made(seen, value)
        if made is None or not isinstance(made.func, ast.Name):
            continue
        lines = [f'assert type({expr}).__name__ == "{made.func.id}"']
        for keyword in made.keywords:
            text = _as_given(seen, keyword.value)
            if keyword.arg and text:
                lines.append(f"assert {expr}.{keyword.arg} == {text}")
        yield f"makes_the_{_snake(made.func.id)}", lines, ""
        name = value.id if isinstance(value, ast.Name) else ""
        fitted = _fitted_on(seen, name)
        if fitted and made.func.id in _COUNTS_FEATURES and seen.note(fitted) in _FRAMES | {"np.ndarray"}:
            wide = f"assert {expr}.n_features_in_ == call.arguments[{fitted!r}].shape[1]"
            yield f"fits_the_{_snake(made.func.id)}", [wide], ""


def _snake(name: str) -> str:
    return "".join(
        f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower() for i, c in enumerate(name)
    )


def _as_given(seen: Seen, value: ast.expr) -> str:
    """Return how the test reads a value that the function was given, or that stands in its code."""
    if isinstance(value, ast.Constant) and isinstance(value.value, (int, str, float, bool)):
        return repr(value.value) if not isinstance(value.value, bool) else ""
    if isinstance(value, ast.Name) and value.id in seen.parameters and value.id not in seen.bound:
        return f"call.arguments[{value.id!r}]"
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "config":
        return f'call.arguments["config"].{value.attr}' if "config" in seen.parameters else ""
    return ""


def _fitted_on(seen: Seen, name: str) -> str:
    """Return the parameter that an estimator is fitted on, if it is one as it was given."""
    for n in ast.walk(seen.node):
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in _FITS and n.args:
            owner, first = n.func.value, n.args[0]
            if isinstance(owner, ast.Name) and owner.id == name and isinstance(first, ast.Name):
                return first.id if first.id in seen.parameters and first.id not in seen.bound else ""
    return ""


def _of_rows(seen: Seen) -> Iterator[Fact]:
    """Yield that a transformer gives a row for each row."""
    for expr, value in _returned(seen):
        if isinstance(value, ast.Name):
            value = _assigned(seen).get(value.id, value)
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.args):
            continue
        owner, first = value.func.value, value.args[0]
        if value.func.attr not in _KEEPS_ROWS or not isinstance(owner, ast.Name) or not isinstance(first, ast.Name):
            continue
        known = _made(seen, owner) is not None or seen.note(owner.id) in _TRANSFORMERS
        dense = seen.note(first.id).partition("[")[0] in _DENSE
        if known and dense and first.id in seen.parameters and first.id not in seen.bound:
            yield "gives_a_row_for_each", [f"assert {expr}.shape[0] == len(call.arguments[{first.id!r}])"], ""


_TRANSFORMERS = {"CountVectorizer", "TfidfVectorizer", "StandardScaler", "MinMaxScaler", "PCA", "OneHotEncoder"} | {
    "PolynomialFeatures",
    "LabelEncoder",
    "SimpleImputer",
    "ColumnTransformer",
}


def _of_split(seen: Seen) -> Iterator[Fact]:
    """Yield that the halves of a split hold all rows together."""
    for statement in seen.node.body:
        value = statement.value if isinstance(statement, ast.Assign) else None
        if not (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("train_test_split") and value.args):
            continue
        target = statement.targets[0]  # type: ignore[attr-defined]
        first = value.args[-1]
        names = [ast.unparse(t) for t in target.elts] if isinstance(target, ast.Tuple) else []
        places = {ast.unparse(v): expr for expr, v in _returned(seen)}
        halves = [places[n] for n in names[-2:] if n in places]
        plain = isinstance(first, ast.Name) and first.id in seen.parameters and first.id not in seen.bound
        if (
            len(halves) == 2
            and plain
            and isinstance(first, ast.Name)
            and seen.note(first.id).partition("[")[0] in _DENSE
        ):
            total = " + ".join(f"len({half})" for half in halves)
            yield "puts_each_row_in_one_half", [f"assert {total} == len(call.arguments[{first.id!r}])"], ""


def _of_kind(seen: Seen) -> Iterator[Fact]:
    """Yield what kind of value the function returns."""
    note = ast.unparse(seen.node.returns) if seen.node.returns is not None and seen.typed else ""
    if note.partition("[")[0] in _KINDS:
        what, kind, line = _KINDS[note.partition("[")[0]]
        yield f"gives_{what}", [f"assert isinstance(call.result, {kind})"], line
    elif note == "None" or (seen.typed and not _returns(seen)):
        yield "gives_nothing_back", ["assert call.result is None"], ""
    elif note.isidentifier() and note not in ("int", "float", "bool", "Any", "object", "Callable"):
        yield f"gives_a_{_snake(note)}", [f'assert type(call.result).__name__ == "{note}"'], ""
    elif note.startswith("tuple["):
        last = seen.node.body[-1]
        if isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple):
            yield f"gives_{len(last.value.elts)}_values", [f"assert len(call.result) == {len(last.value.elts)}"], ""
    elif _returns(seen):
        yield "gives_a_value", ["assert call.result is not None"], ""
