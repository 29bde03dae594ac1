"""Edits of a statement's text: insertions at places that `ast` names; every other character stays as it is.

Why not a tree that is printed again: docs/decisions/0002-edits-by-position.md.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nb2pkg.cells.text import shift
from nb2pkg.errors import RefusedError
from nb2pkg.flow.scopes import (
    ComprehensionNode,
    FunctionNode,
    arguments_of,
    bound_names,
    target_names,
    type_parameters,
)
from nb2pkg.project.classes import Found
from nb2pkg.project.classes import reads_of_class as _outer_names

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
        replaced: names whose reads become a literal (`__name__`), where they mean the notebook's.
        variables: names that are locals of the function that the statement stands in; class bodies don't see them.
        bound: all names that the notebook binds.
        lazy_annotations: annotations are not evaluated.
        literals: statement, line and column of literals that become something else.
        statement: the statement that is edited.
    """

    lifted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    in_run: bool = False
    replaced: Mapping[str, str] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    lazy_annotations: bool = False
    literals: Mapping[tuple[int, int, int], str] = field(default_factory=dict)
    statement: int = -1


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
    node = tree.body[0]
    if show and isinstance(node, ast.Expr):
        _wrap(text, node, edits.helpers.get("__nb_show", "show"))
    return text.result()


