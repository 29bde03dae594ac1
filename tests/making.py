"""Small notebooks for tests, and what nb2pkg knows of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.model import Flow, Project
from nb2pkg.pipeline import convert_notebook


def notebook(tmp_path: Path, *cells: str | Mapping[str, Any], name: str = "small_book.ipynb") -> Path:
    """Write a notebook and return its path.

    Args:
        tmp_path: the folder.
        cells: code; text that begins with `#md ` is a Markdown cell, a mapping is taken as the cell itself.
        name: the file's name.
    """
    items = [_cell(number, cell) for number, cell in enumerate(cells, 1)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": items, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def _cell(number: int, cell: str | Mapping[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = {"id": f"c{number}", "metadata": {}}
    if not isinstance(cell, str):
        return {**base, **cell}
    if cell.startswith("#md "):
        return {**base, "cell_type": "markdown", "source": cell.removeprefix("#md ")}
    return {**base, "cell_type": "code", "source": cell, "outputs": [], "execution_count": None}


def analysed(tmp_path: Path, *cells: str | Mapping[str, Any]) -> Flow:
    """Return the flow of a notebook of these cells."""
    return analyse(read_notebook(notebook(tmp_path, *cells)))


def converted(tmp_path: Path, *cells: str | Mapping[str, Any], name: str = "small_book.ipynb") -> Project:
    """Return the project, in memory, that a notebook of these cells becomes."""
    return convert_notebook(notebook(tmp_path, *cells, name=name))


def code_of(project: Project) -> dict[str, str]:
    """Return the package's modules: name without `.py` -> text."""
    prefix = f"src/{project.package}/"
    return {
        name[len(prefix) : -3]: data.decode("utf-8")
        for name, data in project.files.items()
        if name.startswith(prefix) and name.endswith(".py")
    }


def named_notebooks(text: str) -> dict[str, tuple[str, ...]]:
    """Return the notebooks of a text: name -> cells. `==== name` begins a notebook, a line of `---` ends a cell."""
    found = re.findall(r"^==== (.+)\n((?:(?!====).*\n)+)", text, flags=re.M)
    return {name: tuple(cell.strip("\n") for cell in re.split(r"^---\n", body, flags=re.M)) for name, body in found}
