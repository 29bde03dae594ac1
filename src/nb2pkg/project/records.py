"""Plan -> model.py: the frozen dataclasses of values that functions return together."""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.model import Record, Unit
from nb2pkg.project.functions import Build, all_cells_text, docstring
from nb2pkg.project.results import standard_name

MODULE = "model"


def records_source(build: Build) -> str:
    """Return the source of the classes, without imports; nothing where there are none."""
    classes = {r.name: r for r in reversed(build.plan.records)}
    return "\n\n\n".join(_class(build, classes[name]) for name in sorted(classes))


def makers(build: Build) -> list[Unit]:
    """Return the units that make a record, or put new values into one."""
    return [u for u in build.plan.units if u.record]


def _class(build: Build, record: Record) -> str:
    made = [r.statements for r in build.plan.records if r.name == record.name]
    groups = [[build.flow.statements[i] for i in statements] for statements in made]
    text = f"{_about(record)} ({all_cells_text(groups)})."
    fields = "\n".join(f"    {name}: {_annotation(build, record, name)}" for name in record.fields)
    head = f"@{standard_name(build, 'dataclass')}(frozen=True)\nclass {record.name}:"
    return f"{head}\n    {docstring(text)}\n\n{fields}"


def _about(record: Record) -> str:
    if record.name.startswith("Split"):
        return "What is for training, and what is for testing"
    words = record.variable.replace("_", " ")
    return f"The {words}" if words.endswith("s") else f"{words[:1].upper()}{words[1:]}, with what belongs to it"


def _annotation(build: Build, record: Record, name: str) -> str:
    """Return the type of a field: all types that it gets, or Any where one of them is not known."""
    texts = list(dict.fromkeys(_types(build, record, name)))
    return " | ".join(texts) if texts and all(texts) else standard_name(build, "Any")


def _types(build: Build, record: Record, name: str) -> Iterator[str]:
    variables = {r.variable for r in build.plan.records if r.name == record.name}
    for unit in makers(build):
        if unit.record in variables and name in unit.outputs:
            yield build.annotations.text(build.annotations.types.after(name, unit.statements[-1]), "config")
