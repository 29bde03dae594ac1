"""Secrets in the modules beside a notebook, which come along: their copies read them from the environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from nb2pkg.cells.hide import blank_text, hide_secrets, secret_texts
from nb2pkg.cells.secrets import Secret, find_secrets
from nb2pkg.cells.text import parse
from nb2pkg.errors import RefusedError
from nb2pkg.model import LocalModule, Location

_LARGEST = 200_000  # bytes of a file that is searched
_CALL = re.compile(r"__nb_secret\('(\w+)'\)")


def module_secrets(modules: Iterable[LocalModule]) -> Iterator[tuple[str, Secret]]:
    """Yield (file, secret) of what the files of modules hold.

    Raises:
        RefusedError: a file that is no Python holds one.
    """
    for name, content in (item for module in modules if not module.written for item in module.files):
        text = _text(content)
        for secret in find_secrets(text, code=name.endswith(".py")) if text else ():
            if not name.endswith(".py") or not _parses(text):
                raise RefusedError(
                    f"a file that comes along holds a secret ({secret.kind})",
                    location=Location(name, line=secret.line, column=secret.column),
                    why="It would stand in the project as well, and in a file of this kind nothing can take its place.",
                    hint="withdraw the secret, and let the code read it from os.environ",
                )
            yield name, secret


def without_secrets(modules: tuple[LocalModule, ...], named: Mapping[str, str]) -> tuple[LocalModule, ...]:
    """Return modules whose code reads secrets from the environment.

    Args:
        modules: that lie beside the notebook.
        named: secret -> environment variable.
    """
    texts = secret_texts(named)
    return tuple(
        replace(module, files=tuple((name, _hidden(name, content, named, texts)) for name, content in module.files))
        for module in modules
    )


def _hidden(name: str, content: bytes, named: Mapping[str, str], texts: tuple[str, ...]) -> bytes:
    text = _text(content)
    if not any(secret in text for secret in texts) or not name.endswith(".py") or not _parses(text):
        return content
    python, _ = hide_secrets(text, tuple(range(1, text.count("\n") + 2)), named, Location(name))
    if not _CALL.search(python):
        return blank_text(python, texts).encode("utf-8")
    # As in the package, a run without the variable gets a stand-in.
    return _with_os(_CALL.sub(r'os.environ.get("\1", "secret")', python)).encode("utf-8")


def _with_os(python: str) -> str:
    """Return code that imports `os` at its beginning, if it does not do so already."""
    body = parse(python).body
    if any(isinstance(node, ast.Import) and any(a.name == "os" and not a.asname for a in node.names) for node in body):
        first = next(node for node in body if not _is_head(node))
        if isinstance(first, ast.Import) and any(a.name == "os" for a in first.names):
            return python
    head = [node for node in body if _is_head(node)]
    after = max((node.end_lineno or 0 for node in head), default=0)
    lines = python.split("\n")
    return "\n".join([*lines[:after], *([""] if after else []), "import os", *lines[after:]])


def _is_head(node: ast.stmt) -> bool:
    """Return whether a statement must stand before imports: the docstring, imports from `__future__`."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig") if len(content) <= _LARGEST else ""
    except UnicodeDecodeError:
        return ""


def _parses(text: str) -> bool:
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
