"""Headings of a notebook, as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nb2pkg.model import Cell

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$", re.M)


def headings_of(cells: Sequence[Cell]) -> dict[int, str]:
    """Return, per cell number, the last heading above it (or in it)."""
    found: dict[int, str] = {}
    current = ""
    for cell in cells:
        if cell.kind == "markdown":
            titles = _HEADING.findall(_without_fences(cell.source))
            if titles:
                current = plain_text(titles[-1][1])
        found[cell.number] = current
    return found


def _without_fences(text: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1\s*$", "", text, flags=re.M | re.S)


# C0, DEL, C1, the separators that end a line elsewhere, and marks that turn the direction of what follows.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Emphasis begins and ends at the border of a word: `train_data_2.csv` and `7*7` hold none. Japanese has no blanks
# between words, so that stars may follow any of its letters.
_EMPHASIS = (
    re.compile(r"(?<![\w*])(\*{1,3})(?![\s*])(.{1,300}?)(?<![\s*])\1(?![\w*])", re.ASCII),
    re.compile(r"(?<!\w)(_{1,3})(?![\s_])(.{1,300}?)(?<![\s_])\1(?!\w)"),
    re.compile(r"(?<![\w~])(~{2})(?![\s~])(.{1,300}?)(?<![\s~])\1(?![\w~])", re.ASCII),
)


def plain_text(text: str) -> str:
    """Return a heading without Markdown and HTML marks, and without control characters."""
    text = CONTROLS.sub(" ", text[:2000])
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("`", "")
    for pattern in _EMPHASIS * 2:  # each may stand within another
        text = pattern.sub(r"\2", text)
    return re.sub(r"\s+", " ", text).strip()
