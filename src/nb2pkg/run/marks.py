"""Flow and Plan -> where the recorder looks, and what it must know of the units there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nb2pkg.cells.runtime import PREFIX
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.project.signatures import parameters, passed, results_of

_HARMLESS = frozenset({"setting", "definition", "constant", "import"})
_MEMBERS = 3  # calls of a function that several units share


def unit_marks(flow: Flow, plan: Plan) -> list[dict[str, Any]]:
    """Return a mark before each unit that becomes a function and can be tried by itself."""
    kinds = {i: u.kind for u in plan.units for i in u.statements}
    found: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for unit in plan.units:
        if unit.kind != "function" or plan.script:
            continue
        counts[unit.name] = counts.get(unit.name, 0) + 1
        steps = _steps(flow, unit, kinds)
        arguments = [text for p in parameters(plan, unit) for text in passed(plan, unit, p)]
        if steps and counts[unit.name] <= _MEMBERS and all(_can_be_evaluated(flow, text) for text in arguments):
            found.append(_mark(flow, plan, unit, steps, arguments))
    return found


def _mark(flow: Flow, plan: Plan, unit: Unit, steps: Sequence[Statement], arguments: Sequence[str]) -> dict[str, Any]:
    first = steps[0]
    return {
        "kind": "record",
        "when": "before",
        "cell": first.location.cell,
        "line": first.location.line,
        "place": sum(
            s.location.cell == first.location.cell and s.location.line == first.location.line
            for s in flow.statements[: first.index]
        ),
        "id": first.index,
        "unit": unit_id(unit),
        "inputs": list(unit.inputs),
        "arguments": [[text, _file_name(text)] for text in dict.fromkeys(arguments)],
        "outputs": [name for name in results_of(plan, unit) if name],
        "steps": [{"source": s.source, "displayed": s.displayed} for s in steps],
        "hints": [*dict.fromkeys(_hints(steps))],
    }


def unit_id(unit: Unit) -> str:
    """Return a name for a unit that no other has."""
    return f"{unit.statements[0]:03d}"


def _steps(flow: Flow, unit: Unit, kinds: Mapping[int, str]) -> list[Statement]:
    """Return the statements that run in the notebook from the unit's first to its last; none where they are not alone.

    Settings and definitions between them become part of other modules.
    """
    span = range(unit.statements[0], unit.statements[-1] + 1)
    mine = set(unit.statements)
    steps = [flow.statements[i] for i in span]
    alone = all(i in mine or kinds.get(i, "") in _HARMLESS for i in span)
    plain = all(PREFIX not in s.source and "await" not in s.effects for s in steps)
    return steps if alone and plain else []


def _can_be_evaluated(flow: Flow, text: str) -> bool:
    """True for what a unit passes that the notebook's own names say."""
    bound = flow.context.bound
    imported = {item.name for item in flow.imports}
    names = [n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)]
    return all(name in bound or name in imported for name in names) and "(" not in text


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in text).strip("_") or "value"


def _hints(steps: Sequence[Statement]) -> Iterator[str | int | float]:
    """Yield the numbers and texts in code: rows next to them show what it does with them."""
    for step in steps:
        for node in ast.walk(step.node):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
                yield node.value  # type: ignore[misc]
