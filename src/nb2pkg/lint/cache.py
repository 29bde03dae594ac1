"""What was found in files that have not changed since: a cache in the user's cache folder.

In two steps, as git does. A file that looks as it did (times, size, inode) is not even read. Otherwise its content
decides: after a checkout or in another clone, all times differ, and nothing else. A file that was written a moment
before it was looked at might be written once more within the same tick of the clock, so its looks are not trusted.

Nothing that goes wrong here may stop a run: a database that is broken is begun anew, one that can't be read or
written is left alone, and the notebooks are simply checked again.
"""

from __future__ import annotations

import os
import sys
import time
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator, Sequence

from nb2pkg import __version__
from nb2pkg.lint.beside import working_folder
from nb2pkg.lint.digests import digest_of
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeVar

    _T = TypeVar("_T")
    import sqlite3
    from types import ModuleType

FILE = "check-2.sqlite3"  # another number for another schema
_APPLICATION = 0x4E423250  # "NB2P": a database of others is not touched
_RACY = 2_000_000_000  # ns: file systems keep times this coarsely
_PATIENCE = 2.0  # s, while another process writes
_DAY = 86_400
_KEEP_DAYS = 30
_KEEP_BYTES = 50_000_000
_CHECK = 4  # bytes before each value
_MOST = 500  # values in one query: SQLite may be built to take 999
_SCHEMA = f"""
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = {_APPLICATION};
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS looks (path BLOB, digest TEXT, looks TEXT NOT NULL, key BLOB NOT NULL,
    PRIMARY KEY (path, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cleaned (day INTEGER NOT NULL);
COMMIT;
"""


class Entry(NamedTuple):
    """A result to keep.

    Args:
        path: of the file.
        status: of the file *before* it was read; None: it has no file, or none that can be trusted.
        content: what `content_key` gives for its bytes.
        value: the result.
    """

    path: str
    status: os.stat_result | None
    content: bytes
    value: bytes


