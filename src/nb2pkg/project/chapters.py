"""Story -> `run()`, and the functions beside it that tell parts of a long story."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from nb2pkg.model import Unit
from nb2pkg.plan.chapters import LONGEST, Block, Chapter, divide
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.make import identifiers
from nb2pkg.plan.naming import Names
from nb2pkg.plan.stages import MODULES
from nb2pkg.project.format import WIDTH
from nb2pkg.project.functions import Build, cells_text, docstring
from nb2pkg.project.results import returned_results
from nb2pkg.project.rewrite import indent
from nb2pkg.project.signatures import parameters
from nb2pkg.project.story import declarations, run_source, steps

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Texts = Mapping[Block, Sequence[str]]  # the code of blocks


def story_source(build: Build, *, has_config: bool, uses_figures: bool) -> str:
    """Return the source of `run()` and of the functions that tell parts of a long story."""
    names = chapter_names(build)
    texts = block_texts(build, build.plan.units, uses_figures=uses_figures)
    around = sum(map(_lines, [*declarations(build), *returned_results(build)]))
    told, chapters = told_story(build, texts, names, room=LONGEST - around)
    run = run_source(build, told, has_config=has_config)
    return "\n\n\n".join([run, *chapters])


def block_texts(build: Build, units: Sequence[Unit], *, uses_figures: bool) -> dict[Block, Sequence[str]]:
    """Return the code of units, by the heading that they stand under."""
    local = {s.variable for s in build.plan.settings if s.local}
    return {
        Block(
            units,
            heading,
            sum(map(_lines, lines)),
            configured=any(re.search(rf"\b{build.names.config}\b", line) for line in lines),
            fixed=any(u.kind == "setting" and u.name in local for u in units),
        ): lines
        for heading, units in _under_headings(build, units)
        for lines in [[*steps(build, units, uses_figures=uses_figures)]]
    }


def told_story(build: Build, texts: Texts, names: Names, *, room: int) -> tuple[list[str], list[str]]:
    """Return lines that tell blocks, by calls of chapters where there are more than `room`, and the chapters."""
    gone = frozenset(s.variable for s in build.plan.settings if s.variable and not s.local)
    items = divide(build.story, [*texts], names, room=room, gone=gone)
    chapters = [i for i in items if isinstance(i, Chapter)]
    return [*_told(build, items, texts)], [
        chapter_source(build, c, chapter_lines(c.blocks, texts), given_back(build, c)) for c in chapters
    ]


def _under_headings(build: Build, told: Sequence[Unit]) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    """Yield each heading with the steps below it."""
    headings = headings_of(build.flow.notebook.cells)
    current = ""
    units: list[Unit] = []
    for unit in told:
        if unit.kind in ("function", "setting", "story"):
            heading = headings.get(build.flow.statements[unit.statements[0]].location.cell, "")
            if units and heading != current:
                yield current, tuple(units)
                units = []
            current = heading
            units.append(unit)
    if units:
        yield current, tuple(units)


def _lines(text: str) -> int:
    """Return how many lines some code of a function takes once it is laid out, roughly."""
    widths = ((len(line) + 4, line.count(",") + 3) for line in text.split("\n"))
    return sum(1 if width <= WIDTH else 3 if width <= 2 * WIDTH else parts for width, parts in widths)


def chapter_names(build: Build) -> Names:
    """Return what chapters must not be called."""
    ours = build.names
    taken = {ours.driver, ours.config, ours.config_class, ours.results_class, ours.builtins}
    taken |= {
        *ours.modules.values(),
        *ours.helpers.values(),
        *(u.name for u in build.plan.units),
        *(r.variable for r in build.plan.records),
    }
    return Names(identifiers(build.flow) | taken)


def _told(build: Build, items: Sequence[Block | Chapter], texts: Texts) -> Iterator[str]:
    """Yield the lines of `run()`: the code of blocks, and calls of chapters."""
    before: Block | Chapter | None = None
    for item in items:
        if isinstance(item, Block):
            yield from texts[item]
        else:
            if isinstance(before, Block):
                yield ""
            yield chapter_call(build, item)
        before = item


def chapter_call(build: Build, chapter: Chapter) -> str:
    """Return the line of `run()` that calls a chapter."""
    made = f"{chapter.name}({', '.join(taken(build, chapter))})"
    given = given_back(build, chapter)
    return f"{', '.join(given)} = {made}" if given else made


def chapter_lines(blocks: Sequence[Block], texts: Texts) -> list[str]:
    """Return the code of the blocks of a chapter; its docstring says the first heading."""
    lines: list[str] = []
    for number, block in enumerate(blocks):
        code = texts[block]
        heading = bool(code) and code[0].startswith("\n#") and not number
        lines += code[1:] if heading else code
    return lines


def chapter_source(build: Build, chapter: Chapter, lines: Sequence[str], given: Sequence[str], result: str = "") -> str:
    """Return the function that tells a chapter.

    Args:
        build: the build.
        chapter: what it is about.
        lines: its code.
        given: names that it returns.
        result: the annotation of what the code returns itself.
    """
    lines = [*lines, *([f"\nreturn {', '.join(given)}"] if given else [])]
    takes = [f"{name}: {note}" if note else name for name, note in taken(build, chapter).items()]
    arrow = f" -> {result}" if result else "" if given else " -> None"
    cells = cells_text([build.flow.statements[i] for u in chapter.units for i in u.statements])
    doc = docstring(f"{chapter.title.rstrip('.。:： ')} ({cells}).")
    body = indent("\n".join(lines))
    return f"def {chapter.name}({', '.join(takes)}){arrow}:\n    {doc}\n{body}"


def taken(build: Build, chapter: Chapter) -> dict[str, str]:
    """Return what a chapter takes -> its type: records in place of the names that they hold, and the settings."""
    carried = {name: variable for u in reversed(chapter.units) for name, variable in u.carried}
    classes = {r.variable: r.name for r in build.plan.records}
    first = chapter.units[0].statements[0]
    found: dict[str, str] = {}
    for name in chapter.inputs:
        if name in carried:
            found[carried[name]] = classes[carried[name]]
        else:
            found[name] = build.annotations.text(build.annotations.types.before(name, first), MODULES[-1])
    found |= {variable: classes[variable] for variable in _records_taken(build, chapter)}
    if chapter.configured:
        found[build.names.config] = build.names.config_class
    return found


def _records_taken(build: Build, chapter: Chapter) -> Iterator[str]:
    """Yield the records that functions of a chapter take as they were before it, if only for what they keep of them."""
    made: set[str] = set()
    for unit in chapter.units:
        if unit.kind == "function":
            taken = {p.argument for p in parameters(build.plan, unit)}
            yield from (r.variable for r in build.plan.records if r.variable in taken - made)
            made |= {unit.record}


def given_back(build: Build, chapter: Chapter) -> list[str]:
    """Return what a chapter gives back: records in place of the names that they hold at its end."""
    fields = {r.variable: r.fields for r in build.plan.records}
    held: dict[str, str] = {}
    for unit in chapter.units:
        if unit.kind == "function":
            held |= {n: unit.record if n in fields.get(unit.record, ()) else n for n in unit.outputs}
        else:
            held |= {n: n for i in unit.statements for n in build.flow.statements[i].names.defs}
    return list(dict.fromkeys(held.get(name, name) for name in chapter.outputs))


def chapters_with_functions(pipeline: str, driver: str) -> list[str]:
    """Return the chapters of pipeline.py that make something whose full name shows where: a lambda, a generator."""
    return [
        node.name
        for node in ast.parse(pipeline).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name != driver
        if any(isinstance(n, (ast.Lambda, ast.GeneratorExp, *_DEFINITIONS)) and n is not node for n in ast.walk(node))
    ]
