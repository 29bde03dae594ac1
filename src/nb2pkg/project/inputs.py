"""Files that the notebook reads, as far as literal paths say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nb2pkg.model import Flow

_DATA = re.compile(
    r"^[^:*?\"<>|\n]{1,200}\.(csv|tsv|txt|json|jsonl|xlsx?|parquet|feather|pkl|npy|npz|h5|hdf5|data|dat|xml|html?|zip|gz|db|sqlite)$"
)


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


def climbs(flow: Flow) -> bool:
    """True when the notebook may look into the folders above its own."""
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Attribute) and n.attr in {"parent", "parents", "dirname", "pardir"}:
                return True
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.startswith(".."):
                return True
    return False
