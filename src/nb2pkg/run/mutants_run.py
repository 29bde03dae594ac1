"""Which mutants of a project its tests kill: the tests once as they are, then against one mutant after another."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from nb2pkg.errors import RunError
from nb2pkg.run.limits import side_by_side
from nb2pkg.run.mutants import Mutant, mutants_of
from nb2pkg.run.mutants_project import Generated, libraries_of, looks_above
from nb2pkg.run.mutants_server import Bench, Server, must_be_fresh, probe_text, serving
from nb2pkg.run.mutants_tests import emptied, unasserting

Verdict = Literal["killed", "timeout", "crashed", "survived", "not covered", "import error", "not tried"]
KILLED: tuple[Verdict, ...] = ("killed", "timeout", "crashed")
# A mutant that makes a loop endless is killed once it takes so many times what its tests and pytest itself took, and
# some seconds more, as the machine may be busier by then.
_TIMES, _MORE = 4.0, 3.0
_BASELINE_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        seconds: how long mutants are tried; those that are running then are finished.
        modules, functions: only these; all when empty.
        groups: whose operators.
        seed: another one takes the mutants in another order.
    """

    workdir: Path
    python: str
    seconds: float = 120.0
    modules: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("library", "ours")
    seed: int = 0
    jobs: int = 1
    fresh: bool = False
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant; `by` names the test that killed it."""

    mutant: Mutant
    verdict: Verdict
    by: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A test of the project, before anything is mutated.

    Attributes:
        lines: path below the project -> lines that it runs; None when that isn't known.
    """

    name: str
    skipped: str
    seconds: float
    lines: Mapping[str, frozenset[int]] | None


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong the tests of a project are.

    Attributes:
        results: in the order of the files.
        hollow: tests that pass with every body of the package emptied; None when that wasn't asked for.
        unasserting: tests that assert nothing.
    """

    project: Generated
    tests: tuple[Test, ...]
    results: tuple[Result, ...]
    hollow: tuple[str, ...] | None
    unasserting: tuple[str, ...]
    seconds: float


Advance = Callable[[], None]


def measure(project: Generated, wish: Wish, advance: Advance = lambda: None) -> Strength:
    """Run the tests against the mutants of a project.

    Args:
        project: as it is on disk; nothing is written there.
        wish: what is asked for.
        advance: called after each mutant.

    Raises:
        RunError: the tests don't pass, there are none, or they can't be run at all.
    """
    began = time.monotonic()
    mutants = wanted_mutants(project, wish)
    libraries = libraries_of(project)
    with tempfile.TemporaryDirectory(prefix="nb2pkg-strength-", ignore_cleanup_errors=True) as scratch:
        fresh = wish.fresh or must_be_fresh(libraries)
        bench = Bench(
            project.folder,
            wish.workdir,
            wish.python,
            libraries,
            Path(scratch),
            fresh,
            threads=max(1, 2 // wish.jobs),
            climbs=looks_above(project),
            source=project.source,
        )
        with ExitStack() as stack:
            servers = [stack.enter_context(serving(bench, number)) for number in range(wish.jobs)]
            before = _baseline(servers[0], project)
            hollow = _hollow(servers[0], project) if wish.hollow else None
            results = _try_all(servers, project, in_fair_order(mutants, wish.seed), before, wish.seconds, advance)
    order = {mutant: position for position, mutant in enumerate(mutants)}
    return Strength(
        project,
        before.tests,
        tuple(sorted(results, key=lambda r: order[r.mutant])),
        hollow,
        unasserting(project.tests),
        time.monotonic() - began,
    )


def wanted_mutants(project: Generated, wish: Wish) -> list[Mutant]:
    """Return the mutants that are asked for, in the order of files and lines."""
    found: list[Mutant] = []
    for module, text in project.modules.items():
        if not wish.modules or module in wish.modules:
            found += mutants_of(text, project.path_of(module))
    names = set(wish.functions)
    return [
        m
        for m in found
        if m.group in wish.groups and (not names or m.function in names or m.function.split(".")[-1] in names)
    ]


def in_fair_order(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """Return mutants so that those up to any point are a fair sample of all: each function by its share."""
    groups: dict[tuple[str, str, str], list[tuple[str, Mutant]]] = defaultdict(list)
    for mutant in mutants:
        text = f"{seed}\0{mutant.file}\0{mutant.start}\0{mutant.end}\0{mutant.new}"
        digest = hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).hexdigest()
        groups[mutant.file, mutant.function, mutant.group].append((digest, mutant))
    placed: list[tuple[float, str, Mutant]] = []
    for members in groups.values():
        for position, (digest, mutant) in enumerate(sorted(members, key=lambda member: member[0])):
            # The digest spreads what would else lie in the middle of every small function.
            share = (position + int(digest[:8], 16) / 16**8) / len(members)
            placed.append((share, digest, mutant))
    return [mutant for _, _, mutant in sorted(placed, key=lambda row: row[:2])]


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The tests as they are, and how long pytest takes beside them."""

    tests: tuple[Test, ...]
    overhead: float


