"""Which pipelines a test can run in its own process."""

from __future__ import annotations

import ast
import re

from nb2pkg.flow.effects import dotted
from nb2pkg.flow.imports import imported_tops
from nb2pkg.model import Flow, Plan

# They fork, start threads that outlive the run, set up logging once for a process, or read its command line.
_LIBRARIES = frozenset(
    {
        "absl",
        "argparse",
        "asyncio",
        "click",
        "concurrent",
        "dask",
        "faulthandler",
        "fire",
        "joblib",
        "logging",
        "loguru",
    }
    | {"multiprocessing", "nest_asyncio", "optparse", "pyspark", "ray", "signal", "subprocess", "threading", "typer"}
    | {"tensorflow", "keras", "jax", "atexit", "doctest", "unittest", "pytest"}
)
_CALLS = re.compile(
    r"^(exit|quit|input|sys\.(exit|argv|stdout|stdin|settrace|setprofile)|os\.(_exit|fork)|__nb_(run|shell)_\w+)\b"
)


def runs_in_process(flow: Flow, plan: Plan) -> bool:
    """Tell whether tests can call `run()`: else it gets a process of its own, as on the command line."""
    if plan.script or not _LIBRARIES.isdisjoint(imported_tops(flow.statements)):
        return False
    return not any(_is_hazard(n) for s in flow.statements for n in ast.walk(s.node))


def _is_hazard(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "n_jobs"
    return isinstance(node, (ast.Name, ast.Attribute)) and bool(_CALLS.search(dotted(node)))
