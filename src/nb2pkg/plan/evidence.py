"""What stage each statement of the story belongs to: a score for every stage, from what it calls to where it stands.

A statement says most through its calls. Where it calls nothing of a library, the names that it binds, the objects that
it works on and whoever reads its results say something; the heading above is a hint to all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from nb2pkg.flow.context import Context
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.libraries import is_setting, stage_of_call, stage_of_heading, verb_of
from nb2pkg.model import Statement
from nb2pkg.plan.stages import DEFAULT, WEIGHTS
from nb2pkg.plan.story import Story

# How much each sign says; a call that belongs to a stage says 1 (times the weight of its stage).
HEADING = 0.7
HEADING_BESIDE = 0.3  # where the statement says something itself
OWN_FUNCTION = 1.5
ROLE = 1.5
READERS = 0.8
FOR_FIGURE = 0.8  # part of what it says otherwise: only figures of its cell read its result
SHOWN = 0.6
UNKNOWN_METHOD = 0.6  # of an object that was made for a stage
MADE_UP = 0.8  # it takes nothing of the notebook: it makes data
NEW_COLUMN = 0.6
CHOSEN_COLUMNS = 1.2
FILTERED = 0.6
SETUP = 2.0
REBUILT = 0.6  # a frame made of what the notebook has already
NESTED = 0.5  # a call among the arguments of another

_ROLE_METHODS = frozenset("fit fit_transform transform fit_resample inverse_transform partial_fit fit_predict".split())
_MAPPINGS = frozenset({"dict", "defaultdict", "collections.defaultdict", "OrderedDict", "collections.OrderedDict"})
_FEATURE_NAMES = frozenset(
    {"X", "y", "features", "target", "targets", "feature_names", "labels", "X_data", "y_data", "inputs", "inputs_n"}
)
_VERBS = {
    "visualization": "plot draw show visualize display_plot hist",
    "data": "load read get_data fetch download generate simulate make_data import_data",
    "training": "train fit build_model create_model make_model get_model optimize",
    "evaluation": "evaluate score predict compute_metrics cross_validate rmse mae",
    "preprocessing": "preprocess clean normalize tokenize split scale remove drop fill",
    "features": "encode extract vectorize add_feature create_feature featurize embed",
    "export": "save write export submit",
    "exploration": "describe explore summarize inspect count",
}
_VERB_STAGES = {verb: stage for stage, verbs in _VERBS.items() for verb in verbs.split()}

_NOUNS = {
    "visualization": "plot chart figure graph heatmap",
    "training": "classifier regressor model estimator optimizer learner forecaster regression cv",
    "preprocessing": "scaler imputer tokenizer splitter normalizer",
    "features": "encoder vectorizer embeddings",
    "evaluation": "score scores metric metrics error accuracy loss report",
    "data": "dataset datasets dataloader",
}
_NOUN_STAGES = {noun: stage for stage, nouns in _NOUNS.items() for noun in nouns.split()}

Scores = dict[str, float]  # stage -> how much speaks for it


def evidence_of(story: Story, headings: Mapping[int, str]) -> tuple[Scores, ...]:
    """Return, per statement of the story, how much speaks for each stage.

    Args:
        story: the story.
        headings: per cell number, the heading above it.
    """
    judge = _Judge(story)
    direct = [judge.direct(s) for s in story.statements]
    readers = _readers(story.statements)
    found: list[Scores] = [{} for _ in direct]
    for position in range(len(direct) - 1, -1, -1):
        scores = dict(direct[position])
        read_by = readers[position]
        if not scores:
            _merge(scores, _from_readers([found[r] for r in read_by]))
        elif read_by and all(_draws_in_cell(story, position, r, found[r]) for r in read_by):
            scores["visualization"] = max(scores.get("visualization", 0.0), FOR_FIGURE * max(scores.values()))
        heading = headings.get(story.statements[position].location.cell, "")
        announced = stage_of_heading(heading) if heading else None
        if announced is not None:
            _add(scores, announced, HEADING if not direct[position] else HEADING_BESIDE)
        found[position] = scores
    return tuple(found)


def _draws_in_cell(story: Story, position: int, reader: int, scores: Scores) -> bool:
    same = story.statements[position].location.cell == story.statements[reader].location.cell
    return same and bool(scores) and stage_for([scores]) == "visualization"


def stage_for(scores: Iterable[Scores]) -> str:
    """Return the stage that most speaks for; without any sign, that of preparations."""
    total: Scores = {}
    for score in scores:
        _merge(total, score)
    if not total:
        return DEFAULT
    best = max(total.values())
    return min(s for s in total if total[s] == best)


def _add(scores: Scores, stage: str, weight: float) -> None:
    scores[stage] = scores.get(stage, 0.0) + weight


def _merge(scores: Scores, more: Scores) -> None:
    for stage, weight in more.items():
        _add(scores, stage, weight)


def _from_readers(scores: Sequence[Scores]) -> Scores:
    """Return what the first statements that read a value say of it, if they agree."""
    stages = {max(s, key=lambda k: (s[k], k)) for s in scores if s}
    return {stages.pop(): READERS} if len(stages) == 1 and "exploration" not in stages else {}


def _readers(statements: Sequence[Statement]) -> list[list[int]]:
    """Return, per statement, the positions of the first statements that read what it binds (three at most)."""
    found: list[list[int]] = [[] for _ in statements]
    binder: dict[str, int] = {}
    for position, statement in enumerate(statements):
        names = statement.names
        for name in sorted(names.uses | names.late_uses):
            at = binder.get(name)
            if at is not None and len(found[at]) < 3 and position not in found[at]:
                found[at].append(position)
        for name in names.defs:
            binder[name] = position
    return found


class _Judge:
    """Looks at one statement after the other, remembering what the names hold."""

    def __init__(self, story: Story) -> None:
        self.context: Context = story.context
        self.story = story
        self.roles: dict[str, str] = {}  # name -> stage of what made the object that it holds
        self.own: dict[str, Scores] = {}
        self.mappings: set[str] = set()  # names that hold a dict

    def direct(self, statement: Statement) -> Scores:
        """Return what a statement says itself, and note what its names hold from here on."""
        scores = self._calls(statement.node)
        _merge(scores, self._form(statement))
        if not scores and not (statement.names.uses | statement.names.late_uses) and statement.names.defs:
            _add(scores, "data", MADE_UP)
        if not scores and self._only_shows(statement):
            _add(scores, "exploration", SHOWN)
        self._note_roles(statement, scores)
        return scores

    def _only_shows(self, statement: Statement) -> bool:
        """True for `np.log(1)` at the end of a cell, and for a loop that prints."""
        if isinstance(statement.node, (ast.For, ast.While, ast.If)):
            stores = (n for n in ast.walk(statement.node) if isinstance(n, (ast.Subscript, ast.Attribute)))
            if any(isinstance(n.ctx, ast.Store) for n in stores):
                return False
            calls = (n.func for n in ast.walk(statement.node) if isinstance(n, ast.Call))
            return any(self.context.qualified(f) == "builtins.print" for f in calls)
        return statement.displayed and isinstance(statement.node, ast.Expr)

    def _calls(self, node: ast.AST) -> Scores:
        scores: Scores = {}
        stack: list[tuple[ast.AST, float]] = [(node, 1.0)]
        while stack:
            n, weight = stack.pop()
            if isinstance(n, ast.Call):
                for stage, value in self._call(n).items():
                    _add(scores, stage, value * weight)
                stack.append((n.func, weight))
                stack += [(a, weight * NESTED) for a in [*n.args, *n.keywords]]
            else:
                stack += [(child, weight) for child in ast.iter_child_nodes(n)]
        return scores

    def _call(self, call: ast.Call) -> Scores:
        name = self.context.qualified(call.func)
        if isinstance(call.func, ast.Name) and call.func.id in self.story.definitions.by_name:
            return self._own_function(call.func.id)
        if name and is_setting(name):
            return {DEFAULT: SETUP}
        if name == "builtins.open":
            return {"export" if _writes(call) else "data": WEIGHTS["data"]}
        spelled = name.rpartition(".")[2] or getattr(call.func, "id", "")
        told = stage_of_spelling(spelled)
        stage = told if told == "visualization" else self._stage(call, name) or told
        if stage is None and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            role = self.roles.get(call.func.value.id)
            return {role: UNKNOWN_METHOD} if role is not None else {}
        if stage == "data" and verb_of(name) == "build" and self._reads_variables(call):
            return {"data": REBUILT}
        return {stage: WEIGHTS.get(stage, 1.0)} if stage is not None else {}

    def _reads_variables(self, call: ast.Call) -> bool:
        arguments = [*call.args, *(k.value for k in call.keywords)]
        return any(isinstance(n, ast.Name) and n.id in self.story.variables for a in arguments for n in ast.walk(a))

    def _stage(self, call: ast.Call, name: str) -> str | None:
        """Return the stage of a call; what an object was made for says what fitting it is for."""
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        role = self.roles.get(receiver.id) if isinstance(receiver, ast.Name) else None
        method = name.rpartition(".")[2]
        if role is not None and name.startswith(".") and (method in _ROLE_METHODS or role == "visualization"):
            return role
        return stage_of_call(name) if name else None

    def _own_function(self, name: str) -> Scores:
        """Return what calling a function of the notebook is for: what its name says, else what its body does."""
        if name not in self.own:
            self.own[name] = {}  # recursion adds nothing
            words = name.lower().strip("_").split("_")
            told = _VERB_STAGES.get("_".join(words[:2])) or _VERB_STAGES.get(words[0])
            definition = self.story.definitions.by_name[name]
            node = self.story.flow.statements[definition.statement].node
            inside = self._calls(node)
            stage = told or (max(inside, key=lambda k: (inside[k], k)) if inside else None)
            self.own[name] = {stage: OWN_FUNCTION} if stage else {}
        return self.own[name]

    def _form(self, statement: Statement) -> Scores:
        """Return what the form of a statement says: new columns, chosen columns, work on an axis."""
        node = statement.node
        scores: Scores = {}
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and self._is_column(target):
                own = _reads_column(node, target)
                _add(scores, "preprocessing" if own else "features", NEW_COLUMN)
            if _chooses_rows(node):
                _add(scores, "preprocessing", FILTERED)
            names = [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            if any(n in _FEATURE_NAMES for n in names) and (statement.names.uses | statement.names.late_uses):
                _add(scores, "features", CHOSEN_COLUMNS)
        root = _root(node)
        if root is not None and root in self.roles and self.roles[root] == "visualization":
            _add(scores, "visualization", ROLE)
        return scores

    def _is_column(self, target: ast.Subscript) -> bool:
        """True for `df["a"]`, as far as can be seen: not for `rcParams["a"]`, nor for a dict of the notebook's."""
        owner = target.value.id if isinstance(target.value, ast.Name) else ""
        known = owner in self.story.variables and owner not in self.mappings
        return known and isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str)

    def _note_roles(self, statement: Statement, scores: Scores) -> None:
        node = statement.node
        made = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        stage = stage_for([scores]) if scores and made else None
        value = node.value if isinstance(node, ast.Assign) else None
        maps = isinstance(value, (ast.Dict, ast.DictComp)) or (
            isinstance(value, ast.Call) and dotted(value.func) in _MAPPINGS
        )
        for name in statement.names.kills:
            self.mappings.discard(name)
            if maps:
                self.mappings.add(name)
        for name in statement.names.defs:
            self.roles.pop(name, None)
            if stage is not None and stage != "data":
                self.roles[name] = stage


