"""A module's mutants: the operators of mutmut, and the slips of data work that it lacks.

Only code below functions, and the values that classes and modules begin with, are mutated: no docstring, no import, no
annotation, no decorator. A mutant is a cut in the text, so that all else stays as it is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from nb2pkg.run.mutants_own import OWN_OPERATORS, Slip, Surroundings

Group = Literal["library", "ours"]
# mutmut leaves these calls alone: what they ask is seldom what a test is about.
_UNTOUCHED_CALLS = frozenset({"len", "isinstance"})
_NOT_CODE = (cst.Import, cst.ImportFrom, cst.Annotation, cst.Decorator, cst.Global, cst.Nonlocal)
_GLANCE = 50  # characters of code that are read at a glance


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to a module.

    Attributes:
        file: path below the project.
        function: `name` or `Class.name`; empty for what stands outside of functions.
        line, last: the lines of the statement (of a compound one: of its head).
        at: line where the change begins.
        operator: which kind of change.
        group: whose operator: the library's or ours.
        start, end, new: the cut: text[start:end] becomes `new`.
        shown: begin and end of the code around the cut that a reader needs; it may be the whole statement.
    """

    file: str
    function: str
    line: int
    last: int
    at: int
    operator: str
    group: Group
    start: int
    end: int
    new: str
    shown: tuple[int, int]

    def applied(self, text: str) -> str:
        """Return the mutated module."""
        return text[: self.start] + self.new + text[self.end :]


def mutants_of(text: str, file: str) -> list[Mutant]:
    """Return the mutants of a module, in the order of the text; none that wouldn't compile or changes nothing."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    visitor = _Visitor(text, file, wrapper)
    wrapper.module.visit(visitor)
    original = ast.dump(ast.parse(text))
    found: dict[str, Mutant] = {}
    for mutant in sorted(visitor.found, key=lambda m: (m.group != "library", m.start, m.end, m.new)):
        mutated = mutant.applied(text)
        if mutated not in found and _differs(mutated, original):
            found[mutated] = mutant
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.new))


def _differs(mutated: str, original: str) -> bool:
    try:
        compile(mutated, "<mutant>", "exec", dont_inherit=True)
        return ast.dump(ast.parse(mutated)) != original
    except (SyntaxError, ValueError):
        return False


class _Visitor(cst.CSTVisitor):
    """Collects the mutants of a module; a class only because LibCST's visitors are."""

    def __init__(self, text: str, file: str, wrapper: MetadataWrapper) -> None:
        super().__init__()
        self.text = text
        self.file = file
        self.module = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)
        self.lines = _line_starts(text)
        self.surroundings = Surroundings.of(wrapper.module)
        self.path: list[cst.CSTNode] = []
        self.found: list[Mutant] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._is_left_alone(node):
            return False
        self.path.append(node)
        for mutated, name in _of_library(node):
            self._add(node, mutated, name, "library")
        for slip in _of_ours(node, self.path, self.surroundings):
            self._add(slip.node, slip.mutated, slip.operator, "ours")
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self.path and self.path[-1] is original_node:
            self.path.pop()

    def _is_left_alone(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _NOT_CODE):
            return True
        if isinstance(node, cst.Expr):
            return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
            return node.func.value in _UNTOUCHED_CALLS
        # A default is computed when its function is defined: only a plain value can be changed without an error there.
        simple = (cst.Name, cst.BaseNumber, cst.BaseString)
        return isinstance(node, cst.Param) and node.default is not None and not isinstance(node.default, simple)

    def _add(self, node: cst.CSTNode, mutated: cst.CSTNode, operator: str, group: Group) -> None:
        cut = self._cut(node, mutated)
        place = self._statement()
        if cut is None or place is None:
            return
        start, end, new = cut
        at = self.text.count("\n", 0, start) + 1
        function = self._function()
        shown = self._shown(start, end)
        self.found.append(Mutant(self.file, function, *place, at, operator, group, start, end, new, shown))

    def _shown(self, start: int, end: int) -> tuple[int, int]:
        """Return the widest code around a cut that still reads at a glance, or the cut itself."""
        blocks = (cst.Module, cst.BaseSuite, cst.BaseCompoundStatement)
        for node in self.path:
            span = None if isinstance(node, blocks) else self._span(node)
            if span is not None and span[0] <= start and end <= span[1] and span[1] - span[0] <= _GLANCE:
                return span
        return start, end

    def _span(self, node: cst.CSTNode) -> tuple[int, int] | None:
        position = self.positions.get(node)
        if not isinstance(position, CodeRange):
            return None
        begin, end = position.start, position.end
        return self.lines[begin.line - 1] + begin.column, self.lines[end.line - 1] + end.column

    def _cut(self, node: cst.CSTNode, mutated: cst.CSTNode) -> tuple[int, int, str] | None:
        span = self._span(node)
        if span is not None and self.text[slice(*span)] == self.module.code_for_node(node):
            return _shortened(self.text, *span, self.module.code_for_node(mutated))
        # Operators are written with the space around them, and their position is without.
        whole = self.module.deep_replace(node, mutated)
        return _shortened(self.text, 0, len(self.text), whole.code) if isinstance(whole, cst.Module) else None

    def _statement(self) -> tuple[int, int] | None:
        """Return the first and last line of the innermost statement, up to the body of a compound one.

        For a parameter they are those of its function: what the head says shows where the body runs.
        """
        kinds = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.ExceptHandler, cst.MatchCase)
        node = next((n for n in reversed(self.path) if isinstance(n, kinds)), None)
        position = self.positions.get(node) if node is not None else None
        if not isinstance(position, CodeRange):
            return None
        body = getattr(node, "body", None)
        body = None if isinstance(node, cst.FunctionDef) else body
        head_end = self.positions.get(body) if isinstance(body, cst.BaseSuite) else None
        last = head_end.start.line if isinstance(head_end, CodeRange) else position.end.line
        return position.start.line, max(position.start.line, last)

    def _function(self) -> str:
        names = []
        for node in self.path:
            if isinstance(node, cst.ClassDef | cst.FunctionDef):
                names.append(node.name.value)
            if isinstance(node, cst.FunctionDef):
                return ".".join(names)
        return ""


def _of_library(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, str]]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            name = getattr(operator, "__name__", "operator").removeprefix("operator_")
            for mutated in operator(node):
                yield mutated, name


def _of_ours(node: cst.CSTNode, path: list[cst.CSTNode], around: Surroundings) -> Iterable[Slip]:
    for kinds, operator in OWN_OPERATORS:
        if isinstance(node, kinds):
            yield from operator(node, path, around)


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _shortened(text: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """Return a cut without the lines at its ends that stay as they are: reports show what is left."""
    old_lines, new_lines = text[start:end].splitlines(keepends=True), new.splitlines(keepends=True)
    while len(old_lines) > 1 and len(new_lines) > 1 and old_lines[0] == new_lines[0]:
        start += len(old_lines.pop(0))
        new_lines.pop(0)
    while len(old_lines) > 1 and len(new_lines) > 1 and old_lines[-1] == new_lines[-1]:
        end -= len(old_lines.pop())
        new_lines.pop()
    return start, end, "".join(new_lines)
