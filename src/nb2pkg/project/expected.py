"""The notebook's saved outputs as oracle: the lines that a run must show again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.model import Notebook

_UNSTABLE = re.compile(
    r"0x[0-9a-f]{5,}|\d+(\.\d+)? ?(s|ms|us|µs|ns|sec|seconds|min|minutes)\b|\d\d:\d\d|"
    r"per loop|Wall time|CPU times|/home/|/Users/|"
    r"/tmp/|[A-Z]:\\|Warning|version|\d{4}-\d\d-\d\d|^Date|^Time|it/s|\d\.\d|<IPython|<Figure|__main__|object at",
    re.I,
)
_MOST = 60


def expected_lines(notebook: Notebook) -> list[str]:
    """Return stable lines of the saved outputs, white space normalised: no floats, dates, addresses, paths, timings."""
    found: list[str] = []
    for line in _lines(notebook):
        text = " ".join(line.split())
        if len(text) > 2 and not _UNSTABLE.search(text) and text not in found and "..." not in text:
            found.append(text)
    return found[:_MOST]


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
