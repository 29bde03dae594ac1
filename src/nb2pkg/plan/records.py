"""Values that a unit returns together, more than three of them: one frozen dataclass, passed on as a whole.

`run()` keeps the dataclass under one name and reads its fields, so each name of it must mean the field wherever `run()`
reads it: nothing binds it there but units, and no function of `run()` waits to read it later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nb2pkg.flow.strings import names_in_strings
from nb2pkg.model import Record, Statement, Unit
from nb2pkg.plan.naming import Names
from nb2pkg.plan.story import Story

MOST_VALUES = 3  # that a function returns as they are


def carry_records(
    story: Story, units: Sequence[Unit], names: Names, alone: Iterable[tuple[int, ...]] = ()
) -> tuple[tuple[Unit, ...], tuple[Record, ...], tuple[tuple[str, str], ...]]:
    """Return the units with what they take from records and put into them, the records, and what they hold at the end.

    Args:
        story: the story.
        units: the units in order.
        names: gives names that clash with none of the notebook's.
        alone: statements of units that must return their values as they are.
    """
    carrier = _Carrier(story, names, frozenset(alone))
    found = tuple(carrier.carried(units))
    return found, tuple(carrier.records), tuple(sorted(carrier.current.items()))


class _Carrier:
    def __init__(self, story: Story, names: Names, alone: frozenset[tuple[int, ...]]) -> None:
        self.story, self.names, self.alone = story, names, alone
        self.statements = {s.index: s for s in story.statements}
        self.records: list[Record] = []
        self.current: dict[str, str] = {}  # name -> variable of the record that holds it now

    def carried(self, units: Sequence[Unit]) -> Iterator[Unit]:
        """Yield the units as they are when records are carried past them."""
        for number, unit in enumerate(units):
            told = unit.kind in ("function", "story", "setting")
            yield self._carried(unit, units[number + 1 :]) if told else unit

    def _carried(self, unit: Unit, below: Sequence[Unit]) -> Unit:
        reads = unit.inputs if unit.kind == "function" else self._reads(unit)
        carried = tuple((n, self.current[n]) for n in reads if n in self.current)
        record = self._record_of(unit, below) if unit.kind == "function" else ""
        bound = set(unit.outputs) if unit.kind == "function" else self._bound(unit)
        if not record:
            self.current = {n: v for n, v in self.current.items() if n not in bound}
        return replace(unit, carried=carried, record=record)

    def _record_of(self, unit: Unit, below: Sequence[Unit]) -> str:
        """Return the variable of the record that a unit makes, or puts new values into; or the empty string."""
        if unit.statements in self.alone:
            return ""
        held = [v for n in unit.outputs if (v := self.current.get(n)) is not None]
        for variable in dict.fromkeys(held):
            fields = next(r.fields for r in self.records if r.variable == variable)
            new = [name for name in unit.outputs if name in fields]
            if held.count(variable) > 1 and len(unit.outputs) - len(new) < MOST_VALUES:
                self.current = {n: v for n, v in self.current.items() if n not in unit.outputs}
                self.current |= dict.fromkeys(new, variable)  # one that was bound anew meanwhile is a field again
                return variable
        if len(unit.outputs) <= MOST_VALUES or not self._may_be_held(unit.outputs, below):
            return ""
        self.current = {n: v for n, v in self.current.items() if n not in unit.outputs}
        record = self._make(unit)
        self.records.append(record)
        self.current |= dict.fromkeys(record.fields, record.variable)
        return record.variable

    def _make(self, unit: Unit) -> Record:
        for old in self.records:
            if set(old.fields) == set(unit.outputs):
                variable = old.variable
                if any(v == variable for v in self.current.values()):  # a name of the old one is still needed
                    variable = self.names.give([f"new_{old.variable}", f"{old.variable}_again"])
                return replace(old, variable=variable, statements=unit.statements)
        noun = unit.name.partition("_")[2] or "values"
        words = [set(name.lower().split("_")) for name in unit.outputs]
        splits = sum("train" in w for w in words) > 1 and any({"test", "val", "valid"} & w for w in words)
        variable = self.names.give([*(["split"] if splits else []), noun, f"{noun}_data", f"{unit.name}_data"])
        taken = {r.name for r in self.records}
        wishes = [_camel(variable), f"{_camel(variable)}Values", f"{_camel(unit.name)}Result"]
        name = self.names.give([w for w in wishes if w not in taken])
        return Record(name, variable, unit.outputs, unit.statements)

    def _may_be_held(self, fields: Sequence[str], below: Sequence[Unit]) -> bool:
        story = self.story
        barred = set(story.captured) | story.definitions.volatile | story.kept | story.unset | story.seeds
        if barred.intersection(fields) or story.context.quoted.intersection(fields):
            return False
        left = set(fields)
        for unit in below:
            for statement in (self.statements[i] for i in unit.statements if i in self.statements):
                calls = (n for n in ast.walk(statement.node) if isinstance(n, ast.Call))
                if any(names_in_strings(call) & left for call in calls):
                    return False
            if unit.kind == "function":
                left -= set(unit.outputs)
            elif unit.kind == "story":
                for statement in (self.statements[i] for i in unit.statements if i in self.statements):
                    if not _reads_only(statement, left):
                        return False
                    left -= statement.names.kills
        return True

    def _reads(self, unit: Unit) -> list[str]:
        found: set[str] = set()
        for statement in (self.statements[i] for i in unit.statements if i in self.statements):
            found |= statement.names.uses | statement.names.late_uses
        return sorted(found)

    def _bound(self, unit: Unit) -> set[str]:
        found: set[str] = set()
        for statement in (self.statements[i] for i in unit.statements if i in self.statements):
            found |= statement.names.defs | statement.names.deletes
        return found


def _reads_only(statement: Statement, fields: set[str]) -> bool:
    """True for a statement of `run()` that only reads these names, or binds them for good and does not read them."""
    names = statement.names
    touched = (names.defs | names.deletes | names.late_writes) & fields
    if not touched:
        return not isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or not (
            fields & (names.uses | names.late_uses)
        )
    reads = names.uses | names.late_uses | names.deletes
    return touched <= names.kills and not touched & reads and isinstance(statement.node, ast.Assign)


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)
