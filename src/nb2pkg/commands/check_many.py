"""Many files -> their records: from the cache, or checked, in several processes where there is much to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence

from nb2pkg.commands.check_jobs import Job
from nb2pkg.lint.cache import Cache, Entry, content_key
from nb2pkg.lint.records import Record, decoded

_FEW = 12  # files that are checked sooner than another process starts
_BATCH = 8
_REPORT = b"+"  # behind the key of a record: that of its report


def results(jobs: Sequence[Job], cache: Cache | None, processes: int, step: Callable[[], None]) -> dict[str, Record]:
    """Return the record of each file, by path; of those that the cache knows without their reports.

    Args:
        jobs: the files.
        cache: of earlier runs; None: without.
        processes: how many at most; 0: one for each core.
        step: is called after each file that was checked.
    """
    found: dict[str, Record] = {}
    by_digest: dict[str, list[Job]] = {}
    for job in jobs:
        by_digest.setdefault(job.digest, []).append(job)
    for digest, some in by_digest.items():
        left = some
        if cache is not None:
            looks = [(job.path, job.status) for job in some if job.status is not None]
            found |= _decoded(cache.lookup(looks, digest))
            left = [job for job in some if job.path not in found]
            if left and os.path.isfile(cache.path):
                found |= _by_content(left, cache, digest)
                left = [job for job in left if job.path not in found]
        entries = []
        examined = _examined(left, processes)
        try:
            for job, record in examined:
                found[job.path] = record
                if record.key:
                    entries.append(Entry(job.path, job.status, bytes.fromhex(record.key.decode()), record.encoded()))
                    entries.append(Entry(job.path, None, record.key + _REPORT, record.report))
                step()
        finally:
            examined.close()  # at once, and its processes with it
        if cache is not None and entries:
            cache.store(entries, digest)
    return found


def with_reports(jobs: Sequence[Job], records: dict[str, Record], cache: Cache | None) -> dict[str, Record]:
    """Return records with their reports, from the cache where they are kept there."""
    keys = {path: record.key + _REPORT for path, record in records.items() if not record.report}
    kept = cache.lookup_content(sorted(set(keys.values()))) if cache is not None and keys else {}
    found = {path: records[path]._replace(report=kept[key]) for path, key in keys.items() if key in kept}
    for job in jobs:
        if job.path in keys and job.path not in found:
            from nb2pkg.commands.check_one import one

            found[job.path] = one(job)
    return records | found


def _decoded(kept: dict[str, bytes]) -> dict[str, Record]:
    records = ((path, decoded(data)) for path, data in kept.items())
    return {path: record for path, record in records if record is not None}


def _by_content(jobs: Sequence[Job], cache: Cache, digest: str) -> dict[str, Record]:
    """Return the records of files that were checked under another name or time."""
    keys = {}
    for job in jobs:
        data = _bytes(job.path)
        if data is not None:
            keys[job.path] = content_key(data, digest)
    known = cache.lookup_content(sorted(set(keys.values())))
    again = [Entry(job.path, job.status, key, known[key]) for job in jobs if (key := keys.get(job.path)) in known]
    if again:
        cache.store(again, digest)  # next time its looks are enough
    return _decoded({entry.path: entry.value for entry in again})


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def _examined(jobs: Sequence[Job], processes: int) -> Generator[tuple[Job, Record], None, None]:
    """Check files, in several processes where that is faster; in the order of the jobs."""
    if not jobs:
        return
    from nb2pkg.commands.check_one import one

    count = min(processes or _cores(), -(-len(jobs) // _BATCH))
    if len(jobs) <= _FEW or count < 2:
        yield from ((job, one(job)) for job in jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    pool = ProcessPoolExecutor(count, initializer=_leave_interrupts)
    try:
        for job, record in zip(jobs, pool.map(one, jobs, chunksize=_BATCH), strict=True):
            yield job, record
            done += 1
    except BrokenProcessPool:  # a file made Python itself fail: the others shall not suffer
        yield from ((job, _apart(job)) for job in jobs[done:])
    finally:
        pool.shutdown(cancel_futures=True)  # what was interrupted does not go on


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that prints."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _apart(job: Job) -> Record:
    """Check a file in a process of its own."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from nb2pkg.commands.check_one import failed, one

    try:
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(one, job).result()
    except BrokenProcessPool:
        return failed(job, "Python itself failed on this file (it nests too deeply, or is too large)")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
