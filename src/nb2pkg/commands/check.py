"""`nb2pkg check`: reads options, checks files, prints. What only some runs need is imported there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from nb2pkg.commands.check_many import results, with_reports
from nb2pkg.commands.check_options import Request, parse_usual
from nb2pkg.commands.check_plan import Planner
from nb2pkg.lint.cache import Cache
from nb2pkg.lint.discover import NO_NOTEBOOKS, find_notebooks
from nb2pkg.lint.records import PATH, Record
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

    from nb2pkg.lint.findings import FileReport

STDIN = "-"
_ALL_EXCLUDED = "all of its notebooks are excluded"
_HARMLESS = frozenset({NO_NOTEBOOKS, _ALL_EXCLUDED})
_OF_FILES = frozenset({"github", "gitlab", "junit", "sarif"})  # formats that name lines of the file
Checked = tuple[str, Record]  # a file's path, and what is known of it


def run(arguments: list[str]) -> int:
    """Check what a command line names; return the exit code."""
    request = parse(arguments)
    try:
        return _run(request)
    except BrokenPipeError:  # `nb2pkg check | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        from nb2pkg.report.errors import error_text

        print(error_text(error, show_traceback=request.traceback), file=sys.stderr)
        return 2  # 1 would say that notebooks have findings


def flush() -> None:
    """Write what is still buffered, before the process is left without Python doing so."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError):  # closed from the start, or nobody reads any more
        pass


def parse(arguments: list[str]) -> Request:
    """Return what a command line asks for; wrong usage leaves with 2, --help with 0."""
    found = parse_usual(arguments)
    if found is None:
        from nb2pkg.commands.check_parser import parse_any

        return parse_any(arguments)
    return found


def _run(request: Request) -> int:
    _refuse_what_does_nothing(request)
    planner = Planner(request)
    cache = Cache() if request.cache else None
    if request.clear_cache:
        (cache or Cache()).clear()
    records, problems = _records(request, planner, cache)
    if request.fix or request.diff:
        from nb2pkg.commands.check_fix import fix_all

        mended = fix_all(request, planner, records)
        if request.diff:
            return _show_diff(request, mended.text, mended.findings, mended.files)
        records = mended.records
        if mended.findings and not request.quiet:
            print(f"Mended {_counted(mended.findings, 'finding')}.", file=sys.stderr)
    return _finish(request, planner, records, problems)


def _refuse_what_does_nothing(request: Request) -> None:
    """Refuse options that would be left out without a word."""
    if request.unsafe_fixes and not (request.fix or request.diff):
        _refuse("--unsafe-fixes alone does nothing", "add --fix, or --diff to see what it would change")
    if request.statistics and request.score:
        _refuse("--statistics and --score are two reports", "give one of them")
    if (request.statistics or request.score) and request.format not in ("text", "json"):
        _refuse(f"numbers have no format {request.format!r}", "use --format text or json with --statistics and --score")


def _show_diff(request: Request, text: str, findings: int, files: int) -> int:
    _write(request, text.encode("utf-8", "replace"))
    would = f"Would mend {_counted(findings, 'finding')} in {_counted(files, 'notebook')}."
    print(would if findings else "Nothing to mend.", file=sys.stderr)
    return 1 if findings and not request.exit_zero else 0


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _records(
    request: Request, planner: Planner, cache: Cache | None
) -> tuple[list[Checked], Sequence[tuple[str, str]]]:
    """Return what is known of each file, in the order of their names, and which paths lead nowhere."""
    if STDIN in request.paths:
        if len(request.paths) > 1:
            _refuse("stdin can't be checked together with files", "give - alone")
        if request.fix or request.diff:
            _refuse("what comes from stdin can't be mended", "name the file")
        return [_of_stdin(request, planner)], ()
    found = find_notebooks(
        request.paths,
        exclude=planner.excluded,
        respect_gitignore=request.respect_gitignore,
        force_exclude=request.force_exclude,
    )
    jobs = planner.jobs(found.files)
    if len(jobs) > 50 and sys.stderr.isatty():
        from nb2pkg.commands.progress import progress

        with progress("check", len(jobs)) as step:
            known = results(jobs, cache, request.jobs, step)
    else:
        known = results(jobs, cache, request.jobs, _no_step)
    if request.fix or request.diff or not _is_plain(request, planner):
        known = with_reports(jobs, known, cache)
    problems = found.problems
    if found.files and not jobs and not request.force_exclude:
        problems = (*problems, *((path, _ALL_EXCLUDED) for path in request.paths))
    return [(job.path, known[job.path]) for job in jobs], problems


def _is_plain(request: Request, planner: Planner) -> bool:
    """True when the texts of records are all that is printed."""
    other = request.statistics or request.score or request.baseline or request.write_baseline
    return request.format == "text" and not (other or planner.settings.baseline or _wants_colour(request))


