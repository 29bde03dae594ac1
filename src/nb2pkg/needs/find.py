"""Flow and what lies around the notebook -> all that the package needs to run on a bare machine."""

from __future__ import annotations

from nb2pkg.machine import Around, Needs, SystemPackage
from nb2pkg.model import Finding, Flow
from nb2pkg.needs.requirements import find_requirements
from nb2pkg.needs.variables import find_variables


def find_needs(flow: Flow, around: Around) -> tuple[Needs, tuple[Finding, ...]]:
    """Return what a package needs, and findings about what nobody knows.

    Args:
        flow: the analysed notebook.
        around: what lies around it.
    """
    requirements, findings = find_requirements(flow)
    packages = dict.fromkeys(name for name, _ in flow.notebook.system_packages)
    system = tuple(SystemPackage(name, "the notebook installs it") for name in sorted(packages))
    return Needs(requirements=requirements, system=system, variables=find_variables(flow)), findings
