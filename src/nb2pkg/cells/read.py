"""Reads a notebook file: the one entry of this package."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from nb2pkg.cells.calls import Lowered, Scene
from nb2pkg.cells.cellwise import lower_cells
from nb2pkg.cells.document import Document, RawCell, check_language, is_python2, read_document
from nb2pkg.cells.hide import hide_secrets
from nb2pkg.cells.modules import local_modules
from nb2pkg.cells.percent import read_markdown, read_percent
from nb2pkg.cells.secrets import Secret, find_secrets, name_secrets
from nb2pkg.cells.text import ends_in_semicolon
from nb2pkg.errors import ReadError, RefusedError
from nb2pkg.model import Cell, Finding, LocalModule, Location, Notebook


def read_notebook(path: Path, *, keep_going: bool = False) -> Notebook:
    """Read a notebook and lower its IPython syntax to Python.

    Args:
        path: an .ipynb file, a .py file in the percent format, or a .md file that jupytext reads.
        keep_going: put a stub that raises where a magic has no conversion.

    Returns:
        The notebook with its cells, requirements and local modules.

    Raises:
        ReadError: the file is no notebook.
        RefusedError: the notebook holds something that has no right conversion.
    """
    data = _bytes(path)
    location = Location(str(path))
    document = _document(path, data, location)
    check_language(document, location)
    if not any(cell.kind == "code" and cell.source.strip() for cell in document.cells):
        raise RefusedError("the notebook has no code", location=location, why="There is nothing to make a package of.")
    folder = path.parent
    lowered = lower_cells(document, Scene(str(path), folder=folder, keep_going=keep_going))
    secrets = _secrets(document, lowered)
    named = {secret.value: secret.env_name for _, secret in secrets}
    cells = tuple(_cell(raw, low, named) for raw, low in zip(document.cells, lowered, strict=True))
    numbered = [(raw.number, low) for raw, low in zip(document.cells, lowered, strict=True)]
    return Notebook(
        path=str(path),
        cells=cells,
        language="python",
        digest=hashlib.sha256(data).hexdigest(),
        raw=data,
        requirements=tuple((item, number) for number, low in numbered for item in low.requirements),
        system_packages=tuple((item, number) for number, low in numbered for item in low.system_packages),
        local_modules=_modules(cells, lowered, folder),
        neighbours=_neighbours(folder),
        findings=(
            *_kernel_findings(document, location),
            *(finding for low in lowered for finding in low.findings),
            *(_secret_finding(str(path), number, secret) for number, secret in secrets),
        ),
    )


def _modules(cells: tuple[Cell, ...], lowered: list[Lowered], folder: Path) -> tuple[LocalModule, ...]:
    written = [item for low in lowered for item in low.written]
    run = [item for low in lowered for item in low.run]
    return local_modules([cell.python for cell in cells], folder, written, run)


def _neighbours(folder: Path) -> tuple[str, ...]:
    """Return what `import` would find beside the notebook."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return ()
    return tuple(p.stem for p in entries if p.suffix == ".py" or _may_shadow(p))


def _may_shadow(path: Path) -> bool:
    """True for a folder that Python may take for a package; a project of ours holds its package deeper."""
    return path.name.isidentifier() and path.is_dir() and not (path / ".nb2pkg").is_dir()


def notebook_secrets(notebook: Notebook) -> tuple[Secret, ...]:
    """Return the secrets in all cells of a notebook, named as its code names them, for `blank_secrets`."""
    found = [secret for cell in notebook.cells for secret in find_secrets(cell.source)]
    return tuple(name_secrets(found))


def _secrets(document: Document, lowered: list[Lowered]) -> list[tuple[int, Secret]]:
    """Return the secrets of all cells with the numbers of the cells; also those that only show in lowered code."""
    found: list[tuple[int, Secret]] = []
    for raw, low in zip(document.cells, lowered, strict=True):
        own = find_secrets(raw.source)
        values = {secret.value for secret in own}
        if low.python != raw.source:
            mapped = [
                replace(secret, line=low.lines[secret.line - 1] if secret.line <= len(low.lines) else 1)
                for secret in find_secrets(low.python)
                if secret.value not in values
            ]
            own = (*own, *mapped)
        found += [(raw.number, secret) for secret in own]
    named = name_secrets(secret for _, secret in found)
    return [(number, secret) for (number, _), secret in zip(found, named, strict=True)]


def _secret_finding(path: str, number: int, secret: Secret) -> Finding:
    return Finding(
        "secret",
        f"the cell holds a secret ({secret.kind}): it is read from the environment variable {secret.env_name} instead",
        Location(path, number, secret.line, secret.column),
        "warning",
        why="Whoever sees the package or the notebook could use it.",
        hint="withdraw the secret, and set the variable before running",
    )


def _kernel_findings(document: Document, location: Location) -> tuple[Finding, ...]:
    if not is_python2(document):
        return ()
    message = "the notebook was saved with Python 2, but all of its cells are Python 3 as well"
    why = "Its saved outputs may differ: division, text and dictionaries work in other ways."
    return (Finding("python2", message, location, "warning", why, "run it with a Python 3 kernel and save it"),)


def _bytes(path: Path) -> bytes:
    location = Location(str(path))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ReadError("there is no such file", location=location, hint="check the name and the folder") from None
    except IsADirectoryError:
        raise ReadError("this is a folder, not a notebook", location=location, hint="name a notebook in it") from None
    except PermissionError:
        raise ReadError("the file may not be read", location=location, why="Its permissions don't allow it.") from None
    except (OSError, ValueError) as error:
        raise ReadError("the file can't be read", location=location, why=f"{error}.") from None


def _document(path: Path, data: bytes, location: Location) -> Document:
    suffix = path.suffix.lower()
    if suffix == ".py":
        return read_percent(data, location)
    if suffix in {".md", ".markdown"}:
        return read_markdown(data, location)
    return read_document(data, location)


def _cell(raw: RawCell, lowered: Lowered, named: dict[str, str]) -> Cell:
    python, lines = hide_secrets(lowered.python, lowered.lines, named) if named else (lowered.python, lowered.lines)
    return Cell(
        number=raw.number,
        id=raw.id,
        kind=raw.kind,
        source=raw.source,
        python=python,
        lines=lines,
        outputs=raw.outputs,
        tags=raw.tags,
        execution_count=raw.execution_count,
        silent=ends_in_semicolon(python),
        skipped=lowered.skipped,
    )
