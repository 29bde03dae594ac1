"""Runs in the notebook's kernel: calls handlers between top-level statements, and writes down what they see.

Standard library only. A mark says where: `{"kind": str, "cell": n, "line": of the source, "when": "before" | "after",
"id": int, "names": [...]}` with whatever else its handler needs. Other probes put a handler into `HANDLERS` under the
kind of their marks, and functions that finish their work into `FINISHERS`. Nothing here may change what a cell does or
shows: what is to be done after a cell's last statement waits for the end of the cell, since code behind a last
expression would take its display away.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CALL = "__nb2pkg_mark__"  # in builtins, where no notebook looks
HANDLERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {}
FINISHERS: list[Callable[[], None]] = []

_shell: Any = None
_marks: dict[int, dict[str, Any]] = {}  # by their position in the list
_out: Any = None
_failed: set[str] = set()


def start(config: dict[str, Any], shell: Any = None) -> None:
    """Set up the probe.

    Args:
        config: `out`, the file for reports; `marks`; `cells`, pairs of number and source in the order of their run.
        shell: IPython's; by default the one that runs. Without `cells` there is none.
    """
    global _out, _shell
    _out = open(config["out"], "ab", buffering=0)  # noqa: SIM115 - it stays open as long as the kernel runs
    _marks.update(enumerate(config.get("marks", ())))
    setattr(builtins, CALL, _hit)
    if "cells" in config:
        _shell = shell or get_ipython()  # type: ignore[name-defined]  # noqa: F821 - a name of every IPython cell
        tracker = _Tracker(config["cells"])
        _shell.events.register("pre_run_cell", tracker.begin)
        _shell.events.register("post_run_cell", tracker.end)
        _shell.ast_transformers.append(tracker)


def names() -> dict[str, Any]:
    """Return the notebook's names and values."""
    found: dict[str, Any] = _shell.user_ns
    return found


def finish() -> None:
    """Let the probes write what they still hold."""
    for finisher in FINISHERS:
        with _unseen("finish"):
            finisher()


def report(entry: dict[str, Any]) -> None:
    """Write down something that was seen, as one line of JSON."""
    if _out is not None:
        _out.write(json.dumps(entry, default=str).encode("utf-8", "backslashreplace") + b"\n")


def _hit(number: int) -> None:
    handle(_marks[number], _shell.user_ns)


def handle(mark: dict[str, Any], names: dict[str, Any]) -> None:
    """Call the handler of a mark; a handler that fails disturbs nothing, and is reported once a kind."""
    handler = HANDLERS.get(mark["kind"])
    if handler is None:
        return
    with _unseen(mark["kind"]):
        handler(mark, names)


@contextmanager
def _unseen(where: str) -> Iterator[None]:
    """Keep a failure of ours from the notebook; report it, once for each place."""
    try:
        yield
    except Exception:
        if where not in _failed:
            _failed.add(where)
            report({"kind": "failure", "where": where, "error": traceback.format_exc(limit=-3)})


