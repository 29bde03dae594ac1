"""How strong a project's tests are, as people read it and as data."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from nb2pkg.report.changes import change
from nb2pkg.run.mutants import Mutant
from nb2pkg.run.mutants_run import KILLED, Result, Strength

_COLUMNS = ("mutants", "killed", "survived", "not covered")


def percent_killed(results: Iterable[Result]) -> float | None:
    """Return how many of 100 tried mutants are killed; None when none was tried.

    One that the module can't even be imported with is no mutant: it neither counts as killed nor as tried.
    """
    counts = Counter(result.verdict for result in results)
    killed = sum(counts[verdict] for verdict in KILLED)
    tried = killed + counts["survived"] + counts["not covered"]
    return round(100 * killed / tried, 1) if tried else None


def strength_lines(strength: Strength) -> list[str]:
    """Return the report for people: a table, then what survives, then what is wrong with tests themselves."""
    lines = [*_table(strength), "", *_totals(strength)]
    lines += _skipped(strength)
    survivors = [r for r in strength.results if r.verdict == "survived"]
    if survivors:
        lines += ["", f"survived: {len(survivors)}, and no test sees these changes"]
        lines += [f"  {text}" for text in _grouped(strength, survivors)]
    uncovered = [r for r in strength.results if r.verdict == "not covered"]
    if uncovered:
        lines += ["", "not covered: no test runs these lines", *(f"  {text}" for text in _places(strength, uncovered))]
    for what, names in (
        ("pass though the package does nothing (every body raises NotImplementedError)", strength.hollow or ()),
        ("assert nothing", strength.unasserting),
    ):
        if names:
            lines += ["", f"tests that {what}: {len(names)}", *(f"  {name}" for name in names)]
    return lines


def _table(strength: Strength) -> list[str]:
    by_function: dict[tuple[str, str], list[Result]] = {}
    for result in strength.results:
        by_function.setdefault((_module(result.mutant), result.mutant.function), []).append(result)
    modules: dict[str, list[Result]] = {}
    for (module, _), results in by_function.items():
        modules.setdefault(module, []).extend(results)
    rows: list[tuple[str, ...]] = [("", *_COLUMNS, "%")]
    for module, results in modules.items():
        rows.append((f"{module}.py", *_counts(results)))
        parts = [(function, found) for (name, function), found in by_function.items() if name == module]
        rows += [(f"  {function or '(outside of functions)'}", *_counts(found)) for function, found in parts]
    rows.append(("all", *_counts(strength.results)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _counts(results: Sequence[Result]) -> tuple[str, ...]:
    counts = Counter(result.verdict for result in results)
    killed = sum(counts[verdict] for verdict in KILLED)
    tried = killed + counts["survived"] + counts["not covered"]
    percent = percent_killed(results)
    shown = "-" if percent is None else f"{percent:.0f}"
    return str(tried), str(killed), str(counts["survived"]), str(counts["not covered"]), shown


def _totals(strength: Strength) -> list[str]:
    lines = []
    for group, name in (("library", "operators of mutmut"), ("ours", "slips of data work")):
        results = [r for r in strength.results if r.mutant.group == group]
        percent = percent_killed(results)
        if percent is not None:
            lines.append(f"{name}: {percent:.1f} % killed of {_counts(results)[0]}")
    counts = Counter(result.verdict for result in strength.results)
    slow = counts["timeout"] + counts["crashed"]
    lines += [f"among the killed: {slow} that ran too long or crashed"] if slow else []
    lines += [f"left out: {n} that can't be imported"] if (n := counts["import error"]) else []
    if counts["not tried"]:
        lines.append(f"not tried: {counts['not tried']} of {len(strength.results)}; the time was up (--time)")
    return lines


def _skipped(strength: Strength) -> list[str]:
    skipped = [test for test in strength.tests if test.skipped]
    return [f"skipped: {test.name}: {test.skipped}" for test in skipped]


def _grouped(strength: Strength, results: Sequence[Result]) -> list[str]:
    lines: list[str] = []
    function = ""
    for result in results:
        name = f"{_module(result.mutant)}.{result.mutant.function}".rstrip(".")
        lines += [name] if name != function else []
        function = name
        lines.append(f"  {_place(strength, result.mutant)}: {_change(strength, result.mutant)}")
    return lines


def _places(strength: Strength, results: Sequence[Result]) -> list[str]:
    """Return each statement once, with how many mutants it has."""
    counts = Counter((r.mutant.file, r.mutant.line) for r in results)
    lines = []
    for result in results:
        number = counts.pop((result.mutant.file, result.mutant.line), 0)
        if number:
            what = "mutant" if number == 1 else "mutants"
            lines.append(f"{_place(strength, result.mutant, statement=True)}: {number} {what}")
    return lines


def _place(strength: Strength, mutant: Mutant, *, statement: bool = False) -> str:
    cells = cells_of(strength, mutant)
    text = ", ".join(map(str, cells))
    where = f" (cell{'s' if len(cells) > 1 else ''} {text})" if cells else ""
    return f"{_module(mutant)}.py:{mutant.line if statement else mutant.at}{where}"


def cells_of(strength: Strength, mutant: Mutant) -> tuple[int, ...]:
    """Return the cells of the notebook that a mutant's statement came from."""
    lines = strength.project.texts[mutant.file].splitlines()[mutant.line - 1 : mutant.last]
    return strength.project.cells.of(_module(mutant), mutant.function, "\n".join(lines))


def _change(strength: Strength, mutant: Mutant) -> str:
    return change(strength.project.texts[mutant.file], mutant)


def _module(mutant: Mutant) -> str:
    return mutant.file.rpartition("/")[2].removesuffix(".py")


def as_data(strength: Strength) -> dict[str, Any]:
    """Return the report as JSON data."""
    return {
        "project": str(strength.project.folder),
        "package": strength.project.package,
        "seconds": round(strength.seconds, 1),
        "tests": [
            {"name": test.name, "seconds": round(test.seconds, 3), "skipped": test.skipped} for test in strength.tests
        ],
        "killed": {
            "all": percent_killed(strength.results),
            **{
                group: percent_killed(r for r in strength.results if r.mutant.group == group)
                for group in ("library", "ours")
            },
        },
        "modules": _modules_data(strength),
        "not_tried": sum(result.verdict == "not tried" for result in strength.results),
        "hollow": None if strength.hollow is None else list(strength.hollow),
        "without_assertions": list(strength.unasserting),
        "mutants": [_mutant_data(strength, result) for result in strength.results],
    }


def _modules_data(strength: Strength) -> dict[str, Any]:
    modules: dict[str, list[Result]] = {}
    for result in strength.results:
        modules.setdefault(_module(result.mutant), []).append(result)
    return {
        module: {
            **dict(sorted(Counter(result.verdict for result in results).items())),
            "percent": percent_killed(results),
            "percent_library": percent_killed(r for r in results if r.mutant.group == "library"),
        }
        for module, results in modules.items()
    }


def _mutant_data(strength: Strength, result: Result) -> dict[str, Any]:
    mutant, text = result.mutant, strength.project.texts[result.mutant.file]
    pair = (text.splitlines(), mutant.applied(text).splitlines())
    diff = [line for line in difflib.unified_diff(*pair, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    return {
        "file": mutant.file,
        "function": mutant.function,
        "line": mutant.at,
        "cells": list(cells_of(strength, mutant)),
        "operator": mutant.operator,
        "group": mutant.group,
        "verdict": result.verdict,
        "killed_by": result.by,
        "change": _change(strength, mutant),
        "diff": diff,
    }
