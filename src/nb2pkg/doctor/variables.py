"""Are the variables set that the package reads? Their values are never shown, and paths must lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from nb2pkg.doctor.check import Check, Fix
from nb2pkg.doctor.install import project_path
from nb2pkg.doctor.state import State, Wanted
from nb2pkg.machine import Variable

_NAME = re.compile(r"[A-Za-z_]\w*", re.A)


def check_variables(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a check for each variable of the plan."""
    for variable in wanted.needs.variables:
        yield _check(variable, wanted, state)


def _check(variable: Variable, wanted: Wanted, state: State) -> Check:
    name = variable.name
    if name in state.variables:
        if state.pointing.get(name, True):
            return Check("variable", name, "ok", "set")
        return Check("variable", name, "missing", "set, but to a path that leads to nothing", _set(variable, wanted))
    if name in state.dotenv:
        env = project_path(wanted, ".env")
        load = f"load it into the shell: set -a; . {shlex.quote(env)}; set +a"
        return Check("variable", name, "ok", f"set in {env}", Fix(by_hand=load))
    why = f"not set: {variable.why}" if variable.why else "not set"
    if not variable.required:
        return Check("variable", name, "note", f"{why} (it may stay so)")
    return Check("variable", name, "missing", why, _set(variable, wanted))


def _set(variable: Variable, wanted: Wanted) -> Fix:
    if variable.value and not variable.secret and _NAME.fullmatch(variable.name):
        return Fix(f"export {variable.name}={shlex.quote(variable.value)}")
    kind = "the secret" if variable.secret else "its value"
    return Fix(by_hand=f"export {variable.name}=...   with {kind}, or give it in {project_path(wanted, '.env')}")
