"""IPython syntax of one cell -> Python: what parses stays byte for byte, the rest goes through the table of magics."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import replace

from nb2pkg.cells import ipython
from nb2pkg.cells.calls import Lowered, Scene
from nb2pkg.cells.edits import lower_calls
from nb2pkg.cells.magic_names import AUTOMAGIC
from nb2pkg.cells.python2 import is_python2
from nb2pkg.cells.text import parse
from nb2pkg.errors import RefusedError

_AUTOMAGIC = re.compile(r"([A-Za-z_]\w*)(?:\s+(?![=,])(.*))?$")


class UnparsableError(RefusedError):
    """A cell is no Python, even with its IPython syntax lowered."""


def lower_source(source: str, scene: Scene) -> Lowered:
    """Return the Python of a cell's source.

    Args:
        source: the cell's source with newlines as `\\n`.
        scene: what is known of the notebook around the cell.

    Returns:
        The Python with the source line of each of its lines, and what the magics said.

    Raises:
        RefusedError: the source is no Python even so, or a magic has no right conversion.
    """
    text, lines = source, tuple(range(1, source.count("\n") + 2))
    tree = _parsed(source)
    automagic = _automagic(source, scene)
    if automagic:
        text, tree = automagic, parse(automagic)
        lines = (_first_line(source),)
    elif tree is None:
        text, lines = transformed(source, scene)
        automagic = _automagic(text, scene)
        if automagic:
            text, lines = automagic, lines[:1]
        tree = _parsed(text)
        if tree is None:
            raise _syntax_error(text, source, lines, scene)
    elif not any(word in source for word in ("get_ipython", "ast_node_interactivity", *scene.shells)):
        return Lowered(source, lines)
    lowered = lower_calls(text, tree, lines, scene, _lower_body(scene))
    # The body of a cell magic that is spelled out as a call has more lines than the source.
    lowered = replace(lowered, lines=tuple(min(line, source.count("\n") + 1) for line in lowered.lines))
    if _parsed(lowered.python) is None:
        raise _syntax_error(lowered.python, source, lowered.lines, scene)
    return lowered


def _lower_body(scene: Scene) -> Callable[[str, int], Lowered]:
    def lower(text: str, first: int) -> Lowered:
        """Lower the body of a cell magic, whose first line is line `first` of the cell."""
        body = lower_source(text, replace(scene, offset=scene.offset + first - 1))
        return replace(body, lines=tuple(line + first - 1 for line in body.lines))

    return lower


def transformed(source: str, scene: Scene) -> tuple[str, tuple[int, ...]]:
    """Return a source as IPython's own transformer rewrites it, and the source line of each line of that."""
    text = ipython.transformed(source)
    if text is None:
        text = _transformed_by_ipython(source, scene)
    if not source.endswith("\n"):
        text = text.removesuffix("\n")
    return text, _aligned(source, text)


def _transformed_by_ipython(source: str, scene: Scene) -> str:
    # Importing it takes longer than all else that reading a notebook does: only for what is not common.
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call, unused-ignore]
    except Exception as error:  # tokenizer errors of many kinds
        line = getattr(error, "lineno", None) or 1
        raise UnparsableError(f"the cell does not parse: {error}", location=scene.at(line)) from None


def _aligned(source: str, text: str) -> tuple[int, ...]:
    """Return for each line of the transformed text the line of the source that it came from."""
    old, new = source.split("\n"), text.split("\n")
    position = _first_line(source) - 1 if new[0].strip() else 0
    found = []
    for line in new:
        found.append(min(position, len(old) - 1) + 1)
        here = old[position] if position < len(old) else ""
        position += 1
        if here.strip() == line.strip() or line.rstrip().endswith("\\"):
            continue
        # A magic's continued lines became one.
        while here.endswith("\\") and position < len(old):
            here = old[position]
            position += 1
    return tuple(found)


def _first_line(source: str) -> int:
    """Return the number of the first line that is not blank."""
    return next((number for number, line in enumerate(source.split("\n"), start=1) if line.strip()), 1)


def _automagic(source: str, scene: Scene) -> str:
    """Return the call that a one-line cell such as `ls data` or `pip install x` stands for, or nothing."""
    line = source.strip()
    match = _AUTOMAGIC.match(line) if "\n" not in line else None
    if not match or match[1] not in AUTOMAGIC or match[1] in scene.bound:
        return ""
    return f"get_ipython().run_line_magic({match[1]!r}, {match[2] or ''!r})"


def _parsed(text: str) -> ast.Module | None:
    """Return the tree of what a notebook takes as Python, top-level `await` included."""
    try:
        tree = parse(text)
        _compiled(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree


def _syntax_error(text: str, source: str, lines: tuple[int, ...], scene: Scene) -> UnparsableError:
    line, reason = 1, "it nests too deeply"
    try:
        _compiled(text)
    except SyntaxError as error:
        line, reason = error.lineno or 1, error.msg
    except ValueError as error:
        reason = str(error)
    except (RecursionError, MemoryError):
        pass
    number = lines[line - 1] if 0 < line <= len(lines) else line
    content = source.split("\n")[number - 1 : number]
    if content and is_python2(content[0]):
        why = f"It looks like Python 2. Python 3 says: {reason}"
        hint = "port the notebook with 2to3 and run it again"
        return UnparsableError("the cell does not parse as Python 3", location=scene.at(number), why=why, hint=hint)
    why = "Nothing can be known of code that does not parse."
    hint = "mend the cell, make it a markdown cell, or tag it skip-execution"
    return UnparsableError(f"the cell does not parse: {reason}", location=scene.at(number), why=why, hint=hint)


def _compiled(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
