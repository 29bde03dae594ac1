"""Verifies packages with planted defects; a notebook runs only once for all of its defects."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from seeded import Seeded, notebook_of

import nb2pkg.run.verify as verify_module
from nb2pkg.model import Notebook
from nb2pkg.pipeline import convert_notebook, plan_of_project
from nb2pkg.project.write import write_project
from nb2pkg.run.files import signatures
from nb2pkg.run.limits import Limits
from nb2pkg.run.notebook import Execution
from nb2pkg.run.notebook import execute as real_execute
from nb2pkg.run.verdict import Report

LIMITS = Limits(timeout=300)


class Bench:
    """Notebooks with their projects, and how often and with what outcome they were executed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.done: dict[str, list[tuple[Execution, Path]]] = {}
        self.asked = 0

    def verify(self, name: str, edits: Mapping[str, tuple[str, str]] | None = None) -> Report:
        """Return the report on a package in some of whose modules one text became another.

        Args:
            name: of the notebook.
            edits: module -> (text, what it becomes).
        """
        path = notebook_of(name, self.home / "notebooks")
        project = self.home / "projects" / f"{name}-{len(list(self.home.glob('projects/*')))}"
        write_project(convert_notebook(path), project)
        for module, (old, new) in (edits or {}).items():
            file = project / "src" / name / f"{module}.py"
            text = file.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{module}.py has {text.count(old)} times {old!r}"
            file.write_text(text.replace(old, new), encoding="utf-8")
        flow, plan, notes = plan_of_project(path, project)
        self.asked = 0
        with mock.patch.object(verify_module, "execute", self.execute):
            return verify_module.verify(flow, plan, project, limits=LIMITS, notes=notes)

    def seed(self, defect: Seeded) -> Report:
        """Return the report on a package with a defect."""
        return self.verify(defect.notebook, {defect.module: (defect.old, defect.new)})

    def execute(self, notebook: Notebook, folder: Path, **options: Any) -> Execution:
        """Execute a notebook for the first or second time, or do as if, with the files that it writes."""
        runs = self.done.setdefault(notebook.path, [])
        number, self.asked = self.asked, self.asked + 1
        if number == len(runs):
            before = signatures(folder)
            execution = real_execute(notebook, folder, **options)
            kept = self.home / "kept" / f"{Path(notebook.path).stem}-{number}"
            for name, signature in signatures(folder).items():
                if before.get(name) != signature:
                    (kept / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(folder / name, kept / name)
            runs.append((execution, kept))
        elif runs[number][1].exists():
            shutil.copytree(runs[number][1], folder, dirs_exist_ok=True)
        return runs[number][0]
