"""Patterns as people write them in .gitignore, and what they match: what git says, to the letter.

Most lines of a .gitignore are names (`build/`) and endings (`*.so`): those are looked up, and only the rest becomes
regular expressions, as compiling these costs more than walking a folder.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from nb2pkg.tuples import NamedTuple

Match = Callable[[str], object]

_SPECIAL = "*?[\\"
_MOST_STARS = 3  # in one regular expression: beyond that, backtracking may take for ever
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Token(NamedTuple):
    """A piece of a pattern: one character, or a star.

    Args:
        kind: `.` takes one character, `*` any number of them, `?` is what may be left out with the two after it.
        text: as a regular expression, of one character.
    """

    kind: str
    text: str


_STAR, _STARS, _OPTION = Token("*", "[^/]"), Token("*", "."), Token("?", "")
_SLASH = Token(".", "/")


def tokens_of(pattern: str) -> list[Token] | None:
    """Return the pieces of a pattern, or None where it can match nothing (`[a`, a backslash at the end)."""
    tokens: list[Token] = []
    at, length = 0, len(pattern)
    while at < length:
        char = pattern[at]
        if char == "*":
            end = at
            while end < length and pattern[end] == "*":
                end += 1
            at = _take_stars(pattern, at, end, tokens)
        elif char == "[":
            one, at = _class(pattern, at + 1)
            if not one:
                return None
            tokens.append(Token(".", one))
        elif char == "?":
            tokens.append(Token(".", "[^/]"))
            at += 1
        else:
            at += char == "\\"
            if at == length:
                return None
            tokens.append(Token(".", re.escape(pattern[at])))
            at += 1
    return tokens


def _take_stars(pattern: str, start: int, end: int, tokens: list[Token]) -> int:
    """Add what the stars from `start` to `end` mean; return where to go on."""
    alone = end - start > 1 and (start == 0 or pattern[start - 1] == "/")
    if alone and pattern.startswith("/", end):  # `**/x`: in this folder, or in any below
        if tokens[-3:] != [_OPTION, _STARS, _SLASH]:  # twice says the same
            tokens += [_OPTION, _STARS, _SLASH]
        return end + 1
    tokens.append(_STARS if alone and (end == len(pattern) or pattern.startswith("\\/", end)) else _STAR)
    return end


def _class(pattern: str, at: int) -> tuple[str, int]:
    """Return a `[...]` as a regular expression and where it ends; no expression: it is malformed."""
    negated = pattern.startswith(("!", "^"), at)
    at += negated
    found, before, first = "", "", at
    while at == first or not pattern.startswith("]", at):
        if at >= len(pattern):
            return "", at
        char = pattern[at]
        if pattern.startswith("[:", at):
            end = pattern.find("]", at + 2)
            if end < 0:
                return "", at
            name = pattern[at + 2 : end - 1]
            if end > at + 2 and pattern[end - 1] == ":":
                if name not in _CLASSES:
                    return "", at
                found, before, at = found + _CLASSES[name], "", end + 1
                continue
        if char == "-" and before and at + 1 < len(pattern) and pattern[at + 1] != "]":
            at += 1 + (pattern[at + 1] == "\\")
            if at >= len(pattern):
                return "", at
            # What stands before the dash is in already: a range that is upside down adds nothing to it.
            found += f"{re.escape(before)}-{re.escape(pattern[at])}" if before <= pattern[at] else ""
            before = ""
        else:
            at += char == "\\"
            if at >= len(pattern):
                return "", at
            before = pattern[at]
            found += re.escape(before)
        at += 1
    return f"(?!/)[{'^' * negated}{found}]", at + 1


def first_special(pattern: str) -> int:
    """Return where the first character stands that is more than itself, or the pattern's length."""
    found = [at for at in map(pattern.find, _SPECIAL) if at >= 0]
    return min(found) if found else len(pattern)


def compiled(pattern: str) -> Match | None:
    """Return what tells whether a text is matched as a whole, or None where nothing can be."""
    tokens = tokens_of(pattern)
    if tokens is None:
        return None
    if sum(token.kind == "*" for token in tokens) > _MOST_STARS:
        return _stepwise(tokens)
    parts = []
    for number, (kind, text) in enumerate(tokens):
        parts.append("(?:" if kind == "?" else f"{text}*" if kind == "*" else text)
        if number >= 2 and tokens[number - 2] is _OPTION:
            parts.append(")?")
    return re.compile("".join(parts), re.DOTALL).fullmatch


def _stepwise(tokens: list[Token]) -> Match:
    """Return a matcher that follows all ways at once: slow, but never slower than text times pattern."""
    steps = [(kind, re.compile(text, re.DOTALL).match) for kind, text in tokens]
    last = len(steps)

    def reached(states: Iterable[int]) -> set[int]:
        found, left = set(states), list(states)
        while left:
            at = left.pop()
            kind = steps[at][0] if at < last else "."
            for target in {".": (), "*": (at + 1,), "?": (at + 1, at + 3)}[kind]:
                if target not in found:
                    found.add(target)
                    left.append(target)
        return found

    def matches(text: str) -> bool:
        states = reached([0])
        for char in text:
            moved = [at if steps[at][0] == "*" else at + 1 for at in states if at < last and _takes(steps[at], char)]
            states = reached(moved)
        return last in states

    return matches


def _takes(step: tuple[str, Match], char: str) -> bool:
    return step[0] != "?" and bool(step[1](char))


