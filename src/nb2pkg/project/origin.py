"""What a project says of itself: which notebook and which plan it was made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.errors import ReadError
from nb2pkg.model import Location

PLAN = Path(".nb2pkg", "plan.toml")
PROVENANCE = Path(".nb2pkg", "provenance.json")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a project comes from.

    Args:
        package: its import name.
        notebook: the name of the notebook's file.
        digest: of the notebook, when the project was made.
        path: of the plan.
        text: the plan, as TOML.
        source: the folder that holds the package.
    """

    package: str
    notebook: str
    digest: str
    path: Path
    text: str
    source: Path


def read_origin(project: Path) -> Origin:
    """Return where a project comes from.

    Raises:
        ReadError: the folder is no project that nb2pkg made.
    """
    location = Location(str(project))
    hint = "name the folder that nb2pkg convert made: it holds pyproject.toml, src and .nb2pkg"
    if not project.is_dir():
        raise ReadError("there is no such folder", location=location, hint=hint)
    try:
        provenance = json.loads((project / PROVENANCE).read_text(encoding="utf-8"))
        text = (project / PLAN).read_text(encoding="utf-8")
        notebook, digest = str(provenance["notebook"]), str(provenance["sha256"])
    except FileNotFoundError as error:
        raise ReadError(
            "this is no project of nb2pkg",
            location=location,
            why=f"It lacks {Path(str(error.filename)).name}.",
            hint=hint,
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(
            "what nb2pkg noted in the project can't be read", location=location, why=f"{error}.", hint="convert anew"
        ) from None
    named = _package_named(text)
    source = next((f for f in (project / "src", project) if named and (f / named / "__main__.py").is_file()), None)
    if source is None:
        why = f"There is no folder {named} in src, nor beside it." if named else "Its plan names no package."
        raise ReadError("the project has no package", location=location, why=why, hint="convert anew")
    return Origin(named, notebook, digest, project / PLAN, text, source)


def _package_named(plan: str) -> str:
    """Return the package that a plan names; its line stands above all tables."""
    for line in plan.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() == "package":
            try:
                return str(json.loads(value))
            except ValueError:
                return value.strip().strip("'")
    return ""
