"""A magic that neither IPython nor `nb2pkg` knows.

## Why it hurts

Nobody can tell what the magic binds or shows, so nothing can be said of the cell or tested in it. Where the extension
that brings it is not installed, the cell fails.

## What is found

Line and cell magics that stand in no table of `nb2pkg`, which has those of IPython, of the widely used extensions and
of other languages. A magic that the notebook itself registers (`@register_line_magic`, `@line_magic` in a class,
`register_magic_function`) is known, and so is one with the name of an extension that it loads.

## How to mend it

Replace it by Python. Where it is only for the screen, tag the cell `skip-execution`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.cells.magic_names import CELL_MAGIC_NAMES, LINE_MAGIC_NAMES
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import FUNCTIONS, Notebook

# Of extensions that many use, though nothing can be made of them in a package.
_OF_EXTENSIONS = frozenset("""
    dotenv ipytest run_pytest wandb local pyspark configure manage_spark spark_submit_job mypy mypy_on mypy_off black
    blackcellmagic nb_black lab_black pycodestyle pycodestyle_on flake8 flake8_on codecarbon pyinstrument scalene
    memray_flamegraph snakeviz heat html_timing skip ask chat sqlplot sqlcmd sqlrender sqlconfig kql gremlin sparql
    opencypher oc graph_notebook_config nbdev_export px autopx pxconfig pxresult jupyter_black streamlit plantuml
    writetemplate fs md isort
    """.split())
_REGISTERING = frozenset({"line_magic", "cell_magic", "line_cell_magic"})
_HELP = "replace it by Python, or tag the cell skip-execution when it is only for the screen"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each use of an unknown magic."""
    used = [
        (cell, escape)
        for cell in notebook.cells
        if cell.number in notebook.codes
        for escape in notebook.codes[cell.number].escapes
        if escape.kind in ("%", "%%") and escape.name not in _known(escape.kind)
    ]
    own = _own_magics(notebook) | _extensions(notebook) if used else frozenset()
    for cell, escape in used:
        if not escape.name.isidentifier() or escape.name in own:
            continue
        message = f"the magic `{escape.kind}{escape.name}` is unknown"
        import difflib  # costs more than the rest of this file

        near = difflib.get_close_matches(escape.name, sorted(_known(escape.kind)), 1, 0.8)
        help_ = f"did you mean `{escape.kind}{near[0]}`? Otherwise {_HELP}" if near else _HELP
        yield Finding(notebook.line_place(cell, escape.line), "NB602", "error", message, help_)


def _known(kind: str) -> frozenset[str]:
    return (LINE_MAGIC_NAMES if kind == "%" else CELL_MAGIC_NAMES) | _OF_EXTENSIONS


def _extensions(notebook: Notebook) -> frozenset[str]:
    """Return the words in the names of the extensions that the notebook loads."""
    loads = (e for c in notebook.codes.values() for e in c.escapes if e.name in ("load_ext", "reload_ext"))
    return frozenset(word for escape in loads for word in escape.argument.replace(".", " ").split())


def _own_magics(notebook: Notebook) -> frozenset[str]:
    """Return the magics that the notebook registers itself."""
    found: set[str] = set()
    for kind in FUNCTIONS:
        for site in notebook.find(kind):
            for decorator in site.node.decorator_list:
                text = ast.unparse(decorator)
                if any(word in text for word in _REGISTERING):
                    found.add(site.node.name)
                    found |= {str(n.value) for n in ast.walk(decorator) if isinstance(n, ast.Constant)}
    for call in notebook.calls:
        if call.name.endswith(("register_magic_function", "register_magics")):
            found |= {
                str(n.value if isinstance(n, ast.Constant) else n.id)
                for a in (*call.node.args, *(k.value for k in call.node.keywords))
                for n in ast.walk(a)
                if isinstance(n, (ast.Constant, ast.Name))
            }
    return frozenset(found)


CASES = """
#=== bad | unknown magic
# %%
#!%frobnicate now
#=== bad | unknown cell magic
# %%
#!%%frobnicate
x = 1
#=== bad | a slip of the pen
# %%
#!%matplotib inline
#=== good | known ones
# %%
#!%time x = 1
#!%matplotlib inline
#=== good | a modulo at the start of a line
# %%
x = (7
 % 3)
#=== good | registered by the notebook
# %%
from IPython.core.magic import register_line_magic
@register_line_magic
def shout(line):
    print(line.upper())
# %%
#!%shout hello
#=== good | brought by an extension
# %%
#!%load_ext dotenv
#!%dotenv
#!%load_ext shouting.shout
#!%shout hello
#=== good | another language
# %%
#!%%R
x <- 1
"""