class _Table:
    """The patterns of a list that can match files, or folders; numbers say which comes last."""

    __slots__ = ("endings", "names", "others", "paths", "suffixes")

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.paths: dict[str, int] = {}
        self.suffixes: list[tuple[str, int]] = []
        self.endings: tuple[str, ...] = ()
        self.others: list[tuple[int, bool, Match]] = []  # the number, whether it asks for the path, and how

    def last(self, path: str, name: str) -> int:
        """Return the number of the last pattern that matches, or -1."""
        found = self.names.get(name, -1)
        if self.paths:
            found = max(found, self.paths.get(path, -1))
        if self.endings and name.endswith(self.endings):
            found = max(found, *(number for suffix, number in self.suffixes if name.endswith(suffix)))
        for number, on_path, match in reversed(self.others):
            if number < found:
                break
            if match(path if on_path else name):
                return number
        return found


class Patterns:
    """A list of patterns, of which the last that matches counts.

    Args:
        lines: the patterns.
        base: the folder that they are relative to, with a slash at its end; empty: the root of what is asked for.
    """

    __slots__ = ("_files", "_folders", "_negative", "base")

    def __init__(self, lines: Iterable[str], base: str = "") -> None:
        self.base = base
        self._files, self._folders = _Table(), _Table()
        self._negative: set[int] = set()
        for number, line in enumerate(lines):
            self._add(number, line)
        for table in (self._files, self._folders):
            table.endings = tuple(suffix for suffix, _ in table.suffixes)

    def _add(self, number: int, line: str) -> None:
        negative, folders_only = line.startswith("!"), False
        line = line[negative:]
        if line.endswith("/"):
            line, folders_only = line[:-1], True
        on_path = "/" in line
        tables = (self._folders,) if folders_only else (self._folders, self._files)
        line = line[line.startswith("/") :]
        if not line:
            return
        if negative:
            self._negative.add(number)
        if first_special(line) == len(line):
            for table in tables:
                (table.paths if on_path else table.names)[line] = number
        elif not on_path and line[0] == "*" and first_special(line[1:]) == len(line) - 1:
            for table in tables:
                table.suffixes.append((line[1:], number))
        elif match := _matcher(line, on_path):
            for table in tables:
                table.others.append((number, on_path, match))

    def verdict(self, path: str, name: str, is_folder: bool) -> bool | None:
        """Return whether a path below the base is taken (True), taken back (False), or not spoken of.

        Args:
            path: from the same root as the base, with slashes.
            name: its last part.
            is_folder: so that patterns with a slash at their end count.
        """
        number = (self._folders if is_folder else self._files).last(path[len(self.base) :], name)
        return None if number < 0 else number not in self._negative

    def covers(self, path: str, is_folder: bool = False) -> bool:
        """Return whether a path, or a folder above it, is taken."""
        at = path.find("/", 1)
        while at >= 0:
            folder = path[:at]
            if self.verdict(folder, folder.rpartition("/")[2], True):
                return True
            at = path.find("/", at + 1)
        return bool(self.verdict(path, path.rpartition("/")[2], is_folder))


def _matcher(pattern: str, on_path: bool) -> Match | None:
    """Return the test of a pattern with wildcards."""
    if not on_path:
        return compiled(pattern)
    start = first_special(pattern)
    # Git compares what comes before the first wildcard, and then the rest as if it stood alone: so `a**/b` has a
    # `**/` at its start, though it does not follow a slash.
    prefix, rest = pattern[:start], compiled(pattern[start:])
    if rest is None or not prefix:
        return rest
    match = rest
    return lambda path: path.startswith(prefix) and match(path[len(prefix) :])


def gitignore_lines(data: bytes) -> list[str]:
    """Return the patterns of a .gitignore: a character a byte, as git compares bytes."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    lines = []
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            lines.append(_trimmed(line.removesuffix("\r").partition("\0")[0]))
    return lines


def _trimmed(line: str) -> str:
    """Return a line without the blanks at its end, but with those that a backslash keeps."""
    bare = line.rstrip(" ")
    if bare == line:
        return line
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 else bare


def as_bytes(text: str) -> str:
    """Return a path with a character a byte."""
    return text if text.isascii() else os.fsencode(text).decode("latin-1")


def anchored(pattern: str, folder: str) -> str:
    """Return a pattern that is asked with absolute paths.

    Args:
        pattern: one without a slash, but for one at its end, is a name at any depth; others are paths.
        folder: the absolute path that they are relative to.
    """
    negative = "!" * pattern.startswith("!")
    pattern = pattern[len(negative) :] if os.sep == "/" else pattern[len(negative) :].replace(os.sep, "/")
    end = "/" * pattern.endswith("/")
    bare = pattern.rstrip("/")
    if "/" not in bare:
        return negative + bare + end
    if not (bare.startswith("/") or os.path.isabs(bare)):
        literal = "".join(f"\\{char}" if char in _SPECIAL else char for char in folder.replace(os.sep, "/"))
        bare = f"{literal}/{bare}"
    return f"{negative}/{posixpath.normpath(bare).lstrip('/')}{end}"


@lru_cache(maxsize=64)
def absolute_patterns(patterns: tuple[str, ...], folder: str) -> Patterns:
    """Return patterns that are relative to a folder, to be asked with absolute paths."""
    return Patterns([anchored(pattern, folder) for pattern in patterns], "/" if os.sep == "/" else "")


def slashed(path: str) -> str:
    """Return a path with slashes, as patterns have them."""
    return path if os.sep == "/" else path.replace(os.sep, "/")
