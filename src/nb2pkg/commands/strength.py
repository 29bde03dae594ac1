"""`nb2pkg strength`: mutates a project's package, runs its tests, and says what they don't see."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from nb2pkg.commands.progress import progress
from nb2pkg.errors import UsageError
from nb2pkg.report.errors import error_text, exit_code

GROUPS = {"all": ("library", "ours"), "library": ("library",), "ours": ("ours",)}


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `strength`."""

    project: Path
    workdir: Path | None = None
    python: str = ""
    seconds: float = 120.0
    modules: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    operators: str = "all"
    seed: int = 0
    jobs: int = 0
    fresh: bool = False
    hollow: bool = False
    minimum: float | None = None
    format: str = "text"
    traceback: bool = False


def run(options: Options) -> int:
    """Measure and print; returns 0, 1 (the tests fail, or kill less than was asked for) or 2 (wrong usage)."""
    try:
        _check(options)
        return _measure(options)
    except Exception as error:
        print(error_text(error, show_traceback=options.traceback), file=sys.stderr)
        return exit_code(error)


def _check(options: Options) -> None:
    if options.format not in ("text", "json"):
        raise UsageError(f"--format {options.format}: there are text and json")
    if options.operators not in GROUPS:
        raise UsageError(f"--operators {options.operators}: there are {', '.join(GROUPS)}")
    try:
        import mutmut  # noqa: F401
    except ImportError:
        raise UsageError(
            "strength needs mutmut, which isn't installed", hint="pip install 'nb2pkg[strength]'"
        ) from None


def _measure(options: Options) -> int:
    from nb2pkg.report.strength import as_data, percent_killed, strength_lines
    from nb2pkg.run.mutants_project import read_project
    from nb2pkg.run.mutants_run import Wish, measure, wanted_mutants
    from nb2pkg.run.mutants_server import default_jobs

    project = read_project(options.project)
    wish = Wish(
        workdir=options.workdir or Path.cwd(),
        python=options.python or sys.executable,
        seconds=options.seconds,
        modules=options.modules,
        functions=options.functions,
        groups=GROUPS[options.operators],
        seed=options.seed,
        jobs=options.jobs or default_jobs(),
        fresh=options.fresh,
        hollow=options.hollow,
    )
    number = len(wanted_mutants(project, wish))
    print(f"strength executes the tests of {options.project} on copies, {wish.jobs} at a time", file=sys.stderr)
    with progress("trying mutants", number) as advance:
        strength = measure(project, wish, advance)
    if options.format == "json":
        print(json.dumps(as_data(strength), indent=2, ensure_ascii=False))
    else:
        print("\n".join(strength_lines(strength)))
    percent = percent_killed(strength.results)
    if options.minimum is not None and (percent is None or percent < options.minimum):
        print(
            f"error: {percent or 0:.1f} % of the mutants are killed, less than --min {options.minimum:g}",
            file=sys.stderr,
        )
        return 1
    return 0
