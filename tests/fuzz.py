"""Tries random notebooks against their packages: `python tests/fuzz.py --count 20000 --seed 1 --jobs 2`.

Each notebook whose package does something else is stored in the percent format, and the first of every kind of failure
is cut down to what it needs to fail. `--replay FILE...` tries stored notebooks again and shows their packages.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from harness import Verdict, close_worker, examine
from hypothesis import HealthCheck, Phase, given, seed, settings
from notebook_strategies import RandomNotebook, notebooks

Cells = tuple[str, ...]


@dataclass
class Tally:
    """What became of the notebooks tried so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    scripts: int = 0
    failures: list[tuple[RandomNotebook, Verdict]] = field(default_factory=list)

    def add(self, notebook: RandomNotebook, verdict: Verdict) -> None:
        """Count one notebook."""
        self.kinds[verdict.kind] += 1
        self.rungs.update(verdict.rungs)
        self.scripts += verdict.script
        if verdict.kind == "refused":
            self.refusals[masked(verdict.detail)] += 1
        if verdict.bad:
            self.failures.append((notebook, verdict))

    def merge(self, other: Tally) -> None:
        """Add what another process counted."""
        self.kinds += other.kinds
        self.rungs += other.rungs
        self.refusals += other.refusals
        self.scripts += other.scripts
        self.failures += other.failures

    def summary(self) -> str:
        """Return the counts as lines of text."""
        total = sum(self.kinds.values())
        lines = [f"{total} notebooks: " + ", ".join(f"{kind} {count}" for kind, count in self.kinds.most_common())]
        lines.append(f"scripts {self.scripts}; units " + ", ".join(f"{k} {n}" for k, n in self.rungs.most_common()))
        lines += [f"refused {count}: {why}" for why, count in self.refusals.most_common(10)]
        return "\n".join(lines)


def random_notebooks(count: int, start: int) -> list[RandomNotebook]:
    """Return random notebooks; the same seed makes the same ones."""
    found: list[RandomNotebook] = []
    options = settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])

    @seed(start)
    @settings(options, suppress_health_check=list(HealthCheck))
    @given(notebooks())
    def collect(notebook: RandomNotebook) -> None:
        found.append(notebook)

    collect()
    return found[:count]


def try_notebooks(count: int, start: int, most_failures: int = 50) -> Tally:
    """Convert random notebooks and compare.

    Args:
        count: how many.
        start: the seed.
        most_failures: stop after so many failures.
    """
    tally = Tally()
    for notebook in random_notebooks(count, start):
        tally.add(notebook, examine(notebook.cells, notebook.headings))
        if len(tally.failures) == most_failures:
            break
    return tally


def signature(verdict: Verdict) -> str:
    """Return what failures with one cause have in common."""
    if verdict.kind == "crashed":
        lines = verdict.detail.strip().splitlines()
        places = [line.strip() for line in lines if line.strip().startswith("File ")]
        return (
            "crashed " + masked(lines[-1]) + " at " + re.sub(r'.*[\\/](\w+\.py)", line (\d+).*', r"\1:\2", places[-1])
        )
    if verdict.detail.startswith("raised") and verdict.package is not None:
        lines = verdict.package.trace.strip().splitlines() or [""]
        return f"{verdict.detail}: {masked(lines[-1])}"
    return "different output"


def masked(text: str) -> str:
    """Return a message without the names and numbers of its notebook."""
    return re.sub(r"'[^']*'|`[^`]*`|\d+", "…", text)


def minimised(notebook: RandomNotebook, verdict: Verdict, seconds: float = 60.0) -> tuple[RandomNotebook, Verdict]:
    """Cut a failing notebook down to what it needs to fail in the same way, as far as the time goes."""
    end, wanted = time.monotonic() + seconds, signature(verdict)

    def fails(cells: Cells) -> bool:
        nonlocal notebook, verdict
        found = examine(cells, {})
        if not found.bad or signature(found) != wanted:
            return False
        notebook, verdict = RandomNotebook(cells), found
        return True

    if not fails(notebook.cells):  # it needs its headings
        return notebook, verdict
    while time.monotonic() < end and _step(notebook.cells, fails, end):
        pass
    return notebook, verdict


def _step(cells: Cells, fails: Callable[[Cells], bool], end: float) -> bool:
    """Take one thing away that is not needed, and say whether there was one."""
    for smaller in _smaller(cells):
        if time.monotonic() > end:
            return False
        if smaller != cells and fails(smaller):
            return True
    return False


def _smaller(cells: Cells) -> Iterator[Cells]:
    """Return notebooks with a little less than this one, those with much less first."""
    for start in range(len(cells)):
        if len(cells) > 1:
            yield cells[:start] + cells[start + 1 :]
    bare = tuple(_without_comments(cell) for cell in cells)
    if bare != cells:
        yield bare
    for number in reversed(range(len(cells))):
        for cell in _smaller_cells(cells[number]):
            yield cells[:number] + ((cell,) if cell.strip() else ()) + cells[number + 1 :]
    for number, cell in enumerate(cells):
        for simpler in _simpler_expressions(cell):
            yield (*cells[:number], simpler, *cells[number + 1 :])
    for number in range(len(cells) - 1):
        yield (*cells[:number], cells[number] + "\n" + cells[number + 1], *cells[number + 2 :])


