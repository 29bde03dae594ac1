"""Writes down what names hold after each statement: in the notebook's kernel and in the package alike.

An event says where (`site`), how much stdout had been written by then, and names with the numbers of their summaries;
each summary is written once. Random generators count as names, since a lost seed shows only in what is drawn later.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from dataclasses import fields, is_dataclass
from typing import Any

_package = ""  # that is watched; empty in a notebook's kernel
_numbers: dict[str, int] = {}  # a summary's text -> its number
_records = ""  # the module of the package whose dataclasses hold several values of the notebook


def install(package: str = "", results: Any = ()) -> None:
    """Answer marks of the kind `trace`.

    Args:
        package: the package that is watched; the empty string in a notebook's kernel.
        results: names whose values at the end of a notebook are results.
    """
    global _package, _records
    kernel = sys.modules["_nb2pkg_kernel"]
    _package, _records = package, f"{package}.model"
    sys.modules["_nb2pkg_summary"].set_own_package(package)
    kernel.HANDLERS["trace"] = _look
    if results:
        kernel.FINISHERS.append(lambda: _report_results(results))


def _report_results(names: Any) -> None:
    kernel, summary = sys.modules["_nb2pkg_kernel"], sys.modules["_nb2pkg_summary"]
    held = kernel.names()
    for name in names:
        if name in held:
            kernel.report({"kind": "result", "name": name, "summary": summary.summarise(held[name])})


def _look(mark: dict[str, Any], names: dict[str, Any]) -> None:
    see(mark["site"], {name: names[name] for name in mark["names"] if name in names}, mark.get("pairs", ()))


def see(site: str, values: dict[str, Any], pairs: Any = (), record: Any = None) -> None:
    """Write down the values of names after a statement.

    Args:
        site: which statement.
        values: name -> value.
        pairs: names of which it matters whether they are one object.
        record: a value that was bound there; if it holds several of the notebook's, they count under its fields' names.
    """
    kernel = sys.modules["_nb2pkg_kernel"]
    if record is not None and type(record).__module__ == _records and is_dataclass(record):
        values = {**{f.name: getattr(record, f.name) for f in fields(record)}, **values}
    found = {name: number for name, value in values.items() if (number := _number(value)) >= 0}
    found.update({name: number for name, value in _random_states() if (number := _number(value)) >= 0})
    same = {
        f"{a} is {b}": values[a] is values[b] for a, b in pairs if a in values and b in values and _mutable(values[a])
    }
    found.update({name: _number(value) for name, value in same.items()})
    kernel.report({"kind": "event", "site": site, "at": _written(), "names": found})


def _number(value: Any) -> int:
    """Return the number of a value's summary, -1 for what has none worth telling: functions and modules."""
    kernel, summary = sys.modules["_nb2pkg_kernel"], sys.modules["_nb2pkg_summary"]
    found = summary.summarise(value)
    if found["type"] in ("callable", "module"):
        return -1
    key = hashlib.blake2b(repr(found).encode("utf-8", "replace"), digest_size=16).hexdigest()
    if key not in _numbers:
        _numbers[key] = len(_numbers)
        kernel.report({"kind": "summary", "number": _numbers[key], "summary": found})
    return _numbers[key]


def _random_states() -> Any:
    """Yield (name, state) of the global generators."""
    yield "random's state", repr(random.getstate()).encode()
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        state = numpy.get_state()
        yield "numpy.random's state", state[1].tobytes() + repr(state[2:]).encode()


def _mutable(value: Any) -> bool:
    return not isinstance(value, (int, float, complex, str, bytes, tuple, frozenset, type(None)))


def _written() -> int:
    """Return how many bytes stdout has taken, where it is a file; a kernel's is none."""
    if not _package:
        return -1
    try:
        for stream in (sys.stdout, sys.__stdout__):
            if stream is not None:
                stream.flush()
        return os.lseek(1, 0, os.SEEK_CUR)
    except (OSError, ValueError):
        return -1
