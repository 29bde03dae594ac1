"""What stage each statement of the story belongs to: a score for every stage, from what it calls to where it stands.

A statement says most through its calls. Where it calls nothing of a library, the names that it binds, the objects that
it works on and whoever reads its results say something; the heading above is a hint to all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import is_setting, stage_of_call, stage_of_heading
from nb2pkg.model import Statement
from nb2pkg.plan.stages import DEFAULT, WEIGHTS
from nb2pkg.plan.story import Story

# How much each sign says; a call that belongs to a stage says 1 (times the weight of its stage).
HEADING = 0.7
OWN_FUNCTION = 1.5
ROLE = 1.5
READERS = 0.8
MADE_UP = 0.8  # it takes nothing of the notebook: it makes data
NEW_COLUMN = 0.6
CHOSEN_COLUMNS = 0.8
SETUP = 2.0

_ROLE_METHODS = frozenset("fit fit_transform transform fit_resample inverse_transform partial_fit fit_predict".split())
_FEATURE_NAMES = frozenset({"X", "y", "features", "target", "targets", "feature_names", "labels", "X_data", "y_data"})
_VERBS = {
    "visualization": "plot draw show visualize display_plot hist",
    "data": "load read get_data fetch download generate simulate make_data import_data",
    "training": "train fit build_model create_model make_model get_model optimize",
    "evaluation": "evaluate score predict test compute_metrics cross_validate rmse mae",
    "preprocessing": "preprocess clean normalize tokenize split scale remove drop fill",
    "features": "encode extract vectorize add_feature create_feature featurize embed",
    "export": "save write export submit",
    "exploration": "describe explore summarize inspect count",
}
_VERB_STAGES = {verb: stage for stage, verbs in _VERBS.items() for verb in verbs.split()}

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
        if not scores:
            _merge(scores, _from_readers([found[r] for r in readers[position]]))
        heading = headings.get(story.statements[position].location.cell, "")
        announced = stage_of_heading(heading) if heading else None
        if announced is not None:
            _add(scores, announced, HEADING)
        found[position] = scores
    return tuple(found)


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
    return {stages.pop(): READERS} if len(stages) == 1 else {}


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

    def direct(self, statement: Statement) -> Scores:
        """Return what a statement says itself, and note what its names hold from here on."""
        scores = self._calls(statement.node)
        _merge(scores, self._form(statement))
        if not scores and not (statement.names.uses | statement.names.late_uses) and statement.names.defs:
            _add(scores, "data", MADE_UP)
        self._note_roles(statement, scores)
        return scores

    def _calls(self, node: ast.AST) -> Scores:
        scores: Scores = {}
        for n in ast.walk(node):
            if not isinstance(n, ast.Call):
                continue
            name = self.context.qualified(n.func)
            if isinstance(n.func, ast.Name) and n.func.id in self.story.definitions.by_name:
                _merge(scores, self._own_function(n.func.id))
            elif name and is_setting(name):
                _add(scores, DEFAULT, SETUP)
            else:
                stage = self._stage(n, name)
                if stage is not None:
                    _add(scores, stage, WEIGHTS.get(stage, 1.0))
        return scores

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
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                own = _reads_column(node, target)
                _add(scores, "preprocessing" if own else "features", NEW_COLUMN)
            names = [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            if any(n in _FEATURE_NAMES for n in names) and (statement.names.uses | statement.names.late_uses):
                _add(scores, "features", CHOSEN_COLUMNS)
        root = _root(node)
        if root is not None and root in self.roles and self.roles[root] == "visualization":
            _add(scores, "visualization", ROLE)
        return scores

    def _note_roles(self, statement: Statement, scores: Scores) -> None:
        node = statement.node
        made = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        stage = stage_for([scores]) if scores and made else None
        for name in statement.names.defs:
            self.roles.pop(name, None)
            if stage is not None and stage != "data":
                self.roles[name] = stage


def _reads_column(node: ast.stmt, target: ast.Subscript) -> bool:
    """True for `df["a"] = f(df["a"])`: the column is changed, not added."""
    wanted = ast.dump(target.slice)
    value = getattr(node, "value", None)
    return isinstance(value, ast.AST) and any(
        isinstance(n, ast.Subscript) and ast.dump(n.slice) == wanted for n in ast.walk(value)
    )


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
