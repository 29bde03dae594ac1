"""The story cut into tasks that may run one after the other in processes of their own, for a scheduler.

First law: all of them together do what one run does. So a cut is made only where values are all that crosses it, and
where values of these kinds survive being written and read. Where that is not known, the tasks on both sides are one.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nb2pkg.flow.effects import dotted
from nb2pkg.flow.libraries import draws, is_lazy_iterator
from nb2pkg.flow.scopes import target_names
from nb2pkg.model import Flow, Plan, Statement, Unit
from nb2pkg.plan.callsites import is_generator
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.lifting import interface_of
from nb2pkg.plan.outside import rooted_state, sets_up, touches_state
from nb2pkg.plan.stages import stage_of
from nb2pkg.plan.story import Story

# Stages of the life cycle -> what a task of them is called.
_TASKS: Mapping[str, str] = {
    "data": "load",
    "exploration": "explore",
    "preprocessing": "prepare",
    "features": "prepare",
    "training": "train",
    "evaluation": "explore",  # this and the next are to evaluate, once something is trained
    "visualization": "explore",
    "export": "export",
}
_PRECEDENCE = ("train", "prepare", "load", "evaluate", "export", "explore")  # what gives a mixed task its name
_MOST_CROSSING = 6  # values: more are no border
_MOST_TASKS = 6
_MOST_REASONS = 5
# Calls whose results live in this process only, by the last part of their names.
_BOUND_HERE = frozenset("""
    open connect create_engine cursor urlopen reader writer DictReader DictWriter ExcelWriter ExcelFile HDFStore File
    VideoCapture VideoWriter Lock RLock Event Condition Queue Thread Process Pool Popen Tagger GenericTagger MeCab
    Client client resource session memmap load_library CDLL getLogger TemporaryDirectory NamedTemporaryFile
    TemporaryFile stdout stderr stdin get_ipython tqdm trange iterrows itertuples finditer scandir iglob
    walk set frozenset union intersection difference symmetric_difference SummaryWriter njit jit
    """.split())
_LIBRARIES = ("itertools.", "csv.", "threading.", "multiprocessing.", "sqlite3.", "ctypes.", "socket.", "selenium.")


@dataclass(frozen=True, slots=True)
class Task:
    """Consecutive steps of the story that run in a process of their own.

    Args:
        kind: what it is called after.
        units: its steps.
        inputs: names that it takes.
        outputs: names that it gives back.
    """

    kind: str
    units: tuple[Unit, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tasks:
    """How a story is cut.

    Args:
        steps: the tasks in order; fewer than two when it stays whole.
        options: the steps before them that set options, which each process must take.
        why: what kept cuts away, in words.
    """

    steps: tuple[Task, ...] = ()
    options: tuple[Unit, ...] = ()
    why: tuple[str, ...] = ()


def cut_tasks(story: Story, plan: Plan) -> Tasks:
    """Return the tasks of a story."""
    whole = _obstacle(story, plan)
    units = [u for u in plan.units if u.kind in ("function", "setting", "story")]
    if whole or not units:
        return Tasks(why=(whole,) if whole else ())
    cutter = _Cutter(story, plan)
    options, units = cutter.options(units)
    runs = [*cutter.runs(units)]
    runs = cutter.merged(runs)
    tasks = [cutter.task(kind, units) for kind, units in runs]
    if len(tasks) < 2 or any(t is None for t in tasks):
        return Tasks(why=cutter.reasons())
    return Tasks(tuple(t for t in tasks if t is not None), tuple(options), cutter.reasons())


def _obstacle(story: Story, plan: Plan) -> str:
    """Return why a story must stay whole, or the empty string."""
    if plan.script:
        return "the notebook is kept as one script"
    if plan.asynchronous:
        return "the notebook awaits"
    if story.seeds or story.unset:
        return "the notebook binds names of builtins"
    if story.definitions.volatile:
        return f"functions write `{min(story.definitions.volatile)}`"
    if story.captured:
        return f"functions in `run()` read `{min(story.captured)}`"
    if any(s.local for s in plan.settings):
        return "the notebook changes a setting"
    return rooted_state(story.flow)


class _Cutter:
    """Cuts one story; `why` collects what it could not cut."""

    def __init__(self, story: Story, plan: Plan) -> None:
        self.story, self.plan = story, plan
        self.positions = {s.index: p for p, s in enumerate(story.statements)}
        self.headings = headings_of(story.flow.notebook.cells)
        self.settings = {s.variable for s in plan.settings if s.variable}
        self.fragile = fragile_names(story)
        self.views = _views(story)
        self.why: dict[str, str] = {}  # what speaks against a border -> where that was first met

    def options(self, units: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
        """Return the first steps that set options by constants, and all others."""
        count = 0
        for unit in units:
            statements = [self.story.flow.statements[i] for i in unit.statements]
            gone = unit.kind == "setting" and unit.name in self.settings
            if not gone and not all(sets_up(s, self.story.context, self.settings) for s in statements):
                break
            count += 1
        while count and units[count - 1].kind == "setting":
            count -= 1
        found = [*units[:count]]
        kept = [s for u in found for s in self._statements(u) if touches_state(s, self.story.context)]
        return (found, [*units[count:]]) if kept else ([], [*units])

    def _statements(self, unit: Unit) -> list[Statement]:
        return [self.story.flow.statements[i] for i in unit.statements]

    def runs(self, units: Sequence[Unit]) -> Iterator[tuple[str, list[Unit]]]:
        """Yield (kind, units): cut between cells where the stage changes, and nothing but values crosses."""
        previous: str | None = None
        current: tuple[str, list[Unit]] | None = None
        tainted, trained = "", False
        for cell in _by_cells(self.story.flow, units):
            statements = [s for u in cell for s in self._statements(u)]
            previous = stage_of(statements, self.story.context, self._heading(statements), previous)
            kind = _TASKS[previous]
            trained = trained or kind == "train"
            kind = "evaluate" if trained and kind == "explore" else kind
            if current is None or all(map(self._does_nothing, current[1])):
                current = (kind, [*(current[1] if current else ()), *cell])
            elif kind == current[0] or all(map(self._does_nothing, cell)):
                current = (current[0], [*current[1], *cell])
            elif self._bars(current[1], cell, tainted):
                current = (_main([current[0], kind]), [*current[1], *cell])
            else:
                yield current
                current = (kind, cell)
            tainted = tainted or next(filter(None, (touches_state(s, self.story.context) for s in statements)), "")
        if current is not None:
            yield current

    def _does_nothing(self, unit: Unit) -> bool:
        """True for steps that are no task: settings, seeds, a look at nothing."""
        if unit.kind == "setting" and unit.name in self.settings:
            return True
        return unit.kind == "story" and all(
            sets_up(s, self.story.context, self.settings) for s in self._statements(unit)
        )

    def _heading(self, statements: Sequence[Statement]) -> str:
        return self.headings.get(statements[0].location.cell, "")

    def _bars(self, above: Sequence[Unit], below: Sequence[Unit], tainted: str) -> bool:
        """True when there can be no border between two steps; says why."""
        place = self._statements(below[0])[0]
        if tainted:
            self._note(place, f"the steps above change {tainted}")
            return True
        position = self.positions.get(self._statements(below[0])[0].index)
        if position is None:
            return True
        crossing = self.crossing(position)
        records = {name: r.variable for r in self.plan.records for name in r.fields}
        width = len({records.get(n, n) for n in crossing})
        weak = [n for n in crossing if n in self.fragile]
        weak += sorted(n for n in self.story.kept if self.story.first_bound.get(n, position) < position)
        if not weak and self._changes_frames(position):
            weak = [n for n in crossing if n in self.views]
        if weak:
            self._note(place, f"`{weak[0]}` can't be handed to another process")
        elif width > _MOST_CROSSING:
            self._note(place, f"more than {_MOST_CROSSING} values would cross the border")
        return bool(weak) or width > _MOST_CROSSING

    def _changes_frames(self, position: int) -> bool:
        """True when something from a position on, or a function, may write into a frame or array in place."""
        below = self.story.statements[position].index
        nodes = (s.node for s in self.story.flow.statements if s.index >= below or isinstance(s.node, _DEFINING))
        return any(_writes_in_place(n) for node in nodes for n in ast.walk(node))

    def _note(self, place: Statement, reason: str) -> None:
        self.why.setdefault(reason, f"at cell {place.location.cell}: {reason}")

    def reasons(self) -> tuple[str, ...]:
        """Return what speaks against more borders."""
        return tuple(self.why.values())[:_MOST_REASONS]

    def crossing(self, position: int) -> list[str]:
        """Return the names that are bound above a position of the story and read from there on."""
        found = [n for n, first in self.story.first_bound.items() if first < position]
        return sorted(n for n in found if n not in self.settings and self.story.is_live_after(n, position - 1))

    def merged(self, runs: list[tuple[str, list[Unit]]]) -> list[tuple[str, list[Unit]]]:
        """Return runs that can all be functions; those that can't are joined with the one below, the last with all."""
        found: list[tuple[str, list[Unit]]] = []
        waiting: list[Unit] = []
        kinds: list[str] = []
        for kind, units in runs:
            joined = [*waiting, *units]
            kinds.append(kind)
            obstacle = self._interface_obstacle(joined)
            if obstacle:
                self._note(self._statements(units[0])[0], obstacle)
                waiting = joined
            else:
                found.append((_main(kinds), joined))
                waiting, kinds = [], []
        while waiting and found:
            kind, units = found.pop()
            waiting, kinds = [*units, *waiting], [kind, *kinds]
            if not self._interface_obstacle(waiting):
                found.append((_main(kinds), waiting))
                waiting = []
        while len(found) > _MOST_TASKS:
            widths = [len(self.crossing(self._first(units))) for _, units in found[1:]]
            at = widths.index(max(widths)) + 1
            (kind, units), (other, more) = found[at - 1 : at + 1]
            found[at - 1 : at + 1] = [(_main([kind, other]), [*units, *more])]
        return [] if waiting else found

    def _first(self, units: Sequence[Unit]) -> int:
        return min(self.positions[i] for u in units for i in u.statements if i in self.positions)

    def _span(self, units: Sequence[Unit]) -> tuple[int, int]:
        found = [self.positions[i] for u in units for i in u.statements if i in self.positions]
        return min(found), max(found)

    def _interface_obstacle(self, units: Sequence[Unit]) -> str:
        return interface_of(self.story, *self._span(units)).obstacle

    def task(self, kind: str, units: Sequence[Unit]) -> Task | None:
        """Return the task of steps."""
        found = interface_of(self.story, *self._span(units))
        if found.obstacle:
            return None
        inputs, outputs = ([n for n in names if n not in self.settings] for names in (found.inputs, found.outputs))
        return Task(kind, tuple(units), tuple(inputs), tuple(outputs))


