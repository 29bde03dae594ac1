"""IPython syntax of a cell -> Python that stands on the same lines, for the analysis only: it is never run.

What a magic runs as code stays as code; all else becomes `pass`, and the names that it mentions count as read.
"""

from __future__ import annotations

import ast
import re
import warnings

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nb2pkg.cells.ipython import Escape

# Texts of patterns, which only cells with magics compile.
_IDENTIFIER = r"[^\W\d]\w*"
_OPTIONS = r"(?:\s*-{1,2}[A-Za-z][\w-]*(?:[ =]?\d+)?)*(?:\s+--(?=\s))?\s*"
_AUTOMAGIC = r"([A-Za-z_]\w*)\s+(?![=,.(\[+*/<>-])\S"
# Magics whose argument, or cell, is code of the notebook itself.
_CODE_LINES = frozenset({"time", "timeit", "prun", "memit"})
_CODE_CELLS = frozenset("""
    time timeit prun memit capture debug html_timing snakeviz heat ipytest run_pytest wandb local pyinstrument scalene
    """.split())
# Magics that may bind any name; what is said of a cell magic that nobody knows.
_OPAQUE = frozenset("""
    run pylab store R Rget sql bigquery load macro rerun recall cython cython_inline fortran cpp cu
    jupysql sparksql td_presto td_hive presto trino hive redshift athena snowflake postgres
    """.split())
_MOST_ESCAPES = 500  # in a cell
_DEEPEST = 10  # cell magics within cell magics


