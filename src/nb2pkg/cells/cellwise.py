"""Lowers the cells of a document in order, each knowing what those above bind and those below read."""

from __future__ import annotations

import builtins
from dataclasses import replace

from nb2pkg.cells.calls import Lowered, Scene
from nb2pkg.cells.document import Document, RawCell
from nb2pkg.cells.lower import UnparsableError, lower_source
from nb2pkg.cells.names import bound_names, read_names
from nb2pkg.cells.slists import lower_lists
from nb2pkg.cells.sql_session import read_session
from nb2pkg.cells.text import ends_in_semicolon, parse, shift, show_all, show_last
from nb2pkg.errors import RefusedError
from nb2pkg.model import Finding

_NOTEBOOK_NAMES = frozenset(dir(builtins)) | {"display", "get_ipython", "In", "Out", "_", "__", "___", "exit", "quit"}
_SHOWING = {"last_expr", "all", "none"}


def lower_cells(document: Document, scene: Scene) -> list[Lowered]:
    """Return what each cell is lowered to.

    Args:
        document: the notebook.
        scene: its path and folder.

    Raises:
        RefusedError: a cell has no right conversion.
    """
    scene = replace(scene, sql=read_session(document))
    found: list[Lowered] = []
    scenes: list[Scene] = []
    bound: frozenset[str] = frozenset()
    shells: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    written: tuple[tuple[str, str], ...] = ()
    showing = "last_expr"
    for raw in document.cells:
        scenes.append(replace(scene, cell=raw.number, bound=bound, shells=shells, written=written))
        lowered, lists = lower_lists(_lower(raw, scenes[-1], showing), lists, scenes[-1])
        found.append(lowered)
        names = bound_names(lowered.python)
        bound, shells = bound | names, (shells - names) | lowered.shells
        written += lowered.written
        showing = lowered.interactivity or showing
        _check_showing(showing, scenes[-1])
    return _with_run_names(document, scenes, found, bound)


def _with_run_names(
    document: Document, scenes: list[Scene], found: list[Lowered], bound: frozenset[str]
) -> list[Lowered]:
    """Lower the cells that run files again, now that it is known what the cells below read."""
    showing = "last_expr"
    runs = [index for index, lowered in enumerate(found) if "__nb_run_file(" in lowered.python]
    for index, raw in enumerate(document.cells):
        if index in runs:
            read = frozenset[str]().union(*(read_names(lowered.python) for lowered in found[index:]))
            wanted = frozenset(name for name in read if not name.startswith("__")) - _NOTEBOOK_NAMES
            found[index] = _lower(raw, replace(scenes[index], wanted=wanted, unbound=wanted - bound), showing)
            bound |= bound_names(found[index].python)
        showing = found[index].interactivity or showing
    return found


def _check_showing(showing: str, scene: Scene) -> None:
    if showing not in _SHOWING:
        why = f"It makes each cell show other values than its last expression ({showing!r})."
        raise RefusedError(
            "`ast_node_interactivity` has no counterpart",
            location=scene.at(0),
            why=why,
            hint="use 'all' or 'last_expr'",
        )


def _lower(raw: RawCell, scene: Scene, showing: str) -> Lowered:
    if raw.kind != "code":
        return Lowered()
    if "skip-execution" in raw.tags:
        finding = Finding("skipped", "the cell is tagged skip-execution: it is left out", scene.at(0), "info")
        return Lowered(findings=(finding,), skipped=True)
    try:
        lowered = lower_source(raw.source, scene)
    except UnparsableError as error:
        if "raises-exception" in raw.tags:
            line = error.location.line if error.location else 1
            return Lowered(f"__nb_report_error(SyntaxError({error.message!r}))", (line,))
        if not scene.keep_going:
            raise
        lowered = _failing(error, scene)
    except RefusedError as error:
        if not scene.keep_going:
            raise
        lowered = _failing(error, scene)
    if showing == "all" and not ends_in_semicolon(lowered.python):
        lowered = replace(lowered, python=show_all(lowered.python, "__nb_show"))
    elif showing == "none" and lowered.python.strip():
        lowered = replace(lowered, python=f"{lowered.python}\npass", lines=(*lowered.lines, lowered.lines[-1]))
    return _guarded(lowered) if "raises-exception" in raw.tags else lowered


def _failing(error: RefusedError, scene: Scene) -> Lowered:
    """Return a cell that fails where the notebook's does."""
    line = error.location.line if error.location else 1
    finding = Finding(
        "stub",
        f"{error.message}: a stub that raises stands in its place",
        scene.at(line),
        "error",
        error.why,
        error.hint,
    )
    return Lowered(f"raise NotImplementedError({error.message!r})", (line or 1,), (finding,))


def _guarded(lowered: Lowered) -> Lowered:
    """Return a cell that may fail without ending the notebook."""
    code = show_last(lowered.python, "__nb_show")
    if not parse(code).body:
        return lowered
    end = lowered.lines[-1]
    tail = "except Exception as __nb_error:\n    __nb_report_error(__nb_error)"
    lines = (lowered.lines[0], *lowered.lines, end, end)
    return replace(lowered, python=f"try:\n{shift(code, '    ')}\n{tail}", lines=lines)
