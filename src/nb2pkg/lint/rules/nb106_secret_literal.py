"""A password, a key or a token stands in the notebook.

## Why it hurts

Whoever gets the notebook, its history in a repository or a copy of its outputs can use the secret, and so can all who
read the log of a test. Tests on a server have no right to it, or have another one.

## What is found

Tokens of known shapes (AWS, GitHub, GitLab, Slack, OpenAI, Anthropic, Hugging Face, Google, Stripe, SendGrid, Azure,
Databricks, npm, PyPI, Telegram, Discord and others, JSON web tokens, private keys, `Bearer` and `Authorization`,
passwords in URLs) wherever they stand, also in saved outputs; and texts that look drawn at random and are given to a
name such as `password`, `api_key` or `access_token`. Placeholders (`<token>`, `xxx`, `your-key-here`), well-known
passwords of examples (`postgres`, `changeme`) and what is read from the environment are none. The message never shows
the secret.

## How to mend it

Withdraw the secret where it was issued: it may have been copied already. Then read a new one from the environment,
`os.environ["API_KEY"]`, clear the output that shows the old one, and clean the repository's history.

## Related

`detect-secrets`, `gitleaks` and `trufflehog` look at files of all kinds; ruff's S105 to S107 look at names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import PYTHON, Cell
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# How tokens of known shapes begin: without one of them in the file none is there. A test holds it against the search.
STARTS = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-", "sk-", "hf_"),
    *("hooks.slack.com/", "AIza", "GOCSPX-", "ya29.", "sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_", "SG."),
    *("dapi", "npm_", "pypi-AgE", "AccountKey=", "SharedAccessKey=", "SharedSecretValue=", "sig=", "/api/webhooks/"),
    *("gsk_", "r8_", "xai-", "pplx-", "tvly-", "shpat_", "dop_v1_", "dckr_pat_", "lsv2_", "hvs.", "eyJ", "Bearer "),
    *("uthorization", "-----BEGIN ", ":AA", "discord", "twilio", "Twilio", "mailgun", "kaggle", "wandb"),
)
_IN_URL = r"://[^\s:/@'\"{}]{0,200}:[^\s:/@'\"{}$<>*]{3,200}@"
# How the names end that say so; in front of `key` stands another word.
_WORDS = (
    *("password", "passwd", "passwort", "pwd", "passphrase", "pass", "pw", "secret", "token", "credential", "appid"),
    "key",
)
# Calls and commands that take one without naming it.
_TAKERS = (
    *("login(", "Auth(", "OAuth", "auth=(", "auth = (", "set_access_token(", "Fernet(", "Experiment(", "jwt.", "FTP("),
    *("mysql", "MySQLdb.", "cx_Oracle.", "oracledb.", "curl ", "wget ", "http ", "sshpass ", "mongo", "redis-cli "),
    *("docker login ", "Client(", "Bot(", "Github(", "Gitlab(", "Authenticator(", "Api(", "API(", "windows.net"),
)
_SHORT = frozenset({"key", "pass", "pw"})  # another word stands in front of these
_GIVEN = r"s?(?:\\?[\"'])?\]?\s{0,8}[=:,\s][^\n=]"  # and something is given to the name
_RESOURCE = r"projects/[\w-]+/\S+|arn:[\w-]+:\S+"  # names of what clouds keep
_EXAMPLE = r"[a-z_]+|[A-Z_]+|\d+|[A-Z][a-z]+"
_HELP = "withdraw it where it was issued, read the new one from os.environ, and clean the history of the repository"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each secret, at its first place; none of them shows it."""
    seen: set[str] = set()
    # All at once first: in most notebooks that is all there is to do.
    sources = "\n".join([cell.source for cell in notebook.cells])
    if _may_hold(sources) or _may_name(sources):
        for cell in notebook.cells:
            if _may_hold(cell.source) or _may_name(cell.source):
                yield from _in_source(notebook, cell, seen)
    outputs = [(cell, text) for cell in notebook.cells if cell.raw_outputs for text in _texts(cell.raw_outputs)]
    if _may_hold("\n".join([text for _, text in outputs])):
        for cell, text in outputs:
            if _may_hold(text):
                yield from _in_output(cell, text, seen)


def _may_hold(text: str) -> bool:
    """Return whether a text may hold a token of a known shape."""
    if any(start in text for start in STARTS):
        return True
    return "://" in text and "@" in text and re.search(_IN_URL, text) is not None


