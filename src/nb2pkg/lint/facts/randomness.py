"""The order in which a notebook's calls first run, and which of them seed a generator of random numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from nb2pkg.lint.notebook import FUNCTIONS, Call, Notebook
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

EVERY = frozenset({"random", "numpy", "torch", "tensorflow"})
# Calls that seed one generator; other calls with `seed` in their name are taken to seed them all.
_SEEDS = {
    "random.seed": "random",
    "random.setstate": "random",
    "numpy.random.seed": "numpy",
    "numpy.random.set_state": "numpy",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
    "torch.cuda.manual_seed": "torch",
    "torch.cuda.manual_seed_all": "torch",
    "torch.set_rng_state": "torch",
    "tensorflow.random.set_seed": "tensorflow",
    "tensorflow.set_random_seed": "tensorflow",
    "tensorflow.compat.v1.set_random_seed": "tensorflow",
    "tensorflow.compat.v1.random.set_random_seed": "tensorflow",
    "tensorflow.random.set_random_seed": "tensorflow",
}
_STARTING = ("__init__", "__new__", "__post_init__")


class Run(NamedTuple):
    """A call in the order in which the notebook runs it first.

    Args:
        call: it.
        at: the top-level statement that is running then; for a function that is never called, that of its `def`.
        reached: it surely or probably runs; False in functions that nobody calls.
        text: no call, but the source of a cell that can't be read as Python.
    """

    call: Call | None
    at: int
    reached: bool = True
    text: str = ""


def seeded_by(run: Run) -> frozenset[str]:
    """Return the generators that a call seeds, of `EVERY`; what can't be read but speaks of seeds seeds them all."""
    if run.call is None:
        return EVERY if "seed" in run.text.lower() else frozenset()
    name, node = run.call.name, run.call.node
    if name in _SEEDS:
        fixed = bool(node.args or node.keywords) and not (
            node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value is None
        )
        return frozenset({_SEEDS[name]}) if fixed else frozenset()
    called = name or (node.func.id if isinstance(node.func, ast.Name) else "")
    last = called.rpartition(".")[2].lower()
    if (
        "seed" not in last
        or called in {".seed", ".manual_seed"}
        or last in {"seedsequence", "initial_seed", "get_seed"}
    ):
        return frozenset()
    return EVERY


@lru_cache(maxsize=1)  # two rules ask for it, one after the other
def runs(notebook: Notebook) -> tuple[Run, ...]:
    """Return all calls of a notebook in the order in which they first run; those of uncalled functions come last.

    A function runs where its name is first read at top level or in a function that runs, a method where an attribute of
    its name is called: which is where it may run at the earliest.
    """
    return tuple(_Order(notebook).all())


class _Order:
    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.functions: dict[str, list[Any]] = {}  # by the name that is read to get at them
        self.methods: dict[str, list[Any]] = {}
        self.steps: dict[Any, list[tuple[tuple[int, int], Any]]] = {}  # by statement index or function
        self.done: set[Any] = set()
        self._name_functions()
        self._collect()

    def _name_functions(self) -> None:
        for kind in FUNCTIONS:
            for node, _statement, _function in self.notebook.find(kind):
                above = self.notebook.parent(node)
                if isinstance(above, ast.ClassDef):
                    self.methods.setdefault(node.name, []).append(node)
                    if node.name in _STARTING:
                        self.functions.setdefault(above.name, []).append(node)
                else:
                    self.functions.setdefault(node.name, []).append(node)
        for node, _statement, _function in self.notebook.find(ast.Lambda):
            above = self.notebook.parent(node)
            if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Name):
                self.functions.setdefault(above.targets[0].id, []).append(node)

    def _collect(self) -> None:
        named = {id(f) for functions in self.functions.values() for f in functions}
        for call in self.notebook.calls:
            self._step(call.function if call.function is not None else call.statement.index, call.node, call)
        for node, statement, function in self.notebook.find(ast.Name):
            if node.id in self.functions and isinstance(node.ctx, ast.Load):
                self._step(function if function is not None else statement.index, node, node.id)
        for node, statement, function in self.notebook.find(ast.Lambda):
            if id(node) not in named:
                self._step(function if function is not None else statement.index, node, node)

    def _step(self, owner: Any, node: Any, what: Any) -> None:
        self.steps.setdefault(owner, []).append(((node.lineno, node.col_offset), what))

    def all(self) -> Iterator[Run]:
        statements = self.notebook.statements
        by_cell: dict[int, list[int]] = {}
        for statement in statements:
            by_cell.setdefault(statement.cell.number, []).append(statement.index)
        index = 0
        for number, code in self.notebook.codes.items():
            cell = self.notebook.cells[number - 1]
            if code.tree is None or (not by_cell.get(number) and code.escapes):
                yield Run(None, index, text=cell.source)
            elif code.escapes:
                yield from (Run(None, index, text=e.argument) for e in code.escapes if e.kind == "%" and e.argument)
            for index in by_cell.get(number, ()):
                yield from self._within(index, index)
        for function in (*self.notebook.find(ast.FunctionDef), *self.notebook.find(ast.AsyncFunctionDef)):
            if function.node not in self.done:
                self.done.add(function.node)
                yield from (r._replace(reached=False) for r in self._within(function.node, function.statement.index))

    def _within(self, owner: Any, index: int) -> Iterator[Run]:
        """Yield the calls of a statement or a function, with those of the functions that it runs first."""
        stack = [iter(self._sorted(owner))]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                continue
            if isinstance(step, Call):
                yield Run(step, index)
            for function in self._started(step, index):
                self.done.add(function)
                stack.append(iter(self._sorted(function)))

    def _sorted(self, owner: Any) -> Sequence[Any]:
        return [what for _, what in sorted(self.steps.get(owner, ()), key=lambda step: step[0])]

    def _started(self, step: Any, index: int) -> list[Any]:
        """Return the functions that a step runs for the first time, the last first."""
        if isinstance(step, Call):
            name = step.node.func.attr if isinstance(step.node.func, ast.Attribute) else ""
            found = self.methods.get(name, []) if name not in _STARTING else []
        elif isinstance(step, str):
            found = self.functions[step]
        else:
            found = [step]
        fresh = [f for f in found if f not in self.done]
        return list(reversed(fresh))
