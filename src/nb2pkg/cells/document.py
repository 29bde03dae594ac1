"""Bytes of an .ipynb file -> its cells as plain values, tolerant of what Jupyter itself tolerates."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from nb2pkg.errors import ReadError, RefusedError
from nb2pkg.model import Location, Output

_LARGE = 4_000_000
_CHUNK = 1 << 20
_HINT_SAVE = "open the notebook in Jupyter and save it again, or restore an older version"


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as saved."""

    number: int
    id: str
    kind: Literal["code", "markdown", "raw"]
    source: str
    outputs: tuple[Output, ...] = ()
    tags: frozenset[str] = frozenset()
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A notebook as saved: its cells, and what it says of its language."""

    cells: tuple[RawCell, ...]
    language: str = ""
    kernel: str = ""
    version: str = ""


def read_document(data: bytes, location: Location) -> Document:
    """Return the cells of a notebook of format 3 or 4.

    Args:
        data: the file's bytes.
        location: the file, for errors.

    Raises:
        ReadError: the bytes are no notebook that can be read.
    """
    content = _load(data, location)
    if not isinstance(content, dict):
        raise ReadError(
            "the file is not a notebook", location=location, why="It is JSON, but not an object with cells."
        )
    major = content.get("nbformat")
    if not isinstance(major, int) or isinstance(major, bool):
        raise ReadError("the file is not a notebook", location=location, why="It names no notebook format.")
    if major < 3:
        why = f"Format {major} has not been written since 2011."
        raise ReadError(
            f"notebook format {major} is too old",
            location=location,
            why=why,
            hint="run `jupyter nbconvert --to notebook` of an old Jupyter on it",
        )
    if major > 4:
        raise ReadError(
            f"notebook format {major} is unknown",
            location=location,
            why="Formats 3 and 4 are known.",
            hint="update nb2pkg, or save the notebook as format 4",
        )
    content = upgraded(content) if major == 3 else content
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise ReadError("the file is not a notebook", location=location, why="It has no list of cells.")
    return _document(content, cells, location, ids=major == 4)


def _load(data: bytes, location: Location) -> Any:
    if not data or data.isspace():
        raise ReadError("the file is empty", location=location, hint=_HINT_SAVE)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    try:
        return json.loads(_text(data), object_pairs_hook=_slim)
    except UnicodeDecodeError as error:
        raise ReadError(
            "the file is not a notebook", location=location, why=f"It is not UTF-8 text (byte {error.start})."
        ) from None
    except json.JSONDecodeError as error:
        place = replace(location, line=error.lineno, column=error.colno)
        raise ReadError("the notebook's JSON is broken", location=place, why=f"{error.msg}.", hint=_HINT_SAVE) from None
    except (RecursionError, MemoryError):
        raise ReadError("the notebook's JSON is nested too deeply", location=location, hint=_HINT_SAVE) from None
    except ValueError as error:
        raise ReadError("the notebook's JSON is broken", location=location, why=f"{error}.", hint=_HINT_SAVE) from None


def _text(data: bytes) -> str:
    """Return the text of a JSON file; large ones in ASCII, as one emoji makes a string four bytes a character wide."""
    if len(data) < _LARGE or data.isascii():
        return data.decode("utf-8")
    decoder = codecs.getincrementaldecoder("utf-8")()
    starts = range(0, len(data), _CHUNK)
    return "".join([_escaped(decoder.decode(data[at : at + _CHUNK], final=at + _CHUNK >= len(data))) for at in starts])


def _escaped(text: str) -> str:
    return text if text.isascii() else text.encode("ascii", _JSON_ESCAPES).decode("ascii")


def _json_escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


_JSON_ESCAPES = "nb2pkg.json"
codecs.register_error(_JSON_ESCAPES, _json_escape)


def _slim(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object without the payloads of images and the like, which nothing reads, and with lines joined."""
    return {
        key: "" if "/" in key and key not in _TEXTS and _is_payload(value) else _whole(key, value)
        for key, value in pairs
    }


_TEXTS = frozenset({"text", "text/plain"})  # saved as lists of lines, each of which would cost more than its letters


def _whole(key: str, value: Any) -> Any:
    return _joined(value) if key in _TEXTS and isinstance(value, list) else value


