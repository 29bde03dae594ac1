"""Editing source text exactly: positions, indentation that leaves strings alone, the display of a last expression."""

from __future__ import annotations

import ast
import warnings
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace the characters from `start` to `end` by `text`, whose lines came from the source lines `lines`."""

    start: int
    end: int
    text: str
    lines: tuple[int, ...]


class Positions:
    """Character offsets of the (line, UTF-8 column) positions that `ast` reports for a text."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position; `line` counts from 1, `column` in bytes from 0."""
        content = self._lines[line - 1]
        if not content.isascii():
            column = len(content.encode("utf-8")[:column].decode("utf-8", "ignore"))
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the offsets of a node's first character and of the one after its last."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def around(self, start: int, end: int, text: str) -> tuple[str, str]:
        """Return what stands before and after a span on its own lines."""
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        return text[line_start:start], text[end : line_end if line_end >= 0 else len(text)]


def parse(text: str) -> ast.Module:
    """Parse Python without its warnings.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def apply_edits(text: str, lines: tuple[int, ...], edits: list[Edit]) -> tuple[str, tuple[int, ...]]:
    """Return the text with its edits made, and the source line of each line of the result."""
    mapped = list(lines)
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        first = text.count("\n", 0, edit.start)
        last = text.count("\n", 0, edit.end)
        text = text[: edit.start] + edit.text + text[edit.end :]
        mapped[first : last + 1] = edit.lines or mapped[first : first + 1]
    return text, tuple(mapped)


def shift(text: str, prefix: str) -> str:
    """Indent code by `prefix`, but never within strings that go over several lines.

    Args:
        text: Python source.
        prefix: what to put before each line that holds code.

    Raises:
        SyntaxError: the text does not parse.
    """
    inside = _string_lines(parse(text))
    lines = text.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else prefix + line for number, line in enumerate(lines, start=1)
    )


def _string_lines(tree: ast.Module) -> set[int]:
    """Return the lines that start within a string."""
    inside: set[int] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))):
            inside.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
            continue  # before Python 3.12 the positions within f-strings are not those of the file
        stack += ast.iter_child_nodes(node)
    return inside


def ends_in_semicolon(text: str) -> bool:
    """Return whether the last token is a semicolon, which hides the value of the last expression."""
    if ";" not in text:
        return False
    import io
    import tokenize

    ignored = {tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.DEDENT, tokenize.INDENT}
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in ignored:
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"


def show_last(text: str, helper: str) -> str:
    """Return the code with its last expression, if it is displayed, handed to `helper`."""
    tree = parse(text)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr) or ends_in_semicolon(text):
        return text
    return _wrap(text, tree.body[-1], helper)


def show_all(text: str, helper: str) -> str:
    """Return the code with each expression statement but the last, also in loops and branches, handed to `helper`.

    IPython shows these with `ast_node_interactivity = "all"`: it compiles each statement as if typed at a prompt.
    """
    tree = parse(text)
    found: list[ast.Expr] = []
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Expr):
            found.append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            stack += ast.iter_child_nodes(node)
    last = tree.body[-1] if tree.body else None
    for node in sorted(found, key=lambda n: (n.lineno, n.col_offset), reverse=True):
        if node is not last:
            text = _wrap(text, node, helper)
    return text


def _wrap(text: str, node: ast.Expr, helper: str) -> str:
    start, end = Positions(text).span(node)
    inner = text[start:end]
    call = parse(f"{helper}({inner})").body[0]
    # A bare tuple would become several arguments.
    alone = isinstance(call, ast.Expr) and isinstance(call.value, ast.Call) and len(call.value.args) == 1
    if not alone or isinstance(node.value, ast.Tuple):
        bare = not (inner.startswith("(") and alone)
        inner = f"({inner})" if bare else inner
    return f"{text[:start]}{helper}({inner}){text[end:]}"
