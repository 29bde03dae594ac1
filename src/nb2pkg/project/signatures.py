"""What a function takes and gives back, and how `run()` calls it: one place, so that both sides always agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nb2pkg.model import Plan, Unit


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
    return tuple(Parameter(name, name) for name in unit.inputs)


def header(plan: Plan, unit: Unit, more: Sequence[Parameter] = ()) -> str:
    """Return the line that opens the function; it may take `more` than its unit says."""
    given = [*parameters(plan, unit), *more]
    parts = [_declared(p) for p in given if not p.keyword_only]
    named = [_declared(p) for p in given if p.keyword_only]
    return f"def {unit.name}({', '.join([*parts, *(['*'] if named else []), *named])}):"


def _declared(parameter: Parameter) -> str:
    return f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name


def call(plan: Plan, unit: Unit, function: str, more: Sequence[Parameter] = ()) -> str:
    """Return the statement of `run()` that calls the function, under the name that it has there."""
    given = [*parameters(plan, unit), *more]
    arguments = [f"{p.name}={p.argument}" if p.keyword_only else p.argument for p in given]
    made = f"{function}({', '.join(arguments)})"
    return f"{', '.join(unit.outputs)} = {made}" if unit.outputs else made


def returned(plan: Plan, unit: Unit) -> str:
    """Return what stands after `return`, or the empty string."""
    return ", ".join(unit.outputs)
