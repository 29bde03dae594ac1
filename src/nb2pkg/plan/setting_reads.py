"""May a name that is bound to a literal give way to the setting itself, wherever the story reads it?

If so, `run()` says `config.seed` and functions have a parameter `seed`, where the notebook said `SEED`. Else `run()`
binds the notebook's name, as the notebook did.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nb2pkg.flow.scopes import class_names
from nb2pkg.flow.strings import asks_the_frame, names_in_strings
from nb2pkg.model import Statement
from nb2pkg.plan.setting_literals import never_changes
from nb2pkg.plan.story import Story

_WORD = re.compile(r"[^\W\d]\w*")
_SOURCE_READERS = frozenset({"getsource", "getsourcelines", "code_info", "dis"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPILERS = frozenset({"numba", "njit", "jit", "tensorflow", "tf", "jax", "autograph"})
_FRAME_READERS = frozenset({"locals", "vars", "dir", "globals"})
_CODE_READERS = frozenset({"eval", "exec"})


@dataclass(frozen=True, slots=True)
class Hazards:
    """What keeps names as they are.

    Args:
        all_names: something may look for any name, or for the text of the code.
        names: those that strings, `global` statements and functions in `run()` name, or that can't be edited.
    """

    all_names: bool
    names: frozenset[str]


def find_hazards(story: Story) -> Hazards:
    """Look through a notebook for what may read names in other ways than by naming them in its code."""
    names: set[str] = set(story.context.quoted)
    for statement in story.flow.statements:
        for n in ast.walk(statement.node):
            if _may_read_any(n):
                return Hazards(True, frozenset())
            names.update(_named(n))
    for statement in story.statements:
        names.update(_uneditable(statement), _in_functions(statement, compiled=bool(_COMPILERS & story.context.words)))
    return Hazards(False, frozenset(names))


def _may_read_any(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _SOURCE_READERS
    if not isinstance(node, ast.Call):
        return False
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    unknown = called in _CODE_READERS and not all(isinstance(a, ast.Constant) for a in node.args)
    return (called in _FRAME_READERS and not node.args) or unknown or asks_the_frame(node)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from names_in_strings(node)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.ClassDef):
        yield from class_names(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and ("~" in node.value or "@" in node.value):
        yield from _WORD.findall(node.value)  # a formula, or text for `query`


def _in_functions(statement: Statement, *, compiled: bool) -> Iterator[str]:
    """Yield the names in functions that stay in `run()`: who compiles them (numba) knows numbers, but no `config`."""
    for function in ast.walk(statement.node):
        if isinstance(function, _FUNCTIONS) or (compiled and isinstance(function, ast.Lambda)):
            yield from (n.id for n in ast.walk(function) if isinstance(n, ast.Name))


def _uneditable(statement: Statement) -> Iterator[str]:
    """Yield the names in f-strings that don't stand where `ast` says (before Python 3.12), or beside a backslash."""
    if not any(isinstance(n, ast.JoinedStr) for n in ast.walk(statement.node)):
        return
    lines = [line.encode("utf-8") for line in statement.source.split("\n")]
    for string in ast.walk(ast.parse(statement.source)):
        for field in string.values if isinstance(string, ast.JoinedStr) else ():
            text = ast.get_source_segment(statement.source, field) or ""
            for n in ast.walk(field):
                if isinstance(n, ast.Name):
                    stands = n.lineno <= len(lines) and lines[n.lineno - 1][n.col_offset : n.end_col_offset]
                    if stands != n.id.encode("utf-8") or "\\" in text:
                        yield n.id


def must_stay_local(story: Story, statement: Statement, name: str, hazards: Hazards, *, as_list: bool) -> bool:
    """True unless all that reads a name can be shown to read the setting alike.

    Args:
        story: the story.
        statement: `name = literal`.
        name: the name.
        hazards: what is known of the notebook as a whole.
        as_list: the literal is a list: each read of the setting makes one of its own.
    """
    if hazards.all_names or name in hazards.names or story.bindings[name] != 1 or name in story.definitions.volatile:
        return True
    early = any(name in s.names.uses | s.names.late_uses for s in story.statements if s.index <= statement.index)
    return early or (as_list and not never_changes(story, name))
