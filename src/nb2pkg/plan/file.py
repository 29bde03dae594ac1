"""plan.toml: the plan as people read and edit it, and back."""

from __future__ import annotations

import builtins
import json
import keyword
import sys
from dataclasses import replace
from typing import Any

from nb2pkg.errors import PlanError, UsageError
from nb2pkg.model import Change, Flow, Location, Plan, Rung, Setting, Unit
from nb2pkg.plan.alignment import Different
from nb2pkg.plan.changes_file import ChangeError, change_lines, read_changes
from nb2pkg.plan.definitions import classify
from nb2pkg.plan.lifting import interface_of
from nb2pkg.plan.make import identifiers, with_units
from nb2pkg.plan.needs_file import NeedError, needs_lines, read_needs, read_scaffold, scaffold_lines
from nb2pkg.plan.package import package_name
from nb2pkg.plan.places import cell_ids
from nb2pkg.plan.results import bound_at_end
from nb2pkg.plan.setting_literals import with_hoisted_settings
from nb2pkg.plan.setting_names import names_taken
from nb2pkg.plan.settings_file import SettingError, read_settings, setting_lines
from nb2pkg.plan.stages import STAGES
from nb2pkg.plan.story import Story, make_story, with_results
from nb2pkg.plan.toml_text import toml_string

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SCHEMA = 1


def plan_text(plan: Plan, flow: Flow) -> str:
    """Return a plan as TOML; statements are named by cell id and their number in the cell, from 1."""
    places = cell_ids(flow)
    lines = [
        "# What nb2pkg decided. Edit it and run: nb2pkg convert NOTEBOOK --plan THIS_FILE",
        "# You may change `name` and `module` of functions, merge neighbours (join their statements), split one,",
        "# or drop units; the order of statements stays the notebook's. Settings can be renamed, or dropped. Functions",
        "# of the same name are one, if they can. `results` are what run() hands back: names of the notebook that are",
        "# surely bound at its end.",
        f"schema = {_SCHEMA}",
        f"package = {toml_string(plan.package)}",
        f"title = {toml_string(plan.title)}",
        f"digest = {toml_string(plan.digest)}",
        *([] if plan.script else [f"results = {_strings(plan.results)}"]),
        "",
    ]
    for unit in plan.units:
        lines += [
            "[[units]]",
            f"name = {toml_string(unit.name)}",
            f"module = {toml_string(unit.module)}",
            f"kind = {toml_string(unit.kind)}",
        ]
        lines.append("statements = [" + ", ".join(toml_string(places[i]) for i in unit.statements) + "]")
        if unit.inputs or unit.outputs:
            lines.append(f"inputs = {_strings(unit.inputs)}")
            lines.append(f"outputs = {_strings(unit.outputs)}")
        if unit.lifted:
            lines.append(f"lifted = {_strings(unit.lifted)}")
        lines += [f"rung = {toml_string(unit.rung.value)}", f"why = {toml_string(unit.why)}"]
        lines += [f"doc = {toml_string(unit.doc)}"] if unit.doc else []
        lines.append("")
    lines += setting_lines(plan.settings, places)
    lines += change_lines(plan.changes)
    lines += needs_lines(plan.needs)
    lines += scaffold_lines(plan.scaffold)
    return "\n".join(lines)


