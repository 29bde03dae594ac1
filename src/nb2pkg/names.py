"""The sets of names that a piece of code defines and uses.

Apart from the model, and no dataclass, as the linter needs it in a process that has some milliseconds.
"""

from __future__ import annotations

from nb2pkg.tuples import NamedTuple


class DefUse(NamedTuple):
    """What a piece of code does with the notebook's names.

    `kills` is what it surely binds, `defs` what it may bind; `uses` are reads of a value from before it, `must_uses`
    those that surely happen when it completes; `late_uses` are read when a function (lambda, generator) made here is
    called, and `late_writes` are bound then (`global`).
    """

    defs: frozenset[str] = frozenset()
    kills: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    must_uses: frozenset[str] = frozenset()
    late_uses: frozenset[str] = frozenset()
    late_writes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
