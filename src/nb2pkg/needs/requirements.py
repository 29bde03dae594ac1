"""Which distributions a package needs, and how we know: what the notebook says, then the table; never a guess."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from nb2pkg.cells.runtime import LIBRARY
from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.distributions import distribution_of, hidden_requirements, normalized
from nb2pkg.flow.gone import Gone, gone
from nb2pkg.machine import Requirement
from nb2pkg.model import Finding, Flow, Location
from nb2pkg.needs.queries import hints

_NAME = re.compile(r"^[A-Za-z0-9][\w.\-]*")


def find_requirements(flow: Flow) -> tuple[tuple[Requirement, ...], tuple[Finding, ...]]:
    """Return the requirements of a notebook's code, and findings for imports that nobody knows."""
    calls = calls_of(flow.statements, flow.context)
    said = {}
    for text, cell in flow.notebook.requirements:
        match = _NAME.match(text)
        if match:
            name = normalized(match[0])
            said[name] = Requirement(name, f"cell {cell} installs it", _specifier(text[match.end() :]), "notebook")
    found: dict[str, Requirement] = {}
    unknown: dict[str, Finding] = {}
    local = {m.name for m in flow.notebook.local_modules}
    for module, location in _imported(flow):
        if module.lstrip(".").split(".")[0] in local or module.startswith("."):
            continue
        answer = distribution_of(module, calls)
        top = module.split(".")[0]
        if answer is None:
            if normalized(top) in said:
                found[normalized(top)] = said[normalized(top)]
            else:
                unknown.setdefault(
                    top,
                    Finding(
                        "NB302", f"nobody knows which distribution `import {top}` comes from", location, "warning",
                        hint="install it with %pip in the notebook, or add it to the package's pyproject.toml",
                    ),
                )  # fmt: skip
        elif answer.name:
            name = normalized(answer.name)
            found.setdefault(name, said.get(name) or Requirement(name, f"import {module}"))
    texts = [
        n.value
        for s in flow.statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    texts += hints(flow)
    for requirement in hidden_requirements(calls, texts, set(found)):
        ours = f"`{LIBRARY}.__nb_" in requirement.why
        requirement = replace(requirement, why="SQL cells need it") if ours else requirement
        found.setdefault(normalized(requirement.name), requirement)
    return tuple(found[name] for name in sorted(found)), tuple(unknown[name] for name in sorted(unknown))


def gone_imports(flow: Flow) -> tuple[Finding, ...]:
    """Return findings for imports that fail with today's releases."""
    found: dict[str, Finding] = {}
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Import):
                names = [a.name for a in n.names]
            else:
                names = (
                    [f"{n.module}.{a.name}" for a in n.names] if isinstance(n, ast.ImportFrom) and not n.level else []
                )
            for item in filter(None, map(gone, names)):
                found.setdefault(item.name, _gone_finding(item, statement.location))
    return tuple(found.values())


def _gone_finding(item: Gone, location: Location) -> Finding:
    return Finding(
        "NB303",
        f"`{item.name}` is gone from {item.library} {item.since} on",
        location,
        why="The import stays where it is: with a newer release the package fails there, as the notebook does.",
        hint="use its successor in the notebook, or install an older release",
    )


def _specifier(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"(\s*(==|>=|<=|~=|!=|<|>)\s*[\w.*+!]+\s*,?)+", text) else ""


def _imported(flow: Flow) -> list[tuple[str, Location]]:
    found: list[tuple[str, Location]] = []
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Import):
                found += [(a.name, statement.location) for a in n.names]
            elif isinstance(n, ast.ImportFrom) and n.module != "__future__":
                found.append(("." * n.level + (n.module or ""), statement.location))
    return found
