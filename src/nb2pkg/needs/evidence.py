"""What a notebook's code says, gathered in one walk, for those who ask what it needs of a machine."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nb2pkg.declarations import normalized
from nb2pkg.machine import Requirement
from nb2pkg.model import Flow
from nb2pkg.needs.commands import Command, commands_of

_MOST = 4096  # characters of a text that is looked at: what names a file or a font is short


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a notebook says.

    Args:
        distributions: name -> its requirement, and `name[extra]`.
        imports: dotted module -> the first cell that imports it.
        calls: qualified call, `.method` for one of an object -> the first cell that makes it.
        texts: literal -> the first cell that has it.
        labels: literals that are first arguments of calls: (call, text, cell).
        commands: programs that cells start.
    """

    distributions: Mapping[str, Requirement]
    imports: Mapping[str, int]
    calls: Mapping[str, int]
    texts: Mapping[str, int]
    labels: tuple[tuple[str, str, int], ...]
    commands: tuple[Command, ...]

    def has(self, names: Collection[str]) -> bool:
        """Tell whether one of these distributions is required."""
        return any(name in self.distributions for name in names)

    def imported(self, modules: Collection[str]) -> str:
        """Return the first of these modules that is imported, by its name or by one below it."""
        for module in modules:
            if any(name == module or name.startswith(f"{module}.") for name in self.imports):
                return module
        return ""


def gather(flow: Flow, requirements: Collection[Requirement]) -> Evidence:
    """Return what a notebook says.

    Args:
        flow: the analysed notebook.
        requirements: what the package needs of registries.
    """
    imports: dict[str, int] = {}
    calls: dict[str, int] = {}
    texts: dict[str, int] = {}
    labels: list[tuple[str, str, int]] = []
    for statement in flow.statements:
        cell = statement.location.cell
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Constant):
                if isinstance(node.value, str) and len(node.value) <= _MOST:
                    texts.setdefault(node.value, cell)
            elif isinstance(node, ast.Call):
                name = flow.context.qualified(node.func)
                if name:
                    calls.setdefault(name, cell)
                    if isinstance(node.func, ast.Attribute):
                        calls.setdefault(f".{node.func.attr}", cell)
                    labels += [
                        (name, part.value, cell)
                        for argument in node.args[:1]
                        for part in ast.walk(argument)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    ]
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    imports.setdefault(alias.name, cell)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    imports.setdefault(f"{node.module}.{alias.name}", cell)
    return Evidence(_distributions(requirements), imports, calls, texts, tuple(labels), commands_of(flow))


def _distributions(requirements: Collection[Requirement]) -> dict[str, Requirement]:
    found = {}
    for requirement in requirements:
        name = normalized(requirement.name)
        found[name] = requirement
        found |= {f"{name}[{extra}]": requirement for extra in requirement.extras}
    return found
