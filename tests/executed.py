"""The notebooks that are built from sources and executed: the examples, and those that only the tests need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
NOTEBOOKS = TESTS / "notebooks"
# Name -> folder, which holds source.py, the notebook and its data.
FOLDERS = {path.parent.name: path.parent for home in (EXAMPLES, NOTEBOOKS) for path in sorted(home.glob("*/source.py"))}


def saved(name: str) -> Iterator[tuple[str, str]]:
    """Yield the saved outputs of a notebook, in order: `printed` or `shown`, and the text."""
    notebook = json.loads((FOLDERS[name] / f"{name}.ipynb").read_text(encoding="utf-8"))
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", [])):
        if output["output_type"] == "stream":
            assert output["name"] == "stdout"
            yield "printed", "".join(output["text"])
        else:
            yield "shown", "".join(output["data"]["text/plain"]) + "\n"
