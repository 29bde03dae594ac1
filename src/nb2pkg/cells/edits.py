"""Finds the calls of IPython's shell in a tree and replaces them by what the table of magics says."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nb2pkg.cells.calls import Call, Lowered, Scene
from nb2pkg.cells.guards import guard_edits, is_shell, shell_attributes, shell_names
from nb2pkg.cells.magics import lower_magic
from nb2pkg.cells.names import names_within
from nb2pkg.cells.text import Edit, Positions, apply_edits, shift
from nb2pkg.errors import RefusedError

_METHODS = {"run_line_magic", "run_cell_magic", "magic", "system", "system_raw", "system_piped", "getoutput", "ex"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A call of the shell: its statement, and the block of statements that holds that."""

    node: ast.Call
    statement: ast.stmt
    block: tuple[ast.stmt, ...]
    top: ast.stmt  # the top-level statement around it

    @property
    def alone(self) -> bool:
        """Whether the call is the whole statement."""
        return isinstance(self.statement, ast.Expr) and self.statement.value is self.node


def lower_calls(
    text: str, tree: ast.Module, lines: tuple[int, ...], scene: Scene, lower_body: Callable[[str, int], Lowered]
) -> Lowered:
    """Return code with all that it asks of IPython's shell lowered.

    Args:
        text: code that parses.
        tree: its tree.
        lines: the source line of each of its lines.
        scene: what is known of the notebook.
        lower_body: lowers the body of a cell magic.

    Raises:
        RefusedError: something has no right conversion.
    """
    positions = Positions(text)
    own = shell_names(tree)
    aliases = own | scene.shells
    found = list(_calls(tree, aliases))
    results = [(item, _lowered(item, lines, scene, tree, lower_body)) for item in found]
    dropped = {id(item.statement) for item, result in results if item.alone and not result.python}
    edits = [_edit(item, result, text, positions, lines, tree, dropped) for item, result in results]
    interactivity = [item for item in map(_interactivity, tree.body) if item]
    edits += [_removed(node, positions, lines) for node, _ in interactivity]
    covered = [(edit.start, edit.end) for edit in edits]
    rest = [edit for edit in guard_edits(tree, positions, lines) if not _within(edit, covered)]
    shell_attributes(tree, aliases, [item.node for item in found], [node for node, _ in interactivity], lines, scene)
    edits += rest
    python, mapped = apply_edits(text, lines, edits)
    return Lowered(
        python,
        mapped,
        tuple(finding for _, result in results for finding in result.findings),
        tuple(item for _, result in results for item in result.requirements),
        tuple(item for _, result in results for item in result.system_packages),
        tuple(item for _, result in results for item in result.written),
        run=tuple(item for _, result in results for item in result.run),
        shells=own,
        interactivity=(
            [value for _, value in interactivity] + [r.interactivity for _, r in results if r.interactivity] + [""]
        )[0],
    )


def _within(edit: Edit, spans: list[tuple[int, int]]) -> bool:
    return any(start <= edit.start and edit.end <= end for start, end in spans)


def _calls(tree: ast.Module, aliases: frozenset[str]) -> Iterator[_Found]:
    for top in tree.body:
        yield from _in_block(tuple(tree.body), top, top, aliases)


def _in_block(
    block: tuple[ast.stmt, ...], statement: ast.stmt, top: ast.stmt, aliases: frozenset[str]
) -> Iterator[_Found]:
    for child in _expressions(statement):
        if not isinstance(child, ast.Call) or not isinstance(child.func, ast.Attribute):
            continue
        if child.func.attr in _METHODS and is_shell(child.func.value, aliases):
            yield _Found(child, statement, block, top)
    for inner in _blocks(statement):
        for child_statement in inner:
            yield from _in_block(inner, child_statement, top, aliases)


def _blocks(node: ast.AST) -> Iterator[tuple[ast.stmt, ...]]:
    """Yield the blocks of statements directly within a statement, those of its handlers and cases included."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield tuple(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, (ast.ExceptHandler, ast.match_case)):
                    yield from _blocks(item)


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement holds, without the statements within it."""
    stack: list[ast.AST] = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    while stack:
        node = stack.pop()
        yield node
        stack += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _lowered(
    item: _Found, lines: tuple[int, ...], scene: Scene, tree: ast.Module, lower_body: Callable[[str, int], Lowered]
) -> Lowered:
    number = lines[item.node.lineno - 1]
    method = item.node.func.attr if isinstance(item.node.func, ast.Attribute) else ""
    texts = [
        arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in item.node.args
    ]
    names = scene.bound | names_within(tree, item.top)
    if method in ("system", "system_raw", "system_piped", "getoutput"):
        name, line, body = ("sx" if method == "getoutput" else "!"), texts[0] if texts else None, None
        if line is None and item.node.args:
            helper = "__nb_shell_lines" if method == "getoutput" else "__nb_run_shell"
            return Lowered(f"{helper}({ast.unparse(item.node.args[0])})")
    elif method == "magic":
        whole = (texts[0] if texts else None) or ""
        name, _, line = whole.lstrip("%").partition(" ")
        body = None
    else:
        name = (texts[0] if texts else None) or ""
        line, body = (texts[1] if len(texts) > 1 else None), (
            texts[2] if method == "run_cell_magic" and len(texts) > 2 else None
        )
    if not name or line is None or method == "ex" or (method == "run_cell_magic" and body is None):
        raise RefusedError(
            f"the arguments of `{method}` are no literal texts",
            location=scene.at(number),
            why="Which magic runs is known only when it runs.",
            hint="write the magic itself",
        )
    return lower_magic(Call(name, line, body, scene, number, names, not item.alone, lower_body))


def _edit(
    item: _Found,
    result: Lowered,
    text: str,
    positions: Positions,
    lines: tuple[int, ...],
    tree: ast.Module,
    dropped: set[int],
) -> Edit:
    start, end = positions.span(item.statement if item.alone else item.node)
    before, after = positions.around(start, end, text)
    whole = not before.strip() and not after.split("#")[0].strip()
    own = result.lines or (lines[item.node.lineno - 1],) * (result.python.count("\n") + 1)
    python = result.python
    if not python:
        python = "" if item.alone and whole and not _needed(item, tree, dropped) else ("pass" if item.alone else "None")
    elif "\n" in python and before.strip() == "" and before:
        python = shift(python, before)[len(before) :]
    return Edit(start, end, python, own)


def _needed(item: _Found, tree: ast.Module, dropped: set[int]) -> bool:
    """Return whether a dropped statement leaves `pass`: its block would be empty, or the value above it be shown."""
    if item.statement is not item.top:
        return item.statement is item.block[-1] and all(id(statement) in dropped for statement in item.block)
    kept = [statement for statement in tree.body if id(statement) not in dropped]
    return item.statement is tree.body[-1] and bool(kept) and isinstance(kept[-1], ast.Expr)


def _interactivity(statement: ast.stmt) -> tuple[ast.stmt, str] | None:
    """Return a statement that sets which expressions of a cell are shown, with what it sets."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return None
    target, value = statement.targets[0], statement.value.value
    if isinstance(target, ast.Attribute) and target.attr == "ast_node_interactivity" and isinstance(value, str):
        return statement, value
    return None


def _removed(node: ast.stmt, positions: Positions, lines: tuple[int, ...]) -> Edit:
    start, end = positions.span(node)
    return Edit(start, end, "pass", (lines[node.lineno - 1],))
