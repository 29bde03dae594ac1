"""The first lines of the data files beside a notebook: tests are made of rows like these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from nb2pkg.cells.secret_shapes import find_shapes

_ENDINGS = (".csv", ".tsv", ".txt", ".data")
_MOST = 200_000  # bytes of a file


def read_heads(folder: Path, names: Iterable[str]) -> Mapping[str, str]:
    """Return the first whole lines of text tables: path as the notebook says it -> text.

    Args:
        folder: that the notebook lies in.
        names: paths relative to it.
    """
    found = {}
    for name in names:
        if name.lower().endswith(_ENDINGS):
            text = _head(folder / name)
            if text and not any(find_shapes(text)):  # tests are for everybody's eyes
                found[name] = text
    return found


def _head(path: Path) -> str:
    """Return whole lines of the beginning, or nothing where it is no text in UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError:
        return ""
    if len(data) > _MOST:
        data = data[: data.rfind(b"\n") + 1]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
