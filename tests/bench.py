"""Timings of the convert issue: `python tests/bench.py`. Prints, and fails when a bar is missed."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import black

from nb2pkg.pipeline import convert_notebook

_PATTERN = """\
df_{n} = load({n})
df_{n}["total"] = df_{n}["price"] * df_{n}["count"]
# keep what was sold
kept_{n} = [row for row in df_{n}["total"] if row > {n}]
mean_{n} = sum(kept_{n}) / max(len(kept_{n}), 1)
print("mean", mean_{n})
result_{n} = {{"mean": mean_{n}, "n": len(kept_{n}), "previous": {previous}}}
"""


def notebook_of(statements: int, folder: Path) -> Path:
    """Write a notebook with about so many statements; six make a cell."""
    cells = ["def load(n):\n    return {'price': [n, 2], 'count': [3, 4]}"]
    for n in range(statements // 6):
        cells.append(_PATTERN.format(n=n, previous=f"mean_{n - 1}" if n else "None"))
    book = {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": c, "outputs": [], "execution_count": None}
            for i, c in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / f"bench{statements}.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


def seconds(path: Path) -> float:
    """Return the best of three conversions."""
    found = []
    for _ in range(3):
        started = time.process_time()
        convert_notebook(path)
        found.append(time.process_time() - started)
    return min(found)


def main() -> int:
    """Measure; return 1 when a bar is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, middle, large = (seconds(notebook_of(n, folder)) for n in (500, 2000, 4000))
        cells = json.loads((folder / "bench2000.ipynb").read_text(encoding="utf-8"))["cells"]
        code = "\n".join(c["source"] for c in cells)
    started = time.process_time()
    black.format_str(code, mode=black.Mode())
    base = time.process_time() - started
    growth = (large / 4000) / (small / 500)
    print(f"convert 500/2000/4000 statements: {small:.2f} {middle:.2f} {large:.2f} s")
    print(f"2000 statements against black.format_str: {middle / base:.2f} x (bar 6)")
    print(f"cost per statement, 4000 against 500: {growth:.2f} x (bar 1.2)")
    return 0 if middle / base <= 6 and growth <= 1.2 else 1


if __name__ == "__main__":
    sys.exit(main())
