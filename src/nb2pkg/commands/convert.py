"""`nb2pkg convert`: reads options, calls the chain, prints, returns the exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2pkg.commands.progress import progress
from nb2pkg.errors import Nb2pkgError, UsageError
from nb2pkg.model import Project
from nb2pkg.report.data import data_lines
from nb2pkg.report.errors import error_text, exit_code, finding_text
from nb2pkg.report.summary import as_data, summary_lines
from nb2pkg.wishes import Wishes

if TYPE_CHECKING:
    from nb2pkg.run.trial import Recordings


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `convert`."""

    notebooks: tuple[Path, ...]
    wishes: Wishes = field(default_factory=Wishes)
    out: Path | None = None
    dry_run: bool = False
    format: str = "text"
    traceback: bool = False
    execute: bool = False
    sample: int | None = None
    timeout: float | None = None
    memory: float | None = None  # GB
    lock: bool = False


def run(options: Options) -> int:
    """Convert each notebook; a failed one doesn't stop the rest. Returns 0, 1 (one was refused) or 2 (wrong usage)."""
    try:
        _check(options)
    except UsageError as error:
        print(error_text(error), file=sys.stderr)
        return error.exit_code
    worst = 0
    rows: list[dict[str, Any]] = []
    with progress("converting", len(options.notebooks)) as advance:
        for notebook in options.notebooks:
            try:
                rows.append(_convert(notebook, options))
            except (Nb2pkgError, RecursionError, MemoryError, Exception) as error:
                print(error_text(error, show_traceback=options.traceback), file=sys.stderr)
                rows.append({"notebook": str(notebook), "error": str(error)})
                worst = max(worst, exit_code(error))
            advance()
    if options.format == "json":
        print(json.dumps(rows if len(options.notebooks) > 1 else rows[0], indent=2, ensure_ascii=False))
    return worst


def _check(options: Options) -> None:
    if options.format not in ("text", "json"):
        raise UsageError(f"--format {options.format}: there are text and json")
    if len(options.notebooks) > 1 and (options.wishes.name or options.wishes.plan_file):
        raise UsageError("--name and --plan go with one notebook", hint="convert the notebooks one by one")
    given = {"--sample": options.sample, "--timeout": options.timeout, "--memory": options.memory}
    for option, value in given.items():
        if value is not None and not options.execute:
            raise UsageError(f"{option} goes with --run: without it nothing is executed")
        if value is not None and value <= 0:
            raise UsageError(f"{option} {value:g}: it must be more than nothing")


def _convert(notebook: Path, options: Options) -> dict[str, Any]:
    from nb2pkg.pipeline import flow_and_project
    from nb2pkg.project.write import write_project

    recorded = _recorded(notebook, options) if options.execute else None
    if recorded is None:
        flow, project = flow_and_project(notebook, options.wishes)
    else:
        flow, project = recorded.flow, recorded.project
    folder = _folder(project, options)
    if not options.dry_run:
        write_project(project, folder, *([_locked] if options.lock else []))
    if options.format == "text":
        for finding in project.findings:
            print(finding_text(finding), file=sys.stderr)
        said = data_lines(project, str(folder), with_data=options.wishes.with_data)
        print("\n".join(summary_lines(flow, project.plan, str(folder), dry_run=options.dry_run, data=said)))
        if recorded is not None:
            from nb2pkg.report.recorded import recorded_lines

            print("\n".join(recorded_lines(recorded)))
        if options.dry_run:
            print("\n".join(f"  {folder / name}" for name in project.files))
    data = as_data(flow, project.plan, str(folder))
    if recorded is None:
        return data
    from nb2pkg.report.recorded import recorded_data

    return {**data, "recorded": recorded_data(recorded)}


def _locked(folder: Path) -> None:
    """Let uv lock a project, or say that it is not there."""
    from nb2pkg.run.lock import has_uv, lock_project

    if has_uv():
        lock_project(folder)
    else:
        other = "requirements.lock has" if (folder / "requirements.lock").exists() else "no file has"
        hint = "pip install uv, then `uv lock` in the project"
        print(f"uv is not on the PATH, so there is no uv.lock; {other} exact versions\n  help: {hint}", file=sys.stderr)


def _recorded(notebook: Path, options: Options) -> Recordings:
    """Execute the notebook for recorded tests, and say so."""
    from nb2pkg.pipeline import recorded_project
    from nb2pkg.run.limits import Limits

    print(f"{notebook}: executing the notebook twice, in a copy of its folder", file=sys.stderr)
    limits = Limits(options.timeout, None if options.memory is None else int(options.memory * 2**30))
    return recorded_project(notebook, options.wishes, sample=options.sample, limits=limits)


def _folder(project: Project, options: Options) -> Path:
    if options.out is None:
        return Path(project.package)
    return options.out / project.package if len(options.notebooks) > 1 else options.out
