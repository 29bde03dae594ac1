"""Names that libraries no longer have: `from sklearn.preprocessing import Imputer` fails today; see the table."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Gone:
    """A name that a library had.

    Args:
        name: in full, `sklearn.preprocessing.Imputer`.
        library: its distribution, or `Python`.
        since: the first release without it.
    """

    name: str
    library: str
    since: str


def gone(imported: str) -> Gone | None:
    """Return what an import asks for that is gone, or None; all below a module that is gone is gone too.

    Args:
        imported: in full, module and attribute.
    """
    table = _table()
    parts = imported.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in table:
            return table[name]
    return None


@cache
def _table() -> Mapping[str, Gone]:
    text = resources.files("nb2pkg.flow").joinpath("gone.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["gone"]
    return {name: Gone(name, row["library"], row["since"]) for row in rows for name in row["names"]}
