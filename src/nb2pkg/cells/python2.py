"""Tells Python 2 from code that is merely broken."""

from __future__ import annotations

import re

_LINE = (
    r"\bprint\s+[^\s(=.,]|\bprint\s*>>|\bexec\s+[\"']|\braise\s+\w+\s*,|\bexcept\b[^#]*,\s*\w+\s*:|<>"
    r"|\b0\d+L?\b|\b\d+L\b|\bur['\"]"
)
_LONGEST = 500


def is_python2(line: str) -> bool:
    """Return whether a line that Python 3 can't parse looks like Python 2."""
    return re.search(_LINE, re.sub(r"'[^']*'?|\"[^\"]*\"?", "''", line[:_LONGEST])) is not None
