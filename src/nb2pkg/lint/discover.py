"""Which files are meant by the paths of a command line: files, folders, patterns.

A folder is walked with `os.scandir` and a list of what is left to do, so that neither its depth nor a loop of links
hurts. Ignored folders are never entered, as git does: nothing below them can be taken back.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from nb2pkg.lint.beside import working_folder
from nb2pkg.lint.globs import Match, Patterns, absolute_patterns, as_bytes, compiled, gitignore_lines, slashed
from nb2pkg.tuples import NamedTuple

# Beside hidden ones and virtual environments: folders of copies, and of what others wrote.
SKIPPED = frozenset(
    {"__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages"}
)
SUFFIX = ".ipynb"
MISSING = "no such file or folder"
NO_FILE = "is neither a file nor a folder"
NO_NOTEBOOKS = "holds no notebooks"
NO_MATCH = "matches no notebook"
IGNORED = "is ignored by a .gitignore"
BROKEN_LINK = "is a link to nothing"

_FOREVER = 1 << 30
_ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})  # one stands in each environment, however that is called


class Found(NamedTuple):
    """The files to check, sorted, each once, and what is wrong with the paths: (path, why)."""

    files: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


class _Folder(NamedTuple):
    """A folder that is still to be walked.

    Args:
        path: as it is shown.
        inside: the path from the repository's root, with a slash at its end; empty: the root.
        ignores: the .gitignore files above it, the nearest last.
        depth: how many levels below it may be looked at.
        taken: all notebooks below it are wanted; otherwise those that the glob matches.
        below: its path from where the walk began, with a slash at its end.
    """

    path: str
    inside: str
    ignores: tuple[Patterns, ...]
    depth: int = _FOREVER
    taken: bool = True
    below: str = ""


def find_notebooks(
    paths: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    respect_gitignore: bool = True,
    force_exclude: bool = False,
) -> Found:
    """Return the files that paths stand for.

    Args:
        paths: files (of any name), folders (their notebooks, at any depth), patterns such as `notebooks/**/*.ipynb`.
        exclude: patterns of what is left out of folders; one without a slash matches a name at any depth, others
            are relative to where the command runs, or absolute.
        respect_gitignore: leave out what git ignores.
        force_exclude: `exclude` and folders such as `build` count for files that are named one by one too.
    """
    search = _Search(exclude, respect_gitignore)
    for path in paths:
        try:
            search.add(path, force_exclude)
        except OSError as error:  # the folder that the command runs in is gone, for one
            search.problems.append((path, _reason(error, path)))
    return Found(tuple(sorted(search.files.values())), tuple(sorted(set(search.problems))))


class _Search:
    """What is found so far; files are kept under their absolute paths, so that none comes twice."""

    def __init__(self, exclude: Sequence[str], respect_gitignore: bool) -> None:
        self.files: dict[str, str] = {}
        self.problems: list[tuple[str, str]] = []
        self.cwd = working_folder()
        self.respect_gitignore = respect_gitignore
        self.excluded = absolute_patterns(tuple(exclude), self.cwd) if exclude else None

    def add(self, path: str, force_exclude: bool) -> None:
        """Take in one path of the command line."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:  # ValueError: a null byte
            if _is_wild(path) and not os.path.lexists(path):
                self._glob(os.path.normpath(path))
            else:
                self.problems.append((path, _reason(error, path)))
            return
        path = os.path.normpath(path)
        is_folder = stat.S_ISDIR(mode)
        if not is_folder and not stat.S_ISREG(mode):  # a pipe or a device may never end
            self.problems.append((path, NO_FILE))
        elif force_exclude and self._left_out(path, is_folder):
            return
        elif is_folder:
            self._walk(path, path, None, NO_NOTEBOOKS)
        else:
            self.files.setdefault(os.path.abspath(path), path)

    def _left_out(self, path: str, is_folder: bool) -> bool:
        """Return whether a path that was named would be left out of a walk that starts where the command runs."""
        absolute = os.path.abspath(path)
        start = self.cwd.rstrip(os.sep) + os.sep
        parts = absolute[len(start) :].split(os.sep) if absolute.startswith(start) else []
        if any(part in SKIPPED or part.startswith(".") for part in (parts if is_folder else parts[:-1])):
            return True
        return self.excluded is not None and self.excluded.covers(slashed(absolute), is_folder)

    def _glob(self, pattern: str) -> None:
        """Take in the files that a pattern matches, and the notebooks in folders that it matches."""
        parts = pattern.split(os.sep)
        plain = next(number for number, part in enumerate(parts) if _is_wild(part))
        start, rest = os.sep.join(parts[:plain]), "/".join(parts[plain:])
        match = compiled(rest)
        start = start or (os.sep if pattern.startswith(os.sep) else os.curdir)
        if match is None or not os.path.isdir(start):
            self.problems.append((pattern, NO_MATCH))
            return
        depth = _FOREVER if "**" in rest else len(parts) - plain
        self._walk(start, pattern, _Glob(match, rest.rpartition("/")[2]), NO_MATCH, depth)

    def _walk(self, path: str, asked: str, glob: _Glob | None, nothing: str, depth: int = _FOREVER) -> None:
        """Take in a folder.

        Args:
            path: of the folder.
            asked: the path on the command line.
            glob: what files below must match.
            nothing: what to say when nothing is found.
            depth: how many levels are looked at.
        """
        absolute = os.path.abspath(path)
        inside, ignores, ignored = "", tuple[Patterns, ...](), False
        if self.respect_gitignore:
            inside, ignores, ignored = _above(absolute)
        if ignored:
            self.problems.append((asked, IGNORED))
            return
        shown = "" if path == os.curdir else path
        first = _Folder(shown, inside, ignores, depth, glob is None)
        before, known = len(self.problems), False
        for file in _Walk(first, absolute, self.excluded, self.respect_gitignore, glob, self.problems).files():
            known = True
            self.files.setdefault(os.path.join(absolute, file[len(shown) :].lstrip(os.sep)), file)
        if not known and len(self.problems) == before:
            self.problems.append((asked, nothing))


