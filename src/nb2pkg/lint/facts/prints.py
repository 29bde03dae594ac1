"""What a cell surely prints: the fixed parts of its top-level `print` calls, in order."""

from __future__ import annotations

import ast
import re

from nb2pkg.tuples import NamedTuple


class Printed(NamedTuple):
    """One `print` at top level.

    Args:
        node: the call.
        parts: the fixed pieces of what it prints, in order; between them may stand anything.
        whole: nothing but these pieces is printed, and they follow each other.
    """

    node: ast.Call
    parts: tuple[str, ...]
    whole: bool


def printed(node: ast.stmt) -> Printed | None:
    """Return what a statement prints; None for other statements, and where the text goes elsewhere."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    call = node.value
    if not isinstance(call.func, ast.Name) or call.func.id != "print":
        return None
    words = {k.arg: k.value for k in call.keywords}
    if not words.keys() <= {"sep", "end", "flush"} or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    separator, end = _text(words.get("sep"), " "), _text(words.get("end"), "\n")
    if separator is None or end is None:
        return None
    pieces: list[str | None] = []
    for number, argument in enumerate(call.args):
        pieces += [separator] if number else []
        pieces += _pieces(argument)
    pieces.append(end)
    parts = _joined(pieces)
    return None if any(_is_odd(part) for part in parts) else Printed(call, parts, None not in pieces)


def _is_odd(text: str) -> bool:
    """True for text that terminals and files do not keep as it is: control characters, lone surrogates."""
    return not text.replace("\n", "").replace("\t", "").isprintable()


def missing(prints: list[Printed], saved: str) -> Printed | None:
    """Return the first print whose fixed pieces do not stand in a saved text, after those of the prints before it."""
    at = 0
    for call in prints:
        for part in call.parts:
            wanted = part.strip()
            found = saved.find(wanted, at)
            if found < 0:
                return call
            at = found + len(wanted)
    return None


def same(prints: list[Printed], saved: str) -> bool:
    """Tell whether prints of fixed texts give a saved text, blanks at the ends of lines aside."""
    return _tidy("".join(part for call in prints for part in call.parts)) == _tidy(saved)


def _tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _text(node: ast.expr | None, default: str) -> str | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return default
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _pieces(node: ast.expr) -> list[str | None]:
    """Return the pieces of an argument's text; None stands for what can't be known."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, type(None))):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return [v.value if isinstance(v, ast.Constant) and isinstance(v.value, str) else None for v in node.values]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        return _between(node.left.value, r"%(?:\(\w*\))?[-+ #0]*[\d*]*(?:\.[\d*]+)?[a-zA-Z%]")  # type: ignore[attr-defined]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value
        if _is_text(text) and "{{" not in text.value and "}}" not in text.value:  # type: ignore[attr-defined]
            return _between(text.value, r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")  # type: ignore[attr-defined]
    return [None]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _between(text: str, pattern: str) -> list[str | None]:
    found: list[str | None] = []
    for number, piece in enumerate(re.split(pattern, text)):
        found += [None, piece] if number else [piece]
    return found


def _joined(pieces: list[str | None]) -> tuple[str, ...]:
    """Return the texts between unknown pieces, neighbours joined, without empty ones."""
    parts = [""]
    for piece in pieces:
        if piece is None:
            parts.append("")
        else:
            parts[-1] += piece
    return tuple(part for part in parts if part)
