"""Flow and what lies around the notebook -> all that the package needs to run on a bare machine."""

from __future__ import annotations

from nb2pkg.machine import Around, Needs
from nb2pkg.model import Finding, Flow
from nb2pkg.needs.downloads import find_downloads
from nb2pkg.needs.mecab import as_installed
from nb2pkg.needs.requirements import find_requirements
from nb2pkg.needs.system import find_system


def find_needs(flow: Flow, around: Around) -> tuple[Needs, tuple[Finding, ...]]:
    """Return what a package needs, and findings about what nobody knows.

    Args:
        flow: the analysed notebook.
        around: what lies around it.
    """
    requirements, findings = find_requirements(flow)
    requirements = as_installed(requirements, around.environment, {item.module for item in flow.imports})
    debian = Needs().debian
    system, variables, tasks = find_system(flow, requirements, debian)
    needs = Needs(
        debian=debian, requirements=requirements, system=system, variables=variables, downloads=find_downloads(flow)
    )
    return needs, (*findings, *tasks)
