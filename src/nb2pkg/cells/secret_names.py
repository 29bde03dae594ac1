"""Names that say that what is given to them is a secret, and values that bear it out: neither is enough alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from nb2pkg.cells.secret_shapes import is_placeholder, lazy, looks_drawn

_CAMEL = lazy(r"(?<=[a-z0-9])(?=[A-Z])")
_PASSWORD = lazy(r"(?:^|_)(?:pg|db|my|user)?(?:password|passwd|pwd|passphrase|passwort)s?_?\d?$", re.I)
# Shorter names mean other things as well: `low_pass`.
_PASS = lazy(
    r"(?:^|^\w*(?:user|db|database|smtp|e?mail|gmail|ftp|ssh|sql|pg|admin|root|login|app)_?)(?:pass|pw)_?$", re.I
)
_KEY = lazy(
    r"(?:^|_)(?:(?:api|access|secret|private|auth|client|consumer|account|subscription|encryption|bearer|app|bot|session"
    r"|refresh|storage|signing|master|webhook|fernet|jwt|license|service)_?(?:access_?|account_?|api_?|secret_?)?"
    r"(?:key|token|secret)|secret|token|apikey|apitoken|accesskey|authtoken|appid|secret_access_key|credentials?"
    r"|api_key_id|key_?base(?:64)?|account_key_\w+_core_windows_net)s?_?\d?$",
    re.I,
)
# `fred_key` may be a secret; these are keys and tokens of other kinds.
_OTHER_KEY = lazy(
    r"(?:^|_)(?:cache|sort|primary|foreign|partition|public|object|s3|group|join|merge|index|row|hash|dedup|file|dict|json"
    r"|sheet|spreadsheet|gsheet|worksheet|workbook|column|col|map|lookup|composite|natural|surrogate|unique|idempotency|bucket|next|page|prev|start|continuation|sync"
    r"|cursor|pad|eos|bos|cls|sep|mask|unk|special|end|image|first|last|dataset|data|model|order|random|rng|state)_"
    r"(?:\w+_)?(?:key|token)s?$",
    re.I,
)
_ANY_KEY = lazy(r"\w_(?:key|token|secret)s?_?\d?$", re.I)
# Rules for passwords, and where a web page asks for one: `input.password-field`.
_IS_PATTERN = lazy(r"^\^.*\$$|\(\?[=!:]|^(?=.*(?:pass|pwd|input))[A-Za-z_-]*(?:[.#>][A-Za-z_-]+)+$")
_COMMON_PASSWORDS = frozenset(
    "password passwd secret admin root guest user test postgres mysql changeme default string".split()
)
# What is given to calls by its place: last part of the name -> (position, the name that says what it is).
_BY_PLACE: Mapping[str, tuple[tuple[int, str], ...]] = {
    "HTTPBasicAuth": ((1, "password"),),
    "HTTPDigestAuth": ((1, "password"),),
    "HTTPProxyAuth": ((1, "password"),),
    "HttpNtlmAuth": ((1, "password"),),
    "login": ((1, "password"),),
    "OAuthHandler": ((0, "consumer_key"), (1, "consumer_secret")),
    "AppAuthHandler": ((0, "consumer_key"), (1, "consumer_secret")),
    "OAuth1": ((1, "client_secret"), (3, "token_secret")),
    "set_access_token": ((0, "access_token"), (1, "access_token_secret")),
    "Fernet": ((0, "encryption_key"),),
    "Experiment": ((0, "comet_api_key"),),
    "FTP": ((2, "password"),),
    "FTP_TLS": ((2, "password"),),
}
_BY_WHOLE_NAME: Mapping[str, tuple[tuple[int, str], ...]] = {
    "wandb.login": ((1, "wandb_api_key"),),
    "pymysql.connect": ((2, "password"),),
    "MySQLdb.connect": ((2, "password"),),
    "cx_Oracle.connect": ((1, "password"),),
    "oracledb.connect": ((1, "password"),),
    "jwt.encode": ((1, "jwt_secret"),),
    "jwt.decode": ((1, "jwt_secret"),),
}
_SETTER = lazy(r"(?:^|_)set_(\w+)$")
_SETTERS = frozenset(
    {"__nb_set_environment", "putenv", "setdefault", "setattr", "set", "config", "option", "add_header"}
)
_CLIENT = lazy(r"(?:Client|Api|API|Bot|Authenticator|Github|Gitlab)$")
_OF_OTHERS: Mapping[tuple[str, str], str] = {("wandb.login", "key"): "wandb_api_key"}


def env_name(name: str) -> str:
    """Return the environment variable for what a name says."""
    text = re.sub(r"[^0-9A-Za-z]+", "_", _CAMEL().sub("_", name)).strip("_").upper()
    if text == "PWD":
        return "PASSWORD"  # shells keep the current folder in PWD
    return f"SECRET_{text}" if not text or text[0].isdigit() else text


def names_secret(name: str) -> bool:
    """Return whether a name says that what it stands for is a secret."""
    name = re.sub(r"[^\w]+", "_", _CAMEL().sub("_", name)).strip("_")
    return any(pattern().search(name) for pattern in (_PASSWORD, _PASS, _KEY)) and not _OTHER_KEY().search(name)


def says_secret(name: str, value: str) -> bool:
    """Return whether a name and a value together are a secret."""
    name = re.sub(r"[^\w]+", "_", _CAMEL().sub("_", name)).strip("_")
    if not value or "\n" in value or is_placeholder(value) or value.lower() in _COMMON_PASSWORDS:
        return False
    if _PASSWORD().search(name):
        return _is_password(value)
    if _PASS().search(name):
        return _is_password(value) and bool(re.search(r"\d|[^\w]", value))
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", value) and "private" not in name.lower():
        return False  # the address of a contract: `token` is what it is a contract about
    if re.fullmatch(r"AC[0-9a-f]{32}|.*\.(?:json|txt|csv|pem|key|ya?ml|toml|ini|env|cfg|p12|pkl|parquet)", value):
        return False  # an account of Twilio; a file, which may hold one
    if not re.fullmatch(r"[\w+/=.~:-]{16,}", value) or not looks_drawn(value):
        return False
    if _KEY().search(name):
        return not _OTHER_KEY().search(name)
    return bool(_ANY_KEY().search(name)) and not _OTHER_KEY().search(name) and _is_opaque(value)


def _is_password(value: str) -> bool:
    """Return whether a text may be a password: no word, no prose, no place in a web page."""
    if not value.isascii() and value.strip("_:：").isalpha():
        return False  # a word of another language: a label
    if _is_path(value) or _IS_PATTERN().search(value):
        return False
    if len(value) < 6 or " " in value or re.fullmatch(r"[a-z_]+|[A-Z_]+|[A-Z][a-z]+:?|[#.][A-Za-z_-]+", value):
        return False
    return not re.match(r"\.?//|.*\[@?\w+=|\w+\.\w+\[|[\w.]+\(", value)


def _is_path(value: str) -> bool:
    """Return whether a text is a folder or file, which `pwd` may name, and not drawn at random."""
    return bool(re.match(r"(?:~|\.{0,2}|[A-Za-z]:)[/\\][\w.-]+(?:[/\\]|$)", value)) and not any(
        looks_drawn(part) for part in re.split(r"[/\\]", value) if part
    )


def _is_opaque(value: str) -> bool:
    """Return whether a text is one long token: no path, no name with parts."""
    return bool(re.fullmatch(r"[0-9A-Za-z_+=-]{16,}", value)) and bool(re.search(r"[0-9A-Za-z]{16}", value))


def given(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, expression) for each name, attribute, key, argument or default that is given a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _assigned(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            yield _target_name(node.target), node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Call):
            yield from _arguments(node)
        elif isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            pairs = zip(reversed(positional), reversed(node.defaults), strict=False)
            yield from ((argument.arg, value) for argument, value in pairs)
            yield from (
                (a.arg, value) for a, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value is not None
            )


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for name, item in zip(target.elts, value.elts, strict=True):
            yield from _assigned(name, item)
    else:
        yield _target_name(target), value


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a call is given: by name, by its place, and as a pair of user and password."""
    name = dotted(call.func)
    last = name.rpartition(".")[2]
    for keyword in call.keywords:
        if keyword.arg == "auth" and isinstance(keyword.value, ast.Tuple) and len(keyword.value.elts) == 2:
            yield "password", keyword.value.elts[1]
        elif keyword.arg:
            yield _OF_OTHERS.get((name, keyword.arg), keyword.arg), keyword.value
    if len(call.args) == 2 and last in _SETTERS:
        key, value = call.args
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value
    for place, said in _BY_WHOLE_NAME.get(name) or _BY_PLACE.get(last, ()):
        if place < len(call.args):
            yield said, call.args[place]
    if _CLIENT().search(last) and call.args:
        yield "api_key", call.args[0]
    setter = _SETTER().search(last)
    if setter and call.args and last not in _BY_PLACE:
        yield setter[1], call.args[0]


def literals(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions, mostly literals, that may be the value of an expression, or one of its items."""
    if isinstance(value, ast.IfExp):
        yield from literals(value.body)
        yield from literals(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for item in value.values:
            yield from literals(item)
    elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        for item in value.elts:
            yield from literals(item)
    else:
        yield value


def dotted(node: ast.expr) -> str:
    """Return a name such as `os.environ.setdefault`; of what is reached through a call only the last part."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


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
