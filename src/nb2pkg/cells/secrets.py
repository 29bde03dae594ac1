"""Finds secrets written into a notebook, and blanks them in copies of it; `hide` takes them out of its code."""

from __future__ import annotations

import ast
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from nb2pkg.cells.text import Positions, parse

BLANK = "***"

# Shapes that are secrets wherever they stand: (kind, environment variable, pattern). Group 1 is the secret itself.
_SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("AWS access key", "AWS_ACCESS_KEY_ID", re.compile(r"\b((?:AKIA|ASIA)[0-9A-Z]{16})\b")),
    ("GitHub token", "GITHUB_TOKEN", re.compile(r"\b(gh[pousr]_[0-9A-Za-z]{36,}|github_pat_\w{22,})")),
    ("GitLab token", "GITLAB_TOKEN", re.compile(r"\b(glpat-[\w-]{20,})")),
    ("Slack token", "SLACK_TOKEN", re.compile(r"\b(xox[abeoprs]-[0-9A-Za-z-]{10,})")),
    ("Anthropic key", "ANTHROPIC_API_KEY", re.compile(r"\b(sk-ant-[\w-]{20,})")),
    ("OpenAI key", "OPENAI_API_KEY", re.compile(r"\b(sk-(?:proj-)?[0-9A-Za-z_-]{20,})")),
    ("Hugging Face token", "HF_TOKEN", re.compile(r"\b(hf_[0-9A-Za-z]{30,})")),
    ("Google key", "GOOGLE_API_KEY", re.compile(r"\b(AIza[\w-]{35})")),
    ("Stripe key", "STRIPE_API_KEY", re.compile(r"\b([sr]k_live_[0-9A-Za-z]{20,})")),
    ("JSON web token", "JWT", re.compile(r"\b(eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})")),
    (
        "private key",
        "PRIVATE_KEY",
        re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----)"),
    ),
    (
        "password in a URL",
        "DATABASE_PASSWORD",
        re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@'\"{}]+:([^\s:/@'\"{}$<>*]{3,})@[\w.-]+"),
    ),
)
_PASSWORD_NAME = re.compile(r"(?:^|_)(?:password|passwd|pwd|passphrase)$", re.I)
_KEY_NAME = re.compile(
    r"(?:^|_)(?:(?:api|access|secret|private|auth|client|consumer|account|subscription|encryption|bearer|app|bot|session|refresh)"
    r"_?(?:access_?)?(?:key|token|secret)|secret|token|apikey|accesskey|secret_access_key|credentials?)$",
    re.I,
)
_SETTERS = {"__nb_set_environment", "os.putenv", "os.environ.setdefault", "setattr"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER = re.compile(
    r"^[<{\[(].*[>}\])]$|x{3,}|\*{3,}|\.\.\.|your|here|change|example\b|dummy|placeholder|todo|insert|replace|redacted|^test$|^none$",
    re.I,
)
_COMMON_PASSWORDS = frozenset(
    [
        "password",
        "passwd",
        "secret",
        "admin",
        "root",
        "guest",
        "user",
        "test",
        "postgres",
        "mysql",
        "changeme",
        "default",
    ]
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: line and column (from 1), length, and the environment variable that replaces it."""

    line: int
    column: int
    length: int
    kind: str
    env_name: str
    value: str = field(repr=False)


def find_secrets(source: str) -> tuple[Secret, ...]:
    """Return the secrets of a source: tokens of known shapes, and literals given to names such as `password`.

    Args:
        source: Python, IPython syntax or Markdown.
    """
    found = list(_by_shape(source))
    taken = [(_offset(source, secret), secret.length) for secret in found]
    for secret in _by_name(source):
        start = _offset(source, secret)
        if not any(start < begin + length and begin < start + secret.length for begin, length in taken):
            found.append(secret)
    return tuple(sorted(name_secrets(found), key=lambda secret: (secret.line, secret.column)))


def _offset(source: str, secret: Secret) -> int:
    lines = source.split("\n")
    return sum(len(line) + 1 for line in lines[: secret.line - 1]) + secret.column - 1


def _at(source: str, start: int, value: str, kind: str, env_name: str, length: int | None = None) -> Secret:
    line = source.count("\n", 0, start) + 1
    column = start - (source.rfind("\n", 0, start) + 1) + 1
    return Secret(line, column, len(value) if length is None else length, kind, env_name, value)


def _by_shape(source: str) -> Iterator[Secret]:
    end = 0
    matches = ((match, kind, name) for kind, name, pattern in _SHAPES for match in pattern.finditer(source))
    for match, kind, name in sorted(matches, key=lambda item: item[0].start(1)):
        value = match[1]
        # The code `"sk-" + x` and names such as sk-learn-contrib-... are no keys: those hold digits.
        if (
            match.start(1) >= end
            and not _is_placeholder(value)
            and (kind.startswith("pass") or re.search(r"\d", value))
        ):
            end = match.end(1)
            yield _at(source, match.start(1), value, kind, name)


def _by_name(source: str) -> Iterator[Secret]:
    """Yield the string literals that are given to names which say that they are secret."""
    if not re.search(r"(?i)pass|pwd|token|secret|key|credential", source):
        return
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    positions = Positions(source)
    seen: set[int] = set()
    for name, value in _given(tree):
        for node in _literals(value):
            if id(node) in seen or not isinstance(node.value, str) or not _says_secret(name, node.value):
                continue
            seen.add(id(node))
            start, end = positions.span(node)
            offset = source.find(node.value, start, end)
            env_name = re.sub(r"\W+", "_", _CAMEL.sub("_", name)).upper()
            if offset >= 0:
                yield _at(source, offset, node.value, "secret", env_name)
            else:
                yield _at(source, start, node.value, "secret", env_name, end - start)


def _given(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, expression) for each name, attribute, key, argument or default that is given a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((_target_name(target), node.value) for target in node.targets)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            yield _target_name(node.target), node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Call) and len(node.args) == 2 and _dotted(node.func) in _SETTERS:
            key, value = node.args
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
        elif isinstance(node, ast.arguments):
            arguments = [*node.posonlyargs, *node.args]
            yield from (
                (argument.arg, value)
                for argument, value in zip(reversed(arguments), reversed(node.defaults), strict=False)
            )
            yield from (
                (a.arg, value) for a, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value is not None
            )


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def _target_name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if (
        isinstance(target, ast.Subscript)
        and isinstance(target.slice, ast.Constant)
        and isinstance(target.slice.value, str)
    ):
        return target.slice.value
    return ""


def _literals(value: ast.expr) -> Iterator[ast.Constant]:
    """Yield the literals that may be the value of an expression."""
    if isinstance(value, ast.Constant):
        yield value
    elif isinstance(value, ast.IfExp):
        yield from _literals(value.body)
        yield from _literals(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for item in value.values:
            yield from _literals(item)


def _says_secret(name: str, value: str) -> bool:
    name = _CAMEL.sub("_", name).replace("-", "_")
    if not value or "\n" in value or _is_placeholder(value) or value.lower() in _COMMON_PASSWORDS:
        return False
    if _PASSWORD_NAME.search(name):
        return len(value) >= 6 and " " not in value and not re.fullmatch(r"[a-z_]+|[A-Z_]+|[A-Z][a-z]+", value)
    return (
        bool(_KEY_NAME.search(name))
        and len(value) >= 16
        and bool(re.fullmatch(r"[\w+/=.~-]+", value))
        and _random(value)
    )


def _random(value: str) -> bool:
    """Return whether a text looks drawn at random: mixed classes of characters and high entropy."""
    classes = sum(bool(re.search(pattern, value)) for pattern in (r"[a-z]", r"[A-Z]", r"\d"))
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return classes >= 2 and entropy >= 3.0


def _is_placeholder(value: str) -> bool:
    return len(set(value)) < 4 or bool(_PLACEHOLDER.search(value))


def name_secrets(secrets: Iterable[Secret]) -> list[Secret]:
    """Give each value one name, and different values different names."""
    names: dict[str, str] = {}
    named = []
    for secret in secrets:
        if secret.value not in names:
            taken = set(names.values())
            name = secret.env_name or "SECRET"
            number = next(n for n in range(1, len(taken) + 2) if (name if n == 1 else f"{name}_{n}") not in taken)
            names[secret.value] = name if number == 1 else f"{name}_{number}"
        named.append(replace(secret, env_name=names[secret.value]))
    return named


def blank_secrets(raw: bytes, secrets: Iterable[Secret]) -> bytes:
    """Return a notebook's bytes with secrets blanked, in sources and in saved outputs.

    Args:
        raw: the file, as JSON or text.
        secrets: what was found in its cells.
    """
    values = {part for secret in secrets for part in _blankable(secret.value)}
    for value in sorted(values, key=len, reverse=True):
        for ascii_only in (False, True):
            raw = raw.replace(json.dumps(value, ensure_ascii=ascii_only)[1:-1].encode("utf-8"), BLANK.encode())
    return raw


def _blankable(value: str) -> list[str]:
    """Return the parts of a secret as they may stand in a file: a key of several lines is saved line by line."""
    lines = [line.strip() for line in value.split("\n")]
    if len(lines) == 1:
        return [value]
    return [line for line in lines if len(line) >= 16 and not line.startswith("-----")]