def _wrap(text: _Text, node: ast.Expr, helper: str) -> None:
    start, end = text.start(node), text.end(node)
    inner = text.text[start:end]
    try:
        call = ast.parse(f"f({inner}\n)", mode="eval").body
        # `x,` and `*xs,` become one argument, but not the tuple that they are.
        single = isinstance(call, ast.Call) and [ast.dump(a) for a in call.args] == [ast.dump(node.value)]
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
        self.variables = edits.variables
        self.hidden: list[set[str]] = []  # names that the functions and comprehensions around the place bind
        self.owner: ast.ClassDef | None = None  # the innermost class around the place
        self.in_classes: dict[int, Found] = {}  # what reads in class bodies find, where the class binds the name too
        self.strings: list[ast.JoinedStr] = []  # the f-strings around the place

    def visit_Constant(self, node: ast.Constant | ast.UnaryOp | ast.List | ast.Tuple) -> None:
        new = self.edits.literals.get((self.edits.statement, node.lineno, node.col_offset))
        if new is not None and not self.strings:
            self.text.replace(self.text.start(node), self.text.end(node), new)
        else:
            self.generic_visit(node)

    visit_UnaryOp = visit_List = visit_Tuple = visit_Constant

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in self.edits.lifted:
            self.called.add(id(node.func))
            self._append_argument(node, self._passed(node.func.id))
        self.generic_visit(node)

    def _passed(self, function: str) -> str:
        return ", ".join(f"{n}={self.edits.replaced.get(n, n)}" for n in self.edits.lifted[function])

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
            new = self._read(node)
        if new is not None and new != node.id:
            self._put(node, new)

    def _read(self, node: ast.Name) -> str | None:
        """Return what a read becomes, if it does not stay as it is."""
        name, found = node.id, self.in_classes.get(id(node))
        if found is Found.OWN:
            return None
        if found is not None:
            return self._from_outside(name, found)
        if name in self.edits.lifted and id(node) not in self.called:
            return f"{self.edits.helpers.get('__nb_partial', 'partial')}({name}, {self._passed(name)})"
        return self.edits.replaced.get(name) if not any(name in names for names in self.hidden) else None

    def _from_outside(self, name: str, found: Found) -> str:
        """Return an expression that a class body finds the notebook's variable by, although it binds the name itself.

        Raises:
            RefusedError: nothing leads from there to the notebook's variable.
        """
        if name in self.edits.replaced:
            outer = self.edits.replaced[name]
        elif any(name in names for names in self.hidden):
            raise self._refused_class(name, "The function around it has that name too.")
        else:
            outer = f"(lambda: {name})()"  # functions look past the class body
        if found is Found.OUTER:
            return outer
        if "locals" in self.edits.bound or "locals" in self.text.text:
            raise self._refused_class(name, "Which of the two it reads would take `locals()`, which is bound anew.")
        return f'(locals()["{name}"] if "{name}" in locals() else {outer})'

    def _refused_class(self, name: str, why: str) -> RefusedError:
        return RefusedError(
            f"class `{self.owner.name if self.owner else ''}` binds `{name}` and reads the notebook's `{name}`",
            why=why,
            hint=f"give one of the two another name, such as `outer_{name}`",
        )

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        found = self.in_classes.get(id(node.target))
        if isinstance(node.target, ast.Name) and found in (Found.OUTER, Found.EITHER):
            if self.owner is not None and (self.owner.bases or self.owner.keywords):
                raise self._refused_class(node.target.id, "Its metaclass may not allow to bind a name twice.")
            start = self.text.start(node)
            self.text.replace(start, start, f"{node.target.id} = {self._from_outside(node.target.id, found)}; ")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.strings.append(node)
        self.generic_visit(node)
        self.strings.pop()

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        before = len(self.text.edits)
        self.visit(node.value)
        if len(self.text.edits) > before:
            self._spell_out(node.value)
        if node.format_spec is not None:
            self.visit(node.format_spec)

    def _spell_out(self, value: ast.expr) -> None:
        """Keep the text that `{value=}` shows, where the expression in it becomes another one."""
        source, start, end = self.text.text, self.text.start(value), self.text.end(value)
        opening, sign = re.search(r"\{[\s(]*$", source[:start]), re.match(r"[\s)]*(=\s*)", source[end:])
        if opening is None or sign is None:
            return
        shown = source[opening.start() + 1 : end + sign.end()]
        if "\\" in shown:
            raise RefusedError(f"`{{{shown}}}` in an f-string can't show its text", hint="write the text out")
        self.text.replace(opening.start(), opening.start(), shown.replace("{", "{{").replace("}", "}}"))
        plain = source[end + sign.end()] == "}"
        self.text.replace(end + sign.start(1), end + sign.end(), "!r" if plain else "")

    def _put(self, node: ast.Name, new: str) -> None:
        """Replace a name. Within an f-string the new text must not hold its quotes, as before Python 3.12.

        Raises:
            RefusedError: no quotes are left, or the name is not where `ast` says it is.
        """
        start, end = self.text.start(node), self.text.end(node)
        if self.strings:
            literal = self.text.text[self.text.start(self.strings[0]) : self.text.end(self.strings[0])]
            quote = next((q for q in ('"', "'") if q not in literal), "")
            quoted = '"' in new or "'" in new
            if self.text.text[start:end] != node.id or (quoted and not quote):
                raise RefusedError(
                    f"`{node.id}` stands in an f-string where nothing else can be put in its place",
                    why=f"It would have to be written {new}.",
                    hint="give the value a name before, and use that",
                )
            new = new.replace('"', quote).replace("'", quote) if quoted else new
        self.text.replace(start, end, new)

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
        start = self.text.start(node)
        if not self.depth:  # at a cell's top level it says nothing; in `run()` it would mean the module
            self.text.replace(start, self.text.end(node), "pass")
        elif self.edits.in_run:
            self.text.replace(start, start + len("global"), "nonlocal")

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        names = self.edits.lifted.get(node.name, ())
        lifted = bool(names) and self.depth == 0 and not self.edits.in_run
        if lifted:
            self._add_parameters(node, names)
        parameters = getattr(node, "type_params", [])  # Python 3.12
        self._visit_all([*node.decorator_list, *parameters, node.args, *([node.returns] if node.returns else [])])
        before, self.variables = self.variables, self.variables.union(names if lifted else ())
        self._visit_within(node.body, bound_names(node))
        self.variables = before

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self._visit_within([node.body], {a.arg for a in arguments_of(node.args)})

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *getattr(node, "type_params", []), *node.bases, *node.keywords])
        nearer = self.edits.bound.intersection(set().union(*self.hidden))  # the class does not mean these
        names = self.variables.union(self.edits.replaced, nearer)
        self.in_classes.update(_outer_names(node, names, lazy_annotations=self.edits.lazy_annotations))
        before, self.owner = self.owner, node
        self._visit_within(node.body, type_parameters(node))
        self.owner = before

    def _comprehension(self, node: ComprehensionNode) -> None:
        first = node.generators[0].iter
        self.visit(first)
        parts = [n for g in node.generators for n in (g.target, g.iter, *g.ifs) if n is not first]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.hidden.append(set().union(*(target_names(g.target) for g in node.generators)))
        self._visit_all(parts)
        self.hidden.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _visit_within(self, nodes: Iterable[ast.AST], names: set[str]) -> None:
        """Visit what stands in a function or class that hides names."""
        self.depth += 1
        self.hidden.append(names)
        self._visit_all(nodes)
        self.hidden.pop()
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
