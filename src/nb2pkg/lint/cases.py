"""The examples that a rule's file holds: notebooks that it must report, and look-alikes that it must not.

They are text, and become notebooks here:

    #=== bad | a cell without display has an output
    # %% count=1 out=42
    a = 1
    #=== good | the file lies beside the notebook | files=data.csv:a\\n1
    # %% [markdown]
    # Words
    # %%
    #!%time open("data.csv").read()

`#!` hides IPython's syntax. A cell may have `count=3`, `out=text` (stdout), `err=text` (stderr), `display=text`
(the value of its last line), `error=NameError: why` and `tags=a,b`. A case may have `files=name:content,name`,
`name=Untitled.ipynb`, `language=R`, `kernel=ir`, and `raw=yes` where what follows is no notebook but the text of the
file; `options=max_depth:2,min_stages:4` sets the numbers that rules go by. `\\n` in a value is the end of a line.
"""

from __future__ import annotations

import json
import re
from typing import Literal

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

Kind = Literal["bad", "good"]

_HEAD = "#==="
_CELL = re.compile(r"# %%(?: \[(markdown|raw)\])?[ \t]*(.*)")
_OPTION = re.compile(r"(?:^|\s)(count|out|err|display|error|tags)=")
_CASE_OPTIONS = {"files", "name", "language", "kernel", "raw", "options"}


class CaseError(ValueError):
    """The text of a case is not in the format."""


class CaseCell(NamedTuple):
    """One cell of a case, as it is written: its kind, what its head says, its source."""

    kind: str  # code, markdown, raw
    options: dict[str, str]
    source: str


class Case(NamedTuple):
    """One example: is it reported, why, and the notebook with what lies beside it."""

    kind: Kind
    why: str
    options: dict[str, str]  # what its head says
    name: str = "notebook.ipynb"
    cells: tuple[CaseCell, ...] = ()
    files: tuple[tuple[str, str], ...] = ()  # name, text
    raw: str | None = None  # the text of the file, where that is no notebook

    @property
    def notebook(self) -> dict[str, Any]:
        """The notebook as JSON holds it."""
        language = self.options.get("language", "python")
        kernel = self.options.get("kernel", "python3")
        return {
            "cells": [_cell_json(cell, number) for number, cell in enumerate(self.cells, 1)],
            "metadata": {
                "kernelspec": {"display_name": kernel, "language": language, "name": kernel},
                "language_info": {"name": language},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers that rules go by, where the case sets them."""
        pairs = (part.partition(":") for part in self.options.get("options", "").split(",") if part)
        return {name.strip(): int(number) for name, _, number in pairs}

    @property
    def data(self) -> bytes:
        """The bytes of the notebook's file."""
        text = self.raw if self.raw is not None else json.dumps(self.notebook, indent=1, ensure_ascii=False) + "\n"
        return text.encode("utf-8")


def parse_cases(text: str) -> tuple[Case, ...]:
    """Return the cases that a text holds, in its order; raise CaseError where it isn't in the format."""
    blocks: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line.startswith(_HEAD):
            blocks.append((line[len(_HEAD) :], []))
        elif blocks:
            blocks[-1][1].append(line)
        elif line.strip():
            raise CaseError(f"text before the first {_HEAD}: {line}")
    return tuple(_case(head, lines) for head, lines in blocks)


def _case(head: str, lines: list[str]) -> Case:
    kind, _, rest = (part.strip() for part in head.partition("|"))
    why, *fields = (part.strip() for part in rest.split(" | "))
    if kind not in ("bad", "good") or not why:
        raise CaseError(f"not `{_HEAD} bad | why` or `{_HEAD} good | why`: {_HEAD}{head}")
    options = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if name not in _CASE_OPTIONS or not equals:
            raise CaseError(f"unknown option {field!r}: {_HEAD}{head}")
        options[name] = value
    return Case(
        kind="bad" if kind == "bad" else "good",
        why=why,
        name=options.get("name", "notebook.ipynb"),
        cells=() if "raw" in options else tuple(_cells(lines)),
        options=options,
        files=tuple(_files(options.get("files", ""))),
        raw="\n".join(lines) if "raw" in options else None,
    )


def _files(text: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in text.split(",") if part)
    return [(name.strip(), _lines(content)) for name, _, content in pairs]


def _lines(value: str) -> str:
    return value.replace("\\n", "\n")


def _cells(lines: list[str]) -> list[CaseCell]:
    cells: list[tuple[str, dict[str, str], list[str]]] = []
    for line in lines:
        if head := _CELL.fullmatch(line):
            cells.append((head[1] or "code", _cell_options(head[2]), []))
        elif cells:
            cells[-1][2].append(line)
        elif line.strip():
            raise CaseError(f"text before the first cell: {line}")
    return [CaseCell(kind, options, _source(kind, content)) for kind, options, content in cells]


def _cell_options(text: str) -> dict[str, str]:
    """Return what a cell's head says; a value goes on to the next `name=`, so it may hold blanks."""
    found = list(_OPTION.finditer(text))
    if text.strip() and (not found or text[: found[0].start()].strip()):
        raise CaseError(f"a cell has no {text!r}")
    ends = [*(match.start() for match in found), len(text)][1:]
    return {match[1]: _lines(text[match.end() : end]) for match, end in zip(found, ends, strict=True)}


def _source(kind: str, lines: list[str]) -> str:
    if kind == "markdown":
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    else:
        lines = [re.sub(r"^([ \t]*)#!", r"\1", line) for line in lines]
    return "\n".join(lines).strip("\n")


def _cell_json(cell: CaseCell, number: int) -> dict[str, Any]:
    options = cell.options
    metadata = {"tags": options["tags"].split(",")} if "tags" in options else {}
    saved: dict[str, Any] = {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": metadata}
    if cell.kind == "code":
        count = int(options["count"]) if "count" in options else None
        saved |= {"execution_count": count, "outputs": _outputs(options, count)}
    return saved | {"source": cell.source.splitlines(keepends=True)}


def _outputs(options: dict[str, str], count: int | None) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    for option, stream in (("out", "stdout"), ("err", "stderr")):
        if option in options:
            text = f"{options[option]}\n".splitlines(keepends=True)
            outputs.append({"name": stream, "output_type": "stream", "text": text})
    if "display" in options:
        data = {"text/plain": options["display"].splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    if "error" in options:
        name, _, why = options["error"].partition(": ")
        outputs.append({"ename": name, "evalue": why, "output_type": "error", "traceback": []})
    return outputs
