"""Where the story is cut into functions: the cheapest way, by dynamic programming over the positions of a block.

A block is a run of statements with nothing in it that has to stand alone (settings, imports, headings). For each run of
statements in it that may be a function there is a cost: what goes in and out, mixed stages, length, and the borders
that it runs across; a single statement may stay in `run()`, at a cost of its own. The cheapest cover of the block wins
(R. Bellman, "On the approximation of curves by line segments using dynamic programming", 1961). `WEIGHTS` has the
weights.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Statement
from nb2pkg.plan.evidence import Scores, is_setup, root_of, stage_for
from nb2pkg.plan.lifting import Interface, Span, positions_of, statements_of
from nb2pkg.plan.story import Story

LONGEST = 30  # statements of a function
_MAKING = frozenset({None, "build", "make", "simulate"})
_SCRATCH = 3  # statements that bind a name which stands for nothing in particular
_EMPTY_FIGURES = frozenset(f"matplotlib.pyplot.{name}" for name in ("figure", "show", "close", "subplots"))


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes a function dear, in points. Tuned on statements labelled by hand and on sizes of good refactorings."""

    function: float = 1.0  # each function is one more thing to read
    inputs: tuple[float, ...] = (0.0, 0.2, 0.5, 1.0, 2.5, 4.0, 6.0, 9.0)  # by number; more are not allowed
    outputs: tuple[float, ...] = (0.0, 0.2, 3.5, 5.0)  # by number; more become one frozen dataclass:
    record: float = 5.0
    together: float = 2.5  # the same, where one statement makes them: `a, b, c, d = train_test_split(...)`
    mixed: float = 3.0  # a statement that belongs to another stage altogether
    cell: float = 1.6  # a border between cells within a function
    comment: float = 1.8  # a comment line within a function
    blank: float = 0.4
    chain: float = 2.0  # a cut between two statements that work on the same object
    brief: float = 0.6  # a function of one short statement
    line: float = 0.25  # each line past `lines`
    lines: int = 20
    look: float = 0.5  # a print or display within a function
    look_at_end: float = 1.5  # the last or first thing that a function does
    stays: float = 5.0  # a statement that could be in a function and stays in `run()`
    trivial: float = 1.6  # the same, where a function would only hide a name


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Part:
    """A run of positions of the story: a function with an interface, or what stays in `run()`."""

    first: int
    last: int
    interface: Interface | None
    cost: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)  # what the cost is made of


@dataclass(frozen=True, slots=True)
class Scene:
    """What segmentation knows of the story.

    Args:
        story: the story.
        evidence: per position, what speaks for each stage.
        is_look: tells whether a statement only shows something.
        closed: cells that no function may run past: figures are shown at their end, or a query follows.
    """

    story: Story
    evidence: Sequence[Scores]
    is_look: Callable[[Statement], bool]
    closed: frozenset[int]


def segment(scene: Scene, first: int, last: int) -> tuple[Part, ...]:
    """Return the cheapest parts of the block of positions `first` to `last`, in order."""
    best: list[tuple[float, Part | None]] = [(float("inf"), None) for _ in range(first, last + 2)]
    best[0] = (0.0, None)
    for start in range(first, last + 1):
        before = best[start - first][0]
        for part in _parts(scene, start, last):
            end = part.last - first + 1
            if before + part.cost < best[end][0] - 1e-9:
                best[end] = (before + part.cost, part)
    found: list[Part] = []
    end = last + 1
    while end > first:
        chosen = best[end - first][1]
        assert chosen is not None  # a single statement can always stay
        found.append(chosen)
        end = chosen.first
    return tuple(reversed(found))


def _parts(scene: Scene, first: int, last: int) -> list[Part]:
    """Return what may begin at a position: the single statement that stays, and all functions."""
    story = scene.story
    span = Span(story, first)
    found: list[Part] = []
    for position in range(first, min(last, first + LONGEST - 1) + 1):
        if position > first and _closed_between(scene, position):
            break
        span.extend()
        interface = span.interface()
        if position == first:
            found.append(_staying(scene, first, possible=not interface.obstacle))
        if story.hoisted.keys() & {first, position}:
            continue
        if interface.obstacle:
            if span.pinned:
                break
            continue
        terms = cost_terms(scene, first, position, interface, last)
        if terms is not None:
            found.append(Part(first, position, interface, sum(terms.values()), terms))
    return found


def _closed_between(scene: Scene, position: int) -> bool:
    above, here = scene.story.statements[position - 1 : position + 1]
    return above.location.cell != here.location.cell and above.location.cell in scene.closed


def _staying(scene: Scene, position: int, *, possible: bool) -> Part:
    statement = scene.story.statements[position]
    if not possible or scene.is_look(statement) or position in scene.story.hoisted:
        return Part(position, position, None, 0.0, {})
    story = scene.story
    small = is_trivial(statement) or is_setup(statement, story.context) or _is_own_call(story, statement)
    small = small or _is_empty_figure(story, statement) or _is_scratch(story, statement)
    cost = WEIGHTS.trivial if small else WEIGHTS.stays
    return Part(position, position, None, cost, {"stays in run()": cost})


