"""`nb2pkg verify`: runs a notebook and its package, prints how they compare, returns the exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.commands.progress import progress
from nb2pkg.errors import UsageError
from nb2pkg.report.errors import error_text, exit_code


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `verify`."""

    notebook: Path
    project: Path
    sample: int | None = None
    html: Path | None = None
    format: str = "text"
    timeout: float | None = None
    traceback: bool = False


def run(options: Options) -> int:
    """Verify a project; return 0 (equal), 1 (different, or refused) or 2 (wrong usage)."""
    try:
        _check(options)
        return _verify(options)
    except Exception as error:
        print(error_text(error, show_traceback=options.traceback), file=sys.stderr)
        return exit_code(error)


def _check(options: Options) -> None:
    if options.format not in ("text", "json"):
        raise UsageError(f"--format {options.format}: there are text and json")
    if options.timeout is not None and options.timeout <= 0:
        raise UsageError(f"--timeout {options.timeout:g}: seconds are more than 0")
    if options.sample is not None and options.sample <= 0:
        raise UsageError(f"--sample {options.sample}: rows are more than 0")
    if options.html is not None and not options.html.parent.is_dir():
        raise UsageError(f"--html {options.html}: there is no folder {options.html.parent}")


def _verify(options: Options) -> int:
    from nb2pkg.pipeline import plan_of_project
    from nb2pkg.report.verify import as_data, report_lines
    from nb2pkg.run.limits import Limits
    from nb2pkg.run.verify import verify

    flow, plan, notes = plan_of_project(options.notebook, options.project)
    print(
        f"executing {options.notebook} and the package {plan.package}, each in a copy of the notebook's folder",
        file=sys.stderr,
    )
    with progress("running notebook and package", len(flow.notebook.cells)) as advance:
        report = verify(
            flow,
            plan,
            options.project,
            sample=options.sample,
            limits=Limits(options.timeout),
            notes=notes,
            progress=advance,
        )
    if options.html is not None:
        from nb2pkg.report.verify_html import html_report

        options.html.write_text(html_report(report, flow.notebook), encoding="utf-8")
    if options.format == "json":
        print(json.dumps(as_data(report), indent=2, ensure_ascii=False))
    else:
        print("\n".join(report_lines(report)))
        if options.html is not None:
            print(f"written to {options.html}")
    return 0 if report.equal else 1
