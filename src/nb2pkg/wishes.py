"""What people ask of a conversion, beside what the notebook and its plan say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NO_ENVIRONMENT = "none"


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of a conversion.

    Args:
        name: the package's name; by default made of the notebook's.
        keep_going: convert what can't run as well, to fail there as the notebook does.
        plan_file: an edited plan.
        data: the data files beside the notebook may be read: tests are made of rows of them.
        with_data: small ones are copied into the project.
        python: the Python whose environment says versions: a path, empty for that of the notebook's kernel, or `none`.
        layout: how the project's folders are laid out; empty for what the plan says.
        templates: a folder whose templates come before ours.
        license: SPDX identifier of a licence to add.
        schedules: what is to run the package at fixed times.
    """

    name: str | None = None
    keep_going: bool = False
    plan_file: Path | None = None
    data: bool = True
    with_data: bool = False
    python: str = NO_ENVIRONMENT
    layout: str = ""
    templates: Path | None = None
    license: str = ""
    schedules: tuple[str, ...] = ()
