"""Lowerings of magics that set up the front end, look at the session, show text objects or run other languages."""

from __future__ import annotations

import re
from collections.abc import Callable

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.interpolate import literal
from nb2pkg.cells.sql_magics import sql_config

TEXT_OBJECTS = {
    "html": "HTML",
    "HTML": "HTML",
    "javascript": "Javascript",
    "js": "Javascript",
    "latex": "Latex",
    "markdown": "Markdown",
    "svg": "SVG",
    "SVG": "SVG",
}
# Extensions whose magics have rows, or that only change how a notebook is edited or measured.
_KNOWN_EXTENSIONS = frozenset(
    [
        "autoreload",
        "line_profiler",
        "memory_profiler",
        "watermark",
        "nb_black",
        "lab_black",
        "jupyter_black",
        "blackcellmagic",
        "autotime",
        "tensorboard",
        "google.colab.data_table",
        "snakeviz",
        "version_information",
        "pycodestyle_magic",
        "nb_mypy",
        "jupyternotify",
        "sql",
        "google.cloud.bigquery",
        "bigquery_magics",
        "sparksql_magic",
        "pandas_td.ipython",
        "pytd.pandas_td.ipython",
    ]
)
_HARMLESS_CONFIG = re.compile(
    r"(?:InlineBackend|IPCompleter|Completer|HistoryManager|TerminalInteractiveShell|Application)\b"
)


def drop(call: Call) -> Lowered:
    """Lower a magic without any counterpart to nothing."""
    return Lowered()


def session(why: str, *, keep: bool = False) -> Callable[[Call], Lowered]:
    """Return the lowering that refuses a magic because it works on the session.

    Args:
        why: what it does.
        keep: whether `keep_going` may leave it out, since it only shows.
    """

    def lower(call: Call) -> Lowered:
        if keep and call.scene.keep_going and not call.value_used:
            return Lowered(findings=(call.finding("magic", f"`{call.shown_name}` is left out", "warning", why=why),))
        raise call.refusal(f"`{call.shown_name}` works on the session", why=_sentence(why), hint="delete the line")

    return lower


def language(why: str) -> Callable[[Call], Lowered]:
    """Return the lowering that refuses a magic because of its language."""

    def lower(call: Call) -> Lowered:
        hint = "rewrite the cell in Python, or tag it skip-execution; --keep-going puts a stub that raises in its place"
        raise call.refusal(f"`{call.shown_name}` is not Python", why=_sentence(why), hint=hint)

    return lower


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def config(call: Call) -> Lowered:
    """Lower `%config`: options of the inline backend and of completion change nothing that counts."""
    option, _, value = call.line.partition("=")
    option, value = option.strip(), value.strip().strip("\"'")
    if option.endswith("ast_node_interactivity"):
        return Lowered(interactivity=value)
    if option.startswith("SqlMagic."):
        return sql_config(call, option.removeprefix("SqlMagic."))
    if _HARMLESS_CONFIG.match(option) or not value:
        return Lowered()
    return Lowered(
        findings=(call.finding("magic", f"the option `{option}` has no counterpart and is left out", "warning"),)
    )


def load_extension(call: Call) -> Lowered:
    """Lower `%load_ext`: the extension's own magics have rows, or are refused where they are used."""
    name = call.line.strip()
    if name in _KNOWN_EXTENSIONS:
        return Lowered()
    message = f"the extension {name!r} is not loaded"
    return Lowered(
        findings=(call.finding("extension", message, "warning", why="What it changes in a notebook is not known."),)
    )


def pylab(call: Call) -> Lowered:
    """Lower `%pylab` to the imports that it makes and the lines that it prints."""
    words = call.line.split()
    imports = "import numpy, matplotlib; from matplotlib import pylab, mlab, pyplot; np = numpy; plt = pyplot"
    if "--no-import-all" not in words:
        imports += "; from matplotlib.pylab import *; from numpy import *"
    deprecation = "%pylab is deprecated, use %matplotlib inline and import the required libraries."
    population = "Populating the interactive namespace from numpy and matplotlib"
    return Lowered(f"{imports}; print({literal(deprecation)}); print({literal(population)})")


def precision(call: Call) -> Lowered:
    """Lower `%precision` without an argument, which is the default; with one it changes how each float is shown."""
    if not call.line.strip():
        return Lowered()
    why = "It changes how every float is shown from here on."
    raise call.refusal("`%precision` has no counterpart", why=why, hint="format the numbers where they are shown")


def store(call: Call) -> Lowered:
    """Lower `%store`: keeping values for another session shows nothing; reading them needs that session."""
    words = call.line.split()
    if "-r" in words or not words:
        why = "It reads values that another session stored."
        raise call.refusal("`%store -r` has no counterpart", why=why, hint="read the values from a file")
    return Lowered()


def text_object(call: Call) -> Lowered:
    """Lower a cell of HTML and the like to what it shows as text."""
    shown = f"<IPython.core.display.{TEXT_OBJECTS[call.name]} object>"
    return Lowered(f"__nb_show_text({literal(shown)})")
