"""The cache: what it finds, what it must not find, and that nothing that goes wrong with it is seen."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2pkg.lint import cache as module
from nb2pkg.lint.cache import FILE, Cache, Entry, cache_folder, content_key, settings_digest

DAY = 86_400
DIGEST = settings_digest("select=NB2")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(str(tmp_path / "cache")) as made:
        yield made


def make(folder: Path, name: str, data: bytes = b"{}", age: float = 10) -> tuple[str, os.stat_result]:
    """Return a file that was written some seconds ago, as far as one can tell."""
    path = folder / name
    path.write_bytes(data)
    return str(path), at_age(path, age)


def at_age(path: Path, age: float) -> os.stat_result:
    """Return a file's status as if all its times lay `age` seconds back."""
    then = time.time_ns() - int(age * 1e9)
    os.utime(path, ns=(then, then))
    status = os.stat(path)
    return os.stat_result(list(status), {"st_mtime_ns": then, "st_ctime_ns": then})


def entry(file: tuple[str, os.stat_result], value: bytes, digest: str = DIGEST) -> Entry:
    return Entry(*file, content_key(Path(file[0]).read_bytes(), digest), value)


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / FILE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def change(folder: Path, query: str) -> None:
    connection = sqlite3.connect(folder / FILE)
    connection.execute(query)
    connection.commit()
    connection.close()


# what it finds


def test_unchanged_file_is_found_by_its_looks(tmp_path: Path, cache: Cache) -> None:
    files = [make(tmp_path, f"{n}.ipynb", str(n).encode()) for n in range(1_200)]
    assert cache.lookup(files, DIGEST) == {}
    assert not (tmp_path / "cache").exists(), "a question alone makes nothing"
    cache.store([entry(file, file[0].encode()) for file in files], DIGEST)
    expected = {path: path.encode() for path, _ in files}
    assert cache.lookup(files, DIGEST) == expected
    with Cache(str(tmp_path / "cache")) as other:
        assert other.lookup(files, DIGEST) == expected
    assert cache.lookup(files, settings_digest("select=NB3")) == {}


def test_relative_and_absolute_path_are_one_file(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path, "a.ipynb")
    cache.store([entry(file, b"x")], DIGEST)
    monkeypatch.chdir(tmp_path)
    assert cache.lookup([("a.ipynb", file[1])], DIGEST) == {"a.ipynb": b"x"}
    monkeypatch.chdir("/")
    assert cache.lookup([("a.ipynb", file[1])], DIGEST) == {}


@pytest.mark.parametrize("field", ["st_mtime_ns", "st_ctime_ns", "st_size", "st_ino"])
def test_any_change_of_looks_counts(tmp_path: Path, cache: Cache, field: str) -> None:
    path, status = make(tmp_path, "a.ipynb")
    cache.store([entry((path, status), b"x")], DIGEST)
    fields, extra = list(status), {name: getattr(status, name) for name in ("st_mtime_ns", "st_ctime_ns")}
    if field in extra:
        extra[field] -= 1
    else:
        fields[{"st_ino": 1, "st_size": 6}[field]] += 1
    assert cache.lookup([(path, os.stat_result(fields, extra))], DIGEST) == {}
    assert cache.lookup([(path, status)], DIGEST) == {path: b"x"}


def test_same_bytes_are_found_wherever_they_are(tmp_path: Path, cache: Cache) -> None:
    first, copy = make(tmp_path, "a.ipynb", b"same"), make(tmp_path, "b.ipynb", b"same")
    cache.store([entry(first, b"x")], DIGEST)
    assert cache.lookup([copy], DIGEST) == {}
    key = content_key(b"same", DIGEST)
    assert cache.lookup_content([key, content_key(b"other", DIGEST)]) == {key: b"x"}
    assert cache.lookup_content([content_key(b"same", settings_digest("other"))]) == {}
    assert cache.lookup_content([]) == {}


