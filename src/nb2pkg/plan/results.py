"""What a run hands back: the models, metrics and frames that the notebook ended with.

Decided by what the notebook itself does with a name, rule by rule (`RULES`), and by what it costs: a function of the
package should give back one value, so a name that would be a second one is left out unless nothing else of its kind is
left to show.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import result_type, stage_of_call, verb_of
from nb2pkg.model import Statement, Unit
from nb2pkg.plan.lifetimes import has_finalizers
from nb2pkg.plan.story import Story
from nb2pkg.plan.units import is_setting

Kind = Literal["model", "metric", "frame"]

_MOST: Mapping[Kind, int] = {"model": 4, "metric": 12, "frame": 1}
_WIDEST = 3  # values that a function may return for the sake of a result
_LATE = 2 / 3  # a frame that is shown or saved before this part of the story is no end of it

_FITTING = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "fit_generator"})
_PREDICTING = frozenset({"predict", "predict_proba", "decision_function"})
_ASKING = _PREDICTING | frozenset({"score", "evaluate", "forecast", "summary"})
_SAVING = frozenset({"to_csv", "to_excel", "to_parquet", "to_pickle", "to_feather", "to_sql", "to_json", "write_csv"})
_FRAME_SIGNS = _SAVING | frozenset(
    {"head", "tail", "info", "describe", "groupby", "merge", "dropna", "iloc", "columns"}
)
_SAME_FRAME = frozenset({"head", "tail", "sample", "round", "sort_values", "sort_index", "to_string", "style"})
_MODEL_BASES = ("torch.nn.", "pytorch_lightning.", "sklearn.base.", "keras.", "tensorflow.keras.")
# Calls of the stage "training" that make no model.
_PARTS = re.compile(
    r"(^torch\.optim\.|\.losses\.|\.optimizers\.|\.layers\.|\.callbacks\.|Loss$|Layer$|\.Dropout$|ParameterGrid$)"
)
_TESTS = re.compile(
    r"^scipy\.stats\..*(test|pearsonr|spearmanr|kendalltau|f_oneway|linregress|kruskal|wilcoxon|chi2_con)"
)
_METRIC_WORDS = frozenset("""
    acc accuracy aic auc bic error errors f1 kappa loss mae mape mcc mse precision r2 recall rmse rsq score scores
    silhouette
    """.split())
_SCORING = frozenset({"score", "cross_validate", "evaluate"})
_SCORES = frozenset({"sklearn.metrics.auc", "sklearn.metrics.confusion_matrix"})
_NO_SCORES = frozenset({"sklearn.model_selection.cross_val_predict"})


@dataclass(frozen=True, slots=True)
class Uses:
    """What the story does with its names.

    Args:
        story: the story.
        values: name -> what its last binding binds it to; only names that plain assignments bind, and nothing else.
        methods: name -> attributes that are read of it (`fit`).
        shown: name -> position of the statement that last prints or displays it.
        saved: name -> position of the statement that last saves it.
        changed: names of objects that get items or attributes.
    """

    story: Story
    values: Mapping[str, ast.expr]
    methods: Mapping[str, frozenset[str]]
    shown: Mapping[str, int]
    saved: Mapping[str, int]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to call names results: those that `finds` yields, the most telling rule first."""

    kind: Kind
    what: str
    finds: Callable[[Uses], Iterator[str]]


def bound_at_end(story: Story) -> frozenset[str]:
    """Return the names that may be results: `run()` surely holds their values when it ends, and may hold them longer.

    Left out are settings, functions, what functions write, builtins, and objects whose end is an event.
    """
    if has_finalizers(story.flow.statements):
        return frozenset()
    end = len(story.statements)
    barred = story.definitions.volatile | story.definitions.by_name.keys() | story.kept | story.seeds | story.unset
    barred |= {unit_name for s in story.statements if is_setting(story, s) for unit_name in s.names.defs}
    return frozenset(n for n in story.variables - barred if story.is_bound_before(n, end) and not n.startswith("_"))


