"""Which rules are on for which file, and on what its result depends."""

from __future__ import annotations

import os
from collections.abc import Iterable

from nb2pkg.commands.check_jobs import Job
from nb2pkg.commands.check_options import Request
from nb2pkg.lint.beside import Beside, working_folder
from nb2pkg.lint.cache import settings_digest
from nb2pkg.lint.options import Options
from nb2pkg.lint.settings import Settings, enabled, ignored_in, is_excluded, nearest_settings

# Rules that look at files beside the notebook: their results depend on these too.
_LOOKING = frozenset({"NB104", "NB109", "NB409", "NB608"})
_LOOKING_AT_ALL = frozenset({"NB109", "NB409"})
# Folders of the code that results depend on.
_CODE = ("cells", "flow", "lint", "lint/facts", "lint/ml", "lint/rules", "report/check")


class Planner:
    """Says what is to be done with each file.

    Args:
        request: the command line.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._found: dict[str, Settings] = {}
        self._codes: dict[Settings, frozenset[str]] = {}
        self._digests: dict[tuple[frozenset[str], tuple[int, ...], str], str] = {}
        self._stamp = stamp()
        self._made: dict[str, tuple[frozenset[str], tuple[int, ...], str]] = {}
        self._folders: dict[tuple[str, bool], str] = {}
        self.settings = nearest_settings(working_folder(), self._found)
        self._enabled(self.settings)  # what the command line says wrong is said before any work

    @property
    def excluded(self) -> tuple[str, ...]:
        """The patterns of what folders are searched without."""
        return self._request.exclude

    def jobs(self, files: Iterable[str]) -> list[Job]:
        """Return what is to be done with files."""
        made = []
        explicit = set(self._request.paths) if not self._request.force_exclude else set()
        for path in files:
            settings = self._settings(path)
            if settings.exclude and path not in explicit and is_excluded(path, settings):
                continue
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                status = None
            made.append(self._job(path, status, settings))
        return made

    def job(self, path: str, status: os.stat_result | None) -> Job:
        """Return what is to be done with one file."""
        return self._job(path, status, self._settings(path))

    def _settings(self, path: str) -> Settings:
        folder = os.path.dirname(path) or "."
        found = self._found.get(folder)
        if found is None:
            found = self._found[folder] = nearest_settings(folder, self._found)
        return found

    def _enabled(self, settings: Settings) -> frozenset[str]:
        found = self._codes.get(settings)
        if found is None:
            request = self._request
            found = self._codes[settings] = enabled(
                settings, select=request.select, ignore=request.ignore, extend_select=request.extend_select
            )
        return found

    def _job(self, path: str, status: os.stat_result | None, settings: Settings) -> Job:
        folder = os.path.dirname(path)
        known = self._made.get(folder) if not settings.per_file_ignores else None
        if known is None:
            known = self._made[folder] = self._task(path, folder, settings)
        return Job(path, status, *known, self._request.traceback)

    def _task(self, path: str, folder: str, settings: Settings) -> tuple[frozenset[str], tuple[int, ...], str]:
        """Return rules, numbers and digest of a file."""
        codes = self._enabled(settings)
        if settings.per_file_ignores:
            codes -= ignored_in(path, settings)
        options = tuple(getattr(settings, name) for name in Options._fields)
        beside = self._beside(folder, bool(codes & _LOOKING_AT_ALL)) if codes & _LOOKING else ""
        key = (codes, options, beside)
        digest = self._digests.get(key)
        if digest is None:
            said = (" ".join(sorted(codes)), " ".join(map(str, options)), beside, self._stamp)
            digest = self._digests[key] = settings_digest(*said)
        return codes, options, digest

    def _beside(self, folder: str, everything: bool) -> str:
        """Return what tells one state of the files beside a notebook from another."""
        found = self._folders.get((folder, everything))
        if found is None:
            found = self._folders[folder, everything] = Beside(folder or ".").state(everything)
        return found


def stamp() -> str:
    """Return what tells one state of our own code from another, where both may have the same version.

    That is so in a checkout, and where a hook was installed from one commit and then from the next.
    """
    own = os.path.abspath(__file__)
    here = os.path.dirname(os.path.dirname(own))
    if f"{os.sep}site-packages{os.sep}" in here:  # written when it was installed, and never after
        return _installed(own)
    newest = 0
    for folder in _CODE:
        try:
            with os.scandir(os.path.join(here, *folder.split("/"))) as entries:
                newest = max([newest, *(e.stat().st_mtime_ns for e in entries if e.name.endswith(".py"))])
        except OSError:
            pass
    return str(newest)


def _installed(file: str) -> str:
    """Return where an installed file is, and when it came there."""
    try:
        return f"{file} {os.stat(file).st_mtime_ns}"
    except OSError:  # it is in an archive
        return file
