"""Reads what the machine has of what a project needs. Nothing runs, nothing is written, no network is used."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from glob import iglob
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nb2pkg.doctor.environment import find_interpreter, read_distributions
from nb2pkg.doctor.state import Found, State, System, Wanted
from nb2pkg.doctor.system import TRACES, trace_of
from nb2pkg.machine import DataFile, Download

_DPKG = Path("/var/lib/dpkg/status")
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_TOOLS = ("uv", "make", "docker")
_MINORS = (14, 13, 12, 11, 10)
_POINTER = b"version https://git-lfs.github.com/spec/"
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.M)
_BLOCK = 1 << 20
_COLLECTIONS = ("all", "all-corpora", "all-nltk", "book", "popular", "tests", "third-party")  # of NLTK
_MODEL = re.compile(r"([\w.-]+(?:/[\w.-]+)?)(?: \((\w+)\))?")  # a model, and the class that fetches it
_OF_PACKAGES = ("/etc/", "/usr/")  # where system packages put what variables point to


def read_state(wanted: Wanted, python: str, workdir: str, advance: Callable[[], None]) -> State:
    """Return what the machine has.

    Args:
        wanted: the project.
        python: what `--python` names; empty for the environment of the project, or the active one.
        workdir: the folder that the package is to run in; empty for the project's.
        advance: called after each data file: large ones take long.
    """
    interpreter, places = find_interpreter(wanted.folder, python)
    asked = [Requirement(line) for line in wanted.requirements]
    roots = [f"{r.name}[{','.join(sorted(r.extras))}]" if r.extras else r.name for r in asked]
    distributions = read_distributions(places, [*roots, wanted.name])
    files = {}
    folder = workdir or os.path.normpath(os.path.join(wanted.folder, wanted.needs.folder))
    for file in wanted.needs.data:
        files[file.path] = _look(file, wanted, folder)
        advance()
    downloads = {
        (download.kind, download.name): there
        for download in wanted.needs.downloads
        if (there := _fetched(download, distributions, places)) is not None
    }
    names = [variable.name for variable in wanted.needs.variables]
    return State(
        interpreter=interpreter,
        distributions=distributions,
        system=_system(wanted),
        variables=frozenset(name for name in names if os.environ.get(name)),
        dotenv=_dotenv(Path(wanted.folder, ".env")),
        pointing=_pointing(wanted),
        files=files,
        downloads=downloads,
    )


def _system(wanted: Wanted) -> System:
    names = [package.name for package in wanted.needs.system]
    asked = {command for name in names for command in trace_of(name).commands} | set(_TOOLS)
    commands = {name: path for name in sorted(asked) if (path := shutil.which(name))}
    status = _text(_DPKG) if names else ""
    libraries = [TRACES[name].library for name in names if name in TRACES and TRACES[name].library]
    release = re.search(r"^VERSION_CODENAME=\"?(\w+)", _text(Path("/etc/os-release")), re.M)
    return System(
        release=release[1] if release else "",
        dpkg=_DPKG.exists(),
        installed=installed_packages(status, names),
        libraries=_libraries(libraries) if sys.platform.startswith("linux") else None,
        commands=commands,
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        pythons=tuple(_pythons(wanted.needs.python_version)),
    )


def installed_packages(status: str, names: Iterable[str]) -> frozenset[str]:
    """Return which packages are installed, or are provided by an installed one.

    Args:
        status: the text of Debian's package database.
        names: of the packages that are asked for.
    """
    wished = {*names}
    found = set()
    for block in status.split("\n\n"):
        if "\nStatus: install ok installed" not in block:
            continue
        name = block.partition("\n")[0].removeprefix("Package:").strip()
        if name in wished:
            found.add(name)
        at = block.find("\nProvides: ")
        if at >= 0:
            line = block[at + 11 :].partition("\n")[0]
            found.update(wished.intersection(part.split("(")[0].strip() for part in line.split(",")))
    return frozenset(found)


def _libraries(names: Iterable[str]) -> frozenset[str]:
    """Return which shared libraries lie where the loader looks."""
    folders = [Path(folder) for folder in _LIBRARIES]
    folders += [path for folder in folders for path in folder.glob("*-linux-*")]
    return frozenset(name for name in names if any((folder / name).exists() for folder in folders))


def _pythons(preferred: str) -> Iterable[tuple[str, str]]:
    """Yield (version, command) of the Pythons here, the preferred one first; what pyenv's shims name may not exist."""
    own = ".".join(map(str, sys.version_info[:2]))
    versions = dict.fromkeys((preferred, own, *(f"3.{minor}" for minor in _MINORS)))
    for version in versions:
        path = shutil.which(f"python{version}")
        if path and f"{os.sep}shims{os.sep}" not in path:
            yield version, f"python{version}"
        elif version == own:
            yield version, sys.executable


