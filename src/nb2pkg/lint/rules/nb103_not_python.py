"""The notebook, or a cell of it, is written in another language than Python.

## Why it hurts

A Python package and its tests can only hold Python: for code in another language neither can be made. A single cell in
R or Julia passes values to and fro through the session, where no test sees them.

## What is found

A kernel of another language, as the file's `kernelspec` or `language_info` names it (an error), and cell magics whose
body is another language, such as `%%R`, `%%julia`, `%%cython` or `%%sql` (a warning, once a language). Shell cells
(`%%bash`), cells that only show something (`%%html`, `%%latex`, `%%javascript`, `%%markdown`, `%%svg`) and cells that
write a file are not meant.

## How to mend it

Port the code to Python, or move it into a script or a package of its language that is tested there, and let the
notebook read the files that it writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import PYTHON, Cell

_LANGUAGES = {
    "R": "R",
    "julia": "Julia",
    "octave": "Octave",
    "matlab": "MATLAB",
    "perl": "Perl",
    "ruby": "Ruby",
    "fortran": "Fortran",
    "cython": "Cython",
    "cpp": "C++",
    "cu": "CUDA",
    "rust": "Rust",
    "scala": "Scala",
    "go": "Go",
    "node": "JavaScript",
    "sql": "SQL",
    "sparksql": "SQL",
    "bigquery": "SQL",
    "python2": "Python 2",
}
_SPELLED = {"r": "R", "julia": "Julia", "scala": "Scala", "javascript": "JavaScript", "octave": "Octave", "sql": "SQL"}
_HELP_KERNEL = "choose a Python kernel if the code is Python; else port it, or keep it out of what nb2pkg checks"
_HELP_CELL = "port the cell to Python, or move it into a script of its own and read the file that it writes"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for the kernel, or one for each language that cells are written in."""
    language = notebook.source.language
    if language.lower() not in PYTHON:
        spelled = _SPELLED.get(language.lower(), " ".join(language.split())[:40])
        yield Finding(Place(), "NB103", "error", f"the kernel is {spelled}", _HELP_KERNEL)
        return
    found: dict[str, list[Cell]] = {}
    for cell in notebook.cells:
        spoken = _language(cell)
        if spoken:
            found.setdefault(spoken, []).append(cell)
    for spoken, cells in found.items():
        first = cells[0]
        more = len(cells) - 1
        rest = f" (and {more} more cell{'s' if more > 1 else ''})" if more else ""
        line = first.source[: len(first.source) - len(first.source.lstrip())].count("\n") + 1
        message = f"cell {first.number} is written in {spoken}{rest}"
        yield Finding(notebook.line_place(first, line), "NB103", "warning", message, _HELP_CELL)


def _language(cell: Cell) -> str:
    """Return the language of a cell's body; empty for Python, shells, displays and files."""
    if cell.kind != "code" or cell.skipped or "%%" not in cell.source[:200]:
        return ""
    source = cell.source.lstrip()
    if not source.startswith("%%"):
        return ""
    words = source.partition("\n")[0][2:].split(None, 1)
    return _LANGUAGES.get(words[0], "") if words else ""


CASES = """
#=== bad | a kernel of R | language=R
# %%
summary(df)
#=== bad | a cell in R
# %%
#!%%R -i df
#!summary(df)
#=== bad | Cython
# %%
#!%%cython
#!cdef int f(int x): return x
#=== bad | SQL, below an empty line
# %%
#!
#!%%sql
#!select * from t
#=== good | plain Python
# %%
x = 1
#=== good | a shell cell
# %%
#!%%bash
#!ls
#=== good | cells that show something
# %%
#!%%html
#!<b>x</b>
# %%
#!%%javascript
#!alert(1)
#=== good | a cell that is timed
# %%
#!%%time
x = 1
#=== good | a cell that writes a file of another language
# %%
#!%%writefile model.R
#!summary(df)
#=== good | a cell that is never executed
# %% tags=skip-execution
#!%%julia
#!f(x) = x
"""
