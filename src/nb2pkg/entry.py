"""Where the command `nb2pkg` starts. `check` is a hook that runs at each commit, so it goes without the library that
parses the other commands: that one alone would take longer to import than a notebook to check."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; an interrupt leaves with 130 and no traceback."""
    try:
        if sys.argv[1:2] == ["check"]:
            _check()
        from nb2pkg.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)


def _check() -> None:
    import gc

    gc.set_threshold(200_000)  # trees hold no circles: looking for some takes a third of the time
    from nb2pkg.commands.check import flush, run

    code = run(sys.argv[2:])
    flush()
    os._exit(code)  # taking all modules down again would take as long as checking a notebook
