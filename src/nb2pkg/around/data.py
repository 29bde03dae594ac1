"""The data that a notebook reads: which of it is there, how large it is, its digest, and the small files themselves."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from nb2pkg.cells.secret_shapes import find_shapes
from nb2pkg.needs.data import climb_of
from nb2pkg.needs.reads import MOST_MATCHES, Read, fixed_part, is_absolute
from nb2pkg.wishes import Wishes

LARGEST_COPY = 5_000_000  # bytes of a file, or of a folder, that is brought along
_LARGEST_DIGEST = 256 * 2**20
_MOST_FILES = 10_000  # of a folder that are counted
_MOST_COPIES = 500  # files of a folder that are brought along
_SECRET = re.compile(
    r"^(?:\.env(?:\..*)?|\.netrc|\.pgpass|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519).*|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
    r"|credentials(?:\..*)?|client_secret.*|service[_-]?account.*\.json|kaggle\.json|secrets?\.(?:ya?ml|json|toml|txt|env))$",
    re.I,
)
_SECRET_FOLDERS = frozenset({".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure", ".gcloud"})


@dataclass(frozen=True, slots=True)
class Data:
    """What was found of the files that a notebook reads; the keys are the paths of its code.

    Args:
        sizes: (size in bytes, sha256) of what is there: -1 where it was not asked for, no digest for folders.
        contents: of the small files, when they are brought along; those of a folder by their own paths.
        withheld: what is not brought along though it is small enough, and why.
    """

    sizes: dict[str, tuple[int, str]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)


def read_data(notebook: Path, reads: Iterable[Read], wishes: Wishes) -> Data:
    """Return what there is of the files that a notebook reads.

    Args:
        notebook: its path.
        reads: what it may read.
        wishes: whether data may be read, and is brought along.
    """
    home = notebook.parent
    found = Data()
    for text in dict.fromkeys(text for read in reads for text in _texts(home, read)):
        place = home / os.path.expanduser(text)
        try:
            kind = place.stat().st_mode
        except (OSError, ValueError):
            continue
        if not wishes.data:
            found.sizes[text] = (-1, "")
        elif stat.S_ISREG(kind):
            _file(found, text, place, _border(home, text), wishes)
        elif stat.S_ISDIR(kind):
            _folder(found, text, place, _border(home, text), wishes)
    return found


def _texts(home: Path, read: Read) -> Iterator[str]:
    """Yield the path of a read; of a pattern those that it fits, or their folder where they are many."""
    if read.kind != "pattern":
        yield read.text
        return
    try:
        names = glob.iglob(os.path.expanduser(read.text), root_dir=home, recursive=True)
        found = sorted(name.replace(os.sep, "/") for name in islice(names, MOST_MATCHES + 1))
    except (OSError, ValueError, re.error):
        return
    folder = fixed_part(read.text)
    # What can't be printed, such as a name in no encoding, can't be listed.
    listed = len(found) <= MOST_MATCHES and all(name.isprintable() for name in found)
    yield from found if listed else [folder] if folder else []


def _border(home: Path, text: str) -> Path | None:
    """Return the folder that a file must lie in to be brought along; None where its own path says where it is."""
    if is_absolute(text):
        return None
    folder = home.resolve()
    repository = next((f for f in (folder, *folder.parents) if (f / ".git").exists()), None)
    above = folder.parent if climb_of(text) == 1 else folder
    return repository if repository is not None and above.is_relative_to(repository) else above


def _file(found: Data, text: str, place: Path, border: Path | None, wishes: Wishes) -> None:
    try:
        size = place.stat().st_size
        small = wishes.with_data and size <= LARGEST_COPY
        content = place.read_bytes() if small else None
        digest = _digest(place) if content is None and size <= _LARGEST_DIGEST else ""
    except OSError:
        found.sizes[text] = (-1, "")
        return
    if content is not None:
        size, digest = len(content), hashlib.sha256(content).hexdigest()
    found.sizes[text] = (size, digest)
    if content is not None:
        reason = _reason(text, place, border) or _told(content)
        if reason:
            found.withheld[text] = reason
        else:
            found.contents[text] = content


def _digest(place: Path) -> str:
    digest = hashlib.sha256()
    with place.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _reason(text: str, place: Path, border: Path | None) -> str:
    """Return why a file is not brought along, if so."""
    real = Path(os.path.realpath(place))
    if looks_secret(text) or looks_secret(real.as_posix()):
        return "it may hold secrets"
    if border is not None and not real.is_relative_to(border):
        return f"it lies outside of {border.name or 'the repository'}" + (
            ", where a link leads" if place.is_symlink() else ""
        )
    if border is None and place.is_symlink():
        return "it is a link to another place"
    return ""


def _told(content: bytes) -> str:
    """Return why a file is not brought along for what it holds, if so."""
    if b"\0" in content:  # of no text; letters in a row may look like anything
        return ""
    return "it holds a token" if any(find_shapes(content.decode("utf-8", "replace"))) else ""


def looks_secret(path: str) -> bool:
    """Tell whether a file is of the kind that holds keys and passwords, as its name says."""
    *folders, name = re.split(r"[/\\]", path)
    return bool(_SECRET.match(name)) or not _SECRET_FOLDERS.isdisjoint(folders)


def _folder(found: Data, text: str, place: Path, border: Path | None, wishes: Wishes) -> None:
    names: list[str] = []
    total, all_counted = 0, True
    for name, size in _files(place):
        if len(names) == _MOST_FILES:
            all_counted = False
            break
        names.append(name)
        total += size
    found.sizes[text] = (total if all_counted else -1, "")
    if not wishes.with_data or not all_counted or total > LARGEST_COPY or len(names) > _MOST_COPIES:
        return
    for name in names:
        inside = f"{text.rstrip('/')}/{name}"
        reason = _reason(inside, place / name, border)
        reason = reason if name.isprintable() else "its name can't be written everywhere"
        if reason:
            found.withheld[inside] = reason
            continue
        try:
            content = (place / name).read_bytes()
        except OSError:
            found.withheld[inside] = "it can't be read"
            continue
        if told := _told(content):
            found.withheld[inside] = told
        else:
            found.contents[inside] = content


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield (path in the folder, size) of the files of a folder, sorted; without hidden ones and links to folders."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(place, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and not name.startswith("."):
                yield path[len(str(folder)) + 1 :].replace(os.sep, "/"), status.st_size
