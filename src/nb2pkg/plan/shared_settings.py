"""Settings in units that share a function: a call passes the field where it passed the literal or the notebook's name.

A literal that stands in the shared function itself is the same in all cells, and stays in the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nb2pkg.model import Argument, Given, Place, Setting, Shared
from nb2pkg.plan.story import Story

_Spot = tuple[int, int, int]  # statement, line, column


def settle(
    story: Story, settings: Sequence[Setting], shared: Sequence[Shared], config: str
) -> tuple[tuple[Setting, ...], tuple[Shared, ...]]:
    """Return settings and shared functions that agree with each other.

    Args:
        story: the story.
        settings: the settings of the notebook.
        shared: functions that several units become.
        config: how `run()` calls the settings.
    """
    spots = {_spot(p): s for s in settings for p in s.places}
    variables = {s.variable: s for s in settings if s.variable and not s.local}
    sources = {s.index: s.source for s in story.statements}
    passed: set[_Spot] = set()
    found = []
    for function in shared:
        given = []
        renamed: list[tuple[str, str]] = []
        for parameter in function.parameters:
            arguments = []
            for argument in parameter.arguments:
                spot = _spot_of(argument, sources)
                setting = spots.get(spot) if spot is not None else None
                if spot is not None and setting is not None:
                    passed.add(spot)
                setting = setting or variables.get(argument.text)
                arguments.append(argument if setting is None else replace(argument, text=field_of(setting, config)))
            given.append(_named(parameter, arguments, variables, renamed))
        found.append(replace(function, parameters=tuple(given), renamed=tuple(renamed)))
    inside = {i for function in shared for member in function.members for i in member}
    kept = []
    for setting in settings:
        places = tuple(p for p in setting.places if p.statement not in inside or _spot(p) in passed)
        if places:
            kept.append(replace(setting, places=places))
    return tuple(kept), tuple(found)


def field_of(setting: Setting, config: str) -> str:
    """Return how a setting is read: `config.seed`."""
    field = f"{config}.{setting.name}"
    return f"list({field})" if setting.as_list else field


def _named(
    parameter: Given, arguments: Sequence[Argument], variables: Mapping[str, Setting], renamed: list[tuple[str, str]]
) -> Given:
    """Return a parameter under the field's name, where all calls pass the notebook's name of that setting."""
    before = {a.text for a in parameter.arguments}
    setting = variables.get(parameter.name) if before == {parameter.name} else None
    if setting is None or setting.name == parameter.name:
        return replace(parameter, arguments=tuple(arguments))
    renamed.append((parameter.name, setting.name))
    return replace(parameter, name=setting.name, arguments=tuple(arguments))


def _spot(place: Place) -> _Spot:
    return place.statement, place.line, place.column


def _spot_of(argument: Argument, sources: Mapping[int, str]) -> _Spot | None:
    if argument.statement < 0:
        return None
    above = sources[argument.statement][: argument.start]
    return argument.statement, above.count("\n") + 1, len(above.rpartition("\n")[2].encode("utf-8"))
