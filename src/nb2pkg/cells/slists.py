"""What IPython's list of output lines can do and a plain list can't: `lines.n`, `lines.s`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from nb2pkg.cells.calls import Lowered, Scene
from nb2pkg.cells.text import Edit, Positions, apply_edits, parse
from nb2pkg.errors import RefusedError

_HELPER = "__nb_shell_lines"
_JOINED = {"n": '"\\n".join({})', "nlstr": '"\\n".join({})', "s": '" ".join({})', "spstr": '" ".join({})'}
_LISTS = {"l": "{}", "list": "{}"}
_REFUSED = {"grep", "fields", "p", "paths", "sort"}


def lower_lists(lowered: Lowered, lists: frozenset[str], scene: Scene) -> tuple[Lowered, frozenset[str]]:
    """Return a cell that uses plain lists, and the names that hold output lines after it.

    Args:
        lowered: the cell.
        lists: names that hold the lines of a command's output before it.
        scene: the cell's place.

    Raises:
        RefusedError: the cell uses what has no counterpart.
    """
    if _HELPER not in lowered.python and not any(name in lowered.python for name in lists):
        return lowered, lists
    positions = Positions(lowered.python)
    held = set(lists)
    edits: list[Edit] = []
    for statement in parse(lowered.python).body:
        nodes = list(ast.walk(statement))
        own = {target.id for node in nodes for target in _targets(node)}
        rebound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        edits += _edits(nodes, held | own, positions, lowered.lines, scene)
        held = (held - rebound) | own
    python, lines = apply_edits(lowered.python, lowered.lines, edits)
    return replace(lowered, python=python, lines=lines), frozenset(held)


def _edits(
    nodes: list[ast.AST], held: set[str], positions: Positions, lines: tuple[int, ...], scene: Scene
) -> Iterator[Edit]:
    for node in nodes:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id not in held:
            continue
        place = lines[node.lineno - 1]
        if node.attr in _REFUSED:
            message = f"`{node.value.id}.{node.attr}` of a command's output has no counterpart"
            raise RefusedError(message, location=scene.at(place), hint="work on the list of lines instead")
        template = (_JOINED | _LISTS).get(node.attr)
        if template:
            start, end = positions.span(node)
            yield Edit(start, end, template.format(node.value.id), (place,))


def _targets(node: ast.AST) -> list[ast.Name]:
    """Return the names that are given the lines of a command's output."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return []
    if not isinstance(node.value.func, ast.Name) or node.value.func.id != _HELPER:
        return []
    return [target for target in node.targets if isinstance(target, ast.Name)]
