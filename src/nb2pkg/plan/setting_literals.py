"""Literals as values of settings: their type, their text, and the names of the notebook that are bound to one."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nb2pkg.cells.secrets import BLANK
from nb2pkg.model import Place, Statement
from nb2pkg.plan.headers import only_reads, parents_of
from nb2pkg.plan.setting_facts import COLUMN_KEYWORDS, COLUMN_METHODS, COLUMN_TAKERS
from nb2pkg.plan.story import Story

_LONG = 20  # items of a list that is no longer read at a glance
_SCALARS = (bool, int, float, str)
_PARAMETERS = "parameters"  # papermill's tag of the cell that holds what a run may change


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal of the notebook as the value of a field."""

    type: str
    text: str
    as_list: bool = False


def scalar_of(node: ast.expr) -> bool | int | float | str | None:
    """Return the value of a number, a text or a truth value, or None for all other expressions."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        number = scalar_of(node.operand)
        if isinstance(number, (bool, str)) or number is None:
            return None
        return -number if isinstance(node.op, ast.USub) else number
    value = node.value if isinstance(node, ast.Constant) else None
    if type(value) not in _SCALARS or (isinstance(value, str) and BLANK in value):
        return None  # blanked: there was a secret
    assert isinstance(value, (bool, int, float, str))
    return value


def text_of(source: str, node: ast.expr) -> str:
    """Return a literal as the notebook writes it.

    Args:
        source: the text of its statement.
        node: the literal, of that text's own tree.
    """
    value = ast.literal_eval(node)
    text = ast.get_source_segment(source, node) or repr(value)
    text = f"({text})" if "\n" in text else text  # `ast` leaves out the parentheses that it stood in
    try:
        same = repr(ast.literal_eval(text)) == repr(value)
    except (SyntaxError, ValueError):
        same = False
    return text if same else repr(value)


def place_of(statement: Statement, node: ast.expr, label: str) -> Place:
    """Return where a literal stands in the text of its statement."""
    top = statement.node
    column = node.col_offset - (top.col_offset if node.lineno == top.lineno else 0)
    return Place(statement.index, node.lineno - top.lineno + 1, column, label)


def literals_at(statement: Statement) -> dict[tuple[int, int], ast.expr]:
    """Return the expressions of a statement's own text that may be literals, by where they stand."""
    nodes = (n for n in ast.walk(ast.parse(statement.source)) if isinstance(n, (ast.Constant, ast.UnaryOp)))
    return {(n.lineno, n.col_offset): n for n in nodes}


def with_hoisted_settings(story: Story) -> Story:
    """Return a story that knows which statements may as well run earlier: they bind a name to a literal, once.

    A function that is made of what stands around one leaves it out. What may be read above its place, where it is not
    bound yet, stays there.
    """
    found = {}
    read: set[str] = set()
    for position, statement in enumerate(story.statements):
        if variable_literal(story, statement) is not None:
            (name,) = statement.names.defs
            if story.bindings[name] == 1 and name not in read and story.captured.get(name, position) >= position:
                found[position] = name
        read |= statement.names.uses | statement.names.late_uses | statement.names.deletes
    return replace(story, hoisted=found)


def variable_literal(story: Story, statement: Statement) -> Literal | None:
    """Return the literal of `name = literal`, where that makes a setting.

    The name is bound nowhere else, or in a cell that is tagged as holding the parameters.
    """
    node = statement.node
    if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
        return None
    name = node.targets[0].id
    if name.startswith("__") or hasattr(builtins, name) or name in story.definitions.volatile or name in story.seeds:
        return None
    tagged = _PARAMETERS in story.flow.notebook.cells[statement.location.cell - 1].tags
    if not tagged and story.bindings[name] != 1:
        return None
    value = scalar_of(node.value)
    if value is not None:
        tree = ast.parse(statement.source).body[0]
        assert isinstance(tree, ast.Assign)
        return Literal(type(value).__name__, text_of(statement.source, tree.value))
    return _sequence(story, statement, name, node.value, tagged=tagged)


def _sequence(story: Story, statement: Statement, name: str, node: ast.expr, *, tagged: bool) -> Literal | None:
    """Return a list or tuple of values of one type, which is long, names columns or is a parameter."""
    if not isinstance(node, (ast.List, ast.Tuple)) or not node.elts:
        return None
    kind = _common_type([scalar_of(e) for e in node.elts])
    if not kind:
        return None
    if not tagged:
        reads = list(_reads(story, name))
        if not all(_leaves(story, node, parents) for node, parents in reads):
            return None
        columns = kind == "str" and any(_names_columns(story, node, parents) for node, parents in reads)
        if len(node.elts) <= _LONG and not columns:
            return None
    tree = ast.parse(statement.source).body[0]
    assert isinstance(tree, ast.Assign) and isinstance(tree.value, (ast.List, ast.Tuple))
    items = [text_of(statement.source, e) for e in tree.value.elts]
    text = f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return Literal(f"tuple[{kind}, ...]", text, isinstance(node, ast.List))


def _common_type(values: Sequence[object]) -> str:
    kinds = {type(v) for v in values}
    if kinds == {int, float}:
        return "float"
    return kinds.pop().__name__ if len(kinds) == 1 and kinds < set(_SCALARS) else ""


def never_changes(story: Story, name: str) -> bool:
    """True when nothing that reads a list can change it, or tell it from another list with the same items."""
    return all(_leaves(story, node, parents) for node, parents in _reads(story, name))


def _reads(story: Story, name: str) -> Iterator[tuple[ast.Name, dict[int, ast.AST]]]:
    for statement in story.statements:
        if name in statement.names.uses | statement.names.late_uses:
            parents = parents_of(statement.node)
            for n in ast.walk(statement.node):
                if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load):
                    yield n, parents


def _leaves(story: Story, node: ast.Name, parents: dict[int, ast.AST]) -> bool:
    parent = parents.get(id(node))
    if isinstance(parent, ast.Compare):
        return not any(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops)
    if isinstance(parent, ast.Expr) or _names_columns(story, node, parents):
        return True
    return only_reads(node, parents)


def _names_columns(story: Story, node: ast.Name, parents: dict[int, ast.AST]) -> bool:
    """True where a list is given to a table as the names of columns; tables don't change such lists."""
    parent = parents.get(id(node))
    if isinstance(parent, ast.Subscript):
        return parent.slice is node
    if isinstance(parent, ast.keyword):
        call = parents.get(id(parent))
        return parent.arg in COLUMN_KEYWORDS and isinstance(call, ast.Call) and _is_library(story, call)
    if isinstance(parent, ast.Call):
        named = story.context.qualified(parent.func) in COLUMN_METHODS and _is_library(story, parent)
        return named and parent.args[:1] == [node]
    if isinstance(parent, ast.Tuple):  # ("scale", StandardScaler(), numeric)
        above = parents.get(id(parent))
        call = parents.get(id(above)) if isinstance(above, ast.List) else above
        return isinstance(call, ast.Call) and story.context.qualified(call.func) in COLUMN_TAKERS
    return False


def _is_library(story: Story, call: ast.Call) -> bool:
    name = story.context.qualified(call.func)
    return bool(name) and name.lstrip(".") not in story.context.methods
