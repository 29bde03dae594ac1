"""What a function takes and gives back, and how `run()` calls it: one place, so that both sides always agree."""

from __future__ import annotations

from dataclasses import dataclass

from nb2pkg.model import Plan, Shared, Unit


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
    if shared is None:
        return tuple(Parameter(name, name) for name in unit.inputs)
    number = shared.members.index(unit.statements)
    return tuple(Parameter(g.name, g.arguments[number].text, keyword_only=g.keyword_only) for g in shared.parameters)


def shared_of(plan: Plan, unit: Unit) -> Shared | None:
    """Return the function that a unit becomes together with others, or None where it becomes one by itself."""
    return next((s for s in plan.shared if s.name == unit.name), None) if unit.kind == "function" else None


def header(plan: Plan, unit: Unit) -> str:
    """Return the line that opens the function."""
    given = parameters(plan, unit)
    parts = [_declared(p) for p in given if not p.keyword_only]
    named = [_declared(p) for p in given if p.keyword_only]
    return f"def {unit.name}({', '.join([*parts, *(['*'] if named else []), *named])}):"


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
