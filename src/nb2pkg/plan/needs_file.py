"""The `[needs]` and `[scaffold]` of plan.toml: what the package needs of a machine, and which files surround it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from typing import Any

from nb2pkg.machine import DataFile, Download, Needs, Requirement, SystemPackage, Variable
from nb2pkg.model import Scaffold
from nb2pkg.plan.toml_text import toml_string

_PLAIN = ("python", "python_version", "debian", "folder")
_TABLES: Mapping[str, type] = {
    "requirements": Requirement,
    "system": SystemPackage,
    "variables": Variable,
    "data": DataFile,
    "downloads": Download,
}


class NeedError(ValueError):
    """A row does not fit; `needle` is what to look for in the file."""

    def __init__(self, message: str, needle: str) -> None:
        super().__init__(message)
        self.needle = needle


def needs_lines(needs: Needs) -> Iterator[str]:
    """Yield what a package needs as TOML; the lock stands in a file of its own."""
    yield "[needs]"
    for name in _PLAIN:
        yield f"{name} = {_toml(getattr(needs, name))}"
    yield ""
    for table in _TABLES:
        for row in getattr(needs, table):
            yield f"[[needs.{table}]]"
            for field in fields(row):
                value = getattr(row, field.name)
                if value != field.default:
                    yield f"{field.name} = {_toml(value)}"
            yield ""


def scaffold_lines(scaffold: Scaffold) -> Iterator[str]:
    """Yield which files surround the package as TOML."""
    yield "[scaffold]"
    for field in fields(scaffold):
        yield f"{field.name} = {_toml(getattr(scaffold, field.name))}"
    yield ""


def read_needs(data: Any, own: Needs) -> Needs:
    """Return what a package needs, as a plan has it; a key that it lacks stays as it was found.

    Args:
        data: the table `needs` of the file, or None.
        own: what nb2pkg finds itself.

    Raises:
        NeedError: a row is no such thing.
    """
    if data is None:
        return own
    if not isinstance(data, dict):
        raise NeedError("`needs` is a table: [needs]", "needs")
    unknown = [key for key in data if key not in (*_PLAIN, *_TABLES)]
    if unknown:
        raise NeedError(f"[needs] has no `{unknown[0]}`; there are: {', '.join((*_PLAIN, *_TABLES))}", unknown[0])
    changes: dict[str, Any] = {}
    for name in _PLAIN:
        if name in data:
            changes[name] = _checked(data[name], "str", name)
    for table, kind in _TABLES.items():
        if table in data:
            changes[table] = _rows(data[table], table, kind)
    return replace(own, **changes)


def read_scaffold(data: Any, own: Scaffold) -> Scaffold:
    """Return which files surround the package, as a plan has it.

    Raises:
        NeedError: the table does not fit.
    """
    if data is None:
        return own
    if not isinstance(data, dict):
        raise NeedError("`scaffold` is a table: [scaffold]", "scaffold")
    return replace(own, **_values(data, fields(own), "scaffold"))


def _rows(rows: Any, table: str, kind: type) -> tuple[Any, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NeedError(f"`needs.{table}` are tables: [[needs.{table}]]", f"needs.{table}")
    known = fields(kind)
    needed = [f.name for f in known if f.default is MISSING and f.default_factory is MISSING]
    found = []
    for row in rows:
        missing = [name for name in needed if name not in row]
        if missing:
            raise NeedError(f"a row of [[needs.{table}]] has no `{missing[0]}`", f"[[needs.{table}]]")
        found.append(kind(**_values(row, known, f"needs.{table}")))
    return tuple(sorted(found, key=lambda row: row.name if hasattr(row, "name") else row.path))


def _values(row: Mapping[str, Any], known: Sequence[Field[Any]], table: str) -> dict[str, Any]:
    types = {field.name: str(field.type) for field in known}
    for key in row:
        if key not in types:
            raise NeedError(f"a row of {table} has no `{key}`; there are: {', '.join(types)}", f"{key} =")
    return {key: _checked(value, types[key], key) for key, value in row.items()}


def _checked(value: Any, kind: str, key: str) -> Any:
    """Return a value of the file as a field has it."""
    if kind.startswith("tuple[") and isinstance(value, list):
        item = kind.removeprefix("tuple[").partition(",")[0]
        return tuple(_checked(v, item, key) for v in value)
    wanted = {"int": int, "bool": bool}.get(kind, str)
    if kind.startswith("tuple[") or type(value) is not wanted:
        raise NeedError(f"`{key}` can't be {value!r}", f"{key} =")
    return value


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return toml_string(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