def choose_results(story: Story, units: Sequence[Unit]) -> tuple[str, ...]:
    """Return the names that `run()` hands back, in the order of their first binding.

    Args:
        story: the story.
        units: its units, cut as if there were no results.
    """
    allowed = bound_at_end(story)
    uses = _uses(story)
    ranked = [(kind, name) for kind, name in _ranked(uses) if name in allowed]
    homes = {i: u for u in units if u.kind == "function" for i in u.statements}
    returned: dict[str, int] = {u.name: len(u.outputs) for u in units if u.kind == "function"}
    count: Counter[Kind] = Counter()
    chosen: list[str] = []
    for free in (True, False):  # what costs nothing first
        for kind, name in ranked:
            home = homes.get(story.statements[story.last_bound[name]].index)
            price = 1 if home is not None and name not in home.outputs else 0
            width = returned[home.name] if home is not None else 0
            if name in chosen or count[kind] >= _MOST[kind] or (kind == "frame" and _is_beside(uses, name, chosen)):
                continue
            if price and (width if free else count[kind] or kind == "frame" or width >= _WIDEST):
                continue
            chosen.append(name)
            count[kind] += 1
            if home is not None:
                returned[home.name] += price
    return tuple(sorted(chosen, key=lambda n: (story.first_bound[n], n)))


def _is_beside(uses: Uses, name: str, chosen: Sequence[str]) -> bool:
    """True for a frame that is only looked at, where there are models or metrics."""
    return bool(chosen) and name not in uses.saved


def _ranked(uses: Uses) -> Iterator[tuple[Kind, str]]:
    """Yield what the rules find, each name once; of one rule the last bound first: the winner comes last."""
    seen: set[str] = set()
    for rule in RULES:
        for name in sorted(set(rule.finds(uses)) - seen, key=lambda n: (-uses.story.last_bound[n], n)):
            seen.add(name)
            yield rule.kind, name


def _uses(story: Story) -> Uses:
    values: dict[str, ast.expr] = {}
    otherwise: set[str] = set()
    methods: dict[str, set[str]] = {}
    shown: dict[str, int] = {}
    saved: dict[str, int] = {}
    changed: set[str] = set()
    for position, statement in enumerate(story.statements):
        bound = dict(_assigned(statement.node))
        values |= bound
        otherwise |= statement.names.defs - bound.keys()
        shown |= dict.fromkeys(_shown(statement, story.context), position)
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name):
                methods.setdefault(n.value.id, set()).add(n.attr)
                if n.attr in _SAVING:
                    saved[n.value.id] = position
            if isinstance(n, (ast.Attribute, ast.Subscript)) and isinstance(n.ctx, ast.Store):
                changed |= {_root(n)}
    return Uses(
        story,
        {name: value for name, value in values.items() if name in story.variables - otherwise},
        {name: frozenset(found) for name, found in methods.items()},
        shown,
        saved,
        frozenset(changed),
    )


def _root(node: ast.expr) -> str:
    """Return the name of the object that a place is in: `df` of `df.loc[0]["x"]`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that an assignment binds, each with the value (of all, where several are bound)."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    for target in targets if value is not None else []:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(part, ast.Name) and value is not None:
                yield part.id, value


def _shown(statement: Statement, context: Context) -> Iterator[str]:
    """Yield the names whose value, or the first rows of it, a statement prints or displays."""
    node = statement.node
    if not isinstance(node, ast.Expr):
        return
    call = node.value if isinstance(node.value, ast.Call) else None
    if call is not None and isinstance(call.func, ast.Name) and call.func.id in ("print", "display"):
        for part in (n for argument in call.args for n in ast.walk(argument)):
            if isinstance(part, ast.Name):
                yield part.id
    elif statement.displayed:
        for part in node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]:
            yield _same_frame(part)


def _same_frame(node: ast.expr) -> str:
    """Return the name of the frame that an expression shows: `df` of `df.head()`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SAME_FRAME:
            node = node.func.value
        elif isinstance(node, ast.Attribute) and node.attr in _SAME_FRAME:
            node = node.value
        else:
            return ""
    return node.id


def _judged_models(uses: Uses) -> Iterator[str]:
    for name in (*_fitted(uses), *_fit_results(uses), *_constructed(uses)):
        if not uses.methods.get(name, frozenset()).isdisjoint(_ASKING):
            yield name
    for name in uses.values:  # wherever it comes from: the best of several, a file
        if not uses.methods.get(name, frozenset()).isdisjoint(_PREDICTING):
            yield name


