"""A comment, a tag or metadata hides a finding that is not there, or names a rule that does not exist.

## Why it hurts

A suppression that outlived its reason hides the next finding in its place, which nobody has judged. One that is
misspelled never hid anything, and whoever wrote it believes that it does.

## What is found

`# noqa: NB203`, `# nb2pkg: ignore[NB203]`, the cell tags `nb2pkg-ignore-NB203` and `nb2pkg: ignore[NB203]`, and
`{"nb2pkg": {"ignore": ["NB203"]}}` in the metadata of a cell or of the notebook, where no such finding would be
reported; codes that no rule has. Rules that are off in this run are not judged, nor is a bare `# noqa`, nor the codes
of other tools.

## How to mend it

Remove it; `nb2pkg check --fix` takes just the code out of a comment, and the comment where nothing else is in it.

## Related

ruff has RUF100 for its own codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield nothing: what is unused is known only when all other rules have run; see `nb2pkg.lint.suppressions`."""
    del notebook
    yield from ()


CASES = """
#=== bad | nothing to hide
# %%
x = 1  # noqa: NB201
#=== bad | no such rule
# %%
print(y)  # nb2pkg: ignore[NB999]
#=== bad | a tag
# %% tags=nb2pkg-ignore-NB604
x = 1
#=== bad | one of two
# %%
print(y)  # nb2pkg: ignore[NB201, NB604]
#=== good | it hides a finding
# %%
print(y)  # noqa: NB201
#=== good | codes of other tools, and none
# %%
import os  # noqa: F401, E402
x = 1  # noqa
print(os, x)
#=== good | a rule that is off
# %%
x = 1  # noqa: NB704
#=== good | text about it
# %%
print("# noqa: NB201")
"""
