"""What people wrote so that a finding is not reported: comments, tags of cells, metadata; and what is left of it.

```python
x = draw()  # noqa: NB301
x = draw()  # nb2pkg: ignore[NB301, NB4]
```

A comment behind code covers its statement. One on a line of its own that names codes covers what comes next, and the
whole cell where it stands above all code. `# noqa` of other tools counts for ours, too, and is never called unused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

if TYPE_CHECKING:  # most notebooks hold no suppression: what reads them is loaded for the others
    from typing import Protocol

    from nb2pkg.lint.directives import Suppression

    class CellLike(Protocol):
        """What is needed of a cell; line ends of its source are line feeds."""

        @property
        def number(self) -> int:
            """From 1, all kinds of cells counted."""

        @property
        def source(self) -> str:
            """As written."""

        @property
        def kind(self) -> str:
            """`code`, `markdown` or `raw`."""

        @property
        def tags(self) -> frozenset[str]:
            """Of its metadata."""

        @property
        def metadata(self) -> Mapping[str, Any]:
            """As saved."""


Suppressions = tuple["Suppression", ...]
Used = frozenset[tuple[int, int]]  # index of a suppression, index of one of its entries


def find_suppressions(cells: Iterable[CellLike], notebook_metadata: Mapping[str, Any]) -> Suppressions:
    """Return what hides findings in a notebook, in the order in which it stands there."""
    found: list[Suppression] = []
    if "nb2pkg" in notebook_metadata:
        from nb2pkg.lint.directives import of_metadata

        found += of_metadata(notebook_metadata, Place())
    for cell in cells:
        source = cell.source if cell.kind == "code" and _may_suppress(cell.source) else ""
        if source or any("nb2pkg" in tag.lower() for tag in cell.tags) or "nb2pkg" in cell.metadata:
            from nb2pkg.lint.directives import of_cell

            found += of_cell(cell.number, source, cell.tags, cell.metadata)
    return tuple(found)


def _may_suppress(source: str) -> bool:
    lower = source.lower() if "#" in source else ""
    return "noqa" in lower or "nb2pkg" in lower


def apply(findings: Iterable[Finding], suppressions: Suppressions) -> tuple[tuple[Finding, ...], Used]:
    """Return the findings that nothing hides, and what hid the others."""
    if not suppressions:
        return tuple(findings), frozenset()
    from nb2pkg.lint.directives import Index

    index = Index(suppressions)
    left: list[Finding] = []
    used: set[tuple[int, int]] = set()
    for finding in findings:
        hiding = [*index.hiding(finding)]
        used.update(hiding)
        if not hiding:
            left.append(finding)
    return tuple(left), frozenset(used)


def unused(suppressions: Suppressions, used: Used, enabled: Collection[str]) -> tuple[Finding, ...]:
    """Return findings (NB707) of suppressions that hid nothing and of codes that no rule has.

    Args:
        suppressions: of the notebook.
        used: those that hid a finding.
        enabled: codes of the rules that looked at this notebook; others may have use for their suppressions.
    """
    if not suppressions or "NB707" not in enabled:
        return ()
    from nb2pkg.lint.unused import find_unused

    return find_unused(suppressions, used, enabled)
