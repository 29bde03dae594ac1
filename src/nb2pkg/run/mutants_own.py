"""Slips of data work that mutation libraries don't know: a wrong column, axis, split or end of a range, a lost line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

# Keywords whose texts are names of columns.
_COLUMN_KEYWORDS = frozenset({"by", "columns", "id_vars", "index", "left_on", "on", "right_on", "subset", "value_vars"})
_COLUMN_KEYWORDS |= {"values", "x", "y", "hue"}
_SPLITS = (("train", "test"), ("test", "train"), ("valid", "train"), ("val", "train"))


@dataclass(frozen=True, slots=True)
class Slip:
    """A node, and what stands there by mistake."""

    node: cst.CSTNode
    mutated: cst.CSTNode
    operator: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a module speaks of: the columns, and the names that a slip could take for another."""

    columns: tuple[str, ...]
    names: frozenset[str]

    @staticmethod
    def of(module: cst.Module) -> Surroundings:
        """Read a module."""
        collector = _Collector()
        module.visit(collector)
        return Surroundings(tuple(sorted(collector.columns)), frozenset(collector.names))


class _Collector(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.columns: set[str] = set()
        self.names: set[str] = set()

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.columns |= {value for text in column_texts(node) if (value := _text_of(text))}

    def visit_Arg(self, node: cst.Arg) -> None:
        self.columns |= {value for text in column_texts(node) if (value := _text_of(text))}

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)


def column_texts(node: cst.Subscript | cst.Arg) -> list[cst.SimpleString]:
    """Return the texts that name columns in `df["a"]`, `df[["a", "b"]]`, `df.loc[rows, "a"]` or `subset=["a"]`."""
    if isinstance(node, cst.Arg):
        named = node.keyword is not None and node.keyword.value in _COLUMN_KEYWORDS
        return _texts(node.value) if named else []
    values = [element.slice.value for element in node.slice if isinstance(element.slice, cst.Index)]
    return [text for value in values for text in _texts(value)]


def _texts(value: cst.BaseExpression) -> list[cst.SimpleString]:
    elements = [e.value for e in value.elements] if isinstance(value, cst.List | cst.Tuple) else [value]
    return [element for element in elements if isinstance(element, cst.SimpleString)]


def _text_of(node: cst.SimpleString) -> str:
    value = node.evaluated_value
    return value if isinstance(value, str) else ""


def other_column(node: cst.Subscript | cst.Arg, path: Sequence[cst.CSTNode], around: Surroundings) -> Iterator[Slip]:
    """Take another column of the module: `df["price"]` → `df["size"]`."""
    for text in column_texts(node):
        value = _text_of(text)
        if value and len(around.columns) > 1 and value in around.columns:
            other = around.columns[(around.columns.index(value) + 1) % len(around.columns)]
            yield Slip(
                text, text.with_changes(value=f"{text.quote}{_escaped(other, text.quote)}{text.quote}"), "column"
            )


def _escaped(value: str, quote: str) -> str:
    return value.replace("\\", "\\\\").replace(quote[0], f"\\{quote[0]}").replace("\n", "\\n")


def other_axis(node: cst.Arg, path: Sequence[cst.CSTNode], around: Surroundings) -> Iterator[Slip]:
    """Go along the other axis: `axis=1` → `axis=0`."""
    if node.keyword is None or node.keyword.value != "axis":
        return
    swapped = {"0": "1", "1": "0", "-1": "0", '"columns"': '"index"', "'columns'": "'index'"}
    swapped |= {'"index"': '"columns"', "'index'": "'columns'"}
    code = cst.Module([]).code_for_node(node.value)
    if code in swapped:
        yield Slip(node, node.with_changes(value=cst.parse_expression(swapped[code])), "axis")


