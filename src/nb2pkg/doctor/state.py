"""What a project needs, and what the machine has of it: what the checks compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nb2pkg.machine import Installed, Needs

# Why this environment is asked: `--python` names it, it is the project's, it is active, or nb2pkg runs in it.
Chosen = Literal["option", "project", "active", "own"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A project, as its `pyproject.toml` and its plan have it.

    Args:
        folder: the project, as people wrote it on the command line: commands are for that place.
        name: of its distribution, as registries compare it.
        version: of its distribution.
        python: the versions of Python that will do.
        requirements: lines of PEP 508.
        package: the name to import.
        needs: what the plan says of the machine.
        planned: it has a plan.
        makefile: it has a Makefile.
        dockerfile: it has a Dockerfile.
    """

    folder: str
    name: str
    version: str = ""
    python: str = ""
    requirements: tuple[str, ...] = ()
    package: str = ""
    needs: Needs = field(default_factory=Needs)
    planned: bool = True
    makefile: bool = False
    dockerfile: bool = False


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python whose environment is asked.

    Args:
        executable: as commands call it.
        version: of it; empty where no file says.
        chosen: why this one.
        problem: why it can't be used, if so.
    """

    executable: str
    version: str
    chosen: Chosen
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies where a data file is expected.

    Args:
        place: the path that was looked at, for people.
        exists: something is there.
        size: in bytes; -1 for a folder.
        sha256: in hex; empty where none was asked for.
        pointer: it is the pointer that Git LFS leaves in place of a file.
        alike: a name beside it that differs in case or in how its letters are encoded.
        elsewhere: a path where the right file lies.
        variable: the variable that says where it is.
        readable: it may be read.
    """

    place: str
    exists: bool = False
    size: int = -1
    sha256: str = ""
    pointer: bool = False
    alike: str = ""
    elsewhere: str = ""
    variable: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class System:
    """What is installed beside Python.

    Args:
        release: the codename of the distribution, `bookworm`; empty where none says.
        dpkg: it has Debian's package database.
        installed: the Debian packages among those asked for that are installed.
        libraries: the shared libraries among those asked for that were found; None where there is no such place.
        commands: name -> path, of the commands asked for that are there.
        root: commands run as root.
        pythons: (version, command) of the Pythons that can make an environment, the preferred first.
    """

    release: str = ""
    dpkg: bool = True
    installed: frozenset[str] = frozenset()
    libraries: frozenset[str] | None = None
    commands: Mapping[str, str] = field(default_factory=dict)
    root: bool = False
    pythons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What the machine has of what a project needs.

    Args:
        interpreter: the Python that is asked.
        distributions: name -> what is installed there.
        system: what is beside it.
        variables: the names among those asked for that are set.
        dotenv: the names that the project's `.env` sets.
        pointing: name of a variable that holds a path -> the path leads to something.
        files: path of the plan -> what lies there.
        downloads: (kind, name) -> it is there; a download of which no file tells is not among them.
    """

    interpreter: Interpreter
    distributions: Mapping[str, Installed] = field(default_factory=dict)
    system: System = field(default_factory=System)
    variables: frozenset[str] = frozenset()
    dotenv: frozenset[str] = frozenset()
    pointing: Mapping[str, bool] = field(default_factory=dict)
    files: Mapping[str, Found] = field(default_factory=dict)
    downloads: Mapping[tuple[str, str], bool] = field(default_factory=dict)