def cache_folder() -> str:
    """Return the folder of the cache; empty: there is no place for one."""
    own = os.environ.get("NB2PKG_CACHE_DIR", "")
    if own:
        return os.path.abspath(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the specification: a relative path is to be ignored
        if os.name == "nt":
            base = os.environ.get("LOCALAPPDATA", "") or os.path.expanduser("~\\AppData\\Local")
        else:
            base = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return os.path.join(base, "nb2pkg") if os.path.isabs(base) else ""


def settings_digest(*parts: str) -> str:
    """Return a digest of all that results depend on beside the file; the versions of nb2pkg and Python are in it."""
    versions = (__version__, sys.version, sys.implementation.name)
    return digest_of(*(part.encode("utf-8", "surrogatepass") for part in (*versions, *parts))).hex()


def content_key(data: bytes, digest: str) -> bytes:
    """Return the key of a file's bytes under a digest of settings."""
    return digest_of(digest.encode(), data)


class Cache:
    """The cache, opened when it is first asked.

    A connection must not be taken along into another process: make a cache in each, or in one alone.

    Args:
        folder: where it is; empty: there is none, and nothing is ever found.
    """

    def __init__(self, folder: str | None = None) -> None:
        folder = cache_folder() if folder is None else folder
        self.path = os.path.join(folder, FILE) if folder else ""
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lookup(self, files: Sequence[tuple[str, os.stat_result]], digest: str) -> dict[str, bytes]:
        """Return the results of the files that look as they did when they were checked, by path."""
        newest = time.time_ns() - _RACY
        here = working_folder()
        asked = {_key_of(path, here): (path, _looks(status)) for path, status in files if _changed(status) < newest}
        found: dict[str, bytes] = {}

        def ask(connection: sqlite3.Connection) -> list[bytes]:
            old, today = list[bytes](), _today()
            query = "SELECT path, looks, key, used, value FROM looks JOIN results USING (key) WHERE digest = ?"
            for some in _chunks(list(asked)):
                for path, looks, key, used, value in connection.execute(
                    f"{query} AND path IN {_marks(some)}", (digest, *some)
                ):
                    shown, now = asked[path]
                    if looks == now and (value := _checked(value)) is not None:
                        found[shown] = value
                        old += [key] * (used != today)
            return old

        self._use(self._ask(ask) if asked else None)
        return found

    def lookup_content(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the results of the files with the same bytes and settings, by `content_key`."""
        found: dict[bytes, bytes] = {}

        def ask(connection: sqlite3.Connection) -> list[bytes]:
            old, today = list[bytes](), _today()
            for some in _chunks(keys):
                query = f"SELECT key, used, value FROM results WHERE key IN {_marks(some)}"
                for key, used, value in connection.execute(query, some):
                    if (value := _checked(value)) is not None:
                        found[key] = value
                        old += [key] * (used != today)
            return old

        self._use(self._ask(ask) if keys else None)
        return found

    def store(self, entries: Iterable[Entry], digest: str) -> None:
        """Keep results, all in one transaction; then clean up, once a day."""
        newest, here, today = time.time_ns() - _RACY, working_folder(), _today()
        results, looks = list[tuple[bytes, int, bytes]](), list[tuple[bytes, str, str, bytes]]()
        for path, status, content, value in entries:
            results.append((content, today, _check_of(value) + value))
            if status is not None and _changed(status) < newest:
                looks.append((_key_of(path, here), digest, _looks(status), content))

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", results)
            connection.executemany("INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?)", looks)
            _clean(connection, today)
            connection.execute("COMMIT")
            connection.execute("PRAGMA incremental_vacuum").fetchall()

        if results:
            self._ask(keep, create=True)

    def clear(self) -> None:
        """Forget everything; a database of another program stays."""

        def forget(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for table in ("results", "looks", "cleaned"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("COMMIT")
            connection.execute("VACUUM")

        self._ask(forget)

    def close(self) -> None:
        """Let go of the database."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _use(self, keys: list[bytes] | None) -> None:
        """Note that results are still of use, each at most once a day."""
        rows = [(_today(), key) for key in keys or ()]

        def note(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("UPDATE results SET used = ? WHERE key = ?", rows)
            connection.execute("COMMIT")

        if rows:
            self._ask(note)

    def _ask(self, question: Callable[[sqlite3.Connection], _T], create: bool = False) -> _T | None:
        """Return the answer of the database, or None where there is none; a broken one is begun anew.

        Args:
            question: what to do with the connection.
            create: make the database where there is none.
        """
        if not self.path or not (create or self._connection or os.path.isfile(self.path)):
            return None
        library = _library()
        if library is None:
            return None
        harmless = (library.OperationalError, library.ProgrammingError, library.DataError, library.InterfaceError)
        for last in (False, True):
            try:
                return question(self._connection or self._open(library, create))
            except (*harmless, OSError, OverflowError, ValueError, MemoryError):
                self._give_up()  # locked, read-only, full: it may do next time
                return None
            except _ForeignError:
                self._give_up()
                self.path = ""
                return None
            except library.DatabaseError:
                broken = self._inode == _inode(self.path)  # another process may have begun a new one already
                self._give_up()
                if last or (broken and not _removed(self.path)) or not create:
                    return None
        return None

    def _open(self, library: ModuleType, create: bool) -> sqlite3.Connection:
        """Return a new connection to a database with our tables."""
        if create:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        connection: sqlite3.Connection = library.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        self._connection, self._inode = connection, _inode(self.path)
        if not _is_ours(connection):
            connection.executescript(_SCHEMA)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _give_up(self) -> None:
        """Close the database, whatever is under way: what is not committed is undone."""
        try:
            self.close()
        except Exception:  # a broken database may fail even to close
            pass


class _ForeignError(Exception):
    """The file is a database of another program."""


def _library() -> ModuleType | None:
    """Return SQLite, or None in a Python that was built without it."""
    try:  # what `sqlite3` adds, dates among it, takes longer to import than a cache to ask
        import _sqlite3

        return _sqlite3
    except ImportError:
        pass
    try:
        import sqlite3

        return sqlite3
    except ImportError:
        return None


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Return whether the database has our tables; an empty one has none.

    Raises:
        _ForeignError: it has others.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    # Asked second, for it is written first: another process may begin the database between both questions.
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != _APPLICATION:
        raise _ForeignError
    return tables >= {"results", "looks", "cleaned"}


def _clean(connection: sqlite3.Connection, today: int) -> None:
    """Drop what nobody used for long, and the oldest of what is too much; once a day."""
    row = connection.execute("SELECT max(day) FROM cleaned").fetchone()
    if row[0] == today:
        return
    connection.execute("DELETE FROM cleaned")
    connection.execute("INSERT INTO cleaned VALUES (?)", (today,))
    connection.execute("DELETE FROM results WHERE used < ? OR used > ?", (today - _KEEP_DAYS, today + 1))
    size, over = 0, list[tuple[int]]()
    for row_id, length in connection.execute("SELECT rowid, length(value) FROM results ORDER BY used DESC, rowid DESC"):
        size += length
        if size > _KEEP_BYTES:
            over.append((row_id,))
    connection.executemany("DELETE FROM results WHERE rowid = ?", over)
    connection.execute("DELETE FROM looks WHERE key NOT IN (SELECT key FROM results)")


def _removed(path: str) -> bool:
    """Remove a broken database, its journal first: that would be played into the new one."""
    try:
        for name in (f"{path}-journal", f"{path}-wal", f"{path}-shm", path):
            if os.path.lexists(name):
                os.unlink(name)
    except OSError:
        return False
    return True


def _checked(value: object) -> bytes | None:
    """Return a value as it was stored, or None where the disk kept something else."""
    if not isinstance(value, bytes):
        return None
    kept = value[_CHECK:]
    return kept if _check_of(kept) == value[:_CHECK] else None


def _check_of(value: bytes) -> bytes:
    return crc32(value).to_bytes(_CHECK, "little")


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def _key_of(path: str, here: str) -> bytes:
    """Return a path as it is kept: absolute, as bytes, since not all names are Unicode."""
    return os.fsencode(path if os.path.isabs(path) else os.path.join(here, path))


def _looks(status: os.stat_result) -> str:
    """Return what tells one state of a file from another; as text, for inodes may be too large for the database."""
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino}"


def _changed(status: os.stat_result) -> int:
    """Return when a file, or what is known of it, changed last."""
    return max(status.st_mtime_ns, status.st_ctime_ns)


def _today() -> int:
    return int(time.time() // _DAY)


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _MOST):
        yield values[start : start + _MOST]


def _marks(values: Sequence[object]) -> str:
    return f"({','.join('?' * len(values))})"
