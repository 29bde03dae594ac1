"""Reads notebooks kept as text: the percent format natively, Markdown through jupytext."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from nb2pkg.cells.document import Document, RawCell, read_document
from nb2pkg.errors import ReadError
from nb2pkg.model import Location

_MARK = re.compile(
    r"^#\s*%%(?!%)(?P<title>[^\[{=]*?)\s*(?:\[(?P<kind>markdown|md|raw)\])?\s*(?P<options>(?:[\w.-]+=.*)?)$"
)
_OPTION = re.compile(r"""([\w.-]+)\s*=\s*(\[[^\]]*\]|"[^"]*"|'[^']*'|\S+)""")
_COMMENTED_MAGIC = re.compile(r"^(\s*)#\s?(?=%%?[A-Za-z]|![A-Za-z.~/]|[A-Za-z_][\w, ]*=\s*[!%][A-Za-z])")
_KINDS: dict[str, Literal["code", "markdown", "raw"]] = {"markdown": "markdown", "md": "markdown", "raw": "raw"}


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The lines below a cell mark."""

    kind: Literal["code", "markdown", "raw"]
    options: str
    lines: tuple[str, ...]


def read_percent(data: bytes, location: Location) -> Document:
    """Return the cells of a Python file whose cells are marked by `# %%`.

    Args:
        data: the file's bytes.
        location: the file, for errors.

    Raises:
        ReadError: the file is no text, or marks no cells.
    """
    lines = _text(data, location).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header, lines = _header(lines)
    chunks = _chunks(lines)
    if not chunks:
        why = "No line of it starts a cell by `# %%`."
        raise ReadError(
            "the file is not a notebook", location=location, why=why, hint="mark its cells, or name an .ipynb file"
        )
    cells = tuple(_cell(chunk, number, magics=bool(header)) for number, chunk in enumerate(chunks, start=1))
    language = re.search(r"^#\s+language:\s*(\S+)", "\n".join(header), re.M)
    return Document(cells, language=language[1] if language else "")


def read_markdown(data: bytes, location: Location) -> Document:
    """Return the cells of a Markdown notebook.

    Args:
        data: the file's bytes.
        location: the file, for errors.

    Raises:
        ReadError: jupytext is not installed, or can't read the file.
    """
    text = _text(data, location)
    try:
        import jupytext
    except ImportError:
        hint = "pip install jupytext"
        raise ReadError(
            "Markdown notebooks are read by jupytext, which is not installed", location=location, hint=hint
        ) from None
    try:
        content = jupytext.reads(text, fmt="md")
    except Exception as error:  # what jupytext raises is not documented
        raise ReadError(
            "jupytext can't read the file", location=location, why=f"{type(error).__name__}: {error}"
        ) from None
    return read_document(json.dumps(content).encode("utf-8"), location)


def _text(data: bytes, location: Location) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(
            "the file is not a notebook", location=location, why=f"It is not UTF-8 text (byte {error.start})."
        ) from None
    if not text.strip():
        raise ReadError("the file is empty", location=location)
    return text


def _header(lines: list[str]) -> tuple[list[str], list[str]]:
    """Split off the commented YAML block that jupytext writes at the top."""
    if not lines or not re.fullmatch(r"#\s*---\s*", lines[0]):
        return [], lines
    for number, line in enumerate(lines[1:], start=1):
        if re.fullmatch(r"#\s*---\s*", line):
            return lines[: number + 1], lines[number + 1 :]
        if not line.startswith("#"):
            break
    return [], lines


def _chunks(lines: list[str]) -> list[_Chunk]:
    marks = [(number, match) for number, line in enumerate(lines) if (match := _MARK.match(line))]
    if not marks:
        return []
    chunks = []
    before = tuple(lines[: marks[0][0]])
    if any(line.strip() for line in before):
        chunks.append(_Chunk("code", "", before))
    ends = [number for number, _ in marks[1:]] + [len(lines)]
    for (number, match), end in zip(marks, ends, strict=True):
        chunks.append(
            _Chunk(_KINDS.get(match["kind"] or "", "code"), match["options"] or "", tuple(lines[number + 1 : end]))
        )
    return chunks


def _cell(chunk: _Chunk, number: int, *, magics: bool) -> RawCell:
    options = {name: value.strip("\"'") for name, value in _OPTION.findall(chunk.options)}
    tags = re.findall(r"[\w.-]+", options.get("tags", ""))
    lines = list(chunk.lines)
    if chunk.kind == "code":
        source = "\n".join(_COMMENTED_MAGIC.sub(r"\1", line) for line in lines) if magics else "\n".join(lines)
    else:
        source = _prose(lines)
    return RawCell(number, f"cell-{number}", chunk.kind, source.strip("\n"), tags=frozenset(tags))


def _prose(lines: list[str]) -> str:
    """Return the text of a cell that is written as comments or as one string."""
    text = "\n".join(lines).strip()
    for quotes in ('"""', "'''"):
        if text.startswith(quotes) and text.endswith(quotes) and len(text) >= 6:
            return text[3:-3].strip("\n")
    return "\n".join(re.sub(r"^#\s?", "", line) for line in lines)
