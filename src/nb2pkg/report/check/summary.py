"""The last lines of a report: all that a run prints when nothing was found, so nothing is imported for it."""

from __future__ import annotations

from collections.abc import Sequence


def summary(counts: Sequence[tuple[int, int]]) -> str:
    """Return how much was found, and how much of that --fix mends.

    Args:
        counts: of each file, its findings and how many of them have a safe fix.
    """
    found, files = sum(count for count, _ in counts), f"{len(counts)} notebook{'' if len(counts) == 1 else 's'}"
    if not found:
        return f"No findings in {files}.\n"
    hit, fixable = sum(1 for count, _ in counts if count), sum(fixable for _, fixable in counts)
    mended = f"{fixable} fixable with --fix\n" if fixable else ""
    return f"Found {found} finding{'' if found == 1 else 's'} in {hit} of {files}.\n{mended}"
