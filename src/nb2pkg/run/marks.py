"""Flow and Plan -> where the recorder looks, and what it must know of the units there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nb2pkg.cells.runtime import PREFIX
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.project.signatures import parameters, passed, results_of

_HARMLESS = frozenset({"setting", "definition", "constant", "import"})
PREDICTOR = "predictor"  # id of what is no unit
_MEMBERS = 3  # calls of a function that several units share


def unit_marks(flow: Flow, plan: Plan) -> list[dict[str, Any]]:
    """Return a mark before each unit that can be tried by itself.

    That is so for units that become functions, and for those that stay in `run()` where they call one of the notebook's
    own functions.
    """
    if plan.script:
        return []
    kinds = {i: u.kind for u in plan.units for i in u.statements}
    functions = {u.name: list(u.lifted) for u in plan.units if u.kind == "definition"}
    found: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for unit in plan.units:
        steps = _steps(flow, unit, kinds) if unit.kind in ("function", "story") else []
        called = _called(steps, functions)
        if not steps or (unit.kind == "story" and not called and not _makes(plan, unit, steps)):
            continue
        counts[unit.name] = counts.get(unit.name, 0) + 1
        arguments = _read(flow, unit, steps, functions) if _makes(plan, unit, steps) else None
        if unit.kind == "function" and counts[unit.name] <= _MEMBERS:
            texts = [text for p in parameters(plan, unit) for text in passed(plan, unit, p)]
            arguments = texts if all(_can_be_evaluated(flow, text) for text in texts) else None
        if arguments is not None or called:
            found.append(_mark(flow, plan, unit, steps, arguments, called))
    return found


def _makes(plan: Plan, unit: Unit, steps: Sequence[Statement]) -> bool:
    """True for a statement of `run()` that only makes a value which a function takes: `model = KMeans(3)`."""
    node = steps[0].node if unit.kind == "story" and len(steps) == 1 else None
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return False
    inner = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.NamedExpr)
    if any(isinstance(n, inner) for n in ast.walk(node)):
        return False
    name = node.targets[0].id
    taken = {n for u in plan.units if u.kind == "function" and u.statements > unit.statements for n in u.inputs}
    return isinstance(node.value, ast.Call) and name in taken and name not in steps[0].names.uses


def _read(flow: Flow, unit: Unit, steps: Sequence[Statement], functions: Mapping[str, list[str]]) -> list[str] | None:
    """Return the notebook's values that a statement reads; None where one of them can't be passed in a test."""
    imported = {item.name for item in flow.imports}
    names = sorted(name for step in steps for name in step.names.uses if name in flow.context.bound)
    if any(functions.get(name) for name in names):
        return None
    return [name for name in names if name not in imported and name not in functions]


def _called(steps: Sequence[Statement], functions: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the notebook's own functions that the notebook has by then: all of them, if any is named."""
    named = {n.id for step in steps for n in ast.walk(step.node) if isinstance(n, ast.Name)}
    return dict(functions) if not named.isdisjoint(functions) else {}


def _mark(
    flow: Flow,
    plan: Plan,
    unit: Unit,
    steps: Sequence[Statement],
    arguments: Sequence[str] | None,
    functions: Mapping[str, list[str]],
) -> dict[str, Any]:
    first = steps[0]
    read = {name for step in steps for name in step.names.uses}
    return {
        **_place(flow, first),
        "what": "unit",
        "when": "before",
        "unit": unit_id(unit),
        "inputs": list(unit.inputs) if unit.kind == "function" else sorted(read),
        "arguments": None if arguments is None else [[text, _file_name(text)] for text in dict.fromkeys(arguments)],
        "outputs": _outputs(plan, unit, steps) if arguments is not None else [],
        "steps": [{"source": s.source, "displayed": s.displayed} for s in steps],
        "hints": [*dict.fromkeys(_hints(steps))],
        "functions": dict(functions),
    }


def _outputs(plan: Plan, unit: Unit, steps: Sequence[Statement]) -> list[str]:
    if unit.kind == "function":
        return [name for name in results_of(plan, unit) if name]
    return sorted(steps[0].names.defs)


def predictor_marks(flow: Flow, plan: Plan) -> list[dict[str, Any]]:
    """Return a mark at the end of the notebook, where it has a model with transformers."""
    made = plan.predictor
    if made is None or not made.rows or not flow.statements:
        return []
    about = {"model": made.model, "rows": made.rows, "methods": list(made.methods)}
    steps = [[step.name, step.then] for step in made.steps]
    place = _place(flow, flow.statements[-1])
    return [{**place, "what": "predictor", "when": "after", "unit": PREDICTOR, "steps": steps, **about}]


def _place(flow: Flow, statement: Statement) -> dict[str, Any]:
    cell, line = statement.location.cell, statement.location.line
    above = flow.statements[: statement.index]
    place = sum(s.location.cell == cell and s.location.line == line for s in above)
    return {"kind": "record", "cell": cell, "line": line, "place": place, "id": statement.index}


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
    alone = all(
        i in mine or kinds.get(i, "") in _HARMLESS or isinstance(flow.statements[i].node, (ast.Import, ast.ImportFrom))
        for i in span
    )
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
