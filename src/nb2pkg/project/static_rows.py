"""Tests of plain functions, one row a case: values at and around the limits that the code compares with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nb2pkg.project.cases import Case
from nb2pkg.project.static_text import PYTEST, Writer, rounded, slug
from nb2pkg.promises.demands import demands_of
from nb2pkg.promises.inputs import values_for
from nb2pkg.promises.package import Package
from nb2pkg.promises.trial import Outcome, execute
from nb2pkg.promises.values import Doubt, Raised, certain, is_missing

_PLAIN = (int, float, str, bool, type(None))
_MOST_ROWS = 8


def is_plain(outcome: Outcome) -> bool:
    """True for a call that gets plain values and returns one, and does nothing else."""
    values = [*outcome.before.values(), outcome.result]
    return (
        bool(outcome.before)
        and all(isinstance(v, _PLAIN) for v in values)
        and not outcome.shown
        and not outcome.printed
    )


def row_cases(package: Package, module: str, node: ast.FunctionDef, outcome: Outcome) -> list[Case]:
    """Return the test of a plain function on several rows, or none where there are not two."""
    varied = _varied(package, module, node, outcome)
    if not varied:
        return []
    rows = list(_rows(package, module, node, outcome, varied))
    results = list(dict.fromkeys(result for _, result in rows))
    if len(rows) < 2 or len(results) < 2:
        return []
    writer = Writer(package.name)
    others = {k: v for k, v in outcome.before.items() if k != varied}
    named = {a.arg for a in node.args.kwonlyargs}
    parts = [
        f"{k}={text}" if k in named else text
        for k, text in ((k, varied if k == varied else writer.value(others[k])) for k in outcome.before)
    ]
    kinds = {type(value) for value, _ in rows}, {type(result) for _, result in rows}
    table = ", ".join(f"({writer.plain(value)}, {writer.plain(result)})" for value, result in rows)
    name = f"test_{node.name}_{_says(node, results)}"
    expected = "pytest.approx(expected)" if float in kinds[1] and str not in kinds[1] else "expected"
    source = (
        f'@pytest.mark.parametrize(("{varied}", "expected"), [{table}])\n'
        f"def {name}({varied}: {_note(kinds[0])}, expected: {_note(kinds[1])}) -> None:\n"
        f"    assert {module}.{node.name}({', '.join(parts)}) == {expected}\n"
    )
    return [Case(module, node.name, name, source, (*sorted(writer.imports), PYTEST))]


def _note(kinds: set[type]) -> str:
    if kinds <= {int, float}:
        return "float" if float in kinds else "int"
    names = sorted("None" if kind is type(None) else kind.__name__ for kind in kinds)
    return " | ".join([*(n for n in names if n != "None"), *(n for n in names if n == "None")])


def _says(node: ast.FunctionDef, results: list[Any]) -> str:
    """Return what the rows say: the few different texts that come out, or that there are limits."""
    if len(results) <= 3 and all(isinstance(r, str) and r for r in results):
        return f"says_{'_or_'.join(slug(r) for r in results)}"
    if all(isinstance(r, bool) for r in results):
        return "tells_both_kinds_apart"
    return "at_its_limits" if any(isinstance(n, ast.Compare) for n in ast.walk(node)) else "on_a_few_values"


def _varied(package: Package, module: str, node: ast.FunctionDef, outcome: Outcome) -> str:
    """Return the parameter whose values make the difference: the first that the code compares, else that differs."""
    for name in outcome.before:
        if any(kind in ("threshold", "equal", "holds") for kind, _ in demands_of(node, name)):
            return name
    return next(
        (n for n in outcome.before if len(set(_seen(package, module, node.name, n))) > 1), next(iter(outcome.before))
    )


def _seen(package: Package, module: str, function: str, parameter: str) -> list[Any]:
    """Return the plain values that the story gives a parameter."""
    values = [
        call.arguments.get(parameter) for call in package.calls if (call.module, call.function) == (module, function)
    ]
    return [v for v in values if isinstance(v, _PLAIN) and v is not None and not is_missing(v) and certain(v)]


def _rows(
    package: Package, module: str, node: ast.FunctionDef, outcome: Outcome, varied: str
) -> Iterator[tuple[Any, Any]]:
    """Yield (value, result), values in order where they have one."""
    base = outcome.before[varied]
    seen = list(dict.fromkeys(_seen(package, module, node.name, varied)))
    demands = demands_of(node, varied)
    kind = {int: "int", float: "float", str: "str"}.get(type(base), "")
    values = values_for(demands, [v for v in seen if type(v) is type(base)], kind if seen else "", 0, 0)
    if not any(k in ("threshold", "equal", "holds") for k, _ in demands):
        values = _spread([*seen, base]) if seen else [*_about(base)]
    rows: dict[Any, Any] = {}
    for value in values[: _MOST_ROWS * 2]:
        if isinstance(value, str) != isinstance(base, str) or len(rows) == _MOST_ROWS:
            continue
        try:
            result = execute(package, module, node.name, {**outcome.before, varied: value}).result
        except (Doubt, Raised, RecursionError):
            continue
        if isinstance(result, _PLAIN) and not is_missing(result):
            rows[value] = rounded(result)
    yield from rows.items()


def _spread(values: list[Any]) -> list[Any]:
    """Return a few of many values: the smallest, the largest, and some between them."""
    ordered = sorted(set(values), key=lambda v: (str(type(v)), v))
    step = max(1, (len(ordered) - 1) // (_MOST_ROWS - 2))
    return [*ordered[::step][: _MOST_ROWS - 1], ordered[-1]]


def _about(base: Any) -> Iterator[Any]:
    if isinstance(base, bool) or base is None:
        yield base
    elif isinstance(base, (int, float)):
        yield from (base, base + 1, base * 2, base * 10)
    else:
        yield from (base, "", "Another one", base.upper())
