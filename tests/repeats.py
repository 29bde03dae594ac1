"""How often notebooks say something again, and their packages: `python tests/repeats.py NOTEBOOK_OR_FOLDER...`.

Counts groups of near-duplicates: runs of three or more statements that are equal when their names are exchanged one to
one and at most three values differ. Functions and classes that the notebook itself defines are left out on both sides.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nb2pkg.errors import Nb2pkgError
from nb2pkg.model import Flow, Project
from nb2pkg.pipeline import flow_and_project
from nb2pkg.plan.stages import STAGES

SHORTEST = 3  # statements of a run
MOST_VALUES = 3
_APART = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Copy:
    """A run of statements: where it stands in its sequence."""

    sequence: int
    first: int
    last: int


def normal(statements: Sequence[ast.stmt]) -> tuple[str, list[str]]:
    """Return code with numbers for its names, and the values in it one by one."""
    numbers: dict[str, int] = {}
    values: list[str] = []

    def text(node: object) -> str:
        if isinstance(node, ast.Name):
            return f"#{numbers.setdefault(node.id, len(numbers))}"
        if isinstance(node, ast.Constant):
            values.append(repr(node.value))
            return "_"
        if isinstance(node, ast.AST):
            fields = ",".join(text(value) for name, value in ast.iter_fields(node) if name != "kind")
            return f"{type(node).__name__}({fields})"
        return "[" + ",".join(map(text, node)) + "]" if isinstance(node, list) else repr(node)

    return ";".join(map(text, statements)), values


def near(first: Sequence[ast.stmt], second: Sequence[ast.stmt]) -> bool:
    """Tell whether two runs are near-duplicates."""
    (shape, values), (other_shape, others) = normal(first), normal(second)
    return shape == other_shape and len({p for p in zip(values, others, strict=True) if p[0] != p[1]}) <= MOST_VALUES


def groups(sequences: Sequence[Sequence[ast.stmt]]) -> list[list[Copy]]:
    """Return groups of near-duplicates that do not overlap, the longest run from each place."""
    windows: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, sequence in enumerate(sequences):
        for start in range(len(sequence) - SHORTEST + 1):
            window = sequence[start : start + SHORTEST]
            if not any(isinstance(s, _APART) for s in window) and not all(map(_is_slight, window)):
                windows[normal(window)[0]].append((number, start))
    used: set[tuple[int, int]] = set()
    found = []
    for number, sequence in enumerate(sequences):
        for start in range(len(sequence) - SHORTEST + 1):
            starts = windows.get(normal(sequence[start : start + SHORTEST])[0], [])
            starts = starts if len(starts) > 1 else []
            group = _group(sequences, (number, start), [s for s in starts if s > (number, start)], used)
            if len(group) > 1:
                found.append(group)
                used |= {(c.sequence, p) for c in group for p in range(c.first, c.last + 1)}
    return found


def _group(
    sequences: Sequence[Sequence[ast.stmt]],
    here: tuple[int, int],
    others: Sequence[tuple[int, int]],
    used: set[tuple[int, int]],
) -> list[Copy]:
    number, start = here
    copies = [Copy(number, start, start + SHORTEST - 1)]
    if _is_used(copies[0], used):
        return []
    window = sequences[number][start : start + SHORTEST]
    for other, first in others:
        copy = Copy(other, first, first + SHORTEST - 1)
        apart = all(copy.sequence != c.sequence or copy.first > c.last for c in copies)
        if apart and not _is_used(copy, used) and near(window, sequences[other][first : first + SHORTEST]):
            copies.append(copy)
    while len(copies) > 1:
        longer = [Copy(c.sequence, c.first, c.last + 1) for c in copies]
        runs = [sequences[c.sequence][c.first : c.last + 1] for c in longer]
        overlap = any(a.sequence == b.sequence and a.last >= b.first for a, b in pairwise(longer))
        whole = all(len(r) == c.last - c.first + 1 for r, c in zip(runs, longer, strict=True))
        if overlap or not whole or any(_is_used(c, used) for c in longer):
            break
        if not all(near(runs[0], run) for run in runs[1:]) or isinstance(runs[0][-1], _APART):
            break
        copies = longer
    return copies


def _is_used(copy: Copy, used: set[tuple[int, int]]) -> bool:
    return any((copy.sequence, p) in used for p in range(copy.first, copy.last + 1))


def _is_slight(node: ast.stmt) -> bool:
    """True for a look at something, for a name given to a value, and for a call of the package's own functions."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return getattr(value.func.value, "id", "").removesuffix("_steps") in STAGES
    if isinstance(node, ast.Expr):
        return not isinstance(value, ast.Call) or getattr(value.func, "id", "") in {"print", "display", "show"}
    return isinstance(node, ast.Assign) and isinstance(value, (ast.Constant, ast.Name))


def notebook_code(flow: Flow) -> list[list[ast.stmt]]:
    """Return the notebook's statements as one sequence."""
    return [[s.node for s in flow.statements]]


def package_code(flow: Flow, project: Project) -> Iterator[list[ast.stmt]]:
    """Yield the bodies of the package's functions, but for those that the notebook defines.

    What a notebook has no statements for is left out: `return`, and the showing of figures after a cell.
    """
    own = {s.node.name for s in flow.statements if isinstance(s.node, (ast.FunctionDef, ast.ClassDef))}
    modules = {f"src/{project.package}/{u.module}.py" for u in project.plan.units} | {
        f"src/{project.package}/pipeline.py"
    }
    for name in sorted(modules & project.files.keys()):
        for node in ast.parse(project.files[name]).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in own:
                yield [s for s in node.body[1:] if not isinstance(s, ast.Return) and not _shows_figures(s)]


def _shows_figures(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node) == "show_figures()"


def measure(path: Path) -> tuple[list[str], list[str]] | None:
    """Return the first lines of the groups in a notebook, and of those in its package; None where it is refused."""
    try:
        flow, project = flow_and_project(path)
    except Nb2pkgError:
        return None
    if project.plan.script:
        return None
    return _lines(notebook_code(flow)), _lines(list(package_code(flow, project)))


def _lines(sequences: Sequence[Sequence[ast.stmt]]) -> list[str]:
    found = []
    for group in groups(sequences):
        first = group[0]
        code = " / ".join(
            ast.unparse(s).split("\n")[0][:60] for s in sequences[first.sequence][first.first : first.last + 1]
        )
        found.append(f"{len(group)} x {first.last - first.first + 1}: {code[:200]}")
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure; return 1 where more than a tenth of the groups is left."""
    paths = [p for a in map(Path, arguments) for p in (sorted(a.rglob("*.ipynb")) if a.is_dir() else [a])]
    before = after = 0
    for path in paths:
        found = measure(path)
        if found is None or not found[0] + found[1]:
            continue
        before, after = before + len(found[0]), after + len(found[1])
        print(f"{path.name}: {len(found[0])} -> {len(found[1])}")
        print(
            "".join(f"    had  {line}\n" for line in found[0]) + "".join(f"    left {line}\n" for line in found[1]),
            end="",
        )
    print(f"groups of near-duplicates: {before} in notebooks, {after} in packages (bar {before // 10})")
    return 0 if after * 10 <= before else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
