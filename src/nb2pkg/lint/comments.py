"""The comments of a cell as written, magics included, and the lines of code that each speaks of.

`tokenize` does not fit: it refuses magics, shell lines and half-written cells, each release other ones. What is needed
here is only where strings end and which lines belong together.
"""

from __future__ import annotations

import re
from functools import cache

from nb2pkg.tuples import NamedTuple

_MAGICS_WITH_PYTHON = "time|timeit|capture|prun|memit|mprun|debug|px|pyinstrument|scalene|heat"
_QUOTES = ('"""', "'''", '"', "'")


class Comment(NamedTuple):
    """A comment, from its `#` to the end of the line.

    Args:
        start: offset of the `#` in the source.
        end: offset after its last character.
        line: that it stands in, from 1.
        alone: no code stands before it.
        first: line of the code that it speaks of: of the statement that it stands behind, else the next one;
            its own line where there is none.
        last: line of that code.
        leading: it stands alone above the first code of the cell.
    """

    start: int
    end: int
    line: int
    alone: bool
    first: int
    last: int
    leading: bool


def comments(source: str) -> tuple[Comment, ...]:
    """Return the comments of a code cell in order; a cell in another language has those of its first line.

    Args:
        source: of the cell, with line feeds as line ends.
    """
    scan = _Scan(source)
    end = len(source)
    if source.startswith("%%") and not re.match(rf"%%(?:{_MAGICS_WITH_PYTHON})\b", source):
        end = source.find("\n") if "\n" in source else end
    scan.run(end)
    return tuple(scan.resolved(found) for found in scan.found)


class _Found(NamedTuple):
    start: int
    end: int
    line: int
    alone: bool
    inside: bool  # of brackets
    statement: int  # index of the code line that it stands behind, or the next one


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    """Return what starts something, and what may end each kind of string; most runs need neither."""
    tokens = re.compile(r"\"\"\"|'''|[\"'#()\[\]{}\n]|\\\n?|[^\s\"'#()\[\]{}\\]+")
    ends = {quote: re.compile(rf"\\.|{quote}" + ("" if quote[1:] else r"|\n"), re.S) for quote in _QUOTES}
    return tokens, ends


class _Scan:
    """One walk through a cell: where comments stand, and which lines a code line goes over."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.found: list[_Found] = []
        self._statements: list[tuple[int, int, bool]] = []  # first line, last line, it is a decorator
        self._line = 1
        self._first = 0  # line in which the code line began; 0: it has not
        self._decorator = self._magic = self._header = False
        self._depth = 0

    def run(self, end: int) -> None:
        """Walk to an offset of the source."""
        tokens, _ = _patterns()
        at = 0
        while match := tokens.search(self._source, at, end):
            at = match.end()
            token = match.group()
            if token == "\n":
                self._newline()
            elif token == "#":
                at = self._comment(match.start(), end)
            elif token == "\\\n":
                self._line += 1
            else:
                self._begin(token)
                if token in _QUOTES:
                    at = self._string(match.start(), token, end)
                elif not self._magic and token in "([{":
                    self._depth += 1
                elif not self._magic and token in ")]}":
                    self._depth = max(0, self._depth - 1)
        self._close()

    def _begin(self, token: str) -> None:
        """Note where a code line begins, and what it is."""
        if self._first:
            return
        self._first = self._line
        self._decorator = token[0] == "@"
        self._magic = token[0] in "%!"
        self._header = self._line == 1 and token.startswith("%%")

    def _newline(self) -> None:
        if not self._depth:
            self._close()
        self._line += 1

    def _close(self) -> None:
        if self._first and not self._header:  # a `%%` line must be the first one, so nothing can stand above
            self._statements.append((self._first, self._line, self._decorator))
        self._first = 0
        self._magic = self._header = False

    def _comment(self, start: int, end: int) -> int:
        """Note a comment; return where it ends."""
        stop = self._source.find("\n", start, end)
        stop = end if stop < 0 else stop
        line_start = self._source.rfind("\n", 0, start) + 1
        alone = not self._source[line_start:start].strip()
        # The header is no statement, but a comment may stand behind it.
        index = -1 if self._header else len(self._statements)
        self.found.append(_Found(start, stop, self._line, alone, alone and self._first > 0, index))
        return stop

    def _string(self, start: int, quote: str, end: int) -> int:
        """Return where a string ends; one that lacks its end may hold a comment behind the last `#` of the line."""
        _, ends = _patterns()
        stop, closed, match = end, False, None
        for match in ends[quote].finditer(self._source, start + len(quote), end):
            if match.group() in (quote, "\n"):
                stop, closed = match.end(), match.group() == quote
                break
        if not closed and len(quote) == 1:  # an apostrophe of a shell line, say
            stop = match.start() if match and match.group() == "\n" else stop
            self._line += self._source.count("\n", start, stop)
            line_start = self._source.rfind("\n", start, stop) + 1
            mark = self._source.rfind("#", max(start, line_start), stop)
            return self._comment(mark, end) if mark >= 0 else stop
        self._line += self._source.count("\n", start, stop)
        return stop

    def resolved(self, found: _Found) -> Comment:
        """Return a comment with the code that it speaks of."""
        first = last = found.line
        index = found.statement
        if found.inside:
            last += 1
        elif 0 <= index < len(self._statements):
            first, last, _ = self._statements[index]
            while found.alone and self._statements[index][2] and index + 1 < len(self._statements):
                index += 1  # what is decorated
                last = self._statements[index][1]
        leading = found.alone and not found.inside and found.statement == 0
        return Comment(found.start, found.end, found.line, found.alone, first, last, leading)