def _strings(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(toml_string(n) for n in names) + "]"


def apply_plan(text: str, path: str, flow: Flow, base: Plan) -> Plan:
    """Return the plan that an edited file asks for.

    Args:
        text: the file.
        path: its path, for messages.
        flow: the notebook, analysed.
        base: the plan that nb2pkg would make itself.

    Raises:
        PlanError: naming the line at fault.
    """
    reader = _Reader(text, path, flow, base)
    return reader.plan()


def read_changes_of(text: str, path: str, flow: Flow) -> tuple[Change, ...]:
    """Return the intended differences that a plan names, also one for another state of the notebook.

    Raises:
        PlanError: a row does not fit the notebook.
    """
    try:
        return read_changes(tomllib.loads(text).get("changes", []), flow)
    except (tomllib.TOMLDecodeError, ChangeError) as error:
        raise PlanError(f"the plan can't be read: {error}", location=Location(path)) from None


class _Reader:
    def __init__(self, text: str, path: str, flow: Flow, base: Plan) -> None:
        self.text = text
        self.path = path
        self.flow = flow
        self.base = base
        self.indexes = {place: index for index, place in cell_ids(flow).items()}
        self.story: Story = with_hoisted_settings(make_story(flow, classify(flow)))
        self.positions = {s.index: p for p, s in enumerate(self.story.statements)}
        self.used = 0

    def fail(self, message: str, needle: str = "", hint: str = "") -> PlanError:
        """Return an error that names the line at which `needle` stands."""
        at = self.text.find(needle, self.used) if needle else -1
        at = at if at >= 0 else (self.text.find(needle) if needle else -1)
        line = self.text.count("\n", 0, at) + 1 if at >= 0 else 0
        where = f"{self.path}:{line}" if line else self.path
        return PlanError(
            message, location=Location(where), hint=hint or "print a fresh plan: nb2pkg plan NOTEBOOK --format toml"
        )

    def plan(self) -> Plan:
        try:
            data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise PlanError(f"the plan is no TOML: {error}", location=Location(self.path)) from None
        if data.get("schema") != _SCHEMA:
            raise self.fail(f"the plan's schema is {data.get('schema')!r}, not {_SCHEMA}", "schema")
        if data.get("digest") != self.base.digest:
            raise self.fail("the plan was made for another state of the notebook", "digest")
        self.base = replace(self.base, changes=self.changes(data.get("changes", [])))
        self.base = self.with_needs(data)
        rows = data.get("units")
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            raise self.fail("the plan has no units", "units")
        if self.base.script:
            return self.base
        self.story = with_results(self.story, self.results(data.get("results", list(self.base.results))))
        own = {u.statements: u for u in self.base.units}
        units = [self.unit(row, own) for row in rows]
        self.check_names(units)
        self.check_order(units)
        package = self.package(data.get("package", self.base.package))
        base = replace(self.base, package=package, title=str(data.get("title", self.base.title)))
        base = replace(base, settings=self.settings(data.get("settings", []), units))
        try:
            return with_units(base, self.story, tuple(units))
        except Different as error:
            raise self.fail(f"functions with the same name can't be one: {error}", "[[units]]") from None

    def changes(self, rows: Any) -> tuple[Change, ...]:
        try:
            return read_changes(rows, self.flow)
        except ChangeError as error:
            raise self.fail(str(error), error.needle) from None

    def with_needs(self, data: dict[str, Any]) -> Plan:
        try:
            needs = read_needs(data.get("needs"), self.base.needs)
            return replace(self.base, needs=needs, scaffold=read_scaffold(data.get("scaffold"), self.base.scaffold))
        except NeedError as error:
            raise self.fail(str(error), error.needle) from None

    def settings(self, rows: Any, units: list[Unit]) -> tuple[Setting, ...]:
        kept = frozenset(i for u in units for i in u.statements)
        self.used = self.text.find("[[settings]]")
        try:
            return read_settings(rows, self.base.settings, cell_ids(self.flow), kept, names_taken(self.story))
        except SettingError as error:
            raise self.fail(str(error), error.needle) from None

    def results(self, names: Any) -> tuple[str, ...]:
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise self.fail("`results` is a list of names", "results =")
        bound = bound_at_end(self.story)
        for name in names:
            if name not in bound:
                why = "it is no variable of the notebook that is surely bound, and may be kept, when all has run"
                place = f"results = {_strings(tuple(names))}"
                raise self.fail(
                    f"`{name}` can't be a result: {why}", place if place in self.text else toml_string(name)
                )
        return tuple(dict.fromkeys(names))

    def package(self, name: Any) -> str:
        if name == self.base.package:
            return self.base.package
        try:
            return package_name(self.flow, str(name))[0]
        except UsageError as error:
            raise self.fail(error.message, "package", error.hint) from None

    def unit(self, row: dict[str, Any], own: dict[tuple[int, ...], Unit]) -> Unit:
        name, module, kind = (str(row.get(k, "")) for k in ("name", "module", "kind"))
        indexes = []
        for place in row.get("statements", []):
            if place not in self.indexes:
                raise self.fail(f"the notebook has no statement {place!r}", json.dumps(place, ensure_ascii=False))
            indexes.append(self.indexes[place])
        before = own.get(tuple(indexes))
        needle = f"name = {toml_string(name)}"
        if kind != "function":
            if before is None or before.kind != kind or before.name != name:
                raise self.fail(f"`{name or kind}`: only functions can be renamed, merged or split", needle)
            if kind == "definition" and module != before.module:
                raise self.fail(f"`{name}` must stay in `{before.module}`, where all that use it can import it", needle)
            self.used = max(self.used, self.text.find(needle, self.used))
            return before
        if module not in STAGES:
            raise self.fail(
                f"`{module}` is no module; there are: {', '.join(STAGES)}", f"module = {toml_string(module)}"
            )
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
            raise self.fail(f"{name!r} can't be the name of a function", needle)
        unit = self.function(name, module, indexes, str(row.get("doc", "")), needle)
        if before is not None and replace(unit, why=before.why, carried=before.carried, record=before.record) == before:
            unit = before
        self.used = max(self.used, self.text.find(needle, self.used))
        return unit

    def function(self, name: str, module: str, indexes: list[int], doc: str, needle: str) -> Unit:
        positions = [self.positions[i] for i in indexes if i in self.positions]
        if not positions or len(positions) != len(indexes) or not self.stand_together(positions):
            raise self.fail(f"the statements of `{name}` do not stand one after the other in the notebook", needle)
        found = interface_of(self.story, positions[0], positions[-1])
        if found.obstacle:
            raise self.fail(f"`{name}` can't be a function: {found.obstacle}", needle)
        for definition in self.base.units:
            if definition.kind in ("definition", "constant") and STAGES.index(definition.module) > STAGES.index(module):
                names = set().union(
                    *(self.flow.statements[i].names.uses | self.flow.statements[i].names.late_uses for i in indexes)
                )
                if definition.name in names:
                    raise self.fail(
                        f"`{name}` uses `{definition.name}` of `{definition.module}`, "
                        f"which comes later than `{module}`",
                        needle,
                    )
        return Unit(
            name,
            module,
            tuple(indexes),
            found.inputs,
            found.outputs,
            "function",
            Rung.FUNCTION,
            "as the plan says",
            doc,
        )

    def stand_together(self, positions: list[int]) -> bool:
        """Tell whether statements stand one after the other, settings left out."""
        whole = [p for p in range(positions[0], positions[-1] + 1) if p in positions or p not in self.story.hoisted]
        return whole == positions and not self.story.hoisted.keys() & set(positions)

    def check_names(self, units: list[Unit]) -> None:
        taken = identifiers(self.flow) | set(dir(builtins))
        for unit in units:
            if unit.kind == "function" and unit.name in taken:
                raise self.fail(f"the name `{unit.name}` is taken", f"name = {toml_string(unit.name)}")

    def check_order(self, units: list[Unit]) -> None:
        """Dropped statements must not be missed, and what is left keeps its order."""
        story = [u for u in units if u.kind in ("function", "story")]
        order = [i for u in story for i in u.statements]
        if order != sorted(set(order)):
            raise self.fail(
                "the units do not stand in the notebook's order, or one statement stands twice", "[[units]]"
            )
        kept = {i for u in units for i in u.statements}
        bound: set[str] = set()
        lost: dict[str, str] = {}
        for statement in self.story.statements:
            if statement.index in kept:
                for name in sorted(statement.names.uses | statement.names.late_uses):
                    if name in lost and name not in bound:
                        raise self.fail(
                            f"`{name}` is needed by {statement.location}, but the unit that binds it was dropped",
                            "[[units]]",
                        )
                bound |= statement.names.defs
            else:
                lost |= {name: statement.cell_id for name in statement.names.defs}
                bound -= statement.names.kills
        for name in self.story.results:
            if name in lost and name not in bound:
                raise self.fail(f"the result `{name}` is bound by a unit that was dropped", "results =")
        moved = {i for u in self.base.units if u.kind in ("definition", "constant") for i in u.statements}
        if not moved <= kept:
            raise self.fail("definitions and constants can't be dropped: functions use them", "[[units]]")