def _smaller_cells(cell: str) -> Iterator[str]:
    """Return a cell without each of its statements, outer ones first, and with bodies in place of compound ones."""
    lines = cell.split("\n")
    for parent in ast.walk(ast.parse(cell)):
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            block = getattr(parent, name, None)
            if not isinstance(block, list):
                continue
            for node in reversed(block):
                if len(block) > 1 or isinstance(parent, ast.Module) or name in {"orelse", "finalbody"}:
                    yield _without_lines(lines, node, block[0], name)
    for outer in ast.parse(cell).body:
        inner = getattr(outer, "body", None)
        if isinstance(inner, list) and not isinstance(outer, ast.FunctionDef | ast.ClassDef):
            part = lines[inner[0].lineno - 1 : inner[-1].end_lineno]
            indent = len(part[0]) - len(part[0].lstrip())
            yield "\n".join([*lines[: outer.lineno - 1], *(t[indent:] for t in part), *lines[outer.end_lineno :]])


def _simpler_expressions(cell: str) -> Iterator[str]:
    """Return a cell with each of its expressions, long ones first, made `0`."""
    lines = cell.split("\n")
    found = [
        node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.expr) and node.end_lineno == node.lineno
    ]
    for node in sorted(found, key=lambda node: node.col_offset - (node.end_col_offset or 0)):
        line = lines[node.lineno - 1].encode()
        old, rest = line[node.col_offset : node.end_col_offset], line[node.end_col_offset :]
        changed = (line[: node.col_offset] + b"0" + rest).decode()
        text = "\n".join([*lines[: node.lineno - 1], changed, *lines[node.lineno :]])
        if len(old) > 1 and _parses(text):
            yield text


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `0()` looks odd to the compiler, too
        try:
            compile(text, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError:
            return False
    return True


def _without_lines(lines: Sequence[str], node: ast.AST, first: ast.AST, block: str) -> str:
    start = min([_line(node), *(_line(item) for item in getattr(node, "decorator_list", []))])
    if node is first and block in {"orelse", "finalbody"}:
        start -= 1  # the line of `else:` or `finally:`, which goes with its last statement
    text = "\n".join([*lines[: start - 1], *lines[getattr(node, "end_lineno", start) :]])
    return text if _parses(text) else "\n".join(lines)


def _line(node: ast.AST) -> int:
    pattern = getattr(node, "pattern", node)  # a case of a match statement has no position of its own
    return int(getattr(pattern, "lineno", 0))


def _without_comments(cell: str) -> str:
    return "\n".join(line for line in cell.split("\n") if not line.startswith("# "))


def described(notebook: RandomNotebook, verdict: Verdict) -> str:
    """Return a failure for people: what differs, the notebook, and the package without what all packages have."""
    parts = [f"{verdict.kind}: {verdict.detail}", str(notebook)]
    if verdict.package is not None and verdict.package.error:
        parts.append(verdict.package.trace)
    common = ("cli.py", "display.py", "pretty.py", "__main__.py", "__init__.py", "figures.py", "shell.py")
    common += ("settings.py",)
    parts += [f"--- {name}\n{text}" for name, text in verdict.files.items() if not name.endswith(common)]
    return "\n".join(parts)


def stored_notebook(text: str) -> RandomNotebook:
    """Return the code cells of a stored notebook."""
    cells = re.split(r"^# %%(.*)\n", text, flags=re.M)
    pairs = zip(cells[1::2], cells[2::2], strict=True)
    return RandomNotebook(tuple(cell.strip("\n") for mark, cell in pairs if "[markdown]" not in mark))


def _report(failures: Sequence[tuple[RandomNotebook, Verdict]], folder: Path) -> None:
    """Store all failures, and print the smallest one of each kind cut down."""
    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[tuple[RandomNotebook, Verdict]]] = {}
    for number, (notebook, verdict) in enumerate(failures):
        groups.setdefault(signature(verdict), []).append((notebook, verdict))
        (folder / f"failure-{number:04}.py").write_text(str(notebook), encoding="utf-8")
    for number, (cause, group) in enumerate(sorted(groups.items(), key=lambda item: -len(item[1]))):
        notebook, verdict = minimised(*min(group, key=lambda item: len(str(item[0]))))
        (folder / f"small-{number:02}.py").write_text(str(notebook), encoding="utf-8")
        print(f"\n===== {len(group)} times: {cause} (small-{number:02}.py)\n{described(notebook, verdict)}")


def _replay(files: Sequence[Path]) -> int:
    bad = 0
    for file in files:
        notebook = stored_notebook(file.read_text(encoding="utf-8"))
        verdict = examine(notebook.cells)
        bad += verdict.bad
        print(f"===== {file}: {verdict.kind}")
        if verdict.bad:
            print(described(notebook, verdict))
    return 1 if bad else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Try notebooks as the command line says; return 1 when one of them failed."""
    parser = argparse.ArgumentParser(description="Compare random notebooks with their packages.")
    parser.add_argument("--count", type=int, default=1000, help="how many notebooks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--out", type=Path, default=Path(".hypothesis/fuzz"), help="where failing notebooks are stored")
    parser.add_argument("--replay", type=Path, nargs="+", default=[], metavar="FILE", help="try these again instead")
    options = parser.parse_args(arguments)
    if options.replay:
        return _replay(options.replay)
    started, tally = time.monotonic(), Tally()
    share = -(-options.count // options.jobs)
    seeds = [options.seed * 1000 + job for job in range(options.jobs)]
    with ProcessPoolExecutor(options.jobs) as pool:
        for part in pool.map(try_notebooks, [share] * options.jobs, seeds):
            tally.merge(part)
    print(tally.summary())
    print(f"{time.monotonic() - started:.0f} seconds")
    _report(tally.failures, options.out)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        close_worker()
