"""Names of ours inside the generated package: they give way to the notebook's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.model import Plan
from nb2pkg.project.render import one_line

_DRIVERS = ("run", "run_pipeline", "run_notebook", "run_whole_notebook")


@dataclass(frozen=True, slots=True)
class OurNames:
    """How the generated code calls what is ours."""

    driver: str
    config: str  # the parameter of run()
    config_class: str
    results_class: str
    predictor: str  # the field of that class
    predictor_class: str
    modules: Mapping[str, str]  # stage -> name in pipeline.py
    helpers: Mapping[str, str]  # placeholder -> name
    builtins: str  # the module, where run() must name a builtin that the notebook hides


def our_names(plan: Plan, taken: frozenset[str]) -> OurNames:
    """Return names that clash with none of the notebook's."""
    used = taken | {u.name for u in plan.units} | {name for r in plan.records for name in (r.name, r.variable)}
    modules = sorted({u.module for u in plan.units if u.kind in ("function", "definition", "constant")})
    helpers = {
        placeholder: _free((h.name, f"_{h.name}", f"notebook_{h.name}"), used) for placeholder, h in HELPERS.items()
    }
    helpers["__nb_show_figures"] = _free(("show_figures", "_show_figures"), used)
    helpers["__nb_display"] = "display"
    return OurNames(
        driver=_free(_DRIVERS, taken),
        config=plan.config,
        config_class=plan.config_class,
        results_class=_free(("Results", "RunResults", "NotebookResults"), used),
        predictor=_free(("predictor", "fitted_predictor"), frozenset(plan.results)),
        predictor_class=_free(("Predictor", "RunPredictor", "NotebookPredictor"), used),
        modules={m: _free((m, f"{m}_steps", f"_{m}"), used) for m in modules},
        helpers=helpers,
        builtins=_free(("builtins", "_builtins"), used),
    )


def _free(wishes: tuple[str, ...], used: frozenset[str] | set[str]) -> str:
    for wish in wishes:
        if wish not in used:
            return wish
    number = 2
    while f"{wishes[-1]}_{number}" in used:
        number += 1
    return f"{wishes[-1]}_{number}"


def safe_name(path: str) -> str:
    """Return the name of the notebook's copy: no option of a command, and on one line."""
    return one_line(PurePath(path).name).lstrip("-") or "notebook.ipynb"
