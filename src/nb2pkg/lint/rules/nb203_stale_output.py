"""The saved output can't come from the source that stands above it.

## Why it hurts

The cell was changed after it was run, so readers see a result that the code does not give. A test that takes the saved
output for the truth would check the wrong thing.

## What is found

- text or a result below a cell that shows nothing: only definitions, assignments and comments, no call, no expression;
- a result below a cell whose last statement is no expression, or ends in a semicolon;
- a `print` whose fixed text is not in the saved text, and a constant whose saved result is another;
- an output without an execution count, while other cells have counts: it is from another session.

Warnings and other text on stderr are none, nor is anything that a magic, a call, an import, a thread or a widget may
have shown, nor missing counts where a tool has removed them all.

## How to mend it

Run the notebook from top to bottom and save it, or clear the output.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.facts.prints import missing, printed, same
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.lowering import Code
from nb2pkg.lint.notebook import FUNCTIONS, Notebook, Statement
from nb2pkg.lint.source import Cell, Output

_HELP = "run the notebook from top to bottom and save it, or clear this output"
# Code that may show something, or run code that does, while it is executed.
_ACTIVE = (
    *(ast.Call, ast.Import, ast.ImportFrom, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.Await, ast.Starred),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Match),
)
# The same, in a notebook whose own classes may print in it.
_OVERLOADED = (
    *(ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.UnaryOp, ast.AugAssign, ast.Delete, ast.JoinedStr),
    *(ast.If, ast.While, ast.BoolOp, ast.IfExp, ast.Tuple),
)
# Words of what shows something later than the cell that started it, or after each cell.
_ELSEWHERE = (
    "hread",
    "asyncio",
    "widgets",
    "interact",
    "Popen",
    "multiprocessing",
    "observe",
    "Timer",
    "register",
    "load_ext",
    "--bg",
    "joblib",
    "concurrent",
    "callback",
    "atexit",
    "__del__",
    "finalize",
    "watch",
)
# Words of what takes printed text away.
_TAKING = ("clear_output", "redirect_stdout", "sys.stdout", "capture_output")
_DISPLAY_MODES = ("ast_node_interactivity", "displayhook")


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each cell whose saved output another source has made."""
    with_output = [c for c in notebook.cells if c.kind == "code" and c.raw_outputs and not c.skipped]
    if not with_output:
        return
    yield from _uncounted(notebook, with_output)
    by_cell: dict[int, list[Statement]] = {}
    for statement in notebook.statements:
        by_cell.setdefault(statement.cell.number, []).append(statement)
    sources = "\n".join(c.source for c in notebook.cells if c.kind == "code")
    later = any(word in sources for word in _ELSEWHERE) or "spark" in notebook.source.kernel.lower()
    usual = not any(word in sources for word in _DISPLAY_MODES)
    printing = "print" in sources and not any(word in sources for word in _TAKING)
    active = _active_cells(notebook)
    for cell in with_output:
        code = notebook.codes.get(cell.number)
        if code is None or code.tree is None:
            continue
        statements = by_cell.get(cell.number, [])
        found = _unused(notebook, cell, code, statements, quiet=cell.number not in active and not later)
        found = found or (_result(notebook, cell, code, statements) if usual else None)
        found = found or (_texts(notebook, cell, code, statements) if printing else None)
        if found is not None:
            yield found


def _finding(place: Place, why: str) -> Finding:
    return Finding(place, "NB203", "warning", f"the shown output can't come from this source: {why}", _HELP)


def _uncounted(notebook: Notebook, cells: list[Cell]) -> Iterator[Finding]:
    """Yield one finding for the cells that have an output but no count, when others have one."""
    if not any(c.count is not None for c in notebook.cells if c.kind == "code"):
        return
    without = [c for c in cells if c.count is None and any(_is_shown(o) for o in c.outputs)]
    if without:
        number, more = without[0].number, len(without) - 1
        message = f"the shown output is from another session: cell {number} has no execution count, others have one"
        message += f" ({more} more like this)" if more else ""
        yield Finding(notebook.cell_place(without[0]), "NB203", "warning", message, _HELP)


def _is_shown(output: Output) -> bool:
    """True for an output that code has made on purpose: no warning, no widget."""
    if output.kind == "stream":
        return output.name == "stdout" and bool(output.text.strip())
    return output.kind == "error" or not any("widget" in mime for mime in output.mimes)


# cells that show nothing


def _active_cells(notebook: Notebook) -> set[int]:
    """Return the cells with code that may show something while it is executed."""
    kinds = (*_ACTIVE, *_OVERLOADED) if notebook.find(ast.ClassDef) else _ACTIVE
    found = {s.statement.cell.number for kind in kinds for s in notebook.find(kind) if s.function is None}
    for kind in FUNCTIONS:
        found |= {s.statement.cell.number for s in notebook.find(kind) if s.node.decorator_list}
    for site in notebook.find(ast.ClassDef):
        if site.node.bases or site.node.keywords or site.node.decorator_list:
            found.add(site.statement.cell.number)
    return found


def _unused(notebook: Notebook, cell: Cell, code: Code, statements: list[Statement], *, quiet: bool) -> Finding | None:
    """Return a finding when a cell that shows nothing has an output."""
    if code.escapes or not quiet or (cell.count is None and not statements):
        return None
    if statements and isinstance(statements[-1].node, ast.Expr):
        return None
    shown = [o for o in cell.outputs if _is_shown(o) and (o.kind != "error" or not statements)]
    if not shown:
        return None
    what = {"stream": "text", "execute_result": "a result", "display_data": "a display", "error": "an error"}
    why = "the cell has no code" if not statements else "it has no expression, no `print` and no call"
    return _finding(notebook.cell_place(cell), f"{why}, but shows {what[shown[0].kind]}")


