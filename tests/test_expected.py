"""Which lines of the saved outputs a generated test expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.project.expected import expected_lines


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": text}}


def lines(folder: Path, *outputs: dict[str, Any], version: str = "") -> list[str]:
    path = notebook(folder, {"cell_type": "code", "source": "x = 1", "outputs": list(outputs), "execution_count": 1})
    if version:
        text = path.read_text("utf-8").replace(
            '"metadata": {"kernelspec"',
            '"metadata": {"language_info": {"name": "python", "version": "' + version + '"}, "kernelspec"',
        )
        path.write_text(text, "utf-8")
    return expected_lines(read_notebook(path))


def test_prints_and_displays_are_expected(tmp_path: Path) -> None:
    assert lines(tmp_path, printed("12  customers\n"), shown("(70, 3)")) == ["12 customers", "(70, 3)"]


@pytest.mark.parametrize(
    "text",
    [
        "<object at 0x7f0000000000>",
        "took 3.2 s",
        "2024-05-01",
        "/home/me/data",
        "accuracy 0.87",
        "DecisionTreeClassifier(criterion='gini', max_depth=None,",
        "Name: age, dtype: int64",
        "dict_keys(['data', 'target'])",
        "RangeIndex: 3 entries, 0 to 2",
        "a ... b",
        "ab",
    ],
)
def test_what_changes_from_run_to_run_or_release_to_release_is_not(text: str, tmp_path: Path) -> None:
    assert lines(tmp_path, printed(f"{text}\nsure line\n")) == ["sure line"]


def test_only_prints_count_of_a_notebook_of_old_libraries(tmp_path: Path) -> None:
    outputs = (printed("12 customers\n[ 1.  2.] rows\n"), shown("(70, 3)"))
    assert lines(tmp_path, *outputs, version="3.6.4") == ["12 customers"]
    assert "(70, 3)" in lines(tmp_path, *outputs, version="3.11.2")


def test_each_line_is_expected_once_and_only_so_many(tmp_path: Path) -> None:
    found = lines(tmp_path, printed("same line\n" * 3 + "".join(f"line number {n}\n" for n in range(99))))
    assert found[:2] == ["same line", "line number 0"]
    assert len(found) == 60
