"""Units -> source of functions, definitions and constants."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from textwrap import wrap

from nb2pkg.cells.runtime import VALUED
from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import returns_nothing
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.plan.definitions import Definitions
from nb2pkg.plan.story import Story
from nb2pkg.project.annotations import Annotations
from nb2pkg.project.docs import frame_notes, repeats_comment
from nb2pkg.project.layouts import Layout, layout_of
from nb2pkg.project.naming import OurNames
from nb2pkg.project.queries import query_reads
from nb2pkg.project.render import Templates
from nb2pkg.project.rewrite import Edits, indent, rewrite
from nb2pkg.project.shared import body_of, local_names
from nb2pkg.project.signatures import (
    header,
    parameters,
    result_note,
    returned,
    setting_reads,
    shared_fields,
    shared_of,
    whole_records,
)

NOTEBOOK_DOC = "Automatically created module for IPython interactive environment"
_SOURCE_READERS = {"getsource", "getsourcelines"}


@dataclass(frozen=True, slots=True)
class Build:
    """What all parts of a build share."""

    flow: Flow
    plan: Plan
    definitions: Definitions
    story: Story
    names: OurNames
    annotations: Annotations
    docs: Mapping[tuple[int, ...], str]  # statements of a unit -> what its function does
    templates: Templates = field(default_factory=Templates)

    @property
    def layout(self) -> Layout:
        """How the project's folders are laid out."""
        return layout_of(self.plan.scaffold.layout)

    def edits(self) -> Edits:
        """Return the edits that hold everywhere in the package."""
        lifted = {name: d.lifted for name, d in self.definitions.by_name.items() if d.lifted}
        bound = self.flow.context.bound
        own = {"__name__": '"__main__"', "__doc__": repr(NOTEBOOK_DOC)}
        return Edits(
            lifted=lifted,
            helpers=self.names.helpers,
            package=self.plan.package,
            replaced={k: v for k, v in own.items() if k not in bound},
            bound=bound,
            literals=query_reads(self.flow, self.names),
            lazy_annotations=_has_lazy_annotations(self.flow),
        )

    def edits_in(self, unit: Unit | None) -> Edits:
        """Return the edits of statements in the function that a unit becomes, or in `run()` for None."""
        reads = setting_reads(self.plan, unit)
        settings = [s for s in self.plan.settings if s.name in reads]
        edits = self.edits()
        shared = shared_of(self.plan, unit) if unit is not None else None
        names = {s.variable: reads[s.name] for s in settings if s.variable and not s.local}
        return replace(
            edits,
            replaced={**edits.replaced, **names, **dict(shared.renamed if shared is not None else ())},
            literals={
                **edits.literals,
                **{(p.statement, p.line, p.column): reads[s.name] for s in settings for p in s.places},
            },
        )


@lru_cache(maxsize=1)  # asked for each unit of a notebook
def _has_lazy_annotations(flow: Flow) -> bool:
    futures = (s.node for s in flow.statements if isinstance(s.node, ast.ImportFrom) and s.node.module == "__future__")
    return any(a.name == "annotations" for node in futures for a in node.names)


def cells_text(statements: Sequence[Statement]) -> str:
    """Return `cell 3`, `cells 3 and 4` or `cells 3-5`."""
    numbers = sorted({s.location.cell for s in statements})
    if len(numbers) == 1:
        return f"cell {numbers[0]}"
    if len(numbers) == 2:
        return f"cells {numbers[0]} and {numbers[1]}"
    return f"cells {numbers[0]}-{numbers[-1]}"


def docstring(text: str) -> str:
    """Return a one-line docstring that no text can break out of."""
    text = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", text).replace("\\", "\\\\").replace('"', "'").strip()
    return f'"""{text}"""'


