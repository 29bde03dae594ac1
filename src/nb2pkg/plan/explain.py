"""Why a unit is cut as it is: the terms of its cost, and what its neighbours and other cuts would cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nb2pkg.model import Flow, Plan, Unit
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.lifting import interface_of, positions_of
from nb2pkg.plan.segmentation import Scene, cost_terms
from nb2pkg.plan.setting_literals import with_hoisted_settings
from nb2pkg.plan.story import make_story
from nb2pkg.plan.units import scene_of


@dataclass(frozen=True, slots=True)
class Option:
    """One way to cut, and what it costs: term by term, or why it can't be."""

    what: str
    terms: Mapping[str, float]
    obstacle: str = ""

    @property
    def cost(self) -> float:
        """The sum of the terms."""
        return sum(self.terms.values())


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a unit's borders and of its module.

    Args:
        unit: the unit.
        chosen: its cost as it is.
        others: the costs of other ways.
        stages: what speaks for each stage, the most first.
    """

    unit: Unit
    chosen: Option
    others: tuple[Option, ...]
    stages: tuple[tuple[str, float], ...]


def explain(flow: Flow, plan: Plan, name: str) -> Explanation | None:
    """Return why a function of the plan is cut as it is; None where no function has that name."""
    units = [u for u in plan.units if u.kind == "function"]
    number = next((n for n, u in enumerate(units) if u.name == name), None)
    if number is None:
        return None
    story = with_hoisted_settings(make_story(flow, classify(flow), plan.results))
    scene = scene_of(story, headings_of(flow.notebook.cells))
    places = {s.index: p for p, s in enumerate(story.statements)}
    first, last = (places[units[number].statements[end]] for end in (0, -1))
    others = [
        _option(scene, f"cut after statement {p - first + 1}", ((first, p), (p + 1, last))) for p in range(first, last)
    ]
    for other, what in ((number - 1, "with the function above"), (number + 1, "with the function below")):
        if 0 <= other < len(units):
            ends = [places[units[other].statements[end]] for end in (0, -1)]
            others.append(_option(scene, what, ((min(first, *ends), max(last, *ends)),)))
    totals: dict[str, float] = {}
    for position in positions_of(story, first, last):
        for stage, value in scene.evidence[position].items():
            totals[stage] = totals.get(stage, 0.0) + value
    stages = tuple(sorted(totals.items(), key=lambda item: (-item[1], item[0])))
    return Explanation(units[number], _option(scene, "as it is", ((first, last),)), tuple(others), stages)


def _option(scene: Scene, what: str, spans: tuple[tuple[int, int], ...]) -> Option:
    terms: dict[str, float] = {}
    for first, last in spans:
        found = interface_of(scene.story, first, last)
        if found.obstacle:
            return Option(what, {}, found.obstacle)
        for name, value in (cost_terms(scene, first, last, found, len(scene.story.statements) - 1) or {}).items():
            terms[name] = terms.get(name, 0.0) + value
    return Option(what, terms, "" if terms else "it only shows, or takes too much")
