"""Project and machine -> what is missing to run the one on the other: a table of checks, what blocks first on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nb2pkg.doctor.check import Check
from nb2pkg.doctor.data import check_data
from nb2pkg.doctor.distributions import check_distributions
from nb2pkg.doctor.downloads import check_downloads
from nb2pkg.doctor.package import check_package
from nb2pkg.doctor.python import check_python
from nb2pkg.doctor.state import State, Wanted
from nb2pkg.doctor.system import check_system
from nb2pkg.doctor.tools import check_tools
from nb2pkg.doctor.variables import check_variables

CHECKS: tuple[Callable[[Wanted, State], Iterable[Check]], ...] = (
    check_python,
    check_system,
    check_distributions,
    check_package,
    check_data,
    check_variables,
    check_downloads,
    check_tools,
)


def diagnose(wanted: Wanted, state: State) -> tuple[Check, ...]:
    """Return all that was looked at, in the order in which it is to be mended."""
    return tuple(check for checks in CHECKS for check in checks(wanted, state))
