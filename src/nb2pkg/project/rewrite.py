"""Edits of a statement's text: insertions at places that `ast` names; every other character stays as it is.

Why not a tree that is printed again: docs/decisions/0002-edits-by-position.md.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nb2pkg.cells.text import shift
from nb2pkg.flow.scopes import FunctionNode

_IPYTHON_DISPLAY = {"IPython.display", "IPython.core.display", "IPython.core.display_functions"}
_OUR_DISPLAY = {"display", "clear_output"}


@dataclass(frozen=True, slots=True)
class Edits:
    """What to change in the statements of one place.

    Args:
        lifted: functions that got parameters -> the parameters.
        helpers: placeholder or plain name -> the name that it has in the generated module.
        package: the generated package.
        in_run: the statement stands in `run()`: `global` becomes `nonlocal`.
        replaced: names whose reads become other text (`__name__`).
        local: the statement stands in a function, so class bodies don't see the names around them.
        variables: names that are locals of that function.
        printing: `print` is the builtin.
    """

    lifted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    in_run: bool = False
    replaced: Mapping[str, str] = field(default_factory=dict)
    local: bool = False
    variables: frozenset[str] = frozenset()
    printing: bool = True


class _Text:
    """A text with its line offsets; positions are those of `ast` (lines from 1, UTF-8 byte columns)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.edits: list[tuple[int, int, str]] = []

    def at(self, line: int, column: int) -> int:
        raw = self.lines[line - 1]
        if not raw.isascii():
            column = len(raw.encode("utf-8")[:column].decode("utf-8", "ignore"))
        return self.starts[line - 1] + column

    def start(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        return self.at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        return self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def replace(self, start: int, end: int, text: str) -> None:
        self.edits.append((start, end, text))

    def result(self) -> str:
        parts, position = [], 0
        for start, end, text in sorted(self.edits, key=lambda e: (e[0], e[1])):
            parts += [self.text[position:start], text]
            position = max(position, end)
        return "".join([*parts, self.text[position:]])


def rewrite(source: str, edits: Edits, *, show: bool = False) -> str:
    """Return a statement's text with the edits made.

    Args:
        source: the statement, as it stood at top level.
        edits: what to change.
        show: the statement is an expression whose value is shown.
    """
    tree = ast.parse(source)
    text = _Text(source)
    _Rewriter(text, edits).visit(tree)
    prefix = ""
    node = tree.body[0]
    if show and isinstance(node, ast.Expr):
        _wrap(text, node, edits.helpers.get("__nb_show", "show"))
    if edits.local and isinstance(node, ast.ClassDef):
        prefix = _outer_names(text, node, edits)
    return prefix + text.result()


def _wrap(text: _Text, node: ast.Expr, helper: str) -> None:
    start, end = text.start(node), text.end(node)
    inner = text.text[start:end]
    try:
        call = ast.parse(f"f({inner}\n)", mode="eval").body
        single = isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords
        single = single and not isinstance(call.args[0], (ast.Starred, ast.GeneratorExp))  # type: ignore[attr-defined]
    except SyntaxError:
        single = False
    text.replace(start, start, f"{helper}(" if single else f"{helper}((")
    text.replace(end, end, ")" if single else "))")


class _Rewriter(ast.NodeVisitor):
    def __init__(self, text: _Text, edits: Edits) -> None:
        self.text = text
        self.edits = edits
        self.depth = 0
        self.called: set[int] = set()

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in self.edits.lifted:
            self.called.add(id(node.func))
            self._append_argument(node, self._passed(node.func.id))
        self.generic_visit(node)

    def _passed(self, function: str) -> str:
        return ", ".join(f"{n}={n}" for n in self.edits.lifted[function])

    def _append_argument(self, node: ast.Call, added: str) -> None:
        close = self.text.end(node) - 1
        if not node.args and not node.keywords:
            self.text.replace(close, close, added)
            return
        last = max(
            [*node.args, *(k.value for k in node.keywords)], key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0)
        )
        if len(node.args) == 1 and not node.keywords and isinstance(last, ast.GeneratorExp):
            outer = self.text.start(last)
            if self.text.end(last) > close:  # f(x for x in y): the parentheses are the generator's too
                self.text.replace(outer, outer, "(")
                self.text.replace(close, close, f"), {added}")
                return
        comma = _ends_with_comma(self.text.text[self.text.end(last) : close])
        self.text.replace(close, close, added if comma else f", {added}")

    def visit_Name(self, node: ast.Name) -> None:
        new = self.edits.helpers.get(node.id)
        if new is None and isinstance(node.ctx, ast.Load):
            new = self.edits.replaced.get(node.id)
        if node.id in self.edits.lifted and isinstance(node.ctx, ast.Load) and id(node) not in self.called:
            partial = self.edits.helpers.get("__nb_partial", "partial")
            new = f"{partial}({node.id}, {self._passed(node.id)})"
        if new is not None and new != node.id:
            self.text.replace(self.text.start(node), self.text.end(node), new)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _OUR_DISPLAY and ast.unparse(node.value) in {"IPython.display", "IPython.core.display"}:
            helper = self.edits.helpers.get(f"__nb_{node.attr}", node.attr)
            self.text.replace(self.text.start(node), self.text.end(node), helper)
            return
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        ours = [a for a in node.names if a.name in _OUR_DISPLAY]
        if node.module not in _IPYTHON_DISPLAY or not ours:
            return
        theirs = [a for a in node.names if a.name not in _OUR_DISPLAY]
        lines = [f"from {self.edits.package}.display import {_aliases(ours)}"]
        lines += [f"from {node.module} import {_aliases(theirs)}"] if theirs else []
        self.text.replace(self.text.start(node), self.text.end(node), "; ".join(lines))

    def visit_Global(self, node: ast.Global) -> None:
        if self.edits.in_run and self.depth:
            start = self.text.start(node)
            self.text.replace(start, start + len("global"), "nonlocal")

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        names = self.edits.lifted.get(node.name, ())
        if names and self.depth == 0 and not self.edits.in_run:
            self._add_parameters(node, names)
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    def _add_parameters(self, node: FunctionNode, names: tuple[str, ...]) -> None:
        close, comma, empty = _parameter_end(self.text, node)
        starred = bool(node.args.vararg or node.args.kwonlyargs)
        added = ", ".join(names if starred else ("*", *names))
        self.text.replace(close, close, added if comma or empty else f", {added}")


