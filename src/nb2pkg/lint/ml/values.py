"""What the forward pass knows of a value: data with the rows and columns that it holds, estimators, splits."""

from __future__ import annotations

import ast

from nb2pkg.lint.notebook import Statement
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

# More facts than this on one value are not kept: no notebook by hand has them.
_MOST = 40


class Token(NamedTuple):
    """A column as it was at one moment: the frame that it is of, its name, how often it was assigned before."""

    frame: int
    name: str
    version: int


_NO_TOKENS: frozenset[Token] = frozenset()


class Group(NamedTuple):
    """Columns that data surely hold: all of a frame, or only `keep`, without `dropped`; with their `versions`."""

    frame: int
    keep: frozenset[str] | None = None
    dropped: frozenset[str] = frozenset()
    versions: tuple[tuple[str, int], ...] = ()

    def token(self, name: str) -> Token | None:
        """Return the column of a name, or None when it isn't among them."""
        if name in self.dropped or (self.keep is not None and name not in self.keep):
            return None
        return Token(self.frame, name, dict(self.versions).get(name, 0))


class Fit:
    """A moment at which something learned from data.

    Args:
        estimator: what learned.
        node, statement: where.
        x, y: the data; None where unknown.
        order: its place among all events.
    """

    __slots__ = ("estimator", "node", "order", "statement", "x", "y")

    def __init__(
        self,
        estimator: Estimator,
        node: ast.Call,
        statement: Statement,
        x: Rows | None,
        y: Rows | None,
        order: int,
    ) -> None:
        self.estimator = estimator
        self.node = node
        self.statement = statement
        self.x = x
        self.y = y
        self.order = order


class Split:
    """A place at which rows are told apart.

    Args:
        kind: `random` (train_test_split), `subset` (the same when one side is thrown away), `fold`, `cv`
            (cross_val_score), `slice`, `mask`.
        node, statement: where, first.
        inputs: what was split; only the first for slices and masks.
        order: its place among all events.
        shuffled: rows are drawn at random.
    """

    __slots__ = ("inputs", "kind", "node", "order", "shuffled", "statement")

    def __init__(
        self,
        kind: str,
        node: Any,
        statement: Statement,
        inputs: tuple[Rows | None, ...],
        order: int,
        *,
        shuffled: bool = True,
    ) -> None:
        self.kind = kind
        self.node = node
        self.statement = statement
        self.inputs = inputs
        self.order = order
        self.shuffled = shuffled


class Half(NamedTuple):
    """One side of a split: `train` or `test`; of slices and masks the first is taken for the train side."""

    split: Split
    side: str

    @property
    def other(self) -> Half:
        """The other side."""
        return Half(self.split, "test" if self.side == "train" else "train")


class Prediction:
    """What data were predicted by, and from."""

    __slots__ = ("estimator", "fit", "x")

    def __init__(self, estimator: Estimator, fit: Fit | None, x: Rows | None) -> None:
        self.estimator = estimator
        self.fit = fit
        self.x = x


