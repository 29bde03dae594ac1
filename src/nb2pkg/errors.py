"""The exceptions of nb2pkg: one base, and each says what, where, why and what to do next."""

from __future__ import annotations

from nb2pkg.model import Location


class Nb2pkgError(Exception):
    """Base of all errors that people can cause and mend.

    Args:
        message: what is wrong, one line.
        location: where.
        why: why it stops the conversion.
        hint: what to do next.
    """

    exit_code = 1

    def __init__(self, message: str, *, location: Location | None = None, why: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        """Return the error as people read it, without the leading `error:`."""
        text = f"{self.location}: {self.message}" if self.location else self.message
        if self.why:
            text += f"\n  {self.why}"
        if self.hint:
            text += f"\n  help: {self.hint}"
        return text


class ReadError(Nb2pkgError):
    """The file is no notebook that can be read."""


class RefusedError(Nb2pkgError):
    """The notebook holds something that has no right conversion."""


class PlanError(Nb2pkgError):
    """A plan does not fit its notebook, or is not a plan."""


class WriteError(Nb2pkgError):
    """The project can't be written where it was asked for."""


class RunError(Nb2pkgError):
    """A notebook or a package can't be run, or not to its end."""


class UsageError(Nb2pkgError):
    """The command line asks for something that does not exist."""

    exit_code = 2
