"""Plan -> Python modules of the package, formatted."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.errors import RefusedError
from nb2pkg.model import Flow, Import, Plan, Unit
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.make import identifiers
from nb2pkg.plan.pictures import may_draw
from nb2pkg.plan.stages import MODULES
from nb2pkg.plan.story import make_story
from nb2pkg.project.annotations import annotations_of
from nb2pkg.project.chapters import story_source
from nb2pkg.project.config import config_source
from nb2pkg.project.docs import unit_lines
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build, definition_source, docstring, function_source
from nb2pkg.project.imports import free_names, import_block
from nb2pkg.project.naming import our_names
from nb2pkg.project.predictor import PREDICTOR, predictor_module
from nb2pkg.project.recording import Recording
from nb2pkg.project.records import MODULE, makers, records_source
from nb2pkg.project.render import Templates
from nb2pkg.project.results import results_imports, results_source, standard_name
from nb2pkg.project.shared import once
from nb2pkg.project.story import BUILTIN_DISPLAY, seeds_need_builtins
from nb2pkg.project.tasks import staged_story

_STANDARD = {"dataclass": ("dataclasses", "dataclass"), "Any": ("typing", "Any")}
_DOCS = {
    "data": "Load the data.",
    "exploration": "Look at the data.",
    "preprocessing": "Prepare the data.",
    "features": "Build the features.",
    "training": "Fit the models.",
    "evaluation": "Judge the results.",
    "visualization": "Draw the figures.",
    "export": "Save the results.",
}


def make_build(
    flow: Flow, plan: Plan, recording: Recording | None = None, own: tuple[tuple[str, str], ...] = ()
) -> Build:
    """Return what the parts of a build share."""
    definitions = classify(flow)
    taken = identifiers(flow)
    names = our_names(plan, taken)
    notes, docs = annotations_of(flow, plan, taken, recording), unit_lines(flow, plan)
    return Build(
        flow,
        plan,
        definitions,
        make_story(flow, definitions, plan.results),
        names,
        notes,
        docs,
        Templates(plan.scaffold.layout, own),
    )


def package_modules(build: Build) -> dict[str, str]:
    """Return file name -> source of the modules that hold the notebook's code."""
    found: dict[str, str] = {}
    for module in MODULES:
        units = [u for u in build.plan.units if u.module == module]
        if module == "config" and build.plan.settings:
            found["config.py"] = format_code(config_source(build))
        if units and module != "config":
            found[f"{module}.py"] = format_code(_module(build, module, units))
    if build.plan.records:
        found[f"{MODULE}.py"] = format_code(_model(build))
    if build.plan.predictor is not None:
        found[f"{PREDICTOR}.py"] = format_code(predictor_module(build, build.plan.predictor, _idle_imports(build.flow)))
    found["pipeline.py"] = format_code(_pipeline(build))
    return found


def uses_figures(flow: Flow) -> bool:
    """True when the notebook may draw with matplotlib."""
    return may_draw(flow, flow.statements)


def _own(build: Build, module: str) -> dict[str, tuple[str, str]]:
    """Return what a module may import from the package: definitions of other modules and helpers."""
    package = build.plan.package
    found = {
        u.name: (f"{package}.{u.module}", u.name)
        for u in build.plan.units
        if u.kind in ("definition", "constant") and u.module != module
    }
    if module != MODULE:
        found |= {r.name: (f"{package}.{MODULE}", r.name) for r in build.plan.records}
    for placeholder, name in build.names.helpers.items():
        helper = HELPERS.get(placeholder)
        if helper is not None and helper.standard:
            found[name] = (helper.module, helper.name)
        elif helper is not None:
            found[name] = (f"{package}.{helper.module}", helper.name)
    found[build.names.helpers["__nb_show_figures"]] = (f"{package}.display", "show_figures")
    found[BUILTIN_DISPLAY] = (f"{package}.display", "display")
    found[build.names.predictor_class] = (f"{package}.{PREDICTOR}", build.names.predictor_class)
    found[build.names.config_class] = (f"{package}.config", "Config")
    return found


