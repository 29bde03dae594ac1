"""The import block of a generated module: what it uses, sorted, and nothing else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence

from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.scopes import class_free, function_free
from nb2pkg.model import Import

_DISPLAY_MODULES = {"IPython.display", "IPython.core.display", "IPython.core.display_functions"}
_OUR_DISPLAY = {"display", "clear_output"}


def free_names(tree: ast.Module) -> set[str]:
    """Return the names that a module reads and does not bind itself."""
    read: set[str] = set()
    bound: set[str] = set()
    for node in tree.body:
        names = def_use(node)
        read |= names.uses | names.late_uses
        bound |= names.defs
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            read |= function_free(node).all_reads
        elif isinstance(node, ast.ClassDef):
            read |= class_free(node).all_reads
    return read - bound


def import_block(
    body: str,
    imports: Sequence[Import],
    ours: Mapping[str, tuple[str, str]],
    package: str,
    *,
    first_party: Iterable[str] = (),
    extra: Sequence[str] = (),
) -> str:
    """Return the import lines that a module's body needs.

    Args:
        body: the module without imports.
        imports: the notebook's imports.
        ours: name in this module -> (module, name there) of what the package itself provides; a module as
            (parent, name).
        package: the generated package.
        first_party: local modules that came along.
        extra: lines that must be there anyway.
    """
    names = free_names(ast.parse(body))
    plain: set[tuple[str, str | None]] = set()
    members: dict[str, set[tuple[str, str | None]]] = {}
    for item in imports:
        if item.name != "*" and item.name not in names:
            continue
        module = item.module
        if item.attribute is None:
            plain.add((module, item.alias))
            continue
        if module in _DISPLAY_MODULES and item.attribute in _OUR_DISPLAY:
            module = f"{package}.display"
        alias = item.alias if item.alias != item.attribute else None
        members.setdefault(module, set()).add((item.attribute, alias))
    imported = {i.name for i in imports}
    for name, (module, attribute) in ours.items():
        if name in names and name not in imported:
            members.setdefault(module, set()).add((attribute, name if name != attribute else None))
    local = {package, *first_party}
    lines = [(_section(m, local), 0, m.lower(), _import_line(m, alias)) for m, alias in plain]
    lines += [
        (_section(m, local), 1, m.lower(), line) for m, found in members.items() for line in _from_lines(m, found)
    ]
    lines += [
        (_section(line.split()[1].split(".")[0], local), 1 if line.startswith("from") else 0, line.split()[1], line)
        for line in extra
    ]
    text, section = [], None
    for number, _, _, line in sorted(set(lines)):
        if section is not None and number != section:
            text.append("")
        section = number
        text.append(line)
    return "\n".join(text)


def _import_line(module: str, alias: str | None) -> str:
    return f"import {module} as {alias}" if alias else f"import {module}"


def _from_lines(module: str, members: set[tuple[str, str | None]]) -> list[str]:
    if ("*", None) in members:
        lines = [f"from {module} import *"]
        members = members - {("*", None)}
    else:
        lines = []
    if members:
        ordered = sorted(members, key=lambda m: (not m[0].isupper(), not m[0][:1].isupper(), m[0], m[1] or ""))
        lines.append(f"from {module} import " + ", ".join(f"{n} as {a}" if a else n for n, a in ordered))
    return lines


def _section(module: str, local: set[str]) -> int:
    top = module.split(".")[0]
    if top == "__future__":
        return 0
    if top in local or module.startswith("."):
        return 3
    return 1 if top in sys.stdlib_module_names else 2
