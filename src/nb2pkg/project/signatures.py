"""What a function takes and gives back, and how `run()` calls it: one place, so that both sides always agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nb2pkg.model import Plan, Setting, Shared, Unit
from nb2pkg.plan.shared_settings import field_of

_MOST = 3  # parameters of a function that gets its settings one by one


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function that a unit becomes.

    Args:
        name: its name in the function.
        argument: what `run()` passes for it.
        annotation: its type, or the empty string where none is known.
        keyword_only: it is passed by name.
    """

    name: str
    argument: str
    annotation: str = ""
    keyword_only: bool = False


def parameters(plan: Plan, unit: Unit) -> tuple[Parameter, ...]:
    """Return the parameters of the function that a unit becomes, in order."""
    shared = shared_of(plan, unit)
    if shared is not None:
        number = shared.members.index(unit.statements)
        return tuple(
            Parameter(g.name, g.arguments[number].text, keyword_only=g.keyword_only) for g in shared.parameters
        )
    settings = settings_of(plan, unit)
    gone = {s.variable for s in settings if not s.local}
    given = tuple(Parameter(name, name) for name in unit.inputs if name not in gone)
    if not settings:
        return given
    if len(given) + len(settings) > _MOST:
        return (*given, Parameter(plan.config, plan.config, plan.config_class))
    named = (Parameter(s.name, _field(plan, s), _annotation(s), keyword_only=True) for s in settings)
    return (*given, *named)


def shared_of(plan: Plan, unit: Unit) -> Shared | None:
    """Return the function that a unit becomes together with others, or None where it becomes one by itself."""
    return next((s for s in plan.shared if s.name == unit.name), None) if unit.kind == "function" else None


def settings_of(plan: Plan, unit: Unit) -> tuple[Setting, ...]:
    """Return the settings that a unit's code reads, whether as literals or by the notebook's name."""
    if shared_of(plan, unit) is not None:
        return ()  # its calls pass them as arguments
    here, inputs = set(unit.statements), set(unit.inputs)
    return tuple(
        s for s in plan.settings if (s.variable in inputs and not s.local) or any(p.statement in here for p in s.places)
    )


def setting_reads(plan: Plan, unit: Unit | None) -> dict[str, str]:
    """Return how code reads settings: field -> expression.

    Args:
        plan: the plan.
        unit: the function that the code stands in; None for `run()` itself.
    """
    if unit is None:
        return {s.name: _field(plan, s) for s in plan.settings}
    named = {p.name for p in parameters(plan, unit) if p.keyword_only}
    return {s.name: s.name if s.name in named else _field(plan, s) for s in settings_of(plan, unit)}


def _field(plan: Plan, setting: Setting) -> str:
    return field_of(setting, plan.config)


def _annotation(setting: Setting) -> str:
    return setting.type.replace("tuple[", "list[").replace(", ...", "") if setting.as_list else setting.type


def header(plan: Plan, unit: Unit, notes: Mapping[str, str] | None = None, result: str = "") -> str:
    """Return the line that opens the function.

    Args:
        plan: the plan.
        unit: what becomes a function.
        notes: annotations of what it takes, by the name that `run()` passes.
        result: the annotation of what it returns.
    """
    given = [replace(p, annotation=p.annotation or (notes or {}).get(p.argument, "")) for p in parameters(plan, unit)]
    parts = [_declared(p) for p in given if not p.keyword_only]
    named = [_declared(p) for p in given if p.keyword_only]
    arrow = f" -> {result}" if result else ""
    return f"def {unit.name}({', '.join([*parts, *(['*'] if named else []), *named])}){arrow}:"


def _declared(parameter: Parameter) -> str:
    return f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name


def call(plan: Plan, unit: Unit, function: str) -> str:
    """Return the statement of `run()` that calls the function, under the name that it has there."""
    arguments = [f"{p.name}={p.argument}" if p.keyword_only else p.argument for p in parameters(plan, unit)]
    made = f"{function}({', '.join(arguments)})"
    shared = shared_of(plan, unit)
    targets = unit.outputs if shared is None else shared.targets[shared.members.index(unit.statements)]
    return f"{', '.join(targets)} = {made}" if targets else made


def returned(plan: Plan, unit: Unit) -> str:
    """Return what stands after `return`, or the empty string."""
    shared = shared_of(plan, unit)
    return ", ".join(unit.outputs if shared is None else shared.returned)
