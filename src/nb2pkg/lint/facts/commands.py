"""The commands that a notebook hands to a shell or to a magic, however it does so, as one list of texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.findings import Place
from nb2pkg.lint.lowering import Code
from nb2pkg.lint.notebook import Call, Notebook
from nb2pkg.lint.source import Cell
from nb2pkg.tuples import NamedTuple

_SHELL_CELLS = frozenset({"bash", "sh", "script", "shell", "zsh", "system", "sx", "cmd", "powershell"})
_CODE_CELLS = frozenset({"time", "timeit", "prun", "memit", "capture", "debug"})
_SHELL_MAGICS = frozenset({"system", "sx", "sc"})
_RUNNERS = frozenset(
    {"os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call"}
    | {"subprocess.check_output", "subprocess.Popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
)
_METHODS = frozenset({".system", ".getoutput"})  # of what get_ipython() returns


class Command(NamedTuple):
    """One command: `pip install x`, whether it was written `!pip install x`, `%pip install x` or `os.system(...)`.

    Args:
        cell: where it stands.
        line: of the cell's source, from 1.
        text: what a shell would get; for a magic its name and its argument.
        magic: the name of the line magic, or empty for the shell.
        call: the call that hands it over, if one does.
    """

    cell: Cell
    line: int
    text: str
    magic: str = ""
    call: Call | None = None

    def place(self, notebook: Notebook) -> Place:
        """Return where the command stands."""
        if self.call is not None:
            return notebook.place(self.call.node, self.call.statement)
        return notebook.line_place(self.cell, self.line)


def commands(notebook: Notebook) -> list[Command]:
    """Return the commands of all cells that are executed, in order."""
    found = [
        command
        for cell in notebook.cells
        if (code := notebook.codes.get(cell.number)) is not None
        for command in _of_cell(cell, code)
    ]
    calls = [command for call in notebook.calls if (command := _of_call(call)) is not None]
    return sorted((*found, *calls), key=lambda c: (c.cell.number, c.line)) if calls else found


def _of_cell(cell: Cell, code: Code) -> Iterator[Command]:
    if not code.escapes:
        if code.python == "pass" and cell.source.strip() != "pass":  # `pip install x` without its percent sign
            line = cell.source[: len(cell.source) - len(cell.source.lstrip())].count("\n") + 1
            text = cell.source.strip()
            yield Command(cell, line, text, text.split()[0])
        return
    seen: set[int] = set()
    for escape in code.escapes:
        if escape.kind == "%%":
            yield from _of_body(cell, escape.line, escape.name, seen)
        elif escape.line not in seen and escape.kind in ("%", "!", "!!"):
            seen.add(escape.line)
            magic = "" if escape.kind != "%" or escape.name in _SHELL_MAGICS else escape.name
            text = f"{magic} {escape.argument}" if magic else escape.argument
            yield Command(cell, escape.line, text.strip(), magic)


def _of_body(cell: Cell, head: int, name: str, seen: set[int]) -> Iterator[Command]:
    """Yield the lines of a shell cell, and the escapes in a cell that is timed or captured."""
    shell = name in _SHELL_CELLS or not name
    joined = ""
    for number, line in enumerate(cell.source.split("\n")[head:], start=head + 1):
        text = joined + line.strip()
        joined = text[:-1] + " " if shell and text.endswith("\\") else ""
        if joined or not text or text.startswith("#"):
            continue
        if shell:
            yield Command(cell, number, text)
        elif name in _CODE_CELLS and text[0] in "!%" and not text.startswith("%%"):
            seen.add(number)
            magic = text[1:].split(None, 1)[:1] if text[0] == "%" else []
            yield Command(cell, number, text.lstrip("!%").strip(), magic[0] if magic else "")


def _of_call(call: Call) -> Command | None:
    """Return the command of `os.system("...")`, `subprocess.run([...])`, `get_ipython().system("...")`."""
    if (call.name not in _RUNNERS and call.name not in _METHODS) or not call.node.args:
        return None
    first = call.node.args[0]
    parts = first.elts if isinstance(first, (ast.List, ast.Tuple)) else [first]
    words = [p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "{}" for p in parts]
    if words == ["{}"]:
        return None
    return Command(call.statement.cell, call.statement.code.source_line(call.node.lineno), " ".join(words), call=call)