class _Tracker:
    """Knows which cell runs, and inserts the calls: an entry of IPython's `ast_transformers`."""

    def __init__(self, cells: Any) -> None:
        self.cells = [(int(number), str(source)) for number, source in cells]
        self.position = 0
        self.depth = 0  # cells within a cell: %%capture, %run
        self.cell = 0  # that runs; 0 for one that is not the notebook's
        self.source: list[str] = []
        self.lines: dict[int, int] = {}  # line that IPython runs -> line of the source
        self.seen = False  # the cell's own code has been transformed
        self.waiting: list[int] = []  # marks for the end of the cell

    def begin(self, info: Any = None) -> None:
        self.depth += 1
        if self.depth == 1:
            with _unseen("cell"):
                self._begin(info)

    def _begin(self, info: Any) -> None:
        raw = getattr(info, "raw_cell", None) or ""
        self.cell, self.seen, self.waiting = 0, False, []
        found = next((i for i in range(self.position, len(self.cells)) if _same(self.cells[i][1], raw)), None)
        if found is None:
            return
        self.position = found + 1
        self.cell = self.cells[found][0]
        self.source = raw.split("\n")
        self.lines = _line_map(self.source, self._transformed(info, raw))

    def end(self, result: Any = None) -> None:
        self.depth = max(0, self.depth - 1)
        if self.depth or not self.cell:
            return
        if getattr(result, "success", True):
            for number in self.waiting:
                _hit(number)
        self.cell = 0

    def visit(self, tree: ast.AST) -> ast.AST:
        """Return code with calls between its statements; code that is no part of the cell stays as it is."""
        with _unseen("transform"):
            if self.cell and isinstance(tree, ast.Module):
                self._insert(tree)
        return tree

    def _transformed(self, info: Any, raw: str) -> list[str]:
        text = getattr(info, "transformed_cell", None)
        if text is None:
            text = _shell.input_transformer_manager.transform_cell(raw)
        return str(text).split("\n")

    def _insert(self, tree: ast.Module) -> None:
        if self.seen:  # the body of %%time or %%capture, whose lines are counted from below that line
            above = _magic_lines(self.source)
            lines = {n - above: n for n in range(above + 1, len(self.source) + 1)}
            if not above or self._is_other(tree, above):
                return
        else:
            lines = self.lines
            self.seen = True
        tree.body = [*self._with_calls(tree.body, lines)]

    def _is_other(self, tree: ast.Module, above: int) -> bool:
        """True for code that is not the rest of the cell: a line magic's, or that of a file."""
        ends = [getattr(node, "end_lineno", 0) or 0 for node in tree.body]
        return max(ends, default=0) > len(self.source) - above or "run_cell_magic" in ast.dump(tree)

    def _with_calls(self, body: list[ast.stmt], lines: dict[int, int]) -> Iterator[ast.stmt]:
        ahead = [number for number, mark in _marks.items() if mark["cell"] == self.cell]
        for position, node in enumerate(body):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            nodes_here = [n for n in body if n.lineno == node.lineno]
            mine = [n for n in ahead if _marks[n]["line"] == lines.get(first)]
            if len(nodes_here) > 1:  # several statements on a line: each takes those of its place among them
                place = nodes_here.index(node)
                mine = [n for n in mine if _marks[n].get("place", 0) == place]
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not future:
                yield from (_call(n, node) for n in mine if _marks[n]["when"] == "before")
            yield node
            after = [n for n in mine if _marks[n]["when"] == "after" or (future and _marks[n]["when"] == "before")]
            if position + 1 == len(body):
                self.waiting += after
            else:
                yield from (_call(n, node) for n in after)


def _same(source: str, raw: str) -> bool:
    return source == raw or source.strip() == raw.strip()


def _call(number: int, near: ast.stmt) -> ast.stmt:
    node = ast.Expr(ast.Call(ast.Name(CALL, ast.Load()), [ast.Constant(number)], []))
    for child in ast.walk(node):
        ast.copy_location(child, near)
    return node


def _magic_lines(source: list[str]) -> int:
    """Return how many lines stand above the body of a cell that begins with cell magics."""
    count = 0
    for line in source:
        if line.lstrip().startswith("%%") or (not line.strip()):
            count += 1
        else:
            break
    return count if any(line.lstrip().startswith("%%") for line in source[:count]) else 0


def _line_map(source: list[str], transformed: list[str]) -> dict[int, int]:
    """Return line that runs -> line of the source: IPython drops empty lines at the top and joins those of magics."""
    if len(source) == len(transformed) or transformed == [*source, ""]:
        return {n: n for n in range(1, len(source) + 1)}
    left, right = [line.strip() for line in source], [line.strip() for line in transformed]
    found: dict[int, int] = {}
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            found.update({j + 1: i1 + j - j1 + 1 for j in range(j1, j2) if i1 + j - j1 < i2})
    return found
