"""The file is not a notebook that can be read.

## Why it hurts

Jupyter can't open the file, so nobody can run it, and nothing in it can be tested. Most often a merge left its markers
in the JSON, or a transfer cut the file short.

## What is found

Files that are no UTF-8 text, no JSON, or no notebook of format 3 or 4, with the place where the reading stopped: this
rule speaks before all others, and alone. In a file that can be read it finds cells with the same id, which the format
forbids: Jupyter gives one of them a new id each time it opens the file, so that every save changes it.

## How to mend it

Restore an older version, or solve the conflict with `nbdime`. For doubled ids, open the notebook and save it again.

## Related

`nbformat.validate` and the pre-commit hook `check-json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook

_HELP = "open the notebook in Jupyter and save it again: it gives one of them a new id"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding when cells share ids; what can't be read at all is found before the rules run."""
    seen: dict[str, int] = {}
    doubled = []
    for cell in notebook.cells:
        if cell.id and cell.id in seen:
            doubled.append((seen[cell.id], cell))
        seen.setdefault(cell.id, cell.number)
    if doubled:
        first, second = doubled[0]
        more = f", as have {len(doubled) - 1} more" if len(doubled) > 1 else ""
        message = f"cells {first} and {second.number} have the same id{more}: the format forbids it"
        yield Finding(notebook.cell_place(second), "NB101", "warning", message, _HELP)


CASES = """
#=== bad | broken JSON | raw=yes
{"cells": [}
#=== bad | a merge left its markers | raw=yes
{
<<<<<<< HEAD
 "cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5
=======
 "cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4
>>>>>>> main
}
#=== bad | nothing in it | raw=yes

#=== bad | JSON, but no notebook | raw=yes
{"name": "churn"}
#=== bad | a format of long ago | raw=yes
{"worksheets": [], "metadata": {}, "nbformat": 2, "nbformat_minor": 0}
#=== bad | the same id twice | raw=yes
{"cells": [
  {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# Churn"},
  {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# Churn again"}
 ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
#=== bad | more of them | raw=yes
{"cells": [
  {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# Churn"},
  {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# Churn again"},
  {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# And again"}
 ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
#=== good | no cells yet | raw=yes
{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
#=== good | unknown keys, no metadata | raw=yes
{"cells": [{"cell_type": "markdown", "source": ["# Churn"], "note": 1}], "metadata": {}, "nbformat": 4}
#=== good | a notebook of format 3 | raw=yes
{"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}
#=== good | a plain notebook
# %%
x = 1
"""
