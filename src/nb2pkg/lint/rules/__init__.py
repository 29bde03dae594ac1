"""The rules of the linter, one file each; `table` lists them."""

from __future__ import annotations

from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nb2pkg.lint.findings import Finding
    from nb2pkg.lint.notebook import Notebook
    from nb2pkg.lint.rules.table import Row


def load(row: Row) -> Callable[[Notebook], Iterable[Finding]]:
    """Return the check of a rule, importing its file: a hook pays only for the rules that it needs."""
    from importlib import import_module

    check: Callable[[Notebook], Iterable[Finding]] = import_module(row.module).check
    return check
