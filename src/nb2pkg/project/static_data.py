"""Tests of functions that load a table, on an excerpt of the notebook's file."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from nb2pkg.project.cases import Case, Setup
from nb2pkg.project.static_claims import Claim
from nb2pkg.project.static_text import Writer, slug
from nb2pkg.promises.heads import Heads
from nb2pkg.promises.package import Package
from nb2pkg.promises.trial import execute
from nb2pkg.promises.values import UNKNOWN, Doubt, File, Frame, Labels, Raised

MODULE = "data"
_FIXTURES = Setup("FIXTURES", 'FIXTURES = Path(__file__).parent / "fixtures"', ("from pathlib import Path",))
_MOST_COLUMNS = 20
_LARGEST = 40_000  # bytes of a fixture


def loader_cases(package: Package, heads: Heads) -> tuple[list[Case], dict[str, str]]:
    """Return tests of the functions that load a file which they are given, and the excerpts that they read."""
    cases: list[Case] = []
    files: dict[str, str] = {}
    for node in ast.parse(package.sources.get(MODULE, "")).body:
        if isinstance(node, ast.FunctionDef):
            found = _loader(package, heads, node)
            if found is not None:
                made, name, text = found
                if files.setdefault(name, text) == text:
                    cases += made
    return cases, files


def _loader(package: Package, heads: Heads, node: ast.FunctionDef) -> tuple[list[Case], str, str] | None:
    arguments = dict(package.samples(MODULE, node.name))
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    paths = {k: _path(v) for k, v in arguments.items() if _path(v) in heads.normal.values()}
    if len(paths) != 1 or set(arguments) != set(names) or any(v is UNKNOWN for v in arguments.values()):
        return None
    ((parameter, path),) = paths.items()
    asked: list[tuple[str, list[Any], dict[str, Any]]] = []
    text = ""

    def read(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        nonlocal text
        if name.startswith("pandas.read") and not asked:
            asked.append((name, args, kwargs))
            text = heads.excerpt(path, name, args[1:], kwargs)
        return Heads({path: text}, whole=True).read(name, args, kwargs)

    try:
        outcome = execute(package, MODULE, node.name, arguments, read)
        if not isinstance(outcome.result, Frame) or len(asked) != 1 or len(text) > _LARGEST:
            return None
        name = PurePath(path).name
        made = [_case(package, node, arguments, parameter, name, claim) for claim in _claims(outcome.result)]
    except (Doubt, Raised, RecursionError):
        return None
    return made, f"tests/fixtures/{name}", text


def _path(value: Any) -> str:
    return value.text if isinstance(value, File) else value if isinstance(value, str) else ""


def _claims(frame: Frame) -> list[Claim]:
    labels = list(frame.columns)
    found = [Claim("reads_the_columns", (f"assert list(result.columns) == {labels[:_MOST_COLUMNS]!r}",))]
    if len(labels) > _MOST_COLUMNS:
        found = [Claim("reads_the_columns", (f"assert len(result.columns) == {len(labels)}",))]
    found.append(Claim("reads_each_row", _rows(frame.index)))
    numbers = [k for k, c in frame.columns.items() if c.dtype in ("int", "float") and isinstance(k, str)]
    if numbers:
        lines = [f'assert result[{k!r}].dtype.kind == "{frame.columns[k].dtype[0]}"' for k in numbers[:3]]
        says = f"reads_{slug(numbers[0])}_as_numbers" if len(numbers) == 1 else "reads_numbers_as_numbers"
        found.append(Claim(says, tuple(lines)))
    return found


def _rows(index: Labels) -> tuple[str, ...]:
    if index.counted or not all(isinstance(c, (int, str)) for c in index.cells):
        return (f"assert len(result) == {len(index.cells)}",)
    return (f"assert result.index.tolist() == {list(index.cells)!r}",)


def _case(
    package: Package, node: ast.FunctionDef, arguments: Mapping[str, Any], parameter: str, file: str, claim: Claim
) -> Case:
    writer = Writer(package.name)
    named = {a.arg for a in node.args.kwonlyargs}
    place = f"FIXTURES / {file!r}"
    place = place if isinstance(arguments[parameter], File) else f"str({place})"
    given = {k: place if k == parameter else writer.value(v) for k, v in arguments.items()}
    parts = [f"{k}={text}" if k in named else text for k, text in given.items()]
    name = f"test_{node.name}_{claim.says}"
    lines = "\n".join(f"    {line}" for line in claim.lines)
    source = f"def {name}() -> None:\n    result = {MODULE}.{node.name}({', '.join(parts)})\n\n{lines}\n"
    return Case(MODULE, node.name, name, source, tuple(sorted(writer.imports)), (_FIXTURES,))
