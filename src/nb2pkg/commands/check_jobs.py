"""What is to be done with a file that is checked, and what came of it."""

from __future__ import annotations

import os

from nb2pkg.tuples import NamedTuple


class Job(NamedTuple):
    """A file to check.

    Args:
        path: of the file, as reports name it.
        status: of the file before it is read; None where it can't be asked.
        codes: the rules that are on.
        options: the numbers that rules go by.
        digest: of all that the result depends on beside the file.
        unguarded: let errors of ours through.
    """

    path: str
    status: os.stat_result | None
    codes: frozenset[str]
    options: tuple[int, ...]
    digest: str
    unguarded: bool = False
