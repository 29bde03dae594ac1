"""The example notebooks, and those of the tests, are what their sources say, and carry nothing of the machine."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from executed import EXAMPLES
from executed import FOLDERS as BY_NAME

FOLDERS = list(BY_NAME.values())


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_examples", EXAMPLES / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_examples() -> None:
    assert len([folder for folder in FOLDERS if folder.parent == EXAMPLES]) >= 3


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_notebook_is_built_from_its_source(folder: Path, build: ModuleType) -> None:
    notebook = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))
    expected = build.cells((folder / "source.py").read_text(encoding="utf-8"))
    found = [(c["cell_type"], c["id"], "".join(c["source"]), c["metadata"].get("tags")) for c in notebook["cells"]]
    assert found == [(cell.cell_type, cell.id, cell.source, cell.metadata.get("tags")) for cell in expected]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_notebook_was_executed_and_tells_nothing_of_the_machine(folder: Path) -> None:
    notebook = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert set(notebook["metadata"]) == {"kernelspec"}
    texts = json.dumps([{**output, "data": {**output.get("data", {}), "image/png": ""}} for output in outputs])
    assert "/home/" not in texts
    assert str(EXAMPLES.parent) not in texts