def _baseline(server: Server, project: Generated) -> _Baseline:
    server.wait()
    began = time.monotonic()
    tracer = {str(server.project / project.source / "sitecustomize.py"): probe_text("mutants_trace")}
    answer = server.ask({"files": tracer, "traces": str(server.traces), "timeout": _BASELINE_SECONDS})
    failed = [f"{name}: {test['why']}" for name, test in answer.get("tests", {}).items() if test["outcome"] == "failed"]
    failed += answer.get("errors", [])
    if answer["ended"] != "well" or failed:
        what = failed[0].splitlines()[0] if failed else answer["output"].strip()[-500:] or answer["ended"]
        raise RunError(
            f"{project.folder}: the tests don't pass as they are",
            why=what + (f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""),
            hint="mend them first; --workdir names the folder of the notebook's data",
        )
    tests = tuple(_test(name, data, answer["lines"], server) for name, data in answer["tests"].items())
    if all(test.skipped for test in tests):
        raise RunError(
            f"{project.folder}: no test runs",
            why=tests[0].skipped if tests else answer["output"].strip()[-500:],
            hint="--workdir names the folder of the notebook's data",
        )
    return _Baseline(tests, max(0.0, time.monotonic() - began - sum(test.seconds for test in tests)))


def _test(name: str, data: Mapping[str, Any], lines: Mapping[str, Any], server: Server) -> Test:
    ran = lines.get(name)
    below = {
        Path(file).relative_to(server.project).as_posix(): frozenset(numbers) for file, numbers in (ran or {}).items()
    }
    skipped = data["why"] or "skipped" if data["outcome"] == "skipped" else ""
    return Test(name, skipped, data["seconds"], None if ran is None else below)


def _hollow(server: Server, project: Generated) -> tuple[str, ...]:
    files = {str(server.project / path): emptied(text) for path, text in project.texts.items()}
    answer = server.ask({"files": files, "timeout": _BASELINE_SECONDS})
    return tuple(name for name, test in answer.get("tests", {}).items() if test["outcome"] == "passed")


class _Queue:
    """Hands out mutants until the time is up, to several threads."""

    def __init__(self, mutants: Sequence[Mutant], seconds: float) -> None:
        self.waiting = list(reversed(mutants))
        self.deadline = time.monotonic() + seconds
        self.lock = threading.Lock()

    def take(self) -> Mutant | None:
        """Return the next mutant; None when there is none, or no time for it."""
        with self.lock:
            return self.waiting.pop() if self.waiting and time.monotonic() < self.deadline else None


def _try_all(
    servers: Sequence[Server],
    project: Generated,
    mutants: Sequence[Mutant],
    before: _Baseline,
    seconds: float,
    advance: Advance,
) -> list[Result]:
    queue = _Queue(mutants, seconds)

    def work(server: Server) -> list[Result]:
        results = []
        while (mutant := queue.take()) is not None:
            tests = covering(mutant, before.tests)
            limit = _MORE + _TIMES * (before.overhead + sum(test.seconds for test in tests))
            results.append(_try(server, project, mutant, tests, limit))
            advance()
        return results

    found = side_by_side([partial(work, server) for server in servers])
    return [*itertools.chain(*found), *(Result(mutant, "not tried") for mutant in queue.waiting)]


def covering(mutant: Mutant, tests: Sequence[Test]) -> list[Test]:
    """Return the tests that run a mutant's statement, the quick ones first."""
    lines = frozenset(range(mutant.line, mutant.last + 1))

    def covers(test: Test) -> bool:
        # What stands outside of functions runs at import, before any test.
        if test.lines is None or not mutant.function:
            return True
        return not lines.isdisjoint(test.lines.get(mutant.file, ()))

    # Tenths only: tests that are equally quick stay in the order of their file, whatever the machine is busy with.
    return sorted((t for t in tests if not t.skipped and covers(t)), key=lambda t: round(t.seconds, 1))


def _try(server: Server, project: Generated, mutant: Mutant, tests: Sequence[Test], limit: float) -> Result:
    if not tests:
        return Result(mutant, "not covered")
    path = server.project / mutant.file
    text = project.texts[mutant.file]
    answer = server.ask(
        {
            "files": {str(path): mutant.applied(text)},
            "tests": [test.name for test in tests],
            "first": True,
            "imports": [f"{project.package}.{name}" for name in project.modules if name != "__main__"],
            "timeout": limit,
        }
    )
    if answer["ended"] != "well":
        return Result(mutant, "timeout" if answer["ended"] == "timeout" else "crashed")
    failed = next((name for name, test in answer.get("tests", {}).items() if test["outcome"] == "failed"), "")
    if failed:
        return Result(mutant, "killed", failed)
    return Result(mutant, "import error" if "import_error" in answer or answer["errors"] else "survived")