def test_file_that_was_just_written_is_not_trusted(tmp_path: Path, cache: Cache) -> None:
    young = make(tmp_path, "a.ipynb", age=0.5)
    cache.store([entry(young, b"x")], DIGEST)
    assert rows(tmp_path / "cache", "SELECT count(*) FROM looks") == [(0,)]
    assert cache.lookup([young], DIGEST) == {}
    assert cache.lookup_content([content_key(b"{}", DIGEST)]) == {content_key(b"{}", DIGEST): b"x"}
    future = make(tmp_path, "b.ipynb", age=-1_000)
    cache.store([entry(future, b"x")], DIGEST)
    assert cache.lookup([future], DIGEST) == {}


def test_file_that_is_rewritten_in_the_same_tick_is_seen(tmp_path: Path, cache: Cache) -> None:
    """The trap of stat: same size, same time, other bytes."""
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"one")
    status = os.stat(path)
    cache.store([Entry(str(path), status, content_key(b"one", DIGEST), b"1")], DIGEST)
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.lookup([(str(path), status)], DIGEST) == {}
    assert cache.lookup_content([content_key(b"two", DIGEST)]) == {}


def test_no_file_at_all(cache: Cache) -> None:
    key = content_key(b"stdin", DIGEST)
    cache.store([Entry("-", None, key, b"x")], DIGEST)
    assert cache.lookup_content([key]) == {key: b"x"}


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_name_that_is_not_unicode(tmp_path: Path, cache: Cache) -> None:
    file = make(tmp_path, os.fsdecode(b"\xff.ipynb"))
    cache.store([entry(file, b"\0x\xff")], DIGEST)
    assert cache.lookup([file], DIGEST) == {file[0]: b"\0x\xff"}


def test_newer_result_replaces(tmp_path: Path, cache: Cache) -> None:
    path, status = make(tmp_path, "a.ipynb", b"old")
    cache.store([entry((path, status), b"1")], DIGEST)
    newer = make(tmp_path, "a.ipynb", b"newer", age=5)
    assert cache.lookup([newer], DIGEST) == {}
    cache.store([entry(newer, b"2")], DIGEST)
    assert cache.lookup([newer], DIGEST) == {path: b"2"}
    assert cache.lookup([(path, status)], DIGEST) == {}


@given(st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3))
@settings(deadline=None)
def test_digest_tells_settings_apart(first: list[str], second: list[str]) -> None:
    assert (settings_digest(*first) == settings_digest(*second)) == (first == second)


def test_digest_knows_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__version__", "9.9")
    assert settings_digest("select=NB2") != DIGEST


# where it is


def test_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NB2PKG_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    if os.name != "nt":
        assert cache_folder() == str(tmp_path / ".cache/nb2pkg")
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        assert cache_folder() == str(tmp_path / ".cache/nb2pkg")
        monkeypatch.setattr(module.sys, "platform", "darwin")
        assert cache_folder() == str(tmp_path / "Library/Caches/nb2pkg")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == str(tmp_path / "xdg" / "nb2pkg")
    monkeypatch.setenv("NB2PKG_CACHE_DIR", str(tmp_path / "own"))
    assert cache_folder() == str(tmp_path / "own")
    assert Cache().path == str(tmp_path / "own" / FILE)


def test_no_folder_no_cache(tmp_path: Path) -> None:
    file = make(tmp_path, "a.ipynb")
    cache = Cache("")
    cache.store([entry(file, b"x")], DIGEST)
    assert cache.lookup([file], DIGEST) == {}


# what may go wrong


