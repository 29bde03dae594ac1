"""Files of all kinds -> Notebook, or a clear error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import Nb2pkgError, ReadError, RefusedError
from nb2pkg.model import Notebook, Output


def code(source: Any, **changes: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source, **changes}


def book(*cells: Any, **changes: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes}


def read(folder: Path, content: Any, name: str = "a.ipynb", *, keep_going: bool = False) -> Notebook:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / name).write_bytes(data)
    return read_notebook(folder / name, keep_going=keep_going)


def test_cells_as_saved(tmp_path: Path) -> None:
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]},
        {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>", "image/png": "AAAA"}},
        {"output_type": "error", "ename": "KeyError", "evalue": "'k'", "traceback": []},
        {"output_type": "odd"},
        7,
    ]
    markdown = {"cell_type": "markdown", "source": "# Title", "attachments": {"a.png": {"image/png": "AA"}}}
    shown = code("x\r\nx", id="q", outputs=outputs, execution_count=7, metadata={"tags": ["parameters", 3]})
    notebook = read(tmp_path, book(markdown, {"cell_type": "raw", "source": "x = 100"}, shown))
    assert [(cell.number, cell.kind) for cell in notebook.cells] == [(1, "markdown"), (2, "raw"), (3, "code")]
    cell = notebook.cells[2]
    assert (cell.id, cell.source, cell.python, cell.lines) == ("q", "x\nx", "x\nx", (1, 2))
    assert (cell.execution_count, cell.tags) == (7, {"parameters"})
    assert cell.outputs == (
        Output("stream", "stderr", "a\nb"),
        Output("execute_result", "", "3", ("text/plain", "text/html", "image/png")),
        Output("error", "KeyError", "'k'"),
    )
    assert notebook.raw == (tmp_path / "a.ipynb").read_bytes()
    assert len(notebook.digest) == 64


def test_ids_are_made_unique_in_the_same_way(tmp_path: Path) -> None:
    cells = [code("x", id="a"), code("x", id="a"), code("x"), code("x", id="cell-3"), code("x", id=3)]
    ids = [cell.id for cell in read(tmp_path, book(*cells)).cells]
    assert len(set(ids)) == 5
    assert ids[0] == "a"
    assert ids == [cell.id for cell in read(tmp_path, book(*cells)).cells]


@pytest.mark.parametrize(
    "metadata", [None, [], "x", {"kernelspec": 3}, {"kernelspec": {"language": 4}, "language_info": []}]
)
def test_metadata_of_any_type(tmp_path: Path, metadata: Any) -> None:
    cell = code(["x = 1\n", "x"], metadata=metadata)
    assert read(tmp_path, book(cell, code(""), metadata=metadata)).cells[0].python == "x = 1\nx"


def test_byte_order_mark(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + json.dumps(book(code("x"))).encode()).cells[0].source == "x"


def test_format_3(tmp_path: Path) -> None:
    output = {"output_type": "pyout", "text": ["3"], "png": "AA", "prompt_number": 2}
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {"cell_type": "code", "input": ["x = 3\n", "x"], "prompt_number": 2, "outputs": [output]},
    ]
    notebook = read(tmp_path, {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}, {}]})
    assert notebook.cells[0].source == "## Old"
    assert notebook.cells[1].python == "x = 3\nx"
    assert notebook.cells[1].execution_count == 2
    assert notebook.cells[1].outputs == (Output("execute_result", "", "3", ("text/plain", "image/png")),)


BROKEN: list[tuple[str, Any, type[Nb2pkgError], str]] = [
    ("empty", b"", ReadError, "is empty"),
    ("spaces", b" \n", ReadError, "is empty"),
    ("binary", bytes(range(256)), ReadError, "not a notebook"),
    ("truncated", b'{"cells": [', ReadError, "JSON is broken"),
    ("list", b"[1, 2]", ReadError, "not a notebook"),
    ("no format", b"{}", ReadError, "not a notebook"),
    ("no cells", {"nbformat": 4}, ReadError, "not a notebook"),
    ("format 2", {"nbformat": 2, "worksheets": []}, ReadError, "too old"),
    ("format 99", {"nbformat": 99, "cells": []}, ReadError, "unknown"),
    ("no source", book(code("x = 1"), code(None)), ReadError, "no source"),
    ("odd cell", book(3), ReadError, "not an object"),
    ("deep", b"[" * 200_000, ReadError, "nested too deeply"),
    ("surrogate", book(code("x = '\ud800'")), ReadError, "half a character"),
    ("long number", b'{"nbformat": ' + b"1" * 5000 + b"}", ReadError, "JSON is broken"),
    ("R", book(code("x"), metadata={"kernelspec": {"language": "R"}}), RefusedError, "not in Python"),
    ("julia", book(code("x"), metadata={"language_info": {"name": "julia"}}), RefusedError, "not in Python"),
    ("nothing", book(), RefusedError, "no code"),
    ("text only", book({"cell_type": "markdown", "source": "x"}, code(" \n")), RefusedError, "no code"),
    ("python 2", book(code("x = 1\nprint x")), RefusedError, "Python 3"),
]


@pytest.mark.parametrize(("content", "kind", "message"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_broken_files(tmp_path: Path, content: Any, kind: type[Nb2pkgError], message: str) -> None:
    with pytest.raises(kind) as caught:
        read(tmp_path, content)
    assert message in caught.value.message
    assert caught.value.location is not None
    assert caught.value.why or caught.value.hint


def test_places_that_hold_no_file(tmp_path: Path) -> None:
    for path, message in [
        (tmp_path / "no.ipynb", "no such file"),
        (tmp_path, "a folder"),
        (Path("a\0b"), "can't be read"),
    ]:
        with pytest.raises(ReadError, match=message):
            read_notebook(path)


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").touch(mode=0)
    with pytest.raises(ReadError, match="may not be read"):
        read_notebook(tmp_path / "a.ipynb")


def test_python2_kernel_with_python3_cells_is_said(tmp_path: Path) -> None:
    kernel = {"kernelspec": {"name": "python2", "language": "python"}}
    notebook = read(tmp_path, book(code("print('x')"), metadata=kernel))
    assert [finding.code for finding in notebook.findings] == ["python2"]


def test_large_outputs_cost_little_memory(tmp_path: Path) -> None:
    outputs = [{"output_type": "display_data", "data": {"image/png": "A" * 1_000_000, "text/plain": "\U0001f600"}}] * 12
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(book(code("x", outputs=outputs)), ensure_ascii=False), encoding="utf-8")
    tracemalloc.start()
    notebook = read_notebook(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * path.stat().st_size
    assert notebook.cells[0].outputs[0].text == "\U0001f600"


def test_tags(tmp_path: Path) -> None:
    failing = code("y = 1\ny", metadata={"tags": ["raises-exception"]})
    skipped = code("frob nicate", metadata={"tags": ["skip-execution"]})
    first, second, third = read(tmp_path, book(failing, skipped, code("x;  # no"))).cells
    assert first.python == (
        "try:\n    y = 1\n    __nb_show(y)\nexcept Exception as __nb_error:\n    __nb_report_error(__nb_error)"
    )
    assert first.lines == (1, 1, 2, 2, 2)
    assert (second.python, second.skipped) == ("", True)
    assert third.silent and not first.silent


@pytest.mark.parametrize("how", ["%config InteractiveShell", "InteractiveShell", "get_ipython()"])
def test_all_expressions_shown(tmp_path: Path, how: str) -> None:
    setting = code(f"{how}.ast_node_interactivity = 'all'")
    cells = read(tmp_path, book(code("x\nx"), setting, code("x\nif x:\n    x\nx"), code("x\nx;"))).cells
    assert [cells[0].python, cells[3].python] == ["x\nx", "x\nx;"]
    assert cells[2].python == "__nb_show(x)\nif x:\n    __nb_show(x)\nx"


def test_a_cell_that_is_meant_not_to_parse(tmp_path: Path) -> None:
    failing = code("x = 1\ny = = 2", metadata={"tags": ["raises-exception"]})
    (cell,) = read(tmp_path, book(failing)).cells
    assert cell.python.startswith("__nb_report_error(SyntaxError(")
    assert cell.lines == (2,)


SEED = json.dumps(book(code("%time x = !ls {x}\n", id="a"), code("%%bash\nls", metadata={"tags": ["t"]}))).encode()


@given(st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 9), st.binary(max_size=4)), max_size=4))
def test_no_bytes_end_in_a_traceback(changes: list[tuple[int, int, bytes]]) -> None:
    data = SEED
    for start, length, new in changes:
        data = data[:start] + new + data[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        try:
            notebook = read(Path(folder), data)
        except Nb2pkgError as error:
            assert error.location is not None
        else:
            assert notebook.cells


def test_interactivity_without_counterpart(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="ast_node_interactivity"):
        read(tmp_path, book(code("%config InteractiveShell.ast_node_interactivity = 'last_expr_or_assign'")))


def test_run_binds_what_cells_read(tmp_path: Path) -> None:
    cells = [
        code("%run a.py"),
        code("import math\nup(1), base, math.pi, no_such\nlen([v for v in base])"),
    ]
    assert read(tmp_path, book(*cells)).cells[0].python == (
        'base, no_such, up = __nb_run_file("a.py", "base", "no_such", "up")'
    )
    (tmp_path / "a.py").write_text("base = 1\ndef up(v): ...\nunused = 2\n")
    assert read(tmp_path, book(*cells)).cells[0].python == 'base, up = __nb_run_file("a.py", "base", "up")'
    written = code("%%writefile a.py\nup = str\nbase = 'z'")
    assert read(tmp_path, book(written, *cells)).cells[1].python == 'base, up = __nb_run_file("a.py", "base", "up")'


def test_output_lines_are_a_plain_list(tmp_path: Path) -> None:
    cells = read(tmp_path, book(code("x = !ls"), code("print(x.n, x.s)"), code("x = a\nx.n"))).cells
    assert cells[1].python == 'print("\\n".join(x), " ".join(x))'
    assert cells[2].python == "x = a\nx.n"
    with pytest.raises(RefusedError, match="grep"):
        read(tmp_path, book(code("x = !ls\nx.grep('a')")))


def test_requirements_name_their_cells(tmp_path: Path) -> None:
    notebook = read(tmp_path, book(code("x = 1"), code("%pip install a\n!apt-get install -y b")))
    assert (notebook.requirements, notebook.system_packages) == ((("a", 2),), (("b", 2),))


def test_keep_going_past_a_cell_that_does_not_parse(tmp_path: Path) -> None:
    notebook = read(tmp_path, book(code("x = 1"), code("x = = 2")), keep_going=True)
    assert notebook.cells[1].python.startswith("raise NotImplementedError(")
    assert [finding.severity for finding in notebook.findings] == ["error"]


def test_secrets_do_not_reach_the_code(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    cells = [code(f"token = '{token}'"), code(f"!curl -u me:{token} x  "), code(f"%env GITHUB_TOKEN={token}")]
    notebook = read(tmp_path, book(*cells))
    assert all(token not in cell.python and "GITHUB_TOKEN" in cell.python for cell in notebook.cells)
    assert [finding.code for finding in notebook.findings].count("secret") == 3


def test_ipython_is_not_imported_for_python(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(json.dumps(book(code("await f()\nx"))))
    program = (
        "import sys; from pathlib import Path; from nb2pkg.cells.read import read_notebook; "
        f"read_notebook(Path({str(tmp_path / 'a.ipynb')!r})); "
        "print([m for m in ('IPython', 'nbformat', 'libcst', 'jupytext') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
