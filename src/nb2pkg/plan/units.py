"""Story -> units: cuts each cell at comments and borders and lifts what is provably a function."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb2pkg.flow.libraries import draws
from nb2pkg.model import Cell, Rung, Statement, Unit
from nb2pkg.plan.headers import is_immutable_literal
from nb2pkg.plan.lifting import Interface, interface_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.repeats import borders, repeated_runs
from nb2pkg.plan.stages import stage_of
from nb2pkg.plan.story import Story

LONGEST = 30  # statements of a unit: longer ones are cut at blank lines, or here
_WIDEST = 3  # values that a function may return for the sake of prints outside of it
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$", re.M)
_VIEWS = frozenset("""
    head tail sample describe info value_counts unique nunique dtypes shape columns index isnull isna sum mean
    median std min max count corr groupby agg round sort_values loc iloc keys items values all any crosstab len
    type sort_index duplicated memory_usage to_string summary notnull quantile nlargest nsmallest pivot_table
    get_params
    """.split())


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of positions in the story, and the heading that it stands under."""

    first: int
    last: int
    heading: str


def make_units(story: Story, names: Names) -> tuple[Unit, ...]:
    """Return the units of the story in order: functions, settings, and what stays in `run()`."""
    units: list[Unit] = []
    previous: tuple[str, str | None] = ("", None)
    for segment in _segments(story):
        for first, last, found in _lift(story, segment):
            statements = story.statements[first : last + 1]
            indexes = tuple(s.index for s in statements)
            if found is None:
                units.append(_setting_or_story(story, first, last))
                continue
            stage = stage_of(
                statements, story.context, segment.heading, previous[1] if previous[0] == segment.heading else None
            )
            previous = (segment.heading, stage)
            heading = segment.heading if not _heading_used(units, segment.heading) else ""
            units.append(
                Unit(
                    name=names.give(wishes(statements, found.outputs, stage, heading, story.context)),
                    module=stage,
                    statements=indexes,
                    inputs=found.inputs,
                    outputs=found.outputs,
                    kind="function",
                    rung=Rung.FUNCTION,
                    why="what goes in and out is known",
                    doc=segment.heading,
                )
            )
    return tuple(units)


def _heading_used(units: Sequence[Unit], heading: str) -> bool:
    return any(u.kind == "function" and u.doc == heading for u in units)


def headings_of(cells: Sequence[Cell]) -> dict[int, str]:
    """Return, per cell number, the last heading above it (or in it)."""
    found: dict[int, str] = {}
    current = ""
    for cell in cells:
        if cell.kind == "markdown":
            titles = _HEADING.findall(_without_fences(cell.source))
            if titles:
                current = plain_text(titles[-1][1])
        found[cell.number] = current
    return found


def _without_fences(text: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1\s*$", "", text, flags=re.M | re.S)


# C0, DEL, C1, the separators that end a line elsewhere, and marks that turn the direction of what follows.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Emphasis begins and ends at the border of a word: `train_data_2.csv` and `7*7` hold none. Japanese has no blanks
# between words, so that stars may follow any of its letters.
_EMPHASIS = (
    re.compile(r"(?<![\w*])(\*{1,3})(?![\s*])(.{1,300}?)(?<![\s*])\1(?![\w*])", re.ASCII),
    re.compile(r"(?<!\w)(_{1,3})(?![\s_])(.{1,300}?)(?<![\s_])\1(?!\w)"),
    re.compile(r"(?<![\w~])(~{2})(?![\s~])(.{1,300}?)(?<![\s~])\1(?![\w~])", re.ASCII),
)


def plain_text(text: str) -> str:
    """Return a heading without Markdown and HTML marks, and without control characters."""
    text = CONTROLS.sub(" ", text[:2000])
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("`", "")
    for pattern in _EMPHASIS * 2:  # each may stand within another
        text = pattern.sub(r"\2", text)
    return re.sub(r"\s+", " ", text).strip()


def _segments(story: Story) -> Iterator[Segment]:
    headings = headings_of(story.flow.notebook.cells)
    edges, inside = borders(repeated_runs(story, is_look, is_setting))
    start = 0
    for position, statement in enumerate(story.statements):
        following = story.statements[position + 1] if position + 1 < len(story.statements) else None
        is_cut = following is None or _cut_before(story, following, statement, position + 1 - start)
        if (is_cut and position + 1 not in inside) or position + 1 in edges:
            yield Segment(start, position, headings.get(statement.location.cell, ""))
            start = position + 1


def _cut_before(story: Story, statement: Statement, above: Statement, length: int) -> bool:
    if statement.location.cell != above.location.cell or statement.comments:
        return True
    if any(is_setting(story, s) or _is_import(s) for s in (statement, above)):
        return True
    return length >= LONGEST or (length >= LONGEST // 2 and statement.blank_before)


def _is_import(statement: Statement) -> bool:
    """True for an import that is left in the story: its place counts."""
    return isinstance(statement.node, (ast.Import, ast.ImportFrom))


def is_setting(story: Story, statement: Statement) -> bool:
    """True for `name = literal` of a name that nothing else binds."""
    node = statement.node
    if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
        return False
    name = node.targets[0].id
    if name.startswith("__") or hasattr(builtins, name) or name in story.definitions.volatile or name in story.seeds:
        return False
    if not is_immutable_literal(node.value) or isinstance(node.value, ast.Tuple):
        return False
    value = ast.literal_eval(node.value)
    if value is None or isinstance(value, (bytes, complex)) or value is Ellipsis:
        return False
    return story.bindings[name] == 1


def _lift(story: Story, segment: Segment) -> Iterator[tuple[int, int, Interface | None]]:
    """Yield (first, last, interface) of the parts of a segment; no interface: stays in `run()`."""
    first, last = segment.first, segment.last
    if first == last and (is_setting(story, story.statements[first]) or _is_import(story.statements[first])):
        yield first, last, None
        return
    end = last
    while end >= first and is_look(story, story.statements[end]):
        end -= 1
    if end < first:
        yield first, last, None
        return
    if end < last:
        peeled = interface_of(story, first, end)
        whole = interface_of(story, first, last)
        if not whole.obstacle and (peeled.obstacle or len(peeled.outputs) > max(_WIDEST, len(whole.outputs))):
            end = last
    yield from _greedy(story, first, end)
    if end < last:
        yield end + 1, last, None


def _greedy(story: Story, first: int, last: int) -> Iterator[tuple[int, int, Interface | None]]:
    """Yield the longest parts that can be lifted, from the left."""
    found = interface_of(story, first, last)
    if not found.obstacle:
        yield first, last, found
        return
    position = first
    while position <= last:
        best: tuple[int, Interface] | None = None
        for end in range(position, last + 1):
            found = interface_of(story, position, end)
            if not found.obstacle:
                best = (end, found)
        if best is None or _only_looks(story, position, best[0]):
            yield position, position, None
            position += 1
        else:
            yield position, best[0], best[1]
            position = best[0] + 1


def _only_looks(story: Story, first: int, last: int) -> bool:
    return all(is_look(story, s) for s in story.statements[first : last + 1])


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
        name in {"builtins.print"}
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
    looks = all(is_look(story, s) for s in statements)
    why = "it only shows" if looks else interface_of(story, first, last).obstacle or "it only shows"
    return Unit("", "pipeline", indexes, (), (), "story", Rung.FUNCTION if looks else Rung.CLOSURE, why)
