"""The notebooks that are built from sources and executed: the examples, and those that only the tests need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
NOTEBOOKS = TESTS / "notebooks"
DICTIONARY = Path("/var/lib/mecab/dic/ipadic-utf8")
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


def runnable(names: Iterable[str], *marks: pytest.MarkDecorator) -> list[object]:
    """Return the notebooks as parameters of tests that execute them.

    One of them reads MeCab's dictionary of the machine, which is Debian's and on no registry: where it is not installed
    (`apt-get install mecab mecab-ipadic-utf8`) that one can't be executed. tests/bare_root.py does it from nothing.
    """
    lacking = not DICTIONARY.is_dir() or find_spec("MeCab") is None
    mark = pytest.mark.skipif(lacking, reason="needs Debian's mecab-ipadic-utf8, and mecab-python3")
    return [pytest.param(name, marks=[*marks, mark] if name == "words_ja" else marks) for name in names]
