"""Where the forward pass stands: what names hold, what has happened so far."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from nb2pkg.lint.ml.values import Estimator, Fit, Half, Prediction, Rows, Score, Split
from nb2pkg.lint.notebook import Notebook, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_DEEPEST = 40  # nested expressions
_MOST_CALLS = 200  # of the notebook's functions that are followed
_MOST_PAIRS = 20_000


class History:
    """What happened in a notebook that has to do with learning from rows, in order.

    Args:
        fits: each time something learned.
        splits: each time rows were told apart.
        scores: calls that measure.
        samplings: over-samplings.
        met: for a fit and a split, data of each side that the fit's results went into.
        manual: predictions that were compared with, or subtracted from, something.
        validated: scores on other rows are surely made, by cross-validation or a search.
        passed_on: estimators that were given to functions that may score them.
    """

    def __init__(self) -> None:
        self.fits: list[Fit] = []
        self.splits: list[Split] = []
        self.scores: list[Score] = []
        self.samplings: list[Fit] = []
        self.met: dict[tuple[Fit, Split], dict[str, Rows]] = {}
        self.manual: list[Prediction] = []
        self.validated = False
        self.passed_on: list[Estimator] = []
        self.applied: list[tuple[Fit, Rows, ast.Call]] = []
        self.cuts: dict[tuple[str, str], Split] = {}
        self.sides: dict[Split, set[str]] = {}
        self.followed = 0
        self._count = 0

    def next(self) -> int:
        """Return a number that no other event, root or version has."""
        self._count += 1
        return self._count

    def note(self, rows: Rows) -> None:
        """Keep in mind that results of fits went into rows of one side of a split."""
        facts = rows.learned | rows.sampled
        if not facts or len(self.met) > _MOST_PAIRS:
            return
        for half in rows.halves:
            for fit in facts:
                self.met.setdefault((fit, half.split), {}).setdefault(half.side, rows)

    def half(self, split: Split, side: str) -> Half:
        """Return one side of a split, having noted that it is used."""
        self.sides.setdefault(split, set()).add(side)
        return Half(split, side)


class Names(dict[str, "Any"]):
    """What names hold; `changed` are those that were bound since it was last emptied."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.changed: set[str] = set()

    def __setitem__(self, name: str, value: Any) -> None:
        self.changed.add(name)
        super().__setitem__(name, value)


class State:
    """The pass at one statement.

    Args:
        notebook: whose statements they are.
        history: what has happened.
        names: what names hold here.
        outer: what they hold outside of the function that is followed.
        evaluators: how each kind of expression is evaluated.
    """

    def __init__(
        self,
        notebook: Notebook,
        history: History,
        names: Names,
        outer: Mapping[str, Any] | None,
        evaluators: Mapping[type[ast.AST], Callable[[State, Any], Any]],
        follow: Callable[[State, ast.FunctionDef, ast.Call], Any],
    ) -> None:
        self.notebook = notebook
        self.history = history
        self.names = names
        self.outer = outer
        self.evaluators = evaluators
        self.follow = follow
        self.statement: Statement = notebook.statements[0]
        self.caller: State | None = None
        self.loop: ast.AST | None = None
        self.depth = 0
        self.level = 0

    def value(self, node: ast.expr | None) -> Any:
        """Return what is known of the value of an expression; None: nothing."""
        evaluate = self.evaluators.get(node.__class__) if node is not None else None
        if evaluate is None or self.depth > _DEEPEST:
            return None
        self.depth += 1
        try:
            found = evaluate(self, node)
        finally:
            self.depth -= 1
        if found.__class__ is Rows and found.cuts:
            self.history.note(found)
        return found

    def lookup(self, name: str) -> Any:
        """Return what a name holds."""
        if name in self.names:
            return self.names[name]
        return self.outer.get(name) if self.outer is not None else None

    def replace(self, old: Rows, new: Rows) -> None:
        """Let every name that holds some data hold what became of them when they were changed in place."""
        for name in [name for name, held in self.names.items() if held is old]:
            self.names[name] = new
        self.history.note(new)
        if self.caller is not None:
            self.caller.replace(old, new)

    def source(self) -> Rows:
        """Return data that come from nowhere else."""
        return Rows(roots=frozenset({self.history.next()}))

    def may_follow(self) -> bool:
        """Tell whether another call of a function of the notebook is to be looked into."""
        self.history.followed += 1
        return self.level < 3 and self.history.followed <= _MOST_CALLS

    def fitted(self, estimator: Estimator, node: ast.Call, x: Any, y: Any) -> Fit:
        """Note that an estimator learns, and return the event."""
        rows = [v if isinstance(v, Rows) else None for v in (x, y)]
        fit = Fit(estimator, node, self.statement, rows[0], rows[1], self.history.next())
        estimator.fit = fit
        self.history.fits.append(fit)
        return fit

    def split(self, kind: str, node: Any, inputs: tuple[Any, ...], *, shuffled: bool = True) -> Split:
        """Note that rows are told apart, and return the event."""
        rows = tuple(v if isinstance(v, Rows) else None for v in inputs)
        split = Split(kind, node, self.statement, rows, self.history.next(), shuffled=shuffled)
        self.history.splits.append(split)
        return split

    def split_at(self, kind: str, key: str, node: Any, rows: Rows) -> Split:
        """Return the split that a slice or a mask stands for: the same for the same words."""
        known = self.history.cuts.get((kind, key))
        if known is None:
            known = self.history.cuts[kind, key] = self.split(kind, node, (rows,), shuffled=False)
        return known
