"""Flow -> Plan: decides names, modules and rungs. What people edit in plan.toml is made here first."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import replace

from nb2pkg.errors import RefusedError
from nb2pkg.flow.strings import names_in_strings
from nb2pkg.machine import Around
from nb2pkg.model import Flow, Plan, Rung, Shared, Unit
from nb2pkg.needs.find import find_needs
from nb2pkg.needs.requirements import gone_imports
from nb2pkg.plan.clones import fold_units, shared_functions
from nb2pkg.plan.data_settings import link_data
from nb2pkg.plan.definitions import Definitions, classify, definition_name, free_of
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.learned import find_predictor, with_parts
from nb2pkg.plan.naming import Names
from nb2pkg.plan.package import package_name, title_of
from nb2pkg.plan.pickling import pickled_closure
from nb2pkg.plan.records import carry_records
from nb2pkg.plan.results import choose_results
from nb2pkg.plan.setting_literals import with_hoisted_settings
from nb2pkg.plan.settings import find_settings
from nb2pkg.plan.shared_settings import settle
from nb2pkg.plan.stages import MODULES, stage_of
from nb2pkg.plan.story import Story, make_story, with_results
from nb2pkg.plan.units import make_units

# How the settings and their class are called, where the notebook has no such name.
_CONFIG = ("config", "settings", "run_config", "_config", *(f"_config_{n}" for n in range(2, 1000)))
_CONFIG_CLASS = ("Config", "Settings", "RunConfig", *(f"RunConfig{n}" for n in range(2, 1000)))


def make_plan(
    flow: Flow,
    around: Around | None = None,
    *,
    name: str | None = None,
    reserved: Collection[str] = frozenset(),
    keep_going: bool = False,
) -> Plan:
    """Return the plan of a conversion.

    Args:
        flow: the analysed notebook.
        around: what lies around it.
        name: the package's name; by default made of the notebook's.
        reserved: names that it can't have, since other things of the project lie beside it.
        keep_going: convert what a run would not survive, to fail there as the notebook does.

    Raises:
        RefusedError: the notebook can't be converted rightly.
    """
    if flow.findings and not keep_going and not flow.namespace:
        refuse(flow)
    package, finding = package_name(flow, name, reserved)
    needs, unknown = find_needs(flow, around or Around())
    notes = (*flow.notebook.findings, *([finding] if finding else []), *unknown, *gone_imports(flow))
    base = Plan(
        package=package,
        title=title_of(flow.notebook),
        notebook=flow.notebook.path,
        digest=flow.notebook.digest,
        units=(),
        needs=needs,
        findings=notes,
    )
    if flow.namespace:
        return _script(flow, base)
    definitions = classify(flow)
    pickled = pickled_closure(flow, definitions)
    if pickled is not None:
        return _script(replace(flow, namespace=(pickled,)), base)
    _check_strings(flow, definitions)
    names = Names(identifiers(flow))
    story, units = _with_results(with_hoisted_settings(make_story(flow, definitions)), names)
    units = fold_units(story, units, names)
    base = replace(base, settings=find_settings(story))
    return with_units(base, story, (*definition_units(flow, definitions, units), *units))


def _with_results(story: Story, names: Names) -> tuple[Story, tuple[Unit, ...]]:
    """Return the story with what `run()` hands back, and its units, which may have to give out more for that."""
    units = make_units(story, names)
    results = with_parts(story, choose_results(story, units))
    if not results:
        return story, units
    story = with_results(story, results)
    given = {i: set(u.outputs) for u in units if u.kind == "function" for i in u.statements}
    indexes = {name: story.statements[story.last_bound[name]].index for name in results}
    if all(name in given.get(index, {name}) for name, index in indexes.items()):
        return story, units
    names.take_back(u.name for u in units if u.kind == "function")
    return story, make_units(story, names)


def _check_strings(flow: Flow, definitions: Definitions) -> None:
    """Refuse a function that stays in `run()` and reads names by strings: nothing shows them to the function there."""
    for definition in definitions.by_name.values():
        if definition.rung is not Rung.CLOSURE:
            continue
        statement = flow.statements[definition.statement]
        for n in ast.walk(statement.node):
            names = names_in_strings(n) & definition.reads if isinstance(n, ast.Call) else frozenset[str]()
            if names:
                raise RefusedError(
                    f"`{definition.name}` reads `{min(names)}` by a string, and has to stay in `run()`",
                    location=statement.location,
                    why=f"{definition.why}; a function in `run()` sees only the names that its code names.",
                    hint=f"make `{min(names)}` a parameter of `{definition.name}`",
                )


def refuse(flow: Flow) -> None:
    """Raise the first of a flow's findings; the others are named in the hint."""
    first = next((f for f in flow.findings if f.severity == "error"), None)
    if first is not None:
        raise RefusedError(first.message, location=first.location, why=first.why, hint=first.hint)


