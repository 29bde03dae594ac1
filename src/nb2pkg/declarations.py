"""What requirement files declare: requirements.txt, pyproject.toml, environment.yml, Pipfile, setup.cfg, setup.py.

The linter, which must start fast, and the conversion read them by this file. It opens none itself: it asks for texts.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any, Protocol

    class Folder(Protocol):
        """The folder that the files lie in."""

        def exists(self, path: str, /) -> bool:
            """Tell whether there is such a file."""

        def text(self, path: str, /) -> str:
            """Return its text, empty where it can't be read."""


_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
NAME_AT_START = re.compile(rf"\s*({_NAME})")
_MOST_FILES = 20
_OPTIONS = re.compile(r"\s--?[A-Za-z]")


class Item(NamedTuple):
    """One declared requirement.

    Args:
        text: as PEP 508 has it, `pandas[parquet]>=2`; what a file got wrong stays wrong.
        file: that declares it.
        named: the file says the distribution's name; else it is made of an address.
    """

    text: str
    file: str
    named: bool = True


class Declarations:
    """What has been read so far.

    Args:
        folder: that the files lie in.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.items: list[Item] = []
        self.own: set[str] = set()  # normalized names of the project itself
        self.open = False  # something is declared that can't be seen
        self._read: set[str] = set()
        self._file = ""

    def read(self, file: str) -> None:
        """Take what a file declares, and the files that it includes."""
        if file in self._read or len(self._read) >= _MOST_FILES:
            self.open = self.open or file not in self._read
            return
        self._read.add(file)
        before, self._file = self._file, file
        text = self.folder.text(file)
        name = posixpath.basename(file)
        if name.endswith((".yml", ".yaml")):
            self._environment(text)
        elif name in ("pyproject.toml", "Pipfile"):
            self._toml(text)
        elif name.endswith(".py"):
            self._setup_script(text)
        elif name.endswith(".cfg"):
            if "requires" in text:
                self._add([re.sub(r"^[\w.-]+\s*=(?!=)", "", line) for line in _lines(text)])
        else:
            for line in _lines(re.sub(r"\\\r?\n", " ", text)):
                self._requirement(line)
        self._file = before

    def _add(self, requirements: list[str]) -> None:
        self.items += [Item(text.strip(), self._file) for text in requirements if NAME_AT_START.match(text)]

    def _requirement(self, line: str) -> None:
        """Take one line of a requirements file."""
        words = line.split()
        if words[0] in ("-r", "--requirement") or words[0].startswith(("-r", "--requirement=")):
            file = words[-1].removeprefix("--requirement=").removeprefix("-r")
            file = posixpath.normpath(posixpath.join(posixpath.dirname(self._file), file))
            if self.folder.exists(file):
                self.read(file)
            else:
                self.open = True
            return
        target = words[-1] if words[0] in ("-e", "--editable") else words[0]
        egg = re.search(rf"[#&]egg=({_NAME})", line)
        if egg:
            self._add([f"{egg[1]} @ {target.partition('#')[0]}"])
        elif "://" in target or target.endswith((".whl", ".gz", ".zip")):
            last = target.partition("#")[0].rstrip("/").rpartition("/")[2].partition("@")[0]
            name = re.split(r"\.git$|-\d", last)[0]
            if NAME_AT_START.match(name):
                self.items.append(Item(f"{name} @ {target}", self._file, named=False))
        elif target.startswith(".") or "/" in target.partition("@")[0]:
            self.open = self.open or target.strip("./") != "" or ".." in target  # another project, with what it needs
        elif not target.startswith("-"):
            self._add([_OPTIONS.split(line)[0]])

    def _environment(self, text: str) -> None:
        """Take an environment of conda: each item of a list, those below `pip:` included."""
        section = ""
        for line in _lines(text):
            if not line.startswith("- "):
                section = line
                continue
            if section.startswith("channels:"):  # addresses of registries, some with a token in them
                continue
            item = line[2:].strip().strip("'\"").split("::")[-1].strip()
            if item.startswith("-") or "/" in item:
                self._requirement(item) if item else None
            elif not item.endswith(":"):
                self._add([_from_conda(item)])

    def _setup_script(self, text: str) -> None:
        """Take all texts of a setup script: more than it declares, but nothing that it does not."""
        if "requires" not in text:
            return
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.open = True
            return
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        self._add([line for text in texts if len(text) < 2_000 for line in text.splitlines()])

    def _toml(self, text: str) -> None:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        try:
            content: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError):
            self.open = True
            return
        project, tool = _table(content.get("project")), _table(content.get("tool"))
        if isinstance(project.get("name"), str):
            self.own.add(normalized(project["name"]))
        if isinstance(project.get("requires-python"), str):
            self._add([f"python{project['requires-python']}"])
        self._flat(project.get("dependencies"))
        for groups in (project.get("optional-dependencies"), content.get("dependency-groups")):
            for group in _table(groups).values():
                self._flat(group)
        for key in ("packages", "dev-packages"):  # Pipfile
            self._flat(content.get(key))
        self._tools(tool)
        dynamic = project.get("dynamic")
        if isinstance(dynamic, list) and "dependencies" in dynamic:
            self._dynamic(tool)

    def _tools(self, tool: dict[str, Any]) -> None:
        """Take what poetry, uv, pdm, pixi and hatch keep in tables of their own."""
        poetry = _table(tool.get("poetry"))
        if isinstance(poetry.get("name"), str):
            self.own.add(normalized(poetry["name"]))
        tables = [poetry, *(_table(group) for group in _table(poetry.get("group")).values())]
        tables += [_table(tool.get(name)) for name in ("uv", "pdm", "pixi")]
        tables += [_table(feature) for feature in _table(_table(tool.get("pixi")).get("feature")).values()]
        tables += [_table(env) for env in _table(_table(tool.get("hatch")).get("envs")).values()]
        for table in tables:
            for key in ("dependencies", "dev-dependencies", "pypi-dependencies", "extra-dependencies"):
                self._flat(table.get(key))

    def _dynamic(self, tool: dict[str, Any]) -> None:
        """Follow dependencies that the build reads from files; those that it computes can't be seen."""
        rule = _table(_table(_table(tool.get("setuptools")).get("dynamic")).get("dependencies"))
        files = rule.get("file")
        files = [files] if isinstance(files, str) else files
        here = posixpath.dirname(self._file)
        files = [posixpath.join(here, f) for f in files if isinstance(f, str)] if isinstance(files, list) else []
        if files and all(self.folder.exists(file) for file in files):
            for file in files:
                self.read(file)
        elif not any(self.folder.exists(posixpath.join(here, name)) for name in ("setup.py", "setup.cfg")):
            self.open = True

    def _flat(self, value: Any) -> None:
        """Take a list of requirements, a table whose keys are names, or a table of lists."""
        if isinstance(value, list):
            self._add([item for item in value if isinstance(item, str)])
        elif isinstance(value, dict):
            for key, item in value.items():
                self._add([_from_table(key, item)])
                if isinstance(item, list):
                    self._add([part for part in item if isinstance(part, str)])