# results


def _result(notebook: Notebook, cell: Cell, code: Code, statements: list[Statement]) -> Finding | None:
    """Return a finding when a cell has a result, but its last statement gives none, or another."""
    results = [o for o in cell.outputs if o.kind == "execute_result"]
    if not results or not statements:
        return None
    last = statements[-1]
    end = code.source_line(last.node.end_lineno or last.node.lineno)
    if any(e.kind == "%%" or e.last_line >= code.source_line(last.node.lineno) for e in code.escapes):
        return None
    if not isinstance(last.node, ast.Expr):
        return _finding(notebook.line_place(cell, end), "a result is shown, but the last statement is no expression")
    if last.code.silent and cell.source.rstrip().endswith(";"):
        return _finding(notebook.line_place(cell, end), "a result is shown, but the semicolon hides it")
    value = last.node.value
    if not isinstance(value, ast.Constant) or not isinstance(value.value, (int, str)):
        return None
    if "text/plain" not in results[-1].mimes or results[-1].text.strip() == repr(value.value):
        return None
    return _finding(notebook.place(value, last), f"the result is {_short(results[-1].text)}")


# printed text


def _texts(notebook: Notebook, cell: Cell, code: Code, statements: list[Statement]) -> Finding | None:
    """Return a finding when the fixed text of a `print` is not in the saved text."""
    prints = [p for p in (printed(s.node) for s in statements) if p is not None]
    if not prints:
        return None
    outputs = cell.outputs
    saved = "".join(o.text for o in outputs if o.kind == "stream" and o.name == "stdout").replace("\r\n", "\n")
    if not saved.strip() or "\r" in saved or "truncated" in saved or any(o.kind == "error" for o in outputs):
        return None
    if any(e.kind == "%%" and e.name != "time" for e in code.escapes) or "print" in notebook.bindings:
        return None
    if _is_old(notebook) and any(len(p.node.args) != 1 for p in prints):
        return None
    wrong = missing(prints, saved)
    calls = sum(1 for c in notebook.calls if c.statement.cell is cell)
    if wrong is None and calls == len(prints) == len(statements) and not code.escapes and all(p.whole for p in prints):
        wrong = None if same(prints, saved) else prints[0]
    if wrong is None:
        return None
    statement = next(s for s in statements if isinstance(s.node, ast.Expr) and s.node.value is wrong.node)
    text = next((part.strip() for part in wrong.parts if part.strip() and part.strip() not in saved), "")
    why = f"`print` gives {_short(text)}, which is not in the saved text" if text else "the saved text has other lines"
    return _finding(notebook.place(wrong.node, statement), why)


def _is_old(notebook: Notebook) -> bool:
    """True when the notebook may have been run by Python 2, which prints several arguments as a tuple."""
    info = notebook.source.metadata.get("language_info")
    version = info.get("version") if isinstance(info, dict) else None
    if isinstance(version, str):
        return version.startswith("2")
    return notebook.source.kernel == "python2" or notebook.source.format == 3


def _short(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return f"`{line[:40]}...`" if len(line) > 40 else f"`{line}`"


CASES = """
#=== bad | a cell without display has an output
# %% count=1 out=42
a = 1
#=== bad | a definition alone
# %% count=1 out=hello
def greet():
    print("hello")
#=== bad | the last statement was made an assignment
# %% count=1
import pandas as pd
# %% count=2 display=[1, 2, 3]
values = sorted([3, 1, 2])
#=== bad | the printed text was changed
# %% count=1 out=accuracy 0.9
score = 0.9
print("precision", score)
#=== bad | another number is printed
# %% count=1 out=43
print(42)
#=== bad | the code was commented out
# %% count=1
df = [1]
# %% count=2 display=[1]
# df
#=== bad | an output of another session
# %% count=1
a = 1
# %% out=1
print(a)
#=== bad | the text around a value was changed
# %% count=1 out=mean: 3.5
x = 3.5
print(f"median: {x}")
#=== bad | a semicolon was added
# %% count=1 display=[1, 2]
sorted([2, 1]);
#=== good | output fits
# %% count=1 out=42
print(42)
#=== good | the call may print
# %% count=1
def fit(x):
    print("done")
    return x
# %% count=2 out=done
model = fit(3)
#=== good | text around values
# %% count=1 out=mean of 3 rows: 2.00 %
n, m = 3, 2.0
print("mean of %d rows: %.2f %%" % (n, m))
#=== good | an object says farewell when its name is bound anew
# %% count=1
class Guest:
    def __del__(self):
        print("bye")
guest = Guest()
# %% count=2 out=bye
guest = None
#=== good | a warning
# %% count=1 err=DeprecationWarning: old
a = 1
#=== good | a magic shows it
# %% count=1 display='/home/me'
#!%pwd
#=== good | a display of the last expression
# %% count=1 display=3
a = 3
a
#=== good | counts were removed by a tool
# %% out=3
print(3)
#=== good | an import may print
# %% count=1 out=The Zen of Python
import this
#=== good | a class of the notebook prints when it is asked for an attribute
# %% count=1
class Loud:
    def __getattr__(self, name):
        print("asked for", name)
        return 1
loud = Loud()
# %% count=2 out=asked for size
size = loud.size
#=== good | printed by a loop
# %% count=1 out=1
for i in range(1):
    print(i + 1)
#=== good | every expression is shown
# %% count=1
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = "all"
# %% count=2 display=3
3
a = 1
"""
