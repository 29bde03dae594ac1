"""Anti-unification: walks several pieces of code side by side and notes the places at which they differ or name things.

What comes out is a list of slots. Which of them may become parameters is decided in `nb2pkg.plan.folding`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from nb2pkg.flow.strings import names_in_strings
from nb2pkg.plan.shapes import is_literal, is_module_path
from nb2pkg.plan.subjects import VAGUE, snake

_REPEATING = (ast.For, ast.AsyncFor, ast.While, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# What the first argument of a call is, by the call's last word.
_FIRST = {
    "title": "title", "set_title": "title", "suptitle": "title", "xlabel": "xlabel", "set_xlabel": "xlabel",
    "ylabel": "ylabel", "set_ylabel": "ylabel", "savefig": "path", "read_csv": "path", "read_excel": "path",
    "to_csv": "path", "read_json": "path", "open": "path", "print": "label", "range": "count", "groupby": "column",
    "sort_values": "column", "drop": "columns", "display": "value", "to_excel": "path",
    "get_dummies": "columns", "nlargest": "count", "head": "count",
}  # fmt: skip
_COLUMNS = frozenset({"x", "y", "hue", "by", "on", "column", "subset", "index"})


class Different(Exception):
    """The pieces of code can't be one."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the code: what stands there in each piece, and what is known of the place.

    Args:
        statement: number of the statement, from 0.
        nodes: what stands there, one a piece.
        word: what a parameter for it may be called.
        repeated: it may be evaluated more than once, or later.
    """

    statement: int
    nodes: tuple[ast.expr, ...]
    word: str = ""
    repeated: bool = False

    @property
    def names(self) -> bool:
        """True where all pieces have a name."""
        return all(isinstance(n, ast.Name) for n in self.nodes)


@dataclass(frozen=True, slots=True)
class _Place:
    statement: int = 0
    word: str = ""
    repeated: bool = False
    closed: bool = False  # nothing but names may differ here


class Aligner:
    """Walks one statement after the other.

    Args:
        imported: names of modules and of what is imported from them.
        known: names that strings may mean: `df.query("age > @limit")`.
    """

    def __init__(self, imported: Collection[str], known: Collection[str]) -> None:
        self.imported = imported
        self.known = known
        self.slots: list[Slot] = []
        self.fixed: set[str] = set()  # names that must stay as they are
        self.words: set[str] = set()  # names that strings may look up in the function

    def align(self, statements: Sequence[ast.stmt], number: int) -> None:
        """Note the slots of statements that stand at the same place of each piece.

        Raises:
            Different: they differ in more than names and values.
        """
        self._visit(statements, _Place(number))

    def _visit(self, nodes: Sequence[ast.AST], place: _Place) -> None:
        first = nodes[0]
        if all(isinstance(n, ast.Name) for n in nodes):
            if len({type(n.ctx) for n in nodes}) > 1:  # type: ignore[attr-defined]
                raise Different("a name is bound in one and read in another")
            self._note(nodes, place)
        elif self._differ_as_values(nodes):
            if place.closed:
                raise Different("a value differs where no name can stand")
            self._note(nodes, place)
        elif len({type(n) for n in nodes}) > 1:
            raise Different(f"`{_text(first)}` is another kind of code elsewhere")
        else:
            self._fields(nodes, place)

    def _differ_as_values(self, nodes: Sequence[ast.AST]) -> bool:
        if not all(isinstance(n, ast.Name) or is_literal(n) or is_module_path(n, self.imported) for n in nodes):
            return False
        if not all(isinstance(n.ctx, ast.Load) for n in nodes if isinstance(n, (ast.Name, ast.Tuple, ast.List))):
            return False
        return len({ast.dump(n) for n in nodes}) > 1

    def _note(self, nodes: Sequence[ast.AST], place: _Place) -> None:
        values = tuple(n for n in nodes if isinstance(n, ast.expr))
        self.slots.append(Slot(place.statement, values, place.word, place.repeated))

    def _fields(self, nodes: Sequence[ast.AST], place: _Place) -> None:
        first = nodes[0]
        self._fix(first)
        for field in first._fields:
            values = [getattr(n, field, None) for n in nodes]
            inner = self._inside(nodes, field, place)
            if isinstance(values[0], list):
                if len({len(v) for v in values if isinstance(v, list)}) > 1:
                    raise Different(f"`{_text(first)}` has more parts elsewhere")
                for number, items in enumerate(zip(*values, strict=True)):
                    self._value(items, replace(inner, word=_argument(nodes, field, number)))
            else:
                self._value(values, inner)

    def _value(self, values: Sequence[object], place: _Place) -> None:
        nodes = [v for v in values if isinstance(v, ast.AST)]
        if not nodes:
            if any(v != values[0] or type(v) is not type(values[0]) for v in values):
                raise Different(f"`{values[0]}` is `{next(v for v in values if v != values[0])}` elsewhere")
        elif len(nodes) < len(values):
            raise Different("one has a part that another lacks")
        else:
            self._visit(nodes, place)

    def _inside(self, nodes: Sequence[ast.AST], field: str, place: _Place) -> _Place:
        """Return what is known of a field's place."""
        node = nodes[0]
        closed = place.closed or field == "annotation"
        if isinstance(node, (ast.JoinedStr, ast.FormattedValue, ast.match_case)):
            closed = True
        elif isinstance(node, ast.Expr):
            closed = closed or isinstance(node.value, ast.Constant)
        elif isinstance(node, ast.Call):
            closed = self._reads_names(nodes) or closed
        repeated = place.repeated or isinstance(node, (*_REPEATING, *_COMPREHENSIONS))
        return _Place(place.statement, _word(nodes, field), repeated, closed)

    def _reads_names(self, nodes: Sequence[ast.AST]) -> bool:
        """True when strings of a call may look up names of the notebook; what they mention is noted."""
        found: set[str] = set().union(*(names_in_strings(n) for n in nodes if isinstance(n, ast.Call)))
        self.words |= found
        read = found.intersection(self.known)
        self.fixed |= read
        return bool(read) or any(isinstance(n, ast.Call) and _last(n.func) in {"eval", "evaluate"} for n in nodes)

    def _fix(self, node: ast.AST) -> None:
        """Note a name that is not written as one: of a function, a parameter, an exception."""
        if isinstance(node, ast.arg):
            self.fixed.add(node.arg)
        elif isinstance(node, ast.alias):
            self.fixed.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            self.fixed.add(node.name or "")
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.fixed |= set(node.names)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)):
            self.fixed.add(node.name or "")
        elif isinstance(node, ast.MatchMapping):
            self.fixed.add(node.rest or "")


