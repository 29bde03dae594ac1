"""THE TABLE of magics: one row each, with its lowering and what people should know of it.

To add a magic, write a function `Call -> Lowered` (or take one that is there) and add a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from nb2pkg.cells import code_magics as code
from nb2pkg.cells import file_magics as files
from nb2pkg.cells import query_magics as queries
from nb2pkg.cells import setup_magics as setup
from nb2pkg.cells import shell_magics as shell
from nb2pkg.cells import sql_magics
from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.errors import RefusedError

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Magic:
    """A row: the magic's name, its lowering, and the finding that each use of it gives."""

    name: str
    lower: Callable[[Call], Lowered]
    note: str = ""
    severity: Severity = "info"


_PORTABLE = "a shell command runs here: it needs the same programs wherever the package runs"
_DATABASE = "a query is sent to a database: the package needs the same one wherever it runs"
_ENGINE = "a query is sent: its rows are taken to be shown as a DataFrame, and the address stands in the environment"
_PROFILE = "what a profiler or debugger shows is left out"
_LANGUAGE = "it runs another language than Python"
_SESSION = "it shows or reads the session itself, which a package does not have"

LINE_MAGICS: dict[str, Magic] = {
    row.name: row
    for row in (
        # set-up of the notebook's front end
        *(Magic(name, setup.drop) for name in ("autoreload", "xmode", "pdb", "colors", "gui", "autosave", "autocall")),
        *(
            Magic(name, setup.drop)
            for name in ("automagic", "connect_info", "qtconsole", "notebook", "logstart", "logstop")
        ),
        *(
            Magic(name, setup.drop)
            for name in ("aimport", "tensorflow_version", "rehashx", "doctest_mode", "logon", "logoff")
        ),
        Magic("matplotlib", setup.drop),
        Magic("config", setup.config),
        Magic("load_ext", setup.load_extension),
        Magic("reload_ext", setup.load_extension),
        Magic("unload_ext", setup.drop),
        Magic("pylab", setup.pylab, "names come from `pylab` and `numpy` by star imports", "warning"),
        Magic("precision", setup.precision),
        Magic(
            "watermark",
            setup.drop,
            "versions and dates of one machine are not shown again; versions go to the dependencies",
        ),
        Magic(
            "version_information",
            setup.drop,
            "versions of one machine are not shown again; versions go to the dependencies",
        ),
        Magic("tensorboard", setup.drop, "the TensorBoard panel is left out", "warning"),
        # code
        Magic("time", code.time_line),
        Magic("timeit", code.timeit, "measured code is left out: the names it binds stay its own"),
        Magic("prun", code.profiled, _PROFILE, "warning"),
        Magic("lprun", code.profiled, _PROFILE, "warning"),
        Magic("mprun", code.profiled, _PROFILE, "warning"),
        Magic("memit", code.memory, _PROFILE, "warning"),
        Magic("debug", setup.drop, _PROFILE, "warning"),
        # help, the session
        *(
            Magic(name, setup.drop, "help opens a pager, which shows nothing in the notebook")
            for name in (
                "pinfo",
                "pinfo2",
                "pdoc",
                "pdef",
                "psource",
                "pfile",
                "psearch",
                "quickref",
                "lsmagic",
                "magic",
            )
        ),
        *(Magic(name, setup.session(_SESSION, keep=True)) for name in ("who", "whos", "who_ls")),
        *(
            Magic(name, setup.session(_SESSION))
            for name in (
                "history",
                "hist",
                "recall",
                "rerun",
                "rep",
                "macro",
                "save",
                "edit",
                "ed",
                "logstate",
                "notebook_path",
            )
        ),
        Magic("reset", code.reset),
        Magic("xdel", code.delete),
        Magic("reset_selective", setup.session("It deletes names of the session by a pattern.")),
        Magic("store", setup.store, "values are not stored between sessions", "warning"),
        Magic("load", setup.drop, "`%load` only fills the cell for a person", "warning"),
        Magic("loadpy", setup.drop, "`%load` only fills the cell for a person", "warning"),
        # installers
        *(Magic(name, shell.install) for name in ("pip", "conda", "mamba", "micromamba", "uv")),
        # shell and files
        Magic("!", shell.system, _PORTABLE, "warning"),
        Magic("sx", shell.lines, _PORTABLE, "warning"),
        Magic("system", shell.lines, _PORTABLE, "warning"),
        *(Magic(name, shell.alias, _PORTABLE, "warning") for name in shell.ALIASES),
        Magic("cd", files.cd),
        Magic("pwd", files.pwd),
        Magic("env", files.env),
        Magic("set_env", files.set_env),
        *(
            Magic(name, setup.session("It keeps a stack of folders in the session."))
            for name in ("pushd", "popd", "dirs", "dhist", "bookmark", "alias", "unalias")
        ),
        Magic("run", files.run, "a file is run here: its code stays in that file", "warning"),
        # databases
        *(Magic(name, sql_magics.sql) for name in ("sql", "jupysql")),
        # other languages
        *(
            Magic(name, setup.language(_LANGUAGE))
            for name in (
                "R",
                "Rpush",
                "Rpull",
                "Rget",
                "bigquery",
                "julia",
                "octave",
                "matlab",
                "cython",
                "fortran",
            )
        ),
    )
}

