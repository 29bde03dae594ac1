"""A line of source as a terminal shows it, and where its columns stand there."""

from __future__ import annotations

TAB = 4  # columns
WIDEST = 160  # characters of a line that are shown
_BEFORE = 40  # of them before the column that is meant, where the line is longer
_LINE_ENDS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")


def printable(text: str) -> str:
    """Return text with what would break a line or move a terminal's cursor written as an escape (`\\x1b`).

    Args:
        text: what may come from a notebook: control characters, directions of writing, halves of surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable() or (character.isspace() and character not in _LINE_ENDS):
        return character
    return character.encode("unicode_escape").decode("ascii")


def marked(source: str, column: int, end_column: int) -> tuple[str, str, str]:
    """Return a line, the blanks before the mark under its columns, and the mark: `^~~~`.

    Args:
        source: the line.
        column: the first that is meant, in characters from 1.
        end_column: the one behind the last; 0 or less than the first: one column is meant.
    """
    start = min(max(column - 1, 0), len(source))
    end = min(max(end_column - 1, start), len(source))
    source, start, end = _cut(source, start, end)
    if source.isascii() and source.isprintable():
        return source, " " * start, _mark(end - start)
    before, width = _shown(source[:start], 0)
    middle, behind = _shown(source[start:end], width)
    rest, _ = _shown(source[end:], behind)
    return (before + middle + rest).rstrip(" "), " " * width, _mark(behind - width)


def _mark(width: int) -> str:
    return "^" + "~" * (width - 1)


def _cut(source: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the part of a long line that is shown, and the columns in it."""
    if len(source) <= WIDEST:
        return source, start, end
    first = max(0, min(start - _BEFORE, len(source) - WIDEST))
    last = first + WIDEST
    left, right = "…" if first else "", "…" if last < len(source) else ""
    moved = len(left) - first
    return f"{left}{source[first:last]}{right}", start + moved, min(end, last) + moved


def _shown(text: str, column: int) -> tuple[str, int]:
    """Return text as it is shown from a column on, and the column behind it."""
    import unicodedata  # only for lines that are not plain

    parts = []
    for character in text:
        part = " " * (TAB - column % TAB) if character == "\t" else _escaped(character)
        parts.append(part)
        if part != character:
            column += len(part)
        elif unicodedata.east_asian_width(character) in "WF":
            column += 2
        elif unicodedata.category(character) not in ("Mn", "Me"):  # those stand over the one before
            column += 1
    return "".join(parts), column
