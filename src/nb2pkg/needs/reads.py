"""Flow -> what the notebook reads and writes of the disk, in the order of its code, as far as literals say it."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Flow, Statement
from nb2pkg.needs.file_facts import (
    EXISTING,
    FETCHING,
    FILLERS,
    FOLDER_MAKERS,
    FOLDER_OWNERS,
    FOLDER_READERS,
    OPENERS,
    PATH_KEYWORDS,
    PATTERN_READERS,
    READERS,
    READING_METHODS,
    READING_OWNERS,
    SHELL_CALLS,
    SHELLS,
    TARGET_KEYWORDS,
    WRITERS,
    WRITING_OWNERS,
)
from nb2pkg.needs.path_texts import WILD, Texts, arguments, literal_keyword

Kind = Literal["file", "folder", "pattern"]
LOOKS_LIKE_DATA = re.compile(
    r"^[^:*?\"<>|\n]{1,200}\.(csv|tsv|txt|json|jsonl|xlsx?|parquet|feather|pkl|npy|npz|h5|hdf5|data|dat|xml|html?|zip|gz|db|sqlite)$"
)
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_SQLITE = re.compile(r"^sqlite:///([^?]+)")
_MACHINE = re.compile(r"^/(?:dev|proc|sys|usr|etc|bin|sbin|lib\d*|run|boot)(?:/|$)")
_WILDCARD = re.compile(r"[*?\[]")
_LONGEST = 300
MOST_MATCHES = 30  # files of a pattern that are listed one by one; its folder stands for more
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASKS = frozenset({"exists", "isfile", "isdir", "is_file", "is_dir", "lexists"})


@dataclass(frozen=True, slots=True)
class Read:
    """Something that the notebook reads.

    Args:
        text: the path as the code has it, normalized; of a pattern, with its wildcards.
        cell: the cell.
        statement: index of the statement.
        kind: what it is.
        maybe: it is read only if it is there, or by code that may not run.
    """

    text: str
    cell: int
    statement: int
    kind: Kind = "file"
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """Something that the notebook writes, or that a shell command may bring.

    Args:
        text: the path, normalized; of a shell command, the command.
        statement: index of the statement.
        how: a file, all below a folder, a folder without what is in it, or a command.
        maybe: by code that may not run.
    """

    text: str
    statement: int
    how: Literal["file", "below", "folder", "command"] = "file"
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Disk:
    """What a notebook does with the disk.

    Args:
        reads: in the order of the code.
        writes: in the order of the code.
        moves: it changes the current folder somewhere.
        named: literals that look like paths of data: they may be handed to a function that reads them.
        mentions: path -> how many literals say it.
        shell: it runs commands.
    """

    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    moves: bool
    named: tuple[Read, ...]
    mentions: Mapping[str, int]
    shell: bool


@lru_cache(maxsize=4)
def disk_of(flow: Flow) -> Disk:
    """Return what a notebook reads and writes."""
    texts = Texts(flow)
    reads: list[Read] = []
    writes: list[Write] = []
    folder: str | None = "."
    uses = Counter(name for s in flow.statements for name in s.names.uses | s.names.late_uses)
    for statement in flow.statements:
        idle = isinstance(statement.node, _FUNCTIONS) and not uses[statement.node.name]
        found_reads, found_writes = _Finder(texts, statement).find(idle)
        reads += [replace(r, text=text) for r in found_reads if (text := _placed(r.text, folder))]
        writes += [
            w if w.how == "command" else replace(w, text=text)
            for w in found_writes
            if (text := w.text if w.how == "command" else _placed(w.text, folder))
        ]
        if "cwd" in statement.effects:
            folder = _after(texts, statement, folder)
    moves = any("cwd" in s.effects for s in flow.statements)
    mentions = Counter(path for text, _ in texts.literals if len(text) <= _LONGEST and (path := readable(text)))
    shell = not SHELLS.isdisjoint(texts.words)
    return Disk(tuple(reads), tuple(writes), moves, () if moves else tuple(_named(texts)), mentions, shell)


def _named(texts: Texts) -> Iterator[Read]:
    for text, statement in texts.literals:
        if LOOKS_LIKE_DATA.match(text) and (path := readable(text)) and not is_absolute(path):
            yield Read(path, statement.location.cell, statement.index, maybe=True)


def _placed(path: str, folder: str | None) -> str:
    """Return a path relative to the folder that the notebook was started in; nothing where nobody knows it."""
    if folder == "." or is_absolute(path):
        return path
    return "" if folder is None else posixpath.normpath(f"{folder}/{path}")


def _after(texts: Texts, statement: Statement, folder: str | None) -> str | None:
    """Return the current folder after a statement that changes it."""
    node = statement.node.value if isinstance(statement.node, ast.Expr) else None
    if folder is None or not isinstance(node, ast.Call) or not node.args:
        return None
    name = texts.context.qualified(node.func) or getattr(node.func, "id", "")
    values = texts.values(node.args[0]) if name in ("os.chdir", "__nb_change_directory") else ()
    if len(values) != 1 or WILD in values[0] or values[0].startswith(("/", "~", "-")) or _DRIVE.match(values[0]):
        return None
    return posixpath.normpath(f"{folder}/{values[0]}")


def is_absolute(text: str) -> bool:
    """Tell whether a path means one place on the disk, whatever the current folder is."""
    return text.startswith(("/", "~/")) or bool(_DRIVE.match(text))


class _Finder:
    """Looks through one statement."""

    def __init__(self, texts: Texts, statement: Statement) -> None:
        self.texts = texts
        self.statement = statement
        self.inner = isinstance(statement.node, _FUNCTIONS)
        self.reads: list[Read] = []
        self.writes: list[Write] = []

    def find(self, idle: bool) -> tuple[list[Read], list[Write]]:
        """Return what it reads and writes; what is idle may never run."""
        self._visit(self.statement.node, idle)
        return self.reads, self.writes

    def _visit(self, node: ast.AST, maybe: bool) -> None:
        if isinstance(node, ast.Call):
            self._call(node, maybe)
        if isinstance(node, (ast.If, ast.IfExp)):
            maybe = maybe or any(_asks(n) for n in ast.walk(node.test))
        elif isinstance(node, (ast.Try, ast.ExceptHandler, ast.Lambda)):
            maybe = True
        for child in ast.iter_child_nodes(node):
            self._visit(child, maybe)

    def _call(self, call: ast.Call, maybe: bool) -> None:
        name = self.texts.context.qualified(call.func) or getattr(call.func, "id", "")
        last = f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else name
        if name in SHELLS or name in SHELL_CALLS:
            self._shell(call, maybe)
            return
        self._reading(call, name, last, maybe)
        self._writing(call, name, last, maybe)

    def _reading(self, call: ast.Call, name: str, last: str, maybe: bool) -> None:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in READERS:
            self._read(arguments(call, 0, PATH_KEYWORDS), "file", maybe)
        elif name in OPENERS:
            mode = literal_keyword(call, "mode", 1)
            if mode is not None and not set(mode) & set("wxa"):
                self._read(arguments(call, 0, PATH_KEYWORDS), "file", maybe)
        elif name in EXISTING:
            self._read(arguments(call, 0, PATH_KEYWORDS), "file", True)
        elif name in FOLDER_READERS or last in FOLDER_READERS:
            self._read(arguments(call, 0, PATH_KEYWORDS), "folder", maybe)
        elif name in PATTERN_READERS:
            self._read(arguments(call, 0, PATH_KEYWORDS), "pattern", maybe)
        elif owner is not None and last in FOLDER_OWNERS and self._is_path(owner):
            self._read([owner], "folder", maybe)
        elif owner is not None and last in READING_OWNERS and self._is_path(owner):
            self._read([owner], "file", maybe)
        elif owner is not None and last == ".open" and self._is_path(owner):
            mode = literal_keyword(call, "mode", 0)
            if mode is not None and not set(mode) & set("wxa"):
                self._read([owner], "file", maybe)
        elif last in READING_METHODS or verb_of(name) == "load":
            self._read(arguments(call, 0, PATH_KEYWORDS), "file", maybe, alike=True)
        for node in call.args[:2] if last.rpartition(".")[2] in _DATABASES or name.endswith("create_engine") else ():
            for text in self.texts.values(node, inner=self.inner):
                match = _SQLITE.match(text)
                if match:
                    self._add(match[1], "file", True)

    def _is_path(self, node: ast.expr) -> bool:
        return bool(self.texts.values(node, inner=self.inner))

    def _writing(self, call: ast.Call, name: str, last: str, maybe: bool) -> None:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        key = name if name in WRITERS else last
        if key in WRITERS:
            how: Literal["file", "below"] = "below" if key in FILLERS else "file"
            targets = [*arguments(call, WRITERS[key], TARGET_KEYWORDS)]
            self._write(targets, how, maybe or how == "below")
            if how == "below" and not targets:
                self.writes.append(Write(".", self.statement.index, "below", True))
        elif name in OPENERS or last == ".open":
            mode = literal_keyword(call, "mode", 1 if name in OPENERS else 0)
            if mode is None or set(mode) & set("wxa"):
                self._write(arguments(call, 0, PATH_KEYWORDS) if name in OPENERS else [owner or call], "file", maybe)
        elif last in WRITING_OWNERS and owner is not None:
            self._write([owner], "file", maybe)
        elif name in FOLDER_MAKERS or last in FOLDER_MAKERS:
            self._write([call.args[0]] if call.args else [owner or call], "folder", True)

    def _shell(self, call: ast.Call, maybe: bool) -> None:
        line = " ".join(
            n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)
        )  # fmt: skip
        self.writes.append(Write(line, self.statement.index, "command", maybe))

    def _read(self, nodes: Iterable[ast.expr], kind: Kind, maybe: bool, *, alike: bool = False) -> None:
        for node in nodes:
            for text in self.texts.values(node, inner=self.inner):
                if alike and not LOOKS_LIKE_DATA.match(text.replace(WILD, "_")):
                    self._add(text, kind, True)
                else:
                    self._add(text, kind, maybe)

    def _add(self, text: str, kind: Kind, maybe: bool) -> None:
        if kind != "pattern" and WILD in text:
            if "/" not in text.partition(WILD)[0]:
                return  # anywhere
            kind, maybe = "pattern", True
        text = readable(text.replace(WILD, "*"))
        if text:
            if kind == "pattern" and not _WILDCARD.search(text):
                kind, maybe = "file", True
            self.reads.append(Read(text, self.statement.location.cell, self.statement.index, kind, maybe))

    def _write(self, nodes: Iterable[ast.expr], how: Literal["file", "below", "folder"], maybe: bool) -> None:
        for node in nodes:
            for text in self.texts.values(node, inner=self.inner):
                plain = readable(text.replace(WILD, "*"))
                if plain:
                    self.writes.append(Write(plain, self.statement.index, how, maybe))


_DATABASES = frozenset({"read_sql", "read_sql_query", "read_sql_table", "create_engine"})


def _asks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _ASKS


def readable(text: str) -> str:
    """Return a path, normalized; nothing where it is an address, data, or a file that every machine has."""
    if not 0 < len(text) <= _LONGEST or not text.isprintable() or text.startswith((":", "data:")):
        return ""
    if text.startswith(("{", "[", "<")) and not LOOKS_LIKE_DATA.match(text):
        return ""
    if _DRIVE.match(text):
        return text
    if "://" in text or _MACHINE.match(text):
        return ""
    path = posixpath.normpath(text)
    return "" if path in (".", "/", "..", "~") else "/" + path.lstrip("/") if path.startswith("//") else path


def is_command_for(write: Write, path: str) -> bool:
    """Tell whether a shell command may bring a file: it fetches or copies, and names it."""
    return write.how == "command" and path.rpartition("/")[2] in write.text and bool(FETCHING.search(write.text))


def fixed_part(pattern: str) -> str:
    """Return the folder above the first wildcard."""
    parts = pattern.split("/")
    first = next((n for n, part in enumerate(parts) if set(part) & set("*?[")), len(parts) - 1)
    return "/".join(parts[:first])