def is_trivial(statement: Statement) -> bool:
    """True for a binding that computes nothing: another name, a literal, an empty container, a choice between names."""
    node = statement.node
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    if len(statement.source) > 100 or "\n" in statement.source:
        return False
    if isinstance(node.value, ast.Call) and _makes_object(node.value):
        return True
    heavy = (ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.BinOp, ast.Subscript)
    return not any(isinstance(n, heavy) for n in ast.walk(node.value))


def _makes_object(call: ast.Call) -> bool:
    """True for `StandardScaler()` and `pd.Timestamp("2026-01-01")`: an object made of literals and names."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    arguments = [*call.args, *(k.value for k in call.keywords)]
    return name[:1].isupper() and all(isinstance(a, (ast.Constant, ast.Name)) for a in arguments)


def _is_empty_figure(story: Story, statement: Statement) -> bool:
    """True for `fig = plt.figure()` and `plt.show()`: nothing is drawn."""
    value = getattr(statement.node, "value", None)
    return isinstance(value, ast.Call) and story.context.qualified(value.func) in _EMPTY_FIGURES


def _is_scratch(story: Story, statement: Statement) -> bool:
    """True for `arr = np.array([1, 2])` where the name is bound to something else again and again."""
    node = statement.node
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or "\n" in statement.source:
        return False
    if verb_of(story.context.qualified(node.value.func)) not in _MAKING:
        return False
    names = (n.id for a in [*node.value.args, *node.value.keywords] for n in ast.walk(a) if isinstance(n, ast.Name))
    literal = not any(name in story.variables for name in names)
    return literal and any(story.bindings.get(name, 0) >= _SCRATCH for name in statement.names.kills)


def _is_own_call(story: Story, statement: Statement) -> bool:
    """True for `model = train(X, y)`: the notebook has a function for it already."""
    node = statement.node
    call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return False
    arguments = [*call.args, *(k.value for k in call.keywords)]
    plain = all(isinstance(a, (ast.Name, ast.Constant, ast.Attribute)) for a in arguments)
    return plain and call.func.id in story.definitions.by_name


def cost_terms(scene: Scene, first: int, last: int, interface: Interface, end: int) -> dict[str, float] | None:
    """Return what a function of these statements costs, term by term; None where it is not allowed.

    Args:
        scene: the story.
        first: the position of the first statement.
        last: that of the last one.
        interface: what goes in and out.
        end: the last position of the block.
    """
    inputs, outputs = len(interface.inputs), len(interface.outputs)
    if inputs >= len(WEIGHTS.inputs):
        return None
    statements = statements_of(scene.story, first, last)
    terms = {
        "function": WEIGHTS.function,
        "inputs": WEIGHTS.inputs[inputs],
        "outputs": WEIGHTS.outputs[outputs] if outputs < len(WEIGHTS.outputs) else _record(statements),
        "mixed stages": _mixed([scene.evidence[p] for p in positions_of(scene.story, first, last)]),
        "length": _length(statements),
        "looks": _looks(scene, statements),
        "borders": _borders(statements),
    }
    following = scene.story.statements[last + 1] if last < end else None
    if following is not None and _goes_on(scene, last):
        terms["cut chain"] = WEIGHTS.chain
    if all(map(scene.is_look, statements)):
        return None
    return {name: value for name, value in terms.items() if value}


def _record(statements: Sequence[Statement]) -> float:
    together = any(len(s.names.kills) > 3 and isinstance(s.node, ast.Assign) for s in statements)
    return WEIGHTS.together if together else WEIGHTS.record


def _mixed(evidence: Sequence[Scores]) -> float:
    stage = stage_for(evidence)
    cost = 0.0
    for scores in evidence:
        top = max(scores.values(), default=0.0)
        if top:
            cost += min(top, 1.0) * (top - scores.get(stage, 0.0)) / top
    return WEIGHTS.mixed * cost


def _length(statements: Sequence[Statement]) -> float:
    lines = sum(s.source.count("\n") + 1 for s in statements)
    if len(statements) == 1 and lines <= 2:
        return WEIGHTS.brief
    return WEIGHTS.line * max(0, lines - WEIGHTS.lines)


def _looks(scene: Scene, statements: Sequence[Statement]) -> float:
    looks = [scene.is_look(s) for s in statements]
    ends = looks[0] + (looks[-1] if len(looks) > 1 else 0)
    return WEIGHTS.look_at_end * ends + WEIGHTS.look * (sum(looks) - ends)


def _borders(statements: Sequence[Statement]) -> float:
    cost = 0.0
    for above, below in pairwise(statements):
        cost += WEIGHTS.cell * (above.location.cell != below.location.cell)
        cost += WEIGHTS.comment if below.comments else WEIGHTS.blank * below.blank_before
    return cost


def _goes_on(scene: Scene, position: int) -> bool:
    """True when the statement at a position and the next one do the same kind of thing to the same object.

    `ax.plot(x)` and `ax.set_title("x")` do; reading a frame and cleaning it don't.
    """
    above, below = scene.story.statements[position : position + 2]
    if above.location.cell != below.location.cell:
        return False
    root = root_of(below)
    if root is None or root != root_of(above):
        return False
    here, there = scene.evidence[position : position + 2]
    return not here or not there or stage_for([here]) == stage_for([there])
