"""`nb2pkg check --fix` and `--diff`: mends notebooks in place, or shows what that would change."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence

from nb2pkg.commands.check_jobs import Job
from nb2pkg.commands.check_one import checked
from nb2pkg.commands.check_options import Request
from nb2pkg.commands.check_plan import Planner
from nb2pkg.lint.check import findings_of, read
from nb2pkg.lint.examine import unsuppressed
from nb2pkg.lint.findings import Finding, Fix
from nb2pkg.lint.fixes import apply_fixes, diff, write_atomically
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.records import Record
from nb2pkg.lint.reports import report_of
from nb2pkg.tuples import NamedTuple

_ROUNDS = 10  # of fixes that make room for others


class Mended(NamedTuple):
    """What came of fixes: what is left to report, how many findings were mended, in how many files, and the diff."""

    records: list[tuple[str, Record]]
    findings: int
    files: int
    text: str = ""


def fix_all(request: Request, planner: Planner, records: list[tuple[str, Record]]) -> Mended:
    """Mend all notebooks, or with --diff only say how."""
    left: list[tuple[str, Record]] = []
    texts = []
    mended = changed = 0
    for path, found in records:
        if not _may_be_mended(found, request) or not os.path.isfile(path):
            left.append((path, found))
            continue
        job = planner.job(path, None)
        with open(path, "rb") as file:
            before = file.read()
        after, count = mend(before, job, unsafe=request.unsafe_fixes)
        mended, changed = mended + count, changed + (after != before)
        if after != before and request.diff:
            texts.append(diff(path, before, after))
        elif after != before:
            write_atomically(path, after)
        left.append((path, found if request.diff else checked(job, after, os.path.dirname(path) or ".")))
    return Mended(left, mended, changed, "".join(texts))


def _may_be_mended(found: Record, request: Request) -> bool:
    if found.fixable:
        return True
    return request.unsafe_fixes and any(r.finding.fix for r in report_of(found, "").findings)


def mend(data: bytes, job: Job, *, unsafe: bool) -> tuple[bytes, int]:
    """Return a notebook with its fixes made, and how many findings they did away with.

    A fix after which a cell would no longer parse, or the flow would be another one, is dropped.

    Args:
        data: the file.
        job: which rules are on.
        unsafe: make fixes as well that may change results.
    """
    count = 0
    for _ in range(_ROUNDS):
        notebook = read(data, job.path, os.path.dirname(job.path), Options(*job.options))
        if isinstance(notebook, Finding):
            break
        findings, _ = unsuppressed(notebook, findings_of(notebook, job.codes), job.codes)
        fixes = list(dict.fromkeys(f.fix for f in findings if f.fix is not None and (f.fix.safe or unsafe)))
        if not fixes:
            break
        applied = apply_fixes(data, fixes, Guard(notebook, job, fixes))
        if applied.data == data:
            break
        data, count = applied.data, count + len(applied.applied)
    return data, count


class Guard:
    """Says whether a notebook with fixes made does the same as before, as far as its flow tells."""

    def __init__(self, notebook: Notebook, job: Job, fixes: Sequence[Fix]) -> None:
        self._job = job
        self._safe = all(fix.safe for fix in fixes)
        self._before = self._facts(notebook)

    def __call__(self, data: bytes) -> bool:
        after = read(data, self._job.path, os.path.dirname(self._job.path), Options(*self._job.options))
        return isinstance(after, Notebook) and self._facts(after) == self._before

    def _facts(self, notebook: Notebook) -> tuple[object, ...]:
        """Return what must stay: which cells don't parse, names that no cell binds, and each statement's part."""
        broken = sum(1 for lowered in notebook.codes.values() if lowered.tree is None and lowered.error)
        unbound = [f.message.partition(" (")[0] for f in findings_of(notebook, frozenset({"NB201"}))]
        parts = [
            ast.dump(s.node) if self._safe else (sorted(s.names.defs), sorted(s.names.late_writes))
            for s in notebook.statements
            if not isinstance(s.node, (ast.Import, ast.ImportFrom))
        ]
        return broken, unbound, parts