def _future(build: Build, units: list[Unit]) -> list[str]:
    """Return the `__future__` import of a module: `annotations` holds only for what stood below it in the notebook.

    Raises:
        RefusedError: a module would need it for one half of its code only.
    """
    found: set[str] = set()
    first: int | None = None
    for statement in build.flow.statements:
        if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
            names = {a.name for a in statement.node.names}
            found |= names
            first = statement.index if "annotations" in names and first is None else first
    annotated = [build.flow.statements[i] for u in units for i in u.statements]
    annotated = [s for s in annotated if _has_annotations(s.node)]
    early = [s for s in annotated if first is not None and s.index < first]
    if early and len(early) < len(annotated):
        raise RefusedError(
            "`from __future__ import annotations` stands below annotations that share a module with later ones",
            location=early[0].location,
            why="It changes what annotations are, from its cell on; a module has it as a whole or not at all.",
            hint="move the import to the first cell",
        )
    found -= {"annotations"} if early else set()
    return [f"from __future__ import {', '.join(sorted(found))}"] if found else []


def _has_annotations(node: ast.AST) -> bool:
    return any(
        (isinstance(n, ast.arg) and n.annotation is not None)
        or (isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.returns is not None)
        or isinstance(n, ast.AnnAssign)
        for n in ast.walk(node)
    )


def _block(
    build: Build,
    body: str,
    module: str,
    more: Mapping[str, tuple[str, str]] | None = None,
    *,
    extra: Sequence[str] = (),
    noted: Sequence[Unit] | None = (),
) -> str:
    ours = {**_own(build, module), **(more or {})}
    local = [m.name for m in build.flow.notebook.local_modules]
    units = [u for u in build.plan.units if (u.kind == "story" if module == "pipeline" else u.module == module)]
    lines = [*_future(build, units), *extra]
    idle = _idle_imports(build.flow)
    if module != "pipeline":  # which is imported first, and brings in the rest
        names = free_names(ast.parse(body))
        tops = {i.module.split(".")[0] for i in build.flow.imports if i.name in names}
        idle = [i for i in idle if i.module.split(".")[0] in tops and i.attribute is not None]
    made = [u for u in units if u.kind == "function"]
    noted_types = build.annotations.needed_anywhere() if noted is None else build.annotations.needed([*noted, *made])
    imports = [*build.flow.imports, *noted_types]
    return import_block(body, imports, ours, build.plan.package, first_party=local, extra=lines, idle=idle)


def _idle_imports(flow: Flow) -> list[Import]:
    """Return the imports of other libraries that nothing of the notebook reads.

    Importing may do more than bind a name: register a plot backend, enable an experimental estimator.
    """
    read = frozenset[str]().union(*(s.names.uses | s.names.late_uses for s in flow.statements))
    return [
        i
        for i in flow.imports
        if i.name not in read and i.name != "*" and i.module.split(".")[0] not in sys.stdlib_module_names | {"IPython"}
    ]


def _module(build: Build, module: str, units: list[Unit]) -> str:
    definitions = [definition_source(build, u) for u in units if u.kind in ("definition", "constant")]
    functions = [function_source(build, u) for u in once(units) if u.kind == "function"]
    body = "\n\n\n".join([*definitions, *functions])
    imports = _block(build, body, module)
    return f"{docstring(_DOCS[module])}\n\n{imports}\n\n\n{body}\n"


def _model(build: Build) -> str:
    body = records_source(build)
    more = {standard_name(build, name): place for name, place in _STANDARD.items()}
    imports = _block(build, body, MODULE, more, noted=makers(build))
    return f"{docstring('Values that pass between the steps together.')}\n\n{imports}\n\n\n{body}\n"


def _pipeline(build: Build) -> str:
    story = staged_story(build).source or story_source(
        build, has_config=bool(build.plan.settings), uses_figures=uses_figures(build.flow)
    )
    body = "\n\n\n".join(part for part in (results_source(build), story) if part)
    package = build.plan.package
    more = {alias: (package, module) for module, alias in build.names.modules.items()}
    more |= results_imports(build)
    name = build.names.builtins
    line = "import builtins" if name == "builtins" else f"import builtins as {name}"
    needed = seeds_need_builtins(build) and f"{name}." in body
    imports = _block(build, body, "pipeline", more, extra=[line] if needed else [], noted=None)
    doc = docstring(f"{build.plan.title}: the notebook's story, from top to bottom.")
    return f"{doc}\n\n{imports}\n\n\n{body}\n"
