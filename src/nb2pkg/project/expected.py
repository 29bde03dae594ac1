"""The notebook's saved outputs as oracle: the lines of each cell that a run must show again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.cells.secrets import BLANK
from nb2pkg.flow.origins import FRAMES, LEARNED, OUTSIDE, RANDOM, TRAINED, origins
from nb2pkg.model import Cell, Flow, Notebook
from nb2pkg.project.recording import Recording

_UNSTABLE = re.compile(
    r"0x[0-9a-f]{5,}|\d+(\.\d+)? ?(s|ms|us|µs|ns|sec|seconds|min|minutes)\b|\d\d:\d\d|"
    r"per loop|Wall time|CPU times|/home/|/Users/|"
    r"/tmp/|[A-Z]:\\|Warning|version|\d{4}-\d\d-\d\d|^Date|^Time|it/s|<IPython|__main__|object at",
    re.I,
)
_FLOAT = re.compile(r"\d\.\d|\d\.(?=[\s,\])]|$)|\d[eE][-+]?\d|\bnan\b|\binf\b")
_HELP = re.compile(r"^\s*\?|^[^#\n]*\?\s*$", re.M)  # a page of documentation: `pd.read_csv?`
_NUMBERS = re.compile(r"[-+\d\s.e]+$")
_LONG = re.compile(r"(?<![\d.])(\d+)\.(\d{4,})(?![\deE.])")
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"<Figure size \S+ with \d+ Axes>$")
# Texts of objects change with the release of their library: parameters of an estimator, types, keys of a data set.
_OBJECTS = re.compile(r"\b\w+=|dtype|dict_keys|Path\(|Index\b")
# What installers print: a package is installed before it runs.
_INSTALLER = re.compile(
    r"(Collecting|Requirement already|Downloading|Using cached|Installing|Successfully|Building wheel|Created wheel|"
    r"Stored in directory|Looking in (indexes|links)|Note: you may need to restart|Attempting uninstall|Found existing|"
    r"Uninstalling|Preparing metadata|Getting requirements|Reading (package lists|state)|Building dependency|Unpacking|"
    r"Selecting previously|Preparing to unpack|Setting up|Processing triggers|Get:\d|Hit:\d|Fetched \d|Need to get|"
    r"After this operation|The following|Solving environment|Transaction|All requested packages)"
)
_MOST = 120  # lines of a notebook
_MOST_OF_CELL = 8
_MOST_RECORDED = 20  # of a cell that was run
_LONGEST = 500  # characters: a longer line makes no readable test
_OLD = re.compile(r"[12]\.|3\.(\d|10)(\.|$)")  # Pythons of a time before pandas 2

_WITH_IDS = re.compile(rb'"nbformat_minor":\s*([5-9]|\d\d)')  # written since 2021


def expected_lines(flow: Flow) -> list[tuple[int, list[str]]]:
    """Return (cell number, lines) of the saved outputs that a run must show, white space normalised.

    Left out is what changes from run to run: dates, addresses, paths, timings, what random numbers without a seed make.
    Floats count where they come from libraries that keep their results. Of a notebook that was saved with a Python of
    a time before pandas 2 only what it printed counts, no arrays, which were shown in other ways then, and no floats
    that come from estimators or frames: what pandas takes for a missing value has changed as well.
    """
    notebook = flow.notebook
    old = _is_old(notebook)
    marks: dict[int, frozenset[str]] = {}
    for statement, found in zip(flow.statements, origins(flow), strict=True):
        number = statement.location.cell
        marks[number] = marks.get(number, frozenset()) | found
    cells, left = [], _MOST
    installing = {number for _, number in (*notebook.requirements, *notebook.system_packages)}
    for cell in notebook.cells:
        if not cell.python.strip():
            continue  # nothing of it runs
        kept = [*dict.fromkeys(_kept(notebook, cell, marks.get(cell.number, frozenset()), old=old))]
        if cell.number in installing:
            kept = [line for line in kept if not _INSTALLER.match(line)]
        if len(kept) > _MOST_OF_CELL:  # what a loop ends with counts as much as what it begins with
            kept = kept[: _MOST_OF_CELL // 2] + kept[-_MOST_OF_CELL // 2 :]
        kept = kept[:left]
        left -= len(kept)
        if kept:
            cells.append((cell.number, kept))
    return cells


def recorded_lines(recording: Recording) -> list[tuple[int, list[str]]]:
    """Return (cell number, lines) of what both runs of the notebook showed, white space normalised."""
    cells = []
    for number, shown in recording.shown.items():
        texts = [" ".join(line.split()) for line in shown]
        kept = [text for text in texts if 2 < len(text) <= _LONGEST and not _UNSTABLE.search(text)]
        if len(kept) > _MOST_RECORDED:
            kept = kept[: _MOST_RECORDED // 2] + kept[-_MOST_RECORDED // 2 :]
        if kept:
            cells.append((number, kept))
    return cells


def _is_old(notebook: Notebook) -> bool:
    if notebook.version:
        return bool(_OLD.match(notebook.version))
    return not _WITH_IDS.search(notebook.raw)


def _kept(notebook: Notebook, cell: Cell, marks: frozenset[str], *, old: bool) -> Iterator[str]:
    """Yield the lines of a cell that must come again."""
    for line, displayed in _lines(cell):
        text = " ".join(line.split())
        if notebook.secrets and BLANK in text:
            continue  # a secret stood there, which the run shows
        if not 2 < len(text) <= _LONGEST or "..." in text or _UNSTABLE.search(text):
            continue
        if displayed and old:
            continue
        if _lasts(text, marks, old=old, displayed=displayed):
            yield _LONG.sub(_shortened, text) if LEARNED in marks else text


def _shortened(match: re.Match[str]) -> str:
    """Return a number with three digits or so: solvers stop a little earlier or later with each release."""
    whole, decimals = match[1], match[2]
    zeros = len(decimals) - len(decimals.lstrip("0")) if whole == "0" else 0
    places = max(1, 3 - len(whole)) if whole != "0" else zeros + 2
    return f"{float(match[0]):.{places}f}" if places < len(decimals) else match[0]


def _lasts(text: str, marks: frozenset[str], *, old: bool, displayed: bool) -> bool:
    """Tell whether a line will be the same, given what its values come from."""
    if _FIGURE.search(text):
        return not old
    if _OBJECTS.search(text) and (old or displayed):
        return False
    if (old or displayed) and marks - {RANDOM, OUTSIDE, LEARNED, TRAINED, FRAMES}:
        return False  # libraries change the wording of what they show
    if old and ("[" in text or "]" in text or _NUMBERS.match(text)):
        return False  # of an array
    if _FLOAT.search(text):
        return marks <= (frozenset() if old else frozenset({LEARNED, FRAMES}))
    return not _DIGIT.search(text) or marks <= {LEARNED, TRAINED, FRAMES}


def _lines(cell: Cell) -> Iterator[tuple[str, bool]]:
    """Yield (line, it was displayed) of what a cell printed and displayed."""
    if cell.skipped or "raises-exception" in cell.tags or _HELP.search(cell.source):
        return
    for output in cell.outputs:
        if "\x1b" in output.text:
            continue  # coloured for a terminal
        displayed = output.kind in ("display_data", "execute_result")
        if displayed or (output.kind == "stream" and output.name == "stdout"):
            for line in output.text.splitlines():
                yield line, displayed
