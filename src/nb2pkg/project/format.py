"""Formats generated Python with black."""

from __future__ import annotations

from functools import lru_cache

import black

_MODE = black.Mode()
WIDTH = _MODE.line_length


@lru_cache(maxsize=256)
def format_code(source: str) -> str:
    """Return code as black lays it out; code that black can't handle comes back as it is."""
    try:
        return black.format_str(source, mode=_MODE)
    except (black.parsing.InvalidInput, black.InvalidInput, RecursionError, ValueError):  # type: ignore[attr-defined]
        return source
