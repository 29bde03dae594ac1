"""Finds secrets written into a notebook; `hide` takes them out of its code and blanks them in copies of it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from nb2pkg.cells.secret_names import env_name, given, literals, says_secret
from nb2pkg.cells.secret_shapes import SHAPES, Pattern, find_shapes, lazy, looks_drawn
from nb2pkg.cells.text import Positions, parse
from nb2pkg.tuples import NamedTuple

__all__ = ["BLANK", "Secret", "find_secrets", "find_shapes", "name_secrets"]

BLANK = "***"
_WORDS_OF_NAMES = (
    "pass",
    "pwd",
    "token",
    "secret",
    "key",
    "credential",
    "auth",
    "login",
    "appid",
    "curl",
    "fernet",
    "jwt",
)
_WORDS = (*_WORDS_OF_NAMES, "pw", "connect", "ftp(", "client(", "bot(", "oauth", "mysql", "mongo", "redis-cli")
# What a source must hold before its syntax is looked at.
_STARTS = tuple(dict.fromkeys(start for shape in SHAPES for start in shape.starts))

# Assignments in text that is no Python: the name, and what is given to it.
_NAME = r"(?P<name>[A-Za-z_][\w-]{0,60})"
_BARE = r"""(?P<value>[^\s"'`$(){}<>|;&,\\]{6,200})"""
# `password: "` may also be the end of a quoted question: what follows it is code, with brackets.
_QUOTED = lazy(
    rf"""(?<![\w-]){_NAME}\\?["']?\]?[ \t]{{0,8}}(?:=(?!=)|:)[ \t]{{0,8}}"""
    r"""[bru]{0,2}\\?(["'])(?P<value>[^"'\\\s()]{6,200})\\?\2"""
)
_EXPORTED = lazy(rf"^[ \t#!%$>-]*(?:(?:export|set|setenv|env|set_env|ENV)[ \t]+)?{_NAME}={_BARE};?[ \t]*$", re.M)
_ENTRY = lazy(rf"^[ \t#>-]*{_NAME}[ \t]*[=:][ \t]*{_BARE},?[ \t]*$", re.M)
_SHELL = (
    lazy(rf"""(?<![\w$])-{{0,2}}{_NAME}(?:=|:[ \t]{{0,4}})["']?{_BARE}"""),
    lazy(rf"""(?<!\S)(?:--|set[ ]){_NAME}[ \t]+["']?{_BARE}"""),
)
# `?api_key=...&q=x`, `host=h password=...`, `Uid=u;Pwd=...;` within a text.
_WITHIN = lazy(rf"""(?<![\w-]){_NAME}=\{{?{_BARE}(?=[\s"'`;&#}}\\]|$)""")
# `the API key is abc`, `| token | abc |`, `**Password:** abc`.
_PROSE = lazy(
    r"(?i)(?<![\w-])(?P<name>(?:[a-z][\w-]{0,30}[ ]?)?(?:key|token|secret|password|passwd|pwd|passphrase))"
    r"(?:[ ]for[ ][^\n:=.]{1,30}?)?"
    rf"""(?:[ *`|"']{{0,4}}(?::|=|->|\||[ ]is\b|[ ]was\b)[ *`|"']{{0,4}}|[ ][`"']){_BARE}"""
)
_COMMANDS = tuple(
    lazy(rf"""(?<![\w-]){program}\b[^\n|;]{{0,300}}?[ ]{option}(?P<value>[^\s"'$]{{6,200}})""")
    for program, option in (
        ("(?:curl|http|wget)", r"""(?:-u|--user|-a)[ =]?["']?[^\s:"'$]{1,80}:"""),
        ("(?:mysql|mysqldump|mysqladmin)", """-p["']?"""),
        ("(?:sshpass|mongo|mongosh|redis-cli|docker[ ]login)", """-[pa][ ]?["']?"""),
    )
)
_DOTTED = lazy(r"[a-z_]\w*(?:\.[a-z_]\w*)+")
_CELL_MAGIC = lazy(r"\s*%%(!|\w+)")
_OF_PYTHON = frozenset({"time", "timeit", "capture", "prun", "memit", "debug"})
_OF_SHELL = frozenset({"bash", "sh", "script", "shell", "zsh", "system", "sx", "!"})
_SHELL_LINE = lazy(r"^[ \t]*(?:[A-Za-z_][\w, ]*=[ \t]*)?[!%].*$", re.M)
_COMMENT = lazy(r"(?:^|(?<=\s))#.*$", re.M)


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
    if not _may_hold(source):
        return ()
    spelled, named = _in_code(source) if code else ([], [])
    found: list[Secret] = []
    taken: list[tuple[int, int]] = []
    # What a literal spells in another way shows nowhere else; then what is surest.
    first = [secret for secret in spelled if secret.written or secret.kind != "secret"]
    for secret in (*first, *_by_shape(source), *named, *spelled, *_by_assignment(source, code=code)):
        start = _offset(source, secret)
        if not any(start < begin + length and begin < start + secret.length for begin, length in taken):
            found.append(secret)
            taken.append((start, secret.length))
    return tuple(sorted(name_secrets(found), key=lambda secret: (secret.line, secret.column)))


def find_known(source: str, known: Iterable[tuple[str, str, str]]) -> tuple[Secret, ...]:
    """Return the places in a source of secrets that are known from elsewhere.

    Args:
        source: any text.
        known: (secret, kind, environment variable).
    """
    return tuple(
        _at(source, source.index(value), value, kind, variable) for value, kind, variable in known if value in source
    )


def _may_hold(source: str) -> bool:
    low = source.lower()
    return any(word in low for word in _WORDS) or any(start in source for start in _STARTS)


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


def _by_assignment(source: str, *, code: bool) -> Iterator[Secret]:
    """Yield what is given to telling names in comments, shell lines and text of other kinds."""
    for start, text, patterns in _regions(source, code=code):
        for pattern in patterns:
            for match in pattern().finditer(text):
                secret = _matched(match, prose=pattern is _PROSE)
                if secret is not None:
                    yield _at(source, start + match.start("value"), secret[1], "secret", env_name(secret[0]))


def _matched(match: re.Match[str], *, prose: bool = False) -> tuple[str, str] | None:
    """Return (name, secret) of an assignment in a text, if it is one; a command's option is a password."""
    name = match.groupdict().get("name") or "password"
    if _DOTTED().fullmatch(match["value"]):
        return None  # code: `token = response.access_token`
    if (
        prose
        and not all(re.search(kind, match["value"]) for kind in (r"[a-z]", r"\d", r"[^a-z\d]"))
        and not (looks_drawn(match["value"]))
    ):
        return None  # `password: required1`
    return (name, match["value"]) if says_secret(name, match["value"]) else None


def _regions(source: str, *, code: bool) -> Iterator[tuple[int, str, tuple[Pattern, ...]]]:
    """Yield (offset, text, patterns) of the parts of a source that are no Python."""
    magic = _CELL_MAGIC().match(source)
    if not code or (magic and magic[1] not in _OF_PYTHON):
        shell = _SHELL if magic and magic[1] in _OF_SHELL else (_ENTRY,)
        yield 0, source, (_QUOTED, _EXPORTED, *shell, _WITHIN, *_COMMANDS, *(() if code else (_PROSE,)))
        return
    for match in _SHELL_LINE().finditer(source):
        yield match.start(), match[0], (_QUOTED, *_SHELL, _WITHIN, *_COMMANDS)
    for match in _COMMENT().finditer(source):
        yield match.start(), match[0], (_QUOTED, _EXPORTED, _WITHIN, _PROSE)


def _in_code(source: str) -> tuple[list[Secret], list[Secret]]:
    """Return tokens of known shapes that a literal spells in another way, and literals given to telling names."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], []
    positions = Positions(source)
    return [*_by_literal(source, tree, positions)], [*_by_name(source, tree, positions)]


def _by_literal(source: str, tree: ast.Module, positions: Positions) -> Iterator[Secret]:
    """Yield what only shows in a literal's value: tokens in several pieces, assignments within a text."""
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
        for value, kind, name in (found for text in texts for found in _in_text(text)):
            start, end = positions.span(node)
            if value not in source[start:end]:
                yield _at(source, start, value, kind, name, end)
            elif kind == "secret":
                yield _at(source, source.index(value, start), value, kind, name)


def _in_text(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (secret, kind, environment variable) of what a literal's value holds."""
    yield from ((value, kind, name) for _, value, kind, name in find_shapes(text))
    if _may_hold(text):
        for pattern in (_QUOTED, _WITHIN, *_COMMANDS, *((_ENTRY,) if "\n" in text else ())):
            for secret in filter(None, map(_matched, pattern().finditer(text))):
                yield secret[1], "secret", env_name(secret[0])


def _by_name(source: str, tree: ast.Module, positions: Positions) -> Iterator[Secret]:
    """Yield the literals that are given to names which say that they are secret."""
    texts = _named_once(tree)
    for name, expression in given(tree):
        meant = texts.get(expression.id, expression) if isinstance(expression, ast.Name) else expression
        for node in literals(meant):
            value = _text_of(node)
            if value is None or not says_secret(name, value):
                continue
            start, end = positions.span(node)
            offset = source.find(value, start, end)
            offset = offset if offset >= 0 else source.find(value)  # the place within an f-string may be wrong
            if offset >= 0:
                yield _at(source, offset, value, "secret", env_name(name))
            else:
                yield _at(source, start, value, "secret", env_name(name), end)


def _named_once(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the literals that get a name of their own first: `p = "..."`, and then `password = p`."""
    bound = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(node.value, ast.Constant) and bound[node.targets[0].id] == 1
    }


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
