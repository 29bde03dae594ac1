"""Lets uv write a project's lock file. It asks registries, so it runs only when people want it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from nb2pkg.errors import RunError


def has_uv() -> bool:
    """Tell whether uv can be called."""
    return shutil.which("uv") is not None


def lock_project(folder: Path) -> None:
    """Write `uv.lock` into a project.

    Args:
        folder: of the project.

    Raises:
        RunError: uv finds no versions that go together, or reaches no registry.
    """
    command = ["uv", "lock", "--project", str(folder.resolve()), "--no-progress"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode or not (folder / "uv.lock").is_file():
        said = done.stderr.strip() or done.stdout.strip() or "it says nothing"
        raise RunError(
            "uv can't lock the project: nothing was written",
            why="\n  ".join(said.splitlines()[-12:]),
            hint="correct versions in the plan (nb2pkg plan --format toml, convert --plan), or convert without --lock",
        )
