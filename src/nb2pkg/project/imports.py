"""The import block of a generated module: what it uses, sorted, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from nb2pkg.flow.defuse import def_use
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.scopes import class_free, function_free
from nb2pkg.model import Import

_WIDTH = 88  # black's
Members = dict[str, set[tuple[str, str | None]]]  # module -> (name, alias) of what is imported from it
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
    return (read | _names_in_text_annotations(tree)) - bound


def _names_in_text_annotations(tree: ast.Module) -> set[str]:
    """Return what annotations name that are written as text: `def mean(values: "List[int]")`."""
    texts: list[str] = []
    for n in ast.walk(tree):
        notes = [getattr(n, "annotation", None), getattr(n, "returns", None)]
        texts += [
            c.value
            for note in notes
            if isinstance(note, ast.AST)
            for c in ast.walk(note)
            if isinstance(c, ast.Constant) and isinstance(c.value, str)
        ]
    return {name for text in texts for name in re.findall(r"[^\W\d]\w*", text)}


def import_block(
    body: str,
    imports: Sequence[Import],
    ours: Mapping[str, tuple[str, str]],
    package: str,
    *,
    first_party: Iterable[str] = (),
    extra: Sequence[str] = (),
    idle: Sequence[Import] = (),
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
        idle: imports that nothing reads: what they do on the way may count (`import hvplot.pandas`).
    """
    tree = ast.parse(body)
    names = free_names(tree)
    if any(item.name == "*" for item in imports):
        return _in_order(names | {i.name for i in idle}, imports, ours, package, extra)
    plain, members = _wanted(tree, names, imports, ours, package)
    local = {package, *first_party}
    return _rendered(plain, members, [i for i in idle if i.name not in names], extra, local)


