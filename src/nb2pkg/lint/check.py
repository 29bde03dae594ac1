"""One file -> its findings: a pure function of the file's bytes, the rules that are on, and the files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nb2pkg.lint.beside import Beside
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules import load
from nb2pkg.lint.rules.table import ROWS, Row
from nb2pkg.lint.source import PYTHON, UnreadableError, read_source
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    Check = Callable[[Notebook], Iterable[Finding]]

_NO_OPTIONS = Options()
_MOST_LINES = 200_000  # of code: their trees take a gigabyte
# What is worth saying of a file in another language.
_ANY_LANGUAGE = frozenset({"NB103", "NB106", "NB702", "NB703", "NB705"})


def check_bytes(
    data: bytes, path: str, codes: frozenset[str], folder: str = "", options: Options = _NO_OPTIONS
) -> tuple[Finding, ...]:
    """Return the findings in a notebook, sorted; nothing of it is executed.

    Args:
        data: the file.
        path: its name; the ending tells scripts from notebooks.
        codes: the rules that are on.
        folder: where it lies, for rules that look at the files beside it; empty: nowhere.
        options: the numbers that rules go by.
    """
    return findings_of(read(data, path, folder, options), codes)


def read(data: bytes, path: str, folder: str = "", options: Options = _NO_OPTIONS) -> Notebook | Finding:
    """Return the notebook that the rules look at, or the finding that it can't be read."""
    try:
        source = read_source(data, path)
    except UnreadableError as error:
        return error.finding
    lines = sum(cell.source.count("\n") + 1 for cell in source.cells if cell.kind == "code")
    if lines > _MOST_LINES:
        message = f"the file is not a notebook that can be read: it has {lines} lines of code"
        return Finding(Place(), "NB101", "error", message, "move what is data out of its cells into files")
    return Notebook(path, source, data.decode("utf-8-sig", "replace"), beside=Beside(folder), options=options)


def findings_of(notebook: Notebook | Finding, codes: frozenset[str]) -> tuple[Finding, ...]:
    """Return what the rules that are on find in a notebook, sorted and each once."""
    if isinstance(notebook, Finding):
        return (notebook,)  # whatever is selected: nothing else can be said of the file
    if notebook.source.language.lower() not in PYTHON:
        codes &= _ANY_LANGUAGE
    found = {finding for row in rows(notebook, codes) for finding in load(row)(notebook)}
    return tuple(sorted(found, key=sorting_key))


def sorting_key(finding: Finding) -> tuple[object, ...]:
    """Return what findings are sorted by: where they stand, then what they say."""
    return (*finding.place, finding.code, finding.message)


def rows(notebook: Notebook, codes: frozenset[str]) -> Iterator[Row]:
    """Yield the rules that are on and may find something in a notebook."""
    for row in ROWS:
        if row.code in codes:
            text = notebook.text if row.anywhere else notebook.code_text
            if not row.words or any(word in text for word in row.words):
                yield row