def stage_of_spelling(name: str) -> str | None:
    """Return what a name of a function or class of an unknown library says: `plot_residuals`, `LassoRegressor`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    return _VERB_STAGES.get(words[0]) or _NOUN_STAGES.get(words[-1]) if words[0] else None


def _writes(call: ast.Call) -> bool:
    """True for `open(path, "w")` and the like."""
    mode = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    return any(isinstance(m, ast.Constant) and set(str(m.value)) & set("wax") for m in mode)


def is_setup(statement: Statement, context: Context) -> bool:
    """True for a call that changes a state of the process: `np.random.seed(0)`, `sns.set_theme()`."""
    call = statement.node.value if isinstance(statement.node, ast.Expr) else None
    return isinstance(call, ast.Call) and is_setting(context.qualified(call.func))


def _reads_column(node: ast.stmt, target: ast.Subscript) -> bool:
    """True for `df["a"] = f(df["a"])`: the column is changed, not added."""
    wanted = ast.dump(target.slice)
    value = getattr(node, "value", None)
    return isinstance(value, ast.AST) and any(
        isinstance(n, ast.Subscript) and ast.dump(n.slice) == wanted for n in ast.walk(value)
    )


def _chooses_rows(node: ast.stmt) -> bool:
    """True for `few = df[:50]` and `old = df[df["age"] > 60]`."""
    value = getattr(node, "value", None)
    return isinstance(value, ast.Subscript) and isinstance(value.slice, (ast.Slice, ast.Compare, ast.BinOp, ast.Tuple))


def _root(node: ast.stmt) -> str | None:
    """Return the name of the object that a statement works on: `ax` of `ax.set_title("a")` and of `ax.x = 1`."""
    part: ast.AST | None = None
    if isinstance(node, ast.Expr):
        part = node.value
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        part = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(part, ast.Name):
            return None
    while isinstance(part, (ast.Call, ast.Attribute, ast.Subscript)):
        part = part.func if isinstance(part, ast.Call) else part.value
    return part.id if isinstance(part, ast.Name) else None


def root_of(statement: Statement) -> str | None:
    """Return the name of the object that a statement works on or binds, where there is one."""
    found = _root(statement.node)
    if found is None and isinstance(statement.node, ast.Assign) and isinstance(statement.node.targets[0], ast.Name):
        return statement.node.targets[0].id
    return found
