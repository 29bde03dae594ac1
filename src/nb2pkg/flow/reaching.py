"""Reaching definitions of straight-line code (Aho, Lam, Sethi, Ullman: Compilers, section 9.2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nb2pkg.names import DefUse


def reaching(statements: Iterable[DefUse]) -> tuple[Mapping[str, frozenset[int]], ...]:
    """Return, per statement, the numbers of the statements that may have bound each name that it reads.

    Args:
        statements: what each of them does with names, in order.
    """
    current: dict[str, frozenset[int]] = {}
    found: list[Mapping[str, frozenset[int]]] = []
    for index, names in enumerate(statements):
        found.append({n: current[n] for n in sorted(names.uses | names.late_uses) if n in current})
        for name in names.defs:
            old = frozenset() if name in names.kills else current.get(name, frozenset())
            current[name] = old | {index}
    return tuple(found)