@pytest.mark.parametrize("damage", ["text", "empty", "torn", "middle", "folder"])
def test_broken_database_is_begun_anew(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "cache"
    files = [make(tmp_path, f"{n}.ipynb", str(n).encode()) for n in range(300)]
    entries = [entry(file, b"x" * 500) for file in files]
    cache = Cache(str(folder))
    cache.store(entries, DIGEST)
    cache.close()
    path = folder / FILE
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        middle = data[:4096] + b"\xa5" * (len(data) - 4096)
        path.write_bytes({"text": b"no database" * 99, "empty": b"", "torn": data[:5000], "middle": middle}[damage])
    cache = Cache(str(folder))
    assert cache.lookup(files, DIGEST) == {}
    cache.store(entries, DIGEST)
    assert len(cache.lookup(files, DIGEST)) == (0 if damage == "folder" else 300)
    cache.close()


@given(st.binary(min_size=1, max_size=40), st.integers(0, 20_000))
@settings(deadline=None)
def test_no_damage_raises(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("noise")
    file = make(folder, "a.ipynb")
    cache = Cache(str(folder))
    cache.store([entry(file, b"x" * 9_000)], DIGEST)
    cache.close()
    data = bytearray((folder / FILE).read_bytes())
    data[at : at + len(noise)] = noise
    (folder / FILE).write_bytes(data)
    again = Cache(str(folder))
    assert set(again.lookup([file], DIGEST).values()) <= {b"x" * 9_000}, "as it was stored, or not at all"
    again.store([entry(file, b"y")], DIGEST)
    assert set(again.lookup_content([content_key(b"{}", DIGEST)]).values()) <= {b"x" * 9_000, b"y"}
    again.close()


def test_database_of_others_is_left_alone(tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "cache").mkdir()
    change(tmp_path / "cache", "CREATE TABLE precious (x)")
    file = make(tmp_path, "a.ipynb")
    cache.store([entry(file, b"x")], DIGEST)
    assert cache.lookup([file], DIGEST) == {}
    assert rows(tmp_path / "cache", "SELECT name FROM sqlite_master") == [("precious",)]


def test_folder_that_cannot_be_made_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path, "a.ipynb")
    for folder in (f"{file[0]}/below", "/dev/null/x", "/proc/nowhere", "a\0b"):
        cache = Cache(folder)
        cache.store([entry(file, b"x")], DIGEST)
        assert cache.lookup([file], DIGEST) == {}


def test_read_only_database_is_still_read(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path, "a.ipynb")
    cache.store([entry(file, b"x")], DIGEST)
    cache.close()
    change(tmp_path / "cache", "UPDATE results SET used = used - 3")
    connect = sqlite3.connect

    def read_only(path: str, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[arg-type, no-any-return, call-overload]

    monkeypatch.setattr("_sqlite3.connect", read_only)
    assert cache.lookup([file], DIGEST) == {file[0]: b"x"}
    cache.store([entry(file, b"y")], DIGEST)
    assert cache.lookup([file], DIGEST) == {file[0]: b"x"}


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_read_only_folder(tmp_path: Path, cache: Cache) -> None:
    file = make(tmp_path, "a.ipynb")
    (tmp_path / "cache").mkdir(mode=0o500)
    cache.store([entry(file, b"x")], DIGEST)
    assert cache.lookup([file], DIGEST) == {}


def test_locked_database_is_not_waited_for_long(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    file = make(tmp_path, "a.ipynb")
    cache.store([entry(file, b"x")], DIGEST)
    cache.close()
    other = sqlite3.connect(tmp_path / "cache" / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert cache.lookup([file], DIGEST) == {}
    cache.store([entry(file, b"y")], DIGEST)
    other.execute("ROLLBACK")
    other.close()
    assert cache.lookup([file], DIGEST) == {file[0]: b"x"}, "and it is used again as soon as it is free"


def test_python_without_sqlite(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path, "a.ipynb")
    monkeypatch.setitem(sys.modules, "_sqlite3", None)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    cache.store([entry(file, b"x")], DIGEST)
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / FILE).touch()
    assert cache.lookup([file], DIGEST) == {}


WORKER = """
import json, os, sys
from nb2pkg.lint import cache as module
from nb2pkg.lint.cache import Cache, Entry, content_key
module._PATIENCE = 60.0
folder, who = sys.argv[1], int(sys.argv[2])
missed = 0
for turn in range(8):
    cache = Cache(folder)
    mine = [content_key(f"{who} {turn} {n}".encode(), "d") for n in range(10)]
    shared = [content_key(f"{turn} {n}".encode(), "d") for n in range(10)]
    cache.store([Entry("x", None, key, b"v" * 300) for key in mine + shared], "d")
    found = cache.lookup_content(mine + shared)
    missed += 20 - len(found)
    assert set(found.values()) <= {b"v" * 300}
    cache.close()
print(missed)
"""


@pytest.mark.parametrize("broken", [False, True])
def test_many_processes_at_once(tmp_path: Path, broken: bool) -> None:
    folder = tmp_path / "cache"
    if broken:
        folder.mkdir()
        (folder / FILE).write_bytes(b"no database" * 1_000)
    command = [sys.executable, "-c", WORKER, str(folder)]
    workers = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(3)]
    outputs = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    if not broken:  # then, one may throw away what another has just begun
        assert outputs == ["0\n"] * 3
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert len(rows(folder, "SELECT key FROM results")) <= 3 * 80 + 80


# cleaning


def test_what_nobody_uses_goes(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_today", lambda: 1_000)
    files = [make(tmp_path, f"{n}.ipynb", str(n).encode()) for n in range(3)]
    cache.store([entry(file, b"x") for file in files], DIGEST)
    monkeypatch.setattr(module, "_today", lambda: 1_020)
    assert len(cache.lookup(files[:1], DIGEST)) == 1
    assert len(cache.lookup_content([content_key(b"1", DIGEST)])) == 1
    assert rows(tmp_path / "cache", "SELECT used FROM results ORDER BY used") == [(1_000,), (1_020,), (1_020,)]
    monkeypatch.setattr(module, "_today", lambda: 1_031)
    cache.store([entry(make(tmp_path, "new.ipynb", b"new"), b"x")], DIGEST)
    assert list(cache.lookup(files, DIGEST)) == [files[0][0], files[1][0]]
    assert len(rows(tmp_path / "cache", "SELECT * FROM looks")) == 3


def test_it_cleans_once_a_day(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store([entry(make(tmp_path, "a.ipynb", b"a"), b"x")], DIGEST)
    change(tmp_path / "cache", "UPDATE results SET used = 1")
    cache.store([entry(make(tmp_path, "b.ipynb", b"b"), b"x")], DIGEST)
    assert len(rows(tmp_path / "cache", "SELECT * FROM results")) == 2
    tomorrow = module._today() + 1
    monkeypatch.setattr(module, "_today", lambda: tomorrow)
    cache.store([entry(make(tmp_path, "b.ipynb", b"b"), b"x")], DIGEST)
    assert len(rows(tmp_path / "cache", "SELECT * FROM results")) == 1


def test_oldest_go_when_it_is_too_much(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEEP_BYTES", 1_000_100)
    day = module._today()
    keys = [content_key(str(n).encode(), DIGEST) for n in range(20)]
    for number, key in enumerate(keys):
        monkeypatch.setattr(module, "_today", lambda number=number: day + number)
        cache.store([Entry("x", None, key, bytes(200_000))], DIGEST)
    kept = [keys.index(key) for key in cache.lookup_content(keys)]
    assert sorted(kept) == [15, 16, 17, 18, 19]
    assert (tmp_path / "cache" / FILE).stat().st_size < 2_000_000


def test_use_is_noted_once_a_day(tmp_path: Path, cache: Cache) -> None:
    file = make(tmp_path, "a.ipynb")
    cache.store([entry(file, b"x")], DIGEST)
    cache.close()
    before = (tmp_path / "cache" / FILE).stat().st_mtime_ns
    cache.lookup([file], DIGEST)
    assert (tmp_path / "cache" / FILE).stat().st_mtime_ns == before


# speed


def test_warm_lookup_is_fast(tmp_path: Path, cache: Cache) -> None:
    files = [make(tmp_path, f"{n}.ipynb", str(n).encode()) for n in range(200)]
    cache.store([entry(file, json.dumps(["finding"] * 200).encode()) for file in files], DIGEST)
    times = []
    for _ in range(5):
        fresh = Cache(str(tmp_path / "cache"))
        start = time.perf_counter()
        assert len(fresh.lookup(files, DIGEST)) == 200
        times.append(time.perf_counter() - start)
        fresh.close()
    assert min(times) < 0.03  # 2 ms on an idle machine


def test_database_is_imported_only_when_there_is_one(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from nb2pkg.lint.cache import Cache
        Cache(sys.argv[1]).lookup_content([b"x"])
        print(*sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert {"_sqlite3", "sqlite3", "hashlib", "dataclasses", "pathlib", "nb2pkg.model"} & set(
        done.stdout.split()
    ) == set()
