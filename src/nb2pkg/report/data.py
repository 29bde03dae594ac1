"""What `convert` tells people about the data: what was copied, what is missing, what stays on one machine."""

from __future__ import annotations

from nb2pkg.model import Project
from nb2pkg.project.data_files import place_of, size_text


def data_lines(project: Project, folder: str, *, with_data: bool) -> list[str]:
    """Return lines of the summary; none where the package reads no files.

    Args:
        project: what was made.
        folder: where it was written.
        with_data: small files were to be copied.
    """
    needs = project.plan.needs
    copied: list[str] = []
    others: list[str] = []
    for row in needs.data:
        place = place_of(needs.folder, row.path)
        held = bool(place) and any(name == place or name.startswith(f"{place}/") for name in project.files)
        size = f" ({size_text(row.size)})" if row.size >= 0 else ""
        if held:
            copied.append(f"{place}{size}")
        elif place and not row.path.endswith("/"):
            others.append(f"{place}{size}")
    lines = [f"  data copied: {_listed(copied)}"] if copied else []
    if with_data and others:
        lines.append(f"  data to be put into {folder}: {_listed(others)}; see data/README.md")
    moved = [row for row in needs.data if row.origin and row.setting]
    for row in moved:
        lines.append(f"  config.{row.setting} is {row.origin} where that is there, else {row.path}")
    return lines


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