def _dotenv(file: Path) -> frozenset[str]:
    return frozenset(_ASSIGNED.findall(_text(file)))


def _pointing(wanted: Wanted) -> Mapping[str, bool]:
    """Return of the variables that point into what system packages bring whether they lead to something."""
    paths = [v.name for v in wanted.needs.variables if v.value.startswith(_OF_PACKAGES)]
    values = {name: os.environ.get(name, "") for name in paths}
    return {name: os.path.exists(value) for name, value in values.items() if value}


def _look(file: DataFile, wanted: Wanted, folder: str) -> Found:
    """Return what lies where a data file is expected, or where a variable says that it is."""
    variable = f"{wanted.package}_{file.setting}".upper() if file.setting else ""
    given = os.environ.get(variable, "") if variable else ""
    place = os.path.normpath(os.path.join(folder, given or file.path))
    path = Path(place)
    if not given and any(sign in file.path for sign in "*?[") and not os.path.exists(path):
        return Found(place, exists=any(True for _ in iglob(place)))
    elsewhere = ""
    if not os.path.exists(path):
        elsewhere = _elsewhere(file, wanted, path)
        return Found(place, alike=_alike(path), elsewhere=elsewhere, variable=variable if given else "")
    size = os.path.getsize(path) if os.path.isfile(path) else -1
    pointer = 0 <= size < 1000 and size != file.size and _starts(path, _POINTER)
    digest = _sha256(path) if file.sha256 and size == file.size else ""
    if size != file.size or digest != file.sha256:
        elsewhere = _elsewhere(file, wanted, path)
    return Found(place, True, size, digest, pointer, "", elsewhere, variable if given else "", os.access(path, os.R_OK))


def _elsewhere(file: DataFile, wanted: Wanted, path: Path) -> str:
    """Return where the right file lies: in the current folder, beside the project, where the notebook had it, ..."""
    if not file.sha256 or os.path.isabs(file.path):
        return ""
    folders = [os.curdir, os.path.dirname(os.path.abspath(wanted.folder)), os.environ.get("NOTEBOOK_FOLDER", "")]
    places = [os.path.normpath(os.path.join(folder, file.path)) for folder in folders if folder]
    places += [os.path.expanduser(file.origin)] if file.origin else []
    for place in places:
        other = Path(place)
        same = os.path.isfile(other) and other.absolute() != path.absolute() and os.path.getsize(other) == file.size
        if same and _sha256(other) == file.sha256:
            return place
    return ""


def _alike(path: Path) -> str:
    """Return a name in the folder that differs in case only, or in how its letters are encoded."""
    try:
        names = os.listdir(path.parent)
    except (OSError, ValueError):
        return ""
    wished = unicodedata.normalize("NFC", path.name).casefold()
    return next((name for name in sorted(names) if unicodedata.normalize("NFC", name).casefold() == wished), "")


def _starts(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def _fetched(download: Download, distributions: Iterable[str], places: Sequence[Path]) -> bool | None:
    """Return whether a model or corpus is there; None where no file tells."""
    name = download.name
    if download.kind == "spacy":
        return canonicalize_name(name) in {*distributions}
    if download.kind == "unidic":
        return any((place / "unidic" / "dicdir").is_dir() for place in places)
    if download.kind == "nltk" and re.fullmatch(r"[\w.-]+", name) and name not in _COLLECTIONS:
        folders = list(_nltk_folders(places))
        return any(True for folder in folders for end in ("", ".zip") for _ in folder.glob(f"*/{name}{end}"))
    if download.kind == "huggingface" and (match := _MODEL.fullmatch(name)):
        return _in_hub(match[1]) or (None if match[2] == "pipeline" else False)  # a pipeline may name its task only
    return None


def _in_hub(name: str) -> bool:
    """Return whether Hugging Face's libraries keep a model; one without an owner may be sentence-transformers'."""
    home = os.environ.get("HF_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or os.path.join(home, "hub")).expanduser()
    names = (name,) if "/" in name else (name, f"sentence-transformers/{name}")
    return any(os.path.isdir(hub / f"models--{name.replace('/', '--')}" / "snapshots") for name in names)


def _nltk_folders(places: Iterable[Path]) -> Iterable[Path]:
    """Yield the folders that nltk looks into."""
    yield from (Path(folder) for folder in os.environ.get("NLTK_DATA", "").split(os.pathsep) if folder)
    yield Path.home() / "nltk_data"
    for place in places:
        if place.name == "site-packages" and len(place.parents) > 2:
            prefix = place.parents[2]
            yield from (prefix / "nltk_data", prefix / "share" / "nltk_data", prefix / "lib" / "nltk_data")
    yield from (Path(f"/usr/{folder}/nltk_data") for folder in ("share", "local/share", "lib", "local/lib"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
