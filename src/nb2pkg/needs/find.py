"""Flow and what lies around the notebook -> all that the package needs to run on a bare machine."""

from __future__ import annotations

from nb2pkg.machine import Around, Needs, SystemPackage
from nb2pkg.model import Finding, Flow
from nb2pkg.needs.lock import with_lock
from nb2pkg.needs.python import python_versions
from nb2pkg.needs.requirements import find_requirements, gather


def find_needs(flow: Flow, around: Around) -> tuple[Needs, tuple[Finding, ...]]:
    """Return what a package needs, and findings about what nobody knows.

    Args:
        flow: the analysed notebook.
        around: what lies around it.
    """
    evidence = gather(flow, around)
    requirements, findings = find_requirements(flow, evidence)
    python, python_version = python_versions(requirements, evidence)
    packages = dict.fromkeys(name for name, _ in flow.notebook.system_packages)
    system = tuple(SystemPackage(name, "the notebook installs it") for name in sorted(packages))
    needs = Needs(python=python, python_version=python_version, requirements=requirements, system=system)
    return with_lock(needs, around.environment), findings
