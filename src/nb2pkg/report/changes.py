"""A small change to code in one line, `axis=1 → axis=0`."""

from __future__ import annotations

import io
import tokenize

from nb2pkg.run.mutants import Mutant

_AT_A_GLANCE = 60
_WIDEST = 80
_NOTHING = "(nothing)"
_LAYOUT = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def change(text: str, mutant: Mutant) -> str:
    """Return what a mutant does to the module: the code around the change as it was and as it is, or what differs."""
    begin, end = mutant.shown
    before = " ".join(text[begin:end].split())
    after = " ".join((text[begin : mutant.start] + mutant.new + text[mutant.end : end]).split())
    if max(len(before), len(after)) > _AT_A_GLANCE:
        before, after = _difference(before, after)
    return f"{_short(before)} → {_short(after)}"


def _difference(before: str, after: str) -> tuple[str, str]:
    """Return the words in which two pieces of code differ, without the commas beside them."""
    old, new = _words(before), _words(after)
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    return tuple("".join(words[first : len(words) - last]).strip(", ") for words in (old, new))  # type: ignore[return-value]


def _common(old: list[str], new: list[str]) -> int:
    number = 0
    while number < min(len(old), len(new)) and old[number] == new[number]:
        number += 1
    return number


def _words(text: str) -> list[str]:
    """Return the tokens of a piece of code, each with the space before it; what isn't whole ends early."""
    found: list[str] = []
    place = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in _LAYOUT:
                found.append(text[place : token.end[1]])
                place = token.end[1]
    except (tokenize.TokenError, SyntaxError):
        pass
    return found or [text]


def _short(text: str) -> str:
    """Return a piece of code without the end of a call that it begins within, and not too wide."""
    while text.endswith((",", " ")) or (text.endswith(")") and text.count(")") > text.count("(")):
        text = text[:-1]
    return (text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…") or _NOTHING
