"""`nb2pkg doctor`: says what is missing to run a project here, and what mends it. Executes nothing."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass

from nb2pkg.commands.progress import progress
from nb2pkg.errors import UsageError
from nb2pkg.report.errors import error_text

_BROKEN = 2  # 1 says that something is missing


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `doctor`."""

    project: str
    python: str = ""
    workdir: str = ""
    format: str = "text"
    traceback: bool = False


def run(options: Options) -> int:
    """Look and print; returns 0 (nothing is missing), 1 (something is) or 2 (wrong usage, a broken plan)."""
    try:
        return _run(options)
    except BrokenPipeError:  # `nb2pkg doctor PROJECT | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        print(error_text(error, show_traceback=options.traceback), file=sys.stderr)
        return _BROKEN


def _run(options: Options) -> int:
    if options.format not in ("text", "json"):
        raise UsageError(f"--format {options.format}: there are text and json")
    from nb2pkg.doctor.diagnose import diagnose
    from nb2pkg.doctor.project import read_wanted
    from nb2pkg.doctor.read import read_state
    from nb2pkg.report.doctor import as_data, doctor_lines

    wanted = read_wanted(options.project)
    with progress("reading data files", len(wanted.needs.data)) as advance:
        state = read_state(wanted, options.python, options.workdir, advance)
    checks = diagnose(wanted, state)
    if options.format == "json":
        text = json.dumps(as_data(wanted, state, checks), indent=2, ensure_ascii=False)
        print(
            text if _harmless(text) else json.dumps(as_data(wanted, state, checks), indent=2).replace("\x7f", "\\u007f")
        )
    else:
        print("\n".join(doctor_lines(wanted, checks, _coloured())))
    sys.stdout.flush()
    return 0 if all(check.ok for check in checks) else 1


def _coloured() -> bool:
    """Return True when a terminal is to show colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _harmless(text: str) -> bool:
    """Return True when text can't move a terminal's cursor."""
    return text.replace("\n", "").isprintable()
