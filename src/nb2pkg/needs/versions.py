"""Which versions of a distribution will do, by the strongest evidence there is, and how we know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nb2pkg.declarations import normalized
from nb2pkg.machine import Environment, Installed, Requirement
from nb2pkg.needs.said import Said
from nb2pkg.needs.standards import exact, public, range_of, satisfies


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that says something about versions.

    Args:
        said: what people wrote down.
        printed: module or distribution, normalized -> (version, cell) that a saved output tells.
        environment: of the notebook's kernel, if it is known.
    """

    said: Said = field(default_factory=Said)
    printed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    environment: Environment | None = None

    def installed(self, name: str) -> Installed | None:
        """Return what the environment has of a distribution."""
        return None if self.environment is None else self.environment.distributions.get(name)


def with_version(requirement: Requirement, module: str, evidence: Evidence) -> Requirement:
    """Return a requirement with the versions that will do: the environment, then what people wrote, then outputs.

    Args:
        requirement: its name, and why it is needed.
        module: that the notebook imports; empty where none is.
        evidence: what there is.
    """
    name = requirement.name
    wanted = [r for r in (evidence.said.notebook.get(name), evidence.said.files.get(name)) if r is not None]
    extras = tuple(sorted({*requirement.extras, *(extra for r in wanted for extra in r.extras)}))
    requirement = replace(requirement, extras=extras)
    installed = evidence.installed(name)
    if installed is not None:
        return _installed(requirement, installed, wanted, evidence)
    for said in wanted:
        if said.url:
            return replace(requirement, url=said.url, why=_because(requirement, said.why))
    for said in wanted:
        if said.specifier:
            version, why = exact(said.specifier), _because(requirement, said.why)
            return replace(requirement, specifier=said.specifier, version=version, why=why)
    for key in (name, normalized(module), normalized(module.partition(".")[0])):
        if key and key in evidence.printed:
            version, cell = evidence.printed[key]
            why = _because(requirement, f"cell {cell} shows {version}")
            return replace(requirement, specifier=range_of(name, version), version=public(version), why=why)
    return requirement


def _installed(
    requirement: Requirement, installed: Installed, wanted: list[Requirement], evidence: Evidence
) -> Requirement:
    """Return a requirement with the version of the environment, and the range that people gave where that allows it."""
    label = evidence.environment.label if evidence.environment is not None else ""
    version = installed.version
    if installed.url and not installed.url.startswith("file:"):
        why = _because(requirement, f"{version} in {label}, from there")
        return replace(requirement, url=installed.url, version=version, why=why)
    found = f"{version} in {label}"
    allowed = [r for r in wanted if r.specifier]
    fitting = next((r for r in allowed if satisfies(version, r.specifier)), None)
    specifier = fitting.specifier if fitting is not None else range_of(requirement.name, version)
    if allowed and fitting is None:
        found += f", though {allowed[0].why.removesuffix(' it')} {allowed[0].specifier}"
    return replace(requirement, specifier=specifier, version=public(version), why=_because(requirement, found))


def _because(requirement: Requirement, evidence: str) -> str:
    return requirement.why if evidence in requirement.why else f"{requirement.why}; {evidence}"
