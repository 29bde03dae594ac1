"""Errors and findings as people read them."""

from __future__ import annotations

import traceback

from nb2pkg.errors import Nb2pkgError, UsageError
from nb2pkg.model import Finding


def error_text(error: BaseException, *, show_traceback: bool = False) -> str:
    """Return an error as one readable block, `error: ...`."""
    if show_traceback:
        return "".join(traceback.format_exception(error)).rstrip()
    if isinstance(error, Nb2pkgError):
        return f"error: {error}"
    kind = type(error).__name__
    return (
        f"error: nb2pkg itself failed: {kind}: {error}\n"
        "  This is a defect of nb2pkg, not of the notebook; nothing was written.\n"
        "  help: run again with --traceback, and report it with the notebook"
    )


def finding_text(finding: Finding) -> str:
    """Return a finding as a line, with what to do about it."""
    lines = [f"{finding.severity}: {finding.location}: {finding.message}"]
    lines += [f"  {finding.why}"] if finding.why else []
    lines += [f"  help: {finding.hint}"] if finding.hint else []
    return "\n".join(lines)


def exit_code(error: BaseException) -> int:
    """Return 2 for wrong usage, 1 for all else."""
    return error.exit_code if isinstance(error, UsageError) else 1
