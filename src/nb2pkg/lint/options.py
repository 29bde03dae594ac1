"""The numbers that rules go by, each of which `[tool.nb2pkg]` may change."""

from __future__ import annotations

from nb2pkg.tuples import NamedTuple


class Options(NamedTuple):
    """Where a rule begins to complain."""

    max_statements: int = 40  # NB403: of a cell
    min_stages: int = 3  # NB404: in one cell
    max_crossing: int = 10  # NB405: names into a cell and out of it
    max_top_level_lines: int = 100  # NB407: without a function
    max_depth: int = 3  # NB410: of loops and branches at top level
    max_output_bytes: int = 1_000_000  # NB703: of a cell
