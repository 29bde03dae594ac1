"""How a plan names the statements of a notebook: by cell id and number in the cell, so that it survives moved cells."""

from __future__ import annotations

from nb2pkg.model import Flow


def cell_ids(flow: Flow) -> dict[int, str]:
    """Return, per statement, `cellid:2` for the second statement of that cell."""
    found: dict[int, str] = {}
    count: dict[str, int] = {}
    for statement in flow.statements:
        count[statement.cell_id] = count.get(statement.cell_id, 0) + 1
        found[statement.index] = f"{statement.cell_id}:{count[statement.cell_id]}"
    return found