class Rows:
    """Data: an array, a frame, a column.

    Args:
        roots: the sources that its rows come from.
        cuts: what was done to leave rows out: halves of splits, masks, and what isn't known. Fewer cuts, more rows.
        learned: the fits whose results went into its values.
        sampled: the over-samplings that made rows of it.
        groups: the columns that it surely holds.
        takes: the columns of frames that its values are, one to one.
        prediction: it is a prediction.
        mask: it is a condition on rows.
        dated: its rows are in an order of time, or are of groups; the word for it.
        drawn: it was drawn from other data with replacement.
    """

    __slots__ = ("cuts", "dated", "drawn", "groups", "learned", "mask", "prediction", "roots", "sampled", "takes")

    def __init__(
        self,
        roots: frozenset[int] = frozenset(),
        cuts: frozenset[object] = frozenset(),
        learned: frozenset[Fit] = frozenset(),
        sampled: frozenset[Fit] = frozenset(),
        groups: tuple[Group, ...] = (),
        takes: frozenset[Token] = frozenset(),
        *,
        prediction: Prediction | None = None,
        mask: bool = False,
        dated: str = "",
        drawn: Fit | None = None,
    ) -> None:
        self.roots = roots
        self.cuts = cuts
        self.learned = learned
        self.sampled = sampled
        self.groups = groups
        self.takes = takes
        self.prediction = prediction
        self.mask = mask
        self.dated = dated
        self.drawn = drawn

    def but(self, **changes: Any) -> Rows:
        """Return data that are like these, apart from what is named."""
        made = Rows.__new__(Rows)  # the pass does little else: written out, as that is much faster
        made.roots, made.cuts, made.learned, made.sampled = self.roots, self.cuts, self.learned, self.sampled
        made.groups, made.takes, made.prediction, made.mask = self.groups, self.takes, self.prediction, self.mask
        made.dated, made.drawn = self.dated, self.drawn
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def plain(self, **changes: Any) -> Rows:
        """Return the same rows with other values: columns are no longer known."""
        made = Rows.__new__(Rows)
        made.roots, made.cuts, made.learned, made.sampled = self.roots, self.cuts, self.learned, self.sampled
        made.groups, made.takes, made.prediction, made.mask = (), _NO_TOKENS, None, False
        made.dated, made.drawn = self.dated, None
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def cut(self, how: object, **changes: Any) -> Rows:
        """Return some of the rows."""
        return self.but(cuts=self.cuts | {how} if len(self.cuts) < _MOST else self.cuts, **changes)

    @property
    def halves(self) -> frozenset[Half]:
        """The sides of splits that the rows are on."""
        return frozenset(cut for cut in self.cuts if cut.__class__ is Half)

    def side_of(self, split: Split) -> str:
        """Return the side of a split that all of the rows are on, or the empty string."""
        sides = [half.side for half in self.halves if half.split is split]
        return sides[0] if len(sides) == 1 else ""

    def within(self, other: Rows) -> bool:
        """Tell whether these rows are surely some of, or all of, the other's."""
        return bool(self.roots & other.roots) and other.cuts <= self.cuts

    def same_rows(self, other: Rows) -> bool:
        """Tell whether two data hold the same rows."""
        return self.roots == other.roots and self.cuts == other.cuts

    def tokens(self, names: frozenset[str]) -> frozenset[Token]:
        """Return the columns of these names that it surely holds."""
        found = (group.token(name) for group in self.groups for name in names)
        return frozenset(token for token in found if token is not None)

    def holds(self, token: Token) -> bool:
        """Tell whether a column is surely among its columns."""
        return any(g.frame == token.frame and g.token(token.name) == token for g in self.groups)


class Estimator:
    """An object with `fit`.

    Args:
        name: its class's name, or the name that the notebook calls it by.
        module: the library that it is of; empty when its class isn't known.
        node: the call that made it.
        steps: what it is made of.
        whole: all that it is made of is known, and nothing of that picks columns.
    """

    __slots__ = ("fit", "module", "name", "node", "steps", "whole")

    def __init__(
        self,
        name: str,
        module: str,
        node: ast.Call | None,
        steps: tuple[Estimator, ...] = (),
        *,
        whole: bool = True,
    ) -> None:
        self.name = name
        self.module = module
        self.node = node
        self.steps = steps
        self.whole = whole
        self.fit: Fit | None = None


class Score(NamedTuple):
    """A call that measures how well something predicts; `x` is what was predicted from."""

    name: str
    node: ast.Call
    statement: Statement
    estimator: Estimator | None
    fit: Fit | None
    x: Rows | None
    order: int
    loop: ast.AST | None


class Sequence:
    """A list or a tuple whose items are known."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Any, ...]) -> None:
        self.items = items


class Index:
    """Row numbers of one side of a fold."""

    __slots__ = ("half",)

    def __init__(self, half: Half) -> None:
        self.half = half


class Folds:
    """What `KFold().split(X)` gives."""

    __slots__ = ("split",)

    def __init__(self, split: Split) -> None:
        self.split = split


class Enumerated:
    """What `enumerate` gives of a value."""

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Labels:
    """Names of columns that aren't known: `df.columns`."""

    __slots__ = ()


class Statistic:
    """A number, or one a column, that was computed from data."""

    __slots__ = ("fit", "rows")

    def __init__(self, rows: Rows, fit: Fit) -> None:
        self.rows = rows
        self.fit = fit


class Routine:
    """A function of the notebook."""

    __slots__ = ("node",)

    def __init__(self, node: ast.FunctionDef) -> None:
        self.node = node
