"""A generated project as its mutants see it: which modules came of the notebook, and which cell a line came from."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import Nb2pkgError

# Modules that tell the notebook's story in lines of the notebook, though no unit of the plan stands there.
_STORY = ("pipeline",)
_CLIMBING = re.compile(r"""["']\.\.|\.parents?\b|\bdirname\b|\bpardir\b""")


class ProjectError(Nb2pkgError):
    """The folder is no project that nb2pkg has written."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where lines of the package stood in the notebook.

    Attributes:
        of_function: module.function -> the cells of its unit.
        of_text: a line of the notebook, without spaces -> the cells that it stands in.
    """

    of_function: Mapping[str, tuple[int, ...]]
    of_text: Mapping[str, tuple[int, ...]]

    def of(self, module: str, function: str, text: str) -> tuple[int, ...]:
        """Return the cells of a statement: those of its function, or the one among them that holds its text."""
        cells = self.of_function.get(f"{module}.{function}", ())
        same = self.of_text.get(_bare(text), ())
        within = tuple(cell for cell in same if not cells or cell in cells)
        return within if len(within) == 1 else cells


@dataclass(frozen=True, slots=True)
class Generated:
    """A project on disk.

    Attributes:
        modules: name -> text, of the modules made of the notebook.
        texts: path below the project -> text, of every file of the package.
        tests: path below the project -> text, of every Python file below `tests`.
        source: the folder that holds the package, relative to the project; empty for the project itself.
    """

    folder: Path
    package: str
    modules: Mapping[str, str]
    texts: Mapping[str, str]
    tests: Mapping[str, str]
    cells: Cells
    source: str = "src"

    def path_of(self, module: str) -> str:
        """Return the path of a module below the project."""
        return PurePosixPath(self.source, self.package, f"{module}.py").as_posix()


def read_project(folder: Path) -> Generated:
    """Read a project.

    Raises:
        ProjectError: it isn't one, or its files can't be read.
    """
    provenance = _provenance(folder)
    source, package = _package(folder)
    root = folder / source / package
    texts = {p.relative_to(folder).as_posix(): _text(p) for p in sorted(root.rglob("*.py"))}
    names = {str(unit.get("module", "")) for unit in provenance["units"]} | set(_STORY)
    paths = {name: (root / f"{name}.py").relative_to(folder).as_posix() for name in sorted(names)}
    tests = folder / "tests"
    return Generated(
        folder,
        package,
        {name: texts[path] for name, path in paths.items() if path in texts},
        texts,
        {f"tests/{p.relative_to(tests).as_posix()}": _text(p) for p in sorted(tests.rglob("*.py"))},
        Cells(_cells_of_functions(provenance), _cells_of_texts(folder, str(provenance.get("notebook", "")))),
        source,
    )


def _provenance(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / ".nb2pkg" / "provenance.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{folder}: no project of nb2pkg",
            why="It has no .nb2pkg/provenance.json that can be read.",
            hint="name the folder that `nb2pkg convert` wrote",
        ) from error
    if not isinstance(data, dict) or not isinstance(data.get("units"), list):
        raise ProjectError(f"{folder}: .nb2pkg/provenance.json lists no units")
    return data


def _package(folder: Path) -> tuple[str, str]:
    """Return where the package lies and its name: the one below `src` that has our command line, or the only one.

    In layouts without `src` it lies in the project itself.
    """
    packages = [path.parent.name for path in sorted((folder / "src").glob("*/__init__.py"))]
    ours = [name for name in packages if (folder / "src" / name / "cli.py").exists()]
    for names in (ours, packages):
        if len(names) == 1:
            return "src", names[0]
    above = [path.parent.name for path in sorted(folder.glob("*/cli.py")) if (path.parent / "__init__.py").exists()]
    if not packages and len(above) == 1:
        return "", above[0]
    raise ProjectError(
        f"{folder}: can't tell its package", why=f"Below src there are: {', '.join(packages) or 'none'}."
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ProjectError(f"{path}: can't be read", why=str(error)) from error


def _cells_of_functions(provenance: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for unit in provenance["units"]:
        if unit.get("unit"):
            numbers = {statement["number"] for statement in unit["statements"]}
            found.setdefault(f"{unit['module']}.{unit['unit']}", set()).update(numbers)
    return {name: tuple(sorted(cells)) for name, cells in found.items()}


def _cells_of_texts(folder: Path, name: str) -> dict[str, tuple[int, ...]]:
    """Return the lines of the project's copy of the notebook; none when it can't be read."""
    copies = [path for path in (folder / "notebooks" / name, folder / "notebook" / name) if path.is_file()]
    if not copies:
        return {}
    try:
        cells = read_notebook(copies[0]).cells
    except Nb2pkgError:
        return {}
    found: dict[str, list[int]] = {}
    for cell in cells:
        for text in {_bare(text) for text in (*cell.source.splitlines(), *_statements(cell.source))} - {""}:
            found.setdefault(text, []).append(cell.number)
    return {text: tuple(numbers) for text, numbers in found.items()}


def _statements(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            yield ast.get_source_segment(source, node) or ""


def _bare(text: str) -> str:
    """Return a text without what formatting changes."""
    return "".join(text.split()).replace("'", '"').replace(",)", ")").replace(",]", "]")


def libraries_of(project: Generated) -> tuple[str, ...]:
    """Return the modules that the package imports besides itself and the standard library, in order of their names."""
    found: set[str] = set()
    for text in project.texts.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    beside = {path.name.removesuffix(".py") for path in (project.folder / project.source).iterdir()}
    return tuple(sorted(name for name in found if name.split(".")[0] not in beside | sys.stdlib_module_names))


def looks_above(project: Generated) -> bool:
    """Say whether the package may look into the folders above its working directory."""
    return any(_CLIMBING.search(text) for text in project.modules.values())