def _is_payload(value: Any) -> bool:
    return isinstance(value, (str, list, dict))


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook of format 3 as one of format 4: worksheets are joined, headings are markdown."""
    sheets = content.get("worksheets")
    cells = [
        _upgraded_cell(cell)
        for sheet in (sheets if isinstance(sheets, list) else [])
        for cell in (_mapping(sheet).get("cells") or [])
        if isinstance(cell, dict)
    ]
    return {"metadata": content.get("metadata"), "cells": cells}


def _upgraded_cell(cell: dict[str, Any]) -> dict[str, Any]:
    kind, source = cell.get("cell_type"), _joined(cell.get("source"))
    new = {"metadata": cell.get("metadata"), "cell_type": kind, "source": source}
    if kind == "heading":
        level = cell.get("level")
        marks = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1)
        return {**new, "cell_type": "markdown", "source": f"{marks} {source}"}
    if kind != "code":
        return new
    outputs = cell.get("outputs")
    mended = [_upgraded_output(output) for output in (outputs if isinstance(outputs, list) else [])]
    return {**new, "source": cell.get("input"), "execution_count": cell.get("prompt_number"), "outputs": mended}


_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
_OUTPUT_TYPES = {"pyout": "execute_result", "pyerr": "error"}


def _upgraded_output(output: Any) -> dict[str, Any]:
    old = _mapping(output)
    kind = old.get("output_type")
    data = {mime: old[key] for key, mime in _MIMES.items() if key in old}
    name = old.get("stream") or "stdout"
    return {**old, "output_type": _OUTPUT_TYPES.get(str(kind), kind), "data": data, "name": name}


def _document(content: dict[str, Any], cells: list[Any], location: Location, *, ids: bool) -> Document:
    metadata = _mapping(content.get("metadata"))
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    found = [_cell(cell, number, location) for number, cell in enumerate(cells, start=1)]
    return Document(
        cells=_with_ids(found if ids else [replace(cell, id="") for cell in found]),
        language=_string(kernel.get("language")) or _string(info.get("name")),
        kernel=_string(kernel.get("name")),
        version=_string(info.get("version")),
    )


def _cell(cell: Any, number: int, location: Location) -> RawCell:
    place = replace(location, cell=number)
    if not isinstance(cell, dict):
        raise ReadError("the cell is not an object", location=place, hint=_HINT_SAVE)
    if cell.get("cell_type") == "code" and not isinstance(cell.get("source"), (str, list)):
        raise ReadError(
            "the cell has no source", location=place, why="Jupyter can't open such a file either.", hint=_HINT_SAVE
        )
    source = _joined(cell.get("source")).replace("\r\n", "\n").replace("\r", "\n")
    try:
        source.encode("utf-8")
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        why = "A lone surrogate stands for no character and can't be written to a file."
        raise ReadError(
            "the cell holds half a character", location=replace(place, line=line), why=why, hint="delete it in the cell"
        ) from None
    kind = cell.get("cell_type")
    count = cell.get("execution_count")
    tags = _mapping(cell.get("metadata")).get("tags")
    return RawCell(
        number=number,
        id=_string(cell.get("id")),
        kind=kind if kind in ("code", "markdown") else "raw",
        source=source,
        outputs=_outputs(cell.get("outputs")) if kind == "code" else (),
        tags=frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset(),
        execution_count=count if isinstance(count, int) and not isinstance(count, bool) else None,
    )


def _outputs(outputs: Any) -> tuple[Output, ...]:
    found = [_output(output) for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    return tuple(output for output in found if output)


def _output(output: dict[str, Any]) -> Output | None:
    kind = output.get("output_type")
    if kind == "stream":
        return Output("stream", _string(output.get("name")) or "stdout", _joined(output.get("text")))
    if kind == "error":
        return Output("error", _string(output.get("ename")), _string(output.get("evalue")))
    if kind in ("display_data", "execute_result"):
        data = _mapping(output.get("data"))
        return Output(
            kind, text=_joined(data.get("text/plain")), mimes=tuple(key for key in data if isinstance(key, str))
        )
    return None


def _with_ids(cells: Iterable[RawCell]) -> tuple[RawCell, ...]:
    """Give each cell an id of its own, the same ones each time."""
    cells = list(cells)
    taken = {cell.id for cell in cells if cell.id}
    seen: set[str] = set()
    named = []
    for cell in cells:
        name = cell.id or f"cell-{cell.number}"
        if name in seen or (not cell.id and name in taken):
            name = next(f"{name}-{n}" for n in range(2, len(cells) + 3) if f"{name}-{n}" not in taken | seen)
        seen.add(name)
        named.append(replace(cell, id=name))
    return tuple(named)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return _string(value)


def check_language(document: Document, location: Location) -> None:
    """Refuse a notebook whose kernel is not Python.

    Raises:
        RefusedError: the notebook names another language.
    """
    language = document.language.lower()
    if language and language not in {"python", "ipython", "python2", "python3", "ipython2", "ipython3"}:
        raise RefusedError(
            f"the notebook is written in {document.language[:40]!r}, not in Python",
            location=location,
            why="Only notebooks with a Python kernel can be converted.",
        )


def is_python2(document: Document) -> bool:
    """Return whether the notebook was saved with a Python 2 kernel."""
    return (
        document.kernel.lower().startswith("python2")
        or document.version.startswith("2.")
        or document.language.lower() == "python2"
    )