def normalized(name: str) -> str:
    """Return a distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.sub(r"(?m)(?:^|\s)#.*$", "", text).splitlines() if line.strip()]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _from_conda(item: str) -> str:
    """Return `pandas=2.2` or `pandas=2.2.3=py311_0` as PEP 508 has it."""
    match = re.fullmatch(rf"({_NAME})\s*=\s*([\w.*!+]+)(?:=\S*)?", item)
    if match is None:
        return item
    version = match[2]
    return f"{match[1]}=={version}" if version.count(".") > 1 or "*" in version else f"{match[1]}=={version}.*"


def _from_table(name: str, value: Any) -> str:
    """Return an entry of poetry's, pixi's or Pipenv's tables as PEP 508 has it."""
    rest = _table(value)
    extras = [extra for extra in rest.get("extras", ()) if isinstance(extra, str)] if rest else []
    named = f"{name}[{','.join(extras)}]" if extras else name
    git = rest.get("git")
    if isinstance(git, str):
        place = next((rest[key] for key in ("rev", "tag", "branch", "ref") if isinstance(rest.get(key), str)), "")
        return f"{named} @ git+{git}{f'@{place}' if place else ''}"
    version = rest.get("version", "") if rest else value
    return named + (_specifier(version) if isinstance(version, str) else "")


def _specifier(text: str) -> str:
    """Return poetry's `^1.2` and `~1.2`, and a bare version, as PEP 440 has them."""
    if "|" in text or text.strip() in ("", "*"):
        return ""
    return ",".join(_clause(part.strip()) for part in text.split(",") if part.strip())


def _clause(part: str) -> str:
    match = re.fullmatch(r"([~^]?)\s*v?(\d+(?:\.\d+)*)", part)
    if match is None:
        return f"=={part}" if re.fullmatch(r"[\d.]+\.\*", part) else part
    sign, version = match.groups()
    if not sign:
        return f"=={version}"
    numbers = [int(number) for number in version.split(".")]
    fixed = min(len(numbers), 2) if sign == "~" else next((n for n, v in enumerate(numbers, 1) if v), len(numbers))
    end = [*numbers[: fixed - 1], numbers[fixed - 1] + 1]
    return f">={version},<{'.'.join(map(str, end))}"
