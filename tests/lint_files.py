"""Random notebook files in the styles that editors save them in, and edits of their cells."""

from __future__ import annotations

import codecs
import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from nb2pkg.lint.findings import Edit

CHARACTERS = st.sampled_from(
    [*"ab #'\"\\/{}[],:\t", "\n", "\n", "\n", "é", "数", "😀", "\u2028", "\x0b", "\x7f", "\x00"]
)
TEXTS = st.lists(CHARACTERS, max_size=30).map("".join)
EDIT_TEXTS = st.lists(CHARACTERS, max_size=6).map("".join)


@dataclass(frozen=True)
class Style:
    """How a file is written."""

    indent: int | str | None = 1
    ascii: bool = False
    compact: bool = False
    crlf: bool = False
    mark: bool = False
    newline: bool = True

    def dump(self, notebook: Any) -> bytes:
        """Return the file."""
        separators = (",", ":") if self.compact else None
        text = json.dumps(notebook, indent=self.indent, ensure_ascii=self.ascii, separators=separators)
        text += "\n" if self.newline else ""
        text = text.replace("\n", "\r\n") if self.crlf else text
        return (codecs.BOM_UTF8 if self.mark else b"") + text.encode()


STYLES = st.builds(
    Style,
    indent=st.sampled_from([None, 1, 2, "\t"]),
    ascii=st.booleans(),
    compact=st.booleans(),
    crlf=st.booleans(),
    mark=st.booleans(),
    newline=st.booleans(),
)


def _ordered(draw: Any, fields: dict[str, Any]) -> dict[str, Any]:
    return {key: fields[key] for key in draw(st.permutations(sorted(fields)))}


@st.composite
def sources(draw: Any) -> str | list[str]:
    """A source as a string, or as a list of lines."""
    text = draw(TEXTS)
    if draw(st.sampled_from([False, False, False, True])):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        return str(text)
    lines = [f"{line}\n" for line in text.split("\n")]
    return [line for line in (*lines[:-1], lines[-1][:-1]) if line]


@st.composite
def notebooks(draw: Any) -> dict[str, Any]:
    """A notebook of format 4 with its keys in any order."""
    cells = []
    for number in range(draw(st.integers(0, 5))):
        cell = {"cell_type": "markdown", "metadata": {}, "source": draw(sources()), "id": f"c{number}"}
        if draw(st.booleans()):
            output = {"output_type": "stream", "name": "stdout", "text": draw(sources())}
            cell |= {"cell_type": "code", "execution_count": 3, "outputs": draw(st.sampled_from([[], [output]]))}
        cells.append(_ordered(draw, cell))
    return _ordered(
        draw, {"cells": cells, "metadata": {"cells": [{"source": "é"}]}, "nbformat": 4, "nbformat_minor": 5}
    )


def joined(source: str | list[str]) -> str:
    """Return the text of a source, with line ends as rules see them."""
    text = "".join(source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@st.composite
def edits(draw: Any, notebook: dict[str, Any]) -> tuple[Edit, ...]:
    """Edits of a notebook's cells that touch nowhere."""
    made = []
    for number, cell in enumerate(notebook["cells"], 1):
        length = len(joined(cell["source"]))
        offsets = sorted(draw(st.sets(st.integers(0, length), max_size=6)))
        pairs = zip(offsets[::2], offsets[1::2], strict=False)
        made += [Edit(number, start, end, draw(EDIT_TEXTS)) for start, end in pairs]
    return tuple(made)


def edited(notebook: dict[str, Any], made: Iterable[Edit]) -> dict[str, Any]:
    """Return a notebook with edits made the plain way: sources are joined, and strings."""
    new = with_joined_sources(notebook)
    for edit in sorted(made, reverse=True):
        cell = new["cells"][edit.cell - 1]
        cell["source"] = cell["source"][: edit.start] + edit.text + cell["source"][edit.end :]
    return new


def with_joined_sources(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook whose sources are strings with plain line ends."""
    new = copy.deepcopy(notebook)
    for cell in new["cells"]:
        cell["source"] = joined(cell["source"])
    return new


def loaded(data: bytes) -> Any:
    """Return the notebook in a file."""
    return json.loads(data.decode("utf-8-sig"))
