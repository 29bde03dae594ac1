"""Where the cells of a notebook file stand, whatever the style of the file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lint_files import STYLES, Style, notebooks

from nb2pkg.lint.jsontext import file_lines, layout

QUICK = settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def text_of(notebook: Any, style: Style) -> str:
    """Return a file as the layout takes it, without its mark."""
    return style.dump(notebook).decode("utf-8-sig")


@QUICK
@given(notebooks(), STYLES)
def test_spans_hold_what_json_reads(notebook: dict[str, Any], style: Style) -> None:
    text = text_of(notebook, style)
    found = layout(text)
    assert found is not None
    assert json.loads(text[slice(*found.cells_span)]) == notebook["cells"]
    for cell, saved in zip(found.cells, notebook["cells"], strict=True):
        assert json.loads(text[slice(*cell.span)]) == saved
        assert cell.source and json.loads(text[slice(*cell.source)]) == saved["source"]
        assert [json.loads(text[piece.start : piece.end]) for piece in cell.pieces] == [p.value for p in cell.pieces]
        assert cell.text == "".join(saved["source"])
        assert (cell.listed, cell.plain) == (isinstance(saved["source"], list), True)
        for key, span in (("outputs", cell.outputs), ("execution_count", cell.execution_count)):
            assert (span is not None) == (key in saved)
            assert span is None or json.loads(text[slice(*span)]) == saved[key]


@QUICK
@given(notebooks(), STYLES)
def test_lines_of_the_file_hold_the_lines_of_the_source(notebook: dict[str, Any], style: Style) -> None:
    text = text_of(notebook, style)
    found = layout(text)
    assert found is not None
    rows = text.split("\n")
    for number, cell in enumerate(found.cells, 1):
        lines = cell.text.replace("\r\n", "\n").split("\n")
        places = file_lines(found, number)
        assert len(places) == len(lines)
        for place, line in zip(places, lines, strict=True):
            written = (json.dumps(line, ensure_ascii=flag)[1:-1] for flag in (True, False))
            assert any(one in rows[place - 1] for one in written)
        assert sorted(places) == [*places]


def test_lines_of_a_file_as_jupyter_writes_it() -> None:
    cells = [
        {"cell_type": "code", "source": ["a\n", "b"], "outputs": []},
        {"cell_type": "code", "source": "c\nd", "outputs": []},
        {"cell_type": "code", "source": [], "outputs": []},
        {"cell_type": "raw"},
    ]
    found = layout(json.dumps({"cells": cells, "nbformat": 4}, indent=1))
    assert found is not None
    assert [file_lines(found, n) for n in (1, 2, 3, 4)] == [(6, 7), (13, 13), (18,), (21,)]


def test_the_last_of_two_keys_counts() -> None:
    text = '{"cells": [{}, {}], "cells": [{"source": "a", "source": ["b", "c"]}], "nbformat": 3, "nbformat": 4}'
    found = layout(text)
    assert found is not None
    assert [piece.value for piece in found.cells[0].pieces] == ["b", "c"]


@pytest.mark.parametrize("source", ["[1]", '["a", null]', "null", "{}", "3"])
def test_sources_that_are_no_text_are_not_plain(source: str) -> None:
    found = layout(f'{{"cells": [{{"source": {source}}}], "nbformat": 4}}')
    assert found is not None
    assert not found.cells[0].plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[]",
        "{}",
        '{"cells": []}',
        '{"nbformat": 4}',
        '{"cells": {}, "nbformat": 4}',
        '{"cells": [3], "nbformat": 4}',
        '{"cells": [], "nbformat": 3}',
        '{"cells": [], "nbformat": true}',
        '{"cells": [], "nbformat": 4} x',
        '{"cells": [,], "nbformat": 4}',
        '{"cells": [{},], "nbformat": 4}',
        '{"cells": [{}, "nbformat": 4}',
        '{"cells": [{"source": "a\n"}], "nbformat": 4}',
        '{"worksheets": [], "nbformat": 3}',
        '{"cells": [{"source": ' + "[" * 100_000,
        '{"a": ' + '{"a":' * 100_000,
        '{"cells": ' + "[" * 100_000,
    ],
)
def test_other_files_have_no_layout(text: str) -> None:
    assert layout(text) is None


@QUICK
@given(notebooks(), STYLES, st.data())
def test_damaged_files_have_a_layout_if_json_reads_them(notebook: dict[str, Any], style: Style, data: Any) -> None:
    text = text_of(notebook, style)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 4)))
    text = text[:start] + data.draw(st.text('{}[]":,\\u4a \n', max_size=3)) + text[end:]
    found = layout(text)
    if found is not None:
        content = json.loads(text)
        assert [json.loads(text[slice(*cell.span)]) for cell in found.cells] == content["cells"]