def with_units(base: Plan, story: Story, units: tuple[Unit, ...]) -> Plan:
    """Return a plan with these units, and with what follows from them."""
    used = identifiers(story.flow) | {u.name for u in units} | {s.name for s in base.settings}
    config = next(name for name in _CONFIG if name not in used)
    settings, shared = settle(story, base.settings, shared_functions(story, units), config)
    # A variable may have the name of a unit's function, which `run()` reaches through its module.
    used = (used - {u.name for u in units if u.kind == "function"}) | {name for s in shared for name in _words(s)}
    names = Names(used | set(MODULES) | {config})
    alone = {member for s in shared for member in s.members}
    units, records, held = carry_records(story, units, names, alone)
    plan = replace(
        base,
        units=units,
        settings=settings,
        shared=shared,
        records=records,
        held=held,
        config=config,
        config_class=next(name for name in _CONFIG_CLASS if name not in used),
        results=story.results,
        predictor=find_predictor(story, units),
        asynchronous=any("await" in s.effects for s in story.statements),
        seeds=tuple(sorted(story.seeds & _read_in_run(story, units))),
        unset=tuple(sorted(story.unset)),
    )
    return link_data(story.flow, plan)


def _words(shared: Shared) -> set[str]:
    """Return the names that a shared function has for things."""
    return {g.name for g in shared.parameters} | set(shared.returned)


def _read_in_run(story: Story, units: Sequence[Unit]) -> frozenset[str]:
    """Return the names that the statements which stay in `run()` read, or get back from units that may bind them."""
    kept = {i for u in units if u.kind == "story" for i in u.statements}
    found = {n for u in units if u.kind == "function" for n in u.inputs}
    for statement in story.statements:
        if statement.index in kept:
            found |= statement.names.uses | statement.names.late_uses | statement.names.deletes
    return frozenset(found)


def _script(flow: Flow, base: Plan) -> Plan:
    place = flow.namespace[0].location
    why = f"{flow.namespace[0].message} (cell {place.cell}, line {place.line})"
    unit = Unit("script", "__main__", tuple(s.index for s in flow.statements), (), (), "story", Rung.SCRIPT, why)
    return link_data(flow, replace(base, units=(unit,), script=True, findings=(*base.findings, *flow.namespace[:1])))


def identifiers(flow: Flow) -> frozenset[str]:
    """Return every identifier of a notebook; our own names give way to them."""
    found: set[str] = set()
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Name):
                found.add(n.id)
            elif isinstance(n, ast.arg):
                found.add(n.arg)
            elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(n.name)
            elif isinstance(n, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
                found.add(n.name or "")
            elif isinstance(n, ast.MatchMapping):
                found.add(n.rest or "")
            elif isinstance(n, ast.alias):
                found.add((n.asname or n.name).split(".")[0])
        found |= statement.names.defs | statement.names.late_writes
    return frozenset(found)


def definition_units(flow: Flow, definitions: Definitions, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units of what moved to module level, each in the module of its first user or an earlier one."""
    order = {module: number for number, module in enumerate(MODULES)}
    headings = headings_of(flow.notebook.cells)
    moved = {d.name: d for d in definitions.by_name.values() if d.rung in (Rung.DEFINITION, Rung.PARAMETER)}
    where: dict[str, str] = {}
    reads: dict[str, set[str]] = {}
    for name, definition in moved.items():
        statement = flow.statements[definition.statement]
        where[name] = stage_of([statement], flow.context, headings.get(statement.location.cell, ""), None)
        reads[name] = (free_of(statement.node).all_reads | set(statement.names.uses)) - {name}
    for name in definitions.constants:
        where[name] = MODULES[-1]
        reads[name] = set()
    for unit in units:
        if unit.kind == "function":
            for index in unit.statements:
                names = flow.statements[index].names
                for name in (names.uses | names.late_uses) & set(where):
                    where[name] = min(where[name], unit.module, key=order.__getitem__)
    changed = True
    while changed:
        changed = False
        for name, found in reads.items():
            for read in found & set(where):
                if order[where[read]] > order[where[name]]:
                    where[read], changed = where[name], True
    return tuple(_definition_unit(flow, definitions, name, where[name]) for name in _in_order(flow, definitions, where))


def _in_order(flow: Flow, definitions: Definitions, where: dict[str, str]) -> list[str]:
    index = {**{d.name: d.statement for d in definitions.by_name.values()}, **definitions.constants}
    return sorted(where, key=index.__getitem__)


def _definition_unit(flow: Flow, definitions: Definitions, name: str, module: str) -> Unit:
    if name in definitions.constants:
        index = definitions.constants[name]
        why = "a literal that never changes and that functions read"
        return Unit(name, module, (index,), (), (name,), "constant", Rung.DEFINITION, why)
    found = definitions.by_name[name]
    node = flow.statements[found.statement].node
    inputs = tuple(a.arg for a in getattr(getattr(node, "args", None), "args", []))
    assert definition_name(node) == name
    return Unit(
        name, module, (found.statement,), inputs, (name,), "definition", found.rung, found.why, lifted=found.lifted
    )
