"""`nb2pkg explain`: prints the pages of rules of `nb2pkg check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nb2pkg.lint.docs import listing, terminal
from nb2pkg.lint.rules.table import BY_CODE, ROWS


def run(codes: Sequence[str]) -> int:
    """Print the pages of these rules, or a list of all when none is named; return the exit code."""
    if not codes:
        print(listing(), end="")
        return 0
    known = {code: _code_of(code) for asked in codes for code in _begun_so(asked) or [asked]}
    for asked, code in known.items():
        if not code:
            print(f"error: there is no rule {asked}{_nearest(asked)}", file=sys.stderr)
    if not all(known.values()):
        return 2
    print("\n\n".join(terminal(code) for code in dict.fromkeys(known.values())), end="")
    return 0


def _begun_so(asked: str) -> list[str]:
    """Return the codes of all rules of a group such as `NB5`; none where the text is no start of several codes."""
    start = asked.upper()
    return [row.code for row in ROWS if row.code.startswith(start)] if start.startswith("NB") else []


def _code_of(asked: str) -> str:
    """Return the code of a rule that is named by its code or its name, in any case; empty when there is none."""
    if asked.upper() in BY_CODE:
        return asked.upper()
    return next((row.code for row in ROWS if row.name == asked.lower()), "")


def _nearest(asked: str) -> str:
    import difflib  # only here, so that a page opens fast

    by_name = difflib.get_close_matches(asked.lower(), [row.name for row in ROWS], 1)
    if by_name:
        return f"; did you mean {by_name[0]}?"
    by_code = difflib.get_close_matches(asked.upper(), BY_CODE, 1)
    return f"; did you mean {by_code[0]}?" if by_code else "; `nb2pkg explain` lists all"
