"""Which module a piece of the notebook belongs to: what it calls, what its heading says, where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import stage_of_call, stage_of_heading
from nb2pkg.model import Statement

# In the order of the life cycle. A module imports from earlier ones only, so there are no cycles.
STAGES = (
    "data",
    "exploration",
    "preprocessing",
    "features",
    "training",
    "evaluation",
    "visualization",
    "export",
)
MODULES = ("config", *STAGES)
DEFAULT = "preprocessing"  # where nothing says more
# How much a call of a stage says: fitting a model outweighs the predicting around it, looking says little.
WEIGHTS = {"training": 2.0, "data": 2.0, "export": 1.5, "evaluation": 1.4, "visualization": 1.2, "exploration": 0.4}
_HEADING_WEIGHT = 1.1


def stage_of(statements: Sequence[Statement], context: Context, heading: str, previous: str | None) -> str:
    """Return the stage of a unit.

    Args:
        statements: what the unit holds.
        context: what calls stand for.
        heading: the heading above it, or the empty string.
        previous: the stage of the unit before it under the same heading.
    """
    votes: Counter[str] = Counter()
    for name in calls_of(statements, context):
        stage = stage_of_call(name)
        if stage is not None:
            votes[stage] += WEIGHTS.get(stage, 1.0)  # type: ignore[assignment]
    announced = stage_of_heading(heading) if heading else None
    if announced is not None:
        votes[announced] += _HEADING_WEIGHT  # type: ignore[assignment]
    if votes:
        best = max(votes.values())
        return min((s for s in votes if votes[s] == best), key=STAGES.index)
    return previous or DEFAULT
