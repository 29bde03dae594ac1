"""Functions and classes that stay in `run()` can't be pickled: pickles name what a module holds."""

from __future__ import annotations

import ast

from nb2pkg.flow.imports import imported_tops
from nb2pkg.model import Finding, Flow, Rung
from nb2pkg.plan.definitions import Definitions

_PICKLING = frozenset({"dump", "dumps", "to_pickle"})
_PICKLERS = frozenset({"pickle", "joblib", "dill", "cloudpickle"})
_PROCESSES = frozenset({"Pool", "Process", "ProcessPoolExecutor"})


def pickled_closure(flow: Flow, definitions: Definitions) -> Finding | None:
    """Return a finding for a function or class that has to stay in `run()` and may be pickled there, or None."""
    closures = [d for d in definitions.by_name.values() if d.rung is Rung.CLOSURE]
    if not closures or not _pickles(flow):
        return None
    for definition in closures:
        statement = flow.statements[definition.statement]
        if isinstance(statement.node, ast.ClassDef) or "passed on as a value" in definition.why:
            return Finding(
                "NB410",
                f"`{definition.name}` can't leave the notebook's namespace ({definition.why}), and may be pickled",
                statement.location,
                why="Only what a module holds can be pickled, so the whole notebook is kept as one script.",
                hint="give it what it reads as parameters, to get functions and tests",
            )
    return None


def _pickles(flow: Flow) -> bool:
    """True when the notebook writes pickles of objects, or hands functions to other processes."""
    tops = imported_tops(flow.statements)
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call):
                called = n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", "")
                if called in _PROCESSES or (called in _PICKLING and (tops & _PICKLERS or called == "to_pickle")):
                    return True
    return False
