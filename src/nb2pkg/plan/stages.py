"""Which module a piece of the notebook belongs to: what it calls, what its heading says, where it stands."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import draws, stage_of_call, stage_of_heading
from nb2pkg.model import Flow, Statement

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
_DEFAULT = "preprocessing"
# How much a call of a stage says: fitting a model outweighs the predicting around it, looking says little.
_WEIGHTS = {"training": 2.0, "data": 2.0, "export": 1.5, "evaluation": 1.4, "visualization": 1.2, "exploration": 0.4}
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
            votes[stage] += _WEIGHTS.get(stage, 1.0)  # type: ignore[assignment]
    announced = stage_of_heading(heading) if heading else None
    if announced is not None:
        votes[announced] += _HEADING_WEIGHT  # type: ignore[assignment]
    if votes:
        best = max(votes.values())
        return min((s for s in votes if votes[s] == best), key=STAGES.index)
    return previous or _DEFAULT


def calls_of(statements: Iterable[Statement], context: Context) -> list[str]:
    """Return what statements call, in full, in the order of the text."""
    found: list[tuple[int, int, int, str]] = []
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call):
                name = context.qualified(n.func)
                if name:
                    found.append((statement.index, n.end_lineno or 0, n.end_col_offset or 0, name))
    return [name for *_, name in sorted(found)]


class Pictures:
    """Tells which statements may leave a pyplot figure open.

    Args:
        statements: the whole notebook; calls of its own functions are looked into.
        context: what calls stand for.
    """

    def __init__(self, statements: Sequence[Statement], context: Context) -> None:
        self.context = context
        self.own: dict[str, list[ast.AST]] = {}
        for statement in statements:
            for n in ast.walk(statement.node):
                if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    self.own.setdefault(n.name, []).append(n)
                elif (
                    isinstance(n, ast.Assign) and isinstance(n.value, ast.Lambda) and isinstance(n.targets[0], ast.Name)
                ):
                    self.own.setdefault(n.targets[0].id, []).append(n.value)
        self.known: dict[str, bool] = {}

    def may_draw(self, statements: Iterable[Statement]) -> bool:
        """True when statements may draw, themselves or through functions of the notebook."""
        return any(self._node(s.node, definitions=False) for s in statements)

    def _node(self, node: ast.AST, *, definitions: bool) -> bool:
        if not definitions and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        for n in ast.walk(node):
            if isinstance(n, ast.Call) and self._call(n):
                return True
            if isinstance(n, ast.Name) and n.id in self.own and isinstance(n.ctx, ast.Load) and self._own(n.id):
                return True
        return False

    def _call(self, node: ast.Call) -> bool:
        name = self.context.qualified(node.func)
        if name.startswith("."):
            return draws(name) or self._own(name.rpartition(".")[2])
        if name:
            return draws(name)
        return not (isinstance(node.func, ast.Name) and (node.func.id in self.own or node.func.id.startswith("__nb_")))

    def _own(self, name: str) -> bool:
        if name not in self.own:
            return False
        if name not in self.known:
            self.known[name] = False  # recursion adds nothing
            self.known[name] = any(self._node(n, definitions=True) for n in self.own[name])
        return self.known[name]


@lru_cache(maxsize=8)
def pictures_of(flow: Flow) -> Pictures:
    """Return the notebook's answer to which statements may draw; nothing draws where no import can."""
    return Pictures(flow.statements, flow.context)


def may_draw(flow: Flow, statements: Iterable[Statement]) -> bool:
    """True when statements of a notebook may leave a pyplot figure open."""
    tops = {target.split(".")[0] for target in flow.context.aliases.values()}
    if all(top in sys.stdlib_module_names or top in _PICTURELESS for top in tops):
        return False
    return pictures_of(flow).may_draw(statements)


# Libraries that have no figures of their own, when nothing else is imported.
_PICTURELESS = frozenset(
    {"numpy", "sklearn", "scipy", "joblib", "IPython", "requests", "tqdm", "yaml", "bs4", "sympy", "nltk"}
)
