"""The licences that a project can be given; their texts are templates."""

from __future__ import annotations

from nb2pkg.errors import UsageError

LICENSES = ("Apache-2.0", "BSD-3-Clause", "MIT")


def license_of(name: str) -> str:
    """Return the identifier of a licence as SPDX spells it, however it is given; nothing for nothing.

    Raises:
        UsageError: there is no such licence here.
    """
    known = {identifier.lower(): identifier for identifier in LICENSES}
    if name and name.lower() not in known:
        hint = "leave the option out, and add a LICENSE file of your own"
        raise UsageError(f"--license {name}: there are {', '.join(LICENSES)}", hint=hint)
    return known.get(name.lower(), "")
