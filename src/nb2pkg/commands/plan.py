"""`nb2pkg plan`: prints what would become what, and why."""

from __future__ import annotations

import sys
from pathlib import Path

from nb2pkg.errors import UsageError
from nb2pkg.report.errors import error_text, exit_code
from nb2pkg.report.summary import explanation_lines, plan_lines
from nb2pkg.wishes import Wishes


def run(notebook: Path, wishes: Wishes, *, format_: str, traceback: bool, explain: str = "") -> int:
    """Print the plan of a notebook, or why one of its functions is as it is; return the exit code."""
    from nb2pkg.pipeline import plan_notebook
    from nb2pkg.plan.file import plan_text

    try:
        if format_ not in ("text", "toml"):
            raise UsageError(f"--format {format_}: there are text and toml")
        flow, plan = plan_notebook(notebook, wishes)
        if explain:
            text = "\n".join(explanation_lines(flow, plan, explain))
        else:
            text = plan_text(plan, flow) if format_ == "toml" else "\n".join(plan_lines(flow, plan))
    except Exception as error:
        print(error_text(error, show_traceback=traceback), file=sys.stderr)
        return exit_code(error)
    print(text)
    return 0
