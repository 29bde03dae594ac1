"""A fitted model, and the fitted transformers that its rows go through first: what the class `Predictor` bundles.

Found only where each of them is one object that is made once, fitted once, and otherwise only asked, so that at the end
of a run it is what the notebook predicted with, or saved. The chain of transformers must be the same for all that the
model is fitted on and asked for at top level.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nb2pkg.model import Predictor, Statement, Step, Unit
from nb2pkg.plan.mentions import FITTING, SPLIT, Mentions
from nb2pkg.plan.results import bound_at_end
from nb2pkg.plan.story import Story

_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "category_encoders.")
_MAKERS = frozenset({"make_pipeline", "make_column_transformer", "make_union"})
_ASKING = ("predict", "predict_proba")
_TRANSFORMING = frozenset({"transform", "fit_transform"})
_DENSE = frozenset({"toarray", "todense"})
_OUR_NAMES = frozenset({"predict", "predict_proba", "save", "load", "self", "rows"})
# What makes a fitted object depend on more than itself.
_GLOBAL = frozenset({"sklearn.set_config", "sklearn.config_context"})


@dataclass(frozen=True, slots=True)
class _Learner:
    """A name for one object of a library that is fitted once: where it is made and fitted, and on what."""

    name: str
    made: int
    fitted: int
    rows: ast.expr


@dataclass(frozen=True, slots=True)
class _Chain:
    """What an expression does with rows: the steps that they go through, and the rows themselves.

    Args:
        steps: the steps, the first one first.
        rows: the expression that the first step takes.
        at: the statement that it stands in.
        fresh: no step is fitted on these rows.
    """

    steps: tuple[Step, ...]
    rows: ast.expr
    at: int
    fresh: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The transformers."""
        return tuple(s.name for s in self.steps)


def with_parts(story: Story, results: tuple[str, ...]) -> tuple[str, ...]:
    """Return the results with the parts of a predictor: functions that bind one give it out, alone or in a record.

    Args:
        story: the story.
        results: what is handed back anyway.
    """
    found = _predictor(story)
    names = {*results, *(found.parts if found is not None else ())}
    return tuple(sorted(names, key=lambda n: (story.first_bound[n], n)))


def find_predictor(story: Story, units: Sequence[Unit]) -> Predictor | None:
    """Return the model that a run hands back with its transformers, all of them results; None where there is not one.

    Args:
        story: the story, with its results.
        units: its units; some of the story may be left out.
    """
    kept = {i for u in units for i in u.statements}
    found = _predictor(story) if all(s.index in kept for s in story.statements) else None
    return found if found is not None and set(found.parts) <= set(story.results) else None


def _predictor(story: Story) -> Predictor | None:
    mentions = Mentions(story.flow)
    search = _Search(story, mentions, _learners(story, mentions))
    found = [p for name in search.learners for p in _predictors(search, name)]
    saved = [p for p in found if p.saved]
    if saved:
        return saved[0] if len(saved) == 1 else None
    return found[0] if found and mentions.asked(_ASKING) == {found[0].model} else None


# Learners


def _learners(story: Story, mentions: Mentions) -> Mapping[str, _Learner]:
    """Return the names of objects that are made once and fitted once, and only asked after that."""
    allowed = bound_at_end(story) - _OUR_NAMES - story.context.quoted
    made = {
        name: statement
        for statement in story.statements
        if (name := _target(statement.node)) in allowed and story.bindings[name] == 1
        if _is_made(story, mentions, statement.node)
    }
    if not made or _is_unusual(story):
        return {}
    return {name: learner for name, s in made.items() if (learner := _learner(story, mentions, name, s)) is not None}


def _is_unusual(story: Story) -> bool:
    """True where fitted objects may do something else than by themselves, or work on their input."""
    for statement in story.flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call) and story.context.qualified(n.func) in _GLOBAL:
                return True
            if isinstance(n, ast.keyword) and (n.arg or "").lower().startswith("copy"):  # copy=False
                return True
    return not story.context.stored.isdisjoint({*FITTING, *_TRANSFORMING, *_ASKING})


