"""Takes secrets out of code, where `__nb_secret(name)` reads them from the environment, and blanks them in texts."""

from __future__ import annotations

import ast
import copy
import html
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from nb2pkg.cells.secrets import BLANK
from nb2pkg.cells.text import Edit, Positions, apply_edits, parse
from nb2pkg.errors import RefusedError
from nb2pkg.model import Location

# A shorter secret may be part of another word by chance.
_SURE = 8
_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WORD = re.compile(r"[a-z_]{1,11}|[A-Z_]{1,11}|[A-Z][a-z]{1,10}")


def is_sure(value: str) -> bool:
    """Return whether a secret is one wherever it stands, even within other text."""
    return len(value) >= _SURE and not _WORD.fullmatch(value)


def _matcher(value: str) -> str:
    """Return the pattern of the places where a text surely holds a secret."""
    text = re.escape(value)
    if is_sure(value):
        return text
    if len(value) < 6 or _WORD.fullmatch(value):
        return f"(?<=:){text}(?=@)"  # `postgres://postgres:postgres@host`: the word alone is none
    return rf"(?:(?<!\w)|(?<=\\[nrt])){text}(?!\w)"


def secret_texts(values: Iterable[str]) -> tuple[str, ...]:
    """Return all that must not stand in a file for the sake of secrets, as code, outputs and HTML spell them."""
    texts: dict[str, None] = {}
    for value in values:
        if "PRIVATE KEY-----" in value or "\n" in value:
            # Such a key is saved line by line, and each line is as secret as the whole.
            texts |= dict.fromkeys(re.findall(r"[A-Za-z0-9+/=]{16,}", value.replace("\\n", "\n")))
            continue
        spelled = (value, repr(value)[1:-1], html.escape(value), html.escape(value, quote=False))
        texts |= dict.fromkeys(spelled)
    return tuple(sorted(filter(None, texts), key=lambda text: (-len(text), text)))


def blank_text(text: str, texts: Iterable[str]) -> str:
    """Return a text with secrets blanked.

    Args:
        text: any text.
        texts: what `secret_texts` returned.
    """
    for secret in texts:
        if secret in text:
            text = text.replace(secret, BLANK) if is_sure(secret) else re.sub(_matcher(secret), BLANK, text)
    return text


def blank_copy(raw: bytes, texts: Iterable[str]) -> bytes:
    """Return a notebook's bytes with secrets blanked, in sources and in saved outputs.

    Args:
        raw: the file, as JSON or text.
        texts: what `secret_texts` returned.
    """
    is_json = raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    for text in texts:
        forms = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True)} if is_json else {text}
        for form in sorted(forms):
            encoded = form.encode("utf-8")
            if encoded not in raw:
                continue
            if is_sure(text):
                raw = raw.replace(encoded, BLANK.encode())
            else:
                raw = re.sub(_matcher(form).encode("utf-8"), BLANK.encode(), raw)
    return raw


def hide_secrets(
    python: str, lines: tuple[int, ...], named: Mapping[str, str], location: Location | None = None
) -> tuple[str, tuple[int, ...]]:
    """Return code that reads secrets from the environment where it held them, and their absence from comments.

    Args:
        python: code that parses.
        lines: the source line of each of its lines.
        named: secret -> environment variable.
        location: the cell, for errors.

    Raises:
        RefusedError: a secret stands where no call can stand.
    """
    hider = _Hider(named)
    try:
        edits = [*_literal_edits(parse(python), python, lines, hider)]
    except _NoPlace as error:
        raise RefusedError(
            "a secret stands where it can't be read from the environment",
            location=replace(location or Location(""), line=lines[error.line - 1]),
            why="A pattern or a nested f-string can't hold the call that would read it.",
            hint="withdraw the secret, and use a variable that is read from `os.environ` before",
        ) from None
    edits += _comment_edits(python, lines, secret_texts(named))
    return apply_edits(python, lines, edits) if edits else (python, lines)


