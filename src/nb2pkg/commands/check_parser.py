"""The options of `nb2pkg check` for people: help, and errors that say what is wrong, by argparse."""

from __future__ import annotations

import argparse

from nb2pkg.commands.check_options import Request, codes_in
from nb2pkg.report.check import FORMATS

_TEXT = """\
Say why notebooks can't be tested or trusted yet, and how to change that. Nothing is executed.

`nb2pkg explain NB203` tells of a rule; `nb2pkg explain` lists all."""
_END = """\
Exit codes: 0 nothing found, 1 findings, 2 wrong usage. Settings: [tool.nb2pkg] in the nearest pyproject.toml."""


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return what lays help out; asking the terminal for its width would import shutil, for each option."""
    return argparse.RawDescriptionHelpFormatter(prog, width=100, max_help_position=32)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    made = argparse.ArgumentParser(
        prog="nb2pkg check",
        description=_TEXT,
        epilog=_END,
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("paths", nargs="*", metavar="PATH", help="notebooks, folders, patterns, or - for stdin (default: this folder)")
    _add_rules(made)
    _add_output(made)
    add = made.add_argument_group("fixes").add_argument
    add("--fix", action="store_true", help="mend what can be mended safely, in place")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: also what may change results")
    add("--diff", action="store_true", help="show what --fix would change, and write nothing")
    add = made.add_argument_group("other").add_argument
    add("--stdin-filename", default="", metavar="NAME", help="the name of what comes from stdin")
    add("--no-cache", dest="cache", action="store_false", help="neither read nor write the cache")
    add("--clear-cache", action="store_true", help="empty the cache first")
    add("-j", "--jobs", type=_count, default=0, metavar="N", help="processes for many files; 0: one a core")
    add("--exit-zero", action="store_true", help="exit with 0 even when something is found")
    add("--traceback", action="store_true", help=argparse.SUPPRESS)
    return made


def _add_rules(made: argparse.ArgumentParser) -> None:
    add = made.add_argument_group("rules and files").add_argument
    add("--select", action="append", type=codes_in, metavar="CODES", help="only these: codes, starts of codes, or ALL")
    add("--ignore", action="append", type=codes_in, metavar="CODES", help="not these")
    add("--extend-select", action="append", type=codes_in, metavar="CODES", help="these as well")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="leave these files and folders out")
    add("--no-respect-gitignore", dest="respect_gitignore", action="store_false", help="check what git ignores as well")
    add("--force-exclude", action="store_true", help="exclude also what is named on the command line")
    add("--baseline", default="", metavar="FILE", help="accept the findings that are listed there")
    add("--write-baseline", default="", metavar="FILE", help="list today's findings there, and accept them")


def _add_output(made: argparse.ArgumentParser) -> None:
    add = made.add_argument_group("output").add_argument
    add("--format", choices=FORMATS, default="text", help="(default: text)")
    add("--output-file", default="", metavar="FILE", help="write the report there")
    add("--color", choices=("auto", "always", "never"), default="auto", help="(default: on a terminal)")
    add("-q", "--quiet", action="store_true", help="print findings only, no summary")
    add("--statistics", action="store_true", help="print how often each rule was found, not the findings")
    add("--score", action="store_true", help="print how testable each notebook is, not the findings")
    add("--min-score", type=_percent, metavar="N", help="exit with 1 when a notebook scores below N")


def parse_any(arguments: list[str]) -> Request:
    """Return what any command line asks for; wrong usage leaves with 2, --help with 0."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found = vars(parser().parse_intermixed_args(arguments[:end]))
    found["paths"] += arguments[end + 1 :]  # argparse itself reads them as options in this mode
    for name in ("select", "ignore", "extend_select"):
        given = found[name]
        found[name] = tuple(code for codes in given for code in codes) if given is not None else None
    return Request(
        **{
            **found,
            "paths": tuple(found["paths"]) or (".",),
            "ignore": found["ignore"] or (),
            "extend_select": found["extend_select"] or (),
            "exclude": tuple(found["exclude"]),
        }
    )


def _count(text: str) -> int:
    if not _is_number(text):
        raise argparse.ArgumentTypeError(f"a number of processes, not {text}")
    return int(text)


def _percent(text: str) -> int:
    if not _is_number(text) or int(text) > 100:
        raise argparse.ArgumentTypeError(f"a score is a number from 0 to 100, not {text}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
