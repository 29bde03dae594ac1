"""The notebook's saved outputs as oracle: the lines that a run must show again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.cells.secrets import BLANK
from nb2pkg.model import Notebook

_UNSTABLE = re.compile(
    r"0x[0-9a-f]{5,}|\d+(\.\d+)? ?(s|ms|us|µs|ns|sec|seconds|min|minutes)\b|\d\d:\d\d|"
    r"per loop|Wall time|CPU times|/home/|/Users/|"
    r"/tmp/|[A-Z]:\\|Warning|version|\d{4}-\d\d-\d\d|^Date|^Time|it/s|\d\.\d|<IPython|<Figure|__main__|object at",
    re.I,
)
# Texts of objects change with the release of their library: parameters of an estimator, types, keys of a data set.
_OBJECTS = re.compile(r"\b\w+=|dtype|dict_keys|Path\(|Index\b")
_MOST = 60
_LONGEST = 500  # characters: a longer line makes no readable test


def expected_lines(notebook: Notebook) -> list[str]:
    """Return stable lines of the saved outputs, white space normalised: no floats, dates, addresses, paths, timings.

    Of a notebook that was saved with a Python that today's libraries no longer run on, only what it printed counts, and
    no arrays: those libraries showed values in other ways.
    """
    old = bool(re.match(r"[12]\.|3\.\d(\.|$)", notebook.version))
    found: dict[str, None] = {}
    for line in _lines(notebook, displays=not old):
        text = " ".join(line.split())
        if notebook.secrets and BLANK in text:
            continue  # a secret stood there, which the run shows
        if 2 < len(text) <= _LONGEST and "..." not in text and not _drifts(text, old=old):
            found[text] = None
            if len(found) == _MOST:
                break
    return list(found)


def _drifts(text: str, *, old: bool) -> bool:
    return bool(_UNSTABLE.search(text) or _OBJECTS.search(text)) or (old and "[" in text)


def _lines(notebook: Notebook, *, displays: bool) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.skipped or "raises-exception" in cell.tags:
            continue
        for output in cell.outputs:
            shown = displays and output.kind in ("display_data", "execute_result")
            if shown or (output.kind == "stream" and output.name == "stdout"):
                yield from output.text.splitlines()