def _no_step() -> None:
    """Nobody watches."""


def _of_stdin(request: Request, planner: Planner) -> Checked:
    from nb2pkg.commands.check_one import checked

    data = sys.stdin.buffer.read()
    name = request.stdin_filename or "<stdin>"
    folder = os.path.dirname(name) or "." if request.stdin_filename else ""
    job = planner.job(name, None)
    return name, checked(job, data, folder)


def _finish(request: Request, planner: Planner, records: list[Checked], problems: Sequence[tuple[str, str]]) -> int:
    """Print what was found; return the exit code."""
    for path, why in problems:
        print(f"{'warning' if why in _HARMLESS else 'error'}: {path}: {why}", file=sys.stderr)
    if _is_plain(request, planner):
        from nb2pkg.report.check.summary import summary

        data = b"".join([_text_of(record, path) for path, record in records if record.found])
        if records and not request.quiet:
            data += summary([(record.found, record.fixable) for _, record in records]).encode()
        count = sum(record.found for _, record in records)
        low = _low(request, planner, [(path, record.score) for path, record in records])
    else:
        from nb2pkg.lint.reports import report_of

        reports = [report_of(record, path) for path, record in records]
        if request.format in _OF_FILES:
            reports = [_located(report) for report in reports]
        reports = _without_accepted(request, request.baseline or planner.settings.baseline, reports)
        data = _formatted(request, reports, _wants_colour(request)).encode("utf-8", "replace")
        count = sum(len(report.findings) for report in reports)
        low = _low(request, planner, [(r.path, r.score.value if r.score else 100) for r in reports])
    _write(request, data)
    for path, value, least in low:
        print(f"error: {path}: its score is {value}, less than {least}", file=sys.stderr)
    failed = bool(low) or (bool(count) and not request.score)
    if any(why not in _HARMLESS for _, why in problems):
        return 2
    return 1 if failed and not request.exit_zero else 0


def _located(report: FileReport) -> FileReport:
    """Return a report with the lines of the file, which only formats that know no cells ask for."""
    from nb2pkg.lint.examine import located

    try:
        with open(report.path, "rb") as file:
            return located(report, file.read()) if report.findings else report
    except (OSError, ValueError):
        return report


def _text_of(found: Record, path: str) -> bytes:
    """Return the text of a record, for a file of a name."""
    if not path.isprintable():
        from nb2pkg.report.check.source_line import printable

        path = printable(path)
    return found.text.replace(PATH, path.encode("utf-8", "replace"))


def _wants_colour(request: Request) -> bool:
    if request.format != "text" or request.output_file or request.color == "never":
        return False
    if request.color == "always":
        return True
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _low(request: Request, planner: Planner, scores: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return the notebooks that score less than they must, with both numbers."""
    if request.min_score is None and planner.settings.min_score is None:
        return []
    least = request.min_score if request.min_score is not None else planner.settings.min_score or 0
    return [(path, value, least) for path, value in scores if value < least]


def _without_accepted(request: Request, baseline: str, reports: list[FileReport]) -> list[FileReport]:
    """Return the reports without findings that the team has accepted, or accepts now."""
    if not baseline and not request.write_baseline:
        return reports
    from nb2pkg.commands.check_baseline import accepted, listed

    if not request.write_baseline:
        return accepted(baseline, reports)
    left, note = listed(request.write_baseline, reports)
    print(note, file=sys.stderr)
    return left


def _formatted(request: Request, reports: list[FileReport], colour: bool) -> str:
    if request.statistics or request.score:
        from nb2pkg.report.check import totals

        json = request.format == "json"
        if request.statistics:
            return totals.statistics_json(reports) if json else totals.statistics(reports)
        return totals.scores_json(reports) if json else totals.scores(reports)
    if request.format == "text" and request.quiet:
        from nb2pkg.report.check.text import findings_text

        return "".join(findings_text(report, colour) for report in reports)
    from nb2pkg.report.check import formatter

    return formatter(request.format)(reports, colour)


def _write(request: Request, data: bytes) -> None:
    if request.output_file:
        from nb2pkg.lint.fixes import write_atomically

        write_atomically(request.output_file, data)
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except AttributeError:  # stdout is closed, or was replaced by one that takes text
        print(data.decode("utf-8"), end="")
    except BrokenPipeError:
        raise
    except OSError as error:
        from nb2pkg.errors import WriteError

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left unwritten would fail again
        raise WriteError(f"the report can't be written: {error.strerror or error}") from None


def _refuse(message: str, hint: str) -> NoReturn:
    from nb2pkg.errors import UsageError

    raise UsageError(message, hint=hint)
