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

    options = Options(
        tuple(notebooks), out, name, plan, dry_run, keep_going, format_, traceback, run_, sample, timeout, memory
    )
    raise typer.Exit(run(options))


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
    traceback: _Traceback = False,
) -> None:
    """Print what would become what, and why."""
    from nb2pkg.commands.plan import run

    raise typer.Exit(
        run(notebook, name=name, format_=format_, keep_going=keep_going, traceback=traceback, explain=explain)
    )


def main() -> None:
    """Run the command line; an interrupt leaves with 130 and no traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
