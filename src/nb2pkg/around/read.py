"""Reads what lies around a notebook: the one entry of this package. Nothing is executed, nothing is written."""

from __future__ import annotations

from pathlib import Path

from nb2pkg.around.data import read_data
from nb2pkg.around.environment import read_environment
from nb2pkg.around.files import read_requirement_files
from nb2pkg.around.templates import read_templates
from nb2pkg.machine import Around, Environment
from nb2pkg.model import Flow
from nb2pkg.needs.data import named_reads
from nb2pkg.needs.imports import imported
from nb2pkg.needs.requirements import candidates
from nb2pkg.wishes import NO_ENVIRONMENT, Wishes


def read_around(path: Path, flow: Flow, wishes: Wishes) -> Around:
    """Return what lies around a notebook.

    Args:
        path: the notebook.
        flow: what it imports and reads.
        wishes: which environment is asked, whether data may be read and is brought along, whose templates are used.
    """
    files = read_requirement_files(path.parent, (cell.source for cell in flow.notebook.cells))
    data = read_data(path, named_reads(flow), wishes)
    return Around(
        files=files,
        environment=_environment(path, flow, wishes),
        sizes=data.sizes,
        contents=data.contents,
        withheld=data.withheld,
        templates=read_templates(wishes.templates) if wishes.templates is not None else (),
    )


def _environment(path: Path, flow: Flow, wishes: Wishes) -> Environment | None:
    if wishes.python == NO_ENVIRONMENT:
        return None
    modules = [item.path for item in imported(flow)]
    return read_environment(wishes.python, path.parent, flow.notebook.kernel, modules, candidates(flow))
