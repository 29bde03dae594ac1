"""Is each distribution that the project requires installed, in a version that will do, with all that it requires?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from nb2pkg.doctor.check import Check
from nb2pkg.doctor.install import install
from nb2pkg.doctor.state import State, Wanted


def check_distributions(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a check for each requirement of the project, and one for each of theirs that is not met."""
    if state.interpreter.problem:
        return  # there is no environment to look into
    marks = marker_environment(state.interpreter.version)
    todo = [(requirement, "") for requirement in applying(wanted.requirements, marks)]
    seen = set()
    for requirement, parent in todo:  # grows
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras), str(requirement.specifier))
        if key in seen:
            continue
        seen.add(key)
        problem = _problem(requirement, state)
        if problem or not parent:
            yield _check(requirement, parent, problem, wanted, state)
        if not problem and name in state.distributions:
            further = applying(state.distributions[name].requires, marks, frozenset(requirement.extras))
            todo += [(needed, requirement.name) for needed in further]


def marker_environment(version: str) -> Mapping[str, str]:
    """Return what markers are asked of: this machine, with another version of Python."""
    marks = {key: str(value) for key, value in default_environment().items()}
    if version:
        short = ".".join(version.split(".")[:2])
        marks |= {"python_version": short, "python_full_version": version, "implementation_version": version}
    return marks


def applying(
    lines: tuple[str, ...], marks: Mapping[str, str], extras: frozenset[str] = frozenset()
) -> Iterator[Requirement]:
    """Yield the requirements among lines that count here; what is no requirement is left out."""
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # of somebody else's metadata: lines of the project were checked when they were read
        wishes = [{**marks, "extra": extra} for extra in ("", *sorted(extras))]
        if requirement.marker is None or any(requirement.marker.evaluate(wish) for wish in wishes):
            yield requirement


def _problem(requirement: Requirement, state: State) -> str:
    installed = state.distributions.get(canonicalize_name(requirement.name))
    if installed is None:
        return "not installed"
    try:
        fitting = requirement.specifier.contains(installed.version, prereleases=True)
    except InvalidVersion:
        return ""  # a version of no known form can't be compared
    return "" if fitting else f"{installed.version} is installed"


def _check(requirement: Requirement, parent: str, problem: str, wanted: Wanted, state: State) -> Check:
    specifier = _range(requirement)
    why = f"; {parent} needs it" if parent else ""
    if not problem:
        version = state.distributions[canonicalize_name(requirement.name)].version
        return Check("distribution", requirement.name, "ok", f"{version}{f' ({specifier})' if specifier else ''}")
    range_ = f", but {specifier} is required" if specifier and problem != "not installed" else ""
    needed = f"; {specifier} is required" if specifier and not range_ else ""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    source = f" @ {requirement.url}" if requirement.url else specifier
    fix = install(wanted, state, f"{requirement.name}{extras}{source}")
    return Check("distribution", requirement.name, "missing", f"{problem}{range_}{needed}{why}", fix)


def _range(requirement: Requirement) -> str:
    """Return the versions that will do, from the lowest up."""
    parts = str(requirement.specifier).split(",")
    return ",".join(sorted(parts, key=lambda part: (part.startswith(("<", "!")), part)))
