"""Whatever bytes a file holds, there is a report, soon, and no rule fails. `NB2PKG_FUZZ_EXAMPLES=5000` tries more."""

from __future__ import annotations

import copy
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from nb2pkg.lint.examine import examine
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules.table import ROWS
from nb2pkg.report.check import FORMATS, formatter

ROOT = Path(__file__).resolve().parents[1]
SEEDS = [path.read_bytes() for path in sorted((ROOT / "examples").glob("*/*.ipynb"))]
ALL = frozenset(row.code for row in ROWS)
COUNT = int(os.environ.get("NB2PKG_FUZZ_EXAMPLES", "250"))
PATIENCE = 20.0  # s: a loaded machine takes its time, a hang takes longer

SNIPPETS = (
    *(
        "%matplotlib inline",
        "%%time\n",
        "!ls {x}",
        "x?",
        "\x00",
        "\ud800",
        "\r",
        "\u2028",
        "\\",
        "'''",
        '"""',
        "(",
        ")",
    ),
    *("import os", "from x import *", "def f(:", "class A:\n    ", "lambda: x", "await f()", "del x", "global x"),
    *(
        "exec('x')",
        "x = _",
        "for i in range(3):\n  ",
        "# noqa: NB201",
        "# nb2pkg: ignore[",
        "%time x = 1",
        "{",
        "[" * 300,
    ),
    *("df.fit(X, y)", "train_test_split(X)", "np.random.rand()", "os.listdir('.')", "-" * 400 + "1", "f'{x!r:>{w}}'"),
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e999,
    "",
    "x",
    [],
    {},
    [[]],
    {"a": 1},
    "\ud800",
    [None, 3],
    10**30,
    ["a", 1],
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a notebook's file, changed at some places: its bytes, its JSON, or the text of its cells."""
    how = rng.randrange(4)
    if how == 0:
        return _bytes(data, rng)
    content = json.loads(data)
    for _ in range(rng.randint(1, 4)):
        if how == 1:
            _replace(content, rng)
        else:
            _edit(content, rng)
    text = json.dumps(content, indent=rng.choice([None, 1, 2]), ensure_ascii=rng.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _bytes(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        size = rng.choice([0, 1, 1, 3, 40])
        new = rng.choice([b"", bytes(rng.randrange(256) for _ in range(3)), b'"', b"\\", b"{", b"[", data[:size]])
        data = data[:at] + new + data[at + size :]
    return data


def _replace(content: Any, rng: random.Random) -> None:
    node, key = content, None
    parent: Any = None
    while isinstance(node, (dict, list)) and node and rng.random() < 0.8:
        parent, key = node, rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        node = node[key]
    if parent is not None:
        parent[key] = copy.deepcopy(rng.choice(VALUES))


def _edit(content: Any, rng: random.Random) -> None:
    cells = content.get("cells")
    if not cells:
        return
    cell = rng.choice(cells)
    text = "".join(cell["source"]) if isinstance(cell.get("source"), list) else str(cell.get("source", ""))
    at = rng.randrange(len(text) + 1)
    cell["source"] = text[:at] + rng.choice(SNIPPETS) + text[at + rng.choice([0, 0, 1, 20]) :]


@pytest.mark.parametrize("part", range(5))
def test_any_file_gives_a_report(part: int) -> None:
    rng = random.Random(part)
    for number in range(COUNT // 5):
        data = mutated(rng.choice(SEEDS), rng)
        start = time.perf_counter()
        report = examine(data, "a.ipynb", ALL, "", Options())
        assert time.perf_counter() - start < PATIENCE, f"part {part}, file {number}"
        for name in FORMATS:
            formatter(name)([report], True).encode("utf-8", "replace")


def notebook_of(*sources: str) -> bytes:
    """Return a notebook with code cells."""
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None} for s in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00" * 1000, id="nulls"),
        pytest.param(b"[" * 200_000, id="deep JSON"),
        pytest.param(b'{"cells":' * 50_000, id="deep objects"),
        pytest.param(b"\xff\xfe\x00", id="UTF-16"),
        pytest.param(b'{"cells": [null], "nbformat": 4}', id="no cell"),
        pytest.param(b'{"cells": [{"cell_type": "code"}], "nbformat": 4}', id="no source"),
        pytest.param(notebook_of("x = " + "(" * 5000 + ")" * 5000), id="deep brackets"),
        pytest.param(notebook_of("x = " + "-" * 50_000 + "1"), id="deep signs"),
        pytest.param(notebook_of("x = " + "+".join(["a"] * 20_000)), id="long sum"),
        pytest.param(notebook_of("x" + ".a" * 20_000), id="long chain"),
        pytest.param(
            notebook_of("if x:\n" + "".join(" " * n + "if x:\n" for n in range(1, 90)) + " " * 91 + "y"), id="ifs"
        ),
        pytest.param(notebook_of("x = '''" + "a" * 10_000_000 + "'''"), id="10 MB of text"),
        pytest.param(notebook_of("x = 1\n" * 40_000), id="40,000 lines"),
        pytest.param(notebook_of(*["x = x + 1"] * 3_000), id="3,000 cells"),
        pytest.param(notebook_of("# " + "noqa: NB201 " * 50_000), id="a comment"),
        pytest.param(notebook_of("\ud800 = 1", "x = '\udfff'"), id="surrogates"),
        pytest.param(notebook_of("!" * 20_000, "%" * 20_000, "?" * 20_000), id="signs of IPython"),
        pytest.param(notebook_of("%%time\n" * 3_000), id="magics in magics"),
        pytest.param(notebook_of("\n".join(f'!ls {{x}} "{n}"' for n in range(3_000))), id="3,000 shell lines"),
        pytest.param(notebook_of("import " + ", ".join(f"m{n}" for n in range(3_000))), id="an import of 3,000 names"),
        pytest.param(notebook_of("x = 1  # noqa: NB201\n" * 2_000), id="2,000 suppressions"),
    ],
)
def test_odd_files_give_a_report_soon(data: bytes) -> None:
    start = time.perf_counter()
    report = examine(data, "a.ipynb", ALL, "", Options())
    for name in FORMATS:
        formatter(name)([report], False)
    assert time.perf_counter() - start < PATIENCE
