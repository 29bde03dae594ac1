"""What all SQL cells of a notebook share: which extension runs them, its options, and where databases come from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from nb2pkg.cells.document import Document

Flavour = Literal["jupysql", "ipython_sql"]

_MAGIC = re.compile(r"^[ \t]*(?:\w+\s*=\s*)?%{1,2}(?:jupy)?sql\b[ \t]*(\S*)", re.M)
_CONFIG = re.compile(r"^[ \t]*%config[ \t]+SqlMagic\.(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", re.M)
_OBJECT = re.compile(r"^[ \t]*%{1,2}(?:jupy)?sql[ \t]+[A-Za-z_]\w*[ \t]*(?:(?:--alias|-A)\b.*)?$", re.M)
_ALIAS = re.compile(r"(?:--alias|-A)[ =]+[\"']?(\w+)")
# What only one of the two extensions prints, installs or understands.
_JUPYSQL_OUTPUT = re.compile(
    r"^(Running query in '|Connecting to '|Connecting and switching to|Switching to conn)", re.M
)
_IPYTHON_SQL_OUTPUT = re.compile(r"^( \* \w[\w+]*://|Returning data to local variable )", re.M)
_JUPYSQL_SOURCE = re.compile(r"jupysql|%sql(plot|cmd|render)\b|named_parameters|autopolars|--(alias|save|with)\b|\{\{")
_IPYTHON_SQL_SOURCE = re.compile(r"ipython[-_]sql")
_SECRET_WORDS = re.compile(r"pass|pwd|token|secret|key|credential", re.I)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the extension, set by `%config`: cell and line, name, value as written."""

    cell: int
    line: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """What the SQL cells of a notebook share.

    Args:
        flavour: the extension: the two print and show differently.
        name: of the variable that holds the connection.
        options: set by `%config`, in order.
        variables: address of a database -> the environment variable that it comes from.
        first: cell and line of the first SQL magic.
        objects: a magic is given an engine or a connection that the notebook made.
        aliases: of connections.
    """

    flavour: Flavour = "jupysql"
    name: str = "connection"
    options: tuple[Option, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    first: tuple[int, int] = (0, 0)
    objects: bool = False
    aliases: frozenset[str] = frozenset()

    def option(self, name: str, cell: int, line: int, default: Any) -> Any:
        """Return the value of an option at a place, and the default where nothing set it or nobody can read it."""
        found = default
        for option in self.options:
            if option.name == name and (option.cell, option.line) < (cell, line):
                found = option_value(option.text)
        return found


def option_value(text: str) -> Any:
    """Return the value of `%config`, a Python literal; other text is itself, as IPython takes it.

    Args:
        text: what stands right of the `=`.
    """
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return text


def read_session(document: Document) -> Session | None:
    """Return what a notebook's SQL cells share, or None where it has none."""
    sources = [(cell.number, cell.source) for cell in document.cells if cell.kind == "code"]
    if not any("sql" in source and _MAGIC.search(source) for _, source in sources):
        return None
    options = [
        Option(number, source.count("\n", 0, match.start()) + 1, match[1], match[2])
        for number, source in sources
        for match in _CONFIG.finditer(source)
    ]
    words = frozenset(word for _, source in sources for word in re.findall(r"[A-Za-z_]\w*", source))
    magics = [
        (number, source.count("\n", 0, match.start(1)) + 1)
        for number, source in sources
        for match in _MAGIC.finditer(source)
    ]
    return Session(
        _flavour(document),
        _free_name(words),
        tuple(options),
        _variables(_addresses(sources)),
        first=magics[0],
        objects=any(_OBJECT.search(source) for _, source in sources),
        aliases=frozenset(name for _, source in sources for name in _ALIAS.findall(source)),
    )


def is_address(word: str) -> bool:
    """Return whether a word of a magic is the address of a database."""
    return "://" in word or ("@" in word and not word.startswith("@"))


def holds_secret(address: str) -> bool:
    """Return whether an address holds a password or a token; one that can't be read may."""
    try:
        parts = urlsplit(address)
        return parts.password is not None or any(_SECRET_WORDS.search(key) for key, _ in parse_qsl(parts.query))
    except ValueError:
        return True


def _flavour(document: Document) -> Flavour:
    texts = [output.text for cell in document.cells for output in cell.outputs]
    sources = [cell.source for cell in document.cells]
    if any(_JUPYSQL_OUTPUT.search(text) for text in texts):
        return "jupysql"
    if any(_IPYTHON_SQL_OUTPUT.search(text) for text in texts):
        return "ipython_sql"
    if any(_IPYTHON_SQL_SOURCE.search(source) for source in sources):
        return "ipython_sql"
    # Nothing else says: parameters work in the older one without being enabled.
    return "jupysql" if any(_JUPYSQL_SOURCE.search(s) for s in sources) or not _binds(sources) else "ipython_sql"


def _binds(sources: Iterable[str]) -> bool:
    return any(_MAGIC.search(source) and re.search(r"[\s=(]:[A-Za-z_]\w*", source) for source in sources)


def _free_name(words: frozenset[str]) -> str:
    names = ("connection", "database", "sql_connection", "sql_connection_2", "sql_connection_3")
    return next((name for name in names if name not in words), "sql_connection_of_notebook")


def _addresses(sources: Iterable[tuple[int, str]]) -> Iterator[str]:
    for _, source in sources:
        for match in _MAGIC.finditer(source):
            if is_address(match[1]) and not re.search(r"[${}]", match[1]):
                yield match[1]


def _variables(addresses: Iterable[str]) -> dict[str, str]:
    """Return a variable for each address: `DATABASE_URL` for a single one, else with the name of the database."""
    distinct = list(dict.fromkeys(addresses))
    if len(distinct) == 1:
        return {distinct[0]: "DATABASE_URL"}
    found: dict[str, str] = {}
    for address in distinct:
        stem = re.split(r"[?#]", address)[0].rstrip("/").rpartition("/")[2].partition(".")[0]
        stem = re.sub(r"[^A-Z0-9]+", "_", stem.upper()).strip("_") or address.partition(":")[0].upper()
        stem = re.sub(r"[^A-Z0-9]+", "_", stem)
        name, number = f"{stem}_DATABASE_URL", 1
        name = f"_{name}" if name[0].isdigit() else name
        while name in found.values():
            number += 1
            name = f"{stem}_DATABASE_URL_{number}"
        found[address] = name
    return found