class _Glob(NamedTuple):
    """A pattern of the command line: its test, and its last part."""

    match: Match
    last: str

    def takes(self, path: str, name: str) -> bool:
        """Return whether a file is meant: a notebook, unless the pattern itself names another ending."""
        return (name.endswith(SUFFIX) or self.last.endswith((".py", ".md"))) and bool(self.match(path))


class _Walk:
    """One walk through a folder."""

    def __init__(
        self,
        first: _Folder,
        absolute: str,
        excluded: Patterns | None,
        respect_gitignore: bool,
        glob: _Glob | None,
        problems: list[tuple[str, str]],
    ) -> None:
        self.left, self.links = [first], list[_Folder]()
        self.absolute = slashed(absolute).rstrip("/") + "/"
        self.excluded = excluded
        self.respect_gitignore = respect_gitignore
        self.glob = glob
        self.problems = problems
        self.seen: set[tuple[int, int]] = set()

    def files(self) -> Iterator[str]:
        """Yield the files; folders behind links come last, so that a file is shown where it truly is."""
        while self.left or self.links:
            if not self.left:
                self._know_above()
                self.links.sort(key=lambda folder: folder.path, reverse=True)
                self.left.append(self.links.pop())
            yield from self._files_of(self.left.pop())

    def _know_above(self) -> None:
        """Note the folders above as seen: a link to one of them is a loop, not a way to walk the whole disk."""
        at = os.path.realpath(self.absolute)
        while (above := os.path.dirname(at)) != at:
            at = above
            try:
                status = os.stat(at)
            except OSError:
                continue
            self.seen.add((status.st_dev, status.st_ino))

    def _files_of(self, folder: _Folder) -> Iterator[str]:
        """Yield the files of one folder, and note the folders in it."""
        place = folder.path or os.curdir
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in self.seen:
                return
            self.seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as scan:
                entries = list(scan)
        except OSError as error:
            self.problems.append((place, _reason(error, place)))
            return
        names = {entry.name for entry in entries}
        if folder.below and not _ENVIRONMENT.isdisjoint(names):
            return
        if self.respect_gitignore:
            folder = _entered(folder, names)
        for entry in entries:
            if not entry.name.startswith("."):
                yield from self._entry(folder, entry)

    def _entry(self, folder: _Folder, entry: os.DirEntry[str]) -> Iterator[str]:
        """Yield an entry that is a file to check; a folder is noted."""
        name = entry.name
        if name.endswith(SUFFIX) or (self.glob is not None and not folder.taken):
            if not _is_folder(entry):
                wanted = folder.taken or (self.glob is not None and self.glob.takes(folder.below + name, name))
                if wanted and not self._ignored(folder, name, False) and self._is_file(folder, entry):
                    yield os.path.join(folder.path, name)
                return
        elif not _is_folder(entry):
            return
        below = f"{folder.below}{name}/"
        taken = folder.taken or (self.glob is not None and bool(self.glob.match(below[:-1])))
        link = entry.is_symlink()
        if name in SKIPPED or (folder.depth <= 1 and not taken) or self._ignored(folder, name, True, link):
            return
        (self.links if link else self.left).append(
            _Folder(
                os.path.join(folder.path, name),
                f"{folder.inside}{name}/",
                folder.ignores,
                _FOREVER if taken else folder.depth - 1,
                taken,
                below,
            )
        )

    def _is_file(self, folder: _Folder, entry: os.DirEntry[str]) -> bool:
        """Return whether an entry is a file; a link to nothing is a problem."""
        try:
            if entry.is_file():
                return True
        except OSError as error:
            self.problems.append((os.path.join(folder.path, entry.name), _reason(error, entry.name)))
            return False
        if entry.is_symlink():
            self.problems.append((os.path.join(folder.path, entry.name), BROKEN_LINK))
        return False

    def _ignored(self, folder: _Folder, name: str, is_folder: bool, link: bool = False) -> bool:
        """Return whether an entry is left out; to git, a link to a folder is a file."""
        if self.excluded is not None:
            path = f"{self.absolute}{folder.below}{name}"
            if self.excluded.verdict(path, name, is_folder):
                return True
        if not folder.ignores:
            return False
        name = as_bytes(name)
        return _verdict(folder.ignores, as_bytes(folder.inside) + name, name, is_folder and not link)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _verdict(ignores: tuple[Patterns, ...], path: str, name: str, is_folder: bool) -> bool:
    """Return whether a path is ignored: the nearest .gitignore that speaks of it decides."""
    for patterns in reversed(ignores):
        verdict = patterns.verdict(path, name, is_folder)
        if verdict is not None:
            return verdict
    return False


