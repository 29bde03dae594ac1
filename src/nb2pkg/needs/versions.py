"""Which versions of a distribution will do, by the strongest evidence there is, and how we know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nb2pkg.declarations import normalized
from nb2pkg.machine import Environment, Installed, Requirement
from nb2pkg.needs.said import Said
from nb2pkg.needs.standards import both, exact, is_supported, lower_end, public, range_of, satisfies


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that says something about versions.

    Args:
        said: what people wrote down.
        printed: module or distribution, normalized -> (version, cell) that a saved output tells.
        environment: of the notebook's kernel, if it is known.
        python: that the notebook was saved with; empty where it does not say.
    """

    said: Said = field(default_factory=Said)
    printed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    environment: Environment | None = None
    python: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether the environment's Python is older than any that packages may have."""
        return self.environment is not None and is_supported(self.environment.python) is False

    def installed(self, name: str) -> Installed | None:
        """Return what the environment has of a distribution."""
        return None if self.environment is None else self.environment.distributions.get(name)


def with_version(requirement: Requirement, module: str, evidence: Evidence) -> Requirement:
    """Return a requirement with the versions that will do: the environment, then what people wrote, then outputs.

    Args:
        requirement: its name, why it is needed, and which versions have what is imported.
        module: that the notebook imports; empty where none is.
        evidence: what there is.
    """
    found = _found(replace(requirement, specifier=""), module, evidence)
    return replace(found, specifier=both(found.specifier, requirement.specifier))


def _found(requirement: Requirement, module: str, evidence: Evidence) -> Requirement:
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
            return _said(requirement, said, evidence)
    for key in (name, normalized(module), normalized(module.partition(".")[0])):
        if key and key in evidence.printed:
            version, cell = evidence.printed[key]
            allowed, why = range_of(name, version), _because(requirement, f"cell {cell} shows {version}")
            if not is_supported(evidence.python):
                allowed, why = lower_end(allowed), _of_old(why, evidence.python)
            return replace(requirement, specifier=allowed, version=public(version), why=why)
    return requirement


def _installed(
    requirement: Requirement, installed: Installed, wanted: list[Requirement], evidence: Evidence
) -> Requirement:
    """Return a requirement with the version of the environment, and the range that people gave where that allows it."""
    label, python = (e.label, e.python) if (e := evidence.environment) is not None else ("", "")
    version = installed.version
    if installed.url and not installed.url.startswith("file:"):
        why = _because(requirement, f"{version} in {label}, from there")
        return replace(requirement, url=installed.url, version=version, why=why)
    found = f"{version} in {label}"
    allowed = [r for r in wanted if r.specifier]
    fitting = next((r for r in allowed if satisfies(version, r.specifier)), None)
    specifier = fitting.specifier if fitting is not None else range_of(requirement.name, version)
    if evidence.is_dated:
        specifier, found = lower_end(specifier), _of_old(found, python)
    elif allowed and fitting is None:
        found += f", though {allowed[0].why.removesuffix(' it')} {allowed[0].specifier}"
    return replace(requirement, specifier=specifier, version=public(version), why=_because(requirement, found))


def _said(requirement: Requirement, said: Requirement, evidence: Evidence) -> Requirement:
    """Return a requirement with the versions that people wrote, if these may have been for a Python of today."""
    why = _because(requirement, said.why)
    if is_supported(evidence.python) is False:
        why = _of_old(f"{why.removesuffix(' it')} {said.specifier}", evidence.python)
        return replace(requirement, specifier=lower_end(said.specifier), version=exact(said.specifier), why=why)
    return replace(requirement, specifier=said.specifier, version=exact(said.specifier), why=why)


def _of_old(text: str, python: str) -> str:
    """Return the reason why newer versions than those that were found will do."""
    return f"{text}, with Python {python}" if python else text


def _because(requirement: Requirement, evidence: str) -> str:
    return requirement.why if evidence in requirement.why else f"{requirement.why}; {evidence}"