def _may_name(source: str) -> bool:
    """Return whether something in a source is given to a telling name."""
    if any(taker in source for taker in _TAKERS):
        return True
    low = source.lower()
    given = re.compile(_GIVEN)
    for word in _WORDS:
        end = low.find(word) + len(word)
        while end >= len(word):
            before = low[end - len(word) - 1 : end - len(word)]
            if (word not in _SHORT or before in "_-" or before.isalnum() or before in "\"'") and given.match(low, end):
                return True
            end = low.find(word, end) + len(word)
    return False


def _in_source(notebook: Notebook, cell: Cell, seen: set[str]) -> Iterator[Finding]:
    from nb2pkg.cells.secrets import find_secrets

    python = cell.kind == "code" and notebook.source.language.lower() in PYTHON
    found = [*find_secrets(cell.source, code=python)]
    code = notebook.codes.get(cell.number) if python else None
    if code is not None and code.escapes and code.tree is not None:
        # A cell with magics is no Python: what is given to names shows in its lowered code.
        known = {secret.value for secret in found}
        lowered = [secret for secret in find_secrets(code.python) if secret.value not in known]
        found += [secret._replace(line=code.source_line(secret.line)) for secret in lowered]
    for secret in found:
        if secret.value in seen or _is_example(secret.kind, secret.value):
            continue
        seen.add(secret.value)
        kind = f"the value of `{secret.env_name}`" if secret.kind == "secret" else secret.kind
        place = _place(cell, secret.line, secret.column, secret.length)
        yield Finding(place, "NB106", "error", f"a secret stands in the notebook ({kind})", _HELP)


def _in_output(cell: Cell, text: str, seen: set[str]) -> Iterator[Finding]:
    from nb2pkg.cells.secrets import find_shapes

    for _, value, kind, _ in find_shapes(text):
        if value not in seen and not _is_example(kind, value):
            seen.add(value)
            message = f"a secret stands in the notebook ({kind}, in the saved output of cell {cell.number})"
            yield Finding(Place(cell.number), "NB106", "error", message, _HELP)


def _texts(outputs: list[Any]) -> Iterator[str]:
    """Yield the texts of saved outputs, lines joined; pictures aside."""
    stack: list[Any] = [*reversed(outputs)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            if item and all(isinstance(part, str) for part in item):
                yield "".join(item)
            else:
                stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(v for k, v in reversed(item.items()) if k[:6] != "image/" or k == "image/svg+xml")


def _is_example(kind: str, value: str) -> bool:
    """Return whether it is no secret: a plain word or a number in a URL, or where a cloud keeps the secret."""
    if kind == "secret":
        return re.fullmatch(_RESOURCE, value) is not None
    return kind == "password in a URL" and re.fullmatch(_EXAMPLE, value) is not None


def _place(cell: Cell, line: int, column: int, length: int) -> Place:
    """Return the region of a secret that begins at a line and a column."""
    lines = cell.source.split("\n")
    last, end = line, column + length
    while last < len(lines) and end > len(lines[last - 1]) + 1:
        end -= len(lines[last - 1]) + 1
        last += 1
    return Place(cell.number, line, column, last, end)


CASES = """
#=== bad | a token
# %%
token = "ghp_" "0123456789abcdefghijABCDEFGHIJ012345"
#=== bad | a password
# %%
connect(user="anna", password="Tr0ub4dor-and-3")
#=== bad | a key in a dictionary
# %%
settings = {"api_key": "9f86d081884c7d659a2feaa0c55ad015"}
#=== bad | in a URL
# %%
engine = create_engine("postgresql://anna:Tr0ub4dor3@db.example.org/churn")
#=== bad | in the output
# %% out=ghp_0123456789abcdefghijABCDEFGHIJ012345
print(token)
#=== bad | in a shell line
# %%
#!!fetch --api-key 9f86d081884c7d659a2feaa0c55ad015
#=== bad | in text
# %% [markdown]
# Use api_key = "9f86d081884c7d659a2feaa0c55ad015" for now
#=== bad | in another language | language=R
# %%
api_key <- "abc"; password = "Tr0ub4dor-and-3"
#=== good | from the environment
# %%
import os
token = os.environ["TOKEN"]
password = os.getenv("PASSWORD")
#=== good | placeholders
# %%
api_key = "<your key here>"
token = "xxxxxxxxxxxxxxxxxxxxxxxx"
password = "********"
#=== good | the words mean something else
# %%
key = "customer_id"
tokens = text.split()
sort_key = lambda row: row["secret_santa"]
token = "[CLS]"
#=== good | the database of an example
# %%
engine = create_engine("postgresql://postgres:postgres@localhost/test")
#=== good | the place where a cloud keeps it
# %%
secret = "projects/123/secrets/my-secret/versions/latest"
#=== good | a hash that is no secret
# %%
checksum = "9f86d081884c7d659a2feaa0c55ad015"
"""
