"""Reads what lies around a notebook: the one entry of this package. Nothing is executed, nothing is written."""

from __future__ import annotations

from pathlib import Path

from nb2pkg.around.templates import read_templates
from nb2pkg.machine import Around
from nb2pkg.model import Flow
from nb2pkg.wishes import Wishes


def read_around(path: Path, flow: Flow, wishes: Wishes) -> Around:
    """Return what lies around a notebook.

    Args:
        path: the notebook.
        flow: what it imports and reads.
        wishes: which environment is asked, whether data may be read and is brought along, whose templates are used.
    """
    return Around(templates=read_templates(wishes.templates) if wishes.templates is not None else ())