class _NoPlace(Exception):
    """A secret stands where no call can stand."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _comment_edits(python: str, lines: tuple[int, ...], texts: tuple[str, ...]) -> Iterator[Edit]:
    if "#" not in python or not any(text in python for text in texts):
        return
    starts = [0]
    for line in python.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for token in tokenize.generate_tokens(io.StringIO(python).readline):
        text = blank_text(token.string, texts) if token.type == tokenize.COMMENT else token.string
        if text != token.string:
            start = starts[token.start[0] - 1] + token.start[1]
            yield Edit(start, start + len(token.string), text, (lines[token.start[0] - 1],))


def _literal_edits(tree: ast.Module, python: str, lines: tuple[int, ...], hider: _Hider) -> Iterator[Edit]:
    positions = Positions(python)
    stack: list[ast.AST] = [tree]
    docstrings: set[int] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, _DOCUMENTED) and isinstance(node.body[0], ast.Expr):
            docstrings.add(id(node.body[0].value))
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.pattern)):
            if any(hider.holds(inner) for inner in ast.walk(node)):
                if isinstance(node, ast.pattern):
                    raise _NoPlace(node.lineno)
                start, end = positions.span(node)
                if id(node) in docstrings and isinstance(node, ast.Constant):
                    text = _blanked_docstring(node, hider, python[start:end])
                else:
                    text = _hidden_literal(node, hider, python[max(start - 1, 0) : start] + python[end : end + 1])
                own = lines[node.lineno - 1 : node.end_lineno]
                count = text.count("\n") + 1
                yield Edit(start, end, text, (*own, *own[-1:] * count)[:count])
            continue
        stack += ast.iter_child_nodes(node)


def _blanked_docstring(node: ast.Constant, hider: _Hider, source: str) -> str:
    """Return a docstring with secrets blanked: an expression would be none."""
    wanted = hider.pattern.sub(BLANK, _decoded(node.value))
    blanked = blank_text(source, secret_texts(hider.named))
    return blanked if ast.literal_eval(blanked) == wanted else repr(wanted)


def _hidden_literal(node: ast.Constant | ast.JoinedStr, hider: _Hider, beside: str) -> str:
    """Return the expression for a literal with its secrets taken out; `beside` it stands in the code."""
    new = hider.visit(copy.deepcopy(node))
    try:
        text = ast.unparse(new)
    except ValueError:  # before Python 3.12 fields of f-strings can't hold just any expression
        raise _NoPlace(node.lineno) from None
    return f"({text})" if isinstance(new, ast.BinOp) or re.search(r"\w", beside) else text


class _Hider(ast.NodeTransformer):
    """Puts calls in the place of secrets: in a literal joined by `+`, in an f-string as one of its fields."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self.named = named
        values = sorted(named, key=len, reverse=True)
        self.pattern = re.compile("|".join(f"({_matcher(value)})" for value in values) or r"(?!)")
        self.names = [named[value] for value in values]

    def holds(self, node: ast.AST) -> bool:
        """Return whether a node is a literal with a secret in it."""
        if not isinstance(node, ast.Constant) or not isinstance(node.value, (str, bytes)):
            return False
        return bool(self.pattern.search(_decoded(node.value)))

    def parts(self, text: str) -> Iterator[ast.Constant | ast.Call]:
        """Yield the parts of a text: what may stay, and calls."""
        position = 0
        for match in self.pattern.finditer(text):
            if match.start() > position:
                yield ast.Constant(text[position : match.start()])
            name = self.names[(match.lastindex or 1) - 1]
            yield ast.Call(ast.Name("__nb_secret", ast.Load()), [ast.Constant(name)], [])
            position = match.end()
        if position < len(text):
            yield ast.Constant(text[position:])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Return a literal as an expression that puts it together."""
        if not self.holds(node):
            return node
        joined: ast.expr | None = None
        for part in self.parts(_decoded(node.value)):
            joined = part if joined is None else ast.BinOp(joined, ast.Add(), part)
        assert joined is not None
        if isinstance(node.value, str):
            return joined
        return ast.Call(ast.Attribute(joined, "encode", ast.Load()), [ast.Constant("latin-1")], [])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        """Return an f-string with fields where it held secrets."""
        values: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                found = self.parts(str(part.value))
                values += [p if isinstance(p, ast.Constant) else ast.FormattedValue(p, -1, None) for p in found]
            else:
                field = self.generic_visit(part)
                assert isinstance(field, ast.expr)
                values.append(field)
        return ast.JoinedStr(values)


def _decoded(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