def _text(node: ast.AST) -> str:
    return ast.unparse(node)[:60] if isinstance(node, (ast.expr, ast.stmt)) else type(node).__name__


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _word(nodes: Sequence[ast.AST], field: str) -> str:
    """Return what a value at this place is, as far as the place says."""
    node = nodes[0]
    if isinstance(node, ast.keyword) and node.arg:
        if node.arg in _COLUMNS and all(_is_text(n.value) for n in nodes if isinstance(n, ast.keyword)):
            return "column"
        return node.arg if node.arg.lower() not in VAGUE else ""
    if isinstance(node, ast.Subscript) and field == "slice":
        return "column" if all(_is_text(n.slice) for n in nodes if isinstance(n, ast.Subscript)) else "index"
    if isinstance(node, ast.Call) and field == "func":
        return "function"
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Mult):
        return "factor"
    return "threshold" if isinstance(node, ast.Compare) else ""


def _argument(nodes: Sequence[ast.AST], field: str, number: int) -> str:
    """Return what an item of a list of nodes is: the first argument of `plt.title` is a title."""
    node = nodes[0]
    if isinstance(node, ast.Call) and field == "args" and number == 0:
        return _FIRST.get(_last(node.func), "")
    return _compared(node) if isinstance(node, ast.Compare) else ""


def _compared(node: ast.Compare) -> str:
    """Return what something is compared with: `color` in `wines["color"] == "red"`."""
    left = node.left
    if not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return "threshold"
    if isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant):
        return snake(str(left.slice.value))
    return left.attr if isinstance(left, ast.Attribute) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