def other_split(node: cst.Name | cst.Attribute, path: Sequence[cst.CSTNode], around: Surroundings) -> Iterator[Slip]:
    """Take the other part of a split: `X_train` → `X_test`, where the module has both."""
    name = node if isinstance(node, cst.Name) else node.attr
    if isinstance(node, cst.Name) and not _is_read(node, path):
        return
    if isinstance(node, cst.Attribute) and _is_target(path):
        return
    for part, other in _SPLITS:
        swapped = re.sub(rf"(?<![a-z]){part}(?![a-z])", other, name.value)
        if swapped != name.value and swapped in around.names:
            yield Slip(name, name.with_changes(value=swapped), "split")
            return


def _is_read(node: cst.Name, path: Sequence[cst.CSTNode]) -> bool:
    above = path[-2] if len(path) > 1 else None
    if isinstance(above, cst.Attribute):
        return above.value is node and not _is_target(path)
    if isinstance(above, cst.Arg):
        return above.value is node
    if isinstance(above, cst.Param | cst.FunctionDef | cst.ClassDef | cst.AsName | cst.NameItem):
        return False
    return not _is_target(path)


def _is_target(path: Sequence[cst.CSTNode]) -> bool:
    kinds = (cst.AssignTarget, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.CompFor)
    above = next((n for n in reversed(path) if isinstance(n, kinds)), None)
    below = path[path.index(above) + 1] if above is not None and path[-1] is not above else None
    targets = (cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.Del)
    return isinstance(above, cst.AssignTarget) or (isinstance(above, targets) and getattr(above, "target", 0) is below)


def off_by_one(node: cst.Call | cst.Slice, path: Sequence[cst.CSTNode], around: Surroundings) -> Iterator[Slip]:
    """End a range or a slice one earlier: `range(n)` → `range(n - 1)`."""
    if isinstance(node, cst.Slice):
        bounds = [bound for bound in (node.lower, node.upper) if bound is not None]
    elif (
        isinstance(node.func, cst.Name)
        and node.func.value == "range"
        and not any(a.star or a.keyword for a in node.args)
    ):
        bounds = [arg.value for arg in node.args[:2]]
    else:
        return
    for bound in bounds:
        yield Slip(bound, _one_less(bound), "off_by_one")


def _one_less(bound: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(bound, cst.Integer):
        value = bound.evaluated_value - 1
        return cst.parse_expression(str(value))
    left = bound if bound.lpar or isinstance(bound, cst.Name | cst.Attribute | cst.Call | cst.Subscript) else None
    left = left or bound.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.BinaryOperation(left, cst.Subtract(), cst.Integer("1"))


def lost_statement(node: cst.BaseSmallStatement, path: Sequence[cst.CSTNode], around: Surroundings) -> Iterator[Slip]:
    """Lose a line: a call made for its effect, a column or an item set, a name bound anew."""
    if isinstance(node, cst.Expr):
        lost = isinstance(node.value, cst.Call | cst.Await)
    elif isinstance(node, cst.AugAssign | cst.Del):
        lost = True
    else:
        lost = isinstance(node, cst.Assign) and all(_is_kept_anyway(t.target, node, path) for t in node.targets)
    if lost:
        yield Slip(node, cst.Pass(), "lost_statement")


def _is_kept_anyway(target: cst.BaseExpression, node: cst.Assign, path: Sequence[cst.CSTNode]) -> bool:
    """Say whether what an assignment sets is there without it: else its loss is a NameError, which proves nothing."""
    if isinstance(target, cst.Subscript | cst.Attribute):
        return True
    if isinstance(target, cst.Name):
        reader = _Reads(target.value)
        node.value.visit(reader)
        return reader.found
    return False


class _Reads(cst.CSTVisitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.found = False

    def visit_Name(self, node: cst.Name) -> None:
        self.found = self.found or node.value == self.name


_Operator = Callable[[Any, Sequence[cst.CSTNode], Surroundings], Iterable[Slip]]

# Which nodes -> the slip.
OWN_OPERATORS: tuple[tuple[tuple[type[cst.CSTNode], ...], _Operator], ...] = (
    ((cst.Subscript, cst.Arg), other_column),
    ((cst.Arg,), other_axis),
    ((cst.Name, cst.Attribute), other_split),
    ((cst.Call, cst.Slice), off_by_one),
    ((cst.BaseSmallStatement,), lost_statement),
)
