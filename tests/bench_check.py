"""Timings of `nb2pkg check` beside `ruff check` and a bare Python: `python tests/bench_check.py`.

Prints each ratio with its bar; exits with 1 when one is missed. Both tools run in the same environment, in turns.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CELLS = 40
ROUNDS = 9
_STEPS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression",
    "df_{n} = pd.read_csv('data/{n}.csv')\ndf_{n} = df_{n}[df_{n}['price'] > {n}]\ndf_{n}.head()",
    "def clean_{n}(frame, limit={n}):\n    kept = frame[frame['price'] < limit].copy()\n"
    "    kept['ratio'] = kept['price'] / kept['count'].clip(lower=1)\n    return kept.reset_index(drop=True)",
    "mean_{n} = df_{n}['price'].mean()\nfor name in ['price', 'count']:\n    print(name, df_{n}[name].std(), mean_{n})",
    "X_{n} = df_{n}[['price', 'count']].to_numpy()\nmodel_{n} = LogisticRegression(C={n} + 1)\n"
    "print(f'{{mean_{n}:.2f}} of {{len(X_{n})}}')",
    "rates_{n} = {{key: value * 2 for key, value in zip('abc', [{n}, 2, 3])}}\nsum(rates_{n}.values())",
)


def notebook(number: int, *, magics: bool) -> str:
    """Return a notebook of 40 cells, a fifth of them text."""
    rng = random.Random(number)
    cells = []
    for n in range(CELLS):
        if n % 5 == 4:
            cells.append({"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": f"## Part {n}"})
            continue
        source = _STEPS[0] if n == 0 else rng.choice(_STEPS[1:]).format(n=n + number)
        source = f"%matplotlib inline\n{source}" if magics and n % 10 == 0 else source
        lines = source.splitlines(keepends=True)
        cell = {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": lines, "outputs": []}
        cells.append({**cell, "execution_count": n + 1})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def timed(command: list[str], folder: Path, prepare: Callable[[], None] = lambda: None) -> float:
    """Return the seconds that a command takes."""
    prepare()
    environment = {**os.environ, "NB2PKG_CACHE_DIR": str(folder.parent / "cache")}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def ratio(ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS) -> float:
    """Return how much longer ours takes: medians, measured in turns."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def main() -> int:
    """Measure; return 1 when a bar is missed."""
    scripts = Path(sysconfig.get_path("scripts"))
    check, ruff = [str(scripts / "nb2pkg"), "check"], [str(scripts / "ruff"), "check"]
    bare = [sys.executable, "-c", "pass"]
    with tempfile.TemporaryDirectory() as name:
        few, many, cache = Path(name) / "few", Path(name) / "many", Path(name) / "cache"
        for folder, count in ((few, 200), (many, 2000)):
            folder.mkdir()
            for number in range(count):
                (folder / f"n{number}.ipynb").write_text(notebook(number, magics=number % 2 == 1), encoding="utf-8")

        def wipe() -> None:
            shutil.rmtree(cache, ignore_errors=True)

        no_cache = [*check, "--no-cache"]
        timed([*check, "n0.ipynb"], few)  # compiles, once
        cold = ratio(lambda: timed([*check, "."], few, wipe), lambda: timed([*ruff, "--no-cache", "."], few), 3)
        time.sleep(2.5)  # what was written a moment ago is not trusted by its looks
        timed([*check, "."], few)
        timed([*ruff, "."], few)
        warm = ratio(lambda: timed([*check, "."], few), lambda: timed([*ruff, "."], few))
        plain = ratio(lambda: timed([*no_cache, "n0.ipynb"], few), lambda: timed(bare, few))
        magic = ratio(lambda: timed([*no_cache, "n1.ipynb"], few), lambda: timed(bare, few))
        growth = ratio(lambda: timed([*no_cache, "."], many), lambda: timed([*no_cache, "."], few), 2)
    rows = (
        ("200 notebooks, cold, against ruff", cold, 25),
        ("200 notebooks, warm, against ruff", warm, 4),
        ("one notebook, against a bare Python", plain, 5),
        ("one notebook with magics, against a bare Python", magic, 8),
        ("2,000 notebooks against 200", growth, 10.5),
    )
    for what, value, bar in rows:
        print(f"{what:<50} {value:5.1f} x  (bar {bar} x){'' if value <= bar else '  MISSED'}")
    return int(any(value > bar for _, value, bar in rows))


if __name__ == "__main__":
    sys.exit(main())
