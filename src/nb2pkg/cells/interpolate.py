"""`{expression}` and `$name` in shell lines and line magics -> a Python expression that reads the same names."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass
from string import Formatter

from nb2pkg.cells.text import parse

_BUILTINS = frozenset(dir(builtins))
# IPython leaves `$name` alone between single quotes: an even number of them must follow.
_DOLLAR = re.compile(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")
_UNFIT = frozenset("\"'\\{}#\n\r\t!:=")
_ESCAPES = {"\\": "\\\\", '"': '\\"'}
# `$name.csv` reads an attribute for IPython; no value has one of these, so it fails and the text stays.
_DATA = (
    "csv tsv txt json jsonl xml yml yaml toml ini cfg log xls xlsx parquet feather pkl pickle npy npz h5 hdf5 sql db"
)
_FILES = (
    "py ipynb sh zip gz bz2 xz tar tgz png jpg jpeg gif svg pdf html htm md rst onnx pt pth bin wav mp3 mp4 fasta bam"
)
_SUFFIXES = frozenset(f"{_DATA} {_FILES}".split())
_CONVERSIONS = {None: "", "r": "!r", "s": "!s", "a": "!a"}


@dataclass(frozen=True, slots=True)
class _Field:
    expression: str
    conversion: str


def literal(text: str) -> str:
    """Return the Python literal of a text, in double quotes where that needs no escapes."""
    shown = repr(text)
    if shown.startswith("'") and '"' not in text and "\\'" not in shown:
        return f'"{shown[1:-1]}"'
    return shown


def interpolated(text: str, names: frozenset[str]) -> str:
    """Return a Python expression for a text with IPython's `{expression}` and `$name` in it.

    IPython interpolates all fields or, when one of them fails, none; here a field counts as failing when it is no
    expression or reads a name that is not bound.

    Args:
        text: the shell line or the magic's argument.
        names: the names that are bound when it runs.
    """
    parts = _to_fill(text, names)
    if isinstance(parts, str):
        return parts
    return _formatted(parts)


def _to_fill(text: str, names: frozenset[str]) -> list[str | _Field] | str:
    """Return the parts of a text if it has fields and all evaluate, else the literal that it stands for."""
    parts = _parts(text)
    if parts is None:
        return literal(text)
    fields = [part for part in parts if isinstance(part, _Field)]
    if not all(_evaluates(field.expression, names) for field in fields):
        return literal(text)
    return parts if fields else literal("".join(part for part in parts if isinstance(part, str)))


def formatted(text: str, names: frozenset[str]) -> str:
    """Return what `interpolated` does, but never as an f-string: the text is a literal that may stand in a file.

    Args:
        text: the text.
        names: the names that are bound when it is read.
    """
    parts = _to_fill(text, names)
    if isinstance(parts, str):
        return parts
    plain, named, others = "", {}, []
    for part in parts:
        if isinstance(part, str):
            plain += _brace(part)
        elif part.expression.strip().isidentifier():
            named[part.expression.strip()] = part.expression.strip()
            plain += f"{{{part.expression.strip()}{part.conversion}}}"
        else:
            others.append(f"({part.expression.strip()})")
            plain += f"{{{part.conversion}}}"
    return f"{literal(plain)}.format({', '.join([*others, *(f'{name}={name}' for name in named)])})"


def _parts(text: str) -> list[str | _Field] | None:
    """Split a text into literal parts and fields; None when its braces are not balanced."""
    parts: list[str | _Field] = []
    try:
        for plain, name, spec, conversion in Formatter().parse(text):
            parts += _dollars(plain)
            if name is None:
                continue
            if conversion not in _CONVERSIONS:
                return None
            parts.append(_Field(f"{name}:{spec}" if spec else name, _CONVERSIONS[conversion]))
    except ValueError:
        return None
    return parts


def _dollars(text: str) -> list[str | _Field]:
    parts: list[str | _Field] = []
    plain, position = "", 0
    # `.` stops at a newline in IPython's pattern, which keeps it to single lines; magics are single lines anyway.
    for match in _DOLLAR.finditer(text):
        plain += text[position : match.start()]
        position = match.end()
        if match[1].startswith("$"):
            plain += match[1]
            continue
        parts += [plain, _Field(match[1], "")]
        plain = ""
    return [*parts, plain + text[position:]]


def _evaluates(expression: str, names: frozenset[str]) -> bool:
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    suffixes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & _SUFFIXES
    return loaded - stored <= names | _BUILTINS and not suffixes


def _formatted(parts: list[str | _Field]) -> str:
    """Return an f-string, or `str.format` where an expression can't stand within one before Python 3.12."""
    fields = [part for part in parts if isinstance(part, _Field)]
    if not any(set(field.expression) & _UNFIT for field in fields):
        text = "".join(
            _brace(_escaped(part)) if isinstance(part, str) else f"{{{part.expression.strip()}{part.conversion}}}"
            for part in parts
        )
        if _parses(f'f"{text}"'):
            return f'f"{text}"'
    plain = "".join(_brace(part) if isinstance(part, str) else f"{{{part.conversion}}}" for part in parts)
    return f"{literal(plain)}.format({', '.join(f'({field.expression.strip()})' for field in fields)})"


def _escaped(text: str) -> str:
    """Return the text as it stands between double quotes."""
    return "".join(_ESCAPES.get(c) or (c if c.isprintable() else repr(c)[1:-1]) for c in text)


def _brace(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _parses(expression: str) -> bool:
    try:
        parse(expression)
    except SyntaxError:
        return False
    return True
