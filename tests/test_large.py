"""Notebooks with large outputs: time and memory grow with the file, and no faster."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making import notebook

from nb2pkg.pipeline import convert_notebook


def output(lines: int) -> dict[str, object]:
    text = [f"line {number} of many\n" for number in range(lines)]
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_many_lines_of_output_cost_little(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "print(1)", "outputs": [output(200_000)], "execution_count": 1}
    path = notebook(tmp_path, cell)
    started = time.process_time()
    convert_notebook(path)
    assert time.process_time() - started < 20


MEASURED = """
import re, sys
from pathlib import Path
from nb2pkg.commands.convert import Options, run
code = run(Options((Path(sys.argv[1]),), out=Path(sys.argv[2])))
# getrusage would count the process that started this one as well.
print(code, int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_memory_is_at_most_four_times_a_file_of_100_megabytes(tmp_path: Path) -> None:
    image = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 1_000_000, "text/plain": "é"}}
    cells = [
        {"cell_type": "code", "source": f"x{n} = {n}", "outputs": [image, output(30_000)], "execution_count": 1}
        for n in range(60)
    ]
    path = notebook(tmp_path, *cells)
    size = path.stat().st_size
    assert size > 95_000_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), str(tmp_path / "out")], capture_output=True, text=True
    )
    code, memory = done.stdout.split()[-2:]
    assert code == "0", done.stderr
    assert int(memory) <= 4 * size
    assert json.loads((tmp_path / "out/.nb2pkg/provenance.json").read_text("utf-8"))["units"]
