"""Runs of statements that stand in the notebook more than once, but for names and values: borders for units."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.libraries import stage_of_call
from nb2pkg.model import Statement
from nb2pkg.plan.alignment import Different
from nb2pkg.plan.folding import Side, fold, side_of
from nb2pkg.plan.pictures import may_draw
from nb2pkg.plan.shapes import shape, size
from nb2pkg.plan.story import Story

SHORTEST = 2  # statements of a run
_PICTURE = 5  # statements that draw from which a figure may be drawn by two functions
_LARGE = 18  # nodes of a run of two statements that is worth a function
LONGEST = 30
_MOST = 400  # copies that are compared with the first one
_PARTNERS = 25  # copies that are tried one by one, where not all fold
_ATTEMPTS = 3  # to find runs that begin in one way

Range = tuple[int, int]
Test = Callable[[Story, Statement], bool]


def repeated_runs(story: Story, is_look: Test, is_setting: Test) -> tuple[Range, ...]:
    """Return the first and last positions of runs that can be calls of one function, in order.

    Runs do not overlap. A run may be several whole cells, but does not go past a heading, nor past the end of a cell
    that draws: its figures are shown there.

    Args:
        story: the story.
        is_look: tells whether a statement only shows something; runs neither begin nor end with such.
        is_setting: tells whether a statement becomes a setting; no run holds such.
    """
    shapes = _shapes(story, is_setting)
    windows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position in range(len(shapes) - SHORTEST + 1):
        window = tuple(shapes[position : position + SHORTEST])
        if all(window) and not _is_broken(story, position, position + SHORTEST - 1):
            windows[window].append(position)
    covered = [False] * len(shapes)
    found: list[Range] = []
    failed: Counter[tuple[str, ...]] = Counter()
    for position in range(len(shapes) - SHORTEST + 1):
        window = tuple(shapes[position : position + SHORTEST])
        if covered[position] or len(windows.get(window, ())) < 2 or failed[window] > _ATTEMPTS:
            continue
        starts = [p for p in windows[window] if p >= position and not any(covered[p : p + SHORTEST])]
        windows[window] = starts
        best = _best(story, shapes, covered, starts[:_MOST], is_look) if starts[:1] == [position] else []
        failed[window] += not best
        for first, last in best:
            found.append((first, last))
            covered[first : last + 1] = [True] * (last + 1 - first)
    return tuple(sorted(found))


def _shapes(story: Story, is_setting: Test) -> list[str]:
    """Return the shape of each statement of the story; nothing where it is no part of a run."""
    imported = {i.name for i in story.flow.imports}
    apart = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [
        "" if isinstance(s.node, apart) or is_setting(story, s) else f"{s.displayed}{shape(s.node, imported)}"
        for s in story.statements
    ]


def _is_broken(story: Story, first: int, last: int) -> bool:
    """True when something happens between the statements of a run: a heading, or figures that are shown."""
    return any(_ends_part(story, first, position) for position in range(first, last))


def _ends_part(story: Story, first: int, position: int) -> bool:
    """True when a run can't go on past a statement."""
    cell, following = (story.statements[p].location.cell for p in (position, position + 1))
    if cell == following:
        return False
    if any(c.kind == "markdown" for c in story.flow.notebook.cells[cell : following - 1]):
        return True
    drawn = [s for s in story.statements[first : position + 1] if s.location.cell == cell]
    return may_draw(story.flow, drawn)


