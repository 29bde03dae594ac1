"""A long story in chapters: runs of steps, cut at headings, that `run()` can tell by one call each.

A run of steps is a chapter where it could be a function just as well as a unit can (`lifting.interface_of`), and where
few names cross its borders. Settings cross none: a chapter takes the configuration itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Statement, Unit
from nb2pkg.plan.lifting import Interface, interface_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.stages import calls_of, stage_of
from nb2pkg.plan.story import Story

LONGEST = 50  # lines of run(), and of a chapter
_SHORTEST = 8  # lines of a chapter: fewer are as easily read where they stand
_MOST_INPUTS, _MOST_OUTPUTS = 5, 3
_FEW_INPUTS, _FEW_OUTPUTS = 3, 1
# What a line that stays in run() weighs, and what a second heading in a chapter costs: the first of these with which
# the story is short enough.
_WEIGHTS = tuple((line, heading) for heading in (6.0, 0.0) for line in (0.3, 0.5, 0.8, 1.2, 2.0))
_HELD, _SHARE = 8, 0.3  # a function that holds more of the notebook's statements is another run()


@dataclass(frozen=True, slots=True)
class Block:
    """The consecutive steps of the story under one heading.

    Args:
        units: the steps.
        heading: the heading, or the empty string.
        lines: how long they are in `run()`.
    """

    units: tuple[Unit, ...]
    heading: str
    lines: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """Blocks that become a function of their own.

    Args:
        name: the function's name.
        title: what it is about.
        blocks: what it holds.
        inputs: what it takes of the story's names, settings aside.
        outputs: what it gives back.
        settings: the settings that its steps read.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: tuple[str, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The steps."""
        return tuple(u for block in self.blocks for u in block.units)


@dataclass(frozen=True, slots=True)
class _Span:
    """Blocks from `first` up to `end` that may be a chapter, with what crosses their borders."""

    first: int
    end: int
    lines: int
    found: Interface
    settings: tuple[str, ...]

    def cost(self, heading: float) -> float:
        """Return how many lines in run() a chapter is worth: the call, and what a reader must follow into it."""
        inputs, outputs = len(self.found.inputs) + bool(self.settings), len(self.found.outputs)
        many = 6 * max(0, inputs - _FEW_INPUTS) + 8 * max(0, outputs - _FEW_OUTPUTS)
        return 2 + inputs + 2 * outputs + many + heading * (self.end - self.first - 1)


def divide(story: Story, blocks: Sequence[Block], names: Names, *, room: int) -> tuple[Block | Chapter, ...]:
    """Return the story with chapters in place of some of its blocks; short stories stay whole.

    Args:
        story: the story.
        blocks: all of it.
        names: what the chapters may not be called.
        room: how many lines `run()` has for it.
    """
    if sum(b.lines for b in blocks) <= room:
        return tuple(blocks)
    spans = _spans(story, blocks)
    items: list[Block | _Span] = list(blocks)
    for weights in _WEIGHTS:
        items = _cheapest(blocks, spans, *weights)
        if sum(i.lines if isinstance(i, Block) else 2 for i in items) <= room:
            break
    return tuple(i if isinstance(i, Block) else _chapter(story, blocks[i.first : i.end], i, names) for i in items)


def _cheapest(
    blocks: Sequence[Block], spans: Mapping[int, Sequence[_Span]], line: float, heading: float
) -> list[Block | _Span]:
    """Return the cheapest way to tell the blocks, by dynamic programming from the last one to the first."""
    best: list[tuple[float, Block | _Span | None, int]] = [(0.0, None, 0)] * (len(blocks) + 1)
    for first in range(len(blocks) - 1, -1, -1):
        block = blocks[first]
        best[first] = (line * block.lines + best[first + 1][0], block, first + 1)
        for span in spans.get(first, ()):
            cost = span.cost(heading) + best[span.end][0]
            if cost < best[first][0]:
                best[first] = (cost, span, span.end)
    items: list[Block | _Span] = []
    position = 0
    while position < len(blocks):
        _, item, position = best[position]
        assert item is not None
        items.append(item)
    return items


def _spans(story: Story, blocks: Sequence[Block]) -> Mapping[int, Sequence[_Span]]:
    """Return, per first block, the runs of blocks that may be chapters."""
    settings = frozenset(u.name for b in blocks for u in b.units if u.kind == "setting")
    found: dict[int, list[_Span]] = {}
    for first, block in enumerate(blocks):
        end = first
        while block.heading and end < len(blocks) and sum(b.lines for b in blocks[first : end + 1]) <= LONGEST:
            end += 1
            span = _span(story, blocks, first, end, settings)
            if span is not None:
                found.setdefault(first, []).append(span)
    return found


def _span(story: Story, blocks: Sequence[Block], first: int, end: int, settings: frozenset[str]) -> _Span | None:
    lines = sum(b.lines for b in blocks[first:end])
    units = [u for b in blocks[first:end] for u in b.units]
    held = sum(len(u.statements) for u in units if u.kind == "story")
    if lines < _SHORTEST or (held >= _HELD and held > _SHARE * len(story.statements)):
        return None
    positions = _positions(story, units)
    found = interface_of(story, min(positions), max(positions))
    if found.obstacle:
        return None
    found = replace(
        found,
        inputs=tuple(n for n in found.inputs if n not in settings),
        outputs=tuple(n for n in found.outputs if n not in settings),
    )
    read = _read(story, units) & settings
    own = {u.name for u in units if u.kind == "setting"}
    span = _Span(first, end, lines, found, tuple(sorted(read | own)))
    wide = len(found.inputs) + bool(span.settings) > _MOST_INPUTS or len(found.outputs) > _MOST_OUTPUTS
    return None if wide else span


def _seeds(statement: Statement, story: Story) -> bool:
    """True for what says nothing of what a chapter is about."""
    return any(verb_of(call) == "seed" for call in calls_of([statement], story.context))


def _positions(story: Story, units: Sequence[Unit]) -> list[int]:
    indexes = {i for u in units for i in u.statements}
    return [p for p, s in enumerate(story.statements) if s.index in indexes]


def _read(story: Story, units: Sequence[Unit]) -> frozenset[str]:
    indexes = {i for u in units for i in u.statements}
    names = (s.names for s in story.statements if s.index in indexes)
    return frozenset[str]().union(*(n.uses | n.late_uses for n in names))


def read_in(story: Story, items: Sequence[Block | Chapter]) -> frozenset[str]:
    """Return the names that `run()` itself reads, chapters aside."""
    return _read(story, [u for item in items if isinstance(item, Block) for u in item.units])


def _chapter(story: Story, blocks: Sequence[Block], span: _Span, names: Names) -> Chapter:
    units = [u for b in blocks for u in b.units]
    indexes = {i for u in units for i in u.statements}
    statements = [replace(s, comments="") for s in story.statements if s.index in indexes]
    statements = [s for s in statements if not _seeds(s, story)] or statements
    stage = stage_of(statements, story.context, blocks[0].heading, None)
    titles = list(dict.fromkeys(b.heading for b in blocks))
    first, *others = wishes(statements, span.found.outputs, stage, titles[0], story.context)
    return Chapter(
        name=names.give([first, f"{first}_steps", *others]),  # a function of the chapter may be called by the heading
        title=titles[0] if len(titles) == 1 else f"{titles[0]}{', then ' if len(titles) == 2 else ' to '}{titles[-1]}",
        blocks=tuple(blocks),
        inputs=span.found.inputs,
        outputs=span.found.outputs,
        settings=span.settings,
    )
