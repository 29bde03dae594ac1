"""Reads a notebook file: the one entry of this package."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nb2pkg.cells.calls import Lowered, Scene
from nb2pkg.cells.cellwise import lower_cells
from nb2pkg.cells.document import Document, RawCell, check_language, is_python2, read_document
from nb2pkg.cells.hide import blank_text, hide_secrets, is_sure, secret_texts
from nb2pkg.cells.module_secrets import module_secrets, without_secrets
from nb2pkg.cells.modules import local_modules
from nb2pkg.cells.percent import read_markdown, read_percent
from nb2pkg.cells.secrets import BLANK, Secret, find_known, find_secrets, find_shapes, name_secrets
from nb2pkg.cells.text import ends_in_semicolon
from nb2pkg.errors import ReadError, RefusedError
from nb2pkg.model import Cell, Finding, LocalModule, Location, Notebook

_READING = re.compile(r"""__nb_secret\(["'](\w+)["']\)""")
_LONGEST_OUTPUT = 100_000  # characters of a saved output that is searched for names


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
    lowered = _lowered(document, Scene(str(path), folder=folder, keep_going=keep_going))
    shown = _tokens(data)
    modules = _modules(lowered, folder)
    # All are named together: the same secret has the same variable in a cell and in a module.
    found = [*_secrets(document, lowered, shown, location), *module_secrets(modules)]
    secrets = [*zip((place for place, _ in found), name_secrets(secret for _, secret in found), strict=True)]
    texts, left = _all_texts(document, shown, [secret for _, secret in secrets])
    named = {secret.value: secret.env_name for _, secret in secrets}
    cells = tuple(_cell(raw, low, named, texts, location) for raw, low in zip(document.cells, lowered, strict=True))
    lowered = [_blanked(low, texts) for low in lowered] if texts else lowered
    read = {name for cell in cells for name in _READING.findall(cell.python)}
    read |= {secret.env_name for place, secret in secrets if isinstance(place, str)}
    numbered = [(raw.number, low) for raw, low in zip(document.cells, lowered, strict=True)]
    return Notebook(
        path=str(path),
        cells=cells,
        language="python",
        version=document.version,
        kernel=document.kernel,
        digest=hashlib.sha256(data).hexdigest(),
        raw=data,
        requirements=tuple((item, number) for number, low in numbered for item in low.requirements),
        system_packages=tuple((item, number) for number, low in numbered for item in low.system_packages),
        local_modules=without_secrets(modules, named) if named else modules,
        neighbours=_neighbours(folder),
        findings=(
            *_kernel_findings(document, location),
            *(finding for low in lowered for finding in low.findings),
            *(_secret_finding(path, place, secret, read) for place, secret in secrets),
            *(_left_finding(document, location, value, kind) for value, kind in left),
        ),
        secrets=texts,
        secret_variables=tuple(
            (secret.env_name, f"a secret that {_place_text(place)} held", secret.kind)
            for place, secret in secrets
            if secret.env_name in read
        ),
    )


def document_of(notebook: Notebook) -> Document:
    """Return the cells of a notebook as saved, secrets included: what must be executed."""
    return _document(Path(notebook.path), notebook.raw, Location(notebook.path))


def _modules(lowered: list[Lowered], folder: Path) -> tuple[LocalModule, ...]:
    written = [item for low in lowered for item in low.written]
    run = [item for low in lowered for item in low.run]
    return local_modules([low.python for low in lowered], folder, written, run)


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


def _lowered(document: Document, scene: Scene) -> list[Lowered]:
    """Lower the cells; an error tells no secret, as it may end in a log."""
    try:
        return lower_cells(document, scene)
    except RefusedError as error:
        texts = secret_texts(secret.value for raw in document.cells for secret in _own_secrets(raw))
        error.message, error.why, error.hint = (blank_text(t, texts) for t in (error.message, error.why, error.hint))
        error.args = (error.message,)
        raise


def _own_secrets(raw: RawCell) -> tuple[Secret, ...]:
    return find_secrets(raw.source, code=raw.kind == "code")


def _tokens(data: bytes) -> list[tuple[str, str, str]]:
    """Return (secret, kind, environment variable) of the tokens of known shapes in all of the file."""
    # Byte by byte, as one emoji would make the text four times as large; tokens are ASCII.
    found = [(value, kind, name) for _, value, kind, name in find_shapes(data.decode("latin-1"))]
    # A backslash is an escape of JSON within a URL, but for private keys.
    return [token for token in found if token[0].isascii() and ("\\" not in token[0] or "PRIVATE" in token[0])]


def _secrets(
    document: Document, lowered: list[Lowered], shown: list[tuple[str, str, str]], location: Location
) -> list[tuple[int | str, Secret]]:
    """Return the secrets of all cells with the numbers of the cells; also those that only show in lowered code."""
    found: list[tuple[int | str, Secret]] = []
    for raw, low in zip(document.cells, lowered, strict=True):
        own = _own_secrets(raw)
        # What shows a token to be one, such as its issuer's name, may stand in another cell.
        new = [token for token in shown if not any(token[0] in s.value or s.value in token[0] for s in own)]
        own = (*own, *find_known(raw.source, new))
        values = {secret.value for secret in own}
        if raw.kind == "code" and low.python != raw.source:
            mapped = [
                secret._replace(line=low.lines[secret.line - 1] if secret.line <= len(low.lines) else 1)
                for secret in find_secrets(low.python)
                if secret.value not in values
            ]
            own = (*own, *mapped)
        for secret in own:
            _check_whole(raw, secret, location)
        found += [(raw.number, secret) for secret in own]
    return found


def _check_whole(raw: RawCell, secret: Secret, location: Location) -> None:
    """Refuse a secret that the cell does not spell in one piece: the notebook's copy would keep the pieces."""
    if secret.value in raw.source or (secret.written and secret.written in raw.source):
        return
    raise RefusedError(
        f"a secret ({secret.kind}) is written in several pieces",
        location=replace(location, cell=raw.number, line=secret.line, column=secret.column),
        why="The copy of the notebook in the package would keep the pieces.",
        hint=f"withdraw it, and read it from os.environ[{secret.env_name!r}], or write it as one literal",
    )


def _all_texts(
    document: Document, shown: list[tuple[str, str, str]], secrets: list[Secret]
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return all texts to blank, and (secret, kind) of the tokens that stand in no source: in outputs, in metadata."""
    found = {text for secret in secrets for text in (secret.value, secret.written) if text}
    texts = secret_texts(found)
    left: dict[str, str] = {}
    for value, kind, _ in (*shown, *_printed(document)):
        if any(is_sure(text) and text not in texts for text in secret_texts([value])):
            left.setdefault(value, kind)
    return (secret_texts([*found, *left]) if left else texts), list(left.items())


def _printed(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield what saved outputs give to telling names: (secret, what it is, environment variable)."""
    for output in (output for cell in document.cells for output in cell.outputs):
        if len(output.text) <= _LONGEST_OUTPUT:
            for secret in find_secrets(output.text, code=False):
                kind = f"the value of {secret.env_name}" if secret.kind == "secret" else secret.kind
                yield secret.value, kind, secret.env_name


def _blanked(lowered: Lowered, texts: tuple[str, ...]) -> Lowered:
    """Return what the magics of a cell said without secrets."""
    return replace(
        lowered,
        findings=tuple(
            replace(
                f, message=blank_text(f.message, texts), why=blank_text(f.why, texts), hint=blank_text(f.hint, texts)
            )
            for f in lowered.findings
        ),
        requirements=tuple(_without_user(blank_text(item, texts)) for item in lowered.requirements),
        system_packages=tuple(blank_text(item, texts) for item in lowered.system_packages),
    )


def _without_user(requirement: str) -> str:
    """Return a requirement without a blanked user or password, which git asks for itself."""
    return re.sub(r"//[^/@\s]*@", "//", requirement) if BLANK in requirement else requirement


def _place_text(place: int | str) -> str:
    return place if isinstance(place, str) else f"cell {place}"


def _secret_finding(path: Path, place: int | str, secret: Secret, read: set[str]) -> Finding:
    """Return what to tell of a secret in a cell, by its number, or in a file beside the notebook."""
    used = secret.env_name in read
    become = f"it is read from the environment variable {secret.env_name} instead" if used else "it is blanked"
    holder = "the cell" if isinstance(place, int) else "a module beside the notebook"
    file, cell = (str(path), place) if isinstance(place, int) else (str(path.parent / place), 0)
    return Finding(
        "secret",
        f"{holder} holds a secret{'' if secret.kind == 'secret' else f' ({secret.kind})'}: {become}",
        Location(file, cell, secret.line, secret.column),
        "warning",
        why="Whoever sees the package or the notebook could use it.",
        hint=f"withdraw the secret{', and set the variable before running' if used else ''}",
    )


def _left_finding(document: Document, location: Location, value: str, kind: str) -> Finding:
    texts = secret_texts([value])
    shown = (c.number for c in document.cells for o in c.outputs if any(text in o.text for text in texts))
    return Finding(
        "secret",
        f"a saved output or the metadata holds a secret ({kind}): it is blanked in the copy of the notebook",
        replace(location, cell=next(shown, 0)),
        "warning",
        why="Whoever sees the notebook could use it.",
        hint="withdraw the secret",
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


def _cell(raw: RawCell, lowered: Lowered, named: dict[str, str], texts: tuple[str, ...], location: Location) -> Cell:
    python, lines = lowered.python, lowered.lines
    if named and python:
        python, lines = hide_secrets(python, lines, named, replace(location, cell=raw.number))
    return Cell(
        number=raw.number,
        id=raw.id,
        kind=raw.kind,
        source=blank_text(raw.source, texts),
        python=python,
        lines=lines,
        outputs=(
            tuple(replace(output, text=blank_text(output.text, texts)) for output in raw.outputs)
            if texts
            else raw.outputs
        ),
        tags=raw.tags,
        execution_count=raw.execution_count,
        silent=ends_in_semicolon(python),
        skipped=lowered.skipped,
    )
