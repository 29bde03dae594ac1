"""One file -> its record; whatever is in the file, there is one."""

from __future__ import annotations

import os

from nb2pkg.commands.check_jobs import Job
from nb2pkg.lint.cache import content_key
from nb2pkg.lint.examine import examine
from nb2pkg.lint.findings import FileReport, Finding, Place, Reported
from nb2pkg.lint.options import Options
from nb2pkg.lint.records import PATH, Record
from nb2pkg.lint.reports import record
from nb2pkg.lint.score import score
from nb2pkg.report.check.text import findings_text


def one(job: Job) -> Record:
    """Read a file and check it."""
    try:
        with open(job.path, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        return failed(job, f"the file can't be read: {getattr(error, 'strerror', None) or error}")
    key = content_key(data, job.digest).hex().encode()
    return checked(job, data, os.path.dirname(job.path) or ".", key)


def checked(job: Job, data: bytes, folder: str, key: bytes = b"") -> Record:
    """Check the bytes of a file."""
    if job.unguarded:
        return _record(examine(data, job.path, job.codes, folder, Options(*job.options)), key)
    try:
        return _record(examine(data, job.path, job.codes, folder, Options(*job.options)), key)
    except Exception as error:
        return failed(job, f"nb2pkg itself failed on this file: {type(error).__name__}: {error}")


def failed(job: Job, why: str) -> Record:
    """Return the record of a file that can't be checked; it is not kept."""
    help_ = "please report it with the notebook; --traceback shows where" if "itself" in why else ""
    finding = Finding(Place(), "NB101", "error", " ".join(why.split()), help_)
    reported = Reported(finding, "unreadable-notebook", fingerprint=why)
    return _record(FileReport(job.path, (reported,), score([finding])), b"")


def _record(report: FileReport, key: bytes) -> Record:
    return record(report, findings_text(report, path=PATH.decode()), key)