def _main(kinds: Sequence[str]) -> str:
    """Return what a task of several kinds is called after."""
    return min(kinds, key=_PRECEDENCE.index)


def _by_cells(flow: Flow, units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Yield the units of cells; a unit that holds several cells keeps them together."""
    current: list[Unit] = []
    for above, below in pairwise([None, *units]):
        assert below is not None
        last = -1 if above is None else flow.statements[above.statements[-1]].location.cell
        if current and flow.statements[below.statements[0]].location.cell != last:
            yield current
            current = []
        current.append(below)
    if current:
        yield current


def fragile_names(story: Story) -> frozenset[str]:
    """Return names that may hold what another process can't be given: files, connections, generators, sets' order."""
    own = _own_makers(story.flow)
    found: set[str] = set()
    for statement in story.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.withitem) and n.optional_vars is not None:
                found |= target_names(n.optional_vars)
            targets = n.targets if isinstance(n, ast.Assign) else [n.target] if isinstance(n, _BINDING) else []
            value = getattr(n, "value", None)
            if targets and isinstance(value, ast.expr) and _lives_here(value, story, own | found):
                found |= {name for t in targets for name in target_names(t)}
    return frozenset(found)


_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _views(story: Story) -> frozenset[str]:
    """Return names of arrays that may be views of a frame, which pandas keeps apart from its frames when it is read."""
    found: set[str] = set()
    for statement in story.statements:
        parts = ast.walk(statement.node)
        if any(isinstance(n, ast.Attribute) and n.attr in {"values", "to_numpy", "array", "asarray"} for n in parts):
            found |= statement.names.defs
    return frozenset(found)


def _writes_in_place(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "inplace"
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return any(isinstance(t, ast.Subscript) for t in targets)


_BINDING = (ast.AnnAssign, ast.NamedExpr)
_PARTS = (ast.Tuple, ast.List, ast.Dict, ast.IfExp, ast.BoolOp, ast.Starred)


def _own_makers(flow: Flow) -> frozenset[str]:
    """Return the notebook's functions that may return what is made in them and can't be written."""
    found = set()
    for statement in flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
                if is_generator(n) or any(m is not n and isinstance(m, inner) for m in ast.walk(n)):
                    found.add(n.name)
    return frozenset(found)


def _lives_here(value: ast.expr, story: Story, own: Collection[str]) -> bool:
    """True for values that can't be written, or not be read again as they were."""
    if isinstance(value, (ast.Lambda, ast.GeneratorExp, ast.Set, ast.SetComp)):
        return True
    if isinstance(value, ast.Name):
        return value.id in own
    if isinstance(value, _PARTS):
        return any(isinstance(part, ast.expr) and _lives_here(part, story, own) for part in ast.iter_child_nodes(value))
    if not isinstance(value, ast.Call):
        return False
    name = story.context.qualified(value.func)
    last = (name or dotted(value.func)).rpartition(".")[2]
    if last in _BOUND_HERE or last in own or name.startswith(_LIBRARIES) or is_lazy_iterator(name) or _is_picture(name):
        return True
    keeps = last[:1].isupper() or last in {"defaultdict", "partial", "make_scorer"}
    given = [*value.args, *(k.value for k in value.keywords)]
    return keeps and any(isinstance(n, ast.Lambda) for a in given for n in ast.walk(a))


def _is_picture(name: str) -> bool:
    """True for calls that hand out parts of a figure, which pyplot knows too."""
    return name.partition(".")[0] in {"matplotlib", "seaborn", "pylab", "mpl_toolkits"} and draws(name)
