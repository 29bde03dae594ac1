"""Modules that lie beside a notebook, or that its cells write, and that it imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.cells.purity import is_pure
from nb2pkg.cells.text import parse
from nb2pkg.model import LocalModule

_LARGEST = 1_000_000  # bytes of a file that comes along and is no code
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages"}


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    files: tuple[tuple[str, bytes], ...]
    written: bool

    @property
    def code(self) -> list[bytes]:
        return [content for name, content in self.files if name.endswith(".py")]


def local_modules(
    sources: Iterable[str], folder: Path, written: Iterable[tuple[str, str]], run: Iterable[str] = ()
) -> tuple[LocalModule, ...]:
    """Return the modules that code imports from a folder, and those that they import from it.

    Args:
        sources: the Python of the cells.
        folder: the notebook's folder; nothing outside of it is read.
        written: (path, text) of the Python files that cells write.
        run: paths of files that cells run, whose imports count as well.
    """
    made = {path: text.encode("utf-8") for path, text in written}
    found: dict[str, _Module] = {}
    names = [name for source in sources for name in imported_names(source)]
    names += [
        name for path in run for name in imported_names(_decoded(made.get(path) or _read(folder / path, folder) or b""))
    ]
    names += [Path(path).parts[0].removesuffix(".py") for path in made]
    while names:
        name = names.pop()
        if name in found or name in sys.stdlib_module_names:
            continue
        module = _module(name, folder, made)
        if module is not None:
            found[name] = module
            names += [inner for content in module.code for inner in imported_names(_decoded(content))]
    pure = _pure_names(found)
    return tuple(LocalModule(m.name, m.files, m.name in pure, m.written) for _, m in sorted(found.items()))


def imported_names(source: str) -> list[str]:
    """Return the top-level names of the modules that code imports anywhere, relative imports aside."""
    if "import" not in source:
        return []
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.append(node.module.split(".")[0])
    return names


def _module(name: str, folder: Path, made: dict[str, bytes]) -> _Module | None:
    """Return a module or package with all of its files; what a cell writes comes before what lies there."""
    own = {path: text for path, text in made.items() if path == f"{name}.py" or path.startswith(f"{name}/")}
    files: dict[str, bytes] = {}
    package = folder / name
    if _is_folder(package, folder):
        files |= _package_files(package, folder)
    if f"{name}/__init__.py" not in files:
        single = _read(folder / f"{name}.py", folder)
        # A module comes before a folder without __init__.py.
        files = {f"{name}.py": single} if single is not None else files
    files |= own
    return _Module(name, tuple(sorted(files.items())), bool(own)) if files else None


def _is_folder(path: Path, folder: Path) -> bool:
    try:
        return path.is_dir() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False


def _package_files(package: Path, folder: Path) -> dict[str, bytes]:
    """Return the code of a package, and the small files that it may read."""
    files: dict[str, bytes] = {}
    for path in sorted(package.rglob("*")):
        relative = path.relative_to(folder)
        if any(part in _SKIPPED_FOLDERS or part.startswith(".") for part in relative.parts):
            continue
        if path.suffix in {".pyc", ".ipynb"} or not (path.suffix == ".py" or _is_small(path)):
            continue
        content = _read(path, folder)
        if content is not None:
            files[relative.as_posix()] = content
    return files if any(name.endswith(".py") for name in files) else {}


def _is_small(path: Path) -> bool:
    try:
        return path.stat().st_size <= _LARGEST
    except OSError:
        return False


def _read(path: Path, folder: Path) -> bytes | None:
    """Return the content of a file that really lies in the folder."""
    try:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def _decoded(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _pure_names(modules: dict[str, _Module]) -> frozenset[str]:
    """Return the modules whose import only defines names, as do those that they import."""
    pure = {name for name, module in modules.items() if all(is_pure(_decoded(content)) for content in module.code)}
    while True:
        left = {
            name
            for name in pure
            if all(
                inner in pure or inner not in modules
                for content in modules[name].code
                for inner in imported_names(_decoded(content))
            )
        }
        if left == pure:
            return frozenset(pure)
        pure = left
