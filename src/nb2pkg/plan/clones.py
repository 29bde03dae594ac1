"""Units that do the same but for names and values become one function that is called several times.

Works on whatever units there are, and tells beforehand where code repeats itself, so that units can be cut there.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nb2pkg.model import Rung, Shared, Statement, Unit
from nb2pkg.plan.alignment import Different
from nb2pkg.plan.folding import Side, edited, fold, side_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.shapes import shape, size
from nb2pkg.plan.stages import STAGES
from nb2pkg.plan.story import Story
from nb2pkg.plan.subjects import drawn

_LARGE = 25  # nodes of a statement that is worth a function by itself
_LABELS = frozenset({"title", "xlabel", "ylabel", "suptitle", "set_title", "set_xlabel", "set_ylabel"})
_FINISHING = frozenset(
    {"legend", "grid", "tight_layout", "show", "xlim", "ylim", "xticks", "yticks", "axis", "savefig"}
)
_ROUNDS = 6  # functions that units of one shape may become


@dataclass(frozen=True, slots=True)
class _Member:
    """A unit that may be one of several: its number, and how many statements are left in `run()` above the call."""

    unit: int
    peeled: int
    side: Side


def fold_units(story: Story, units: Sequence[Unit], names: Names) -> tuple[Unit, ...]:
    """Return units of which those that do the same have one name and module.

    A first statement that makes what the rest works on (`model = LogisticRegression(C=0.5)`) stays in `run()` where
    only that keeps units from being the same.
    """
    result = list(units)
    peeled: dict[int, int] = {}
    for group in _groups(story, units):
        shared = fold(story, "", [m.side for m in group])
        old = [units[m.unit] for m in group]
        names.take_back(u.name for u in old)
        module = _module(old)
        name = names.give([*_wishes(story, shared, module), *(u.name for u in old)])
        for member, unit in zip(group, old, strict=True):
            statements = unit.statements[member.peeled :]
            why = "it does what other cells do, with other names and values"
            found = member.side.found
            result[member.unit] = replace(
                unit, name=name, module=module, statements=statements, doc="", why=why,
                inputs=found.inputs, outputs=found.outputs,
            )  # fmt: skip
            peeled[member.unit] = member.peeled
    for number in peeled:
        above = result[number - 1] if number else None
        if above is not None and number - 1 not in peeled and _only_makes(story, above, result[number]):
            names.take_back([above.name])
            result[number - 1] = _made_in_run(above.statements)
    return tuple(_with_peeled(units, result, peeled))


def _only_makes(story: Story, above: Unit, unit: Unit) -> bool:
    """True for a unit that only makes what the shared function below works on."""
    if above.kind != "function" or len(above.statements) > 1 or not set(above.outputs) <= set(unit.inputs):
        return False
    statements = story.flow.statements
    first, second = statements[above.statements[0]], statements[unit.statements[0]]
    return _makes(first) and first.location.cell == second.location.cell


def _made_in_run(statements: tuple[int, ...]) -> Unit:
    why = "it makes what a shared function works on"
    return Unit("", "pipeline", statements, (), (), "story", Rung.FUNCTION, why)


def _with_peeled(units: Sequence[Unit], result: Sequence[Unit], peeled: dict[int, int]) -> Iterator[Unit]:
    for number, unit in enumerate(result):
        if peeled.get(number, 0):
            yield _made_in_run(units[number].statements[: peeled[number]])
        yield unit


def shared_functions(story: Story, units: Sequence[Unit]) -> tuple[Shared, ...]:
    """Return the functions that several units become: those which have the same name.

    Raises:
        Different: units have the same name, and can't be one function.
    """
    positions = {s.index: p for p, s in enumerate(story.statements)}
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.kind == "function":
            by_name.setdefault(unit.name, []).append(unit)
    found = []
    for name, members in by_name.items():
        if len(members) > 1:
            sides = [side_of(story, positions[u.statements[0]], positions[u.statements[-1]]) for u in members]
            known = [s for s in sides if s is not None]
            if len(known) < len(sides) or len({u.module for u in members}) > 1:
                raise Different("one of them can't be a function of that module")
            found.append(fold(story, name, known))
    return tuple(found)


def _module(units: Sequence[Unit]) -> str:
    """Return the module of most of the units, the earliest of equals."""
    count = Counter(u.module for u in units)
    return min(count, key=lambda m: (-count[m], STAGES.index(m)))


def _wishes(story: Story, shared: Shared, module: str) -> list[str]:
    """Return names for a shared function, by what its units have in common."""
    by_index = {s.index: s for s in story.statements}
    statements = []
    for index, (above, below) in zip(shared.members[0], shared.comments, strict=True):
        if index not in shared.dropped:
            source = edited(by_index[index], shared)
            node = ast.parse(source).body[0]
            statements.append(replace(by_index[index], source=source, node=node, comments=above, end_comments=below))
    known = story.context._replace(bound=story.context.bound | {g.name for g in shared.parameters})
    found = wishes(statements, shared.returned, module, "", known)
    return [*_common_deeds(statements, module), *found]


def _common_deeds(statements: Sequence[Statement], module: str) -> Iterator[str]:
    """Yield `fit_and_score` for what fits and then scores, `plot_histogram` for what draws one."""
    calls = [n for s in statements for n in ast.walk(s.node) if isinstance(n, ast.Call)]
    called = [c.func.attr if isinstance(c.func, ast.Attribute) else getattr(c.func, "id", "") for c in calls]
    if module == "visualization":
        if called and _LABELS.union(_FINISHING).issuperset(called):
            yield from ("label_axes", "label_figure") if _LABELS.intersection(called) else ("finish_figure",)
        yield from (f"plot_{word}" for word in drawn(calls))
    fits = {"fit", "fit_transform", "fit_predict"}.intersection(called)
    scores = [
        c for c in called if c == "score" or "score" in c.split("_") or c.endswith(("_error", "_report", "_loss"))
    ]
    if fits and scores:
        yield "fit_and_score"
        yield "fit_and_evaluate"
    elif fits and "predict" in called:
        yield "fit_and_predict"
    elif "predict" in called and scores:
        yield "predict_and_score"


def _groups(story: Story, units: Sequence[Unit]) -> Iterator[list[_Member]]:
    """Yield units that become one function, two or more at a time."""
    positions = {s.index: p for p, s in enumerate(story.statements)}
    imported = {i.name for i in story.flow.imports}
    whole: dict[tuple[str, ...], list[int]] = {}
    rests: dict[tuple[str, ...], list[int]] = {}
    shape_of: dict[int, tuple[str, ...]] = {}
    for number, unit in enumerate(units):
        if unit.kind == "function":
            statements = [story.statements[positions[i]] for i in unit.statements]
            shapes = tuple(f"{s.displayed}{shape(s.node, imported)}" for s in statements)
            shape_of[number] = shapes
            whole.setdefault(shapes, []).append(number)
            if len(shapes) > 2 and _makes(statements[0]):
                rests.setdefault(shapes[1:], []).append(number)
    taken: set[int] = set()

    def members(numbers: Sequence[int], peeled: int) -> list[_Member]:
        found = []
        for number in numbers:
            indexes = units[number].statements
            side = side_of(story, positions[indexes[peeled]], positions[indexes[-1]])
            if side is not None and number not in taken:
                found.append(_Member(number, peeled, side))
        return found

    for shapes, numbers in rests.items():  # more units differ in their first statement than are the same as a whole
        candidates = members(numbers, 1) if len({shape_of[number] for number in numbers}) > 1 else []
        for group in _split(story, [*candidates, *(members(whole.get(shapes, []), 0) if candidates else [])]):
            taken |= {m.unit for m in group}
            yield group
    for peeled, buckets in ((0, whole), (1, rests)):
        for numbers in buckets.values():
            left = [n for n in numbers if n not in taken]
            for group in _split(story, members(left, peeled)) if len(left) > 1 else ():
                taken |= {m.unit for m in group}
                yield group


def _makes(statement: Statement) -> bool:
    """True for `model = LogisticRegression(C=0.5)`."""
    node = statement.node
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)


def _split(story: Story, members: Sequence[_Member]) -> Iterator[list[_Member]]:
    """Yield groups of members that fold; most often all do."""
    left = list(members)
    for _ in range(_ROUNDS):
        if len(left) < 2:
            return
        group = left if _folds(story, left) else _grown(story, left)
        if len(group) > 1 and _pays(story, group):
            yield group
        else:
            group = left[:1]
        inside = {m.unit for m in group}
        left = [m for m in left if m.unit not in inside]


def _grown(story: Story, members: Sequence[_Member]) -> list[_Member]:
    """Return the first member, with those that can join it."""
    group = [members[0]]
    partners = [m for m in members[1:] if _folds(story, [members[0], m])]
    if _folds(story, [members[0], *partners]):
        return [members[0], *partners]
    for member in partners[:12]:
        if _folds(story, [*group, member]):
            group.append(member)
    return group


def _folds(story: Story, members: Sequence[_Member]) -> bool:
    try:
        fold(story, "", [m.side for m in members])
    except Different:
        return False
    return True


def _pays(story: Story, members: Sequence[_Member]) -> bool:
    """True where one function and its calls are easier to read than the units."""
    shared = fold(story, "", [m.side for m in members])
    nodes = [
        t
        for s, t in zip(members[0].side.statements, members[0].side.trees, strict=True)
        if s.index not in shared.dropped
    ]
    lines = sum((n.end_lineno or n.lineno) - n.lineno + 1 for n in nodes)
    if len(nodes) < 2 and lines < 3 and size(nodes) < _LARGE:
        return False
    holes = [g for g in shared.parameters if len({a.text for a in g.arguments}) > 1 and g.arguments[0].statement >= 0]
    return not holes or len(members) > 2 or len(nodes) > 2
