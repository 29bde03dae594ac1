"""What `nb2pkg check` is asked for. The usual command lines are read here, since argparse costs a hook 5 ms."""

from __future__ import annotations

from nb2pkg.report.check import FORMATS
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any


class Request(NamedTuple):
    """What the command line asks for; codes are prefixes such as `NB2`."""

    paths: tuple[str, ...]
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    force_exclude: bool = False
    stdin_filename: str = ""
    format: str = "text"
    output_file: str = ""
    color: str = "auto"
    quiet: bool = False
    statistics: bool = False
    score: bool = False
    min_score: int | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    baseline: str = ""
    write_baseline: str = ""
    exit_zero: bool = False
    cache: bool = True
    clear_cache: bool = False
    jobs: int = 0
    traceback: bool = False


_FLAGS: dict[str, tuple[str, Any]] = {
    "--no-respect-gitignore": ("respect_gitignore", False),
    "--force-exclude": ("force_exclude", True),
    "--quiet": ("quiet", True),
    "-q": ("quiet", True),
    "--statistics": ("statistics", True),
    "--score": ("score", True),
    "--fix": ("fix", True),
    "--unsafe-fixes": ("unsafe_fixes", True),
    "--diff": ("diff", True),
    "--no-cache": ("cache", False),
    "--exit-zero": ("exit_zero", True),
}
_LISTS = {"--select": "select", "--ignore": "ignore", "--extend-select": "extend_select"}


def parse_usual(arguments: list[str]) -> Request | None:
    """Return what a command line of paths, flags and lists of codes asks for, or None for others."""
    given: dict[str, Any] = {}
    paths: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument in _FLAGS:
            name, value = _FLAGS[argument]
            given[name] = value
        elif argument in _LISTS:
            codes = next(left, "-")
            if codes[:1] in ("-", ""):
                return None
            given[_LISTS[argument]] = (*given.get(_LISTS[argument], ()), *codes_in(codes))
        elif argument == "--format":
            given["format"] = next(left, "")
            if given["format"] not in FORMATS:
                return None
        elif argument[:1] in ("-", ""):
            return None
        else:
            paths.append(argument)
    return Request(tuple(paths) or (".",), **given)


def codes_in(text: str) -> tuple[str, ...]:
    """Return the codes of a list such as `NB2,nb301`."""
    return tuple(code.strip().upper() for code in text.split(",") if code.strip())
