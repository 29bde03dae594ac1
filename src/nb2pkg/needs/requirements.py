"""Which distributions a package needs, and how we know: what is written or installed, then the table; no guess."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import replace

from nb2pkg.cells.runtime import LIBRARY
from nb2pkg.declarations import normalized
from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.distributions import alternatives_of, distribution_of, hidden_requirements
from nb2pkg.flow.gone import Gone, gone
from nb2pkg.machine import Around, Requirement
from nb2pkg.model import Finding, Flow, Location
from nb2pkg.needs.imports import Imported, imported
from nb2pkg.needs.printed import printed_versions
from nb2pkg.needs.queries import hints
from nb2pkg.needs.said import Said, dotted_names, is_misnamed, what_is_said
from nb2pkg.needs.versions import Evidence, with_version

# What notebooks install for the one who reads them: a package does without.
_TOOLS = frozenset(
    {"black", "conda", "flake8", "ipykernel", "jupyter", "jupyterlab", "lab-black", "mamba", "nb-black", "nbconvert"}
    | {"nbformat", "notebook", "pip", "pycodestyle", "pycodestyle-magic", "setuptools", "uv", "watermark", "wheel"}
)

_CONDA = re.compile(r"\b(?:conda|mamba)\s+install\b")


def gather(flow: Flow, around: Around) -> Evidence:
    """Return all that says something about distributions and their versions."""
    notebook = flow.notebook
    said = what_is_said(notebook.requirements, around.files)
    return Evidence(said, printed_versions(notebook, flow.context), around.environment, notebook.version)


def find_requirements(flow: Flow, evidence: Evidence) -> tuple[tuple[Requirement, ...], tuple[Finding, ...]]:
    """Return the requirements of a notebook's code, sorted, and findings for imports that nobody knows."""
    calls = calls_of(flow.statements, flow.context)
    found: dict[str, Requirement] = {}
    unknown: dict[str, Imported] = {}
    for item in imported(flow):
        answers = _providers(item, calls, evidence)
        if answers is None:
            unknown.setdefault(item.top, item)
        for requirement in answers or ():
            found.setdefault(requirement.name, with_version(requirement, item.module, evidence))
    dictionaries = {f"apt:{name}" for name, _ in flow.notebook.system_packages}
    texts = [*_texts(flow), *hints(flow)]
    for requirement in hidden_requirements([*calls, *_attributes(flow)], texts, set(found) | dictionaries):
        why = "SQL cells need it" if f"`{LIBRARY}.__nb_" in requirement.why else requirement.why
        hidden = replace(requirement, name=normalized(requirement.name), why=why, source="call")
        found.setdefault(hidden.name, with_version(hidden, "", evidence))
    for requirement in _only_installed(flow, evidence.said, found):
        found[requirement.name] = with_version(requirement, "", evidence)
    findings = [_unknown(unknown[top], evidence) for top in sorted(unknown)]
    urls = {requirement.url for requirement in found.values()}
    findings += [_nameless(r, flow) for r in evidence.said.addresses.values() if r.url not in urls]
    findings += [_here_only(r, flow, evidence) for _, r in sorted(found.items()) if _is_here_only(r.name, evidence)]
    return tuple(found[name] for name in sorted(found)), tuple(findings)


def candidates(flow: Flow) -> frozenset[str]:
    """Return the distributions, `pandas[excel]`, that the environment is asked about, whatever imports it provides."""
    said = what_is_said(flow.notebook.requirements, ()).notebook
    answers = (distribution_of(item.path) for item in imported(flow))
    return frozenset(
        {
            *(str(replace(r, specifier="", url="")) for r in said.values()),
            *(normalized(a.name) for a in answers if a is not None and a.name),
        }
    )


