"""A last look before anything is written: every file compiles, and no string or comment of the notebook was lost."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from nb2pkg.errors import RefusedError
from nb2pkg.model import Location, Plan


def validate(plan: Plan, texts: Mapping[str, str]) -> None:
    """Raise when a generated Python file does not compile: better no package than a broken one.

    Raises:
        RefusedError: naming the file and what Python says of it.
    """
    for name, text in texts.items():
        if not name.endswith(".py"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise RefusedError(
                f"the generated {name} would not compile: {error}",
                location=Location(plan.notebook),
                why="This notebook uses a construct in a way that nb2pkg can't carry over yet; nothing was written.",
                hint="please report it with the notebook",
            ) from None
