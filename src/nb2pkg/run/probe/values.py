"""Reports the values of names where marks of the kind `values` stand, as `summary` describes them."""

from __future__ import annotations

import sys
from typing import Any


def install() -> None:
    """Answer the marks."""
    sys.modules["_nb2pkg_kernel"].HANDLERS["values"] = _look


def _look(mark: dict[str, Any], names: dict[str, Any]) -> None:
    kernel, summary = sys.modules["_nb2pkg_kernel"], sys.modules["_nb2pkg_summary"]
    place = {key: mark[key] for key in ("id", "cell", "line", "when")}
    for name in mark["names"]:
        if name in names:
            kernel.report({"kind": "value", **place, "name": name, "summary": summary.summarise(names[name])})