def _providers(item: Imported, calls: Collection[str], evidence: Evidence) -> tuple[Requirement, ...] | None:
    """Return what provides an import; nothing where it needs no distribution, None where nobody knows."""
    answer = distribution_of(item.path, calls)
    if answer is not None and not answer.name:
        return ()
    why = f"import {item.module}" + (f" in {item.file}" if item.file else "")
    name = normalized(answer.name) if answer is not None else ""
    windows = name == "opencv-python"  # builds without windows are no alternative then
    others = [n for n in (alternatives_of(item.path) if name else ()) if not (windows and "headless" in n)]
    said = evidence.said
    for source in (said.notebook, said.files):
        for option in (name, *others) if name else dotted_names(item.path):
            if option in source and (option != name or source is said.notebook or source[option].specifier):
                limit = answer.specifier if answer is not None and option == name else ""
                return (replace(source[option], why=why, specifier=limit, url=""),)
    if address := said.addresses.get(normalized(item.top)):
        named = name or normalized(item.top)
        return (replace(address, name=named, why=f"{why}; {address.why}"),)
    installed = evidence.environment.providers.get(item.path, ()) if evidence.environment is not None else ()
    installed = tuple(n for n in installed if not (windows and "headless" in n))
    if installed and name not in installed:
        fitting = [option for option in others if option in installed] or list(installed)
        return tuple(Requirement(option, why, source="environment") for option in fitting[:1])
    if answer is None:
        return None
    source_ = "environment" if installed else answer.source
    assert source_ in ("environment", "table", "family")
    return (Requirement(name, why, answer.specifier, source_),)


def _only_installed(flow: Flow, said: Said, found: Collection[str]) -> list[Requirement]:
    """Return what cells install though nothing shows what for: it may be needed at run time, or be a command.

    Conda installs compilers and other programs as well: of its packages only those count that are known libraries.
    """
    conda = {f"cell {c.number} installs it" for c in flow.notebook.cells if _CONDA.search(c.source)}
    return [
        replace(r, specifier="", url="")
        for name, r in said.notebook.items()
        if name not in found and name not in _TOOLS and not name.startswith("jupyter-") and not is_misnamed(name)
        if r.why not in conda or distribution_of(name.replace("-", "_")) is not None
    ]


def _nameless(requirement: Requirement, flow: Flow) -> Finding:
    return Finding(
        "NB302",
        f"nobody knows the name of the distribution at {requirement.url} ({requirement.why})",
        Location(flow.notebook.path),
        "warning" if requirement.source == "notebook" else "info",
        hint="write `name @ address` where it is installed",
    )


def _unknown(item: Imported, evidence: Evidence) -> Finding:
    where = f" in {item.file}" if item.file else ""
    environment = evidence.environment
    missing = f", and {environment.label} has none that provides it" if environment is not None else ""
    return Finding(
        "NB302",
        f"nobody knows which distribution `import {item.top}`{where} comes from{missing}",
        item.location,
        "info" if item.optional or item.file else "warning",
        hint="install it with %pip in the notebook, or add it to the package's pyproject.toml",
    )


def _is_here_only(name: str, evidence: Evidence) -> bool:
    installed = evidence.installed(name)
    return installed is not None and installed.url.startswith("file:")


def _here_only(requirement: Requirement, flow: Flow, evidence: Evidence) -> Finding:
    label = evidence.environment.label if evidence.environment is not None else ""
    return Finding(
        "NB302",
        f"`{requirement.name}` in {label} was installed from a folder of this machine: others can't install it",
        Location(flow.notebook.path),
        "warning",
        why="No registry is known to have it, so no lock file is written.",
        hint="publish it, install it from a repository (git+https://...), or put its code beside the notebook",
    )


def _attributes(flow: Flow) -> list[str]:
    """Return the attributes of objects, `.style`; not those of modules, `plt.style`."""
    found = dict.fromkeys(
        f".{n.attr}"
        for s in flow.statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Attribute) and flow.context.qualified(n).startswith(".")
    )
    return list(found)


def _texts(flow: Flow) -> list[str]:
    return [
        n.value
        for s in flow.statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


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
