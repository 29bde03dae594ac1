"""Units -> source of functions, definitions and constants."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from textwrap import wrap

from nb2pkg.flow.context import Context
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.plan.definitions import Definitions
from nb2pkg.plan.story import Story
from nb2pkg.project.annotations import Annotations
from nb2pkg.project.docs import frame_notes, repeats_comment
from nb2pkg.project.naming import OurNames
from nb2pkg.project.rewrite import Edits, indent, rewrite
from nb2pkg.project.signatures import header, returned

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
            lazy_annotations=_has_lazy_annotations(self.flow),
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
    statements = [build.flow.statements[i] for i in unit.statements]
    local = frozenset(unit.inputs) | frozenset().union(*(s.names.defs for s in statements))
    shown = statements
    if repeats_comment(build.docs[unit.statements], statements[0]):
        shown = [replace(statements[0], comments=""), *statements[1:]]
    body = statement_block(build, shown, replace(build.edits(), variables=local))
    result = returned(build.plan, unit)
    if result:
        body += f"\nreturn {result}"
    notes = build.annotations
    head = header(build.plan, unit, notes.of_unit(unit), notes.result(unit))
    return f"{head}\n{indent(unit_doc(build, unit, statements))}\n{indent(body)}"


def statement_block(build: Build, statements: Sequence[Statement], edits: Edits) -> str:
    """Return statements one below the other with their comments, at column 0."""
    parts: list[str] = []
    for number, statement in enumerate(statements):
        if number and (statement.blank_before or statement.location.cell != statements[number - 1].location.cell):
            parts.append("")
        if statement.comments:
            parts.append(statement.comments)
        show = statement.displayed and not shows_nothing(statement, build.flow.context)
        parts.append(rewrite(statement.source, edits, show=show))
        if statement.end_comments:
            parts.append(statement.end_comments)
    return "\n".join(parts)


def with_comments(statement: Statement, code: str) -> str:
    """Return what a statement becomes with the comments that stood above and below it."""
    return "\n".join(part for part in (statement.comments, code, statement.end_comments) if part)


def shows_nothing(statement: Statement, context: Context) -> bool:
    """True for calls that return None, so that the notebook shows nothing for them: print, and what shows by itself."""
    node = statement.node
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    ours = isinstance(call.func, ast.Name) and call.func.id.startswith("__nb_")
    return ours or context.qualified(call.func) in {"builtins.print", "matplotlib.pyplot.show"}


def unit_doc(build: Build, unit: Unit, statements: Sequence[Statement]) -> str:
    """Return a docstring: what the function does, the cells, and what it reads and sets of the frames it takes."""
    first = docstring(f"{build.docs[unit.statements]} ({cells_text(statements)}).")
    types = build.annotations.types
    notes = frame_notes(unit, statements, lambda name: types.before(name, unit.statements[0]))
    if not notes:
        return first
    lines = [docstring(f"{name}: {note}.")[3:-3] for name, note in notes]
    wrapped = [part for line in lines for part in wrap(line, 80, subsequent_indent="    ", break_on_hyphens=False)]
    return "\n".join([first[:-3], "", "Args:", *(f"    {line}" for line in wrapped), '"""'])


def definition_source(build: Build, unit: Unit) -> str:
    """Return a function, class or constant of the notebook at module level."""
    statement = build.flow.statements[unit.statements[0]]
    source = rewrite(statement.source, build.edits())
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