def _fit_results(uses: Uses) -> Iterator[str]:
    for name, value in uses.values.items():
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "fit":
            yield name


def _fitted(uses: Uses) -> Iterator[str]:
    for name in uses.values:
        if not uses.methods.get(name, frozenset()).isdisjoint(_FITTING):
            yield name


def _constructed(uses: Uses) -> Iterator[str]:
    own = {s.node.name: s.node for s in uses.story.flow.statements if isinstance(s.node, ast.ClassDef)}
    context = uses.story.context
    for name, value in uses.values.items():
        if not isinstance(value, ast.Call):
            continue
        call = context.qualified(value.func)
        bases = own[value.func.id].bases if isinstance(value.func, ast.Name) and value.func.id in own else []
        estimator = stage_of_call(call) == "training" and result_type(call) is not None and not _PARTS.search(call)
        if estimator or any(context.qualified(base).startswith(_MODEL_BASES) for base in bases):
            yield name


def _scored(uses: Uses) -> Iterator[str]:
    for name, value in uses.values.items():
        calls = [uses.story.context.qualified(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)]
        pictures = any(stage_of_call(call) in ("visualization", "training") for call in calls)
        if not pictures and any(_is_score(call) for call in calls):
            yield name


def _is_score(call: str) -> bool:
    if call in _SCORES or _TESTS.match(call):
        return True
    return stage_of_call(call) == "evaluation" and verb_of(call) in _SCORING and call not in _NO_SCORES


def _named_scores(uses: Uses) -> Iterator[str]:
    for name, value in uses.values.items():
        words = re.findall(r"[a-z]+\d*|[A-Z]+\d*(?![a-z])|[A-Z][a-z]*\d*", name)
        given = isinstance(value, (ast.List, ast.Tuple)) and bool(value.elts)  # an empty list is filled later
        answer = value.value if isinstance(value, ast.Subscript) else value
        asked = isinstance(answer, ast.Call) and getattr(answer.func, "attr", "") in _ASKING | _FITTING
        if (
            name in uses.shown
            and not given
            and not asked
            and not _METRIC_WORDS.isdisjoint(word.lower() for word in words)
        ):
            yield name


def _saved_frames(uses: Uses) -> Iterator[str]:
    yield from _late(uses, uses.saved)


def _shown_frames(uses: Uses) -> Iterator[str]:
    yield from _late(uses, uses.shown)


def _late(uses: Uses, places: Mapping[str, int]) -> Iterator[str]:
    """Yield the frame that is the last one at these places, where that is near the end."""
    frames = {name: position for name, position in places.items() if _is_frame(uses, name)}
    if frames and max(frames.values()) >= _LATE * len(uses.story.statements):
        yield max(frames, key=lambda n: (frames[n], n))


def _is_frame(uses: Uses, name: str) -> bool:
    """True for what looks like a frame, and is not just one that was loaded."""
    value = uses.values.get(name)
    call = uses.story.context.qualified(value.func) if isinstance(value, ast.Call) else ""
    if value is None or (verb_of(call) == "load" and name not in uses.changed):
        return False
    made = result_type(call)
    if made is not None:
        return made[1] == "DataFrame"
    return not uses.methods.get(name, frozenset()).isdisjoint(_FRAME_SIGNS)


# From the most telling to the least.
RULES = (
    Rule("model", "it predicts; or it is fitted or made by a class of models, and is judged", _judged_models),
    Rule("metric", "it is what a metric, `.score()`, a cross-validation or a statistical test returns", _scored),
    Rule("model", "it is what `.fit()` returns", _fit_results),
    Rule("model", "it is fitted: a scaler, an encoder", _fitted),
    Rule("model", "a library's or the notebook's own class of models makes it", _constructed),
    Rule("metric", "it is shown, and called as metrics are", _named_scores),
    Rule("frame", "it is the last frame that is saved", _saved_frames),
    Rule("frame", "it is the last frame that is shown", _shown_frames),
)