def _target(node: ast.stmt) -> str:
    """Return the name that a plain assignment binds, or the empty string."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return ""
    return node.targets[0].id


def _is_made(story: Story, mentions: Mentions, node: ast.stmt) -> bool:
    """True for an assignment that makes an estimator of a library, and may fit it straight away."""
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "fit":
        value = value.func.value
    if not isinstance(value, ast.Call):
        return False
    call = story.context.qualified(value.func)
    last = call.rpartition(".")[2]
    known = call.startswith(_LIBRARIES) and (last[:1].isupper() or last in _MAKERS)
    if not known or last == "FunctionTransformer" or any(isinstance(n, ast.Lambda) for n in ast.walk(value)):
        return False
    # Made of functions, which may not be pickled, or of what is fitted elsewhere.
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    return names.isdisjoint(story.definitions.by_name.keys() | mentions.fitted)


def _learner(story: Story, mentions: Mentions, name: str, made: Statement) -> _Learner | None:
    fits = mentions.fits(story, name)
    value = made.node.value if isinstance(made.node, ast.Assign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "fit":
        fits = [*fits, (made.index, value)] if fits is not None else None
    if fits is None or len(fits) != 1 or not fits[0][1].args or isinstance(fits[0][1].args[0], ast.Starred):
        return None
    index, call = fits[0]
    return _Learner(name, made.index, index, call.args[0])


# Chains


class _Search:
    """Follows rows back through transformers."""

    def __init__(self, story: Story, mentions: Mentions, learners: Mapping[str, _Learner]) -> None:
        self.story, self.flow, self.mentions, self.learners = story, story.flow, mentions, learners

    def chain(self, node: ast.expr, at: int) -> _Chain | None:
        """Return what rows go through to become a value in a statement; None where that can't be shown."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, method = node.func.value, node.func.attr
            if method in _DENSE and not node.args and not node.keywords:
                found = self.chain(owner, at)
                return _dense(found, method) if found is not None and found.steps else None
            if method in _TRANSFORMING:
                return self._step(owner, node, at)
        if isinstance(node, ast.Name):
            return self._named(node, at)
        return self._raw(node, at)

    def _step(self, owner: ast.expr, call: ast.Call, at: int) -> _Chain | None:
        learner = self.learners.get(owner.id) if isinstance(owner, ast.Name) else None
        most = 2 if isinstance(call.func, ast.Attribute) and call.func.attr == "fit_transform" else 1
        if learner is None or learner.fitted > at or not 1 <= len(call.args) <= most or call.keywords:
            return None
        above = self.chain(call.args[0], at)
        if above is None or learner.name in above.names:
            return None
        fresh = above.fresh and most == 1
        return replace(above, steps=(*above.steps, Step(learner.name)), fresh=fresh)

    def _named(self, node: ast.Name, at: int) -> _Chain | None:
        bound = self.flow.reaching[at].get(node.id, frozenset())
        if len(bound) != 1:
            return self._raw(node, at)
        index = next(iter(bound))
        statement = self.flow.statements[index]
        source = self._source(statement.node, node.id)
        found = self.chain(source, index) if source is not None and index < at else None
        if found is None or not found.steps:
            return self._raw(node, at)
        kept = node.id not in self.story.definitions.volatile | self.story.context.quoted
        return found if kept and self.mentions.stays(self.story, node.id, index, at) else None

    def _source(self, node: ast.stmt, name: str) -> ast.expr | None:
        """Return the expression whose rows a name stands for: what it is bound to, or what is split into it."""
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return None
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name):
            return value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Call):
            names = [e.id if isinstance(e, ast.Name) else "" for e in target.elts]
            split = self.story.context.qualified(value.func) == SPLIT and len(names) == 2 * len(value.args)
            if split and names.count(name) == 1 and not any(isinstance(a, ast.Starred) for a in value.args):
                return value.args[names.index(name) // 2]
        return None

    def _raw(self, node: ast.expr, at: int) -> _Chain | None:
        """Return a chain without steps, where nothing that was fitted made these rows what they are."""
        waiting, seen = [(node, at)], {at}
        while waiting:
            part, index = waiting.pop()
            for n in ast.walk(part):
                if isinstance(n, ast.Attribute) and n.attr in _TRANSFORMING:
                    return None
                if isinstance(n, ast.Name) and n.id not in self.learners:
                    stores = self.mentions.stored.get(n.id, ())
                    for other in {*self.flow.reaching[index].get(n.id, ()), *(i for i in stores if i < at)} - seen:
                        seen.add(other)
                        waiting.append((self.flow.statements[other].node, other))
        return _Chain((), node, at)


def _dense(chain: _Chain, method: str) -> _Chain | None:
    *first, last = chain.steps
    return None if last.then else replace(chain, steps=(*first, replace(last, then=method)))


def _predictors(search: _Search, name: str) -> Iterator[Predictor]:
    """Yield the predictor of a model, if it is one."""
    learner = search.learners[name]
    fit = search.chain(learner.rows, learner.fitted)
    uses = [(method, search.chain(node, at)) for method, node, at in _asked(search.story, name)]
    if fit is None or not fit.steps or any(c is None or c.names != fit.names for _, c in uses):
        return
    fresh = [c for _, c in uses if c is not None and c.fresh]
    saved = any(search.mentions.saves(search.story.context, name))
    chains = {c.steps for c in fresh} or {fit.steps}
    if not (fresh or saved) or len(chains) > 1:
        return
    rows = (fresh or [fit])[-1].rows
    statements = {i for n in (*fit.names, name) for i in (search.learners[n].made, search.learners[n].fitted)}
    yield Predictor(
        model=name,
        steps=chains.pop(),
        methods=tuple(m for m in _ASKING if m == "predict" or any(m == method for method, _ in uses)),
        statements=tuple(sorted(statements)),
        rows=rows.id if isinstance(rows, ast.Name) else "",
        saved=saved,
    )


def _asked(story: Story, name: str) -> Iterator[tuple[str, ast.expr, int]]:
    """Yield what a model is asked for at top level: method, rows, statement."""
    for statement in story.statements:
        node = statement.node
        for n in _surely_evaluated(node) if isinstance(node, (ast.Assign, ast.Expr)) else ():
            if not isinstance(n, ast.Call) or not isinstance(n.func, ast.Attribute) or n.func.attr not in _ASKING:
                continue
            if isinstance(n.func.value, ast.Name) and n.func.value.id == name and n.args:
                yield n.func.attr, n.args[0], statement.index


def _surely_evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is below it, but for code that may run later or again and again."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from _surely_evaluated(child)
