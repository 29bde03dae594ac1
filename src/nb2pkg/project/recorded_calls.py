"""Recorded calls of the notebook's own functions -> tests: rows of one parametrised test where the values are plain."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nb2pkg.model import Unit
from nb2pkg.project.cases import Case
from nb2pkg.project.functions import Build
from nb2pkg.project.recorded_arguments import expression
from nb2pkg.project.recorded_values import NOTHING, Code, checked
from nb2pkg.project.recording import Call, Recording

_LARGE = 2  # tests of a function whose values are files
_TYPES = frozenset({"int", "float", "str", "bool"})


def call_cases(build: Build, recording: Recording, names: Mapping[str, str]) -> list[Case]:
    """Return the tests of the notebook's own functions."""
    found: list[Case] = []
    for unit in build.plan.units:
        calls = [c for c in recording.calls if c.function == unit.name] if unit.kind == "definition" else []
        shapes = {(tuple(c.arguments), c.result.type, bool(c.changed)) for c in calls}
        plain = [c for c in calls if all(v.how in ("literal", "made") for v in (*c.arguments.values(), c.result))]
        if plain and len(plain) == len(calls) and len(shapes) == 1:
            found.append(_rows(build, unit, _distinct(plain)))
        else:
            tests = [_test(build, unit, call, names, n) for n, call in enumerate(calls[:_LARGE])]
            found += [test for test in tests if test is not None]
    return found


def _distinct(calls: Sequence[Call]) -> list[Call]:
    return [*{tuple(v.text for v in c.arguments.values()): c for c in calls}.values()]


def _rows(build: Build, unit: Unit, calls: Sequence[Call]) -> Case:
    """Return one test with a row for each call; what is the same in all of them stands in the call itself."""
    columns = {name: [c.arguments[name] for c in calls] for name in calls[0].arguments}
    varied = [name for name, column in columns.items() if len({v.text for v in column}) > 1 or len(calls) == 1]
    varied = [name for name in varied if name not in unit.lifted] if len(calls) == 1 else varied
    texts = {name: expression(build, column[0], names={}, variables={}) for name, column in columns.items()}
    given = [_passed(unit, name, name if name in varied else texts[name].lines[0]) for name in columns]
    call = f"{unit.module}.{unit.name}({', '.join(given)})"
    imports = {"import pytest"}.union(*(code.imports for code in texts.values()))
    title = f"test_{unit.name}_gives_what_the_notebook_had"
    results = [c.result for c in calls]
    assertion = _assertion(call, results[0].text, [r.text for r in results], any(r.floats for r in results))
    imports |= assertion.imports.union(*(r.imports for r in results))
    if len(calls) == 1:
        lines = [f"    {name} = {texts[name].lines[0]}" for name in varied] + [""]
        single = _assertion(call, results[0].text, [results[0].text], results[0].floats, single=True)
        source = f"def {title}() -> None:\n" + "\n".join(
            [*(lines if varied else []), *(f"    {x}" for x in single.lines)]
        )
        return Case(unit.module, unit.name, title, source, tuple(sorted(imports | single.imports)))
    if len(varied) == 1 and all(c.arguments[varied[0]].type == "int" for c in calls):
        calls = sorted(calls, key=lambda c: int(c.arguments[varied[0]].text))
    rows = [
        ", ".join(
            [*(expression(build, c.arguments[n], names={}, variables={}).lines[0] for n in varied), c.result.text]
        )
        for c in calls
    ]
    heads = (*varied, "expected")
    table = ",\n".join(f"        ({row})" if len(heads) > 1 else f"        {row}" for row in rows)
    head = ", ".join(repr(h) for h in heads)
    notes = [f"{name}: {_note([v.type for v in columns[name]])}" for name in varied]
    notes.append(f"expected: {_note([r.type for r in results])}")
    source = (
        f"@pytest.mark.parametrize(({head}), [\n{table},\n])\n"
        f"def {title}({', '.join(notes)}) -> None:\n    {assertion.lines[0]}"
    )
    return Case(unit.module, unit.name, title, source, tuple(sorted(imports)))


def _note(types: Sequence[str]) -> str:
    kinds = dict.fromkeys("None" if t == "NoneType" else t for t in types)
    return " | ".join(kinds) if _TYPES.union({"None"}).issuperset(kinds) else "object"


def _passed(unit: Unit, name: str, text: str) -> str:
    return f"{name}={text}" if name in unit.lifted else text


def _assertion(call: str, text: str, texts: Sequence[str], floats: bool, *, single: bool = False) -> Code:
    expected = text if single else "expected"
    if {*texts} <= {"True", "False"}:
        return Code((f"assert {call} is {expected}",))
    if {*texts} == {"None"}:
        return Code((f"assert {call} is None",))
    if not floats:
        return Code((f"assert {call} == {expected}",))
    if all(isinstance(ast.parse(t, mode="eval").body, (ast.Constant, ast.UnaryOp)) for t in texts):
        return Code((f"assert {call} == pytest.approx({expected}, rel=1e-6)",), frozenset({"import pytest"}))
    return Code((f"assert_same({call}, {expected})",), frozenset({"from recorded import assert_same"}))


def _test(build: Build, unit: Unit, call: Call, names: Mapping[str, str], number: int) -> Case | None:
    """Return the test of one call with values from files."""
    variables = {name: f"given_{name}" if name == unit.module else name for name in call.arguments}
    given = NOTHING
    for name, value in call.arguments.items():
        made = expression(build, value, names=names, variables=variables)
        given += replace(made, lines=(f"{variables[name]} = {made.lines[0]}",))
    passed = [_passed(unit, name, variables[name]) for name in call.arguments]
    checks = checked("result", call.result, names, {}) if call.result.type != "NoneType" else NOTHING
    line = f"{unit.module}.{unit.name}({', '.join(passed)})"
    act = f"result = {line}" if checks.lines else line
    for name, value in call.changed.items():
        checks += checked(variables[name], value, names, {})
    if not checks.lines or given.local:
        return None
    code = given + Code(("", act, "")) + checks
    verb = "gives_what_the_notebook_had" if call.result.type != "NoneType" else "changes_what_the_notebook_changed"
    title = f"test_{unit.name}_{verb}" + ("_next" if number else "")
    body = "\n".join(f"    {x}" if x else "" for x in "\n".join(code.lines).split("\n"))
    return Case(unit.module, unit.name, title, f"def {title}() -> None:\n{body}", tuple(sorted(code.imports)))
