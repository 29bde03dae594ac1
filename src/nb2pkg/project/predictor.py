"""Plan -> predictor.py: a fitted model and its transformers in one object that predicts, and is saved and loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from nb2pkg.flow.imports import imported_tops
from nb2pkg.model import Import, Predictor, Rung, Unit
from nb2pkg.project.functions import Build, cells_text, docstring
from nb2pkg.project.imports import import_block
from nb2pkg.project.render import render
from nb2pkg.project.results import annotation_at_end, standard_name

PREDICTOR = "predictor"
_DOC = "The fitted model, for rows that the notebook did not have."
_STANDARD = {"dataclass": "dataclasses", "Any": "typing", "Path": "pathlib"}


def predictor_module(build: Build, predictor: Predictor, idle: Iterable[Import]) -> str:
    """Return the source of the module.

    Args:
        build: the build.
        predictor: what the class holds.
        idle: imports of the notebook that nothing reads.
    """
    types = {name: annotation_at_end(build, name) for name in predictor.parts}
    types = {name: "" if text == standard_name(build, "Any") else text for name, text in types.items()}
    named = {n.id for text in types.values() for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    library = "joblib" if "joblib" in imported_tops(build.flow.statements) else "pickle"
    taken = named | {build.names.predictor_class}
    ours = {name: f"_{name}" if name in taken else name for name in (*_STANDARD, library)}
    body = _class(build, predictor, {name: text or ours["Any"] for name, text in types.items()}, ours, library)
    line = f"import {library}" if ours[library] == library else f"import {library} as {ours[library]}"
    theirs = [*build.flow.imports, *build.annotations.needed(_made(build, predictor))]
    theirs = [i for i in theirs if i.name in named]
    tops = {i.module.split(".")[0] for i in theirs}
    imports = import_block(
        body,
        theirs,
        {ours[name]: (module, name) for name, module in _STANDARD.items()},
        build.plan.package,
        first_party=[m.name for m in build.flow.notebook.local_modules],
        extra=["from __future__ import annotations", line],
        idle=[i for i in idle if i.module.split(".")[0] in tops and i.attribute is not None],
    )
    return f"{docstring(_DOC)}\n\n{imports}\n\n\n{body}\n"


def _class(build: Build, predictor: Predictor, types: Mapping[str, str], ours: Mapping[str, str], library: str) -> str:
    return render(
        "src/PACKAGE/predictor.py.jinja",
        class_name=build.names.predictor_class,
        model=predictor.model,
        cells=cells_text([build.flow.statements[i] for i in predictor.statements]),
        types=types,
        methods=predictor.methods,
        rows=predictor.rows,
        prepared=_prepared(predictor),
        library=library,
        ours=ours,
    )


def _prepared(predictor: Predictor) -> str:
    """Return the expression that takes rows through the transformers."""
    text = "rows"
    for step in predictor.steps:
        text = f"self.{step.name}.transform({text})" + (f".{step.then}()" if step.then else "")
    return text


def _made(build: Build, predictor: Predictor) -> Iterator[Unit]:
    """Yield the statements that bind the parts as units that give them out: what their annotations need is known so."""
    for name in predictor.parts:
        index = build.story.statements[build.story.last_bound[name]].index
        yield Unit(name, PREDICTOR, (index,), (), (name,), "story", Rung.FUNCTION, "")
