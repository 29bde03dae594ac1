"""Finds secrets written into a notebook; `hide` takes them out of its code and blanks them in copies of it."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from nb2pkg.cells.text import Positions, parse
from nb2pkg.tuples import NamedTuple

BLANK = "***"
Pattern = Callable[[], re.Pattern[str]]


def _lazy(text: str, flags: int = 0) -> Pattern:
    """Return a function that compiles a pattern: most notebooks never need it, and `re` keeps what it has compiled."""
    return lambda: re.compile(text, flags)


# Where a token may begin: at the border of a word, or after an escape of Python or JSON or the colour of a terminal.
_BORDER = r"(?:\b|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=[\[;]\dm)|(?<=[\[;]\d\dm))"
_KEY_MARK = "[A-Z ]{0,40}PRIVATE KEY-----"
# Shapes that are secrets wherever they stand: (kind, environment variable, how it begins, pattern from there on).
# Group 1 is the secret itself. Without re.ASCII a token right after Japanese text would begin within a word.
_SHAPES: tuple[tuple[str, str, tuple[str, ...], Pattern], ...] = tuple(
    (kind, name, tuple(starts.split("|")), _lazy(pattern.replace(r"\b", _BORDER, 1), re.ASCII))
    for kind, name, starts, pattern in (
        ("AWS access key", "AWS_ACCESS_KEY_ID", "AKIA|ASIA", r"\b((?:AKIA|ASIA)[0-9A-Z]{16})(?!\w)"),
        (
            "GitHub token",
            "GITHUB_TOKEN",
            "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
            r"\b(gh[pousr]_[0-9A-Za-z]{36,}|github_pat_\w{22,})",
        ),
        ("GitLab token", "GITLAB_TOKEN", "glpat-", r"\b(glpat-[\w-]{20,})"),
        ("Slack token", "SLACK_TOKEN", "xox", r"\b(xox[abeoprs]-[0-9A-Za-z-]{10,})"),
        ("Anthropic key", "ANTHROPIC_API_KEY", "sk-ant-", r"\b(sk-ant-[\w-]{20,})"),
        ("OpenAI key", "OPENAI_API_KEY", "sk-", r"\b(sk-(?:proj-)?[0-9A-Za-z_-]{20,})"),
        ("Hugging Face token", "HF_TOKEN", "hf_", r"\b(hf_[0-9A-Za-z]{30,})"),
        ("Google key", "GOOGLE_API_KEY", "AIza", r"\b(AIza[\w-]{35})(?![\w-])"),
        ("Stripe key", "STRIPE_API_KEY", "sk_live_|rk_live_", r"\b([sr]k_live_[0-9A-Za-z]{20,})"),
        ("JSON web token", "JWT", "eyJ", r"\b(eyJ[\w-]{10,600}\.eyJ[\w-]{10,}\.[\w-]{10,})"),
        (
            "private key",
            "PRIVATE_KEY",
            "-----BEGIN ",
            rf"(-----BEGIN {_KEY_MARK}(?:(?!-----BEGIN)[\s\S]){{1,20000}}?-----END {_KEY_MARK})",
        ),
        (
            "password in a URL",
            "DATABASE_PASSWORD",
            "://",
            r"://(?<=[a-z0-9]://)[^\s:/@'\"{}]{0,200}:([^\s:/@'\"{}$<>*]{3,})@[\w.-]+",
        ),
    )
)
# What a source must hold before its syntax is looked at.
_HINT = _lazy("(?i)pass|pwd|token|secret|key|credential|://|" + "|".join(s for row in _SHAPES for s in row[2]))
_PASSWORD_NAME = _lazy(r"(?:^|_)(?:password|passwd|pwd|passphrase)$", re.I)
_KEY_NAME = _lazy(
    r"(?:^|_)(?:(?:api|access|secret|private|auth|client|consumer|account|subscription|encryption|bearer|app|bot|session|refresh)"
    r"_?(?:access_?)?(?:key|token|secret)|secret|token|apikey|accesskey|secret_access_key|credentials?)$",
    re.I,
)
_SETTERS = {"__nb_set_environment", "os.putenv", "os.environ.setdefault", "setattr"}
_CAMEL = _lazy(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER = _lazy(
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


# Assignments in text that is no Python: the name, and what is given to it.
_NAME = r"(?P<name>[A-Za-z_][\w-]{0,60})"
_BARE = r"""(?P<value>[^\s"'`$(){}<>|;&,\\]{6,200})"""
# `password: "` may also be the end of a quoted question: what follows it is code, with brackets.
_QUOTED = _lazy(
    rf"""(?<![\w-]){_NAME}\\?["']?\]?[ \t]{{0,8}}(?:=(?!=)|:)[ \t]{{0,8}}"""
    r"""[bru]{0,2}\\?(["'])(?P<value>[^"'\\\s()]{6,200})\\?\2"""
)
_EXPORTED = _lazy(rf"^[ \t#!%$>-]*(?:(?:export|set|setenv|env|set_env|ENV)[ \t]+)?{_NAME}={_BARE};?[ \t]*$", re.M)
_ENTRY = _lazy(rf"^[ \t#>-]*{_NAME}[ \t]*[=:][ \t]*{_BARE},?[ \t]*$", re.M)
_SHELL = (
    _lazy(rf"""(?<![\w$])-{{0,2}}{_NAME}(?:=|:[ \t]{{0,4}})["']?{_BARE}"""),
    _lazy(rf"""(?<!\S)--{_NAME}[ \t]+["']?{_BARE}"""),
)
_CELL_MAGIC = _lazy(r"\s*%%(!|\w+)")
_OF_PYTHON = frozenset({"time", "timeit", "capture", "prun", "memit", "debug"})
_OF_SHELL = frozenset({"bash", "sh", "script", "shell", "zsh", "system", "sx", "!"})
_SHELL_LINE = _lazy(r"^[ \t]*(?:[A-Za-z_][\w, ]*=[ \t]*)?[!%].*$", re.M)
_COMMENT = _lazy(r"(?:^|(?<=\s))#.*$", re.M)


class Secret(NamedTuple):
    """A secret in a text: line and column (from 1), length, and the environment variable that replaces it."""

    line: int
    column: int
    length: int
    kind: str
    env_name: str
    value: str
    written: str = ""  # how a literal with escapes spells it

    def __repr__(self) -> str:
        """Return all but the secret itself."""
        return f"Secret(line={self.line}, column={self.column}, kind={self.kind!r}, env_name={self.env_name!r})"


def find_secrets(source: str, *, code: bool = True) -> tuple[Secret, ...]:
    """Return the secrets of a source: tokens of known shapes, and literals given to names such as `password`.

    Args:
        source: Python, IPython syntax, or prose.
        code: whether it is no prose.
    """
    if not _HINT().search(source):
        return ()
    spelled, named = _in_code(source) if code else ([], [])
    found: list[Secret] = []
    taken: list[tuple[int, int]] = []
    for secret in (*spelled, *_by_shape(source), *named, *_by_assignment(source, code=code)):
        start = _offset(source, secret)
        if not any(start < begin + length and begin < start + secret.length for begin, length in taken):
            found.append(secret)
            taken.append((start, secret.length))
    return tuple(sorted(name_secrets(found), key=lambda secret: (secret.line, secret.column)))


def find_shapes(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield (offset, secret, kind, environment variable) of the tokens of known shapes in a text."""
    matches = []
    for kind, name, starts, pattern in _SHAPES:
        for start in starts:
            at = text.find(start)
            while at >= 0:
                match = pattern().match(text, at)
                if match:
                    matches.append((match.start(1), match[1], kind, name))
                at = text.find(start, match.end() if match else at + 1)
    end = 0
    for offset, value, kind, name in sorted(matches, key=lambda item: item[0]):
        if offset >= end and not _is_placeholder(value) and (kind.startswith("pass") or _is_token(value)):
            end = offset + len(value)
            yield offset, value, kind, name


def _is_token(value: str) -> bool:
    """Return whether a text is no name such as `sk-learn-contrib-...`, nor one of scikit-learn's CSS classes."""
    return bool(re.search(r"\d", value) and re.search(r"[A-Z]|[0-9a-z]{20}", value))


def _offset(source: str, secret: Secret) -> int:
    lines = source.split("\n")
    return sum(len(line) + 1 for line in lines[: secret.line - 1]) + secret.column - 1


def _at(source: str, start: int, value: str, kind: str, env_name: str, end: int = 0) -> Secret:
    """Return a secret at an offset; with an end it is a literal that spells the value in another way."""
    line = source.count("\n", 0, start) + 1
    column = start - (source.rfind("\n", 0, start) + 1) + 1
    written = _spelling(source[start:end]) if end else ""
    return Secret(line, column, end - start if end else len(value), kind, env_name, value, written)


def _spelling(literal: str) -> str:
    """Return what stands between the quotes of a literal; nothing when it is made of several."""
    import io
    import tokenize

    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(f"({literal})").readline)]
    except (tokenize.TokenError, SyntaxError):
        return ""
    strings = [token.string for token in tokens if token.type == tokenize.STRING]
    match = re.match(r"\w*('{3}|\"{3}|'|\")([\s\S]*)\1$", strings[0]) if len(strings) == 1 else None
    return match[2] if match else ""


def _by_shape(source: str) -> Iterator[Secret]:
    for offset, value, kind, name in find_shapes(source):
        yield _at(source, offset, value, kind, name)


def _env_name(name: str) -> str:
    return re.sub(r"\W+", "_", _CAMEL().sub("_", name)).upper()


def _by_assignment(source: str, *, code: bool) -> Iterator[Secret]:
    """Yield what is given to telling names in comments, shell lines and text of other kinds."""
    for start, text, patterns in _regions(source, code=code):
        for pattern in patterns:
            for match in pattern().finditer(text):
                if _says_secret(match["name"], match["value"]):
                    yield _at(source, start + match.start("value"), match["value"], "secret", _env_name(match["name"]))


def _regions(source: str, *, code: bool) -> Iterator[tuple[int, str, tuple[Pattern, ...]]]:
    """Yield (offset, text, patterns) of the parts of a source that are no Python."""
    magic = _CELL_MAGIC().match(source)
    if not code or (magic and magic[1] not in _OF_PYTHON):
        shell = _SHELL if magic and magic[1] in _OF_SHELL else (_ENTRY,)
        yield 0, source, (_QUOTED, _EXPORTED, *shell)
        return
    for match in _SHELL_LINE().finditer(source):
        yield match.start(), match[0], (_QUOTED, *_SHELL)
    for match in _COMMENT().finditer(source):
        yield match.start(), match[0], (_QUOTED, _EXPORTED)


def _in_code(source: str) -> tuple[list[Secret], list[Secret]]:
    """Return tokens of known shapes that a literal spells in another way, and literals given to telling names."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], []
    positions = Positions(source)
    return [*_by_literal(source, tree, positions)], [*_by_name(source, tree, positions)]


def _by_literal(source: str, tree: ast.Module, positions: Positions) -> Iterator[Secret]:
    """Yield the tokens that only show in a literal's value: written with escapes, or in several pieces."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        text = _text_of(node)
        if text is None and not isinstance(node, ast.JoinedStr):
            stack += ast.iter_child_nodes(node)
            continue
        assert isinstance(node, ast.expr)
        # Before Python 3.12 nodes within an f-string have no places of their own.
        texts = [text] if text is not None else [_text_of(part) or "" for part in ast.iter_child_nodes(node)]
        for _, value, kind, name in (found for text in texts for found in find_shapes(text)):
            start, end = positions.span(node)
            if value not in source[start:end]:
                yield _at(source, start, value, kind, name, end)


def _by_name(source: str, tree: ast.Module, positions: Positions) -> Iterator[Secret]:
    """Yield the literals that are given to names which say that they are secret."""
    for name, given in _given(tree):
        for node in _literals(given):
            value = _text_of(node)
            if value is None or not _says_secret(name, value):
                continue
            start, end = positions.span(node)
            offset = source.find(value, start, end)
            offset = offset if offset >= 0 else source.find(value)  # the place within an f-string may be wrong
            if offset >= 0:
                yield _at(source, offset, value, "secret", _env_name(name))
            else:
                yield _at(source, start, value, "secret", _env_name(name), end)


def _text_of(node: ast.AST) -> str | None:
    """Return the text that a literal stands for, also one of several pieces; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        right = _piece(node.right)
        if right is None:
            return None
        parts.append(right)
        node = node.left
    left = _piece(node)
    return None if left is None else "".join([left, *reversed(parts)])


def _piece(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    if isinstance(node, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in node.values):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None


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


def _literals(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions, mostly literals, that may be the value of an expression."""
    if isinstance(value, ast.IfExp):
        yield from _literals(value.body)
        yield from _literals(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for item in value.values:
            yield from _literals(item)
    else:
        yield value


def _says_secret(name: str, value: str) -> bool:
    name = _CAMEL().sub("_", name).replace("-", "_")
    if not value or "\n" in value or _is_placeholder(value) or value.lower() in _COMMON_PASSWORDS:
        return False
    if _PASSWORD_NAME().search(name):
        return len(value) >= 6 and " " not in value and not re.fullmatch(r"[a-z_]+|[A-Z_]+|[A-Z][a-z]+", value)
    return (
        bool(_KEY_NAME().search(name))
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
    return len(set(value)) < 4 or bool(_PLACEHOLDER().search(value))


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
        named.append(secret._replace(env_name=names[secret.value]))
    return named
