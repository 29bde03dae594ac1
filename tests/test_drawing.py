"""The outlines by which generated tests compare figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import matplotlib.figure
import numpy as np
import pytest
from matplotlib import pyplot as plt

from nb2pkg.project.render import render


@pytest.fixture(scope="module")
def drawing() -> dict[str, Any]:
    """The module of generated tests."""
    namespace: dict[str, Any] = {"__name__": "drawing"}
    exec(render("tests/drawing.py.jinja"), namespace)
    return namespace


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    backend = plt.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.close("all")
    plt.switch_backend(backend)


def figure(draw: Callable[[Any], object]) -> matplotlib.figure.Figure:
    made, axes = plt.subplots()
    draw(axes)
    return made


def base(axes: Any) -> None:
    axes.plot([1, 2, 3], label="one")
    axes.bar([0, 1], [2.0, 3.0])
    axes.imshow(np.eye(3))
    axes.set_title("a title")
    axes.legend()


CHANGES: dict[str, Callable[[Any], object]] = {
    "title": lambda axes: axes.set_title("another"),
    "label": lambda axes: axes.set_xlabel("x"),
    "line": lambda axes: axes.plot([1, 2]),
    "values": lambda axes: axes.lines[0].set_ydata([1, 2, 4]),
    "colour": lambda axes: axes.lines[0].set_color("red"),
    "limits": lambda axes: axes.set_xlim(0, 5),
    "scale": lambda axes: axes.set_yscale("log"),
    "text": lambda axes: axes.text(0, 0, "here"),
    "legend": lambda axes: axes.legend(["two"]),
    "bars": lambda axes: axes.patches[0].set_height(9),
    "image": lambda axes: axes.images[0].set_data(np.ones((3, 3))),
    "points": lambda axes: axes.scatter([1], [2]),
}


def test_the_same_figure_is_alike(drawing: dict[str, Any]) -> None:
    first, second = (drawing["outline"](figure(base)) for _ in range(2))
    assert drawing["alike"](json.loads(json.dumps(first)), second)
    assert first[0]["title"] == "a title"
    assert first[0]["bars"] == [5.0]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows(change: str, drawing: dict[str, Any]) -> None:
    changed = figure(base)
    CHANGES[change](changed.axes[0])
    assert not drawing["alike"](drawing["outline"](figure(base)), drawing["outline"](changed))


def test_another_figure_is_not(drawing: dict[str, Any]) -> None:
    assert not drawing["alike"](drawing["outline"](figure(base)), [])


def test_last_digits_do_not_count(drawing: dict[str, Any]) -> None:
    assert drawing["alike"]([1.0, 100000.0], [1.0000001, 100001.0])
    assert not drawing["alike"]([1.0], [1.1])


def test_saved_figures_are_collected_until_the_end(drawing: dict[str, Any]) -> None:
    with drawing["figures_drawn"]() as found:
        figure(base).savefig(BytesIO())
    figure(base).savefig(BytesIO())
    assert [outline[0]["title"] for outline in found] == ["a title"]
