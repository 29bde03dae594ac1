"""Bytes of a file -> the cells that the rules look at. Tolerant: what can't be read becomes one finding."""

from __future__ import annotations

import json

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

PYTHON = frozenset({"", "python", "ipython", "python2", "python3", "ipython2", "ipython3"})
_RESAVE = "open the notebook in Jupyter and save it again, or restore an older version"


class UnreadableError(Exception):
    """The bytes are no notebook: holds the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Output(NamedTuple):
    """One saved output: its kind, the name of its stream or error, its text, the MIME types of a display."""

    kind: str
    name: str = ""
    text: str = ""
    mimes: tuple[str, ...] = ()


class Cell:
    """A cell as saved, with lines ended by `\\n` alone.

    Args:
        number: from 1, all kinds of cells counted.
        id: the cell's id; empty where the file gives none.
        kind: code, markdown or raw.
        source: its text.
        metadata: what the file says of it.
        count: how many executions came before its last one, plus one; None where it says nothing.
        raw_outputs: the outputs as in the JSON.
    """

    __slots__ = ("count", "id", "kind", "metadata", "number", "raw_outputs", "source", "tags")

    def __init__(
        self,
        number: int,
        kind: str,
        source: str,
        *,
        id: str = "",
        metadata: dict[str, Any] | None = None,
        count: int | None = None,
        raw_outputs: list[Any] | None = None,
    ) -> None:
        self.number = number
        self.id = id
        self.kind = kind
        self.source = source
        self.metadata = metadata or {}
        self.count = count
        self.raw_outputs = raw_outputs or []
        tags = self.metadata.get("tags")
        self.tags = frozenset(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else frozenset[str]()

    @property
    def skipped(self) -> bool:
        """It is never executed."""
        return "skip-execution" in self.tags

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The saved outputs that can be read."""
        found = (_output(output) for output in self.raw_outputs if isinstance(output, dict))
        return tuple(output for output in found if output is not None)


class Source(NamedTuple):
    """A notebook as saved."""

    cells: tuple[Cell, ...]
    metadata: dict[str, Any]
    language: str = ""
    kernel: str = ""
    format: int = 4


def read_source(data: bytes, path: str) -> Source:
    """Return the cells of a notebook: JSON, or by its ending a script in the percent format or markdown.

    Raises:
        UnreadableError: it is no notebook.
    """
    if path.lower().endswith((".py", ".md", ".markdown")):
        return _text_source(data, path)
    content = _loaded(data)
    if not isinstance(content, dict):
        raise _unreadable("it is JSON, but not an object with cells")
    major = content.get("nbformat")
    if not isinstance(major, int) or isinstance(major, bool):
        raise _unreadable("it names no notebook format")
    if not 3 <= major <= 4:
        raise _unreadable(f"format {major} is {'too old' if major < 3 else 'unknown'}: formats 3 and 4 are known")
    if major == 3:
        from nb2pkg.cells.document import upgraded

        content = {**content, **upgraded(content)}
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise _unreadable("it has no list of cells")
    metadata = _mapping(content.get("metadata"))
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    text = _mapping(metadata.get("jupytext"))
    return Source(
        tuple(_cell(cell, number) for number, cell in enumerate(cells, start=1)),
        metadata,
        _string(kernel.get("language")) or _string(info.get("name")) or _string(text.get("main_language")),
        _string(kernel.get("name")),
        major,
    )


def _loaded(data: bytes) -> Any:
    if not data or data.isspace():
        raise _unreadable("the file is empty")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(f"it is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"its JSON is broken at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise _unreadable("its JSON is nested too deeply") from None
    except ValueError as error:
        raise _unreadable(f"its JSON is broken: {error}") from None


def _unreadable(why: str, cell: int = 0) -> UnreadableError:
    message = f"the file is not a notebook that can be read: {why}"
    return UnreadableError(Finding(Place(cell), "NB101", "error", message, _RESAVE))


def _cell(cell: Any, number: int) -> Cell:
    if not isinstance(cell, dict):
        raise _unreadable(f"cell {number} is not an object", number)
    kind, count = cell.get("cell_type"), cell.get("execution_count")
    raw = cell.get("source")
    if kind == "code" and not isinstance(raw, (str, list)):
        raise _unreadable(f"cell {number} has no source", number)
    source = joined(raw)
    if "\r" in source:
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    outputs = cell.get("outputs")
    return Cell(
        number,
        kind if kind in ("code", "markdown") else "raw",
        source,
        id=_string(cell.get("id")),
        metadata=_mapping(cell.get("metadata")),
        count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        raw_outputs=outputs if isinstance(outputs, list) and kind == "code" else None,
    )


def _text_source(data: bytes, path: str) -> Source:
    from nb2pkg.cells.percent import read_markdown, read_percent
    from nb2pkg.errors import Nb2pkgError
    from nb2pkg.model import Location

    read = read_percent if path.lower().endswith(".py") else read_markdown
    try:
        document = read(data, Location(path))
    except Nb2pkgError as error:
        raise _unreadable(error.message + (f" ({error.why.rstrip('.')})" if error.why else "")) from None
    cells = tuple(Cell(c.number, c.kind, c.source, id=c.id, metadata={"tags": [*c.tags]}) for c in document.cells)
    return Source(cells, {}, document.language, document.kernel, 0)


def _output(output: dict[str, Any]) -> Output | None:
    kind = output.get("output_type")
    if kind == "stream":
        return Output("stream", _string(output.get("name")) or "stdout", joined(output.get("text")))
    if kind == "error":
        return Output("error", _string(output.get("ename")), _string(output.get("evalue")))
    if kind in ("display_data", "execute_result"):
        data = _mapping(output.get("data"))
        return Output(
            str(kind), text=joined(data.get("text/plain")), mimes=tuple(k for k in data if isinstance(k, str))
        )
    return None


def joined(value: Any) -> str:
    """Return a text that the format saves as one string or as a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return _string(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
