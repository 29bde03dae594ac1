"""The command line: names, options, help. Bodies import their command when called, since start-up is a feature."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="nb2pkg",
    help="Turn a Jupyter notebook into a tested Python package that does exactly what the notebook did.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Notebooks = Annotated[
    list[Path], typer.Argument(help="Notebooks (.ipynb, or .py in the percent format).", show_default=False)
]
_KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Convert what can't run as well, to fail there as the notebook does.")
]
_Name = Annotated[
    str | None, typer.Option("--name", metavar="PKG", help="Name of the package (default: made of the notebook's).")
]
_Python = Annotated[
    str,
    typer.Option(
        "--python",
        metavar="PATH|none",
        help="The Python whose environment says versions (default: that of the notebook's kernel).",
    ),
]
_Traceback = Annotated[bool, typer.Option("--traceback", help="Show where nb2pkg itself failed.", hidden=True)]


def _print_version(wanted: bool) -> None:
    if wanted:
        from nb2pkg import __version__

        typer.echo(f"nb2pkg {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Turn a Jupyter notebook into a tested Python package that does exactly what the notebook did."""


@app.command()
def convert(
    notebooks: _Notebooks,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Folder of the project; of all projects when there are several."
        ),
    ] = None,
    name: _Name = None,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Apply an edited plan.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")] = False,
    keep_going: _KeepGoing = False,
    no_data: Annotated[
        bool, typer.Option("--no-data", help="Make no tests of rows of the data files beside the notebook.")
    ] = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Copy the data files that the notebook reads, up to 5 MB each.")
    ] = False,
    python: _Python = "",
    lock: Annotated[
        bool, typer.Option("--lock", help="Let uv write uv.lock, with the newest versions that go; needs the network.")
    ] = False,
    layout: Annotated[
        str, typer.Option("--layout", metavar="src|docker-science|ccds", help="How the project's folders are laid out.")
    ] = "",
    templates: Annotated[
        Path | None, typer.Option("--templates", metavar="DIR", help="Templates that come before ours.")
    ] = None,
    license_: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="Add a licence: MIT, BSD-3-Clause, Apache-2.0.")
    ] = "",
    schedule: Annotated[
        list[str] | None,
        typer.Option("--schedule", metavar="airflow|cron|systemd", help="Add what runs the package at fixed times."),
    ] = None,
    run_: Annotated[
        bool, typer.Option("--run", help="Execute the notebook, in a copy of its folder, and record tests.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", help="With --run: read at most N rows of the data.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="With --run: seconds that a run may take.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option("--memory", metavar="GB", help="With --run: memory that a run may take.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="How to print the summary.")] = "text",
    traceback: _Traceback = False,
) -> None:
    """Convert notebooks to packages. Nothing is executed, unless --run is given; no file is overwritten."""
    from nb2pkg.commands.convert import Options, run
    from nb2pkg.wishes import Wishes

    wishes = Wishes(
        name=name,
        keep_going=keep_going,
        plan_file=plan,
        data=not no_data,
        with_data=with_data,
        python=python,
        layout=layout,
        templates=templates,
        license=license_,
        schedules=tuple(dict.fromkeys(schedule or ())),
    )
    options = Options(
        notebooks=tuple(notebooks),
        wishes=wishes,
        out=out,
        dry_run=dry_run,
        format=format_,
        traceback=traceback,
        execute=run_,
        sample=sample,
        timeout=timeout,
        memory=memory,
        lock=lock,
    )
    raise typer.Exit(run(options))


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
def check(context: typer.Context) -> None:
    """Say why notebooks can't be tested or trusted yet, and how to change that. Executes nothing."""
    from nb2pkg.commands.check import run

    raise typer.Exit(run(context.args))


@app.command()
def plan(
    notebook: Annotated[Path, typer.Argument(help="The notebook.", show_default=False)],
    name: _Name = None,
    format_: Annotated[str, typer.Option("--format", metavar="text|toml", help="How to print the plan.")] = "text",
    explain: Annotated[
        str,
        typer.Option("--explain", metavar="FUNCTION", help="Say why a function is cut and placed as it is."),
    ] = "",
    keep_going: _KeepGoing = False,
    python: _Python = "",
    traceback: _Traceback = False,
) -> None:
    """Print what would become what, and why."""
    from nb2pkg.commands.plan import run
    from nb2pkg.wishes import Wishes

    wishes = Wishes(name=name, keep_going=keep_going, python=python)
    raise typer.Exit(run(notebook, wishes, format_=format_, traceback=traceback, explain=explain))


@app.command()
def strength(
    project: Annotated[Path, typer.Argument(help="A folder that convert wrote.", show_default=False)],
    workdir: Annotated[
        Path | None,
        typer.Option(
            "--workdir", metavar="FOLDER", help="Where the notebook's data lies (default: the current folder)."
        ),
    ] = None,
    time: Annotated[float, typer.Option("--time", metavar="S", help="Seconds that mutants are tried for.")] = 120.0,
    module: Annotated[list[str] | None, typer.Option("--module", metavar="NAME", help="Only this module.")] = None,
    function: Annotated[
        list[str] | None, typer.Option("--function", metavar="NAME", help="Only this function.")
    ] = None,
    operators: Annotated[
        str, typer.Option("--operators", metavar="all|library|ours", help="Whose mutations: mutmut's, or ours.")
    ] = "all",
    hollow: Annotated[
        bool, typer.Option("--hollow", help="Also list tests that pass with all bodies emptied.")
    ] = False,
    minimum: Annotated[
        float | None, typer.Option("--min", metavar="N", help="Exit with 1 when less than N % are killed.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Take the mutants in another order.")] = 0,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Runs at the same time; 0: one a core.")] = 0,
    python: Annotated[str, typer.Option("--python", metavar="PATH", help="Runs the tests (default: this one).")] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Start a Python for each run; slow, but always safe.")] = False,
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="How to print the report.")] = "text",
    traceback: _Traceback = False,
) -> None:
    """Mutate a package and say which changes its tests don't see. Executes the tests, on copies."""
    from nb2pkg.commands.strength import Options, run

    options = Options(
        project=project,
        workdir=workdir,
        python=python,
        seconds=time,
        modules=tuple(module or ()),
        functions=tuple(function or ()),
        operators=operators,
        seed=seed,
        jobs=jobs,
        fresh=fresh,
        hollow=hollow,
        minimum=minimum,
        format=format_,
        traceback=traceback,
    )
    raise typer.Exit(run(options))


