"""Files and hosts that the notebook reads, as far as literal paths and addresses say."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from nb2pkg.flow.libraries import verb_of
from nb2pkg.machine import DataFile
from nb2pkg.model import Flow

_DATA = re.compile(
    r"^[^:*?\"<>|\n]{1,200}\.(csv|tsv|txt|json|jsonl|xlsx?|parquet|feather|pkl|npy|npz|h5|hdf5|data|dat|xml|html?|zip|gz|db|sqlite)$"
)

_ADDRESS = re.compile(r"(https?|ftp)://", re.I)


def input_files(flow: Flow) -> list[str]:
    """Return literal relative paths in the code that lie beside the notebook, sorted."""
    folder = Path(flow.notebook.path).parent
    found = set()
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and _DATA.match(n.value):
                path = Path(n.value)
                if not path.is_absolute() and ".." not in path.parts and (folder / path).is_file():
                    found.add(n.value)
    return sorted(found)


def hosts(flow: Flow) -> list[str]:
    """Return the hosts that the notebook loads something from, sorted."""
    return sorted({urlsplit(text).hostname or "" for text in _loaded(flow) if _ADDRESS.match(text)} - {""})


def _loaded(flow: Flow) -> Iterator[str]:
    """Yield the literal first arguments of calls that load, given as they are or by a name that is bound once."""
    bound = Counter(name for s in flow.statements for name in s.names.defs)
    values = {
        s.node.targets[0].id: s.node.value.value
        for s in flow.statements
        if isinstance(s.node, ast.Assign) and isinstance(s.node.targets[0], ast.Name)
        if isinstance(s.node.value, ast.Constant) and isinstance(s.node.value.value, str)
    }
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call) and n.args and verb_of(flow.context.qualified(n.func)) == "load":
                given = n.args[0]
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value
                elif isinstance(given, ast.Name) and bound[given.id] == 1 and given.id in values:
                    yield values[given.id]


def climbs(flow: Flow) -> bool:
    """True when the notebook may look into the folders above its own."""
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Attribute) and n.attr in {"parent", "parents", "dirname", "pardir"}:
                return True
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.startswith(".."):
                return True
    return False


def addresses(flow: Flow) -> list[str]:
    """Return the addresses that the notebook loads, sorted, without what may be secret in them."""
    found = set()
    for text in _loaded(flow):
        if _ADDRESS.match(text) and text.isprintable():
            parts = urlsplit(text)
            found.add(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
    return sorted(found)


def absent_data(flow: Flow, data: Iterable[DataFile]) -> list[str]:
    """Return the data that lie neither where the notebook has them nor where the package expects them, sorted."""
    folder = Path(flow.notebook.path).parent
    return sorted(
        row.path
        for row in data
        if not any((folder / os.path.expanduser(path)).exists() for path in (row.path, row.origin) if path)
    )
