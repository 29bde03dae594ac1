"""The types of what a package needs of the machine that it runs on, and of what is found around a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# Which kind of evidence an answer rests on, the strongest first.
Source = Literal["notebook", "file", "environment", "output", "table", "family", "call", "plan"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A distribution that the package needs, and how we know.

    Args:
        name: of the distribution, as registries compare it.
        why: how we know, for people.
        specifier: versions that will do, `>=2.2.3,<3`; empty where nothing says.
        source: the kind of evidence for the name.
        version: the exact version that was found, for the lock.
        extras: of the distribution.
        url: where it comes from, if from no registry: `git+https://...`.
    """

    name: str
    why: str
    specifier: str = ""
    source: Source = "table"
    version: str = ""
    extras: tuple[str, ...] = ()
    url: str = ""

    def __str__(self) -> str:
        """Return it as `pyproject.toml` has it (PEP 508)."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras} @ {self.url}" if self.url else f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """A Debian package that the project needs, and how we know.

    Args:
        name: of the package in the release that `Needs.debian` names.
        why: how we know, for people.
        build: only to build distributions: it is not in the final image.
    """

    name: str
    why: str
    build: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment that the package reads.

    Args:
        name: of the variable.
        why: what it is, and which cell reads it.
        secret: it stands in no file with its value.
        required: without it a run fails.
        value: what every machine that has the system packages sets it to (`MECABRC=/etc/mecabrc`), or an example.
    """

    name: str
    why: str
    secret: bool = False
    required: bool = True
    value: str = ""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file or folder that the notebook reads.

    Args:
        path: where the project expects it, relative to the folder that it runs in, with `/`.
        cells: the cells that name it.
        size: in bytes; -1 where it was not there, or is a folder that was not counted.
        sha256: of the content, in hex; empty where it was not there or too large to be read.
        origin: the path that the notebook has, when that is another one.
        setting: the field of `Config` that holds the path, if any.
    """

    path: str
    cells: tuple[int, ...]
    size: int = -1
    sha256: str = ""
    origin: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A model or corpus that libraries fetch: it is fetched when the image is built, not when the package runs.

    Args:
        kind: whose it is: `nltk`, `spacy`, `huggingface`, ...
        name: what is fetched.
        command: the words of a shell command that fetches it; the first may be `python`.
        why: the call and the cell that need it.
    """

    kind: str
    name: str
    command: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a database that the notebook sends: it stands in a `.sql` file of the package.

    Args:
        name: of the file, without its ending, and of the function that sends it.
        dialect: the SQL dialect as sqlglot names it: `postgres`, `bigquery`, `presto`, ...
        text: the query.
        cell: its cell.
    """

    name: str
    dialect: str
    text: str
    cell: int


@dataclass(frozen=True, slots=True)
class Needs:
    """All that a package needs to run on a bare machine.

    Args:
        python: the versions of Python that will do, as `requires-python` has them.
        python_version: the one for images and `.python-version`, `3.12`.
        debian: the release whose packages `system` names.
        requirements: distributions, sorted by name.
        lock: exact versions of them and of all that they need, sorted: (name, version); empty where unknown.
            The version of what comes from an address is `@ git+https://...`.
        needed_by: name in the lock -> names of what needs it; the package itself is the empty name.
        environment: that the versions are of, as people call it; empty where none is known.
        system: Debian packages, sorted.
        variables: of the environment, sorted by name.
        data: files that are read, sorted by path.
        downloads: what libraries fetch.
        folder: the folder of the project that the package runs in, as its paths have it: `.` or `notebooks`.
    """

    python: str = ">=3.10"
    python_version: str = "3.12"
    debian: str = "bookworm"
    requirements: tuple[Requirement, ...] = ()
    lock: tuple[tuple[str, str], ...] = ()
    needed_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: str = ""
    system: tuple[SystemPackage, ...] = ()
    variables: tuple[Variable, ...] = ()
    data: tuple[DataFile, ...] = ()
    downloads: tuple[Download, ...] = ()
    folder: str = "."

    @property
    def run_packages(self) -> tuple[str, ...]:
        """The names of the system packages that a run needs."""
        return tuple(package.name for package in self.system if not package.build)

    @property
    def build_packages(self) -> tuple[str, ...]:
        """The names of the system packages that are needed only to build distributions."""
        return tuple(package.name for package in self.system if package.build)


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution in an environment, as its metadata says.

    Args:
        name: as registries compare it.
        version: exact.
        requires: its `Requires-Dist` lines.
        python: its `Requires-Python`.
        url: where it was installed from, if from no registry; `file:` for a folder of this machine.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    python: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of a notebook's kernel, read from the files of its distributions.

    Args:
        python: version of its Python, `3.11.7`.
        label: how people call it: `.venv`, `the kernel python3`.
        distributions: name -> what is installed.
        providers: imported module of the notebook -> names of the distributions that provide it.
    """

    python: str = ""
    label: str = ""
    distributions: Mapping[str, Installed] = field(default_factory=dict)
    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a notebook, as far as it says what the package needs.

    Args:
        files: requirement files beside the notebook or in the folders above, up to the repository's: (path, text).
        environment: of the kernel, if it is known.
        sizes: path as the notebook has it -> (size in bytes, sha256 in hex) of the files that it reads.
        contents: path -> content of the small ones among them, when they are to be brought along.
        withheld: path -> why one of them is not brought along.
        templates: of people, that come before ours: (path in their folder, text).
    """

    files: tuple[tuple[str, str], ...] = ()
    environment: Environment | None = None
    sizes: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[tuple[str, str], ...] = ()