def _entered(folder: _Folder, names: set[str]) -> _Folder:
    """Return a folder with its own .gitignore; one that is a repository of its own knows none of those above."""
    if ".git" in names:
        exclude = _read_patterns(_exclude_file(os.path.join(folder.path, ".git")), "")
        folder = folder._replace(inside="", ignores=(exclude,) if exclude else ())
    if ".gitignore" in names:
        own = _read_patterns(os.path.join(folder.path, ".gitignore"), as_bytes(folder.inside))
        if own:
            folder = folder._replace(ignores=(*folder.ignores, own))
    return folder


def _above(folder: str) -> tuple[str, tuple[Patterns, ...], bool]:
    """Return a folder's path in its repository, what .gitignore files above it say, and whether they ignore it.

    Without a repository, only .gitignore files in the folder and below count.
    """
    root, parts = folder, list[str]()
    while not os.path.lexists(os.path.join(root, ".git")):
        root, name = os.path.split(root)
        if not name:
            return "", (), False
        parts.insert(0, name)
    if not parts:
        return "", (), False
    at = _entered(_Folder(root, "", ()), {".git", ".gitignore"})
    for number, name in enumerate(parts):
        name_bytes = as_bytes(name)
        if _verdict(at.ignores, as_bytes(at.inside) + name_bytes, name_bytes, True):
            return "", (), True
        at = at._replace(path=os.path.join(at.path, name), inside=f"{at.inside}{name}/")
        if number < len(parts) - 1:  # the walk reads the last one's itself
            at = _entered(at, {".gitignore"})
    return at.inside, at.ignores, False


def _read_patterns(path: str, base: str) -> Patterns | None:
    """Return the patterns of a .gitignore; one that can't be read, or is a link, has none, as in git."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            lines = gitignore_lines(file.read())
    except (OSError, ValueError):
        return None
    return Patterns(lines, base) if lines else None


def _exclude_file(git: str) -> str:
    """Return the path of a repository's own list, which in a worktree or submodule is kept elsewhere."""
    folder = git
    if os.path.isfile(git):
        folder = os.path.join(os.path.dirname(git), _line(git).removeprefix("gitdir:").strip())
    common = _line(os.path.join(folder, "commondir"))
    return os.path.join(folder, common, "info", "exclude")


def _line(path: str) -> str:
    """Return what a small file of git says."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(8192)).strip()
    except (OSError, ValueError):
        return ""


def _reason(error: Exception, path: str) -> str:
    """Return why something can't be read, in lower case and without the path."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return BROKEN_LINK if os.path.islink(path) else MISSING
    why = getattr(error, "strerror", None) or "no path is written like that"  # a null character, for one
    return f"can't be read: {why[:1].lower()}{why[1:]}"


def _is_wild(path: str) -> bool:
    return any(char in path for char in "*?[")
