"""A long story in chapters: runs of steps, cut at headings, that `run()` can tell by one call each.

A run of steps is a chapter where it could be a function just as well as a unit can (`lifting.interface_of`), and where
few names cross its borders. Settings cross none: a chapter takes the configuration itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Statement, Unit
from nb2pkg.plan.lifting import Interface, interface_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.phrases import without_number
from nb2pkg.plan.stages import stage_of
from nb2pkg.plan.story import Story
from nb2pkg.plan.subjects import VAGUE, snake

LONGEST = 50  # lines of run(), and of a chapter
_SHORTEST = 8  # lines of a chapter: fewer are as easily read where they stand
_MOST_INPUTS, _MOST_OUTPUTS = 5, 3
_FEW_INPUTS, _FEW_OUTPUTS = 3, 1
# What a line that stays in run() weighs, and what a second heading in a chapter costs: the first of these with which
# the story is short enough.
_WEIGHTS = tuple((line, heading) for heading in (6.0, 0.0) for line in (0.3, 0.5, 0.8, 1.2, 2.0))
# What a chapter of several stages is called: by the one that it comes to.
_VERBS = {"evaluation": "evaluate", "training": "train", "exploration": "explore", "visualization": "explore"}
_LONGEST_TITLE = 70
_MOST_HEADINGS = 3  # in a chapter: what has more is no part of a story, but the story
_HELD, _SHARE = 8, 0.3  # a function that holds more of the notebook's statements is another run()


@dataclass(frozen=True, slots=True)
class Block:
    """The consecutive steps of the story under one heading.

    Args:
        units: the steps.
        heading: the heading, or the empty string.
        lines: how long they are in `run()`.
        configured: they read settings.
        fixed: they bind a name that must stay in `run()`.
    """

    units: tuple[Unit, ...]
    heading: str
    lines: int
    configured: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """Blocks that become a function of their own.

    Args:
        name: the function's name.
        title: what it is about.
        blocks: what it holds.
        inputs: what it takes of the story's names.
        outputs: what it gives back.
        configured: its steps read settings.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    configured: bool

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
    configured: bool

    def cost(self, heading: float) -> float:
        """Return how many lines in run() a chapter is worth: the call, and what a reader must follow into it."""
        inputs, outputs = len(self.found.inputs) + self.configured, len(self.found.outputs)
        many = 6 * max(0, inputs - _FEW_INPUTS) + 8 * max(0, outputs - _FEW_OUTPUTS)
        return 2 + inputs + 2 * outputs + many + heading * (self.end - self.first - 1)


def divide(
    story: Story, blocks: Sequence[Block], names: Names, *, room: int, gone: frozenset[str]
) -> tuple[Block | Chapter, ...]:
    """Return the story with chapters in place of some of its blocks; short stories stay whole.

    Args:
        story: the story.
        blocks: all of it.
        names: what the chapters may not be called.
        room: how many lines `run()` has for it.
        gone: names of settings, which `run()` does not bind.
    """
    if sum(b.lines for b in blocks) <= room:
        return tuple(blocks)
    spans = _spans(story, blocks, gone)
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


def _spans(story: Story, blocks: Sequence[Block], gone: frozenset[str]) -> Mapping[int, Sequence[_Span]]:
    """Return, per first block, the runs of blocks that may be chapters."""
    found: dict[int, list[_Span]] = {}
    for first, block in enumerate(blocks):
        end = first
        while (
            block.heading
            and end < min(len(blocks), first + _MOST_HEADINGS)
            and sum(b.lines for b in blocks[first : end + 1]) <= LONGEST
        ):
            end += 1
            span = _span(story, blocks, first, end, gone)
            if span is not None:
                found.setdefault(first, []).append(span)
    return found


def _span(story: Story, blocks: Sequence[Block], first: int, end: int, gone: frozenset[str]) -> _Span | None:
    lines = sum(b.lines for b in blocks[first:end])
    units = [u for b in blocks[first:end] for u in b.units]
    held = sum(len(u.statements) for u in units if u.kind == "story")
    if any(b.fixed for b in blocks[first:end]):
        return None
    if lines < _SHORTEST or (held >= _HELD and held > _SHARE * len(story.statements)):
        return None
    positions = _positions(story, units)
    found = interface_of(story, min(positions), max(positions))
    if found.obstacle:
        return None
    inputs, outputs = (tuple(n for n in names if n not in gone) for names in (found.inputs, found.outputs))
    found = Interface(inputs, outputs)
    span = _Span(first, end, lines, found, any(b.configured for b in blocks[first:end]))
    wide = len(found.inputs) + span.configured > _MOST_INPUTS or len(found.outputs) > _MOST_OUTPUTS
    return None if wide else span


def _seeds(statement: Statement, story: Story) -> bool:
    """True for what says nothing of what a chapter is about."""
    return any(verb_of(call) == "seed" for call in calls_of([statement], story.context))


def _positions(story: Story, units: Sequence[Unit]) -> list[int]:
    indexes = {i for u in units for i in u.statements}
    return [p for p, s in enumerate(story.statements) if s.index in indexes]


def _of_stages(story: Story, units: Sequence[Unit], found: Interface) -> list[str]:
    """Return names for a chapter under several headings: a verb for what it comes to, and what it gives back."""
    modules = [u.module for u in units if u.kind == "function"]
    verb = next((v for stage, v in _VERBS.items() if stage in modules), "prepare")
    nouns = [*found.outputs, *found.inputs]
    clear = [n for n in nouns if n.lower() not in VAGUE]
    return [f"{verb}_{snake(noun)}" for noun in [*clear[:3], "data", "models", "results"]]


def _chapter(story: Story, blocks: Sequence[Block], span: _Span, names: Names) -> Chapter:
    units = [u for b in blocks for u in b.units]
    indexes = {i for u in units for i in u.statements}
    statements = [replace(s, comments="") for s in story.statements if s.index in indexes]
    statements = [s for s in statements if not _seeds(s, story)] or statements
    stage = stage_of(statements, story.context, blocks[0].heading, None)
    titles = [t for t in dict.fromkeys(without_number(b.heading) for b in blocks) if t]
    title = "; ".join(titles)
    heading = titles[0] if len(titles) == 1 else ""
    found = wishes(statements, span.found.outputs, stage, heading, story.context)
    if len(titles) > 1:
        found = [*_of_stages(story, units, span.found), *found]
    first, *others = found
    return Chapter(
        name=names.give([first, f"{first}_steps", *others]),  # a function of the chapter may be called so already
        title=title if len(title) <= _LONGEST_TITLE else f"{titles[0]} to {titles[-1]}",
        blocks=tuple(blocks),
        inputs=span.found.inputs,
        outputs=span.found.outputs,
        configured=span.configured,
    )
