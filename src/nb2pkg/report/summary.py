"""What `convert` and `plan` tell people at the end."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from nb2pkg.errors import UsageError
from nb2pkg.model import Flow, Plan, Rung, Unit
from nb2pkg.needs.inputs import absent_data, hosts
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.explain import Option, explain
from nb2pkg.plan.leftovers import find_leftovers
from nb2pkg.plan.story import make_story
from nb2pkg.project.functions import cells_text


def cells_of(flow: Flow, unit: Unit) -> str:
    """Return the cells of a unit, `cells 3-5`."""
    return cells_text([flow.statements[i] for i in unit.statements])


def _what(flow: Flow, unit: Unit) -> str:
    return unit.name or f"`{flow.statements[unit.statements[0]].source.splitlines()[0][:50]}`"


def plan_lines(flow: Flow, plan: Plan) -> list[str]:
    """Return the plan for people, one unit a line, those that stay in `run()` with the reason."""
    lines = [f"{plan.package}: {plan.title}", *_result_lines(plan), ""]
    for s in plan.settings:
        cells = cells_text([flow.statements[p.statement] for p in s.places])
        lines.append(f"config.{s.name}  [setting]  {cells}: {s.type} = {' '.join(s.value.split())[:80]}")
    for unit in (u for u in plan.units if u.kind != "setting"):
        what = _what(flow, unit)
        inputs, outputs = ", ".join((*unit.inputs, *unit.lifted)) or "-", ", ".join(unit.outputs) or "-"
        lines.append(f"{unit.module}.{what}  [{unit.rung.value}]  {cells_of(flow, unit)}: {inputs} -> {outputs}")
        lines.append(f"    {unit.why}")
    return [*lines, *_leftover_lines(flow, plan)]


def explanation_lines(flow: Flow, plan: Plan, name: str) -> list[str]:
    """Return why a function is cut as it is, and stands in its module.

    Raises:
        UsageError: the plan has no such function.
    """
    found = explain(flow, plan, name)
    if found is None:
        names = [u.name for u in plan.units if u.kind == "function"]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else "nb2pkg plan NOTEBOOK lists them"
        raise UsageError(f"the plan has no function `{name}`", hint=hint)
    unit = found.unit
    says = ", ".join(f"{stage} {value:.1f}" for stage, value in found.stages) or "nothing"
    lines = [
        f"{unit.module}.{unit.name}, {cells_of(flow, unit)}",
        f"  takes {', '.join(unit.inputs) or 'nothing'}; gives back {', '.join(unit.outputs) or 'nothing'}",
        f"  what speaks for its module: {says}",
        f"  {_option_text(found.chosen)}",
        "  other ways:" if found.others else "  there is no other way",
    ]
    return [*lines, *(f"    {_option_text(o)}" for o in sorted(found.others, key=lambda o: (bool(o.obstacle), o.cost)))]


def _option_text(option: Option) -> str:
    if option.obstacle:
        return f"{option.what}: can't be, {option.obstacle}"
    terms = " + ".join(f"{name} {value:.1f}" for name, value in option.terms.items())
    return f"{option.what}: {option.cost:.1f} points = {terms}"


def _leftover_lines(flow: Flow, plan: Plan) -> list[str]:
    """Return the units that could be dropped: nothing that the notebook shows, saves or ends with depends on them."""
    if plan.script:
        return []
    found = find_leftovers(plan, make_story(flow, classify(flow), plan.results))
    lines = [f"  {unit.module}.{_what(flow, unit)} ({cells_of(flow, unit)})" for unit in found]
    return (
        ["", "no result, output or file depends on these; to drop one, take it out of the plan:", *lines]
        if lines
        else []
    )


def _result_lines(plan: Plan) -> list[str]:
    parts = f"; for new rows: {', '.join(plan.predictor.parts)} as one predictor" if plan.predictor is not None else ""
    return [f"run() hands back: {', '.join(plan.results)}{parts}"] if plan.results else []


def summary_lines(flow: Flow, plan: Plan, folder: str, *, dry_run: bool, data: Sequence[str] = ()) -> list[str]:
    """Return the summary of a conversion: modules with functions and cells, what was not lifted, what to type next.

    Args:
        flow: the notebook, analysed.
        plan: what became of it.
        folder: of the project.
        dry_run: nothing was written.
        data: what there is to say of the data.
    """
    verb = "would be written to" if dry_run else "written to"
    lines = [f"{plan.notebook}: package `{plan.package}` {verb} {folder}"]
    lines += _script_lines(plan) if plan.script else _module_lines(flow, plan)
    lines += [*_requirement_lines(plan), *_system_lines(plan), *data, *_test_lines(flow, plan)]
    if not dry_run:
        place = folder if folder.startswith(("/", ".")) else f"./{folder}"  # a bare name would be PyPI's
        lines += ["next:", f"  pip install {place}", f"  python -m {plan.package} --workdir {_workdir(plan)}"]
    return lines


def _requirement_lines(plan: Plan) -> list[str]:
    """Return how many distributions the package needs, and where their versions are from."""
    needs = plan.needs
    total = len(needs.requirements)
    if not total:
        return []
    found = sum(bool(needs.environment) and f" in {needs.environment}" in r.why for r in needs.requirements)
    said = sum(bool(r.specifier or r.url) for r in needs.requirements) - found
    parts = [f"{_share(found, total)} in the versions of {needs.environment}"] if found else []
    parts += [f"{_share(said, total)} in versions that the notebook or its files say"] if said > 0 else []
    parts += ["requirements.lock has exact ones"] if needs.lock else []
    count = f"{total} {'dependency' if total == 1 else 'dependencies'}"
    return [f"  {count}: {'; '.join(parts) if parts else 'nothing says in which versions'}"]


def _share(number: int, total: int) -> str:
    return str(number) if number < total or total == 1 else "all"


def _system_lines(plan: Plan) -> list[str]:
    """Return what a run needs that no registry of Python has."""
    packages = ", ".join(plan.needs.run_packages)
    return [f"  needs {packages} (Debian {plan.needs.debian})"] if packages else []


def _test_lines(flow: Flow, plan: Plan) -> list[str]:
    """Return what keeps tests from running here: a skipped test has shown nothing."""
    absent, away = absent_data(flow, plan.needs.data), hosts(flow)
    lines = [f"  tests/test_end_to_end.py is skipped without {', '.join(absent)}: put the data there"] if absent else []
    return [*lines, *([f"  tests/test_end_to_end.py needs {', '.join(away)}: it is skipped offline"] if away else [])]


def _script_lines(plan: Plan) -> list[str]:
    return [f"  the whole notebook stays one script: {plan.units[0].why}"]


def _module_lines(flow: Flow, plan: Plan) -> list[str]:
    fields = ", ".join(s.name for s in plan.settings)
    lines = [f"  config.py: {fields}"] if fields else []
    modules: dict[str, list[Unit]] = {}
    for unit in plan.units:
        if unit.kind not in ("story", "setting"):
            modules.setdefault(unit.module, []).append(unit)
    for module, units in modules.items():
        names = ", ".join(f"{u.name} ({cells_of(flow, u)})" for u in units)
        lines.append(f"  {module}.py: {names}")
    kept = [u for u in plan.units if u.kind == "story" and u.rung is Rung.CLOSURE]
    for unit in kept[:10]:
        what = unit.name or flow.statements[unit.statements[0]].source.splitlines()[0][:50]
        lines.append(f"  stays in run(): {what} ({cells_of(flow, unit)}): {unit.why}")
    if len(kept) > 10:
        lines.append(f"  and {len(kept) - 10} more; see: nb2pkg plan")
    return lines


def _workdir(plan: Plan) -> str:
    folder = plan.notebook.rpartition("/")[0]
    return folder or "."


def as_data(flow: Flow, plan: Plan, folder: str) -> dict[str, Any]:
    """Return the summary as JSON data."""
    return {
        "notebook": plan.notebook,
        "package": plan.package,
        "folder": folder,
        "script": plan.script,
        "results": list(plan.results),
        "rungs": dict(sorted(Counter(u.rung.value for u in plan.units).items())),
        "units": [
            {
                "name": u.name,
                "module": u.module,
                "kind": u.kind,
                "rung": u.rung.value,
                "why": u.why,
                "cells": sorted({flow.statements[i].location.cell for i in u.statements}),
                "inputs": list(u.inputs),
                "outputs": list(u.outputs),
            }
            for u in plan.units
        ],
        "requirements": [{"requirement": str(r), "why": r.why} for r in plan.needs.requirements],
        "environment": plan.needs.environment,
        "locked": len(plan.needs.lock),
        "absent_inputs": absent_data(flow, plan.needs.data),
        "hosts": hosts(flow),
        "settings": [{"name": s.name, "type": s.type, "value": s.value} for s in plan.settings],
        "findings": [
            {"code": f.code, "severity": f.severity, "location": str(f.location), "message": f.message, "hint": f.hint}
            for f in plan.findings
        ],
    }
