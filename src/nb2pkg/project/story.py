"""Plan -> pipeline.py: `run()`, the notebook's story, one call a line."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nb2pkg.model import Rung, Statement, Unit
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.pictures import may_draw
from nb2pkg.project.functions import Build, docstring, statement_block, with_comments
from nb2pkg.project.render import one_line
from nb2pkg.project.results import returned_results
from nb2pkg.project.rewrite import indent, qualify_class, rewrite
from nb2pkg.project.signatures import call, shared_of

BUILTIN_DISPLAY = "notebook_display"


def run_source(build: Build, told: Iterable[str], *, has_config: bool, returns: bool = True) -> str:
    """Return the source of `run()`, which tells the story by these lines, and returns the results unless they do."""
    names = build.names
    result = names.results_class if build.plan.results else "None"
    parameters = f"{names.config}: {names.config_class} = {names.config_class}()" if has_config else ""
    head = f"{'async ' if build.plan.asynchronous else ''}def {names.driver}({parameters}) -> {result}:"
    lines = [*declarations(build), *told, *(returned_results(build) if returns else ())]
    body = "\n".join(lines).lstrip("\n") or "pass"
    return f"{head}\n    {docstring('Run the notebook from top to bottom.')}\n{indent(body)}"


def declarations(build: Build) -> Iterator[str]:
    """Yield what stands above the story: names that `run()` must have from the start."""
    for name in build.plan.unset:
        yield f"{name}: object  # a local of run() that is not bound yet"
    for name in build.plan.seeds:
        yield f"{name} = {_ready_made(build, name)}  # until the notebook binds the name itself"


def steps(build: Build, units: Sequence[Unit], *, uses_figures: bool) -> Iterator[str]:
    """Yield the code of consecutive steps of the story, under their headings."""
    headings = headings_of(build.flow.notebook.cells)
    heading = ""
    previous: Statement | None = None
    units = [u for u in units if not _is_gone(build, u)]
    drawn = False
    for unit in units:
        statements = [build.flow.statements[i] for i in unit.statements]
        first = statements[0]
        if previous is not None and first.location.cell != previous.location.cell:
            if drawn:
                yield f"{build.names.helpers['__nb_show_figures']}()"
            drawn = False
        new = headings.get(first.location.cell, "")
        if new and new != heading:
            if new != build.plan.title:  # which the module's docstring says
                yield f"\n# {_one_line(new)}"
            heading = new
        drawn = drawn or (uses_figures and _draws(build, unit))
        yield _step(build, unit, statements)
        previous = statements[-1]
    if drawn:
        yield f"{build.names.helpers['__nb_show_figures']}()"


def _is_gone(build: Build, unit: Unit) -> bool:
    """True for `name = literal` whose name nothing needs, since what reads it reads the setting."""
    return unit.kind == "setting" and any(s.variable == unit.name and not s.local for s in build.plan.settings)


def _one_line(text: str) -> str:
    return " ".join(one_line(text).split())[:100].rstrip()


def _draws(build: Build, unit: Unit) -> bool:
    return may_draw(build.flow, [build.flow.statements[i] for i in unit.statements])


def _step(build: Build, unit: Unit, statements: list[Statement]) -> str:
    if unit.kind == "function":
        made = call(build.plan, unit, f"{build.names.modules[unit.module]}.{unit.name}")
        shared = shared_of(build.plan, unit)
        notes = shared.notes[shared.members.index(unit.statements)] if shared is not None else ""
        return f"{notes}\n{made}" if notes else made
    restored = _restored_builtins(build, statements)
    if restored:
        return restored
    edits = build.edits_in(None)
    replaced = {**edits.replaced, **{name: f"{variable}.{name}" for name, variable in unit.carried}}
    edits = replace(edits, in_run=True, variables=build.story.variables, replaced=replaced)
    if unit.rung is Rung.CLOSURE and len(statements) == 1 and unit.name:
        code = qualify_class(rewrite(statements[0].source, edits))
        if "passed on as a value" in unit.why and isinstance(statements[0].node, ast.FunctionDef):
            code += f'\n{unit.name}.__qualname__ = "{unit.name}"  # as whoever gets it shows it'
        return with_comments(statements[0], code)
    return statement_block(build, statements, edits)


def _restored_builtins(build: Build, statements: list[Statement]) -> str:
    """Return what `del list` means where `list` was the notebook's own: the builtin is back."""
    node = statements[0].node
    if len(statements) > 1 or not isinstance(node, ast.Delete):
        return ""
    names = [t.id for t in node.targets if isinstance(t, ast.Name) and t.id in build.story.seeds]
    if not names:
        return ""
    rest = [ast.unparse(t) for t in node.targets if not (isinstance(t, ast.Name) and t.id in names)]
    lines = [f"del {', '.join(rest)}"] if rest else []
    lines += [f"{name} = {_ready_made(build, name)}  # the notebook deletes its own" for name in names]
    return "\n".join(lines)


def _ready_made(build: Build, name: str) -> str:
    return BUILTIN_DISPLAY if name == "display" else f"{build.names.builtins}.{name}"


def seeds_need_builtins(build: Build) -> bool:
    """True when `run()` names the `builtins` module."""
    return any(hasattr(builtins, n) for n in build.story.seeds)