class Code(NamedTuple):
    """A cell's code.

    Args:
        python: lowered text.
        tree: the same, parsed; None where it does not parse.
        escapes: its magics and shell lines.
        error: why it does not parse.
        error_line, error_column: where, in the source.
        reads: line of the source -> names that a magic there may read.
        shifts: line -> how many characters its code was moved to the left.
        lines: line of `python` -> line of the source, where they differ.
        opaque: it may bind names that can't be seen.
        silent: its last expression ends in a semicolon.
    """

    python: str
    tree: ast.Module | None
    escapes: tuple[Escape, ...] = ()
    error: str = ""
    error_line: int = 0
    error_column: int = 0
    reads: dict[int, frozenset[str]] = {}  # noqa: RUF012 (never changed)
    shifts: dict[int, int] = {}  # noqa: RUF012
    lines: tuple[int, ...] = ()
    opaque: bool = False
    silent: bool = False

    def source_line(self, line: int) -> int:
        """Return the line of the source that a line of `python` came from."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else line


def lower(source: str, depth: int = 0) -> Code:
    """Return the code of a cell, or of the body of a cell magic at a depth; never raises."""
    plain = _parsed(Code(source, None))
    if plain.tree is not None:  # what is Python, IPython leaves alone
        return plain
    from nb2pkg.cells.ipython import escapes

    found = escapes(source)
    if found is None:
        return _by_ipython(source)
    if not found and _is_automagic(source):
        return _parsed(Code("pass", None, reads={1: _names_in(source)}, lines=(_first(source),)))
    return _parsed(_lowered(source, found, depth)) if found else plain


def _names_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(_IDENTIFIER, text))


def _is_automagic(source: str) -> bool:
    """True for a one-line cell that calls a magic without `%`: `pip install x`, `ls data`."""
    from nb2pkg.cells.magic_names import AUTOMAGIC

    line = source.strip()
    match = re.match(_AUTOMAGIC, line) if "\n" not in line else None
    return match is not None and match[1] in AUTOMAGIC


def _first(source: str) -> int:
    return source[: len(source) - len(source.lstrip())].count("\n") + 1


def _parsed(lowered: Code) -> Code:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(
                lowered.python,
                "<cell>",
                "exec",
                ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                dont_inherit=True,
            )
    except SyntaxError as error:
        line = lowered.source_line(error.lineno or 1)
        return lowered._replace(error=error.msg, error_line=line, error_column=error.offset or 1, opaque=True)
    except ValueError as error:  # null bytes, lone surrogates
        return lowered._replace(error=str(error), error_line=1, error_column=1, opaque=True)
    except (RecursionError, MemoryError):
        return lowered._replace(error="it nests too deeply", error_line=1, error_column=1, opaque=True)
    assert isinstance(tree, ast.Module)
    return lowered._replace(tree=tree, silent=_is_silent(lowered.python))


def _is_silent(python: str) -> bool:
    if ";" not in python:
        return False
    last = python.rstrip().rpartition("\n")[2]
    if ";" not in last:
        return False
    if last.endswith(";") and "#" not in last:
        return True
    from nb2pkg.cells.text import ends_in_semicolon

    return ends_in_semicolon(python)


def _lowered(source: str, found: tuple[Escape, ...], depth: int) -> Code:
    lines = source.split("\n")
    reads: dict[int, frozenset[str]] = {}
    shifts: dict[int, int] = {}
    opaque = False
    for escape in found:
        text, is_code = _replacement(escape)
        first = lines[escape.line - 1]
        indent = first[: len(first) - len(first.lstrip())]
        if escape.kind == "%%":
            if escape.name in _CODE_CELLS and depth < _DEEPEST:
                return _code_cell(lines, escape, text, depth)
            from nb2pkg.cells.magic_names import CELL_MAGIC_NAMES

            names = _names_in(source)
            known = escape.name in CELL_MAGIC_NAMES and escape.name not in _OPAQUE
            opaque = not known or "-o" in escape.argument or "<<" in escape.argument
            return Code("", None, found, reads={1: names}, opaque=opaque)
        lines[escape.line - 1] = indent + text
        for number in range(escape.line, escape.last_line):
            lines[number] = ""
        if is_code:
            shifts[escape.line] = max(first.find(text) - len(indent), 0)
        reads[escape.line] = _names_in(escape.argument)
        opaque = opaque or (escape.kind == "%" and escape.name in _OPAQUE)
    return Code("\n".join(lines), None, found, reads=reads, shifts=shifts, opaque=opaque)


def _code_cell(lines: list[str], escape: Escape, text: str, depth: int) -> Code:
    """Return the code of a cell that is timed or captured: its body may hold magics and shell lines itself."""
    above = escape.line
    body = lower("\n".join(lines[above:]), depth + 1)
    shifts = {number + above: shift for number, shift in body.shifts.items()}
    if text and text in lines[above - 1]:
        shifts[above] = lines[above - 1].rfind(text)
    return body._replace(
        python="\n" * (above - 1) + f"{text}\n{body.python}",
        escapes=(escape, *(e._replace(line=e.line + above, last_line=e.last_line + above) for e in body.escapes)),
        reads={above: _names_in(escape.argument)} | {n + above: r for n, r in body.reads.items()},
        shifts=shifts,
        lines=(*range(1, above + 1), *(number + above for number in body.lines)) if body.lines else (),
        tree=None,
        error="",
        opaque=body.opaque and not body.error,
    )


def _replacement(escape: Escape) -> tuple[str, bool]:
    """Return Python for an escape on one line, and whether that is code of its own."""
    if escape.kind == "%%":
        name = re.fullmatch(_IDENTIFIER, escape.argument.strip()) if escape.name == "capture" else None
        setup = _line_code(escape) if escape.name == "timeit" else ""
        return (f"{name[0]} = __nb_capture()" if name else setup), False
    if escape.target:
        return f"{escape.target} = __nb_value()", False
    if escape.kind == "%" and escape.name in _CODE_LINES and escape.line == escape.last_line:
        lowered = _line_code(escape)
        if lowered:
            return lowered, True
    return "pass", False


def _line_code(escape: Escape) -> str:
    """Return the code that a magic runs on its own line, behind its options."""
    options = re.match(_OPTIONS, escape.argument)
    text = escape.argument[options.end() :] if options else escape.argument
    return text if text.strip() and _is_code(text) else ""


def _is_code(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<magic>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _by_ipython(source: str) -> Code:
    """Lower unusual syntax as IPython itself does, which costs its import."""
    if sum(line.lstrip()[:1] in ("%", "!", "?") for line in source.split("\n") if line.strip()) > _MOST_ESCAPES:
        return _parsed(Code("pass", None, opaque=True))  # it tokenizes the cell anew for each, and gives up at 500
    from nb2pkg.cells.calls import Scene
    from nb2pkg.cells.lower import transformed
    from nb2pkg.errors import RefusedError

    try:
        text, lines = transformed(source, Scene(""))
    except RefusedError as error:
        line = error.location.line if error.location else 1
        return Code(source, None, error=error.message, error_line=line, error_column=1, opaque=True)
    lowered = _parsed(Code(text, None, lines=lines))
    if lowered.tree is None:
        return lowered
    found = tuple(_called(lowered.tree, lines))
    names = frozenset(name for escape in found for name in _names_in(escape.argument))
    opaque = any(escape.name in _OPAQUE for escape in found)
    return lowered._replace(escapes=found, reads={1: names}, opaque=opaque)


def _called(tree: ast.Module, lines: tuple[int, ...]) -> list[Escape]:
    """Return the escapes that IPython's transformer has spelled out as calls."""
    from nb2pkg.cells.ipython import Escape

    kinds = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!!"}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in kinds:
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if not isinstance(node.func.value, ast.Call) or len(texts) != len(node.args) or not texts:
            continue
        kind = kinds[node.func.attr]
        name, argument = (texts[0], " ".join(texts[1:])) if kind[0] == "%" else ("", texts[0])
        line = lines[node.lineno - 1] if node.lineno <= len(lines) else node.lineno
        found.append(Escape(line, line, node.col_offset + 1, kind, name, argument, ""))
    return sorted(found)