def function_source(build: Build, unit: Unit) -> str:
    """Return the function that a unit becomes."""
    shared = shared_of(build.plan, unit)
    if shared is None:
        statements = [build.flow.statements[i] for i in unit.statements]
        local = frozenset(unit.inputs) | frozenset().union(*(s.names.defs for s in statements))
    else:
        statements = body_of(build.flow, shared)
        local = local_names(shared, statements)
    edits = build.edits_in(unit)
    unpacked, read = _from_records(build, unit)
    replaced = {**edits.replaced, **read}
    shown = statements
    if shared is None and repeats_comment(build.docs[unit.statements], statements[0]):
        shown = [replace(statements[0], comments=""), *statements[1:]]
    body = statement_block(build, shown, replace(edits, variables=local, replaced=replaced))
    body = f"{unpacked}{body}"
    result = returned(build.plan, unit)
    if result:
        body = _returning(body, statements[-1], result)
    head = header(build.plan, unit, *_annotated(build, unit))
    return f"{head}\n{indent(unit_doc(build, unit, statements))}\n{indent(body)}"


def _returning(body: str, last: Statement, result: str) -> str:
    """Return a body that returns a result: straight away, where its last statement only gives the result a name."""
    plain = f"{body}\nreturn {result}"
    node = last.node
    if not isinstance(node, ast.Assign) or last.end_comments or not result.isidentifier():
        return plain
    matches = list(re.finditer(rf"^{re.escape(result)} *= *(?=[^\s=])", body, re.M))
    if not matches or isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        return plain
    tail = ast.parse(body[matches[-1].start() :]).body
    alone = len(tail) == 1 and isinstance(tail[0], ast.Assign) and len(tail[0].targets) == 1
    return f"{body[: matches[-1].start()]}return {body[matches[-1].end() :]}" if alone else plain


def _from_records(build: Build, unit: Unit) -> tuple[str, dict[str, str]]:
    """Return the line that unpacks what a function binds anew of a record, and how it reads the other fields."""
    shared = shared_of(build.plan, unit)
    if shared is not None:
        return "", shared_fields(build.plan, shared)
    whole = whole_records(build.plan, unit)
    bound = set(unit.outputs).union(*(build.flow.statements[i].names.defs for i in unit.statements))
    anew = [name for name in whole if name in bound]
    line = f"{', '.join(anew)} = {', '.join(f'{whole[n]}.{n}' for n in anew)}\n" if anew else ""
    return line, {name: f"{variable}.{name}" for name, variable in whole.items() if name not in bound}


def _annotated(build: Build, unit: Unit) -> tuple[dict[str, str], str]:
    """Return the types of what a function takes, by what `run()` passes, and of what it returns.

    Of a function that several units share a type is known where it is the same for all of them.
    """
    notes, shared = build.annotations, shared_of(build.plan, unit)
    if shared is None:
        return dict(notes.of_unit(unit)), result_note(build.plan, unit, notes.result(unit))
    members = [u for u in build.plan.units if u.kind == "function" and u.name == unit.name]
    types = [
        [p.annotation or notes.of_unit(m).get(p.argument.rpartition(".")[2], "") for p in parameters(build.plan, m)]
        for m in members
    ]
    names = [p.argument for p in parameters(build.plan, unit)]
    same = {
        name: column[0] for name, column in zip(names, zip(*types, strict=True), strict=True) if len({*column}) == 1
    }
    results = {notes.result(m) if len(m.outputs) == len(shared.returned) else "" for m in members}
    return same, results.pop() if len(results) == 1 else ""


def statement_block(build: Build, statements: Sequence[Statement], edits: Edits) -> str:
    """Return statements one below the other with their comments, at column 0."""
    parts: list[str] = []
    statements = [s for s in statements if not _says_nothing(s, build.flow)] or statements[-1:]
    for number, statement in enumerate(statements):
        if number and (statement.blank_before or statement.location.cell != statements[number - 1].location.cell):
            parts.append("")
        if statement.comments:
            parts.append(statement.comments)
        show = statement.displayed and not shows_nothing(statement, build.flow.context)
        parts.append(rewrite(statement.source, replace(edits, statement=statement.index), show=show))
        if statement.end_comments:
            parts.append(statement.end_comments)
    return "\n".join(parts)


