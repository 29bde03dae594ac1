"""Takes secrets out of code: `__nb_secret(name)` reads them from the environment."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping

from nb2pkg.cells.secrets import BLANK
from nb2pkg.cells.text import Edit, Positions, apply_edits, parse

# A shorter secret may be part of another text by chance: it is taken out only where it is the whole literal.
_SURE = 12


def hide_secrets(python: str, lines: tuple[int, ...], named: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    """Return code that reads secrets from the environment where it held them, and their absence from comments.

    Args:
        python: code that parses.
        lines: the source line of each of its lines.
        named: secret -> environment variable.
    """
    held = {value: name for value, name in named.items() if value in python or "\n" in value or "\\" in value}
    if not held:
        return python, lines
    positions = Positions(python)
    edits = [*_literal_edits(parse(python), python, positions, lines, held), *_comment_edits(python, lines, held)]
    return apply_edits(python, lines, edits)


def _comment_edits(python: str, lines: tuple[int, ...], named: Mapping[str, str]) -> Iterator[Edit]:
    starts = [0]
    for line in python.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for token in tokenize.generate_tokens(io.StringIO(python).readline):
        if token.type == tokenize.COMMENT and any(value in token.string for value in named):
            text = token.string
            for value in sorted(named, key=len, reverse=True):
                text = text.replace(value, BLANK)
            start = starts[token.start[0] - 1] + token.start[1]
            yield Edit(start, start + len(token.string), text, (lines[token.start[0] - 1],))


def _literal_edits(
    tree: ast.Module, python: str, positions: Positions, lines: tuple[int, ...], named: Mapping[str, str]
) -> Iterator[Edit]:
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            start, end = positions.span(node)
            text = _hidden_in_fstring(python[start:end], named)
            if text != python[start:end]:
                yield Edit(start, end, text, lines[node.lineno - 1 : node.end_lineno])
            continue
        if isinstance(node, ast.pattern):
            continue  # a pattern can't hold a call
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            text = _hidden_literal(node.value, named)
            if text:
                start, end = positions.span(node)
                yield Edit(start, end, text, (lines[node.lineno - 1],))
        stack += ast.iter_child_nodes(node)


def _pattern(text: str, named: Mapping[str, str]) -> re.Pattern[str] | None:
    """Return what matches the secrets that a text surely holds."""
    found = []
    for value in sorted(named, key=len, reverse=True):
        if value == text or (len(value) >= _SURE and value in text):
            found.append(re.escape(value))
        elif f":{value}@" in text:
            found.append(f"(?<=:){re.escape(value)}(?=@)")
    return re.compile("|".join(found)) if found else None


def _hidden_literal(value: str | bytes, named: Mapping[str, str]) -> str:
    """Return the expression for a literal with its secrets taken out; nothing when it holds none."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    pattern = _pattern(text, named)
    if pattern is None:
        return ""
    parts, position = [], 0
    for match in pattern.finditer(text):
        parts += [repr(text[position : match.start()])] if match.start() > position else []
        parts.append(f'__nb_secret("{named[match[0]]}")')
        position = match.end()
    parts += [repr(text[position:])] if position < len(text) else []
    joined = " + ".join(parts)
    if isinstance(value, bytes):
        return f'({joined}).encode("latin-1")'
    return f"({joined})" if len(parts) > 1 else joined


def _hidden_in_fstring(text: str, named: Mapping[str, str]) -> str:
    pattern = _pattern(text, named)
    if pattern is None:
        return text
    match = re.match(r"[A-Za-z]*('''|\"\"\"|'|\")", text)
    quote = "'" if match and match[1][0] == '"' else '"'
    return pattern.sub(lambda found: f"{{__nb_secret({quote}{named[found[0]]}{quote})}}", text)