def import_lines(package: str, lines: Iterable[str], *, first_party: Iterable[str] = ()) -> str:
    """Return single import statements as one block: each once, merged and in the order that ruff asks for."""
    plain: set[tuple[str, str | None]] = set()
    members: Members = {}
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.Import):
            plain |= {(alias.name, alias.asname) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found = {(alias.name, alias.asname) for alias in node.names}
            members.setdefault(node.module or "", set()).update(found)
    futures = members.pop("__future__", set())
    extra = [f"from __future__ import {', '.join(sorted(name for name, _ in futures))}"] if futures else []
    return _rendered(plain, members, (), extra, {package, *first_party})


def _wanted(
    tree: ast.Module,
    names: set[str],
    imports: Sequence[Import],
    ours: Mapping[str, tuple[str, str]],
    package: str,
) -> tuple[set[tuple[str, str | None]], Members]:
    """Return the modules that a body needs, with their aliases, and the members of modules."""
    plain: set[tuple[str, str | None]] = set()
    members: Members = {}
    for item in imports:
        if item.name not in names:
            continue
        module = item.module
        if item.attribute is None:
            plain.add((module, item.alias))
            continue
        if module in _DISPLAY_MODULES and item.attribute in _OUR_DISPLAY:
            module = f"{package}.display"
        members.setdefault(module, set()).add((item.attribute, _alias(item)))
    imported = {i.name for i in imports}
    for name, (module, attribute) in ours.items():
        if name in names and name not in imported:
            members.setdefault(module, set()).add((attribute, name if name != attribute else None))
    return plain | _submodules(tree, names, imports), members


def _rendered(
    plain: set[tuple[str, str | None]],
    members: Members,
    idle: Sequence[Import],
    extra: Sequence[str],
    local: set[str],
) -> str:
    """Return import lines in the order that ruff asks for."""
    unread = [i for i in idle if i.attribute is not None]
    silent = {(i.module, i.attribute or "", _alias(i)) for i in unread}
    above: Members = {}
    for item in unread:
        late = _comes_too_late(item, {*members, *(m for m, _ in plain)})
        (above if late else members).setdefault(item.module, set()).add((item.attribute or "", _alias(item)))
    modules = [(module, alias, "") for module, alias in plain]
    modules += [(i.module, i.alias, "  # noqa: F401") for i in idle if i.attribute is None]
    lines = [
        _Line(_section(module, local), False, module, 0, f"{_import_line(module, alias)}{note}")
        for module, alias, note in modules
    ]
    lines += _member_lines(members, silent, local)
    for line in extra:
        module = line.split()[1]
        if module != "__future__":
            lines.append(_Line(_section(module, local), line.startswith("from"), module, 0, line))
    future = "\n".join(line for line in extra if line.startswith("from __future__"))
    first = _in_sections(_member_lines(above, silent, local))
    parts = [future, first, "# isort: split" if first else "", _in_sections(lines)]
    return "\n\n".join(part for part in parts if part)


class _Line(NamedTuple):
    """One statement of an import block, with what it is sorted by."""

    section: int
    is_from: bool
    module: str
    place: int  # among those of the same module
    text: str


def _member_lines(members: Members, silent: Collection[tuple[str, str, str | None]], local: set[str]) -> list[_Line]:
    return [
        _Line(_section(module, local), True, module, place, text)
        for module, found in members.items()
        for place, text in enumerate(_from_lines(module, found, silent))
    ]


def _alias(item: Import) -> str | None:
    return item.alias if item.alias != item.attribute else None


def _comes_too_late(item: Import, modules: Iterable[str]) -> bool:
    """True when an import that nothing reads would come below another of its library: it may change what that finds."""
    top = item.module.split(".")[0]
    return any(m.split(".")[0] == top and "." in m and m != item.module and m < item.module for m in modules)


def _in_sections(lines: Iterable[_Line]) -> str:
    text: list[str] = []
    section = None
    for line in sorted(set(lines), key=lambda n: (n.section, n.is_from, _natural(n.module), n.place, n.text)):
        if section is not None and line.section != section:
            text.append("")
        section = line.section
        text.append(line.text)
    return "\n".join(text)


def _natural(text: str) -> tuple[str | int, ...]:
    """Return what texts are sorted by: `layer2` before `layer10`, `Coxnet` before `CoxPH`."""
    parts = re.split(r"(\d+)", text.lower())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def _submodules(tree: ast.Module, names: set[str], imports: Sequence[Import]) -> set[tuple[str, str | None]]:
    """Return the submodules that a body reaches through their parent, and that another import of the notebook loads.

    After `import logging` and `from logging.handlers import MemoryHandler` there is `logging.handlers` too.
    """
    roots = {i.name: i.module if i.alias else i.name for i in imports if i.attribute is None and i.name in names}
    chains = {dotted(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)} - {""}
    full = {".".join([roots[head], *rest]) for head, *rest in (c.split(".") for c in chains) if head in roots}
    found: set[tuple[str, str | None]] = set()
    for item in imports:
        if item.statement < 0:  # ours, for an annotation
            continue
        if "." in item.module and any(c == item.module or c.startswith(f"{item.module}.") for c in full):
            found.add((item.module, None))
    used = {(i.module, i.alias) for i in imports if i.attribute is None and i.name in names}
    return {(module, alias) for module, alias in found if (module, alias) not in used and module not in roots.values()}


def _in_order(
    names: set[str],
    imports: Sequence[Import],
    ours: Mapping[str, tuple[str, str]],
    package: str,
    extra: Sequence[str],
) -> str:
    """Return import lines in the notebook's order: among stars, the last one that binds a name counts."""
    theirs: dict[str, None] = {}
    for item in sorted(imports, key=lambda i: i.statement):
        if item.name != "*" and item.name not in names:
            continue
        if item.attribute is None:
            theirs[_import_line(item.module, item.alias)] = None
            continue
        shown = item.module in _DISPLAY_MODULES and item.attribute in _OUR_DISPLAY
        module = f"{package}.display" if shown else item.module
        theirs[f"from {module} import {_aliased(item.attribute, item.alias)}"] = None
    imported = {i.name for i in imports}
    own = sorted(
        f"from {module} import {_aliased(attribute, name)}"
        for name, (module, attribute) in ours.items()
        if name in names and name not in imported
    )
    blocks = [[*extra], [*theirs], own]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _aliased(name: str, alias: str | None) -> str:
    return f"{name} as {alias}" if alias not in (None, name) else name


def _import_line(module: str, alias: str | None) -> str:
    return f"import {module} as {alias}" if alias else f"import {module}"


def _from_lines(
    module: str, members: set[tuple[str, str | None]], silent: Collection[tuple[str, str, str | None]] = ()
) -> list[str]:
    """Return the lines that import members of a module; `silent` ones are read by nothing."""

    def note(member: tuple[str, str | None]) -> str:
        return "  # noqa: F401" if (module, *member) in silent else ""

    lines = [f"from {module} import *"] if ("*", None) in members else []
    rest = sorted(members - {("*", None)}, key=_member_key)
    groups = [[m] for m in rest if m[1] is not None]
    plain = [m for m in rest if m[1] is None]
    groups += [plain] if plain else []
    for group in sorted(groups, key=lambda g: _member_key(g[0])):
        names = [(_aliased(*m), note(m)) for m in group]
        line = f"from {module} import {', '.join(name for name, _ in names)}{names[0][1]}"
        noted = any(remark for _, remark in names)
        if noted and (len(group) > 1 or len(line) > _WIDTH):
            inside = "".join(f"    {name},{remark}\n" for name, remark in names)
            line = f"from {module} import (\n{inside})"
        lines.append(line)
    return lines


def _member_key(member: tuple[str, str | None]) -> tuple[bool, bool, tuple[str | int, ...], str, str]:
    """Return what members are sorted by: constants, classes, others."""
    name, alias = member
    return not (name.isupper() and len(name) > 1), not name[:1].isupper(), _natural(name), name, alias or ""


def _section(module: str, local: set[str]) -> int:
    top = module.split(".")[0]
    if top == "__future__":
        return 0
    if top in local or module.startswith("."):
        return 3
    return 1 if top in sys.stdlib_module_names else 2
