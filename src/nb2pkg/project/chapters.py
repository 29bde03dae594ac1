"""Story -> `run()`, and the functions beside it that tell parts of a long story."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from nb2pkg.model import Rung, Unit
from nb2pkg.plan.chapters import LONGEST, Block, Chapter, divide, read_in
from nb2pkg.plan.make import identifiers
from nb2pkg.plan.naming import Names
from nb2pkg.plan.units import headings_of
from nb2pkg.project.format import WIDTH
from nb2pkg.project.functions import Build, docstring, unit_doc
from nb2pkg.project.results import returned_results
from nb2pkg.project.rewrite import indent
from nb2pkg.project.signatures import Parameter, call, header, returned
from nb2pkg.project.story import declarations, run_source, steps

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Texts = Mapping[Block, Sequence[str]]  # the code of blocks


def story_source(build: Build, *, has_config: bool, uses_figures: bool) -> str:
    """Return the source of `run()` and of the functions that tell parts of a long story."""
    texts = {
        Block(units, heading, sum(map(_lines, lines))): lines
        for heading, units in _under_headings(build)
        for lines in [[*steps(build, units, uses_figures=uses_figures)]]
    }
    around = sum(map(_lines, [*declarations(build), *returned_results(build)]))
    items = divide(build.story, [*texts], _names(build), room=LONGEST - around)
    run = run_source(build, _told(build, items, texts), has_config=has_config)
    chapters = [_chapter_source(build, item, texts) for item in items if isinstance(item, Chapter)]
    return "\n\n\n".join([run, *chapters])


def _under_headings(build: Build) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    """Yield each heading with the steps below it."""
    headings = headings_of(build.flow.notebook.cells)
    current = ""
    units: list[Unit] = []
    for unit in build.plan.units:
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


def _names(build: Build) -> Names:
    """Return what chapters must not be called."""
    ours = build.names
    taken = {ours.driver, ours.config, ours.config_class, ours.results_class, ours.builtins}
    taken |= {*ours.modules.values(), *ours.helpers.values(), *(u.name for u in build.plan.units)}
    return Names(identifiers(build.flow) | taken)


def _told(build: Build, items: Sequence[Block | Chapter], texts: Texts) -> Iterator[str]:
    """Yield the lines of `run()`: the code of blocks, and calls of chapters."""
    read = read_in(build.story, items) | build.story.captured.keys()
    before: Block | Chapter | None = None
    for item in items:
        if isinstance(item, Block):
            yield from texts[item]
        else:
            if isinstance(before, Block):
                yield ""
            for unit in item.units:
                if unit.kind == "setting" and unit.name in read:
                    yield f"{unit.name} = {build.names.config}.{unit.name}"
            yield call(build.plan, _as_unit(item), item.name, _config(build, item))
        before = item


def _chapter_source(build: Build, chapter: Chapter, texts: Texts) -> str:
    unit = _as_unit(chapter)
    bound = {u.name for u in chapter.units if u.kind == "setting"}
    lines = [f"{name} = {build.names.config}.{name}" for name in chapter.settings if name not in bound]
    for number, block in enumerate(chapter.blocks):
        code = texts[block]
        heading = code[0].startswith("\n#") and not number  # the docstring says it
        lines += code[1:] if heading else code
    result = returned(build.plan, unit)
    lines += [f"\nreturn {result}"] if result else []
    doc = docstring(unit_doc(unit, [build.flow.statements[i] for i in unit.statements]))
    body = indent("\n".join(lines))
    return f"{header(build.plan, unit, _config(build, chapter))}\n    {doc}\n{body}"


def _as_unit(chapter: Chapter) -> Unit:
    """Return a chapter as the unit that it could be."""
    statements = tuple(i for u in chapter.units for i in u.statements)
    return Unit(
        chapter.name,
        "pipeline",
        statements,
        chapter.inputs,
        chapter.outputs,
        "function",
        Rung.FUNCTION,
        "the story is long",
        chapter.title,
    )


def _config(build: Build, chapter: Chapter) -> tuple[Parameter, ...]:
    names = build.names
    return (Parameter(names.config, names.config, names.config_class),) if chapter.settings else ()


def chapters_with_functions(pipeline: str, driver: str) -> list[str]:
    """Return the chapters of pipeline.py that make something whose full name shows where: a lambda, a generator."""
    return [
        node.name
        for node in ast.parse(pipeline).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name != driver
        if any(isinstance(n, (ast.Lambda, ast.GeneratorExp, *_DEFINITIONS)) and n is not node for n in ast.walk(node))
    ]
