"""Which Debian packages a notebook installs with apt, as the project is to have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nb2pkg.cells.installs import read_shell_line
from nb2pkg.model import Flow
from nb2pkg.needs.commands import script_texts, shell_lines
from nb2pkg.needs.evidence import Evidence
from nb2pkg.needs.system_table import PACKAGE_NAME, SystemTable


@dataclass(slots=True)
class Installs:
    """What a notebook installs: (package, why, only to build), and what people must do: text -> cell."""

    packages: list[tuple[str, str, bool]] = field(default_factory=list)
    tasks: dict[str, int] = field(default_factory=dict)


def installed_packages(flow: Flow, said: Evidence, table: SystemTable) -> Installs:
    """Return what a notebook installs with apt.

    Args:
        flow: the analysed notebook.
        said: what its code says.
        table: of packages.
    """
    found = Installs()
    # What a script of the notebook's own may call stays in the image.
    own = any("/" in command.program or command.program in {"make", "cmake"} for command in said.commands)
    for word, cell in _words(flow):
        name = _bare(word)
        why = f"cell {cell} installs it"
        if not PACKAGE_NAME.fullmatch(name):
            found.tasks.setdefault(f"{word!r}, which the notebook installs with apt, is no Debian package's name", cell)
        elif name in table.headers:
            found.packages += [(name, why, True), (table.headers[name], f"cell {cell} installs {name}", False)]
        elif name in table.builders:
            found.packages.append((name, why, not own))
        elif alias := table.aliases.get(name, "" if name.startswith("python3-") else name):
            found.packages.append((alias, why if alias == name else f"cell {cell} installs {name}", False))
    return found


def _words(flow: Flow) -> Iterator[tuple[str, int]]:
    yield from flow.notebook.system_packages
    for text, cell in script_texts(flow):
        for line in shell_lines(text):
            yield from ((name, cell) for name in read_shell_line(line).system_packages)


def _bare(word: str) -> str:
    """Return a package's name without version, release and architecture: `git=1:2.39`, `git/stable`, `git:amd64`."""
    for mark in "=/:":
        head = word.split(mark)[0]
        word = head or word
    return word.rstrip("^")
