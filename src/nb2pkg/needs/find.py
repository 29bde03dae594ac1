"""Flow and what lies around the notebook -> all that the package needs to run on a bare machine."""

from __future__ import annotations

from collections.abc import Iterable

from nb2pkg.machine import Around, Needs, Variable
from nb2pkg.model import Finding, Flow
from nb2pkg.needs.data import find_data
from nb2pkg.needs.downloads import find_downloads
from nb2pkg.needs.lock import with_lock
from nb2pkg.needs.mecab import as_installed
from nb2pkg.needs.python import python_versions
from nb2pkg.needs.queries import query_variables
from nb2pkg.needs.requirements import find_requirements, gather
from nb2pkg.needs.system import find_system
from nb2pkg.needs.variables import find_variables


def find_needs(flow: Flow, around: Around) -> tuple[Needs, tuple[Finding, ...]]:
    """Return what a package needs, and findings about what nobody knows.

    Args:
        flow: the analysed notebook.
        around: what lies around it.
    """
    evidence = gather(flow, around)
    requirements, findings = find_requirements(flow, evidence)
    requirements = as_installed(requirements, around.environment, {item.module for item in flow.imports})
    python, python_version = python_versions(requirements, evidence)
    debian = Needs().debian
    system, variables, tasks = find_system(flow, requirements, debian)
    data, folder, data_findings = find_data(flow, around)
    needs = Needs(
        python=python,
        python_version=python_version,
        debian=debian,
        requirements=requirements,
        system=system,
        variables=_by_name((*variables, *query_variables(flow), *find_variables(flow))),
        data=data,
        folder=folder,
        downloads=find_downloads(flow),
    )
    return with_lock(needs, around.environment), (*findings, *tasks, *data_findings)


def _by_name(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """Return variables sorted by name, the first of each name."""
    found: dict[str, Variable] = {}
    for variable in variables:
        found.setdefault(variable.name, variable)
    return tuple(found[name] for name in sorted(found))