@app.command()
def verify(
    notebook: Annotated[Path, typer.Argument(help="The notebook.", show_default=False)],
    project: Annotated[Path, typer.Argument(help="The project that was made of it.", show_default=False)],
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", help="Let both read no more than N rows of each data set.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write both sides beside each other as one HTML file.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="How to print the report.")] = "text",
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="End a run that takes longer.")
    ] = None,
    traceback: _Traceback = False,
) -> None:
    """Execute a notebook and its package, in copies of its folder, and say cell by cell whether they do the same."""
    from nb2pkg.commands.verify import Options, run

    raise typer.Exit(run(Options(notebook, project, sample, html, format_, timeout, traceback)))


@app.command()
def doctor(
    project: Annotated[str, typer.Argument(help="A folder that convert wrote.", show_default=False)],
    python: Annotated[
        str,
        typer.Option(
            "--python",
            metavar="PATH",
            help="The Python that is to run it (default: the one of its .venv, the active one, or this one).",
        ),
    ] = "",
    workdir: Annotated[
        str, typer.Option("--workdir", metavar="FOLDER", help="Where its data lies (default: in the project).")
    ] = "",
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="How to print the report.")] = "text",
    traceback: _Traceback = False,
) -> None:
    """Say what is missing to run a project here, and which command mends it. Executes nothing."""
    from nb2pkg.commands.doctor import Options, run

    raise typer.Exit(run(Options(project, python, workdir, format_, traceback)))


@app.command()
def explain(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="Rules: NB203, or stale-output.", show_default=False)
    ] = None,
) -> None:
    """Say why a rule of check is there, what it finds and how to mend it; without a code, list all rules."""
    from nb2pkg.commands.explain import run

    raise typer.Exit(run(tuple(codes or ())))


def main() -> None:
    """Run the command line; an interrupt leaves with 130 and no traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
