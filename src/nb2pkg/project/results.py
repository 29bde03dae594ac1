"""Plan -> the class `Results` of pipeline.py, and the line of `run()` that makes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from nb2pkg.model import Flow
from nb2pkg.plan.make import identifiers
from nb2pkg.project.functions import Build, docstring

_STANDARD = {"dataclass": "dataclasses", "Any": "typing"}  # what the class needs, and where it is


def results_source(build: Build) -> str:
    """Return the source of the class, or nothing where a run hands back nothing."""
    if not build.plan.results:
        return ""
    fields = "\n".join(f"    {name}: {annotation_at_end(build, name)}" for name in build.plan.results)
    if build.plan.predictor is not None:
        fields += f"\n    {build.names.predictor}: {build.names.predictor_class}"
    head = f"@{standard_name(build, 'dataclass')}(frozen=True)\nclass {build.names.results_class}:"
    return f"{head}\n    {docstring('What the notebook ended with.')}\n\n{fields}"


def returned_results(build: Build) -> Iterator[str]:
    """Yield the last line of `run()`, if it hands back something."""
    if build.plan.results:
        fields = _given(build, build.plan.results)
        if build.plan.predictor is not None:
            made = f"{build.names.predictor_class}({_given(build, build.plan.predictor.parts)})"
            fields += f", {build.names.predictor}={made}"
        yield f"\nreturn {build.names.results_class}({fields})"


def _given(build: Build, names: Sequence[str]) -> str:
    """Return keyword arguments with what `run()` holds at its end under these names."""
    held = dict(build.plan.held)
    return ", ".join(f"{n}={held[n]}.{n}" if n in held else f"{n}={n}" for n in names)


def results_imports(build: Build) -> Mapping[str, tuple[str, str]]:
    """Return what the class needs: name in pipeline.py -> (module, name there)."""
    return {standard_name(build, name): (module, name) for name, module in _STANDARD.items() if build.plan.results}


def annotation_at_end(build: Build, name: str) -> str:
    """Return the type of what a name is bound to at the end."""
    positions = build.story.last_bound
    index = build.story.statements[positions[name]].index if name in positions else -1
    text = build.annotations.text(build.annotations.types.after(name, index), "export") if index >= 0 else ""
    return text or standard_name(build, "Any")


def standard_name(build: Build, name: str) -> str:
    """Return what something of the standard library is called in pipeline.py; it gives way to the notebook's names."""
    return _names(build.flow)[name]


@lru_cache(maxsize=1)  # asked for each field
def _names(flow: Flow) -> Mapping[str, str]:
    taken = identifiers(flow)
    found = {}
    for name, module in _STANDARD.items():
        theirs = [i for i in flow.imports if i.name == name]
        same = bool(theirs) and all((i.module, i.attribute, i.inline) == (module, name, False) for i in theirs)
        wishes = (name, f"_{name}", f"_standard_{name}")
        found[name] = next((n for n in wishes if n not in taken or (same and n == name)), f"_our_{name}")
    return found
