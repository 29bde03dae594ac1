"""Plan -> a picture of the pipeline in Mermaid, which GitHub draws: its functions, and the values between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from nb2pkg.machine import DataFile
from nb2pkg.model import Statement
from nb2pkg.project.functions import Build
from nb2pkg.project.render import one_line

MOST_NODES = 25
_MOST_VALUES = 3  # on an arrow
_CHANGING = frozenset(
    {"fit", "partial_fit", "append", "extend", "insert", "update", "add", "remove", "pop", "clear", "sort"}
)
_LONGEST = 60  # characters of a label
# All else is spelled by its number: what Mermaid, or the Markdown around it, might take for its own.
_PLAIN = re.compile(r"[^\w .,:/()+*=-]")


def pipeline_picture(build: Build, data: Sequence[DataFile] = ()) -> str:
    """Return the text of a flowchart, or nothing where there is no flow to show.

    Args:
        build: the project.
        data: the files that it reads.
    """
    units = [u for u in build.plan.units if u.kind == "function"]
    merged = len(units) > MOST_NODES
    names = [f"{u.module}.py" if merged else u.name for u in units]
    nodes = {
        u.statements: names.index(name) if merged else place
        for place, (u, name) in enumerate(zip(units, names, strict=True))
    }
    arrows = _arrows(build, nodes)
    if len(set(nodes.values())) < 2 or not arrows:
        return ""
    cells: dict[int, int] = {}
    for unit in units:  # what a cell reads, its first function takes in
        for index in unit.statements:
            cells.setdefault(build.flow.statements[index].location.cell, nodes[unit.statements])
    files = _files(data, cells) if len(set(nodes.values())) + len(data) <= MOST_NODES else []
    functions = [f'    f{node}["{label(names[node])}"]' for node in dict.fromkeys(nodes.values())]
    return "\n".join(["flowchart TD", *files, *functions, *arrows])


def _files(data: Sequence[DataFile], by_cell: Mapping[int, int]) -> list[str]:
    """Return nodes for files, each with arrows to the functions that are made of the cells that read it."""
    lines = []
    for place, file in enumerate(data):
        readers = sorted({by_cell[cell] for cell in file.cells if cell in by_cell})
        if readers:
            lines.append(f'    d{place}[("{label(file.path)}")]')
            lines += [f"    d{place} --> f{reader}" for reader in readers]
    return lines


def _arrows(build: Build, nodes: Mapping[tuple[int, ...], int]) -> list[str]:
    """Return the arrows: from the functions that gave out a value, or changed it last, to those that take it.

    Args:
        build: the project.
        nodes: statements of a function's unit -> its node.
    """
    made: dict[str, frozenset[int]] = {}
    flows: dict[tuple[int, int], dict[str, None]] = {}
    for unit in build.plan.units:
        node = nodes.get(unit.statements)
        statements = [build.flow.statements[i] for i in unit.statements]
        if node is None:
            # What `run()` itself makes of values comes from where they came from.
            for statement in statements:
                names = statement.names
                sources = frozenset().union(*(made.get(name, frozenset()) for name in names.uses))
                made |= dict.fromkeys(names.defs, sources)
            continue
        records = dict(unit.carried)
        for value in unit.inputs:
            for source in made.get(value, frozenset()) - {node}:
                flows.setdefault((source, node), {})[records.get(value, value)] = None
        changed = [name for name in unit.inputs if _changes(statements, name)]
        made |= dict.fromkeys([*unit.outputs, *changed], frozenset({node}))
    return [f'    f{start} -->|"{_values([*values])}"| f{end}' for (start, end), values in sorted(flows.items())]


def _changes(statements: Sequence[Statement], name: str) -> bool:
    """Return whether code shows that it changes the object that it takes: stores into it, fits it, appends to it."""
    for node in (node for statement in statements for node in ast.walk(statement.node)):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            if _root(node) == name:
                return True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _root(node.func) == name:
            inplace = any(k.arg == "inplace" for k in node.keywords)
            if inplace or (isinstance(node.func.value, ast.Name) and node.func.attr in _CHANGING):
                return True
    return False


def _root(node: ast.expr) -> str:
    """Return the name that an expression such as `df.loc[rows]` starts with."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _values(values: Sequence[str]) -> str:
    more = len(values) - _MOST_VALUES
    shown = ", ".join(label(value) for value in values[:_MOST_VALUES])
    return f"{shown} and {more} more" if more > 0 else shown


def label(text: str) -> str:
    """Return text as it stands between the quotes of a label, where it can't end them."""
    text = one_line(text)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", text) or "?"
