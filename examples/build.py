"""Make and execute the notebooks of examples and tests from their sources: `python examples/build.py [NAME...]`.

`NAME/source.py` in `examples` or `tests/notebooks` is in the percent format (`# %%`, `# %% [markdown]`, and
`# %% tags=["parameters"]`); a line `# !%magic` becomes the magic. Each notebook is executed in a copy of its folder, so
that what it writes is not left behind. Nothing that changes from run to run is kept: ids are numbers, and neither times
nor versions are written.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parent
FOLDERS = (EXAMPLES, EXAMPLES.parent / "tests" / "notebooks")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def cells(source: str) -> list[nbformat.NotebookNode]:
    """Return the cells of a source in percent format."""
    parts = re.split(r"^# %%(.*)\n", source, flags=re.MULTILINE)[1:]
    made = []
    for number, (kind, text) in enumerate(zip(parts[::2], parts[1::2], strict=True), start=1):
        if kind.strip() == "[markdown]":
            cell = nbformat.v4.new_markdown_cell(re.sub(r"^# ?", "", text, flags=re.MULTILINE).strip())
        else:
            cell = nbformat.v4.new_code_cell(re.sub(r"^# !(?=%)", "", text, flags=re.MULTILINE).strip())
            if tags := kind.strip().removeprefix("tags="):
                cell.metadata["tags"] = json.loads(tags)
        made.append({**cell, "id": f"cell-{number}"})
    return [nbformat.from_dict(cell) for cell in made]


def build(folder: Path) -> Path:
    """Write the executed notebook of one folder, and return its path."""
    notebook = nbformat.v4.new_notebook(
        cells=cells((folder / "source.py").read_text(encoding="utf-8")), metadata={"kernelspec": KERNEL}
    )
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        resources = {"metadata": {"path": copy}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False, resources=resources).execute()
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    path = folder / f"{folder.name}.ipynb"
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return path


def main(names: list[str]) -> None:
    """Build the named examples, or all."""
    for source in (source for folder in FOLDERS for source in sorted(folder.glob("*/source.py"))):
        if not names or source.parent.name in names:
            print(build(source.parent))


if __name__ == "__main__":
    main(sys.argv[1:])