def _best(
    story: Story,
    shapes: Sequence[str],
    covered: Sequence[bool],
    starts: Sequence[int],
    is_look: Test,
) -> list[Range]:
    """Return the runs from these positions on that save most, or none."""
    options = []
    length, alive = SHORTEST, list(starts)
    while len(alive) > 1 and length <= LONGEST:
        apart = [p for p in _apart(alive, length) if _is_tidy(story, p, p + length - 1, is_look)]
        if len(apart) > 1:
            options.append(((len(apart) - 1) * length, length, apart))
        length += 1
        alive = [
            p
            for p in alive
            if p + length <= len(shapes)
            and shapes[p + length - 1]
            and shapes[p + length - 1] == shapes[starts[0] + length - 1]
            and not covered[p + length - 1]
            and not _ends_part(story, p, p + length - 2)
        ]
        if not alive or alive[0] != starts[0]:
            break
    for _, length, apart in sorted(options, key=lambda o: (-o[0], -o[1]))[:3]:
        runs = _trimmed(story, [(p, p + length - 1) for p in apart], is_look)
        runs = [run for run in runs if not _cuts_picture(story, *run)]
        found = _foldable(story, runs) if runs else []
        if len(found) > 1:
            return found
    return []


def _is_tidy(story: Story, first: int, last: int, is_look: Test) -> bool:
    """True for a run within a cell, or of whole cells, but for what they show at their end."""
    statements = story.statements
    if statements[first].location.cell == statements[last].location.cell:
        return True
    if first and statements[first - 1].location.cell == statements[first].location.cell:
        return False
    rest = last + 1
    while rest < len(statements) and statements[rest].location.cell == statements[last].location.cell:
        if not is_look(story, statements[rest]):
            return False
        rest += 1
    return True


def _cuts_picture(story: Story, first: int, last: int) -> bool:
    """True for a short run that begins or ends in the middle of a drawing: the labels of one figure and of another."""
    if last - first + 1 >= _PICTURE:
        return False
    return _draws_on(story, first - 1) or _draws_on(story, last)


def _draws_on(story: Story, position: int) -> bool:
    """True where a statement and the next one of its cell both draw."""
    if not 0 <= position < len(story.statements) - 1:
        return False
    here, below = story.statements[position : position + 2]
    return here.location.cell == below.location.cell and _plots(story, here) and _plots(story, below)


def _plots(story: Story, statement: Statement) -> bool:
    return any(stage_of_call(call) == "visualization" for call in calls_of([statement], story.context))


def _apart(starts: Sequence[int], length: int) -> list[int]:
    """Return starts of runs of a length that do not overlap."""
    found: list[int] = []
    for start in starts:
        if not found or start >= found[-1] + length:
            found.append(start)
    return found


def _trimmed(story: Story, runs: Sequence[Range], is_look: Test) -> list[Range]:
    """Return runs without the looks at their ends; none where little is left."""
    first, last = runs[0]
    below = 0
    while last - below >= first and is_look(story, story.statements[last - below]):
        below += 1
    above = 0
    while first + above <= last - below and is_look(story, story.statements[first + above]):
        above += 1
    left = [s.node for s in story.statements[first + above : last - below + 1]]
    if len(left) < SHORTEST or (len(left) == SHORTEST and size(left) < _LARGE):
        return []
    return [(f + above, t - below) for f, t in runs]


def _foldable(story: Story, runs: Sequence[Range]) -> list[Range]:
    """Return the runs that fold with the first one that folds with another."""
    sides = [(run, side) for run in runs if (side := side_of(story, *run)) is not None]
    if len(sides) > 1 and _folds(story, [s for _, s in sides]):
        return [run for run, _ in sides]
    for number, (run, side) in enumerate(sides[:3]):
        partners = [(r, s) for r, s in sides[number + 1 : number + _PARTNERS] if _folds(story, [side, s])]
        if partners and _folds(story, [side, *(s for _, s in partners)]):
            return [run, *(r for r, _ in partners)]
        if partners:
            return [run, partners[0][0]]
    return []


def _folds(story: Story, sides: Sequence[Side]) -> bool:
    try:
        fold(story, "", sides)
    except Different:
        return False
    return True


def borders(runs: Sequence[Range]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the positions before which units begin or end because of runs, and those at which they must not."""
    edges = {first for first, _ in runs} | {last + 1 for _, last in runs}
    inside = {position for first, last in runs for position in range(first + 1, last + 1)}
    return frozenset(edges), frozenset(inside)
