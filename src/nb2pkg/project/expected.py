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
_MOST = 60
_LONGEST = 500  # characters: a longer line makes no readable test


def expected_lines(notebook: Notebook) -> list[str]:
    """Return stable lines of the saved outputs, white space normalised: no floats, dates, addresses, paths, timings."""
    found: dict[str, None] = {}
    for line in _lines(notebook):
        text = " ".join(line.split())
        if notebook.secrets and BLANK in text:
            continue  # a secret stood there, which the run shows
        if 2 < len(text) <= _LONGEST and "..." not in text and not _UNSTABLE.search(text):
            found[text] = None
            if len(found) == _MOST:
                break
    return list(found)


def _lines(notebook: Notebook) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.skipped or "raises-exception" in cell.tags:
            continue
        for output in cell.outputs:
            if (output.kind == "stream" and output.name == "stdout") or output.kind in (
                "display_data",
                "execute_result",
            ):
                yield from output.text.splitlines()