CELL_MAGICS: dict[str, Magic] = {
    row.name: row
    for row in (
        Magic("time", code.time_cell),
        Magic("timeit", code.timeit, "measured code is left out: the names it binds stay its own"),
        Magic("capture", code.capture),
        Magic("prun", code.profiled_cell, _PROFILE, "warning"),
        Magic("memit", code.profiled_cell, _PROFILE, "warning"),
        Magic("debug", code.profiled_cell, _PROFILE, "warning"),
        *(Magic(name, shell.script, _PORTABLE, "warning") for name in ("bash", "sh", "script", "shell", "zsh")),
        Magic("system", shell.system_cell, _PORTABLE, "warning"),
        Magic("sx", shell.system_cell, _PORTABLE, "warning"),
        Magic("!", shell.system_cell, _PORTABLE, "warning"),
        *(Magic(name, files.writefile) for name in ("writefile", "file")),
        *(Magic(name, sql_magics.sql) for name in ("sql", "jupysql")),
        Magic("bigquery", queries.bigquery, _DATABASE, "warning"),
        Magic("sparksql", queries.spark_sql, _DATABASE, "warning"),
        *(Magic(name, queries.treasure_data, _DATABASE, "warning") for name in ("td_presto", "td_hive")),
        *(Magic(name, queries.engine_cell, _ENGINE, "warning") for name in queries.ENGINES),
        *(Magic(name, setup.text_object) for name in setup.TEXT_OBJECTS),
        *(
            Magic(name, setup.language(_LANGUAGE))
            for name in (
                *(
                    "python",
                    "python2",
                    "python3",
                    "pypy",
                    "perl",
                    "ruby",
                    "R",
                    "cython",
                    "julia",
                    "octave",
                    "matlab",
                    "fortran",
                ),
                *("cmd", "powershell", "spark", "cpp", "cu", "rust", "go", "scala", "node"),
                *("dot", "mermaid", "manim", "ai"),
            )
        ),
    )
}


def lower_magic(call: Call) -> Lowered:
    """Return the lowering of a magic by its row.

    Args:
        call: the magic.

    Raises:
        RefusedError: it has no right conversion; with `keep_going` a stub that raises stands in for it.
    """
    row = (LINE_MAGICS if call.body is None else CELL_MAGICS).get(call.name)
    try:
        if row is None:
            raise unknown(call)
        lowered = row.lower(call)
    except RefusedError as error:
        if not call.scene.keep_going:
            raise
        return stub(call, error)
    if row.note and (lowered.python or not lowered.findings):
        note = call.finding("magic", f"`{call.shown_name}`: {row.note}", row.severity)
        lowered = replace(lowered, findings=(*lowered.findings, note))
    return lowered


def unknown(call: Call) -> RefusedError:
    """Return the error for a magic that has no row."""
    return call.refusal(
        f"unknown magic `{call.shown_name}`",
        why="Nobody knows what it binds or shows.",
        hint="replace it by Python, or tag the cell skip-execution; --keep-going puts a stub that raises in its place",
    )


def stub(call: Call, error: RefusedError) -> Lowered:
    """Return code that raises where a refused magic stood."""
    text = f"{call.shown_name} {call.line}".strip().split("\n")[0]
    raised = f"raise NotImplementedError({f'{text}: {error.message}'!r})"
    finding = call.finding(
        "stub", f"{error.message}: a stub that raises stands in its place", "error", why=error.why, hint=error.hint
    )
    if call.value_used:
        return Lowered(f"(_ for _ in ()).throw(NotImplementedError({text!r}))", findings=(finding,))
    return Lowered(raised, findings=(finding,))