def _aliases(names: list[ast.alias]) -> str:
    return ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in names)


def _ends_with_comma(text: str) -> bool:
    """True when the text between the last argument and the closing parenthesis holds a comma outside of comments."""
    return any("," in line.split("#")[0] for line in text.split("\n"))


def _parameter_end(text: _Text, node: FunctionNode) -> tuple[int, bool, bool]:
    """Return where the parameter list closes, whether it ends in a comma, and whether it is empty."""
    depth, opened, previous = 0, False, ""
    start = text.start(node)
    base_line, base = node.lineno, text.text[start:]
    for token in tokenize.generate_tokens(io.StringIO(base).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
            continue
        if token.string in "([{" and token.type == tokenize.OP:
            depth += 1
            opened = opened or token.string == "("
        elif token.string in ")]}" and token.type == tokenize.OP:
            depth -= 1
            if opened and depth == 0 and token.string == ")":
                line, column = token.start
                offset = (
                    text.starts[base_line - 1 + line - 1]
                    + column
                    + (start - text.starts[base_line - 1] if line == 1 else 0)
                )
                return offset, previous == ",", previous == "("
        previous = token.string
    raise ValueError("a function without a parameter list")


def _outer_names(text: _Text, node: ast.ClassDef, edits: Edits) -> str:
    """Rename what a class body reads of the function around it although it binds the same name: `rate = rate`."""
    bound: dict[str, tuple[int, int]] = {}
    for member in node.body:
        for n in ast.walk(member):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                bound.setdefault(n.id, (member.end_lineno or 0, member.end_col_offset or 0))
    found: set[str] = set()
    for member in node.body:
        if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for n in _class_level_reads(member):
            if n.id in bound and n.id in edits.variables and (n.lineno, n.col_offset) < bound[n.id]:
                text.replace(text.start(n), text.end(n), f"outer_{n.id}")
                found.add(n.id)
    return "".join(f"outer_{name} = {name}\n" for name in sorted(found))


def _class_level_reads(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names that a class body reads itself: not those of scopes nested in it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        yield from _class_level_reads(node.generators[0].iter)
        return
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _class_level_reads(child)


def qualify_class(source: str) -> str:
    """Return a class that is nested in `run()` with the qualified name that it had in the notebook."""
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.ClassDef):
        return source
    text = _Text(source)
    first = node.body[0]
    is_doc = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    line = f'__qualname__ = "{node.name}"'
    if is_doc:
        end = text.end(first)
        indent = " " * first.col_offset if first.lineno != node.lineno else ""
        text.replace(end, end, f"\n{indent}{line}" if indent else f"; {line}")
    else:
        start = text.start(_decorated_start(first))
        indent = (
            text.lines[_decorated_start(first).lineno - 1][: first.col_offset] if first.lineno != node.lineno else ""
        )
        text.replace(start, start, f"{line}\n{indent}" if first.lineno != node.lineno else f"{line}; ")
    return text.result()


def _decorated_start(node: ast.stmt) -> ast.stmt:
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return node
    place = ast.Pass(lineno=decorators[0].lineno, col_offset=node.col_offset)
    place.end_lineno, place.end_col_offset = place.lineno, place.col_offset
    return place


def indent(source: str, levels: int = 1) -> str:
    """Return code moved right; text in strings over several lines stays."""
    return shift(source, "    " * levels)


Rewrite = Callable[[str], str]
