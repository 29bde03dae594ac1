"""Story -> units: blocks of the story, cut into functions by `segmentation`, with names and modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nb2pkg.flow.libraries import draws, stage_of_heading
from nb2pkg.model import Rung, Statement, Unit
from nb2pkg.plan.databases import query_cells
from nb2pkg.plan.evidence import evidence_of, stage_for
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.lifting import interface_of, positions_of, statements_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.pictures import may_draw
from nb2pkg.plan.repeats import borders, repeated_runs
from nb2pkg.plan.segmentation import WEIGHTS, Part, Scene, segment
from nb2pkg.plan.setting_literals import variable_literal
from nb2pkg.plan.story import Story

_VIEWS = frozenset("""
    head tail sample describe info value_counts unique nunique dtypes shape columns index isnull isna sum mean
    median std min max count corr groupby agg round sort_values loc iloc keys items values all any crosstab len
    type sort_index duplicated memory_usage to_string summary notnull quantile nlargest nsmallest pivot_table
    get_params
    """.split())


@dataclass(frozen=True, slots=True)
class Block:
    """A run of positions that may be cut freely, and the heading that it stands under."""

    first: int
    last: int
    heading: str
    whole: bool = False  # it stands in the notebook more than once, and is one function


def make_units(story: Story, names: Names) -> tuple[Unit, ...]:
    """Return the units of the story in order: functions, settings, and what stays in `run()`."""
    units: list[Unit] = []
    headings = headings_of(story.flow.notebook.cells)
    scene = scene_of(story, headings)
    title = next((h for h in headings.values() if h), "")
    for block in _blocks(story, headings):
        parts = list(_parts(scene, block))
        alone = len([p for p in parts if p.interface is not None]) == 1
        for part in parts:
            if part.interface is None:
                units.append(_setting_or_story(story, part.first, part.last))
            else:
                inside = (p for p in range(part.first, part.last + 1) if p in story.hoisted)
                units += [_setting_or_story(story, p, p) for p in inside]
                own = "" if block.heading == title and len(set(headings.values())) > 2 else block.heading
                units.append(_function(scene, part, own, units, names, alone=alone))
    return tuple(units)


def scene_of(story: Story, headings: Mapping[int, str]) -> Scene:
    """Return what segmentation needs to know of a story."""
    drawing = frozenset(s.location.cell for s in story.statements if may_draw(story.flow, [s]))
    closed = drawing | query_cells(story.statements)
    return Scene(story, evidence_of(story, headings), partial(is_look, story), closed)


def _parts(scene: Scene, block: Block) -> Iterator[Part]:
    """Yield the parts of a block; what is shown one below the other in a cell is one part."""
    if _stands_alone(scene.story, scene.story.statements[block.first]):
        yield Part(block.first, block.last, None)
        return
    if block.whole:
        interface = interface_of(scene.story, block.first, block.last)
        if not interface.obstacle and len(interface.inputs) < len(WEIGHTS.inputs):
            yield Part(block.first, block.last, interface)
            return
    waiting: Part | None = None
    for part in segment(scene, block.first, block.last):
        shows = part.interface is None and scene.is_look(scene.story.statements[part.first])
        if waiting is not None and shows and _same_cell(scene.story, waiting.last, part.first):
            waiting = replace(waiting, last=part.last)
            continue
        if waiting is not None:
            yield waiting
        waiting = part if shows else None
        if not shows:
            yield part
    if waiting is not None:
        yield waiting


def _same_cell(story: Story, first: int, second: int) -> bool:
    return story.statements[first].location.cell == story.statements[second].location.cell


def _function(scene: Scene, part: Part, heading: str, above: Sequence[Unit], names: Names, *, alone: bool) -> Unit:
    interface = interface_of(scene.story, part.first, part.last)
    statements = statements_of(scene.story, part.first, part.last)
    stage = stage_for([scene.evidence[p] for p in positions_of(scene.story, part.first, part.last)])
    fits = alone or stage_of_heading(heading) in (None, stage)
    said = heading if fits and not _heading_used(above, heading) else ""
    return Unit(
        name=names.give(wishes(statements, interface.outputs, stage, said, scene.story.context)),
        module=stage,
        statements=tuple(s.index for s in statements),
        inputs=interface.inputs,
        outputs=interface.outputs,
        kind="function",
        rung=Rung.FUNCTION,
        why="what goes in and out is known",
        doc=heading,
    )


def _heading_used(units: Sequence[Unit], heading: str) -> bool:
    return any(u.kind == "function" and u.doc == heading for u in units)


def _blocks(story: Story, headings: Mapping[int, str]) -> Iterator[Block]:
    """Yield the blocks of the story: cut at headings, and around what has to stand alone."""
    runs = frozenset(repeated_runs(story, is_look, is_setting))
    edges, inside = borders(tuple(sorted(runs)))
    start = 0
    for position, statement in enumerate(story.statements):
        following = story.statements[position + 1] if position + 1 < len(story.statements) else None
        heading = headings.get(statement.location.cell, "")
        cut = (
            following is None
            or heading != headings.get(following.location.cell, "")
            or _cut(story, statement, following)
        )
        if (cut and position + 1 not in inside) or position + 1 in edges:
            yield Block(start, position, heading, (start, position) in runs)
            start = position + 1


def _cut(story: Story, above: Statement, below: Statement) -> bool:
    return _stands_alone(story, above) or _stands_alone(story, below)


def _stands_alone(story: Story, statement: Statement) -> bool:
    """True for an import that stays, and for a setting whose place counts."""
    hoisted = story.hoisted.values()
    return _is_import(statement) or (is_setting(story, statement) and statement.names.defs.isdisjoint(hoisted))


def _is_import(statement: Statement) -> bool:
    """True for an import that is left in the story: its place counts."""
    return isinstance(statement.node, (ast.Import, ast.ImportFrom))


def is_setting(story: Story, statement: Statement) -> bool:
    """True for `name = literal` that makes a setting."""
    return variable_literal(story, statement) is not None


def is_look(story: Story, statement: Statement) -> bool:
    """True for a statement that only prints or shows something."""
    node = statement.node
    if not isinstance(node, ast.Expr):
        return False
    for n in ast.walk(node):
        if isinstance(n, ast.Call):
            name = story.context.qualified(n.func)
            own = isinstance(n.func, ast.Name) and n.func.id in story.definitions.by_name
            if (
                (not name and not own)
                or (name and draws(name))
                or name in {".fit", ".fit_transform", ".show", ".train"}
            ):
                return False
        elif isinstance(n, (ast.NamedExpr, ast.Await, ast.Lambda)):
            return False
    value = node.value
    if not isinstance(value, ast.Call):
        return True
    name = story.context.qualified(value.func)
    return (
        name in {"builtins.print", "pprint.pprint", "pprint.pp"}
        or (isinstance(value.func, ast.Name) and value.func.id == "display")
        or (statement.displayed and (name.rpartition(".")[2] in _VIEWS or name.startswith("builtins.")))
    )


def _setting_or_story(story: Story, first: int, last: int) -> Unit:
    statements = story.statements[first : last + 1]
    indexes = tuple(s.index for s in statements)
    node = statements[0].node
    if first == last and is_setting(story, statements[0]):
        assert isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        name = node.targets[0].id
        return Unit(name, "config", indexes, (), (name,), "setting", Rung.DEFINITION, "a literal that is bound once")
    definition = next((d for d in story.definitions.by_name.values() if d.statement == indexes[0]), None)
    if definition is not None and len(indexes) == 1:
        return Unit(
            definition.name, "pipeline", indexes, (), (definition.name,), "story", definition.rung, definition.why
        )
    if _is_import(statements[0]):
        return Unit("", "pipeline", indexes, (), (), "story", Rung.FUNCTION, "the place of the import counts")
    if all(is_look(story, s) for s in statements):
        return Unit("", "pipeline", indexes, (), (), "story", Rung.FUNCTION, "it only shows")
    obstacle = interface_of(story, first, last).obstacle
    rung = Rung.CLOSURE if obstacle else Rung.FUNCTION
    return Unit("", "pipeline", indexes, (), (), "story", rung, obstacle or "a function would only hide it")
