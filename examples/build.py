"""Make and execute the example notebooks from their sources: `python examples/build.py [NAME...]`.

`examples/NAME/source.py` is in the percent format (`# %%`, `# %% [markdown]`); a line `# !%magic` becomes the magic.
The notebooks are executed in their own folders. Nothing that changes from run to run is kept: ids are numbers, and
neither times nor versions are written.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent
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
        made.append({**cell, "id": f"cell-{number}"})
    return [nbformat.from_dict(cell) for cell in made]


def build(folder: Path) -> Path:
    """Write the executed notebook of one example, and return its path."""
    notebook = nbformat.v4.new_notebook(
        cells=cells((folder / "source.py").read_text(encoding="utf-8")), metadata={"kernelspec": KERNEL}
    )
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", record_timing=False, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    path = folder / f"{folder.name}.ipynb"
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return path


def main(names: list[str]) -> None:
    """Build the named examples, or all."""
    for source in sorted(EXAMPLES.glob("*/source.py")):
        if not names or source.parent.name in names:
            print(build(source.parent))


if __name__ == "__main__":
    main(sys.argv[1:])
