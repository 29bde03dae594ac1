"""The `[[changes]]` of plan.toml: where a package is meant to differ from its notebook, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nb2pkg.model import Change, Flow
from nb2pkg.plan.toml_text import toml_string

_KEYS = ("cell", "name", "reason")


class ChangeError(ValueError):
    """A row does not fit; `needle` is what to look for in the file."""

    def __init__(self, message: str, needle: str) -> None:
        super().__init__(message)
        self.needle = needle


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Yield the changes as TOML."""
    for change in changes:
        yield "[[changes]]"
        if change.cells:
            yield f"cell = {change.cells[0] if len(change.cells) == 1 else list(change.cells)}"
        if change.name:
            yield f"name = {toml_string(change.name)}"
        yield f"reason = {toml_string(change.reason)}"
        yield ""


def read_changes(rows: Any, flow: Flow) -> tuple[Change, ...]:
    """Return the changes that a plan names.

    Args:
        rows: the file's.
        flow: the notebook.

    Raises:
        ChangeError: a row does not fit the notebook, or gives no reason.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ChangeError("`changes` are tables: [[changes]]", "changes")
    return tuple(_change(row, flow) for row in rows)


def _change(row: Mapping[str, Any], flow: Flow) -> Change:
    unknown = [key for key in row if key not in _KEYS]
    if unknown:
        raise ChangeError(f"a change has no `{unknown[0]}`; there are: {', '.join(_KEYS)}", f"{unknown[0]} =")
    reason = row.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ChangeError("a change needs a `reason`: why the package is meant to differ there", "[[changes]]")
    cells, name = _cells(row.get("cell", []), flow), row.get("name", "")
    bound = frozenset[str]().union(*(s.names.defs | s.names.late_writes for s in flow.statements))
    if not isinstance(name, str) or (name and name not in bound):
        raise ChangeError(f"the notebook has no variable {name!r}", f"name = {json.dumps(name, ensure_ascii=False)}")
    if not cells and not name:
        raise ChangeError("a change names a `cell`, or a `name`, or both", "[[changes]]")
    return Change(reason.strip(), cells, name)


def _cells(value: Any, flow: Flow) -> tuple[int, ...]:
    """Return the numbers of cells; one alone need not stand in a list."""
    numbers = value if isinstance(value, list) else [value]
    code = {cell.number for cell in flow.notebook.cells if cell.kind == "code"}
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise ChangeError(f"`cell` is the number of a cell, not {number!r}", "cell =")
        if number not in code:
            raise ChangeError(f"the notebook has no code cell {number}", f"cell = {value}")
    return tuple(numbers)
