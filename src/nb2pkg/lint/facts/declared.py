"""The distributions that the files beside a notebook declare; no answer where they may declare more than shows."""

from __future__ import annotations

import ast
import re
import sys

from nb2pkg.lint.beside import Beside
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_MOST_FILES = 20


class Declared(NamedTuple):
    """What is declared.

    Args:
        files: that declare something.
        names: of distributions, normalized; groups and extras included.
        own: normalized names of the project itself.
    """

    files: tuple[str, ...]
    names: frozenset[str]
    own: frozenset[str]


class _Found:
    """What has been read so far."""

    def __init__(self, beside: Beside) -> None:
        self.beside = beside
        self.files: list[str] = []
        self.names: set[str] = set()
        self.own: set[str] = set()
        self.read: set[str] = set()
        self.open = False  # something is declared that can't be seen


def normalized(name: str) -> str:
    """Return a distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(beside: Beside) -> Declared | None:
    """Return what the files beside a notebook declare; None where nothing is, or where not all of it can be seen."""
    found = _Found(beside)
    for file in beside.declaring():
        before = len(found.names)
        _read(found, file)
        if len(found.names) > before or file.startswith("requirements"):
            found.files.append(file)
    if found.open or not found.files or not found.names:
        return None
    return Declared(tuple(found.files), frozenset(found.names), frozenset(found.own))


def _read(found: _Found, file: str) -> None:
    if file in found.read or len(found.read) >= _MOST_FILES:
        found.open = found.open or file not in found.read
        return
    found.read.add(file)
    text = found.beside.text(file)
    if file.endswith((".yml", ".yaml")):
        _environment(found, text)
    elif file in ("pyproject.toml", "Pipfile"):
        _toml(found, text)
    elif file.endswith(".py"):
        _setup_script(found, text)
    elif file.endswith(".cfg"):
        if "requires" in text:
            _add(found, [re.sub(r"^[\w.-]+\s*=(?!=)", "", line) for line in _lines(text)])
    else:
        for line in _lines(re.sub(r"\\\r?\n", " ", text)):
            _requirement(found, line)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.sub(r"(?m)(?:^|\s)#.*$", "", text).splitlines() if line.strip()]


def _add(found: _Found, requirements: list[str]) -> None:
    for requirement in requirements:
        match = re.match(rf"\s*({_NAME})", requirement)
        if match:
            found.names.add(normalized(match[1]))


def _requirement(found: _Found, line: str) -> None:
    """Take one line of a requirements file."""
    words = line.split()
    if words[0] in ("-r", "--requirement") or words[0].startswith(("-r", "--requirement=")):
        file = words[-1].removeprefix("--requirement=").removeprefix("-r")
        if found.beside.exists(file):
            _read(found, file)
        else:
            found.open = True
        return
    target = words[-1] if words[0] in ("-e", "--editable") else words[0]
    egg = re.search(rf"[#&]egg=({_NAME})", line)
    if egg:
        found.names.add(normalized(egg[1]))
    elif "://" in target or target.endswith((".whl", ".gz", ".zip")):
        last = target.partition("#")[0].rstrip("/").rpartition("/")[2].partition("@")[0]
        _add(found, [re.split(r"\.git$|-\d", last)[0]])
    elif target.startswith(".") or "/" in target.partition("@")[0]:
        found.open = found.open or target.strip("./") != "" or ".." in target  # another project, with what it needs
    elif not target.startswith("-"):
        _add(found, [target])


def _environment(found: _Found, text: str) -> None:
    """Take an environment of conda: each item of a list, those below `pip:` included."""
    for line in _lines(text):
        if line.startswith("- "):
            item = line[2:].strip().strip("'\"")
            item = item.split("::")[-1]
            if item.startswith("-"):
                _requirement(found, item)
            elif not item.endswith(":"):
                _requirement(found, item) if "/" in item else _add(found, [item])


def _setup_script(found: _Found, text: str) -> None:
    """Take all texts of a setup script: more than it declares, but nothing that it does not."""
    if "requires" not in text:
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found.open = True
        return
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    _add(found, [line for text in texts if len(text) < 2_000 for line in text.splitlines()])


def _toml(found: _Found, text: str) -> None:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        found.open = True
        return
    project, tool = _table(content.get("project")), _table(content.get("tool"))
    if isinstance(project.get("name"), str):
        found.own.add(normalized(project["name"]))
    _flat(found, project.get("dependencies"))
    for groups in (project.get("optional-dependencies"), content.get("dependency-groups")):
        for group in _table(groups).values():
            _flat(found, group)
    for key in ("packages", "dev-packages"):  # Pipfile
        _flat(found, content.get(key))
    _tools(found, tool)
    dynamic = project.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        _dynamic(found, tool)


def _tools(found: _Found, tool: dict[str, Any]) -> None:
    """Take what poetry, uv, pdm, pixi and hatch keep in tables of their own."""
    poetry = _table(tool.get("poetry"))
    if isinstance(poetry.get("name"), str):
        found.own.add(normalized(poetry["name"]))
    tables = [poetry, *(_table(group) for group in _table(poetry.get("group")).values())]
    tables += [_table(tool.get(name)) for name in ("uv", "pdm", "pixi")]
    tables += [_table(feature) for feature in _table(_table(tool.get("pixi")).get("feature")).values()]
    tables += [_table(env) for env in _table(_table(tool.get("hatch")).get("envs")).values()]
    for table in tables:
        for key in ("dependencies", "dev-dependencies", "pypi-dependencies", "extra-dependencies"):
            _flat(found, table.get(key))


def _dynamic(found: _Found, tool: dict[str, Any]) -> None:
    """Follow dependencies that the build reads from files; those that it computes can't be seen."""
    rule = _table(_table(_table(tool.get("setuptools")).get("dynamic")).get("dependencies"))
    files = rule.get("file")
    files = [files] if isinstance(files, str) else files
    if isinstance(files, list) and files and all(isinstance(f, str) and found.beside.exists(f) for f in files):
        for file in files:
            _read(found, file)
    elif not (found.beside.exists("setup.py") or found.beside.exists("setup.cfg")):
        found.open = True


def _flat(found: _Found, value: Any) -> None:
    """Take a list of requirements, a table whose keys are names, or a table of lists."""
    if isinstance(value, list):
        _add(found, [item for item in value if isinstance(item, str)])
    elif isinstance(value, dict):
        for key, item in value.items():
            _add(found, [key])
            if isinstance(item, list):
                _add(found, [part for part in item if isinstance(part, str)])


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
