"""Which dictionary MeCab has: they split words differently, so the one that a notebook names is the one to have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from nb2pkg.machine import Environment, Requirement, Variable
from nb2pkg.needs.evidence import Evidence
from nb2pkg.needs.system_table import MecabTable, system_table

_RC = "/etc/mecabrc"
_PLACES = ("/var/lib/mecab/dic/", "/usr/share/mecab/dic/")  # where Debian's packages have dictionaries
_OPTION = re.compile(r"(?:^|\s)(?:-d|--dicdir[= ])\s*[\"']?([^\s\"']+)")
_PATH = re.compile(r"^/\S*(?:mecab\S*dic|dic/\S*(?:ipadic|unidic|juman))\S*$")
_NEOLOGD = re.compile(r"neologd(?!n)", re.I)  # neologdn is a library
_FORMAT = re.compile(r"(?:^|\s)-O\s*(chasen2?|yomi|simple)\b")
_DEFAULT = "mecab-ipadic-utf8"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What MeCab needs: (package, why), variables, and what people must do: text -> cell."""

    packages: tuple[tuple[str, str], ...] = ()
    variables: tuple[Variable, ...] = ()
    tasks: Mapping[str, int] = field(default_factory=dict)


def find_dictionary(said: Evidence, table: MecabTable, installed: Collection[str]) -> Dictionary:
    """Return what MeCab needs of a machine; nothing where a distribution brings the dictionary.

    Args:
        said: what the notebook says.
        table: which distributions look for a dictionary, and where Debian has them.
        installed: packages that the notebook installs with apt.
    """
    users = [name for name in table.of if name in said.distributions]
    if not users:
        return Dictionary()
    texts = {**said.texts, **{argument: c.cell for c in said.commands for argument in c.arguments}}
    paths = [(path, texts[text]) for text in texts for path in _paths(text)]
    neologd = next((cell for text, cell in texts.items() if _NEOLOGD.search(text)), None)
    if not paths and neologd is None and said.has(table.bundled) and users != ["natto-py"]:
        return Dictionary()
    tasks: dict[str, int] = {}
    if neologd is not None:
        tasks[table.tasks["neologd"]] = neologd
    package, why = _dictionary(said, table, installed, paths)
    for path, cell in paths:
        if not path.startswith(_PLACES) and not _NEOLOGD.search(path):
            tasks[
                f"the notebook reads MeCab's dictionary at {path!r}: Debian's packages have theirs in {_PLACES[0]}"
            ] = cell
    program = "libmecab2" if users == ["natto-py"] else "mecab"
    variable = Variable(
        "MECABRC", f"where MeCab finds its dictionary; wheels of {users[0]} look in /usr/local/etc", value=_RC
    )
    return Dictionary(
        ((program, f"{users[0]} needs it"), (package, why)), () if program == "libmecab2" else (variable,), tasks
    )


def as_installed(
    requirements: tuple[Requirement, ...], environment: Environment | None, imported: Collection[str]
) -> tuple[Requirement, ...]:
    """Return requirements without a dictionary that the kernel's environment lacks: it was the machine's.

    Args:
        requirements: what the package needs of registries.
        environment: of the kernel, if it is known.
        imported: modules that the notebook imports.
    """
    table = system_table().mecab
    there = environment.distributions if environment is not None else {}
    if not any(name in there for name in table.of) or any(name in there for name in table.bundled):
        return requirements
    tops = {module.partition(".")[0].replace("_", "-") for module in imported}
    said = ("notebook", "file", "plan")
    return tuple(r for r in requirements if r.name not in table.bundled or r.source in said or r.name in tops)


def _paths(text: str) -> Iterator[str]:
    """Yield the dictionaries that a text names, `-d PATH` or the path alone."""
    yield from (match[1] for match in _OPTION.finditer(text) if match[1].startswith("/") and "dic" in match[1])
    if _PATH.match(text):
        yield text


def _dictionary(
    said: Evidence, table: MecabTable, installed: Collection[str], paths: list[tuple[str, int]]
) -> tuple[str, str]:
    """Return the package of the dictionary, and how we know; the dictionary is named in it."""
    for path, cell in paths:
        for kind, package in table.dictionaries.items():
            if kind in path.lower():
                return package, f"MeCab's dictionary {kind}, which cell {cell} names: others split words differently"
    for package in installed:
        if package in table.dictionaries.values():
            return package, "MeCab's dictionary, which the notebook installs: others split words differently"
    for text, cell in said.texts.items():
        if match := _FORMAT.search(text):
            return _DEFAULT, f"MeCab's dictionary ipadic: cell {cell} asks for its format {match[1]}"
    return (
        _DEFAULT,
        "MeCab's dictionary ipadic, Debian's usual one: the notebook names none, and others split words differently",
    )