def _says_nothing(statement: Statement, flow: Flow) -> bool:
    """True for `pass`, and for a name in the middle of a cell, which a notebook does not show: `df`."""
    if statement.displayed or statement.comments or statement.end_comments or "#" in statement.source:
        return False
    value = statement.node.value if isinstance(statement.node, ast.Expr) else None
    known = isinstance(value, ast.Name) and flow.bound_before.holds(value.id, statement.index)
    return known or isinstance(statement.node, ast.Pass)


def with_comments(statement: Statement, code: str) -> str:
    """Return what a statement becomes with the comments that stood above and below it."""
    return "\n".join(part for part in (statement.comments, code, statement.end_comments) if part)


def shows_nothing(statement: Statement, context: Context) -> bool:
    """True for calls that return None, so that the notebook shows nothing for them: print, and what shows by itself."""
    node = statement.node
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return (name.startswith("__nb_") and name not in VALUED) or returns_nothing(context.qualified(call.func))


def unit_cells(build: Build, unit: Unit) -> str:
    """Return the cells that a unit stands for, and those of the units that share its function."""
    shared = shared_of(build.plan, unit)
    members = [unit.statements] if shared is None else shared.members
    return all_cells_text([[build.flow.statements[i] for i in member] for member in members])


def all_cells_text(groups: Sequence[Sequence[Statement]]) -> str:
    """Return the cells of several pieces of code: `cells 14 and 15`, `cells 3-4, 8 and 10-11`."""
    statements = [s for group in groups for s in group]
    numbers = sorted({s.location.cell for s in statements})
    if numbers[-1] - numbers[0] < len(numbers):  # one after the other
        return cells_text(statements)
    *most, last = dict.fromkeys(cells_text(group).partition(" ")[2].replace(" and ", "-") for group in groups)
    return f"cells {', '.join(most)} and {last}" if most else cells_text(groups[0])


def unit_doc(build: Build, unit: Unit, statements: Sequence[Statement]) -> str:
    """Return a docstring: what the function does, the cells, and what it reads and sets of the frames it takes."""
    shared = shared_of(build.plan, unit)
    text = build.docs[unit.statements] if shared is None or unit.doc == build.docs[unit.statements] else _in_words(unit)
    first = docstring(f"{text} ({unit_cells(build, unit)}).")
    if shared is not None:
        return first
    types = build.annotations.types
    notes = frame_notes(unit, statements, lambda name: types.before(name, unit.statements[0]))
    if not notes:
        return first
    lines = [docstring(f"{name}: {note}.")[3:-3] for name, note in notes]
    wrapped = [part for line in lines for part in wrap(line, 80, subsequent_indent="    ", break_on_hyphens=False)]
    return "\n".join([first[:-3], "", "Args:", *(f"    {line}" for line in wrapped), '"""'])


def _in_words(unit: Unit) -> str:
    words = unit.name.replace("_", " ")
    return words[:1].upper() + words[1:]


def definition_source(build: Build, unit: Unit) -> str:
    """Return a function, class or constant of the notebook at module level."""
    statement = build.flow.statements[unit.statements[0]]
    edits = replace(build.edits(), statement=statement.index)
    source = rewrite(statement.source, replace(edits, literals={}) if _looks_at_sources(build.flow) else edits)
    if unit.kind == "constant" and "#" not in source and "\n" not in source:
        source += f"  # {cells_text([statement])}"
    source = with_comments(statement, source)
    if unit.kind == "constant":
        return source
    return f"# fmt: off\n{source}\n# fmt: on" if _looks_at_sources(build.flow) else source


@lru_cache(maxsize=1)
def _looks_at_sources(flow: Flow) -> bool:
    """True when the notebook may ask for the text of its functions, which black would lay out anew."""
    nodes = (n for s in flow.statements for n in ast.walk(s.node))
    names = (n.attr if isinstance(n, ast.Attribute) else n.id if isinstance(n, ast.Name) else "" for n in nodes)
    return not _SOURCE_READERS.isdisjoint(names)
